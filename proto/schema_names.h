/*
 * schema_names.h - what follows from names alone, besides schema_json_name.
 */
#pragma once

#include "proto/schema.h"

enum well_known_type schema_well_known(const char *full_name);

/* "Inner" of "pkg.Outer.Inner"; points into it. */
const char *schema_without_scope(const char *full_name);

/*
 * schema_build.h - descriptors as the structures of schema.h.
 */
#pragma once

#include "proto/schema.h"
#include "proto/schema_set.h"

/* Fills a schema that has an arena and an empty index, from files whose bytes live as long as the arena. */
NODISCARD bool schema_build(struct schema *schema, const struct descriptor_set *set, struct error *error);

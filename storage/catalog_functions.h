/*
 * catalog_functions.h - functions that take a row of one of the catalog's tables.
 */
#pragma once

#include "storage/catalog_query.h"

/* Types and tables must have been read. */
NODISCARD bool catalog_read_functions(struct catalog_reading *reading);

/*
 * catalog_keys.h - unique keys, indexes and foreign keys of the catalog's tables.
 */
#pragma once

#include "storage/catalog_query.h"

/* Tables and columns must have been read. */
NODISCARD bool catalog_read_indexes(struct catalog_reading *reading);
NODISCARD bool catalog_read_foreign_keys(struct catalog_reading *reading);

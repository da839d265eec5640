/*
 * catalog_types.h - the types of the catalog's columns.
 */
#pragma once

#include "storage/catalog_query.h"

/* The types that columns use, with elements, bases, arrays and enum labels, and those that aggregates give.
 * Sorted by OID. */
NODISCARD bool catalog_read_types(struct catalog_reading *reading);

/* NULL when it was not read. */
const struct catalog_type *catalog_type_by_oid(const struct catalog_reading *reading, uint32_t oid);

/*
 * catalog_tables.h - the catalog's tables and their columns, with statistics.
 */
#pragma once

#include "storage/catalog_query.h"

/* Sets catalog->tables and tables_by_oid; the tables are without columns. */
NODISCARD bool catalog_read_tables(struct catalog_reading *reading);

/* The columns of all tables; types must have been read. */
NODISCARD bool catalog_read_columns(struct catalog_reading *reading);

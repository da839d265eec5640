/*
 * catalog_query.h - one result of the catalog's queries, read as text.
 */
#pragma once

#include <libpq-fe.h>

#include "storage/catalog_reader.h"

/* While a catalog is being read. */
struct catalog_reading {
  PGconn *connection;
  struct catalog *catalog;
  struct arena *arena; /* the catalog's */
  struct catalog_table **tables_by_oid;
  struct error *error;
};

/* Runs the query; NULL with the error set when it fails.  To be freed with PQclear. */
PGresult *catalog_query(struct catalog_reading *reading, const char *sql);

/* Cells.  NULL reads as NULL text, 0 and false. */
const char *result_text(struct catalog_reading *reading, const PGresult *result, int row, int column);
uint32_t result_oid(const PGresult *result, int row, int column);
int result_int(const PGresult *result, int row, int column);
double result_double(const PGresult *result, int row, int column);
bool result_bool(const PGresult *result, int row, int column);

/* Numbers of an int2vector ("1 2") or an int2[] ("{1,2}"), into *ret of at most `max`; returns how many there
 * are. */
size_t result_numbers(const PGresult *result, int row, int column, int *ret, size_t max);

/* NULL when the table is not among those that are read. */
struct catalog_table *catalog_table_by_oid(const struct catalog_reading *reading, uint32_t oid);
const struct catalog_column *catalog_column_by_number(const struct catalog_table *table, int attnum);

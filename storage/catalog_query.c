#include "storage/catalog_query.h"

#include <stdlib.h>

PGresult *catalog_query(struct catalog_reading *reading, const char *sql)
{
  PGresult *result = PQexec(reading->connection, sql);
  if (PQresultStatus(result) == PGRES_TUPLES_OK || PQresultStatus(result) == PGRES_COMMAND_OK)
    return result;
  error_set(reading->error, ERROR_UNAVAILABLE, "DATABASE_UNAVAILABLE",
            "the database's catalog cannot be read");
  error_set_detail(reading->error, "%s", PQerrorMessage(reading->connection));
  PQclear(result);
  return NULL;
}

const char *result_text(struct catalog_reading *reading, const PGresult *result, int row, int column)
{
  return PQgetisnull(result, row, column) ? NULL
                                          : arena_strdup(reading->arena, PQgetvalue(result, row, column));
}

uint32_t result_oid(const PGresult *result, int row, int column)
{
  return (uint32_t)strtoul(PQgetvalue(result, row, column), NULL, 10);
}

int result_int(const PGresult *result, int row, int column)
{
  return (int)strtol(PQgetvalue(result, row, column), NULL, 10);
}

double result_double(const PGresult *result, int row, int column)
{
  return strtod(PQgetvalue(result, row, column), NULL);
}

bool result_bool(const PGresult *result, int row, int column)
{
  return PQgetvalue(result, row, column)[0] == 't';
}

size_t result_numbers(const PGresult *result, int row, int column, int *ret, size_t max)
{
  size_t n = 0;
  const char *at = PQgetvalue(result, row, column);
  at += *at == '{';
  for (char *end; n < max; at = end + (*end == ',')) {
    long number = strtol(at, &end, 10);
    if (end == at)
      break;
    ret[n++] = (int)number;
  }
  return n;
}

static int compare_oid(const void *key, const void *item)
{
  uint32_t oid = *(const uint32_t *)key, other = (*(struct catalog_table *const *)item)->oid;
  return (oid > other) - (oid < other);
}

struct catalog_table *catalog_table_by_oid(const struct catalog_reading *reading, uint32_t oid)
{
  struct catalog_table **found = bsearch(&oid, reading->tables_by_oid, reading->catalog->n_tables,
                                         sizeof(*reading->tables_by_oid), compare_oid);
  return found ? *found : NULL;
}

const struct catalog_column *catalog_column_by_number(const struct catalog_table *table, int attnum)
{
  for (size_t i = 0; i < table->n_columns; i++)
    if (table->columns[i].attnum == attnum)
      return &table->columns[i];
  return NULL;
}

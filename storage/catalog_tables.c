#include "storage/catalog_tables.h"

#include <stdlib.h>

#include "storage/catalog_types.h"

#define ROWS_NEVER_ANALYZED 1000
#define WIDTH_WIDE 1024
#define WIDTH_TOAST_POINTER 18

/* A partitioned table that was never analyzed itself counts what its partitions count. */
static const char tables_query[] =
    "SELECT c.oid, n.nspname, c.relname, c.relkind, pg_catalog.pg_table_is_visible(c.oid),"
    " pg_catalog.has_any_column_privilege(c.oid, 'SELECT'), c.relrowsecurity,"
    " pg_catalog.obj_description(c.oid, 'pg_class'),"
    " CASE WHEN c.relkind = 'v' THEN -1"
    "  WHEN c.relkind = 'p' AND c.reltuples < 0 THEN coalesce((SELECT sum(l.reltuples)"
    "   FROM pg_catalog.pg_partition_tree(c.oid) p JOIN pg_catalog.pg_class l ON l.oid = p.relid"
    "   WHERE p.isleaf AND l.reltuples >= 0), -1)"
    "  WHEN c.reltuples = 0 AND c.relpages = 0 AND pg_catalog.current_setting('server_version_num')::int < "
    "140000 THEN -1"
    "  ELSE c.reltuples END"
    " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND c.relpersistence <> 't'"
    " AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')"
    " ORDER BY n.nspname COLLATE \"C\", c.relname COLLATE \"C\"";
enum {
  TABLE_OID,
  TABLE_SCHEMA,
  TABLE_NAME,
  TABLE_KIND,
  TABLE_VISIBLE,
  TABLE_SELECTABLE,
  TABLE_ROW_SECURITY,
  TABLE_COMMENT,
  TABLE_ROWS,
};

/* The column before the last two tells whether the table, or one of its partitions, keeps oversized values
 * apart.  The provider 'd' is that of the database's own collation, which is always deterministic. */
static const char columns_query[] =
    "WITH tables AS MATERIALIZED (SELECT c.oid, n.nspname, c.relname, c.relkind = 'p' AS partitioned,"
    "  CASE WHEN c.relkind = 'p' THEN EXISTS (SELECT 1"
    "    FROM pg_catalog.pg_partition_tree(c.oid) p JOIN pg_catalog.pg_class l ON l.oid = p.relid"
    "    WHERE l.reltoastrelid <> 0 AND pg_catalog.pg_relation_size(l.reltoastrelid) > 0)"
    "   ELSE c.reltoastrelid <> 0 AND pg_catalog.pg_relation_size(c.reltoastrelid) > 0 END AS toasted"
    "  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    "  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND c.relpersistence <> 't'"
    "  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')) "
    "SELECT a.attrelid, a.attnum, a.attname, a.atttypid, a.atttypmod, a.attnotnull,"
    " coalesce(o.collisdeterministic, true), pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'SELECT'),"
    " d.description, s.n_distinct, s.null_frac, s.avg_width, c.toasted, m.nspname, o.collname"
    " FROM tables c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid"
    " LEFT JOIN pg_catalog.pg_collation o ON o.oid = a.attcollation AND o.collprovider <> 'd'"
    " LEFT JOIN pg_catalog.pg_namespace m ON m.oid = o.collnamespace"
    " LEFT JOIN pg_catalog.pg_description d ON d.objoid = a.attrelid AND d.objsubid = a.attnum"
    "  AND d.classoid = 'pg_catalog.pg_class'::regclass"
    " LEFT JOIN pg_catalog.pg_stats s ON s.schemaname = c.nspname AND s.tablename = c.relname"
    "  AND s.attname = a.attname AND s.inherited = c.partitioned"
    " WHERE a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attrelid, a.attnum";
enum {
  COLUMN_TABLE,
  COLUMN_NUMBER,
  COLUMN_NAME,
  COLUMN_TYPE,
  COLUMN_TYPMOD,
  COLUMN_NOT_NULL,
  COLUMN_DETERMINISTIC,
  COLUMN_SELECTABLE,
  COLUMN_COMMENT,
  COLUMN_N_DISTINCT,
  COLUMN_NULL_FRACTION,
  COLUMN_WIDTH,
  COLUMN_TOASTED,
  COLUMN_COLLATION_SCHEMA,
  COLUMN_COLLATION,
};

static struct catalog_table *read_table(struct catalog_reading *reading, const PGresult *result, int row)
{
  struct catalog_table *table = ARENA_NEW(reading->arena, struct catalog_table);
  double rows = result_double(result, row, TABLE_ROWS);
  table->oid = result_oid(result, row, TABLE_OID);
  table->schema = result_text(reading, result, row, TABLE_SCHEMA);
  table->name = result_text(reading, result, row, TABLE_NAME);
  table->kind = *PQgetvalue(result, row, TABLE_KIND);
  table->in_search_path = result_bool(result, row, TABLE_VISIBLE);
  table->selectable = result_bool(result, row, TABLE_SELECTABLE);
  table->row_security = result_bool(result, row, TABLE_ROW_SECURITY);
  table->comment = result_text(reading, result, row, TABLE_COMMENT);
  table->analyzed = rows >= 0;
  table->rows = table->analyzed ? rows : ROWS_NEVER_ANALYZED;
  return table;
}

static int compare_tables(const void *a, const void *b)
{
  uint32_t x = (*(struct catalog_table *const *)a)->oid, y = (*(struct catalog_table *const *)b)->oid;
  return (x > y) - (x < y);
}

bool catalog_read_tables(struct catalog_reading *reading)
{
  PGresult *result = catalog_query(reading, tables_query);
  if (!result)
    return false;
  struct catalog *catalog = reading->catalog;
  int n = PQntuples(result);
  catalog->tables = ARENA_ARRAY(reading->arena, struct catalog_table *, n);
  catalog->n_tables = (size_t)n;
  for (int row = 0; row < n; row++)
    catalog->tables[row] = read_table(reading, result, row);
  PQclear(result);
  reading->tables_by_oid =
      arena_memdup(reading->arena, catalog->tables, sizeof(struct catalog_table *) * catalog->n_tables);
  if (n > 0)
    qsort(reading->tables_by_oid, catalog->n_tables, sizeof(struct catalog_table *), compare_tables);
  return true;
}

/* What a value takes where nobody has measured it. */
static int guess_width(const struct catalog_type *type)
{
  switch (catalog_base_type(type)->class) {
  case TYPE_BOOL:
    return 1;
  case TYPE_INT2:
    return 2;
  case TYPE_INT4:
  case TYPE_FLOAT4:
  case TYPE_DATE:
  case TYPE_ENUM:
    return 4;
  case TYPE_INT8:
  case TYPE_FLOAT8:
  case TYPE_NUMERIC:
  case TYPE_TIME:
  case TYPE_TIMESTAMP:
  case TYPE_TIMESTAMPTZ:
    return 8;
  case TYPE_UUID:
  case TYPE_INTERVAL:
    return 16;
  case TYPE_JSON:
  case TYPE_JSONB:
  case TYPE_BYTEA:
    return WIDTH_WIDE;
  default:
    return 32;
  }
}

static bool is_unbounded(const struct catalog_column *column)
{
  switch (catalog_base_type(column->type)->class) {
  case TYPE_TEXT:
    return column->typmod < 0;
  case TYPE_CITEXT:
  case TYPE_JSON:
  case TYPE_JSONB:
  case TYPE_BYTEA:
  case TYPE_HSTORE:
  case TYPE_ARRAY:
  case TYPE_OTHER:
    return true;
  default:
    return false;
  }
}

/* The statistics count an oversized value as the pointer to it: where there are some, what looks like a
 * pointer is one. */
static int column_width(const struct catalog_column *column, const PGresult *result, int row)
{
  int measured = result_int(result, row, COLUMN_WIDTH);
  if (PQgetisnull(result, row, COLUMN_WIDTH))
    return guess_width(column->type);
  bool wide =
      result_bool(result, row, COLUMN_TOASTED) && is_unbounded(column) && measured >= WIDTH_TOAST_POINTER;
  return wide && measured < WIDTH_WIDE ? WIDTH_WIDE : measured;
}

static void fill_column(struct catalog_reading *reading, const PGresult *result, int row,
                        struct catalog_column *column)
{
  column->name = result_text(reading, result, row, COLUMN_NAME);
  column->attnum = result_int(result, row, COLUMN_NUMBER);
  column->type = catalog_type_by_oid(reading, result_oid(result, row, COLUMN_TYPE));
  column->typmod = result_int(result, row, COLUMN_TYPMOD);
  column->not_null = result_bool(result, row, COLUMN_NOT_NULL);
  column->deterministic = result_bool(result, row, COLUMN_DETERMINISTIC);
  column->collation_schema = result_text(reading, result, row, COLUMN_COLLATION_SCHEMA);
  column->collation = result_text(reading, result, row, COLUMN_COLLATION);
  column->selectable = result_bool(result, row, COLUMN_SELECTABLE);
  column->comment = result_text(reading, result, row, COLUMN_COMMENT);
  column->n_distinct = result_double(result, row, COLUMN_N_DISTINCT);
  column->null_fraction = result_double(result, row, COLUMN_NULL_FRACTION);
  column->average_width = column_width(column, result, row);
}

/* The rows of one table stand together; returns the row behind them. */
static int fill_columns(struct catalog_reading *reading, const PGresult *result, int row)
{
  uint32_t oid = result_oid(result, row, COLUMN_TABLE);
  int end = row;
  while (end < PQntuples(result) && result_oid(result, end, COLUMN_TABLE) == oid)
    end++;
  struct catalog_table *table = catalog_table_by_oid(reading, oid);
  if (!table)
    return end;
  table->n_columns = (size_t)(end - row);
  table->columns = ARENA_ARRAY(reading->arena, struct catalog_column, table->n_columns);
  for (size_t i = 0; i < table->n_columns; i++) {
    table->columns[i].table = table;
    table->columns[i].index = i;
    fill_column(reading, result, row + (int)i, &table->columns[i]);
  }
  return end;
}

bool catalog_read_columns(struct catalog_reading *reading)
{
  PGresult *result = catalog_query(reading, columns_query);
  if (!result)
    return false;
  for (int row = 0; row < PQntuples(result);)
    row = fill_columns(reading, result, row);
  PQclear(result);
  return true;
}

#include "storage/catalog_keys.h"

#define KEY_COLUMNS_MAX 32 /* INDEX_MAX_KEYS of a usual Postgres */

/* The primary key first, then unique ones by name, so that the first that fits is always the same. */
static const char indexes_query[] =
    "SELECT i.indrelid, x.relname, i.indisunique, i.indisprimary, m.amname = 'btree', i.indnkeyatts, i.indkey"
    " FROM pg_catalog.pg_index i"
    " JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid"
    " JOIN pg_catalog.pg_class t ON t.oid = i.indrelid"
    " JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace"
    " JOIN pg_catalog.pg_am m ON m.oid = x.relam"
    " WHERE i.indisvalid AND i.indpred IS NULL AND NOT t.relispartition"
    " AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')"
    " ORDER BY i.indrelid, i.indisprimary DESC, x.relname COLLATE \"C\"";
enum { INDEX_TABLE, INDEX_NAME, INDEX_UNIQUE, INDEX_PRIMARY, INDEX_BTREE, INDEX_N_KEYS, INDEX_COLUMNS };

/* Declared keys; and those that every partition of a table declares alike, as if the table had declared them.
 */
static const char foreign_keys_query[] =
    "SELECT f.conname, f.conrelid, f.confrelid, f.conkey, f.confkey, f.convalidated"
    " FROM pg_catalog.pg_constraint f JOIN pg_catalog.pg_class c ON c.oid = f.conrelid"
    " WHERE f.contype = 'f' AND f.conparentid = 0 AND NOT c.relispartition"
    " UNION ALL "
    "SELECT min(p.conname::text), p.root, p.confrelid, p.columns, p.confkey, bool_and(p.convalidated)"
    " FROM (SELECT f.conname, f.conrelid, f.confrelid, f.confkey, f.convalidated, r.root, (SELECT"
    "   array_agg(b.attnum ORDER BY k.ord) FROM unnest(f.conkey) WITH ORDINALITY k(attnum, ord)"
    "   JOIN pg_catalog.pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = k.attnum"
    "   JOIN pg_catalog.pg_attribute b ON b.attrelid = r.root AND b.attname = a.attname) AS columns"
    "  FROM pg_catalog.pg_constraint f JOIN pg_catalog.pg_class c ON c.oid = f.conrelid"
    "  CROSS JOIN LATERAL (SELECT pg_catalog.pg_partition_root(f.conrelid)::oid AS root) r"
    "  WHERE f.contype = 'f' AND f.conparentid = 0 AND c.relispartition) p"
    " GROUP BY p.root, p.confrelid, p.columns, p.confkey"
    " HAVING count(DISTINCT p.conrelid) ="
    "  (SELECT count(*) FROM pg_catalog.pg_partition_tree(p.root) l WHERE l.isleaf)"
    " ORDER BY 2, 1";
enum { KEY_NAME, KEY_TABLE, KEY_REFERENCES, KEY_COLUMNS, KEY_REFERENCE_COLUMNS, KEY_VALIDATED };

struct keys {
  struct catalog_key *items;
  size_t n, cap;
};

struct indexes {
  struct catalog_index *items;
  size_t n, cap;
};

struct foreign_keys {
  struct catalog_foreign_key *items;
  size_t n, cap;
};

struct key_columns {
  const struct catalog_column **items;
  size_t n;
};

/* Columns by their numbers, up to the first that is none (an expression has the number 0). */
static struct key_columns read_columns(struct catalog_reading *reading, const struct catalog_table *table,
                                       const PGresult *result, int row, int cell)
{
  int numbers[KEY_COLUMNS_MAX];
  size_t n = result_numbers(result, row, cell, numbers, KEY_COLUMNS_MAX);
  struct key_columns columns = {ARENA_ARRAY(reading->arena, const struct catalog_column *, n), 0};
  for (size_t i = 0; i < n; i++) {
    const struct catalog_column *column = catalog_column_by_number(table, numbers[i]);
    if (!column)
      break;
    columns.items[columns.n++] = column;
  }
  return columns;
}

static void read_index(struct catalog_reading *reading, const struct catalog_table *table,
                       const PGresult *result, int row, struct keys *keys, struct indexes *indexes)
{
  struct key_columns columns = read_columns(reading, table, result, row, INDEX_COLUMNS);
  size_t n_keys = (size_t)result_int(result, row, INDEX_N_KEYS);
  bool whole = columns.n >= n_keys;
  bool unique = whole && result_bool(result, row, INDEX_UNIQUE);
  size_t n = whole ? n_keys : columns.n;
  if (n == 0)
    return;
  if (unique) {
    struct catalog_key key = {columns.items, n, result_bool(result, row, INDEX_PRIMARY)};
    VEC_PUSH(reading->arena, keys, key);
  }
  if (result_bool(result, row, INDEX_BTREE)) {
    struct catalog_index index = {result_text(reading, result, row, INDEX_NAME), columns.items, n, unique};
    VEC_PUSH(reading->arena, indexes, index);
  }
}

/* The rows of one table stand together; returns the row behind them. */
static int read_table_indexes(struct catalog_reading *reading, const PGresult *result, int row)
{
  uint32_t oid = result_oid(result, row, INDEX_TABLE);
  struct catalog_table *table = catalog_table_by_oid(reading, oid);
  struct keys keys = {0};
  struct indexes indexes = {0};
  for (; row < PQntuples(result) && result_oid(result, row, INDEX_TABLE) == oid; row++)
    if (table)
      read_index(reading, table, result, row, &keys, &indexes);
  if (table) {
    table->keys = keys.items;
    table->n_keys = keys.n;
    table->indexes = indexes.items;
    table->n_indexes = indexes.n;
  }
  return row;
}

bool catalog_read_indexes(struct catalog_reading *reading)
{
  PGresult *result = catalog_query(reading, indexes_query);
  if (!result)
    return false;
  for (int row = 0; row < PQntuples(result);)
    row = read_table_indexes(reading, result, row);
  PQclear(result);
  return true;
}

static void read_foreign_key(struct catalog_reading *reading, const PGresult *result, int row,
                             struct foreign_keys *foreign_keys)
{
  const struct catalog_table *table = catalog_table_by_oid(reading, result_oid(result, row, KEY_TABLE));
  const struct catalog_table *references =
      catalog_table_by_oid(reading, result_oid(result, row, KEY_REFERENCES));
  if (!table || !references)
    return;
  struct key_columns columns = read_columns(reading, table, result, row, KEY_COLUMNS);
  struct catalog_foreign_key key = {
      .name = result_text(reading, result, row, KEY_NAME),
      .table = table,
      .columns = columns.items,
      .references = references,
      .reference_columns = read_columns(reading, references, result, row, KEY_REFERENCE_COLUMNS).items,
      .n_columns = columns.n,
      .validated = result_bool(result, row, KEY_VALIDATED),
  };
  VEC_PUSH(reading->arena, foreign_keys, key);
}

bool catalog_read_foreign_keys(struct catalog_reading *reading)
{
  PGresult *result = catalog_query(reading, foreign_keys_query);
  if (!result)
    return false;
  struct foreign_keys foreign_keys = {0};
  for (int row = 0; row < PQntuples(result); row++)
    read_foreign_key(reading, result, row, &foreign_keys);
  reading->catalog->foreign_keys = foreign_keys.items;
  reading->catalog->n_foreign_keys = foreign_keys.n;
  PQclear(result);
  return true;
}

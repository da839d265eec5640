#include "storage/catalog_types.h"

#include <stdlib.h>

/* An array type is one that its element names as its array: int2vector and its like only look like one.
 * rngmultitypid is read through json, since there are no multiranges before Postgres 14. */
static const char types_query[] =
    "WITH RECURSIVE ranges(range, subtype, multirange) AS ("
    " SELECT rngtypid, rngsubtype, (pg_catalog.to_jsonb(r) ->> 'rngmultitypid')::oid FROM "
    "pg_catalog.pg_range r),"
    " used(oid) AS ("
    " SELECT DISTINCT a.atttypid FROM pg_catalog.pg_attribute a"
    " JOIN pg_catalog.pg_class c ON c.oid = a.attrelid"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped"
    " AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
    " UNION SELECT p.prorettype FROM pg_catalog.pg_proc p"
    " JOIN pg_catalog.pg_class c ON c.reltype = p.proargtypes[0]"
    " WHERE p.pronargs = 1 AND p.prokind = 'f' AND c.reltype <> 0"
    " UNION SELECT "
    "unnest('{16,17,20,21,23,25,114,700,701,1042,1043,1082,1083,1114,1184,1186,1700,2950,3802}'::oid[])"
    " UNION SELECT v.oid FROM used u JOIN pg_catalog.pg_type t ON t.oid = u.oid"
    " LEFT JOIN ranges r ON t.oid IN (r.range, r.multirange)"
    " CROSS JOIN LATERAL (VALUES (t.typbasetype), (t.typelem), (t.typarray), (r.subtype), (r.range)) v(oid)"
    " WHERE v.oid <> 0) "
    "SELECT t.oid, n.nspname, t.typname, t.typtype, e.oid, t.typbasetype, t.typarray,"
    " CASE t.oid WHEN r.range THEN r.subtype ELSE r.range END"
    " FROM used u JOIN pg_catalog.pg_type t ON t.oid = u.oid"
    " LEFT JOIN ranges r ON t.oid IN (r.range, r.multirange)"
    " JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace"
    " LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem AND e.typarray = t.oid ORDER BY t.oid";
enum { TYPE_OID, TYPE_SCHEMA, TYPE_NAME, TYPE_KIND, TYPE_ELEMENT, TYPE_BASE, TYPE_ARRAY_OVER, TYPE_INSIDE };

static const char labels_query[] =
    "SELECT enumtypid, enumlabel FROM pg_catalog.pg_enum ORDER BY enumtypid, enumsortorder";

static const struct {
  uint32_t oid;
  enum type_class class;
} known_types[] = {
    {16, TYPE_BOOL},          {17, TYPE_BYTEA},      {18, TYPE_TEXT},      {19, TYPE_TEXT},
    {20, TYPE_INT8},          {21, TYPE_INT2},       {23, TYPE_INT4},      {25, TYPE_TEXT},
    {114, TYPE_JSON},         {700, TYPE_FLOAT4},    {701, TYPE_FLOAT8},   {1042, TYPE_BPCHAR},
    {1043, TYPE_TEXT},        {1082, TYPE_DATE},     {1083, TYPE_TIME},    {1114, TYPE_TIMESTAMP},
    {1184, TYPE_TIMESTAMPTZ}, {1186, TYPE_INTERVAL}, {1700, TYPE_NUMERIC}, {2950, TYPE_UUID},
    {3802, TYPE_JSONB},
};

static enum type_class classify_base(uint32_t oid, const char *name)
{
  for (size_t i = 0; i < LENGTH_OF(known_types); i++)
    if (known_types[i].oid == oid)
      return known_types[i].class;
  if (strcmp(name, "citext") == 0)
    return TYPE_CITEXT;
  return strcmp(name, "hstore") == 0 ? TYPE_HSTORE : TYPE_OTHER;
}

static enum type_class classify(char kind, bool array, uint32_t oid, const char *name)
{
  switch (kind) {
  case 'e':
    return TYPE_ENUM;
  case 'd':
    return TYPE_DOMAIN;
  case 'c':
    return TYPE_COMPOSITE;
  case 'r':
    return TYPE_RANGE;
  case 'm':
    return TYPE_MULTIRANGE;
  case 'b':
    return array ? TYPE_ARRAY : classify_base(oid, name);
  default:
    return TYPE_OTHER;
  }
}

static int compare_oid(const void *key, const void *item)
{
  uint32_t oid = *(const uint32_t *)key, other = (*(struct catalog_type *const *)item)->oid;
  return (oid > other) - (oid < other);
}

static struct catalog_type *find_type(const struct catalog_reading *reading, uint32_t oid)
{
  struct catalog_type **found = bsearch(&oid, reading->catalog->types, reading->catalog->n_types,
                                        sizeof(struct catalog_type *), compare_oid);
  return found ? *found : NULL;
}

const struct catalog_type *catalog_type_by_oid(const struct catalog_reading *reading, uint32_t oid)
{
  return find_type(reading, oid);
}

static void fill_type(struct catalog_reading *reading, const PGresult *result, int row)
{
  struct catalog_type *type = reading->catalog->types[row];
  type->oid = result_oid(result, row, TYPE_OID);
  type->schema = result_text(reading, result, row, TYPE_SCHEMA);
  type->name = result_text(reading, result, row, TYPE_NAME);
  type->class = classify(*PQgetvalue(result, row, TYPE_KIND), !PQgetisnull(result, row, TYPE_ELEMENT),
                         type->oid, type->name);
}

static void link_type(struct catalog_reading *reading, const PGresult *result, int row)
{
  struct catalog_type *type = reading->catalog->types[row];
  if (type->class == TYPE_ARRAY)
    type->element = find_type(reading, result_oid(result, row, TYPE_ELEMENT));
  if (type->class == TYPE_RANGE || type->class == TYPE_MULTIRANGE)
    type->element = find_type(reading, result_oid(result, row, TYPE_INSIDE));
  if (type->class == TYPE_DOMAIN)
    type->base = find_type(reading, result_oid(result, row, TYPE_BASE));
  type->array = find_type(reading, result_oid(result, row, TYPE_ARRAY_OVER));
}

struct labels {
  const char **items;
  size_t n, cap;
};

static void give_labels(const struct catalog_reading *reading, uint32_t oid, const struct labels *labels)
{
  struct catalog_type *type = find_type(reading, oid);
  if (!type)
    return;
  type->labels = labels->items;
  type->n_labels = labels->n;
}

static bool read_labels(struct catalog_reading *reading)
{
  PGresult *result = catalog_query(reading, labels_query);
  if (!result)
    return false;
  struct labels labels = {0};
  for (int row = 0; row < PQntuples(result); row++) {
    VEC_PUSH(reading->arena, &labels, result_text(reading, result, row, 1));
    bool last = row + 1 == PQntuples(result) || result_oid(result, row + 1, 0) != result_oid(result, row, 0);
    if (last) {
      give_labels(reading, result_oid(result, row, 0), &labels);
      labels = (struct labels){0};
    }
  }
  PQclear(result);
  return true;
}

bool catalog_read_types(struct catalog_reading *reading)
{
  PGresult *result = catalog_query(reading, types_query);
  if (!result)
    return false;
  struct catalog *catalog = reading->catalog;
  int n = PQntuples(result);
  struct catalog_type *types = ARENA_ARRAY(reading->arena, struct catalog_type, n);
  catalog->types = ARENA_ARRAY(reading->arena, struct catalog_type *, n);
  catalog->n_types = (size_t)n;
  for (int row = 0; row < n; row++) {
    catalog->types[row] = &types[row];
    fill_type(reading, result, row);
  }
  for (int row = 0; row < n; row++)
    link_type(reading, result, row);
  PQclear(result);
  return read_labels(reading);
}

#include "planner/catalog.h"

#include <stdlib.h>

static const struct catalog_type text_array = {
    .oid = 1009, .schema = "pg_catalog", .name = "_text", .class = TYPE_ARRAY, .element = &catalog_text};

const struct catalog_type catalog_text = {
    .oid = 25, .schema = "pg_catalog", .name = "text", .class = TYPE_TEXT, .array = &text_array};
const struct catalog_type catalog_jsonpath = {.oid = 4072, .schema = "pg_catalog", .name = "jsonpath"};
const struct catalog_type catalog_regconfig = {.oid = 3734, .schema = "pg_catalog", .name = "regconfig"};

static const struct catalog_table *find_unqualified(const struct catalog *catalog, struct str name)
{
  for (size_t i = 0; i < catalog->n_tables; i++)
    if (catalog->tables[i]->in_search_path && str_equal_text(name, catalog->tables[i]->name))
      return catalog->tables[i];
  return NULL;
}

const struct catalog_table *catalog_find_table(const struct catalog *catalog, struct str qualified_name)
{
  const char *dot = qualified_name.len > 0 ? memchr(qualified_name.data, '.', qualified_name.len) : NULL;
  if (dot == NULL)
    return find_unqualified(catalog, qualified_name);
  struct str schema = {qualified_name.data, (size_t)(dot - qualified_name.data)};
  struct str name = {dot + 1, qualified_name.len - schema.len - 1};
  for (size_t i = 0; i < catalog->n_tables; i++) {
    const struct catalog_table *table = catalog->tables[i];
    if (str_equal_text(schema, table->schema) && str_equal_text(name, table->name))
      return table;
  }
  return NULL;
}

/* Whether the text names it, qualified or (in the search path) not. */
static bool is_called(struct str text, const char *schema_name, const char *name, bool in_search_path)
{
  const char *dot = text.len > 0 ? memchr(text.data, '.', text.len) : NULL;
  if (dot == NULL)
    return in_search_path && str_equal_text(text, name);
  struct str schema = {text.data, (size_t)(dot - text.data)};
  struct str plain = {dot + 1, text.len - schema.len - 1};
  return str_equal_text(schema, schema_name) && str_equal_text(plain, name);
}

const struct catalog_function *catalog_find_function(const struct catalog *catalog,
                                                     const struct catalog_table *table,
                                                     struct str qualified_name)
{
  for (size_t i = 0; i < catalog->n_functions; i++) {
    const struct catalog_function *function = &catalog->functions[i];
    if (function->table == table &&
        is_called(qualified_name, function->schema, function->name, function->in_search_path))
      return function;
  }
  return NULL;
}

const struct catalog_text_search *catalog_find_text_search(const struct catalog *catalog,
                                                           struct str qualified_name)
{
  for (size_t i = 0; i < catalog->n_text_searches; i++) {
    const struct catalog_text_search *search = &catalog->text_searches[i];
    if (is_called(qualified_name, search->schema, search->name, search->in_search_path))
      return search;
  }
  return NULL;
}

const struct catalog_column *catalog_find_column(const struct catalog_table *table, struct str name)
{
  for (size_t i = 0; i < table->n_columns; i++)
    if (str_equal_text(name, table->columns[i].name))
      return &table->columns[i];
  return NULL;
}

const struct catalog_type *catalog_find_type(const struct catalog *catalog, uint32_t oid)
{
  for (size_t i = 0; i < catalog->n_types; i++)
    if (catalog->types[i]->oid == oid)
      return catalog->types[i];
  return NULL;
}

const struct catalog_key *catalog_primary_key(const struct catalog_table *table)
{
  return table->n_keys > 0 && table->keys[0].primary ? &table->keys[0] : NULL;
}

static bool is_among(const struct catalog_column *column, const struct catalog_column *const *columns,
                     size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (columns[i] == column)
      return true;
  return false;
}

static bool contains_key(const struct catalog_key *key, const struct catalog_column *const *columns, size_t n)
{
  for (size_t i = 0; i < key->n_columns; i++)
    if (!is_among(key->columns[i], columns, n))
      return false;
  return key->n_columns > 0;
}

bool catalog_is_unique(const struct catalog_table *table, const struct catalog_column *const *columns,
                       size_t n)
{
  for (size_t i = 0; i < table->n_keys; i++)
    if (contains_key(&table->keys[i], columns, n))
      return true;
  return false;
}

/* How many columns of `key` the other one lacks. */
static size_t count_own(const struct catalog_foreign_key *key, const struct catalog_foreign_key *other)
{
  size_t n = 0;
  for (size_t i = 0; i < key->n_columns; i++)
    n += !is_among(key->columns[i], other->columns, other->n_columns);
  return n;
}

bool catalog_is_junction(const struct catalog_foreign_key *a, const struct catalog_foreign_key *b)
{
  if (a->table != b->table || count_own(a, b) == 0 || count_own(b, a) == 0)
    return false;
  size_t n_columns = a->n_columns + count_own(b, a);
  for (size_t i = 0; i < a->table->n_keys; i++) {
    const struct catalog_key *key = &a->table->keys[i];
    size_t n = 0;
    while (n < key->n_columns && (is_among(key->columns[n], a->columns, a->n_columns) ||
                                  is_among(key->columns[n], b->columns, b->n_columns)))
      n++;
    if (n == key->n_columns && n == n_columns)
      return true;
  }
  return false;
}

const struct catalog_type *catalog_base_type(const struct catalog_type *type)
{
  while (type->class == TYPE_DOMAIN && type->base != NULL)
    type = type->base;
  return type;
}

void catalog_free(struct catalog *catalog)
{
  if (catalog != NULL)
    arena_free(catalog->arena);
}

#include "planner/graph_build.h"

static bool same_columns(const struct catalog_column *const *a, const struct catalog_column *const *b,
                         size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (a[i] != b[i])
      return false;
  return true;
}

static bool same_link(const struct graph_link *a, const struct graph_link *b)
{
  if (a->from != b->from || a->to != b->to || a->through != b->through || a->n_columns != b->n_columns ||
      a->n_target_columns != b->n_target_columns ||
      !same_columns(a->from_columns, b->from_columns, a->n_columns))
    return false;
  if (a->through == NULL)
    return same_columns(a->to_columns, b->to_columns, a->n_columns);
  return same_columns(a->to_columns, b->to_columns, a->n_target_columns) &&
         same_columns(a->source_columns, b->source_columns, a->n_columns) &&
         same_columns(a->target_columns, b->target_columns, a->n_target_columns);
}

static bool pair_is_among(const struct catalog_foreign_key *key, const struct catalog_column *from,
                          const struct catalog_column *to)
{
  for (size_t i = 0; i < key->n_columns; i++)
    if (key->columns[i] == from && key->reference_columns[i] == to)
      return true;
  return false;
}

/* Whether a validated foreign key declares these pairs of columns, in whatever order. */
static bool is_enforced(const struct catalog *catalog, const struct graph_link *link)
{
  for (size_t i = 0; i < catalog->n_foreign_keys; i++) {
    const struct catalog_foreign_key *key = &catalog->foreign_keys[i];
    if (!key->validated || key->table != link->from || key->references != link->to ||
        key->n_columns != link->n_columns)
      continue;
    size_t n = 0;
    while (n < link->n_columns && pair_is_among(key, link->from_columns[n], link->to_columns[n]))
      n++;
    if (n == link->n_columns)
      return true;
  }
  return false;
}

/* Whether source and target columns together hold a unique key of the junction. */
static bool pair_is_unique(struct graph_build *build, const struct graph_link *link)
{
  size_t n = link->n_columns + link->n_target_columns;
  const struct catalog_column **columns = ARENA_ARRAY(build->arena, const struct catalog_column *, n);
  memcpy(columns, link->source_columns, link->n_columns * sizeof(*columns));
  memcpy(columns + link->n_columns, link->target_columns, link->n_target_columns * sizeof(*columns));
  return catalog_is_unique(link->through, columns, n);
}

static bool is_among(const struct catalog_column *column, const struct catalog_column *const *columns,
                     size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (columns[i] == column)
      return true;
  return false;
}

static bool holds_key(const struct catalog_key *key, const struct catalog_column *const *columns, size_t n)
{
  for (size_t i = 0; i < key->n_columns; i++)
    if (!is_among(key->columns[i], columns, n))
      return false;
  return true;
}

/* By the catalog, or by the key that is declared for a view, which the catalog knows nothing of. */
static bool is_unique(struct graph_build *build, const struct catalog_table *table,
                      const struct catalog_column *const *columns, size_t n)
{
  for (size_t i = 0; i < build->graph->n_resources; i++) {
    const struct graph_resource *resource = build->graph->resources[i];
    if (resource_usable(resource) && resource->table == table && table->n_keys == 0 &&
        holds_key(resource->key, columns, n))
      return true;
  }
  return catalog_is_unique(table, columns, n);
}

static void complete(struct graph_build *build, struct graph_link *link)
{
  if (link->through == NULL) {
    link->to_unique = is_unique(build, link->to, link->to_columns, link->n_columns);
    link->enforced = is_enforced(build->catalog, link);
    return;
  }
  link->through_unique = pair_is_unique(build, link);
  link->to_unique = catalog_is_unique(link->through, link->source_columns, link->n_columns) &&
                    is_unique(build, link->to, link->to_columns, link->n_target_columns);
}

const struct graph_link *link_intern(struct graph_build *build, const struct graph_link *draft)
{
  for (size_t i = 0; i < build->links.n; i++)
    if (same_link(build->links.items[i], draft))
      return build->links.items[i];
  struct graph_link *link = ARENA_NEW(build->arena, struct graph_link);
  *link = *draft;
  complete(build, link);
  VEC_PUSH(build->arena, &build->links, link);
  return link;
}

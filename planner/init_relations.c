/*
 * init_relations.c - fields that lead to other resources, and what they are called.
 *
 * A foreign key gives its table a field named by its column: creator_id gives creator.  The way back is named
 * by the table that refers: events; where that table refers several times, or to itself, by the role as well:
 * creator_events. A junction gives each side the other's plural, and is a resource itself unless it holds
 * nothing but the pair.
 *
 * Foreign keys are taken by table and columns, never in the order of the catalog, which is that of their
 * creation.
 */
#include <stdlib.h>

#include "planner/graph_names.h"
#include "planner/init_model.h"

struct keys {
  const struct catalog_foreign_key **items;
  size_t n;
};

/* ---- order ---- */

static int compare_tables(const struct catalog_table *a, const struct catalog_table *b)
{
  int order = strcmp(a->schema, b->schema);
  return order != 0 ? order : strcmp(a->name, b->name);
}

static int compare_keys(const void *a, const void *b)
{
  const struct catalog_foreign_key *x = *(const struct catalog_foreign_key *const *)a;
  const struct catalog_foreign_key *y = *(const struct catalog_foreign_key *const *)b;
  int order = compare_tables(x->table, y->table);
  for (size_t i = 0; order == 0 && i < x->n_columns && i < y->n_columns; i++)
    order = x->columns[i]->attnum - y->columns[i]->attnum;
  return order != 0 ? order : strcmp(x->name, y->name);
}

static bool readable(const struct catalog_foreign_key *key)
{
  for (size_t i = 0; i < key->n_columns; i++)
    if (!key->columns[i]->selectable || !key->reference_columns[i]->selectable)
      return false;
  return true;
}

static struct keys sorted_keys(struct init_build *build)
{
  const struct catalog *catalog = build->catalog;
  size_t n = catalog->n_foreign_keys + build->references.n;
  struct keys keys = {ARENA_ARRAY(build->arena, const struct catalog_foreign_key *, n), 0};
  for (size_t i = 0; i < build->references.n; i++)
    if (readable(&build->references.items[i]))
      keys.items[keys.n++] = &build->references.items[i];
  for (size_t i = 0; i < catalog->n_foreign_keys; i++)
    if (readable(&catalog->foreign_keys[i]))
      keys.items[keys.n++] = &catalog->foreign_keys[i];
  if (keys.n > 1)
    qsort(keys.items, keys.n, sizeof(*keys.items), compare_keys);
  return keys;
}

/* ---- junctions ---- */

static bool key_has(const struct catalog_foreign_key *key, const struct catalog_column *column)
{
  for (size_t i = 0; i < key->n_columns; i++)
    if (key->columns[i] == column)
      return true;
  return false;
}

/* A key of its own, made up for the row, is no payload. */
static bool is_surrogate(const struct catalog_table *table, const struct catalog_column *column)
{
  const struct catalog_key *key = catalog_primary_key(table);
  return key != NULL && key->n_columns == 1 && key->columns[0] == column;
}

static bool has_payload(const struct catalog_foreign_key *a, const struct catalog_foreign_key *b)
{
  for (size_t i = 0; i < a->table->n_columns; i++) {
    const struct catalog_column *column = &a->table->columns[i];
    if (!key_has(a, column) && !key_has(b, column) && !is_surrogate(a->table, column))
      return true;
  }
  return false;
}

bool init_is_bare_junction(const struct catalog *catalog, const struct catalog_table *table)
{
  const struct catalog_foreign_key *own[2];
  size_t n = 0;
  for (size_t i = 0; i < catalog->n_foreign_keys; i++) {
    const struct catalog_foreign_key *key = &catalog->foreign_keys[i];
    if (key->references == table)
      return false;
    if (key->table == table && n++ < 2)
      own[n - 1] = key;
  }
  return n == 2 && catalog_is_junction(own[0], own[1]) && !has_payload(own[0], own[1]);
}

/* ---- names ---- */

/* What a column's name says beside that it is a reference: "creator" of creator_id; NULL when nothing. */
static const char *column_role(struct arena *arena, const struct catalog_column *column)
{
  static const char *const ends[] = {"_id", "_uuid", "_fk", "_ref"};
  const char *name = init_identifier(arena, column->name, "column");
  size_t len = strlen(name);
  for (size_t i = 0; i < LENGTH_OF(ends); i++) {
    size_t end = strlen(ends[i]);
    if (len > end && strcmp(name + len - end, ends[i]) == 0)
      return arena_strndup(arena, name, len - end);
  }
  return NULL;
}

/* Of several columns the last one tells: (tenant_id, author_id) refers to the author. */
static const char *key_role(struct arena *arena, const struct catalog_foreign_key *key)
{
  return column_role(arena, key->columns[key->n_columns - 1]);
}

/* The role, unless it says no more than the target's name does. */
static const char *telling_role(struct arena *arena, const struct catalog_foreign_key *key,
                                const struct init_resource *target)
{
  const char *role = key_role(arena, key);
  return role != NULL && strcmp(role, target->singular) != 0 ? role : NULL;
}

static const char *forward_name(struct arena *arena, const struct catalog_foreign_key *key,
                                const struct init_resource *target)
{
  const char *role = key_role(arena, key);
  const char *column = init_identifier(arena, key->columns[0]->name, "column");
  if (role != NULL)
    return role;
  if (key->n_columns > 1 || strcmp(column, "id") == 0)
    return target->singular;
  return strcmp(column, target->singular) == 0 ? arena_printf(arena, "%s_record", column)
                                               : arena_printf(arena, "%s_%s", column, target->singular);
}

static size_t count_between(const struct keys *keys, const struct catalog_foreign_key *like)
{
  size_t n = 0;
  for (size_t i = 0; i < keys->n; i++)
    n += keys->items[i]->table == like->table && keys->items[i]->references == like->references;
  return n;
}

static const char *reverse_name(struct arena *arena, const struct keys *keys,
                                const struct catalog_foreign_key *key, const struct init_field *field,
                                const struct init_resource *target)
{
  const char *noun = field->repeated ? field->target->plural : field->target->singular;
  const char *role = telling_role(arena, key, target);
  bool self = key->table == key->references;
  if (self && role != NULL && strcmp(role, "parent") == 0)
    return field->repeated ? "children" : "child";
  if (role == NULL || (!self && count_between(keys, key) == 1))
    return noun;
  return arena_printf(arena, "%s_%s", role, noun);
}

/* ---- fields ---- */

static void add_forward(struct init_build *build, const struct catalog_foreign_key *key,
                        struct init_resource *source, struct init_resource *target)
{
  struct init_field field = {.kind = INIT_FORWARD, .key = key, .target = target};
  field.name = forward_name(build->arena, key, target);
  field.alternative = arena_printf(build->arena, "%s_%s", field.name, target->singular);
  VEC_PUSH(build->arena, &source->fields, field);
}

static void add_reverse(struct init_build *build, const struct keys *keys,
                        const struct catalog_foreign_key *key, struct init_resource *source,
                        struct init_resource *target)
{
  struct init_field field = {.kind = INIT_REVERSE, .key = key, .target = source};
  field.repeated = !catalog_is_unique(key->table, key->columns, key->n_columns);
  field.name = reverse_name(build->arena, keys, key, &field, target);
  field.alternative =
      arena_printf(build->arena, "%s_%s", forward_name(build->arena, key, target), field.name);
  VEC_PUSH(build->arena, &target->fields, field);
}

/* How many junctions lead from one table to another. */
static size_t count_junctions(const struct keys *keys, const struct catalog_foreign_key *from,
                              const struct catalog_foreign_key *to)
{
  size_t n = 0;
  for (size_t i = 0; i < keys->n; i++)
    for (size_t j = 0; keys->items[i]->references == from->references && j < keys->n; j++)
      n += i != j && keys->items[j]->references == to->references &&
           keys->items[i]->table == keys->items[j]->table &&
           catalog_is_junction(keys->items[i], keys->items[j]);
  return n;
}

static void add_through(struct init_build *build, const struct keys *keys,
                        const struct catalog_foreign_key *from, const struct catalog_foreign_key *to)
{
  struct init_resource *source = init_find_resource(build, from->references);
  struct init_resource *target = init_find_resource(build, to->references);
  if (source == NULL || target == NULL)
    return;
  struct init_field field = {
      .kind = INIT_THROUGH, .key = from, .target_key = to, .target = target, .repeated = true};
  const char *role = telling_role(build->arena, to, target);
  field.name =
      role != NULL && count_junctions(keys, from, to) > 1 ? name_plural(build->arena, role) : target->plural;
  field.alternative = arena_printf(
      build->arena, "%s_%s",
      init_singular(build->arena, init_identifier(build->arena, from->table->name, "table")), field.name);
  VEC_PUSH(build->arena, &source->fields, field);
}

static void add_throughs(struct init_build *build, const struct keys *keys, size_t i)
{
  const struct catalog_foreign_key *from = keys->items[i];
  for (size_t j = 0; j < keys->n; j++)
    if (i != j && keys->items[j]->table == from->table && catalog_is_junction(from, keys->items[j]))
      add_through(build, keys, from, keys->items[j]);
}

void init_build_relations(struct init_build *build)
{
  struct keys keys = sorted_keys(build);
  for (size_t i = 0; i < keys.n; i++) {
    struct init_resource *source = init_find_resource(build, keys.items[i]->table);
    struct init_resource *target = init_find_resource(build, keys.items[i]->references);
    if (source != NULL && target != NULL)
      add_forward(build, keys.items[i], source, target);
  }
  for (size_t i = 0; build->options->reverse && i < keys.n; i++) {
    struct init_resource *source = init_find_resource(build, keys.items[i]->table);
    struct init_resource *target = init_find_resource(build, keys.items[i]->references);
    if (source != NULL && target != NULL)
      add_reverse(build, &keys, keys.items[i], source, target);
  }
  for (size_t i = 0; i < keys.n; i++)
    add_throughs(build, &keys, i);
}

#include "planner/graph_search.h"

/* ---- columns by name ---- */

static bool named_columns(struct search *search, const struct catalog_table *table, char *const *names,
                          size_t n, const char *option, struct columns *ret)
{
  for (size_t i = 0; i < n; i++) {
    const struct catalog_column *column = catalog_find_column(table, str_from(names[i]));
    if (column == NULL) {
      const char *nearest = nearest_column(search->build, table, str_from(names[i]));
      const char *fix =
          nearest == NULL ? NULL : arena_printf(search->build->arena, "%s: [\"%s\"]", option, nearest);
      REPORT(search, fix, "relation.%s: table \"%s\" has no column \"%s\"", option, table->name, names[i]);
      return false;
    }
    VEC_PUSH(search->build->arena, ret, column);
  }
  return true;
}

static struct columns key_columns(const struct graph_resource *resource)
{
  return (struct columns){.items = resource->key->columns, .n = resource->key->n_columns};
}

/* ---- foreign_key, columns and references ---- */

void by_foreign_key(struct search *search)
{
  const struct catalog *catalog = search->build->catalog;
  const char *name = search->options->foreign_key;
  bool found = false;
  for (size_t i = 0; i < catalog->n_foreign_keys; i++) {
    const struct catalog_foreign_key *key = &catalog->foreign_keys[i];
    if (strcmp(key->name, name) != 0)
      continue;
    found = true;
    if (!search->field->field->repeated && is_forward(search, key))
      add_forward(search, key);
    else if (is_reverse(search, key))
      add_reverse(search, key);
  }
  if (search->candidates.n == 0)
    REPORT(search, NULL,
           found ? "foreign key \"%s\" does not lead from \"%s\" to \"%s\" the way this field needs it"
                 : "there is no foreign key \"%s\" between \"%s\" and \"%s\"",
           name, search->source->table->name, search->target->table->name);
}

/* Whether two columns can be compared by their keys' equality. */
static bool comparable(const struct catalog_column *a, const struct catalog_column *b)
{
  enum type_class x = catalog_base_type(a->type)->class, y = catalog_base_type(b->type)->class;
  bool integers = x >= TYPE_INT2 && x <= TYPE_INT8 && y >= TYPE_INT2 && y <= TYPE_INT8;
  bool texts = (x == TYPE_TEXT || x == TYPE_BPCHAR) && (y == TYPE_TEXT || y == TYPE_BPCHAR);
  return integers || texts || catalog_base_type(a->type) == catalog_base_type(b->type);
}

static bool check_pairs(struct search *search, const struct columns *from, const struct columns *to,
                        const char *what)
{
  if (from->n != to->n || from->n == 0) {
    REPORT(search, NULL, "relation: %s names %zu columns for %zu", what, from->n, to->n);
    return false;
  }
  for (size_t i = 0; i < from->n; i++)
    if (!comparable(from->items[i], to->items[i])) {
      REPORT(search, NULL, "relation: column \"%s\" (%s) cannot be compared with column \"%s\" (%s)",
             from->items[i]->name, from->items[i]->type->name, to->items[i]->name, to->items[i]->type->name);
      return false;
    }
  return true;
}

/* columns and references; the one that is left out is its resource's key. */
void by_columns(struct search *search)
{
  const Rowan__V1__Relation *options = search->options;
  struct columns from = {0}, to = {0};
  if (!named_columns(search, search->source->table, options->columns, options->n_columns, "columns", &from) ||
      !named_columns(search, search->target->table, options->references, options->n_references, "references",
                     &to))
    return;
  if (from.n == 0)
    from = key_columns(search->source);
  if (to.n == 0)
    to = key_columns(search->target);
  if (!check_pairs(search, &from, &to, "columns"))
    return;
  struct graph_link link = {.from = search->source->table,
                            .from_columns = from.items,
                            .to = search->target->table,
                            .to_columns = to.items,
                            .n_columns = from.n};
  add_candidate(search, link, "");
}

/* ---- through ---- */

struct sides {
  struct side *items;
  size_t n, cap;
};

static bool equal_columns(const struct columns *a, const struct columns *b)
{
  size_t n = 0;
  while (n < a->n && n < b->n && a->items[n] == b->items[n])
    n++;
  return n == a->n && n == b->n;
}

static bool same_columns(const struct columns *columns, const struct catalog_foreign_key *key)
{
  struct columns of_key = {.items = key->columns, .n = key->n_columns};
  return equal_columns(columns, &of_key);
}

/* The foreign keys of the junction that lead to `outer`; only those on `named`, where that is given. */
static struct sides find_sides(struct search *search, const struct catalog_table *junction,
                               const struct catalog_table *outer, const struct columns *named)
{
  const struct catalog *catalog = search->build->catalog;
  struct sides sides = {0};
  for (size_t i = 0; i < catalog->n_foreign_keys; i++) {
    const struct catalog_foreign_key *key = &catalog->foreign_keys[i];
    if (key->table != junction || key->references != outer || (named->n > 0 && !same_columns(named, key)))
      continue;
    VEC_PUSH(search->build->arena, &sides, side_from(key));
    if (named->n > 0)
      break;
  }
  return sides;
}

/* What the annotation says of one side of a junction. */
struct declared_side {
  const struct graph_resource *outer;
  const char *option; /* "source_columns" */
  char *const *names; /* the junction's columns */
  size_t n_names;
  const char *outer_option; /* "columns" */
  char *const *outer_names; /* the outer table's; none: its key */
  size_t n_outer_names;
};

static bool resolve_side(struct search *search, const struct catalog_table *junction,
                         const struct declared_side *declared, struct sides *ret)
{
  struct side side = {0};
  if (!named_columns(search, junction, declared->names, declared->n_names, declared->option, &side.columns) ||
      !named_columns(search, declared->outer->table, declared->outer_names, declared->n_outer_names,
                     declared->outer_option, &side.references))
    return false;
  if (side.references.n == 0)
    *ret = find_sides(search, junction, declared->outer->table, &side.columns);
  if (ret->n > 0)
    return true;
  if (side.columns.n == 0) {
    REPORT(search,
           arena_printf(search->build->arena,
                        "[(rowan.v1.field).relation = {through: {table: \"%s\", %s: [\"…\"]}}]",
                        junction->name, declared->option),
           "no foreign key leads from junction \"%s\" to \"%s\"", junction->name,
           declared->outer->table->name);
    return false;
  }
  if (side.references.n == 0)
    side.references = key_columns(declared->outer);
  if (!check_pairs(search, &side.columns, &side.references, declared->option))
    return false;
  VEC_PUSH(search->build->arena, ret, side);
  return true;
}

void by_junction(struct search *search)
{
  const Rowan__V1__Relation *options = search->options;
  const Rowan__V1__Through *through = options->through;
  const struct catalog_table *junction =
      text_given(through->table) ? catalog_find_table(search->build->catalog, str_from(through->table))
                                 : NULL;
  if (junction == NULL) {
    REPORT(search, NULL, "relation.through: there is no table \"%s\"", through->table);
    return;
  }
  struct declared_side source = {
      search->source, "source_columns", through->source_columns, through->n_source_columns,
      "columns",      options->columns, options->n_columns};
  struct declared_side target = {
      search->target, "target_columns",    through->target_columns, through->n_target_columns,
      "references",   options->references, options->n_references};
  struct sides sources = {0}, targets = {0};
  if (!resolve_side(search, junction, &source, &sources) ||
      !resolve_side(search, junction, &target, &targets))
    return;
  for (size_t i = 0; i < sources.n; i++)
    for (size_t j = 0; j < targets.n; j++)
      if (!equal_columns(&sources.items[i].columns, &targets.items[j].columns))
        add_junction(search, junction, &sources.items[i], &targets.items[j]);
}

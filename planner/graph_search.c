#include "planner/graph_search.h"

struct side side_from(const struct catalog_foreign_key *key)
{
  return (struct side){{.items = key->columns, .n = key->n_columns},
                       {.items = key->reference_columns, .n = key->n_columns}};
}

static void add_names(struct strbuf *text, const struct catalog_column *const *columns, size_t n)
{
  for (size_t i = 0; i < n; i++)
    strbuf_printf(text, "%s\"%s\"", i > 0 ? ", " : "", columns[i]->name);
}

void add_candidate(struct search *search, struct graph_link link, const char *fix)
{
  struct candidate candidate = {link, fix};
  VEC_PUSH(search->build->arena, &search->candidates, candidate);
}

static const char *foreign_key_fix(struct search *search, const struct catalog_foreign_key *key)
{
  return arena_printf(search->build->arena, "[(rowan.v1.field).relation = {foreign_key: \"%s\"}]", key->name);
}

void add_forward(struct search *search, const struct catalog_foreign_key *key)
{
  struct graph_link link = {.from = key->table,
                            .from_columns = key->columns,
                            .to = key->references,
                            .to_columns = key->reference_columns,
                            .n_columns = key->n_columns};
  add_candidate(search, link, foreign_key_fix(search, key));
}

void add_reverse(struct search *search, const struct catalog_foreign_key *key)
{
  struct graph_link link = {.from = key->references,
                            .from_columns = key->reference_columns,
                            .to = key->table,
                            .to_columns = key->columns,
                            .n_columns = key->n_columns};
  add_candidate(search, link, foreign_key_fix(search, key));
}

static const char *through_fix(struct search *search, const struct graph_link *link)
{
  struct strbuf text = {0};
  const char *schema = link->through->in_search_path ? "" : link->through->schema;
  strbuf_printf(&text, "[(rowan.v1.field).relation = {through: {table: \"%s%s%s\", source_columns: [", schema,
                *schema == '\0' ? "" : ".", link->through->name);
  add_names(&text, link->source_columns, link->n_columns);
  strbuf_puts(&text, "], target_columns: [");
  add_names(&text, link->target_columns, link->n_target_columns);
  strbuf_puts(&text, "]}}]");
  const char *fix = arena_strdup(search->build->arena, strbuf_text(&text));
  strbuf_done(&text);
  return fix;
}

void add_junction(struct search *search, const struct catalog_table *junction, const struct side *source,
                  const struct side *target)
{
  struct graph_link link = {.from = search->source->table,
                            .from_columns = source->references.items,
                            .to = search->target->table,
                            .to_columns = target->references.items,
                            .n_columns = source->columns.n,
                            .through = junction,
                            .source_columns = source->columns.items,
                            .target_columns = target->columns.items,
                            .n_target_columns = target->columns.n};
  add_candidate(search, link, through_fix(search, &link));
}

bool is_forward(const struct search *search, const struct catalog_foreign_key *key)
{
  return key->table == search->source->table && key->references == search->target->table;
}

bool is_reverse(const struct search *search, const struct catalog_foreign_key *key)
{
  return key->table == search->target->table && key->references == search->source->table;
}

static bool is_unique_reverse(const struct search *search, const struct catalog_foreign_key *key)
{
  return is_reverse(search, key) && catalog_is_unique(key->table, key->columns, key->n_columns);
}

/* ---- inference ---- */

void infer_to_one(struct search *search)
{
  const struct catalog *catalog = search->build->catalog;
  for (size_t i = 0; i < catalog->n_foreign_keys; i++)
    if (is_forward(search, &catalog->foreign_keys[i]))
      add_forward(search, &catalog->foreign_keys[i]);
  if (search->candidates.n > 0)
    return;
  for (size_t i = 0; i < catalog->n_foreign_keys; i++)
    if (is_unique_reverse(search, &catalog->foreign_keys[i]))
      add_reverse(search, &catalog->foreign_keys[i]);
}

static void infer_junctions_from(struct search *search, const struct catalog_foreign_key *a)
{
  const struct catalog *catalog = search->build->catalog;
  struct side source = side_from(a);
  for (size_t i = 0; i < catalog->n_foreign_keys; i++) {
    const struct catalog_foreign_key *b = &catalog->foreign_keys[i];
    if (b == a || b->table != a->table || b->references != search->target->table ||
        !catalog_is_junction(a, b))
      continue;
    struct side target = side_from(b);
    add_junction(search, a->table, &source, &target);
  }
}

void infer_to_many(struct search *search)
{
  const struct catalog *catalog = search->build->catalog;
  for (size_t i = 0; i < catalog->n_foreign_keys; i++)
    if (is_reverse(search, &catalog->foreign_keys[i]))
      add_reverse(search, &catalog->foreign_keys[i]);
  if (search->candidates.n > 0)
    return;
  for (size_t i = 0; i < catalog->n_foreign_keys; i++)
    if (catalog->foreign_keys[i].references == search->source->table)
      infer_junctions_from(search, &catalog->foreign_keys[i]);
}

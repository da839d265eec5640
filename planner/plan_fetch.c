#include "planner/plan_fetch.h"

#include <math.h>

#include "planner/cost.h"
#include "planner/expr_build.h"
#include "planner/order.h"
#include "planner/plan_sort.h"

static bool same_output(const struct plan_output *a, const struct plan_output *b)
{
  return a->kind == b->kind && a->table == b->table && a->column == b->column && a->as_text == b->as_text &&
         a->part == b->part && a->condition == b->condition && a->aggregate == b->aggregate &&
         a->embedded == b->embedded && a->function == b->function;
}

unsigned fetch_add_output(struct plan_builder *builder, struct fetch_build *fetch, struct plan_output output)
{
  for (size_t i = 0; i < fetch->outputs.n; i++)
    if (same_output(&fetch->outputs.items[i], &output))
      return (unsigned)i;
  VEC_PUSH(builder->arena, &fetch->outputs, output);
  return (unsigned)(fetch->outputs.n - 1);
}

unsigned fetch_add_column(struct plan_builder *builder, struct fetch_build *fetch, unsigned table,
                          const struct catalog_column *column, bool as_text)
{
  return fetch_add_output(
      builder, fetch,
      (struct plan_output){.kind = OUTPUT_COLUMN, .table = table, .column = column, .as_text = as_text});
}

unsigned fetch_join(struct plan_builder *builder, struct fetch_build *fetch, unsigned table,
                    const struct graph_relation *relation)
{
  for (size_t i = 1; i < fetch->tables.n; i++)
    if (fetch->tables.items[i].parent == table && fetch->tables.items[i].relation == relation)
      return (unsigned)i;
  struct plan_table joined = {relation->link->to, relation, table};
  VEC_PUSH(builder->arena, &fetch->tables, joined);
  return (unsigned)(fetch->tables.n - 1);
}

unsigned fetch_join_steps(struct plan_builder *builder, struct fetch_build *fetch, unsigned table,
                          const struct graph_relation *const *steps, size_t n_steps)
{
  for (size_t i = 0; i < n_steps; i++)
    table = fetch_join(builder, fetch, table, steps[i]);
  return table;
}

static unsigned add_derived(struct plan_builder *builder, struct fetch_build *fetch, unsigned table,
                            const struct graph_field *field)
{
  bool aggregate = field->kind == GRAPH_FIELD_AGGREGATE;
  return fetch_add_output(builder, fetch,
                          (struct plan_output){.kind = aggregate ? OUTPUT_AGGREGATE : OUTPUT_FUNCTION,
                                               .table = table,
                                               .aggregate = field->aggregate,
                                               .function = field->function});
}

const unsigned *fetch_add_order(struct plan_builder *builder, struct fetch_build *fetch,
                                const struct order *order)
{
  unsigned *outputs = ARENA_ARRAY(builder->arena, unsigned, order->n_terms);
  for (size_t i = 0; i < order->n_terms; i++) {
    const struct order_term *term = &order->terms[i];
    unsigned table = fetch_join_steps(builder, fetch, 0, term->steps, term->n_steps);
    outputs[i] = term->derived != NULL ? add_derived(builder, fetch, table, term->derived)
                                       : fetch_add_column(builder, fetch, table, term->column, false);
  }
  return outputs;
}

const unsigned *fetch_add_key(struct plan_builder *builder, struct fetch_build *fetch, unsigned table,
                              const struct catalog_key *key)
{
  unsigned *outputs = ARENA_ARRAY(builder->arena, unsigned, key->n_columns);
  for (size_t i = 0; i < key->n_columns; i++)
    outputs[i] = fetch_add_column(builder, fetch, table, key->columns[i], false);
  return outputs;
}

struct fetch_build *fetch_new(struct plan_builder *builder, const struct catalog_table *table,
                              const char *path)
{
  struct fetch_build *fetch = ARENA_NEW(builder->arena, struct fetch_build);
  fetch->fetch.index = (unsigned)builder->fetches.n;
  fetch->fetch.path = path;
  struct plan_table own = {table, NULL, 0};
  VEC_PUSH(builder->arena, &fetch->tables, own);
  VEC_PUSH(builder->arena, &builder->fetches, fetch);
  return fetch;
}

struct fetch_build *fetch_find(const struct plan_builder *builder, struct place place,
                               const struct plan_list *list)
{
  for (size_t i = 0; i < builder->fetches.n; i++) {
    struct fetch_build *fetch = builder->fetches.items[i];
    if (fetch->fetch.parent == &place.fetch->fetch && fetch->parent_table == place.table &&
        plan_list_can_share(fetch->list, list))
      return fetch;
  }
  return NULL;
}

/* Part `part` of what names a row's parent: the key column itself where it is the table's own and comes
 * anyway. */
static unsigned add_link_output(struct plan_builder *builder, struct fetch_build *fetch, unsigned part)
{
  const struct graph_link *link = fetch->fetch.link;
  if (fetch->fetch.strategy == PLAN_KEYS_ORDINAL)
    return fetch_add_output(builder, fetch, (struct plan_output){.kind = OUTPUT_ORDINAL});
  bool by_column = fetch->fetch.strategy == PLAN_KEYS || fetch->fetch.strategy == PLAN_ASKED_KEYS;
  if (by_column && !link->through)
    return fetch_add_column(builder, fetch, 0, link->to_columns[part], false);
  return fetch_add_output(builder, fetch, (struct plan_output){.kind = OUTPUT_LINK, .part = part});
}

/* The outputs by which parent and child rows recognise each other. */
static void link_fetch(struct plan_builder *builder, struct fetch_build *fetch, struct place place)
{
  const struct graph_link *link = fetch->fetch.link;
  unsigned *parent_outputs = ARENA_ARRAY(builder->arena, unsigned, link->n_columns);
  for (size_t i = 0; i < link->n_columns; i++)
    parent_outputs[i] = fetch_add_column(builder, place.fetch, place.table, link->from_columns[i], false);
  fetch->fetch.parent_outputs = parent_outputs;

  unsigned n = fetch->fetch.strategy == PLAN_KEYS_ORDINAL ? 1 : (unsigned)link->n_columns;
  unsigned *link_outputs = ARENA_ARRAY(builder->arena, unsigned, n);
  for (unsigned i = 0; i < n; i++)
    link_outputs[i] = add_link_output(builder, fetch, i);
  fetch->fetch.link_outputs = link_outputs;
  fetch->fetch.n_link_outputs = n;
}

static void join_order(struct plan_builder *builder, struct fetch_build *fetch, const struct order *order)
{
  for (size_t i = 0; order && i < order->n_terms; i++)
    fetch_join_steps(builder, fetch, 0, order->terms[i].steps, order->terms[i].n_steps);
}

/* The rows of all levels, and of each the key of the rows below it. */
static void recur(struct plan_builder *builder, struct fetch_build *fetch, uint32_t depth)
{
  const struct graph_link *link = fetch->fetch.link;
  unsigned *next = ARENA_ARRAY(builder->arena, unsigned, link->n_columns);
  for (size_t i = 0; i < link->n_columns; i++)
    next[i] = fetch_add_column(builder, fetch, 0, link->from_columns[i], false);
  fetch->fetch.next_outputs = next;
  fetch->fetch.depth = depth;
  fetch->nominal_rows *= depth;
  fetch->fetch.estimated_rows *= depth;
}

struct fetch_build *fetch_open(struct plan_builder *builder, struct place place, const struct plan_list *list,
                               const char *path, enum plan_strategy strategy, const char *reason)
{
  const struct graph_relation *relation = list->relation;
  struct fetch_build *fetch = fetch_new(builder, relation->link->to, path);
  double fan_out = cost_fan_out(relation->link, relation->to_many);
  if (list->limit > 0)
    fan_out = fmin(fan_out, list->limit + 1.0);
  fetch->parent_table = place.table;
  fetch->list = list;
  fetch->nominal_rows = place.fetch->nominal_rows * fan_out;
  fetch->fetch.estimated_rows = place.fetch->fetch.estimated_rows * fan_out;
  if (!relation->to_many) {
    fetch->nominal_rows = cost_distinct(relation->link, fetch->nominal_rows);
    fetch->fetch.estimated_rows = cost_distinct(relation->link, fetch->fetch.estimated_rows);
  }
  fetch->fetch.strategy = strategy;
  fetch->fetch.reason = reason;
  bool with_root = strategy == PLAN_EMBED_ROOT || strategy == PLAN_ASKED_KEYS;
  fetch->fetch.wave = with_root ? place.fetch->fetch.wave : place.fetch->fetch.wave + 1;
  fetch->fetch.parent = &place.fetch->fetch;
  fetch->fetch.link = relation->link;
  fetch->fetch.to_one = !relation->to_many;
  fetch->fetch.through_filter = relation->through_filter;
  fetch->fetch.order = list->order;
  fetch->fetch.order_asked = list->arguments != NULL && !order_equal(list->order, &relation->order);
  fetch->fetch.per_parent_limit = list->limit;
  fetch->fetch.cursor = list->cursor;
  fetch->fetch.limiting = plan_list_limiting(list, place.fetch->fetch.estimated_rows);
  link_fetch(builder, fetch, place);
  if (strategy == PLAN_RECURSIVE)
    recur(builder, fetch, list->depth);
  join_order(builder, fetch, fetch->fetch.order);
  return fetch;
}

void fetch_use(struct plan_builder *builder, struct fetch_build *fetch, struct plan_slot *slot,
               const struct plan_list *list)
{
  struct fetch_user user = {slot, list->filter};
  VEC_PUSH(builder->arena, &fetch->users, user);
  slot->subset = -1;
  slot->limit = list->limit;
  slot->depth = list->depth;
}

/* A table joined under an aggregate or a source may be all that needs it; a statement without any output is
 * not. */
static void ensure_output(struct plan_builder *builder, struct fetch_build *fetch)
{
  if (fetch->outputs.n == 0)
    fetch_add_column(builder, fetch, 0, &fetch->tables.items[0].table->columns[0], false);
}

/* Which rows the users of a fetch need together; sets the subset outputs of those who need fewer. */
static const struct expr *settle_users(struct plan_builder *builder, struct fetch_build *fetch)
{
  if (fetch->users.n == 0)
    return NULL;
  const struct expr *first = fetch->users.items[0].filter;
  bool all_same = true, all_filtered = true;
  for (size_t i = 0; i < fetch->users.n; i++) {
    all_same = all_same && fetch->users.items[i].filter == first;
    all_filtered = all_filtered && fetch->users.items[i].filter;
  }
  if (all_same)
    return first;

  const struct expr *any = NULL;
  for (size_t i = 0; i < fetch->users.n; i++) {
    const struct expr *filter = fetch->users.items[i].filter;
    if (!filter)
      continue;
    fetch->users.items[i].slot->subset = (int)fetch_add_output(
        builder, fetch, (struct plan_output){.kind = OUTPUT_CONDITION, .condition = filter});
    any = any ? expr_or(any, filter, builder->arena) : filter;
  }
  return all_filtered ? any : NULL;
}

void fetch_finish(struct plan_builder *builder, struct fetch_build *fetch)
{
  if (fetch->list) {
    const struct expr *needed = settle_users(builder, fetch);
    fetch->fetch.filter = expr_and(fetch->list->relation->target->filter, needed, builder->arena);
  }
  plan_sort(builder, fetch);
  ensure_output(builder, fetch);
  fetch->fetch.tables = fetch->tables.items;
  fetch->fetch.n_tables = (unsigned)fetch->tables.n;
  fetch->fetch.outputs = fetch->outputs.items;
  fetch->fetch.n_outputs = (unsigned)fetch->outputs.n;
}

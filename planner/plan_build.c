/*
 * plan_build.c - make a plan of a selection.
 *
 * The selection tree is walked once, depth first.  At every node there is a *place*: a fetch and one of its
 * tables, whose row the message at hand is made from.  A scalar becomes an output of the place's fetch; a
 * to-one target joins a further table into that fetch and the walk goes on there, or opens a fetch below it;
 * a to-many relation opens a fetch, unless a sibling over the same rows has opened it already.
 *
 * Siblings that share a fetch differ in their filters only, declared or requested.  Which rows the fetch must
 * bring, and which output tells a subset's rows from the others, is known once all its users are:
 * finish_fetch settles it.
 *
 * Outputs and joins are added on demand and never twice, so two shapes over one fetch share what both need.
 */
#include "planner/plan_build.h"

#include <math.h>

#include "planner/cost.h"
#include "planner/expr_build.h"
#include "planner/plan_charge.h"
#include "planner/plan_lists.h"
#include "planner/plan_strategy.h"

/* A slot that takes its messages from a fetch, and the filter that says which. */
struct fetch_user {
  struct plan_slot *slot;
  const struct expr *filter;
};

struct fetch_build {
  struct plan_fetch fetch;
  unsigned parent_table;        /* of the parent's fetch: where the link's from-columns are */
  const struct plan_list *list; /* that it was opened for; NULL for the root */
  double nominal_rows;          /* for choosing; fetch.estimated_rows follows the page size, this does not */
  struct {
    struct plan_table *items;
    size_t n, cap;
  } tables;
  struct {
    struct plan_output *items;
    size_t n, cap;
  } outputs;
  struct {
    struct fetch_user *items;
    size_t n, cap;
  } users;
};

struct builder {
  const struct plan_request *request;
  struct arena *arena;
  struct plan_lists lists;
  struct {
    struct plan_oneof *items;
    size_t n, cap;
  } oneofs;
  struct {
    struct fetch_build **items;
    size_t n, cap;
  } fetches;
};

/* Where in the plan a message's row is found. */
struct place {
  struct fetch_build *fetch;
  unsigned table;
  const char *path;               /* of field names, "" for the root */
  const struct plan_shape *shape; /* that is being filled */
};

static const struct plan_shape *build_shape(struct builder *builder, struct place place,
                                            const struct graph_resource *resource,
                                            const struct selection *selection);

static bool same_output(const struct plan_output *a, const struct plan_output *b)
{
  return a->kind == b->kind && a->table == b->table && a->column == b->column && a->as_text == b->as_text &&
         a->part == b->part && a->condition == b->condition && a->aggregate == b->aggregate &&
         a->embedded == b->embedded && a->function == b->function;
}

static unsigned add_output(struct builder *builder, struct fetch_build *fetch, struct plan_output output)
{
  for (size_t i = 0; i < fetch->outputs.n; i++)
    if (same_output(&fetch->outputs.items[i], &output))
      return (unsigned)i;
  VEC_PUSH(builder->arena, &fetch->outputs, output);
  return (unsigned)(fetch->outputs.n - 1);
}

static unsigned add_column(struct builder *builder, struct fetch_build *fetch, unsigned table,
                           const struct catalog_column *column, bool as_text)
{
  return add_output(
      builder, fetch,
      (struct plan_output){.kind = OUTPUT_COLUMN, .table = table, .column = column, .as_text = as_text});
}

/* The table that `relation` leads to from `table`, joined now unless it already is. */
static unsigned join_table(struct builder *builder, struct fetch_build *fetch, unsigned table,
                           const struct graph_relation *relation)
{
  for (size_t i = 1; i < fetch->tables.n; i++)
    if (fetch->tables.items[i].parent == table && fetch->tables.items[i].relation == relation)
      return (unsigned)i;
  struct plan_table joined = {relation->link->to, relation, table};
  VEC_PUSH(builder->arena, &fetch->tables, joined);
  return (unsigned)(fetch->tables.n - 1);
}

static unsigned join_steps(struct builder *builder, struct fetch_build *fetch, unsigned table,
                           const struct graph_relation *const *steps, size_t n_steps)
{
  for (size_t i = 0; i < n_steps; i++)
    table = join_table(builder, fetch, table, steps[i]);
  return table;
}

static struct fetch_build *new_fetch(struct builder *builder, const struct catalog_table *table,
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

static struct fetch_build *find_fetch(const struct builder *builder, struct place place,
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
static unsigned add_link_output(struct builder *builder, struct fetch_build *fetch, unsigned part)
{
  const struct graph_link *link = fetch->fetch.link;
  if (fetch->fetch.strategy == PLAN_KEYS_ORDINAL)
    return add_output(builder, fetch, (struct plan_output){.kind = OUTPUT_ORDINAL});
  if (fetch->fetch.strategy == PLAN_KEYS && !link->through)
    return add_column(builder, fetch, 0, link->to_columns[part], false);
  return add_output(builder, fetch, (struct plan_output){.kind = OUTPUT_LINK, .part = part});
}

/* The outputs by which parent and child rows recognise each other. */
static void link_fetch(struct builder *builder, struct fetch_build *fetch, struct place place)
{
  const struct graph_link *link = fetch->fetch.link;
  unsigned *parent_outputs = ARENA_ARRAY(builder->arena, unsigned, link->n_columns);
  for (size_t i = 0; i < link->n_columns; i++)
    parent_outputs[i] = add_column(builder, place.fetch, place.table, link->from_columns[i], false);
  fetch->fetch.parent_outputs = parent_outputs;

  unsigned n = fetch->fetch.strategy == PLAN_KEYS_ORDINAL ? 1 : (unsigned)link->n_columns;
  unsigned *link_outputs = ARENA_ARRAY(builder->arena, unsigned, n);
  for (unsigned i = 0; i < n; i++)
    link_outputs[i] = add_link_output(builder, fetch, i);
  fetch->fetch.link_outputs = link_outputs;
  fetch->fetch.n_link_outputs = n;
}

static void join_order(struct builder *builder, struct fetch_build *fetch, const struct order *order)
{
  for (size_t i = 0; order && i < order->n_terms; i++)
    join_steps(builder, fetch, 0, order->terms[i].steps, order->terms[i].n_steps);
}

/* The rows of all levels, and of each the key of the rows below it. */
static void recur(struct builder *builder, struct fetch_build *fetch, uint32_t depth)
{
  const struct graph_link *link = fetch->fetch.link;
  unsigned *next = ARENA_ARRAY(builder->arena, unsigned, link->n_columns);
  for (size_t i = 0; i < link->n_columns; i++)
    next[i] = add_column(builder, fetch, 0, link->from_columns[i], false);
  fetch->fetch.next_outputs = next;
  fetch->fetch.depth = depth;
  fetch->nominal_rows *= depth;
  fetch->fetch.estimated_rows *= depth;
}

static struct fetch_build *open_fetch(struct builder *builder, struct place place,
                                      const struct plan_list *list, const char *path,
                                      enum plan_strategy strategy, const char *reason)
{
  const struct graph_relation *relation = list->relation;
  struct fetch_build *fetch = new_fetch(builder, relation->link->to, path);
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
  fetch->fetch.wave = strategy == PLAN_EMBED_ROOT ? place.fetch->fetch.wave : place.fetch->fetch.wave + 1;
  fetch->fetch.parent = &place.fetch->fetch;
  fetch->fetch.link = relation->link;
  fetch->fetch.to_one = !relation->to_many;
  fetch->fetch.through_filter = relation->through_filter;
  fetch->fetch.order = list->order;
  fetch->fetch.per_parent_limit = list->limit;
  fetch->fetch.cursor = list->cursor;
  fetch->fetch.limiting = plan_list_limiting(list, place.fetch->fetch.estimated_rows);
  link_fetch(builder, fetch, place);
  if (strategy == PLAN_RECURSIVE)
    recur(builder, fetch, list->depth);
  join_order(builder, fetch, fetch->fetch.order);
  return fetch;
}

static void use_fetch(struct builder *builder, struct fetch_build *fetch, struct plan_slot *slot,
                      const struct plan_list *list)
{
  struct fetch_user user = {slot, list->filter};
  VEC_PUSH(builder->arena, &fetch->users, user);
  slot->subset = -1;
  slot->limit = list->limit;
  slot->depth = list->depth;
}

static const char *path_below(const struct builder *builder, struct place place,
                              const struct graph_field *field)
{
  return *place.path ? arena_printf(builder->arena, "%s.%s", place.path, field->field->name)
                     : arena_strdup(builder->arena, field->field->name);
}

static const char recursive_reason[] = "a tree: all levels in one statement";

/* The output that holds the discriminator: one for all members of the oneof. */
static unsigned add_discriminator(struct builder *builder, struct place place,
                                  const struct graph_oneof *oneof)
{
  struct fetch_build *fetch = place.fetch;
  unsigned table = join_steps(builder, fetch, place.table, oneof->steps, oneof->n_steps);
  unsigned output = add_column(builder, fetch, table, oneof->column, true);
  for (size_t i = 0; i < builder->oneofs.n; i++)
    if (builder->oneofs.items[i].fetch == &fetch->fetch && builder->oneofs.items[i].output == output)
      return output;
  struct plan_oneof known = {oneof, &fetch->fetch, output};
  VEC_PUSH(builder->arena, &builder->oneofs, known);
  return output;
}

static struct fetch_build *open_to_one(struct builder *builder, struct place place,
                                       const struct plan_list *list, const char *path, const char *reason)
{
  const struct graph_relation *relation = list->relation;
  struct fetch_build *fetch = open_fetch(
      builder, place, list, path, list->depth > 0 ? PLAN_RECURSIVE : keys_strategy(relation->link), reason);
  if (relation->variants) {
    fetch->fetch.variant_value = relation->variant_value;
    fetch->fetch.variant_output = add_discriminator(builder, place, relation->variants);
  }
  return fetch;
}

static void fill_to_one(struct builder *builder, struct place place, const struct selection_item *item,
                        struct plan_slot *slot)
{
  const struct graph_relation *relation = item->field->relation;
  struct place below = {.path = path_below(builder, place, item->field)};
  struct to_one_choice choice = {false, recursive_reason};
  if (item->depth == 0)
    choice = choose_to_one(relation, item->child, place.fetch->nominal_rows, builder->request->options.to_one,
                           builder->arena);
  if (choice.join) {
    below.fetch = place.fetch;
    below.table = join_table(builder, place.fetch, place.table, relation);
    slot->kind = SLOT_JOINED;
    slot->reason = choice.reason;
    slot->output = add_column(builder, place.fetch, below.table, relation->link->to_columns[0], false);
  } else {
    const struct plan_list *list = plan_list_of(&builder->lists, relation, item);
    below.fetch = find_fetch(builder, place, list);
    if (!below.fetch)
      below.fetch = open_to_one(builder, place, list, below.path, choice.reason);
    slot->kind = SLOT_ONE;
    use_fetch(builder, below.fetch, slot, list);
  }
  slot->shape = build_shape(builder, below, relation->target, item->child);
}

/* The fetch that brings a to-many relation's rows: a sibling's when it can be shared. */
static struct place children_place(struct builder *builder, struct place place,
                                   const struct graph_field *field, const struct plan_list *list)
{
  struct place below = {.fetch = find_fetch(builder, place, list), .path = path_below(builder, place, field)};
  if (below.fetch)
    return below;
  bool under_root = place.fetch->fetch.strategy == PLAN_ROOT && place.table == 0;
  struct to_many_choice choice = {PLAN_RECURSIVE, recursive_reason};
  if (list->depth == 0)
    choice =
        choose_to_many(list->relation->link, under_root, builder->request->options.to_many, builder->arena);
  below.fetch = open_fetch(builder, place, list, below.path, choice.strategy, choice.reason);
  return below;
}

static void fill_to_many(struct builder *builder, struct place place, const struct selection_item *item,
                         struct plan_slot *slot)
{
  const struct plan_list *list = plan_list_of(&builder->lists, item->field->relation, item);
  struct place below = children_place(builder, place, item->field, list);
  slot->kind = SLOT_MANY;
  use_fetch(builder, below.fetch, slot, list);
  slot->shape = build_shape(builder, below, item->field->relation->target, item->child);
}

static void fill_has_more(struct builder *builder, struct place place, const struct selection_item *item,
                          struct plan_slot *slot)
{
  const struct graph_relation *relation = item->field->of->relation;
  const struct plan_list *list = plan_list_of(&builder->lists, relation, item);
  struct place below = children_place(builder, place, item->field->of, list);
  slot->kind = SLOT_HAS_MORE;
  use_fetch(builder, below.fetch, slot, list);
  struct plan_shape *shape = ARENA_NEW(builder->arena, struct plan_shape);
  shape->resource = relation->target;
  shape->fetch = &below.fetch->fetch;
  slot->shape = shape;
}

/* The outputs that hold the values of an order's terms. */
static const unsigned *add_order_outputs(struct builder *builder, struct fetch_build *fetch,
                                         const struct order *order)
{
  unsigned *outputs = ARENA_ARRAY(builder->arena, unsigned, order->n_terms);
  for (size_t i = 0; i < order->n_terms; i++) {
    const struct order_term *term = &order->terms[i];
    unsigned table = join_steps(builder, fetch, 0, term->steps, term->n_steps);
    outputs[i] = add_column(builder, fetch, table, term->column, false);
  }
  return outputs;
}

static const unsigned *add_key_outputs(struct builder *builder, struct fetch_build *fetch, unsigned table,
                                       const struct catalog_key *key)
{
  unsigned *outputs = ARENA_ARRAY(builder->arena, unsigned, key->n_columns);
  for (size_t i = 0; i < key->n_columns; i++)
    outputs[i] = add_column(builder, fetch, table, key->columns[i], false);
  return outputs;
}

/* A list that is never cut needs no place to go on from. */
static void fill_next_page_token(struct builder *builder, struct place place,
                                 const struct selection_item *item, struct plan_slot *slot)
{
  fill_has_more(builder, place, item, slot);
  slot->kind = SLOT_NEXT_PAGE_TOKEN;
  slot->list = item->arguments == NULL ? -1 : (int)item->arguments->index;
  if (slot->limit == 0)
    return;
  struct fetch_build *children = builder->fetches.items[slot->shape->fetch->index];
  slot->key_outputs = add_key_outputs(builder, place.fetch, place.table, item->field->resource->key);
  slot->cursor_outputs = add_order_outputs(builder, children, children->fetch.order);
}

/* The message's columns are outputs of the row at hand: the place stays, but for its path. */
static void fill_embedded(struct builder *builder, struct place place, const struct selection_item *item,
                          struct plan_slot *slot)
{
  const struct graph_resource *embedded = item->field->embedded;
  struct plan_output any_set = {.kind = OUTPUT_ANY_SET, .table = place.table, .embedded = embedded};
  slot->kind = SLOT_EMBEDDED;
  slot->output = add_output(builder, place.fetch, any_set);
  place.path = path_below(builder, place, item->field);
  slot->shape = build_shape(builder, place, embedded, item->child);
}

/* Whether the row has rows below it, for the last level, below which none are fetched. */
static unsigned add_any_below(struct builder *builder, struct fetch_build *fetch)
{
  const struct list_arguments *arguments = fetch->list->arguments;
  struct graph_aggregate *any = ARENA_NEW(builder->arena, struct graph_aggregate);
  any->function = AGGREGATE_EXISTS;
  any->relation = fetch->list->relation;
  any->filter = arguments == NULL ? NULL : expr_copy(arguments->filter, builder->arena);
  return add_output(builder, fetch, (struct plan_output){.kind = OUTPUT_AGGREGATE, .aggregate = any});
}

/* The relation that the place's fetch follows, one level further down: the same rows make the same shape. */
static void fill_again(struct builder *builder, struct place place, const struct selection_item *item,
                       struct plan_slot *slot)
{
  struct fetch_build *fetch = place.fetch;
  const struct list_arguments *arguments = fetch->list->arguments;
  slot->again = true;
  slot->shape = place.shape;
  slot->limit = fetch->list->limit;
  if (item->field->kind == GRAPH_FIELD_RELATION) {
    slot->kind = item->field->relation->to_many ? SLOT_MANY : SLOT_ONE;
  } else if (item->field->kind == GRAPH_FIELD_HAS_MORE) {
    slot->kind = SLOT_HAS_MORE;
    slot->output = add_any_below(builder, fetch);
  } else {
    slot->kind = SLOT_NEXT_PAGE_TOKEN;
    slot->list = arguments == NULL ? -1 : (int)arguments->index;
    if (slot->limit == 0)
      return;
    slot->key_outputs = add_key_outputs(builder, fetch, 0, item->field->resource->key);
    slot->cursor_outputs = add_order_outputs(builder, fetch, fetch->fetch.order);
  }
}

static void fill_slot(struct builder *builder, struct place place, const struct selection_item *item,
                      struct plan_slot *slot)
{
  const struct graph_field *field = item->field;
  slot->field = field;
  slot->subset = -1;
  if (item->again) {
    fill_again(builder, place, item, slot);
    return;
  }
  switch (field->kind) {
  case GRAPH_FIELD_COLUMN:
    slot->output = add_column(builder, place.fetch, place.table, field->column, field->codec.as_text);
    break;
  case GRAPH_FIELD_SOURCE: {
    unsigned table = join_steps(builder, place.fetch, place.table, field->steps, field->n_steps);
    slot->output = add_column(builder, place.fetch, table, field->column, field->codec.as_text);
    break;
  }
  case GRAPH_FIELD_AGGREGATE:
    slot->output = add_output(builder, place.fetch,
                              (struct plan_output){.kind = OUTPUT_AGGREGATE,
                                                   .table = place.table,
                                                   .aggregate = field->aggregate,
                                                   .as_text = field->codec.as_text});
    break;
  case GRAPH_FIELD_RELATION:
    (field->relation->to_many ? fill_to_many : fill_to_one)(builder, place, item, slot);
    break;
  case GRAPH_FIELD_HAS_MORE:
    fill_has_more(builder, place, item, slot);
    break;
  case GRAPH_FIELD_NEXT_PAGE_TOKEN:
    fill_next_page_token(builder, place, item, slot);
    break;
  case GRAPH_FIELD_EMBED:
    fill_embedded(builder, place, item, slot);
    break;
  case GRAPH_FIELD_FUNCTION:
    slot->output = add_output(builder, place.fetch,
                              (struct plan_output){.kind = OUTPUT_FUNCTION,
                                                   .table = place.table,
                                                   .function = field->function,
                                                   .as_text = field->codec.as_text});
    break;
  case GRAPH_FIELD_NONE:
    break;
  }
}

static const struct plan_shape *build_shape(struct builder *builder, struct place place,
                                            const struct graph_resource *resource,
                                            const struct selection *selection)
{
  struct plan_shape *shape = ARENA_NEW(builder->arena, struct plan_shape);
  shape->resource = resource;
  shape->fetch = &place.fetch->fetch;
  shape->slots = ARENA_ARRAY(builder->arena, struct plan_slot, selection->n_items);
  shape->n_slots = selection->n_items;
  place.shape = shape;
  for (size_t i = 0; i < selection->n_items; i++)
    fill_slot(builder, place, &selection->items[i], &shape->slots[i]);
  return shape;
}

/* A table joined under an aggregate or a source may be all that needs it; a statement without any output is
 * not. */
static void ensure_output(struct builder *builder, struct fetch_build *fetch)
{
  if (fetch->outputs.n == 0)
    add_column(builder, fetch, 0, &fetch->tables.items[0].table->columns[0], false);
}

/* Which rows the users of a fetch need together; sets the subset outputs of those who need fewer. */
static const struct expr *settle_users(struct builder *builder, struct fetch_build *fetch)
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
    fetch->users.items[i].slot->subset =
        (int)add_output(builder, fetch, (struct plan_output){.kind = OUTPUT_CONDITION, .condition = filter});
    any = any ? expr_or(any, filter, builder->arena) : filter;
  }
  return all_filtered ? any : NULL;
}

static void finish_fetch(struct builder *builder, struct fetch_build *fetch)
{
  if (fetch->list) {
    const struct expr *needed = settle_users(builder, fetch);
    fetch->fetch.filter = expr_and(fetch->list->relation->target->filter, needed, builder->arena);
  }
  ensure_output(builder, fetch);
  fetch->fetch.tables = fetch->tables.items;
  fetch->fetch.n_tables = (unsigned)fetch->tables.n;
  fetch->fetch.outputs = fetch->outputs.items;
  fetch->fetch.n_outputs = (unsigned)fetch->outputs.n;
}

static double root_rows(const struct plan_request *request, double page)
{
  return request->root == PLAN_ROOT_ONE ? 1 : page;
}

static struct fetch_build *open_root(struct builder *builder, struct plan *plan)
{
  const struct plan_request *request = builder->request;
  struct fetch_build *root = new_fetch(builder, request->resource->table, "");
  root->fetch.strategy = PLAN_ROOT;
  root->fetch.reason = request->root == PLAN_ROOT_PAGE ? "a page" : "by key";
  root->fetch.filter =
      expr_and(request->resource->filter, expr_copy(request->filter, builder->arena), builder->arena);
  root->nominal_rows = root_rows(request, PLAN_NOMINAL_PAGE);
  root->fetch.estimated_rows =
      root_rows(request, request->root == PLAN_ROOT_PAGE ? request->limit_bucket : PLAN_NOMINAL_PAGE);
  if (request->root == PLAN_ROOT_PAGE) {
    plan->order = plan_copy_order(request->order, builder->arena);
    root->fetch.order = &plan->order;
    plan->cursor_outputs = add_order_outputs(builder, root, &plan->order);
  }
  if (request->root == PLAN_ROOT_MANY) {
    unsigned *ordinal = ARENA_NEW(builder->arena, unsigned);
    *ordinal = add_output(builder, root, (struct plan_output){.kind = OUTPUT_ORDINAL});
    root->fetch.link_outputs = ordinal;
    root->fetch.n_link_outputs = 1;
  }
  return root;
}

static unsigned count_arguments(const struct plan_request *request)
{
  size_t n = request->n_filter_arguments;
  if (request->root != PLAN_ROOT_PAGE)
    return (unsigned)(n + request->lookup->n_columns);
  if (request->after_cursor)
    for (size_t i = 0; i < request->order->n_terms; i++)
      n += !(request->cursor_nulls >> i & 1);
  return (unsigned)n + request->skips;
}

/* An estimate without conditions costs no statement: Postgres keeps the number of a table's rows. */
static enum plan_total_kind total_kind(const struct plan_request *request, const struct plan_fetch *root)
{
  if (request->total == TOTAL_NONE)
    return PLAN_TOTAL_NONE;
  if (request->total == TOTAL_EXACT)
    return PLAN_TOTAL_COUNT;
  char kind = request->resource->table->kind;
  bool counted = (kind == 'r' || kind == 'p' || kind == 'm') && !request->resource->table->row_security;
  return root->filter == NULL && counted ? PLAN_TOTAL_TABLE : PLAN_TOTAL_ESTIMATE;
}

static void add_total(struct builder *builder, struct plan *plan, struct fetch_build *root)
{
  struct fetch_build *fetch = root;
  plan->total.kind = total_kind(builder->request, &root->fetch);
  if (plan->total.kind == PLAN_TOTAL_NONE)
    return;
  if (plan->total.kind != PLAN_TOTAL_TABLE) {
    bool count = plan->total.kind == PLAN_TOTAL_COUNT;
    fetch = new_fetch(builder, root->tables.items[0].table, "");
    fetch->fetch.strategy = count ? PLAN_COUNT : PLAN_ESTIMATE;
    fetch->fetch.reason = count ? "all that fit, over all pages" : "what Postgres expects over all pages";
    fetch->fetch.filter = root->fetch.filter;
    fetch->fetch.estimated_rows = 1;
  }
  plan->total.fetch = fetch->fetch.index;
  plan->total.output = add_output(builder, fetch, (struct plan_output){.kind = OUTPUT_TOTAL});
}

static void publish_fetches(struct builder *builder, struct plan *plan)
{
  plan->n_fetches = (unsigned)builder->fetches.n;
  plan->fetches = ARENA_ARRAY(builder->arena, struct plan_fetch *, builder->fetches.n);
  for (size_t i = 0; i < builder->fetches.n; i++) {
    struct fetch_build *fetch = builder->fetches.items[i];
    finish_fetch(builder, fetch);
    plan->fetches[i] = &fetch->fetch;
    if (fetch->fetch.wave >= plan->n_waves)
      plan->n_waves = fetch->fetch.wave + 1;
  }
}

struct plan *plan_build(const struct plan_request *request)
{
  struct builder builder = {.request = request, .arena = arena_new(0)};
  builder.lists.arena = builder.arena;
  struct plan_counted *counted = ARENA_NEW(builder.arena, struct plan_counted);
  struct plan *plan = &counted->plan;
  atomic_init(&counted->references, 1);
  plan->arena = builder.arena;
  plan->graph = graph_ref(request->graph);
  plan->resource = request->resource;
  plan->root = request->root;
  plan->lookup = request->lookup;
  plan->limit_bucket = request->limit_bucket;
  plan->after_cursor = request->after_cursor;
  plan->cursor_nulls = request->cursor_nulls;
  plan->first_key_argument = (unsigned)request->n_filter_arguments;
  plan->skips = request->skips;
  plan->n_arguments = count_arguments(request);

  struct fetch_build *root = open_root(&builder, plan);
  struct place place = {.fetch = root, .path = ""};
  plan->shape = build_shape(&builder, place, request->resource, request->selection);
  if (plan_lists_go_on(&builder.lists))
    plan->key_outputs = add_key_outputs(&builder, root, 0, request->resource->key);
  add_total(&builder, plan, root);
  plan->user_filter = request->filter != NULL || plan_lists_filter(&builder.lists);
  publish_fetches(&builder, plan);
  plan->charged_rows = plan_charge(request, plan);
  plan->oneofs = builder.oneofs.items;
  plan->n_oneofs = builder.oneofs.n;
  return plan;
}

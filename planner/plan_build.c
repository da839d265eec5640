/*
 * plan_build.c - make a plan of a selection.
 *
 * The selection tree is walked once, depth first.  At every node there is a *place*: a fetch and one of its
 * tables, whose row the message at hand is made from.  A scalar becomes an output of the place's fetch; a
 * to-one target joins a further table into that fetch and the walk goes on there, or opens a fetch below it;
 * a to-many relation opens a fetch, unless a sibling over the same rows has opened it already.
 *
 * plan_fetch.h holds what a fetch is made of.
 */
#include "planner/plan_build.h"

#include <math.h>

#include "planner/cost.h"
#include "planner/drift.h"
#include "planner/expr_build.h"
#include "planner/order.h"
#include "planner/plan_charge.h"
#include "planner/plan_fetch.h"
#include "planner/plan_lists.h"
#include "planner/plan_strategy.h"

static const struct plan_shape *build_shape(struct plan_builder *builder, struct place place,
                                            const struct graph_resource *resource,
                                            const struct selection *selection);

static const char *path_below(const struct plan_builder *builder, struct place place,
                              const struct graph_field *field)
{
  return *place.path ? arena_printf(builder->arena, "%s.%s", place.path, field->field->name)
                     : arena_strdup(builder->arena, field->field->name);
}

static const char recursive_reason[] = "a tree: all levels in one statement";

/* The output that holds the discriminator: one for all members of the oneof. */
static unsigned add_discriminator(struct plan_builder *builder, struct place place,
                                  const struct graph_oneof *oneof)
{
  struct fetch_build *fetch = place.fetch;
  unsigned table = fetch_join_steps(builder, fetch, place.table, oneof->steps, oneof->n_steps);
  unsigned output = fetch_add_column(builder, fetch, table, oneof->column, true);
  for (size_t i = 0; i < builder->oneofs.n; i++)
    if (builder->oneofs.items[i].fetch == &fetch->fetch && builder->oneofs.items[i].output == output)
      return output;
  struct plan_oneof known = {oneof, &fetch->fetch, output};
  VEC_PUSH(builder->arena, &builder->oneofs, known);
  return output;
}

static struct fetch_build *open_to_one(struct plan_builder *builder, struct place place,
                                       const struct plan_list *list, const char *path, const char *reason)
{
  const struct graph_relation *relation = list->relation;
  struct fetch_build *fetch = fetch_open(
      builder, place, list, path, list->depth > 0 ? PLAN_RECURSIVE : keys_strategy(relation->link), reason);
  if (relation->variants) {
    fetch->fetch.variant_value = relation->variant_value;
    fetch->fetch.variant_output = add_discriminator(builder, place, relation->variants);
  }
  return fetch;
}

static void fill_to_one(struct plan_builder *builder, struct place place, const struct selection_item *item,
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
    below.table = fetch_join(builder, place.fetch, place.table, relation);
    slot->kind = SLOT_JOINED;
    slot->reason = choice.reason;
    slot->output = fetch_add_column(builder, place.fetch, below.table, relation->link->to_columns[0], false);
  } else {
    const struct plan_list *list = plan_list_of(&builder->lists, relation, item);
    below.fetch = fetch_find(builder, place, list);
    if (!below.fetch)
      below.fetch = open_to_one(builder, place, list, below.path, choice.reason);
    slot->kind = SLOT_ONE;
    fetch_use(builder, below.fetch, slot, list);
    if (item->depth > 0) {
      slot->start_key_outputs = fetch_add_key(builder, place.fetch, place.table, relation->target->key);
      slot->next_key_outputs = fetch_add_key(builder, below.fetch, 0, relation->target->key);
    }
  }
  slot->shape = build_shape(builder, below, relation->target, item->child);
}

/* The key whose values the request names, where they alone decide which rows the root has.  A list with a
 * limit or a cursor wants its parents as rows. */
static const struct graph_lookup *asked_keys(const struct plan_builder *builder, struct place place,
                                             const struct plan_list *list)
{
  const struct plan_request *request = builder->request;
  bool by_key = request->root != PLAN_ROOT_PAGE && place.fetch->fetch.filter == NULL;
  bool whole = list->limit == 0 && !list->cursor.present;
  return by_key && whole ? request->lookup : NULL;
}

/* The fetch that brings a to-many relation's rows: a sibling's when it can be shared. */
static struct place children_place(struct plan_builder *builder, struct place place,
                                   const struct graph_field *field, const struct plan_list *list)
{
  struct place below = {.fetch = fetch_find(builder, place, list), .path = path_below(builder, place, field)};
  if (below.fetch)
    return below;
  bool under_root = place.fetch->fetch.strategy == PLAN_ROOT && place.table == 0;
  struct to_many_choice choice = {PLAN_RECURSIVE, recursive_reason};
  if (list->depth == 0)
    choice =
        choose_to_many(list->relation->link, under_root, under_root ? asked_keys(builder, place, list) : NULL,
                       builder->request->options.to_many);
  below.fetch = fetch_open(builder, place, list, below.path, choice.strategy, choice.reason);
  return below;
}

static void fill_to_many(struct plan_builder *builder, struct place place, const struct selection_item *item,
                         struct plan_slot *slot)
{
  const struct plan_list *list = plan_list_of(&builder->lists, item->field->relation, item);
  struct place below = children_place(builder, place, item->field, list);
  slot->kind = SLOT_MANY;
  fetch_use(builder, below.fetch, slot, list);
  slot->shape = build_shape(builder, below, item->field->relation->target, item->child);
}

static void fill_has_more(struct plan_builder *builder, struct place place, const struct selection_item *item,
                          struct plan_slot *slot)
{
  const struct graph_relation *relation = item->field->of->relation;
  const struct plan_list *list = plan_list_of(&builder->lists, relation, item);
  struct place below = children_place(builder, place, item->field->of, list);
  slot->kind = SLOT_HAS_MORE;
  fetch_use(builder, below.fetch, slot, list);
  struct plan_shape *shape = ARENA_NEW(builder->arena, struct plan_shape);
  shape->resource = relation->target;
  shape->fetch = &below.fetch->fetch;
  slot->shape = shape;
}

/* A list that is never cut needs no place to go on from. */
static void fill_next_page_token(struct plan_builder *builder, struct place place,
                                 const struct selection_item *item, struct plan_slot *slot)
{
  fill_has_more(builder, place, item, slot);
  slot->kind = SLOT_NEXT_PAGE_TOKEN;
  slot->list = item->arguments == NULL ? -1 : (int)item->arguments->index;
  if (slot->limit == 0)
    return;
  struct fetch_build *children = builder->fetches.items[slot->shape->fetch->index];
  slot->key_outputs = fetch_add_key(builder, place.fetch, place.table, item->field->resource->key);
  slot->cursor_outputs = fetch_add_order(builder, children, children->fetch.order);
}

/* The message's columns are outputs of the row at hand: the place stays, but for its path. */
static void fill_embedded(struct plan_builder *builder, struct place place, const struct selection_item *item,
                          struct plan_slot *slot)
{
  const struct graph_resource *embedded = item->field->embedded;
  struct plan_output any_set = {.kind = OUTPUT_ANY_SET, .table = place.table, .embedded = embedded};
  slot->kind = SLOT_EMBEDDED;
  slot->output = fetch_add_output(builder, place.fetch, any_set);
  place.path = path_below(builder, place, item->field);
  slot->shape = build_shape(builder, place, embedded, item->child);
}

/* Whether the row has rows below it, for the last level, below which none are fetched. */
static unsigned add_any_below(struct plan_builder *builder, struct fetch_build *fetch)
{
  const struct list_arguments *arguments = fetch->list->arguments;
  struct graph_aggregate *any = ARENA_NEW(builder->arena, struct graph_aggregate);
  any->function = AGGREGATE_EXISTS;
  any->relation = fetch->list->relation;
  any->filter = arguments == NULL ? NULL : expr_copy(arguments->filter, builder->arena);
  return fetch_add_output(builder, fetch, (struct plan_output){.kind = OUTPUT_AGGREGATE, .aggregate = any});
}

/* The relation that the place's fetch follows, one level further down: the same rows make the same shape. */
static void fill_again(struct plan_builder *builder, struct place place, const struct selection_item *item,
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
    slot->key_outputs = fetch_add_key(builder, fetch, 0, item->field->resource->key);
    slot->cursor_outputs = fetch_add_order(builder, fetch, fetch->fetch.order);
  }
}

static void fill_slot(struct plan_builder *builder, struct place place, const struct selection_item *item,
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
    slot->output = fetch_add_column(builder, place.fetch, place.table, field->column, field->codec.as_text);
    break;
  case GRAPH_FIELD_SOURCE: {
    unsigned table = fetch_join_steps(builder, place.fetch, place.table, field->steps, field->n_steps);
    slot->output = fetch_add_column(builder, place.fetch, table, field->column, field->codec.as_text);
    break;
  }
  case GRAPH_FIELD_AGGREGATE:
    slot->output = fetch_add_output(builder, place.fetch,
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
    slot->output = fetch_add_output(builder, place.fetch,
                                    (struct plan_output){.kind = OUTPUT_FUNCTION,
                                                         .table = place.table,
                                                         .function = field->function,
                                                         .as_text = field->codec.as_text});
    break;
  case GRAPH_FIELD_NONE:
    break;
  }
}

static const struct plan_shape *build_shape(struct plan_builder *builder, struct place place,
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

static double root_rows(const struct plan_request *request, double page)
{
  return request->root == PLAN_ROOT_ONE ? 1 : page;
}

static double nominal_root_rows(const struct plan_request *request)
{
  return root_rows(request, request->streamed ? PLAN_NOMINAL_CHUNK : PLAN_NOMINAL_PAGE);
}

static const struct expr *visible_at_root(const struct plan_request *request)
{
  bool all = request->root != PLAN_ROOT_PAGE || request->show_deleted;
  return all ? request->resource->filter_of_all : request->resource->filter;
}

static struct fetch_build *open_root(struct plan_builder *builder, struct plan *plan)
{
  const struct plan_request *request = builder->request;
  struct fetch_build *root = fetch_new(builder, request->resource->table, "");
  root->fetch.strategy = PLAN_ROOT;
  root->fetch.reason = request->root == PLAN_ROOT_PAGE ? "a page" : "by key";
  root->fetch.filter =
      expr_and(visible_at_root(request), expr_copy(request->filter, builder->arena), builder->arena);
  root->nominal_rows = fmin(nominal_root_rows(request), cost_rows(request->resource->table));
  root->fetch.estimated_rows =
      root_rows(request, request->root == PLAN_ROOT_PAGE ? request->limit_bucket : PLAN_NOMINAL_PAGE);
  if (request->root == PLAN_ROOT_PAGE) {
    plan->order = plan_copy_order(request->order, builder->arena);
    root->fetch.order = &plan->order;
    root->fetch.order_asked = !order_equal(request->order, &request->resource->order);
    plan->cursor_outputs = fetch_add_order(builder, root, &plan->order);
  }
  if (request->root == PLAN_ROOT_MANY) {
    unsigned *ordinal = ARENA_NEW(builder->arena, unsigned);
    *ordinal = fetch_add_output(builder, root, (struct plan_output){.kind = OUTPUT_ORDINAL});
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

static void add_total(struct plan_builder *builder, struct plan *plan, struct fetch_build *root)
{
  struct fetch_build *fetch = root;
  plan->total.kind = total_kind(builder->request, &root->fetch);
  if (plan->total.kind == PLAN_TOTAL_NONE)
    return;
  if (plan->total.kind != PLAN_TOTAL_TABLE) {
    bool count = plan->total.kind == PLAN_TOTAL_COUNT;
    fetch = fetch_new(builder, root->tables.items[0].table, "");
    fetch->fetch.strategy = count ? PLAN_COUNT : PLAN_ESTIMATE;
    fetch->fetch.reason = count ? "all that fit, over all pages" : "what Postgres expects over all pages";
    fetch->fetch.filter = root->fetch.filter;
    fetch->fetch.estimated_rows = 1;
  }
  plan->total.fetch = fetch->fetch.index;
  plan->total.output = fetch_add_output(builder, fetch, (struct plan_output){.kind = OUTPUT_TOTAL});
}

static void publish_fetches(struct plan_builder *builder, struct plan *plan)
{
  plan->n_fetches = (unsigned)builder->fetches.n;
  plan->fetches = ARENA_ARRAY(builder->arena, struct plan_fetch *, builder->fetches.n);
  for (size_t i = 0; i < builder->fetches.n; i++) {
    struct fetch_build *fetch = builder->fetches.items[i];
    fetch_finish(builder, fetch);
    plan->fetches[i] = &fetch->fetch;
    if (fetch->fetch.wave >= plan->n_waves)
      plan->n_waves = fetch->fetch.wave + 1;
  }
}

struct plan *plan_build(const struct plan_request *request)
{
  struct plan_builder builder = {.request = request, .arena = arena_new(0)};
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
  plan->limit_exact = request->limit_exact;
  plan->after_cursor = request->after_cursor;
  plan->cursor_nulls = request->cursor_nulls;
  plan->first_key_argument = (unsigned)request->n_filter_arguments;
  plan->skips = request->skips;
  plan->list_claims = request->list_claims;
  plan->n_arguments = count_arguments(request);

  struct fetch_build *root = open_root(&builder, plan);
  struct place place = {.fetch = root, .path = ""};
  plan->shape = build_shape(&builder, place, request->resource, request->selection);
  if (plan_lists_go_on(&builder.lists))
    plan->key_outputs = fetch_add_key(&builder, root, 0, request->resource->key);
  add_total(&builder, plan, root);
  plan->user_filter = request->filter != NULL || plan_lists_filter(&builder.lists);
  plan->user_pattern = expr_has_pattern(request->filter) || plan_lists_have_pattern(&builder.lists);
  publish_fetches(&builder, plan);
  plan->charged_rows = plan_charge(request, plan);
  plan->drift = drift_of_plan(plan, builder.arena);
  plan->oneofs = builder.oneofs.items;
  plan->n_oneofs = builder.oneofs.n;
  return plan;
}

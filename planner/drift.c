/*
 * drift.c - looks through a finished plan for broken resources.
 *
 * The plan and not the request is walked: it holds everything that is read, declared filters and orders
 * included, and each relation by which it is reached.  The first one found is told.
 *
 * Filters of resources and relations are looked through as often as something leads to them, but not within
 * themselves.
 */
#include "planner/drift.h"

struct walk {
  const struct graph_field *field; /* that leads to what does not fit; NULL: none was found */
  const struct graph_resource *resource;
  /* Declared filters that the walk is inside of. */
  struct {
    const struct expr **items;
    size_t n, cap;
  } inside;
  struct arena *arena;
};

static void visit_expr(struct walk *walk, const struct expr *expr);

static void visit_target(struct walk *walk, const struct graph_field *field,
                         const struct graph_resource *resource)
{
  if (walk->field != NULL || !resource->broken)
    return;
  walk->field = field;
  walk->resource = resource;
}

static void visit_filter(struct walk *walk, const struct expr *filter)
{
  for (size_t i = 0; i < walk->inside.n; i++)
    if (walk->inside.items[i] == filter)
      return;
  if (filter == NULL || walk->field != NULL)
    return;
  VEC_PUSH(walk->arena, &walk->inside, filter);
  visit_expr(walk, filter);
  walk->inside.n--;
}

static void visit_relation(struct walk *walk, const struct graph_relation *relation)
{
  visit_target(walk, relation->field, relation->target);
  visit_filter(walk, relation->target->filter);
  visit_filter(walk, relation->filter);
  visit_filter(walk, relation->through_filter);
  visit_filter(walk, relation->when);
}

static void visit_steps(struct walk *walk, const struct graph_relation *const *steps, size_t n)
{
  for (size_t i = 0; i < n; i++)
    visit_relation(walk, steps[i]);
}

static void visit_aggregate(struct walk *walk, const struct graph_aggregate *aggregate)
{
  if (aggregate == NULL)
    return;
  visit_relation(walk, aggregate->relation);
  visit_filter(walk, aggregate->filter);
}

static void visit_expr(struct walk *walk, const struct expr *expr)
{
  if (expr == NULL || walk->field != NULL)
    return;
  visit_steps(walk, expr->operand.steps, expr->operand.n_steps);
  visit_aggregate(walk, expr->operand.aggregate);
  for (size_t i = 0; i < expr->n_children; i++)
    visit_expr(walk, expr->children[i]);
  visit_expr(walk, expr->body);
}

static void visit_order(struct walk *walk, const struct order *order)
{
  for (size_t i = 0; order != NULL && i < order->n_terms; i++) {
    visit_steps(walk, order->terms[i].steps, order->terms[i].n_steps);
    if (order->terms[i].derived != NULL)
      visit_aggregate(walk, order->terms[i].derived->aggregate);
  }
}

static void visit_fetch(struct walk *walk, const struct plan_fetch *fetch)
{
  visit_expr(walk, fetch->filter);
  visit_expr(walk, fetch->through_filter);
  visit_order(walk, fetch->order);
  for (unsigned i = 1; i < fetch->n_tables; i++)
    visit_relation(walk, fetch->tables[i].relation);
  for (unsigned i = 0; i < fetch->n_outputs; i++) {
    visit_expr(walk, fetch->outputs[i].condition);
    visit_aggregate(walk, fetch->outputs[i].aggregate);
  }
}

static void visit_shape(struct walk *walk, const struct plan_shape *shape)
{
  for (size_t i = 0; i < shape->n_slots; i++) {
    const struct plan_slot *slot = &shape->slots[i];
    if (slot->shape == NULL || slot->again)
      continue;
    visit_target(walk, slot->field, slot->shape->resource);
    visit_shape(walk, slot->shape);
  }
}

const char *drift_of_plan(const struct plan *plan, struct arena *arena)
{
  struct walk walk = {.arena = arena_new(0)};
  visit_shape(&walk, plan->shape);
  for (unsigned i = 0; i < plan->n_fetches; i++)
    visit_fetch(&walk, plan->fetches[i]);
  arena_free(walk.arena);
  if (walk.field == NULL)
    return NULL;
  return arena_printf(arena, "%s.%s leads to %s, which does not fit the database",
                      walk.field->field->parent->name, walk.field->field->name, walk.resource->message->name);
}

/*
 * graph_circles.c - declared filters that ask for what they decide themselves.
 *
 * A condition behind a relation holds for rows that may be seen there, so the relation's filter and its
 * target's stand inside of it.  Where these lead back, no statement would ever be complete: the filter of a
 * team asks for members, that of a member for its team.  Each circle is reported once, with the way round,
 * and opened: the filter becomes one that is never true.
 */
#include "planner/graph_build.h"

struct walk {
  const void *start; /* a resource, a relation or an aggregate */
  /* Every one that was met; what leads nowhere need not be walked again. */
  struct {
    const void **items;
    size_t n, cap;
  } met;
  /* The relations from the start to here. */
  struct {
    const struct graph_relation **items;
    size_t n, cap;
  } way;
  struct arena *arena;
};

static bool expr_returns(struct walk *walk, const struct expr *expr);

/* Whether it is the start again; *ret_known where its way was tried already. */
static bool meets(struct walk *walk, const void *node, bool *ret_known)
{
  *ret_known = false;
  for (size_t i = 0; i < walk->met.n; i++)
    *ret_known = *ret_known || walk->met.items[i] == node;
  if (!*ret_known)
    VEC_PUSH(walk->arena, &walk->met, node);
  return *ret_known && node == walk->start;
}

static bool resource_returns(struct walk *walk, const struct graph_resource *resource)
{
  bool known;
  if (resource->filter == NULL)
    return false;
  return meets(walk, resource, &known) || (!known && expr_returns(walk, resource->filter));
}

static bool relation_returns(struct walk *walk, const struct graph_relation *relation)
{
  bool known;
  VEC_PUSH(walk->arena, &walk->way, relation);
  if (meets(walk, relation, &known))
    return true;
  if (!known && (expr_returns(walk, relation->filter) || expr_returns(walk, relation->through_filter) ||
                 expr_returns(walk, relation->when) || resource_returns(walk, relation->target)))
    return true;
  walk->way.n--;
  return false;
}

static bool aggregate_returns(struct walk *walk, const struct graph_aggregate *aggregate)
{
  bool known;
  if (meets(walk, aggregate, &known))
    return true;
  return !known && (relation_returns(walk, aggregate->relation) || expr_returns(walk, aggregate->filter));
}

static bool expr_returns(struct walk *walk, const struct expr *expr)
{
  if (expr == NULL)
    return false;
  for (size_t i = 0; i < expr->operand.n_steps; i++)
    if (relation_returns(walk, expr->operand.steps[i]))
      return true;
  if (expr->operand.aggregate != NULL && aggregate_returns(walk, expr->operand.aggregate))
    return true;
  for (size_t i = 0; i < expr->n_children; i++)
    if (expr_returns(walk, expr->children[i]))
      return true;
  return expr_returns(walk, expr->body);
}

/* "Team.members, Member.team" */
static const char *way_round(const struct walk *walk)
{
  const char *text = "";
  for (size_t i = 0; i < walk->way.n; i++) {
    const struct schema_field *field = walk->way.items[i]->field->field;
    text = arena_printf(walk->arena, "%s%s%s.%s", text, i > 0 ? ", " : "", field->parent->name, field->name);
  }
  return text;
}

#define CAUSE "leads back to itself, by way of %s: no statement could hold all of it"

static struct walk walk_from(struct graph_build *build, const void *start)
{
  return (struct walk){.start = start, .arena = build->problems->arena};
}

void build_circles(struct graph_build *build)
{
  for (size_t i = 0; i < build->graph->n_resources; i++) {
    struct graph_resource *resource = build->graph->resources[i];
    struct walk walk = walk_from(build, resource);
    if (!resource_usable(resource) || !resource_returns(&walk, resource))
      continue;
    problem_of_resource(build, resource, NULL, "filter: " CAUSE, way_round(&walk));
    resource->filter = resource->filter_of_all = &never_true;
  }
  for (size_t i = 0; i < build->relations.n; i++) {
    struct relation_draft *draft = &build->relations.items[i];
    struct walk walk = walk_from(build, draft->relation);
    if (!relation_returns(&walk, draft->relation))
      continue;
    problem_of_field(build, draft->field, NULL, "relation.filter: " CAUSE, way_round(&walk));
    draft->relation->filter = draft->relation->through_filter = &never_true;
  }
  for (size_t i = 0; i < build->aggregates.n; i++) {
    struct aggregate_draft *draft = &build->aggregates.items[i];
    struct walk walk = walk_from(build, draft->aggregate);
    if (!aggregate_returns(&walk, draft->aggregate))
      continue;
    problem_of_field(build, draft->field, NULL, "aggregate.filter: " CAUSE, way_round(&walk));
    draft->aggregate->filter = &never_true;
  }
}

/*
 * graph_claims.c - which of the caller's claims may decide what is answered of a resource.
 *
 * A claim in a filter counts for whatever leads to the filtered rows: a mask, a filter, an order, a count. So
 * a resource has its own filter's claims and those of all that its fields lead to, whatever will be asked.
 * Page tokens are bound to that set, which does not change with the mask; a plan uses a part of it.
 *
 * Relations lead in circles, so the sets grow until none of them does.
 */
#include "planner/graph_build.h"

static uint64_t claims_of_expr(const struct expr *expr);

static uint64_t claims_of_steps(const struct graph_relation *const *steps, size_t n)
{
  uint64_t claims = 0;
  for (size_t i = 0; i < n; i++)
    claims |= steps[i]->claims;
  return claims;
}

static uint64_t claims_of_aggregate(const struct graph_aggregate *aggregate)
{
  return aggregate->relation->claims | claims_of_expr(aggregate->filter);
}

static uint64_t claims_of_expr(const struct expr *expr)
{
  uint64_t claims = 0;
  if (expr == NULL)
    return 0;
  for (size_t i = 0; i < expr->n_values; i++)
    if (expr->values[i].claim != NULL)
      claims |= (uint64_t)1 << expr->values[i].claim->index;
  for (size_t i = 0; i < expr->n_children; i++)
    claims |= claims_of_expr(expr->children[i]);
  if (expr->operand.aggregate != NULL)
    claims |= claims_of_aggregate(expr->operand.aggregate);
  return claims | claims_of_expr(expr->body) | claims_of_steps(expr->operand.steps, expr->operand.n_steps);
}

static uint64_t claims_of_order(const struct order *order)
{
  uint64_t claims = 0;
  for (size_t i = 0; i < order->n_terms; i++) {
    const struct order_term *term = &order->terms[i];
    claims |= claims_of_steps(term->steps, term->n_steps);
    if (term->derived != NULL && term->derived->aggregate != NULL)
      claims |= claims_of_aggregate(term->derived->aggregate);
  }
  return claims;
}

static uint64_t claims_of_relation(const struct graph_relation *relation)
{
  uint64_t claims = relation->target->claims | claims_of_order(&relation->order);
  if (relation->variants != NULL)
    claims |= claims_of_steps(relation->variants->steps, relation->variants->n_steps);
  return claims | claims_of_expr(relation->filter) | claims_of_expr(relation->through_filter) |
         claims_of_expr(relation->when);
}

static uint64_t claims_of_field(const struct graph_field *field)
{
  uint64_t claims = claims_of_steps(field->steps, field->n_steps);
  if (field->relation != NULL)
    claims |= field->relation->claims;
  if (field->aggregate != NULL)
    claims |= claims_of_aggregate(field->aggregate);
  return claims;
}

static uint64_t claims_of_resource(const struct graph_resource *resource)
{
  uint64_t claims = claims_of_expr(resource->filter) | claims_of_order(&resource->order);
  for (size_t i = 0; i < resource->n_fields; i++)
    claims |= claims_of_field(&resource->fields[i]);
  return claims;
}

static bool grow(uint64_t *claims, uint64_t more)
{
  bool grows = (more & ~*claims) != 0;
  *claims |= more;
  return grows;
}

void build_claims(struct graph_build *build)
{
  bool grows = build->graph->claims.n > 0;
  while (grows) {
    grows = false;
    for (size_t i = 0; i < build->relations.n; i++) {
      struct graph_relation *relation = build->relations.items[i].relation;
      grows = grow(&relation->claims, claims_of_relation(relation)) || grows;
    }
    for (size_t i = 0; i < build->graph->n_resources; i++) {
      struct graph_resource *resource = build->graph->resources[i];
      grows = grow(&resource->claims, claims_of_resource(resource)) || grows;
    }
  }
}

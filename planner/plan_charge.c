/*
 * plan_charge.c - rows read, reckoned from the catalog's statistics.
 *
 * A condition is followed from where it is said to where it starts: rows of the last table of its path that
 * an index finds, then back along the path as long as indexes lead.  Where one is missing, the table that the
 * way stops at is read whole.  Of several conditions that must hold together the cheapest is taken, of
 * alternatives all.
 */
#include "planner/plan_charge.h"

#include <math.h>

#include "planner/cost.h"
#include "planner/order.h"

/* Values of a list, whose number a plan does not know. */
#define LIST_VALUES 10.0

/* Postgres' own guess at what an inequality leaves. */
#define RANGE_PART 3.0

static bool is_indexed(const struct catalog_table *table, const struct catalog_column *const *columns,
                       size_t n)
{
  return catalog_is_unique(table, columns, n) || cost_has_index(table, columns, n, NULL);
}

static double rows_per_key(const struct catalog_table *table, const struct catalog_column *const *columns,
                           size_t n)
{
  return catalog_is_unique(table, columns, n) ? 1 : cost_rows(table) / cost_distinct_keys(table, columns, n);
}

#define COLUMNS(columns) ((const struct catalog_column *const *)(columns))

/* ---- conditions ---- */

/* `rows` of the link's target are known: how many lead to them. */
static double rows_back(const struct graph_link *link, double rows)
{
  double found = rows;
  if (link->through != NULL) {
    if (!is_indexed(link->through, COLUMNS(link->target_columns), link->n_target_columns))
      return cost_rows(link->through);
    found *= rows_per_key(link->through, COLUMNS(link->target_columns), link->n_target_columns);
  }
  if (!is_indexed(link->from, COLUMNS(link->from_columns), link->n_columns))
    return fmax(cost_rows(link->from), found);
  return found * rows_per_key(link->from, COLUMNS(link->from_columns), link->n_columns);
}

static double rows_along(const struct expr_operand *operand, double rows)
{
  for (size_t i = operand->n_steps; i-- > 0;)
    rows = rows_back(operand->steps[i]->link, rows);
  return rows;
}

static const struct catalog_table *table_of(const struct expr_operand *operand,
                                            const struct catalog_table *table)
{
  return operand->n_steps == 0 ? table : operand->steps[operand->n_steps - 1]->link->to;
}

static double rows_compared(const struct expr *expr, const struct catalog_table *table)
{
  const struct catalog_column *column = expr->operand.column;
  const struct catalog_table *target = table_of(&expr->operand, table);
  bool equal = expr->kind == EXPR_ANY_OF || expr->op == COMPARE_EQ;
  if (column == NULL || expr->operand.of_through || expr->operand.folded || !is_indexed(target, &column, 1) ||
      (expr->kind == EXPR_COMPARE && expr->op == COMPARE_NE))
    return cost_rows(table);
  double rows = equal ? rows_per_key(target, &column, 1) : cost_rows(target) / RANGE_PART;
  if (expr->kind == EXPR_ANY_OF)
    rows *= expr->n_values > 1 ? (double)expr->n_values : LIST_VALUES;
  return rows_along(&expr->operand, rows);
}

static double rows_met(const struct expr *expr, const struct catalog_table *table)
{
  double rows = cost_rows(table), met = expr->kind == EXPR_OR ? 0 : rows;
  switch (expr->kind) {
  case EXPR_AND:
    for (size_t i = 0; i < expr->n_children; i++)
      met = fmin(met, rows_met(expr->children[i], table));
    break;
  case EXPR_OR:
    for (size_t i = 0; i < expr->n_children; i++)
      met += rows_met(expr->children[i], table);
    break;
  case EXPR_COMPARE:
  case EXPR_ANY_OF:
    met = rows_compared(expr, table);
    break;
  case EXPR_EXISTS:
    if (expr->body != NULL)
      met = rows_along(&expr->operand, rows_met(expr->body, table_of(&expr->operand, table)));
    break;
  case EXPR_NOT:
  case EXPR_LIKE:
  case EXPR_IS_SET:
  case EXPR_CONTAINS:
  case EXPR_CALL:
    break;
  }
  return met;
}

/* ---- the root ---- */

/* Whether some index brings the rows in this order, read in one direction or the other. */
static bool is_served(const struct catalog_table *table, const struct order *order)
{
  for (size_t i = 1; i < order->n_terms; i++)
    if (order->terms[i].descending != order->terms[0].descending)
      return false;
  for (size_t i = 0; i < order->n_terms; i++)
    if (order->terms[i].n_steps > 0 || order->terms[i].derived != NULL)
      return false;
  return cost_has_index(table, &order->terms[0].column, 1, NULL);
}

static double root_charge(const struct plan_request *request, const struct plan_fetch *fetch)
{
  const struct catalog_table *table = request->resource->table;
  if (request->root != PLAN_ROOT_PAGE)
    return fetch->estimated_rows;
  if (request->filter != NULL)
    return fmin(rows_met(request->filter, table), cost_rows(table));
  bool declared = order_equal(request->order, &request->resource->order);
  return declared || is_served(table, request->order) ? fetch->estimated_rows : cost_rows(table);
}

/* ---- what hangs below ---- */

static double child_charge(const struct plan_fetch *fetch)
{
  const struct graph_link *link = fetch->link;
  const struct catalog_table *table = link->through != NULL ? link->through : link->to;
  const struct catalog_column *const *columns =
      COLUMNS(link->through != NULL ? link->source_columns : link->to_columns);
  double parents = fetch->parent->estimated_rows;
  if (!is_indexed(table, columns, link->n_columns))
    return cost_rows(table) * (fetch->limiting == PLAN_LIMIT_LATERAL ? fmax(parents, 1) : 1);
  if (fetch->limiting == PLAN_LIMIT_ROW_NUMBER)
    return parents * cost_fan_out(link, true);
  return fetch->estimated_rows;
}

static double aggregates_charge(const struct plan_fetch *fetch)
{
  double charge = 0;
  for (unsigned i = 0; i < fetch->n_outputs; i++)
    if (fetch->outputs[i].kind == OUTPUT_AGGREGATE)
      charge += fetch->estimated_rows * cost_fan_out(fetch->outputs[i].aggregate->relation->link, true);
  return charge;
}

/* Ordering `rows` rows by aggregates: what each of them is made of. */
static double order_charge(const struct order *order, double rows)
{
  double charge = 0;
  for (size_t i = 0; i < order->n_terms; i++) {
    const struct graph_field *field = order->terms[i].derived;
    if (field != NULL && field->kind == GRAPH_FIELD_AGGREGATE)
      charge += rows * cost_fan_out(field->aggregate->relation->link, true);
  }
  return charge;
}

double plan_charge(const struct plan_request *request, const struct plan *plan)
{
  double charge = 0;
  for (unsigned i = 0; i < plan->n_fetches; i++) {
    const struct plan_fetch *fetch = plan->fetches[i];
    double rows = i == 0 ? root_charge(request, fetch) : fetch->parent != NULL ? child_charge(fetch) : 0;
    charge += rows + aggregates_charge(fetch);
    if (fetch->order_asked)
      charge += order_charge(fetch->order, rows);
  }
  return charge;
}

/*
 * expr.c - what makes two conditions the same but for the values of their arguments.
 *
 * What belongs to the graph is written as its address: a fingerprint is only ever compared with those of the
 * same graph, which plan_fingerprint names.  Every list is preceded by its length and inline text by its own,
 * so that no two conditions can read alike.
 */
#include "planner/expr.h"

static void add_operand(const struct expr_operand *operand, struct strbuf *ret)
{
  strbuf_printf(ret, "%zu", operand->n_steps);
  for (size_t i = 0; i < operand->n_steps; i++)
    strbuf_printf(ret, ">%p", (const void *)operand->steps[i]);
  if (operand->column)
    strbuf_printf(ret, "%c%p", operand->of_through ? 't' : 'c', (const void *)operand->column);
  if (operand->aggregate)
    strbuf_printf(ret, "a%p", (const void *)operand->aggregate);
}

static void add_value(const struct expr_value *value, struct strbuf *ret)
{
  if (value->inline_literal) {
    strbuf_printf(ret, "'%zu:", value->text.len);
    strbuf_add(ret, value->text.data, value->text.len);
  } else {
    strbuf_printf(ret, "$%zu", value->argument);
  }
  strbuf_printf(ret, "/%p", (const void *)value->type);
}

void expr_fingerprint(const struct expr *expr, struct strbuf *ret)
{
  strbuf_printf(ret, "(%d.%d ", (int)expr->kind, (int)expr->op);
  add_operand(&expr->operand, ret);
  strbuf_printf(ret, " %zu", expr->n_values);
  for (size_t i = 0; i < expr->n_values; i++)
    add_value(&expr->values[i], ret);
  strbuf_printf(ret, " %zu", expr->n_children);
  for (size_t i = 0; i < expr->n_children; i++)
    expr_fingerprint(expr->children[i], ret);
  if (expr->body)
    expr_fingerprint(expr->body, ret);
  strbuf_putc(ret, ')');
}

/*
 * expr.c - what conditions have in them, and what makes two the same but for the values of their arguments.
 *
 * A fingerprint names everything in full, so that it means the same in every process that serves the graph.
 * Names and inline text are preceded by their length, lists by their number, so that no two conditions can
 * read alike.
 */
#include "planner/expr.h"

#include "planner/graph.h"

const struct catalog_type *expr_operand_type(const struct expr_operand *operand)
{
  const struct catalog_type *type = operand->column      ? operand->column->type
                                    : operand->aggregate ? operand->aggregate->type
                                                         : operand->function->type;
  if (operand->applied)
    return operand->applied->result;
  if (!operand->folded)
    return type;
  return catalog_base_type(type)->class == TYPE_ARRAY ? catalog_text.array : &catalog_text;
}

static void add_name(const char *name, struct strbuf *ret)
{
  strbuf_printf(ret, "%zu:%s", strlen(name), name);
}

static void add_column(const struct catalog_column *column, struct strbuf *ret)
{
  add_name(column->table->schema, ret);
  add_name(column->table->name, ret);
  add_name(column->name, ret);
}

static void add_relation(const struct graph_relation *relation, struct strbuf *ret)
{
  const struct schema_field *field = relation->field->field;
  add_name(field->parent->full_name, ret);
  add_name(field->name, ret);
}

static void add_aggregate(const struct graph_aggregate *aggregate, struct strbuf *ret)
{
  strbuf_printf(ret, "a%d", (int)aggregate->function);
  add_relation(aggregate->relation, ret);
  if (aggregate->column)
    add_column(aggregate->column, ret);
  if (aggregate->filter)
    expr_fingerprint(aggregate->filter, ret);
}

static void add_function(const struct expr_function *function, struct strbuf *ret)
{
  if (!function)
    return;
  strbuf_putc(ret, 'f');
  add_name(function->sql, ret);
}

static void add_operand(const struct expr_operand *operand, struct strbuf *ret)
{
  strbuf_printf(ret, "%zu", operand->n_steps);
  for (size_t i = 0; i < operand->n_steps; i++) {
    strbuf_putc(ret, '>');
    add_relation(operand->steps[i], ret);
  }
  if (operand->column) {
    strbuf_putc(ret, operand->of_through ? 't' : 'c');
    add_column(operand->column, ret);
  }
  if (operand->aggregate)
    add_aggregate(operand->aggregate, ret);
  if (operand->function) {
    strbuf_putc(ret, 'f');
    add_name(operand->function->schema, ret);
    add_name(operand->function->name, ret);
  }
  if (operand->folded)
    strbuf_putc(ret, '_');
  add_function(operand->applied, ret);
}

static void add_value(const struct expr_value *value, struct strbuf *ret)
{
  if (value->inline_literal) {
    strbuf_printf(ret, "'%zu:", value->text.len);
    strbuf_add(ret, value->text.data, value->text.len);
  } else if (value->claim) {
    strbuf_putc(ret, '@');
    add_name(value->claim->name, ret);
  } else {
    strbuf_printf(ret, "$%zu", value->argument);
  }
  strbuf_putc(ret, '/');
  add_name(value->type->schema, ret);
  add_name(value->type->name, ret);
  add_function(value->function, ret);
}

void expr_fingerprint(const struct expr *expr, struct strbuf *ret)
{
  strbuf_printf(ret, "(%d.%d ", (int)expr->kind, (int)expr->op);
  add_function(expr->function, ret);
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

bool expr_has_pattern(const struct expr *expr)
{
  if (!expr)
    return false;
  if (expr->kind == EXPR_LIKE && !expr->values[0].inline_literal)
    return true;
  for (size_t i = 0; i < expr->n_children; i++)
    if (expr_has_pattern(expr->children[i]))
      return true;
  return expr_has_pattern(expr->body);
}

/*
 * statement_expr.c - conditions and aggregates as SQL.
 *
 * SQL has three truth values, Rowan two.  A comparison with NULL is NULL, which WHERE, AND, OR and EXISTS
 * treat as false; only negation would tell the difference, so it is written (p) IS NOT TRUE.
 *
 * What lies behind a relation is asked by EXISTS, whether there is one row or many: a filter then never
 * multiplies the rows of its fetch, and the tables that are joined for output stay out of it.  Every row that
 * a step leads to must be one that the client may see there: the target's own filter and the relation's hold
 * at each step.
 */
#include "storage/statement_expr.h"

#include "storage/statement_operand.h"
#include "storage/statement_path.h"

static const char *const compare_operators[] = {"=", "=", "<", "<=", ">", ">="};

static void add_comparison(struct statement_builder *builder, const struct expr *expr, struct scope scope)
{
  const struct expr_value *value = &expr->values[0];
  operand_add(builder, &expr->operand, scope);
  strbuf_putc(&builder->text, ' ');
  sql_operator(&builder->text, compare_operators[expr->op], expr_operand_type(&expr->operand), value->type);
  bool any = value_is_list(builder, value);
  strbuf_puts(&builder->text, any ? " ANY (" : " ");
  value_add(builder, value, &expr->operand);
  strbuf_puts(&builder->text, any ? ")" : "");
}

static void add_inline_list(struct statement_builder *builder, const struct expr *expr)
{
  strbuf_puts(&builder->text, "ARRAY[");
  for (size_t i = 0; i < expr->n_values; i++) {
    strbuf_puts(&builder->text, i > 0 ? ", " : "");
    sql_literal(&builder->text, expr->values[i].text);
  }
  strbuf_puts(&builder->text, "]::");
  sql_type(&builder->text, catalog_base_type(expr->values[0].type));
  strbuf_puts(&builder->text, "[]");
}

static void add_any_of(struct statement_builder *builder, const struct expr *expr, struct scope scope)
{
  if (expr->n_values == 0) {
    strbuf_puts(&builder->text, "false");
    return;
  }
  const struct expr_value *value = &expr->values[0];
  operand_add(builder, &expr->operand, scope);
  strbuf_putc(&builder->text, ' ');
  sql_operator(&builder->text, "=", expr_operand_type(&expr->operand), value->type);
  strbuf_puts(&builder->text, " ANY (");
  if (value->inline_literal)
    add_inline_list(builder, expr);
  else
    builder_bind(builder, BIND_ARGUMENT, (unsigned)value->argument, value->type, true);
  strbuf_putc(&builder->text, ')');
}

/* Backslash is LIKE's own default escape.  char(n) is matched without its padding, as it is shown; a
 * nondeterministic collation knows no patterns, so the bytes are matched. */
static void add_like(struct statement_builder *builder, const struct expr *expr, struct scope scope)
{
  const struct catalog_type *type = catalog_base_type(expr_operand_type(&expr->operand));
  const struct catalog_column *column = expr->operand.column;
  const struct expr_value *pattern = &expr->values[0];
  bool by_bytes = column && !column->deterministic && type->class != TYPE_CITEXT;
  operand_add(builder, &expr->operand, scope);
  if (type->class == TYPE_BPCHAR)
    strbuf_puts(&builder->text, "::pg_catalog.text");
  if (by_bytes)
    strbuf_puts(&builder->text, " COLLATE \"C\"");
  strbuf_putc(&builder->text, ' ');
  sql_operator(&builder->text, sql_has_system_operators(type) ? "LIKE" : "~~", type, pattern->type);
  strbuf_putc(&builder->text, ' ');
  value_add(builder, pattern, &expr->operand);
  if (by_bytes && pattern->function)
    strbuf_puts(&builder->text, " COLLATE \"C\"");
}

/* A composite IS NOT NULL only where all of its fields are; a value that is there at all is set. */
static void add_is_set(struct statement_builder *builder, const struct expr *expr, struct scope scope,
                       bool set)
{
  bool composite = catalog_base_type(expr_operand_type(&expr->operand))->class == TYPE_COMPOSITE;
  operand_add(builder, &expr->operand, scope);
  if (composite)
    strbuf_puts(&builder->text, set ? " IS DISTINCT FROM NULL" : " IS NOT DISTINCT FROM NULL");
  else
    strbuf_puts(&builder->text, set ? " IS NOT NULL" : " IS NULL");
}

/* By @>, which indexes know; any of several by &&.  Both sides must be arrays of the very same type. */
static void add_contains(struct statement_builder *builder, const struct expr *expr, struct scope scope)
{
  const struct catalog_type *array = catalog_base_type(expr_operand_type(&expr->operand));
  bool any = value_is_list(builder, &expr->values[0]);
  bool whole = any || catalog_base_type(expr->values[0].type)->class == TYPE_ARRAY;
  operand_add(builder, &expr->operand, scope);
  strbuf_puts(&builder->text, any ? " && " : whole ? " @> " : " @> ARRAY[");
  value_add(builder, &expr->values[0], &expr->operand);
  strbuf_puts(&builder->text, whole ? "::" : "]::");
  sql_type(&builder->text, array);
}

static void add_junction_of_children(struct statement_builder *builder, const struct expr *expr,
                                     struct scope scope)
{
  bool all = expr->kind == EXPR_AND;
  if (expr->n_children == 0) {
    strbuf_puts(&builder->text, all ? "true" : "false");
    return;
  }
  strbuf_putc(&builder->text, '(');
  for (size_t i = 0; i < expr->n_children; i++) {
    if (i > 0)
      strbuf_puts(&builder->text, all ? " AND " : " OR ");
    expr_add(builder, expr->children[i], scope);
  }
  strbuf_putc(&builder->text, ')');
}

/* The condition on the row where the operand stands: the steps are behind us. */
static void add_here(struct statement_builder *builder, const struct expr *expr, struct scope scope)
{
  switch (expr->kind) {
  case EXPR_COMPARE:
    add_comparison(builder, expr, scope);
    break;
  case EXPR_ANY_OF:
    add_any_of(builder, expr, scope);
    break;
  case EXPR_LIKE:
    add_like(builder, expr, scope);
    break;
  case EXPR_IS_SET:
    add_is_set(builder, expr, scope, true);
    break;
  case EXPR_CONTAINS:
    add_contains(builder, expr, scope);
    break;
  case EXPR_CALL:
    call_add(builder, expr, scope);
    break;
  case EXPR_EXISTS:
    expr_add(builder, expr->body, scope);
    break;
  default:
    expr_add(builder, expr, scope);
  }
}

/* A validated foreign key to a table without conditions has its row whenever it is set. */
static bool set_key_suffices(const struct expr *expr)
{
  if (expr->kind != EXPR_EXISTS || expr->body || expr->operand.n_steps != 1)
    return false;
  const struct graph_relation *relation = expr->operand.steps[0];
  return relation->link->enforced && !relation->to_many && !relation->link->through && !relation->filter &&
         !relation->target->filter && !relation->link->to->row_security;
}

/* A key with a NULL part refers to nothing. */
static void add_set_key(struct statement_builder *builder, const struct graph_link *link, struct scope scope,
                        bool set)
{
  strbuf_puts(&builder->text, link->n_columns > 1 ? "(" : "");
  for (size_t i = 0; i < link->n_columns; i++) {
    strbuf_puts(&builder->text, i == 0 ? "" : set ? " AND " : " OR ");
    sql_column(&builder->text, scope.row, link->from_columns[i]);
    strbuf_puts(&builder->text, set ? " IS NOT NULL" : " IS NULL");
  }
  strbuf_puts(&builder->text, link->n_columns > 1 ? ")" : "");
}

static void add_exists(struct statement_builder *builder, const struct expr *expr, struct scope scope)
{
  strbuf_puts(&builder->text, "EXISTS (SELECT 1");
  const struct expr_operand *operand = &expr->operand;
  struct scope end = path_add(builder, operand->steps, operand->n_steps, scope.row);
  if (expr->kind != EXPR_EXISTS || expr->body) {
    strbuf_puts(&builder->text, " AND ");
    add_here(builder, expr, end);
  }
  strbuf_putc(&builder->text, ')');
}

/* IS NULL is what partial indexes over rows that are not deleted are declared with. */
static void add_not(struct statement_builder *builder, const struct expr *expr, struct scope scope)
{
  const struct expr *child = expr->children[0];
  if (child->kind == EXPR_IS_SET && child->operand.n_steps == 0) {
    add_is_set(builder, child, scope, false);
    return;
  }
  if (set_key_suffices(child)) {
    add_set_key(builder, child->operand.steps[0]->link, scope, false);
    return;
  }
  strbuf_puts(&builder->text, "((");
  expr_add(builder, child, scope);
  strbuf_puts(&builder->text, ") IS NOT TRUE)");
}

/* a != 42 holds unless a equals 42: where a is NULL, and where a step leads nowhere. */
static void add_not_equal(struct statement_builder *builder, const struct expr *expr, struct scope scope)
{
  struct expr equal = *expr;
  struct expr *children[] = {&equal};
  equal.op = COMPARE_EQ;
  struct expr negation = {.kind = EXPR_NOT, .children = children, .n_children = 1};
  add_not(builder, &negation, scope);
}

void expr_add(struct statement_builder *builder, const struct expr *expr, struct scope scope)
{
  if (expr->kind == EXPR_AND || expr->kind == EXPR_OR)
    add_junction_of_children(builder, expr, scope);
  else if (expr->kind == EXPR_NOT)
    add_not(builder, expr, scope);
  else if (expr->kind == EXPR_COMPARE && expr->op == COMPARE_NE)
    add_not_equal(builder, expr, scope);
  else if (set_key_suffices(expr))
    add_set_key(builder, expr->operand.steps[0]->link, scope, true);
  else if (expr->operand.n_steps > 0)
    add_exists(builder, expr, scope);
  else
    add_here(builder, expr, scope);
}

/* Whether the condition's SQL is never NULL: EXISTS, a NULL test, a negation, or made of such. */
static bool is_two_valued(const struct expr *expr)
{
  if (expr->kind == EXPR_AND || expr->kind == EXPR_OR) {
    for (size_t i = 0; i < expr->n_children; i++)
      if (!is_two_valued(expr->children[i]))
        return false;
    return true;
  }
  return expr->kind == EXPR_NOT || expr->kind == EXPR_IS_SET || expr->operand.n_steps > 0 ||
         (expr->kind == EXPR_COMPARE && expr->op == COMPARE_NE);
}

void expr_add_truth(struct statement_builder *builder, const struct expr *expr, struct scope scope)
{
  bool certain = is_two_valued(expr);
  strbuf_puts(&builder->text, certain ? "(" : "((");
  expr_add(builder, expr, scope);
  strbuf_puts(&builder->text, certain ? ")" : ") IS TRUE)");
}

void expr_add_lines(struct statement_builder *builder, struct clause *clause, const struct expr *expr,
                    struct scope scope)
{
  if (!expr)
    return;
  if (expr->kind != EXPR_AND || expr->n_children == 0) {
    clause_next(builder, clause);
    expr_add(builder, expr, scope);
    return;
  }
  for (size_t i = 0; i < expr->n_children; i++)
    expr_add_lines(builder, clause, expr->children[i], scope);
}

void expr_add_and(struct statement_builder *builder, const struct expr *expr, struct scope scope)
{
  if (!expr)
    return;
  strbuf_puts(&builder->text, " AND ");
  expr_add(builder, expr, scope);
}

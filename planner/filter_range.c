#include "planner/filter_range.h"

#include "planner/argument_range.h"
#include "planner/filter_compare.h"

static const struct expr_function contains = {.sql = "%1 @> %2"};

bool filter_is_range(const struct catalog_type *type)
{
  return type->class == TYPE_RANGE || type->class == TYPE_MULTIRANGE;
}

static const struct catalog_type *range_of(const struct filter_target *target)
{
  return target->type->class == TYPE_MULTIRANGE ? target->type->element : target->type;
}

/* A range where the text looks like one, else a value that may lie in one. */
static bool read_literal(const struct filter_scope *scope, const struct filter_target *target,
                         const struct filter_literal *literal, bool only_range, struct expr_value *ret)
{
  const struct catalog_type *range = range_of(target);
  bool whole = only_range || range_is_literal(literal->text);
  struct argument argument;
  struct error error;
  if (literal->function)
    return filter_refuse(scope->source, literal->at, "a text cannot be compared with %.*s, which is %s",
                         FILTER_EXCERPT(target->name), target->type->name);
  if (!argument_from_text(literal->text, whole ? range : catalog_base_type(range->element),
                          scope->source->arena, &argument, &error))
    return filter_refuse(scope->source, literal->at, "%s for %.*s", error.message,
                         FILTER_EXCERPT(target->name));
  *ret = filter_value_of(scope, &argument);
  return true;
}

static bool compare_literal(const struct filter_scope *scope, const struct filter_target *target, bool has,
                            const struct filter_literal *literal, struct expr **ret)
{
  struct arena *arena = scope->context->arena;
  struct expr *expr = ARENA_NEW(arena, struct expr);
  expr->kind = has ? EXPR_CALL : EXPR_COMPARE;
  expr->function = has ? &contains : NULL;
  expr->op = COMPARE_EQ;
  expr->operand = target->operand;
  expr->values = ARENA_NEW(arena, struct expr_value);
  expr->n_values = 1;
  *ret = expr;
  return read_literal(scope, target, literal, !has, &expr->values[0]);
}

bool filter_compare_range(const struct filter_scope *scope, const struct filter_target *target,
                          struct filter_comparator comparator, const struct filter_term *right,
                          struct expr **ret)
{
  bool equality = comparator.op == COMPARE_EQ || comparator.op == COMPARE_NE;
  struct filter_literals literals;
  if (!comparator.has && (!equality || target->type->class == TYPE_MULTIRANGE))
    return filter_refuse(
        scope->source, target->at, "%.*s is a range; use %.*s:value, or overlaps(%.*s, \"[a,b)\")",
        FILTER_EXCERPT(target->name), FILTER_EXCERPT(target->name), FILTER_EXCERPT(target->name));
  if (!filter_literals_of(scope, right, &literals))
    return false;
  struct expr **items = ARENA_ARRAY(scope->context->arena, struct expr *, literals.n);
  for (size_t i = 0; i < literals.n; i++)
    if (!compare_literal(scope, target, comparator.has, &literals.items[i], &items[i]))
      return false;
  *ret = filter_or(items, literals.n, scope->context->arena);
  if (!comparator.has && comparator.op == COMPARE_NE)
    *ret = filter_not(*ret, scope->context->arena);
  return true;
}

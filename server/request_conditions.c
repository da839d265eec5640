#include "server/request_conditions.h"

#include "planner/expr_build.h"
#include "server/request_value.h"

static struct expr *new_expr(enum expr_kind kind, struct arena *arena)
{
  struct expr *expr = ARENA_NEW(arena, struct expr);
  expr->kind = kind;
  return expr;
}

static struct expr *compare(const struct graph_condition *condition, struct expr_operand operand, bool list,
                            size_t argument, struct arena *arena)
{
  struct expr *expr = new_expr(list ? EXPR_ANY_OF : EXPR_COMPARE, arena);
  expr->op = condition->op;
  expr->operand = operand;
  expr->values = ARENA_NEW(arena, struct expr_value);
  expr->values[0].argument = argument;
  expr->values[0].type = expr_operand_type(&operand);
  expr->n_values = 1;
  return expr;
}

/* A step to many asks whether some row behind it satisfies the rest. */
static struct expr *reach(const struct graph_condition *condition, struct expr_operand operand, bool list,
                          size_t argument, struct arena *arena)
{
  for (size_t i = 0; i < operand.n_steps; i++) {
    if (!operand.steps[i]->to_many)
      continue;
    struct expr_operand rest = operand;
    rest.steps += i + 1;
    rest.n_steps -= i + 1;
    struct expr *exists = new_expr(EXPR_EXISTS, arena);
    exists->operand = (struct expr_operand){.steps = operand.steps, .n_steps = i + 1};
    exists->body = reach(condition, rest, list, argument, arena);
    return exists;
  }
  return compare(condition, operand, list, argument, arena);
}

/* Values of an enum whose texts are known by their fold alone, among others that are known to the letter. */
static bool labels(const struct graph_condition *condition, const struct field_value *value,
                   struct arena *arena, struct arguments *arguments, const struct expr **ret,
                   struct error *error)
{
  const struct schema_field *field = condition->field;
  struct expr_operand operand = condition->operand;
  struct argument exact, folded;
  const struct expr *either = NULL;
  if (!argument_from_labels(field, value, field->repeated, &condition->codec, expr_operand_type(&operand),
                            arena, &exact, &folded, error))
    return false;
  if (exact.n > 0) {
    either = reach(condition, operand, field->repeated, arguments->n, arena);
    VEC_PUSH(arena, arguments, exact);
  }
  if (folded.n > 0) {
    operand.folded = true;
    const struct expr *expr = reach(condition, operand, field->repeated, arguments->n, arena);
    either = either == NULL ? expr : expr_or(either, expr, arena);
    VEC_PUSH(arena, arguments, folded);
  }
  *ret = either;
  return true;
}

/* *ret is left alone where the field is not sent. */
static bool condition_of(const struct graph_condition *condition, const struct message_value *request,
                         struct arena *arena, struct arguments *arguments, const struct expr **ret,
                         struct error *error)
{
  const struct schema_field *field = condition->field;
  const struct field_value *value = message_field(request, field);
  const struct expr_operand *operand = &condition->operand;
  struct argument argument;
  if (!value_is_sent(field, value))
    return true;
  if (condition->codec.n_folded > 0)
    return labels(condition, value, arena, arguments, ret, error);
  if (!argument_from_field(field, value, field->repeated, expr_operand_type(operand), arena, &argument,
                           error))
    return false;
  *ret = reach(condition, *operand, field->repeated, arguments->n, arena);
  VEC_PUSH(arena, arguments, argument);
  return true;
}

bool request_conditions(const struct graph_method *method, const struct message_value *request,
                        struct arena *arena, struct arguments *arguments, const struct expr **ret,
                        struct error *error)
{
  const struct expr *all = NULL;
  for (size_t i = 0; i < method->n_conditions; i++) {
    const struct expr *expr = NULL;
    if (!condition_of(&method->conditions[i], request, arena, arguments, &expr, error))
      return false;
    all = expr_and(all, expr, arena);
  }
  *ret = all;
  return true;
}

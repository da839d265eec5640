#include "planner/expr_build.h"

static struct expr *pair(enum expr_kind kind, const struct expr *a, const struct expr *b, struct arena *arena)
{
  struct expr *expr = ARENA_NEW(arena, struct expr);
  expr->kind = kind;
  expr->n_children = 2;
  expr->children = ARENA_ARRAY(arena, struct expr *, 2);
  expr->children[0] = (struct expr *)(uintptr_t)a;
  expr->children[1] = (struct expr *)(uintptr_t)b;
  return expr;
}

const struct expr *expr_and(const struct expr *a, const struct expr *b, struct arena *arena)
{
  if (!a || !b)
    return a ? a : b;
  return pair(EXPR_AND, a, b, arena);
}

const struct expr *expr_or(const struct expr *a, const struct expr *b, struct arena *arena)
{
  return pair(EXPR_OR, a, b, arena);
}

static struct expr_value *copy_values(const struct expr *expr, struct arena *arena)
{
  struct expr_value *values = arena_memdup(arena, expr->values, expr->n_values * sizeof *values);
  for (size_t i = 0; i < expr->n_values; i++)
    if (values[i].inline_literal)
      values[i].text.data = arena_strndup(arena, values[i].text.data, values[i].text.len);
  return values;
}

struct expr *expr_copy(const struct expr *expr, struct arena *arena)
{
  if (!expr)
    return NULL;
  struct expr *copy = arena_memdup(arena, expr, sizeof *expr);
  copy->operand.steps =
      arena_memdup(arena, expr->operand.steps, expr->operand.n_steps * sizeof(*expr->operand.steps));
  copy->values = copy_values(expr, arena);
  copy->children = ARENA_ARRAY(arena, struct expr *, expr->n_children);
  for (size_t i = 0; i < expr->n_children; i++)
    copy->children[i] = expr_copy(expr->children[i], arena);
  copy->body = expr_copy(expr->body, arena);
  return copy;
}

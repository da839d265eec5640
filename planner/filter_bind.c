/*
 * filter_bind.c - a filter's syntax as a condition on the graph.
 *
 * Each to-many relation on a path opens an EXISTS whose body speaks of its target, so a path is bound from
 * one to-many to the next; what stands in front of ':' decides nothing before its last name is known.  A path
 * of to-one relations needs none: the comparison carries its steps, and is false where one of them is unset.
 *
 * Conditions nested in one of their own kind are spliced into it: `a b AND (c d)` is one AND of four.
 */
#include "planner/filter_bind.h"

#include "planner/filter_compare.h"
#include "planner/filter_functions.h"

struct path {
  const struct filter_name *names;
  size_t n_names;
};

/*
 * What is said of the end of a path: one of
 *   comparator right     a comparison, of what `function` makes of the field where there is one
 *   call                 `function` is a condition
 *   neither              exists(), with `body`
 */
struct predicate {
  const struct filter_function *function;
  struct filter_comparator comparator;
  const struct filter_term *right;
  const struct filter_term *call;
  const struct filter_node *body;
};

static struct expr *exists(const struct filter_scope *scope, const struct filter_target *target,
                           struct expr *body)
{
  struct expr *expr = ARENA_NEW(scope->context->arena, struct expr);
  expr->kind = EXPR_EXISTS;
  expr->operand = target->operand;
  expr->body = body;
  return expr;
}

static bool bind_relation(const struct filter_scope *scope, const struct filter_target *target,
                          const struct predicate *predicate, struct expr **ret)
{
  struct expr *body = NULL;
  struct filter_scope inner = *scope;
  inner.resource = target->relation->target;
  inner.through = NULL;
  bool has = predicate->right && predicate->comparator.has && filter_is_star(scope->source, predicate->right);
  if (predicate->function)
    return filter_refuse(scope->source, target->at, "%.*s is no value; name one of its fields",
                         FILTER_EXCERPT(target->name));
  if (predicate->right && !has)
    return filter_refuse(scope->source, target->at,
                         "%.*s is no value; use %.*s:*, or compare one of its fields",
                         FILTER_EXCERPT(target->name), FILTER_EXCERPT(target->name));
  if (predicate->body && !filter_bind(&inner, predicate->body, &body))
    return false;
  *ret = exists(scope, target, body);
  return true;
}

static bool bind_value(const struct filter_scope *scope, struct filter_target *target,
                       const struct predicate *predicate, struct expr **ret)
{
  if (predicate->call)
    return filter_function_condition(scope, predicate->function, predicate->call, target, ret);
  if (predicate->function && !filter_function_apply(scope, predicate->function, target))
    return false;
  if (predicate->right)
    return filter_compare(scope, target, predicate->comparator, predicate->right, ret);
  return filter_refuse(scope->source, target->at, "exists() wants a relation, and %.*s is none",
                       FILTER_EXCERPT(target->name));
}

static bool bind_path(const struct filter_scope *scope, struct path path, const struct predicate *predicate,
                      struct expr **ret)
{
  struct filter_target target;
  if (!filter_resolve(scope, path.names, path.n_names, &target))
    return false;
  if (!target.relation)
    return bind_value(scope, &target, predicate, ret);
  if (target.n_used == path.n_names)
    return bind_relation(scope, &target, predicate, ret);
  if (predicate->right && !predicate->comparator.has)
    return filter_refuse(scope->source, target.at,
                         "%.*s is a list; reach its fields with ':' or by exists(%.*s, (…))",
                         FILTER_EXCERPT(target.name), FILTER_EXCERPT(target.name));
  struct filter_scope inner = *scope;
  inner.resource = target.relation->target;
  inner.through = NULL;
  struct path rest = {path.names + target.n_used, path.n_names - target.n_used};
  struct expr *body;
  if (!bind_path(&inner, rest, predicate, &body))
    return false;
  *ret = exists(scope, &target, body);
  return true;
}

static bool is_column(const struct filter_function *function)
{
  return function->kind == FILTER_FUNCTION_COLUMN || function->kind == FILTER_FUNCTION_THROUGH;
}

/* The field that a term names, or the column that column() does. */
static bool bind_subject(const struct filter_scope *scope, const struct filter_term *term,
                         const struct predicate *predicate, struct expr **ret)
{
  if (term->kind == FILTER_TERM_VALUE)
    return bind_path(scope, (struct path){term->names, term->n_names}, predicate, ret);
  if (term->kind != FILTER_TERM_CALL)
    return filter_refuse(scope->source, term->start, "expected a field");
  const struct filter_function *function = filter_function_find(scope, term);
  if (!function)
    return false;
  if (!is_column(function))
    return filter_refuse(scope->source, term->start, "expected a field, and %s is none", function->usage);
  struct filter_target target;
  return filter_function_column(scope, function, term, &target) && bind_value(scope, &target, predicate, ret);
}

static bool bind_comparison(const struct filter_scope *scope, const struct filter_node *node,
                            struct expr **ret)
{
  struct predicate predicate = {.comparator = node->comparator, .right = &node->right};
  const struct filter_term *left = &node->left;
  if (left->kind != FILTER_TERM_CALL)
    return bind_subject(scope, left, &predicate, ret);
  const struct filter_function *function = filter_function_find(scope, left);
  if (!function)
    return false;
  if (is_column(function))
    return bind_subject(scope, left, &predicate, ret);
  if (function->kind == FILTER_FUNCTION_CLAIM)
    return filter_refuse(scope->source, left->start, "a claim stands on the right: field = claim('name')");
  if (function->kind != FILTER_FUNCTION_VALUE)
    return filter_refuse(scope->source, left->start, "%s is a condition already; compare nothing with it",
                         function->usage);
  predicate.function = function;
  return bind_subject(scope, &left->arguments[0], &predicate, ret);
}

static bool bind_exists(const struct filter_scope *scope, const struct filter_term *call, struct expr **ret)
{
  const struct filter_term *path = &call->arguments[0], *body = &call->arguments[1];
  struct predicate predicate = {0};
  if (path->kind != FILTER_TERM_VALUE)
    return filter_refuse(scope->source, path->start, "expected a relation");
  if (call->n_arguments > 1 && body->kind != FILTER_TERM_COMPOSITE)
    return filter_refuse(scope->source, body->start, "expected a condition in parentheses");
  if (call->n_arguments > 1)
    predicate.body = body->expression;
  return bind_subject(scope, path, &predicate, ret);
}

static bool bind_call(const struct filter_scope *scope, const struct filter_term *call, struct expr **ret)
{
  const struct filter_function *function = filter_function_find(scope, call);
  if (!function)
    return false;
  if (function->kind == FILTER_FUNCTION_EXISTS)
    return bind_exists(scope, call, ret);
  if (function->kind != FILTER_FUNCTION_CONDITION)
    return filter_refuse(scope->source, call->start, "%s alone is no condition; compare it", function->usage);
  struct predicate predicate = {.function = function, .call = call};
  return bind_subject(scope, &call->arguments[0], &predicate, ret);
}

static bool bind_term(const struct filter_scope *scope, const struct filter_node *node, struct expr **ret)
{
  if (node->left.kind == FILTER_TERM_CALL)
    return bind_call(scope, &node->left, ret);
  struct str text = filter_slice(scope->source, node->left.start, node->left.end);
  return filter_refuse(scope->source, node->start, "%.*s alone is no condition; compare a field with it",
                       FILTER_EXCERPT(text));
}

static bool bind_children(const struct filter_scope *scope, const struct filter_node *node,
                          enum expr_kind kind, struct expr **ret)
{
  struct arena *arena = scope->context->arena;
  struct {
    struct expr **items;
    size_t n, cap;
  } children = {0};
  for (size_t i = 0; i < node->n_children; i++) {
    struct expr *child;
    if (!filter_bind(scope, node->children[i], &child))
      return false;
    bool spliced = child->kind == kind;
    for (size_t j = 0; spliced && j < child->n_children; j++)
      VEC_PUSH(arena, &children, child->children[j]);
    if (!spliced)
      VEC_PUSH(arena, &children, child);
  }
  struct expr *expr = ARENA_NEW(arena, struct expr);
  expr->kind = kind;
  expr->children = children.items;
  expr->n_children = children.n;
  *ret = expr;
  return true;
}

bool filter_bind(const struct filter_scope *scope, const struct filter_node *node, struct expr **ret)
{
  struct expr *child;
  switch (node->kind) {
  case FILTER_NODE_AND:
    return bind_children(scope, node, EXPR_AND, ret);
  case FILTER_NODE_OR:
    return bind_children(scope, node, EXPR_OR, ret);
  case FILTER_NODE_NOT:
    if (!filter_bind(scope, node->children[0], &child))
      return false;
    *ret = filter_not(child, scope->context->arena);
    return true;
  case FILTER_NODE_COMPARISON:
    return bind_comparison(scope, node, ret);
  default:
    return bind_term(scope, node, ret);
  }
}

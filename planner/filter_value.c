/*
 * filter_value.c - literals of a filter as values of a column's type.
 *
 * The column's type alone decides what a literal is: 42 is a number for an int8 and text for a varchar.
 * Quotes are refused only where they would suggest that a number is compared as text.
 */
#include "planner/filter_value.h"

#include "planner/filter_enum.h"
#include "planner/filter_functions.h"

static bool literal_of_value(const struct filter_source *source, const struct filter_term *term,
                             struct filter_literal *ret)
{
  struct str text = filter_slice(source, term->start, term->end);
  *ret = (struct filter_literal){.text = text, .quoted = term->quoted, .at = term->start};
  if (term->quoted) {
    if (term->n_names > 1)
      return filter_refuse(source, term->start,
                           "expected one literal; put all of it into one pair of quotes");
    ret->text = term->names[0].text;
  } else if (str_equal(text, STR("null")) || str_equal(text, STR("NULL"))) {
    return filter_refuse(source, term->start,
                         "there is no null; NOT x:* asks whether x is unset (the text needs quotes)");
  }
  ret->wildcard = filter_to_pattern(source, term->start, term->end, &ret->pattern);
  return true;
}

/* lower("Ann") as a value: the literal inside, and the function. */
static bool literal_of_call(const struct filter_scope *scope, const struct filter_term *call,
                            struct filter_literal *ret)
{
  const struct filter_function *function = filter_function_find(scope, call);
  if (!function)
    return false;
  if (function->kind != FILTER_FUNCTION_VALUE)
    return filter_refuse(scope->source, call->start, "expected a literal; %s cannot stand for a value",
                         function->usage);
  const struct filter_term *inside = &call->arguments[0];
  if (inside->kind != FILTER_TERM_VALUE)
    return filter_refuse(scope->source, inside->start, "expected a literal");
  if (!literal_of_value(scope->source, inside, ret))
    return false;
  ret->function = &function->function;
  return true;
}

static bool add_term(const struct filter_scope *scope, const struct filter_term *term,
                     struct filter_literals *literals)
{
  struct filter_literal literal;
  bool ok = term->kind == FILTER_TERM_CALL ? literal_of_call(scope, term, &literal)
                                           : literal_of_value(scope->source, term, &literal);
  if (ok)
    VEC_PUSH(scope->source->arena, literals, literal);
  return ok;
}

static bool add_node(const struct filter_scope *scope, const struct filter_node *node,
                     struct filter_literals *literals)
{
  if (node->kind == FILTER_NODE_TERM)
    return add_term(scope, &node->left, literals);
  if (node->kind != FILTER_NODE_OR)
    return filter_refuse(scope->source, node->start, "expected values joined by OR");
  for (size_t i = 0; i < node->n_children; i++)
    if (!add_node(scope, node->children[i], literals))
      return false;
  return true;
}

bool filter_literals_of(const struct filter_scope *scope, const struct filter_term *term,
                        struct filter_literals *ret)
{
  *ret = (struct filter_literals){0};
  if (term->kind == FILTER_TERM_COMPOSITE)
    return add_node(scope, term->expression, ret);
  return add_term(scope, term, ret);
}

static bool is_number_or_bool(const struct catalog_type *type)
{
  return type->class >= TYPE_BOOL && type->class <= TYPE_FLOAT8;
}

bool filter_check_literal(const struct filter_scope *scope, const struct filter_target *target,
                          const struct filter_literal *literal, struct argument *ret)
{
  const struct filter_source *source = scope->source;
  if (literal->function && (!filter_is_text(target->type) || filter_target_is_enum(target)))
    return filter_refuse(source, literal->at, "a text cannot be compared with %.*s, which is %s",
                         FILTER_EXCERPT(target->name), target->type->name);
  if (literal->quoted && is_number_or_bool(target->type))
    return filter_refuse(source, literal->at, "expected a value without quotes, %.*s is no text",
                         FILTER_EXCERPT(target->name));
  const struct catalog_type *type = literal->function ? &catalog_text : target->type;
  struct error error;
  if (argument_from_text(literal->text, type, source->arena, ret, &error))
    return true;
  return filter_refuse(source, literal->at, "%s for %.*s", error.message, FILTER_EXCERPT(target->name));
}

struct expr_value filter_value_of(const struct filter_scope *scope, const struct argument *argument)
{
  const struct filter_context *context = scope->context;
  struct expr_value value = {.type = argument->type};
  if (context->origin == FILTER_OF_ANNOTATION) {
    value.inline_literal = true;
    value.text = argument_to_literal(argument, context->arena);
    return value;
  }
  value.argument = context->arguments->n;
  VEC_PUSH(context->arena, context->arguments, *argument);
  return value;
}

struct expr_value filter_literal_value(const struct filter_scope *scope, const struct filter_target *target,
                                       const struct filter_literal *literal, const struct argument *argument)
{
  struct expr_value value = filter_value_of(scope, argument);
  value.type = target->type;
  value.function = literal->function;
  return value;
}

/*
 * filter_value.c - literals of a filter as values of a column's type.
 *
 * The column's type alone decides what a literal is: 42 is a number for an int8 and text for a varchar.
 * Quotes are refused only where they would suggest that a number is compared as text.
 */
#include "planner/filter_value.h"

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

static bool add_term(const struct filter_source *source, const struct filter_term *term,
                     struct filter_literals *literals)
{
  if (term->kind == FILTER_TERM_CALL)
    return filter_refuse(source, term->start, "expected a literal; a function cannot stand for a value");
  struct filter_literal literal;
  if (!literal_of_value(source, term, &literal))
    return false;
  VEC_PUSH(source->arena, literals, literal);
  return true;
}

static bool add_node(const struct filter_source *source, const struct filter_node *node,
                     struct filter_literals *literals)
{
  if (node->kind == FILTER_NODE_TERM)
    return add_term(source, &node->left, literals);
  if (node->kind != FILTER_NODE_OR)
    return filter_refuse(source, node->start, "expected values joined by OR");
  for (size_t i = 0; i < node->n_children; i++)
    if (!add_node(source, node->children[i], literals))
      return false;
  return true;
}

bool filter_literals_of(const struct filter_source *source, const struct filter_term *term,
                        struct filter_literals *ret)
{
  *ret = (struct filter_literals){0};
  if (term->kind == FILTER_TERM_COMPOSITE)
    return add_node(source, term->expression, ret);
  return add_term(source, term, ret);
}

static bool is_number_or_bool(const struct catalog_type *type)
{
  return type->class >= TYPE_BOOL && type->class <= TYPE_FLOAT8;
}

bool filter_check_literal(const struct filter_scope *scope, const struct filter_target *target,
                          const struct filter_literal *literal, struct argument *ret)
{
  const struct filter_source *source = scope->source;
  if (literal->quoted && is_number_or_bool(target->type))
    return filter_refuse(source, literal->at, "expected a value without quotes, %.*s is no text",
                         FILTER_EXCERPT(target->name));
  struct error error;
  if (argument_from_text(literal->text, target->type, source->arena, ret, &error))
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

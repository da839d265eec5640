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

static const char *label_of(const struct codec *codec, int32_t number)
{
  for (size_t i = 0; i < codec->n_labels; i++)
    if (codec->labels[i].number == number)
      return codec->labels[i].label;
  return NULL;
}

static bool unknown_value(const struct filter_scope *scope, const struct schema_enum *enumeration,
                          const struct filter_literal *literal)
{
  const char **names = ARENA_ARRAY(scope->source->arena, const char *, enumeration->n_values);
  for (size_t i = 0; i < enumeration->n_values; i++)
    names[i] = enumeration->values[i].name;
  const char *nearest = str_nearest(literal->text, names, enumeration->n_values);
  return filter_refuse(scope->source, literal->at, "enum %s has no value %.*s%s%s%s", enumeration->name,
                       FILTER_EXCERPT(literal->text), nearest ? "; did you mean " : "",
                       nearest ? nearest : "", nearest ? "?" : "");
}

/* The label in the database of a value's name; a label stands for itself. */
static bool find_label(const struct filter_scope *scope, const struct graph_field *field,
                       const struct filter_literal *literal, struct str *ret)
{
  const struct schema_enum *enumeration = field->field->enumeration;
  for (size_t i = 0; i < enumeration->n_values; i++) {
    if (!str_equal_text(literal->text, enumeration->values[i].name))
      continue;
    const char *label = label_of(&field->codec, enumeration->values[i].number);
    if (!label)
      return filter_refuse(scope->source, literal->at,
                           "%s stands for no value of the database; NOT %s:* asks whether it is unset",
                           enumeration->values[i].name, field->field->name);
    *ret = str_from(label);
    return true;
  }
  for (size_t i = 0; i < field->codec.n_labels; i++)
    if (str_equal_text(literal->text, field->codec.labels[i].label)) {
      *ret = literal->text;
      return true;
    }
  return unknown_value(scope, enumeration, literal);
}

bool filter_check_literal(const struct filter_scope *scope, const struct filter_target *target,
                          const struct filter_literal *literal, struct argument *ret)
{
  const struct filter_source *source = scope->source;
  struct str text = literal->text;
  if (literal->quoted && is_number_or_bool(target->type))
    return filter_refuse(source, literal->at, "expected a value without quotes, %.*s is no text",
                         FILTER_EXCERPT(target->name));
  if (target->field && target->field->field->enumeration && target->type->class == TYPE_ENUM &&
      !find_label(scope, target->field, literal, &text))
    return false;
  struct error error;
  if (argument_from_text(text, target->type, source->arena, ret, &error))
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

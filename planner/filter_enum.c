#include "planner/filter_enum.h"

#include "planner/codec_labels.h"

bool filter_target_is_enum(const struct filter_target *target)
{
  return target->field && target->field->field->enumeration;
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

static bool stands_for_nothing(const struct filter_scope *scope, const struct filter_target *target,
                               const struct filter_literal *literal)
{
  return filter_refuse(scope->source, literal->at,
                       "%.*s stands for no value of the database; NOT %s:* asks whether it is unset",
                       FILTER_EXCERPT(literal->text), target->field->field->name);
}

static const struct schema_enum_value *find_value(const struct schema_enum *enumeration, struct str name)
{
  for (size_t i = 0; i < enumeration->n_values; i++)
    if (str_equal_text(name, enumeration->values[i].name))
      return &enumeration->values[i];
  return NULL;
}

/* In a column of integers a value is its number, and any number may stand there. */
static bool number_label(const struct filter_scope *scope, const struct filter_target *target,
                         const struct filter_literal *literal, struct str *ret)
{
  const struct schema_enum *enumeration = target->field->field->enumeration;
  const struct schema_enum_value *value = find_value(enumeration, literal->text);
  struct argument argument;
  struct error error;
  *ret = literal->text;
  if (value)
    *ret = str_from(arena_printf(scope->source->arena, "%d", value->number));
  if (argument_from_text(*ret, target->type, scope->source->arena, &argument, &error))
    return true;
  return value ? stands_for_nothing(scope, target, literal) : unknown_value(scope, enumeration, literal);
}

bool filter_enum_label(const struct filter_scope *scope, const struct filter_target *target,
                       const struct filter_literal *literal, struct str *ret, bool *ret_folded)
{
  const struct codec *codec = &target->field->codec;
  const struct schema_enum *enumeration = target->field->field->enumeration;
  *ret_folded = false;
  if (codec->kind != CODEC_ENUM)
    return number_label(scope, target, literal, ret);
  const struct schema_enum_value *value = find_value(enumeration, literal->text);
  int32_t number = value ? value->number : 0;
  if (!value && !codec_find_number(codec, literal->text, &number))
    return unknown_value(scope, enumeration, literal);
  const char *label = codec_find_label(codec, number, ret_folded);
  if (!label)
    return stands_for_nothing(scope, target, literal);
  *ret = str_from(label);
  return true;
}

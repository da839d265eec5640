#include "planner/filter_functions.h"

#include <stdio.h>

#include "planner/filter_bind.h"

struct function {
  const char *name;
  const char *usage;
  bool of_annotations; /* may name what is no field, and so stands in annotations only */
  size_t min_arguments, max_arguments;
  /* one of the two */
  bool (*condition)(const struct filter_scope *scope, const struct filter_term *call, struct expr **ret);
  bool (*operand)(const struct filter_scope *scope, const struct filter_term *call,
                  struct filter_target *ret);
};

static bool call_exists(const struct filter_scope *scope, const struct filter_term *call, struct expr **ret)
{
  const struct filter_term *path = &call->arguments[0];
  if (path->kind != FILTER_TERM_VALUE)
    return filter_refuse(scope->source, path->start, "expected a relation");
  if (call->n_arguments == 1)
    return filter_bind_exists(scope, path, NULL, ret);
  const struct filter_term *body = &call->arguments[1];
  if (body->kind != FILTER_TERM_COMPOSITE)
    return filter_refuse(scope->source, body->start, "expected a condition in parentheses");
  return filter_bind_exists(scope, path, body->expression, ret);
}

static bool target_of(const struct filter_scope *scope, const struct filter_term *name,
                      const struct catalog_table *table, bool of_through, struct filter_target *ret)
{
  if (name->kind != FILTER_TERM_VALUE || name->n_names != 1)
    return filter_refuse(scope->source, name->start, "expected the name of a column");
  struct str text = name->names[0].text;
  const struct catalog_column *column = catalog_find_column(table, text);
  if (!column)
    return filter_refuse(scope->source, name->start, "table %s has no column %.*s", table->name,
                         FILTER_EXCERPT(text));
  *ret = (struct filter_target){.name = text, .at = name->start};
  filter_target_column(column, of_through, ret);
  return true;
}

static bool call_column(const struct filter_scope *scope, const struct filter_term *call,
                        struct filter_target *ret)
{
  return target_of(scope, &call->arguments[0], scope->resource->table, false, ret);
}

static bool call_through(const struct filter_scope *scope, const struct filter_term *call,
                         struct filter_target *ret)
{
  if (!scope->through)
    return filter_refuse(scope->source, call->start,
                         "there is no junction table that through() could name here");
  return target_of(scope, &call->arguments[0], scope->through, true, ret);
}

static const struct function functions[] = {
    {.name = "exists",
     .usage = "exists(relation, (condition))",
     .min_arguments = 1,
     .max_arguments = 2,
     .condition = call_exists},
    {.name = "column",
     .usage = "column('name')",
     .of_annotations = true,
     .min_arguments = 1,
     .max_arguments = 1,
     .operand = call_column},
    {.name = "through",
     .usage = "through('name')",
     .of_annotations = true,
     .min_arguments = 1,
     .max_arguments = 1,
     .operand = call_through},
};

static bool is_available(const struct filter_scope *scope, const struct function *function)
{
  return !function->of_annotations || scope->context->origin == FILTER_OF_ANNOTATION;
}

static bool unknown_function(const struct filter_scope *scope, const struct filter_term *call,
                             struct str name)
{
  char known[200] = "";
  size_t len = 0;
  for (size_t i = 0; i < LENGTH_OF(functions); i++)
    if (is_available(scope, &functions[i]) && len < sizeof known)
      len += (size_t)snprintf(known + len, sizeof known - len, "%s%s", len ? ", " : "", functions[i].usage);
  return filter_refuse(scope->source, call->start, "there is no function %.*s; there is %s",
                       FILTER_EXCERPT(name), known);
}

static const struct function *find_function(const struct filter_scope *scope, const struct filter_term *call)
{
  size_t name_end = call->names[call->n_names - 1].at + call->names[call->n_names - 1].text.len;
  struct str name = filter_slice(scope->source, call->start, name_end);
  for (size_t i = 0; i < LENGTH_OF(functions); i++) {
    const struct function *function = &functions[i];
    if (!str_equal_text(name, function->name) || !is_available(scope, function))
      continue;
    if (call->n_arguments >= function->min_arguments && call->n_arguments <= function->max_arguments)
      return function;
    (void)filter_refuse(scope->source, call->start, "expected %s", function->usage);
    return NULL;
  }
  (void)unknown_function(scope, call, name);
  return NULL;
}

bool filter_call_condition(const struct filter_scope *scope, const struct filter_term *call,
                           struct expr **ret)
{
  const struct function *function = find_function(scope, call);
  if (!function)
    return false;
  if (!function->condition)
    return filter_refuse(scope->source, call->start, "%s alone is no condition; compare it", function->usage);
  return function->condition(scope, call, ret);
}

bool filter_call_operand(const struct filter_scope *scope, const struct filter_term *call,
                         struct filter_target *ret)
{
  const struct function *function = find_function(scope, call);
  if (!function)
    return false;
  if (!function->operand)
    return filter_refuse(scope->source, call->start, "%s is a condition already; compare nothing with it",
                         function->usage);
  return function->operand(scope, call, ret);
}

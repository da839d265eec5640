#include "planner/filter_member.h"

#include "planner/filter_json.h"

struct steps {
  const struct graph_relation **items;
  size_t n, cap;
};

static bool unknown_field(const struct filter_scope *scope, const struct filter_name *name)
{
  const struct graph_resource *resource = scope->resource;
  const char **candidates = ARENA_ARRAY(scope->source->arena, const char *, resource->n_fields);
  size_t n = 0;
  for (size_t i = 0; i < resource->n_fields; i++)
    if (resource->fields[i].kind != GRAPH_FIELD_NONE)
      candidates[n++] = resource->fields[i].field->name;
  const char *nearest = str_nearest(name->text, candidates, n);
  return filter_refuse(scope->source, name->at, "%s has no field %.*s%s%s%s", resource->message->name,
                       FILTER_EXCERPT(name->text), nearest ? "; did you mean " : "", nearest ? nearest : "",
                       nearest ? "?" : "");
}

static const struct graph_field *find_field(const struct graph_resource *resource, struct str name)
{
  const struct schema_field *field = schema_message_field(resource->message, name);
  if (!field || resource->fields[field->index].kind == GRAPH_FIELD_NONE)
    return NULL;
  return &resource->fields[field->index];
}

bool filter_is_text(const struct catalog_type *type)
{
  return type->class == TYPE_TEXT || type->class == TYPE_BPCHAR || type->class == TYPE_CITEXT;
}

static void set_type(const struct catalog_type *type, struct filter_target *target)
{
  type = catalog_base_type(type);
  target->list = type->class == TYPE_ARRAY;
  target->type = target->list ? catalog_base_type(type->element) : type;
}

void filter_target_column(const struct catalog_column *column, bool of_through, struct filter_target *target)
{
  target->operand.column = column;
  target->operand.of_through = of_through;
  set_type(column->type, target);
}

bool filter_take_keys(const struct filter_name *names, size_t n, struct filter_target *target)
{
  if (target->list || !filter_is_json(target->type))
    return false;
  target->keys = names;
  target->n_keys = n;
  return true;
}

/* Fills in a field that has a value. */
static bool resolve_value(const struct filter_scope *scope, const struct filter_name *name,
                          const struct graph_field *field, struct steps *steps, struct filter_target *target)
{
  target->field = field;
  switch (field->kind) {
  case GRAPH_FIELD_SOURCE:
    for (size_t i = 0; i < field->n_steps; i++)
      VEC_PUSH(scope->source->arena, steps, field->steps[i]);
    filter_target_column(field->column, false, target);
    return true;
  case GRAPH_FIELD_COLUMN:
    filter_target_column(field->column, false, target);
    return true;
  case GRAPH_FIELD_AGGREGATE:
    target->operand.aggregate = field->aggregate;
    set_type(field->aggregate->type, target);
    return true;
  case GRAPH_FIELD_EMBED:
    return filter_refuse(scope->source, name->at, "%.*s is a message: name one of its fields",
                         FILTER_EXCERPT(name->text));
  case GRAPH_FIELD_FUNCTION:
    target->operand.function = field->function;
    set_type(field->function->type, target);
    return true;
  default:
    return filter_refuse(scope->source, name->at, "%.*s is no part of the data and cannot be filtered on",
                         FILTER_EXCERPT(name->text));
  }
}

bool filter_resolve(const struct filter_scope *scope, const struct filter_name *names, size_t n_names,
                    struct filter_target *ret)
{
  struct filter_target target = {0};
  struct filter_scope at = *scope;
  struct steps steps = {0};
  bool done = false;
  while (!done) {
    const struct filter_name *name = &names[target.n_used++];
    const struct graph_field *field = find_field(at.resource, name->text);
    if (!field)
      return unknown_field(&at, name);
    target.name = name->text;
    target.at = name->at;
    done = target.n_used == n_names;
    if (field->kind == GRAPH_FIELD_RELATION) {
      VEC_PUSH(scope->source->arena, &steps, field->relation);
      at.resource = field->relation->target;
      target.relation = done || field->relation->to_many ? field->relation : NULL;
      done = target.relation != NULL;
    } else if (field->kind == GRAPH_FIELD_EMBED && !done) {
      at.resource = field->embedded;
    } else if (!resolve_value(&at, name, field, &steps, &target)) {
      return false;
    } else if (!done && !filter_take_keys(names + target.n_used, n_names - target.n_used, &target)) {
      return filter_refuse(scope->source, names[target.n_used].at, "%.*s has no fields",
                           FILTER_EXCERPT(name->text));
    } else {
      done = true;
    }
  }
  target.operand.steps = steps.items;
  target.operand.n_steps = steps.n;
  *ret = target;
  return true;
}

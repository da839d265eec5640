/*
 * graph_derived.c - fields that are made from relations: source, aggregate, has_more, next_page_token.
 *
 * They come after the relations of all resources, since a path may go through any of them.  A path's segments
 * are fields; its last one may also be a column that no field shows.
 */
#include "planner/graph_build.h"

/* ---- paths ---- */

struct steps {
  const struct graph_relation **items;
  size_t n, cap;
};

static const char *unknown_cause(struct graph_build *build, const struct graph_resource *resource,
                                 struct str segment)
{
  const char *nearest = nearest_field(build->arena, resource, segment);
  if (nearest == NULL)
    nearest = nearest_column(build, resource->table, segment);
  const char *cause =
      arena_printf(build->arena, "%s has no field or column \"%.*s\"", resource->message->name,
                   (int)segment.len, segment.len > 0 ? segment.data : "");
  return nearest == NULL ? cause : arena_printf(build->arena, "%s; did you mean \"%s\"?", cause, nearest);
}

/* The end of a path: what is compared, summed or shown. */
static bool path_end(struct graph_build *build, const struct graph_resource *resource, struct str segment,
                     struct steps *steps, struct expr_operand *ret, const char **ret_cause)
{
  const struct graph_field *field = served_field(resource, segment);
  const struct catalog_column *column =
      field == NULL ? catalog_find_column(resource->table, segment) : field->column;
  if (field != NULL && field->kind == GRAPH_FIELD_SOURCE)
    for (size_t i = 0; i < field->n_steps; i++)
      VEC_PUSH(build->arena, steps, field->steps[i]);
  ret->aggregate = field == NULL ? NULL : field->aggregate;
  ret->function = field == NULL ? NULL : field->function;
  ret->column = column;
  ret->steps = steps->items;
  ret->n_steps = steps->n;
  if (column != NULL && !column->selectable) {
    *ret_cause = arena_printf(build->arena, "the role may not read column \"%s\" of table \"%s\"",
                              column->name, column->table->name);
    return false;
  }
  if (column != NULL || ret->aggregate != NULL || ret->function != NULL)
    return true;
  *ret_cause = field == NULL ? unknown_cause(build, resource, segment)
                             : arena_printf(build->arena, "field \"%s\" of %s holds no single value",
                                            field->field->name, resource->message->name);
  return false;
}

/* A segment before the last: a relation, or a message of the same row. */
static const struct graph_field *path_step(struct graph_build *build, const struct graph_resource *resource,
                                           struct str segment, bool to_many, const char **ret_cause)
{
  const struct graph_field *field = served_field(resource, segment);
  if (field == NULL)
    *ret_cause = unknown_cause(build, resource, segment);
  else if (graph_field_target(field) == NULL)
    *ret_cause = arena_printf(build->arena, "field \"%s\" of %s is no relation", field->field->name,
                              resource->message->name);
  else if (field->field->repeated && !to_many)
    *ret_cause = arena_printf(build->arena,
                              "field \"%s\" of %s leads to several rows: a source needs to-one relations",
                              field->field->name, resource->message->name);
  else
    return field;
  return NULL;
}

bool path_resolve(struct graph_build *build, const struct graph_resource *resource, struct str path,
                  bool to_many, struct expr_operand *ret, const char **ret_cause)
{
  struct steps steps = {0};
  struct expr_operand operand = {0};
  for (const char *dot; (dot = path.len > 0 ? memchr(path.data, '.', path.len) : NULL) != NULL;) {
    struct str segment = {path.data, (size_t)(dot - path.data)};
    const struct graph_field *step = path_step(build, resource, segment, to_many, ret_cause);
    if (step == NULL)
      return false;
    if (step->kind == GRAPH_FIELD_RELATION)
      VEC_PUSH(build->arena, &steps, step->relation);
    resource = graph_field_target(step);
    path = (struct str){dot + 1, path.len - segment.len - 1};
  }
  if (!path_end(build, resource, path, &steps, &operand, ret_cause))
    return false;
  *ret = operand;
  return true;
}

/* ---- source ---- */

static bool source_may_be_null(const struct expr_operand *operand)
{
  for (size_t i = 0; i < operand->n_steps; i++)
    if (operand->steps[i]->may_be_unset)
      return true;
  return !operand->column->not_null;
}

static void build_source(struct graph_build *build, struct graph_field *field)
{
  struct expr_operand operand = {0};
  const char *cause, *source = field->field->options->source;
  struct error error;
  if (!path_resolve(build, field->resource, str_from(source), false, &operand, &cause)) {
    problem_of_field(build, field, NULL, "source \"%s\": %s", source, cause);
  } else if (operand.column == NULL) {
    problem_of_field(build, field, NULL, "source \"%s\" leads to what is computed, and has no column",
                     source);
  } else if (!codec_resolve(operand.column->type, field->field, build->arena, &field->codec, &error)) {
    problem_of_field(build, field, NULL, "source \"%s\": %s", source, error.message);
  } else {
    field->kind = GRAPH_FIELD_SOURCE;
    field->column = operand.column;
    field->steps = operand.steps;
    field->n_steps = operand.n_steps;
    if (source_may_be_null(&operand) && !field_has_presence(field->field) && !field->field->repeated)
      warning_of_field(
          build, field,
          arena_printf(build->arena, "optional … %s = %u;", field->field->name, field->field->number),
          "source \"%s\" may be NULL, which a field without presence cannot tell from its zero value",
          source);
  }
}

/* ---- aggregates ---- */

/* Results' types, for catalogs in which no column has them; by their fixed object identifiers. */
static const struct catalog_type result_types[] = {
    {.oid = 16, .schema = "pg_catalog", .name = "bool", .class = TYPE_BOOL},
    {.oid = 20, .schema = "pg_catalog", .name = "int8", .class = TYPE_INT8},
    {.oid = 701, .schema = "pg_catalog", .name = "float8", .class = TYPE_FLOAT8},
    {.oid = 1700, .schema = "pg_catalog", .name = "numeric", .class = TYPE_NUMERIC},
};

static const struct catalog_type *result_type(struct graph_build *build, enum type_class class)
{
  for (size_t i = 0; i < LENGTH_OF(result_types); i++)
    if (result_types[i].class == class) {
      const struct catalog_type *type = catalog_find_type(build->catalog, result_types[i].oid);
      return type != NULL ? type : &result_types[i];
    }
  return NULL;
}

static const struct catalog_type *sum_type(struct graph_build *build, const struct catalog_type *type)
{
  switch (type->class) {
  case TYPE_INT2:
  case TYPE_INT4:
    return result_type(build, TYPE_INT8);
  case TYPE_INT8:
    return result_type(build, TYPE_NUMERIC);
  case TYPE_NUMERIC:
  case TYPE_FLOAT4:
  case TYPE_FLOAT8:
  case TYPE_INTERVAL:
    return type;
  default:
    return NULL;
  }
}

static const struct catalog_type *average_type(struct graph_build *build, const struct catalog_type *type)
{
  switch (type->class) {
  case TYPE_INT2:
  case TYPE_INT4:
  case TYPE_INT8:
  case TYPE_NUMERIC:
    return result_type(build, TYPE_NUMERIC);
  case TYPE_FLOAT4:
  case TYPE_FLOAT8:
    return result_type(build, TYPE_FLOAT8);
  case TYPE_INTERVAL:
    return type;
  default:
    return NULL;
  }
}

/* Postgres has no min and max of bool, uuid, bytea and json. */
static const struct catalog_type *extreme_type(const struct catalog_type *type)
{
  switch (type->class) {
  case TYPE_INT2:
  case TYPE_INT4:
  case TYPE_INT8:
  case TYPE_FLOAT4:
  case TYPE_FLOAT8:
  case TYPE_NUMERIC:
  case TYPE_TEXT:
  case TYPE_BPCHAR:
  case TYPE_CITEXT:
  case TYPE_DATE:
  case TYPE_TIME:
  case TYPE_TIMESTAMP:
  case TYPE_TIMESTAMPTZ:
  case TYPE_INTERVAL:
  case TYPE_ENUM:
    return type;
  default:
    return NULL;
  }
}

/* NULL when the function does not take the column's type. */
static const struct catalog_type *aggregate_type(struct graph_build *build, enum aggregate_function function,
                                                 const struct catalog_column *column)
{
  switch (function) {
  case AGGREGATE_COUNT:
    return result_type(build, TYPE_INT8);
  case AGGREGATE_EXISTS:
    return result_type(build, TYPE_BOOL);
  case AGGREGATE_SUM:
    return sum_type(build, catalog_base_type(column->type));
  case AGGREGATE_AVG:
    return average_type(build, catalog_base_type(column->type));
  case AGGREGATE_MIN:
  case AGGREGATE_MAX:
    return extreme_type(catalog_base_type(column->type));
  }
  return NULL;
}

/* The annotation's function and what it is of. */
static const char *declared_function(const Rowan__V1__Aggregate *options, enum aggregate_function *ret,
                                     const char **ret_name)
{
  switch (options->function_case) {
  case ROWAN__V1__AGGREGATE__FUNCTION_COUNT:
    return *ret = AGGREGATE_COUNT, *ret_name = "count", options->count;
  case ROWAN__V1__AGGREGATE__FUNCTION_SUM:
    return *ret = AGGREGATE_SUM, *ret_name = "sum", options->sum;
  case ROWAN__V1__AGGREGATE__FUNCTION_MIN:
    return *ret = AGGREGATE_MIN, *ret_name = "min", options->min;
  case ROWAN__V1__AGGREGATE__FUNCTION_MAX:
    return *ret = AGGREGATE_MAX, *ret_name = "max", options->max;
  case ROWAN__V1__AGGREGATE__FUNCTION_AVG:
    return *ret = AGGREGATE_AVG, *ret_name = "avg", options->avg;
  case ROWAN__V1__AGGREGATE__FUNCTION_EXISTS:
    return *ret = AGGREGATE_EXISTS, *ret_name = "exists", options->exists;
  default:
    return NULL;
  }
}

static bool needs_column(enum aggregate_function function)
{
  return function != AGGREGATE_COUNT && function != AGGREGATE_EXISTS;
}

static const char *aggregate_fix(struct graph_build *build, const char *name,
                                 const struct graph_field *relation, bool column)
{
  return arena_printf(build->arena, "[(rowan.v1.field).aggregate = {%s: \"%s%s\"}]", name,
                      relation->field->name, column ? ".…" : "");
}

/* The relation that "orders.price" begins with, and the column that it ends with. */
static bool aggregate_path(struct graph_build *build, struct graph_field *field, const char *name,
                           const char *path, struct graph_aggregate *aggregate)
{
  const char *dot = strchr(path, '.');
  struct str first = {path, dot == NULL ? strlen(path) : (size_t)(dot - path)};
  const struct graph_field *relation = served_field(field->resource, first);
  if (relation == NULL || relation->kind != GRAPH_FIELD_RELATION) {
    const char *nearest = nearest_field(build->arena, field->resource, first);
    problem_of_field(
        build, field, NULL, "aggregate.%s: \"%.*s\" is no relation of %s%s%s%s", name, (int)first.len, path,
        field->resource->message->name, nearest != NULL && relation == NULL ? "; did you mean \"" : "",
        nearest != NULL && relation == NULL ? nearest : "", nearest != NULL && relation == NULL ? "\"?" : "");
    return false;
  }
  aggregate->relation = relation->relation;
  if ((dot != NULL) == needs_column(aggregate->function)) {
    if (dot == NULL)
      return true;
  } else {
    problem_of_field(
        build, field, aggregate_fix(build, name, relation, dot == NULL), "aggregate.%s: %s", name,
        dot == NULL ? "a field of the relation is missing" : "rows are counted, not a field of theirs");
    return false;
  }
  struct expr_operand operand = {0};
  const char *cause;
  if (!path_resolve(build, relation->relation->target, str_from(dot + 1), false, &operand, &cause)) {
    problem_of_field(build, field, NULL, "aggregate.%s \"%s\": %s", name, path, cause);
    return false;
  }
  if (operand.n_steps > 0 || operand.column == NULL) {
    problem_of_field(build, field, NULL,
                     "aggregate.%s \"%s\": only a column of the relation's own rows can be aggregated", name,
                     path);
    return false;
  }
  aggregate->column = operand.column;
  return true;
}

static void build_aggregate(struct graph_build *build, struct graph_field *field)
{
  struct graph_aggregate *aggregate = ARENA_NEW(build->arena, struct graph_aggregate);
  const char *name = "",
             *path = declared_function(field->field->options->aggregate, &aggregate->function, &name);
  struct error error;
  if (path == NULL) {
    problem_of_field(build, field, NULL,
                     "aggregate: a function is missing: count, sum, min, max, avg or exists");
    return;
  }
  if (!aggregate_path(build, field, name, path, aggregate))
    return;
  aggregate->type = aggregate_type(build, aggregate->function, aggregate->column);
  if (aggregate->type == NULL) {
    problem_of_field(build, field, NULL, "aggregate.%s does not take column \"%s\" of type %s", name,
                     aggregate->column->name, aggregate->column->type->name);
  } else if (!codec_resolve(aggregate->type, field->field, build->arena, &field->codec, &error)) {
    problem_of_field(build, field, NULL, "aggregate.%s: %s", name, error.message);
  } else {
    field->kind = GRAPH_FIELD_AGGREGATE;
    field->aggregate = aggregate;
    struct aggregate_draft draft = {field, aggregate};
    VEC_PUSH(build->arena, &build->aggregates, draft);
  }
}

/* ---- has_more, next_page_token ---- */

static bool is_cut_by_declaration(const struct graph_field *list)
{
  const Rowan__V1__FieldOptions *options = list->field->options;
  return options != NULL && options->relation != NULL &&
         (options->relation->page_size > 0 || options->relation->max_page_size > 0 ||
          list->relation->max_depth > 1);
}

static bool takes_relation_arguments(const struct schema_message *message)
{
  for (size_t i = 0; i < message->n_fields; i++)
    if (is_relation_arguments(&message->fields[i]))
      return true;
  return false;
}

/* Whether some request may limit nested lists. */
static bool requests_limit_lists(const struct schema *schema)
{
  for (size_t i = 0; i < schema->n_messages; i++)
    if (takes_relation_arguments(schema->messages[i]))
      return true;
  return false;
}

/* What has_more and next_page_token share: the list that they are of. */
static bool find_list(struct graph_build *build, struct graph_field *field, const char *option,
                      const char *name)
{
  const struct graph_field *list = served_field(field->resource, str_from(name));
  if (list == NULL || list->kind != GRAPH_FIELD_RELATION || !list->relation->to_many) {
    problem_of_field(build, field, NULL, "%s: \"%s\" is no repeated relation of %s", option, name,
                     field->resource->message->name);
    return false;
  }
  if (!is_cut_by_declaration(list) && !requests_limit_lists(build->schema)) {
    problem_of_field(build, field,
                     arena_printf(build->arena, "[(rowan.v1.field).relation = {page_size: 100}] on %s", name),
                     "%s: \"%s\" has no page_size and is never cut", option, name);
    return false;
  }
  field->of = list;
  return true;
}

static void build_has_more(struct graph_build *build, struct graph_field *field)
{
  if (field->field->type != FIELD_BOOL || field->field->repeated)
    problem_of_field(build, field, NULL, "has_more needs a bool field");
  else if (find_list(build, field, "has_more", field->field->options->has_more))
    field->kind = GRAPH_FIELD_HAS_MORE;
}

static void build_next_page_token(struct graph_build *build, struct graph_field *field)
{
  if (field->field->type != FIELD_STRING || field->field->repeated)
    problem_of_field(build, field, NULL, "next_page_token needs a string field");
  else if (find_list(build, field, "next_page_token", field->field->options->next_page_token))
    field->kind = GRAPH_FIELD_NEXT_PAGE_TOKEN;
}

/* ---- all of them ---- */

static void build_kind(struct graph_build *build, enum declared_kind kind,
                       void (*build_field)(struct graph_build *build, struct graph_field *field))
{
  for (size_t i = 0; i < build->graph->n_resources; i++) {
    struct graph_resource *resource = build->graph->resources[i];
    for (size_t j = 0; resource_usable(resource) && j < resource->n_fields; j++)
      if (field_is(&resource->fields[j], kind))
        build_field(build, &resource->fields[j]);
  }
}

void build_derived(struct graph_build *build)
{
  build_kind(build, DECLARED_SOURCE, build_source);
  build_kind(build, DECLARED_AGGREGATE, build_aggregate);
  build_kind(build, DECLARED_HAS_MORE, build_has_more);
  build_kind(build, DECLARED_NEXT_PAGE_TOKEN, build_next_page_token);
}

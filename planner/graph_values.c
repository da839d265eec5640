/*
 * graph_values.c - fields that are made of their own row, but are no single column: embed, function.
 *
 * An embedded message is treated as a resource of its holder's table whose fields are all columns.  It has no
 * key, stands in no list of resources and belongs to one field alone, since the same message may be embedded
 * twice under different prefixes.  What is wrong in it is told of the field that embeds it.
 */
#include "planner/graph_build.h"

/* ---- embed ---- */

static struct graph_resource *embedded_new(struct graph_build *build, const struct graph_field *field)
{
  const struct schema_message *message = field->field->message;
  struct graph_resource *embedded = ARENA_NEW(build->arena, struct graph_resource);
  *embedded =
      (struct graph_resource){.message = message,
                              .table = field->resource->table,
                              .fields = ARENA_ARRAY(build->arena, struct graph_field, message->n_fields),
                              .n_fields = message->n_fields};
  for (size_t i = 0; i < message->n_fields; i++)
    embedded->fields[i] =
        (struct graph_field){.field = &message->fields[i], .resource = embedded, .index = i};
  return embedded;
}

static bool column_missing(struct graph_build *build, struct graph_field *holder,
                           const struct schema_field *member, const char *name)
{
  const char *nearest = nearest_column(build, holder->resource->table, str_from(name));
  problem_of_field(build, holder, FIX_IGNORE, "embed: table \"%s\" has no column \"%s\" for %s.%s%s%s%s",
                   holder->resource->table->name, name, member->parent->name, member->name,
                   nearest == NULL ? "" : "; did you mean \"", nearest == NULL ? "" : nearest,
                   nearest == NULL ? "" : "\"?");
  return false;
}

/* A member of the message becomes the column that the prefix and its name make. */
static bool embed_member(struct graph_build *build, struct graph_field *holder, struct graph_field *member)
{
  const Rowan__V1__FieldOptions *options = member->field->options;
  const char *prefix = holder->field->options->embed->prefix;
  const char *own = options != NULL && text_given(options->column) ? options->column : member->field->name;
  const char *name = arena_printf(build->arena, "%s%s", text_given(prefix) ? prefix : "", own);
  const struct catalog_column *column = catalog_find_column(holder->resource->table, str_from(name));
  struct error error;
  if (column == NULL)
    return column_missing(build, holder, member->field, name);
  if (!column->selectable) {
    problem_of_field(build, holder, FIX_IGNORE, "embed: the role may not read column \"%s\" of table \"%s\"",
                     name, column->table->name);
    return false;
  }
  if (!codec_resolve(column->type, member->field, build->arena, &member->codec, &error)) {
    problem_of_field(build, holder, NULL, "embed: column \"%s\": %s", name, error.message);
    return false;
  }
  member->kind = GRAPH_FIELD_COLUMN;
  member->column = column;
  return true;
}

static void build_embed(struct graph_build *build, struct graph_field *field)
{
  const struct schema_message *message = field->field->message;
  if (message == NULL || field->field->repeated || message->well_known != WELL_KNOWN_NONE) {
    problem_of_field(build, field, NULL, "embed needs a single field of a message of your own");
    return;
  }
  if (message->options != NULL) {
    problem_of_field(build, field, "[(rowan.v1.field).relation = {}]",
                     "embed: %s is a resource, which a relation leads to", message->full_name);
    return;
  }
  struct graph_resource *embedded = embedded_new(build, field);
  size_t n_columns = 0;
  for (size_t i = 0; i < embedded->n_fields; i++) {
    if (field_declared(embedded->fields[i].field) == DECLARED_IGNORED)
      continue;
    if (!field_is(&embedded->fields[i], DECLARED_COLUMN)) {
      problem_of_field(build, field, NULL,
                       "embed: field %s of %s is no column, and an embedded message has nothing else",
                       embedded->fields[i].field->name, message->name);
      return;
    }
    if (!embed_member(build, field, &embedded->fields[i]))
      return;
    n_columns++;
  }
  if (n_columns == 0) {
    problem_of_field(build, field, FIX_IGNORE, "embed: %s has no fields", message->full_name);
    return;
  }
  field->kind = GRAPH_FIELD_EMBED;
  field->embedded = embedded;
}

/* ---- function ---- */

/* NULL, or why the function cannot serve. */
static const char *function_cause(const struct catalog_function *function)
{
  if (function->gives_set)
    return "it gives a set of rows";
  if (function->is_volatile)
    return "it is volatile: declare it STABLE or IMMUTABLE if it reads only";
  if (!function->executable)
    return "the role may not execute it";
  for (size_t i = 0; i < function->table->n_columns; i++)
    if (!function->table->columns[i].selectable)
      return "it takes the whole row, of which the role may not read every column";
  return NULL;
}

static void build_function(struct graph_build *build, struct graph_field *field)
{
  const char *name = field->field->options->function;
  const struct catalog_table *table = field->resource->table;
  const struct catalog_function *function = catalog_find_function(build->catalog, table, str_from(name));
  struct error error;
  if (function == NULL) {
    problem_of_field(build, field,
                     arena_printf(build->arena, "CREATE FUNCTION %s(%s.%s) RETURNS … LANGUAGE sql STABLE …;",
                                  name, table->schema, table->name),
                     "there is no function %s that takes a row of table \"%s\" and nothing else", name,
                     table->name);
  } else if (function_cause(function) != NULL) {
    problem_of_field(build, field, NULL, "function %s: %s", name, function_cause(function));
  } else if (!codec_resolve(function->type, field->field, build->arena, &field->codec, &error)) {
    problem_of_field(build, field, NULL, "function %s: %s", name, error.message);
  } else {
    field->kind = GRAPH_FIELD_FUNCTION;
    field->function = function;
  }
}

void build_values(struct graph_build *build)
{
  for (size_t i = 0; i < build->graph->n_resources; i++) {
    struct graph_resource *resource = build->graph->resources[i];
    for (size_t j = 0; resource->table != NULL && j < resource->n_fields; j++) {
      if (field_is(&resource->fields[j], DECLARED_EMBED))
        build_embed(build, &resource->fields[j]);
      if (field_is(&resource->fields[j], DECLARED_FUNCTION))
        build_function(build, &resource->fields[j]);
    }
  }
}

/*
 * init_annotations.c - what the model says as annotations, in the structures that they are read back into.
 *
 * The text of a file and its descriptor are both made from these: what one says the other says too.
 */
#include "planner/init_model.h"

static char *table_name(struct init_build *build, const struct catalog_table *table)
{
  return arena_printf(build->arena, "%s%s%s", table->in_search_path ? "" : table->schema,
                      table->in_search_path ? "" : ".", table->name);
}

static char **column_names(struct init_build *build, const struct catalog_column *const *columns, size_t n)
{
  char **names = ARENA_ARRAY(build->arena, char *, n);
  for (size_t i = 0; i < n; i++)
    names[i] = arena_strdup(build->arena, columns[i]->name);
  return names;
}

const Rowan__V1__ResourceOptions *init_resource_options(struct init_build *build,
                                                        const struct init_resource *resource)
{
  Rowan__V1__ResourceOptions *options = ARENA_NEW(build->arena, Rowan__V1__ResourceOptions);
  rowan__v1__resource_options__init(options);
  options->table = table_name(build, resource->table);
  if (resource->declares_key) {
    options->n_key = resource->key->n_columns;
    options->key = column_names(build, resource->key->columns, resource->key->n_columns);
  }
  return options;
}

/* Whether the constraint's name alone says which key is meant, and which way. */
static bool name_tells(const struct init_build *build, const struct init_field *field,
                       const struct catalog_table *source)
{
  size_t n = *field->key->name == '\0' ? 2 : 0; /* an undeclared one has no name */
  const struct catalog_table *target = field->target->table;
  for (size_t i = 0; i < build->catalog->n_foreign_keys; i++) {
    const struct catalog_foreign_key *key = &build->catalog->foreign_keys[i];
    bool between = (key->table == source && key->references == target) ||
                   (key->table == target && key->references == source);
    n += between && strcmp(key->name, field->key->name) == 0;
  }
  bool back_to_itself = source == target && field->kind == INIT_REVERSE && !field->repeated;
  return n == 1 && !back_to_itself;
}

static void tell_key(struct init_build *build, const struct init_resource *resource,
                     const struct init_field *field, Rowan__V1__Relation *relation)
{
  const struct catalog_foreign_key *key = field->key;
  bool forward = field->kind == INIT_FORWARD;
  if (name_tells(build, field, resource->table)) {
    relation->foreign_key = arena_strdup(build->arena, key->name);
    return;
  }
  relation->n_columns = relation->n_references = key->n_columns;
  relation->columns = column_names(build, forward ? key->columns : key->reference_columns, key->n_columns);
  relation->references = column_names(build, forward ? key->reference_columns : key->columns, key->n_columns);
}

static Rowan__V1__Through *make_through(struct init_build *build, const struct init_field *field)
{
  Rowan__V1__Through *through = ARENA_NEW(build->arena, Rowan__V1__Through);
  rowan__v1__through__init(through);
  through->table = table_name(build, field->key->table);
  through->n_source_columns = field->key->n_columns;
  through->source_columns = column_names(build, field->key->columns, field->key->n_columns);
  through->n_target_columns = field->target_key->n_columns;
  through->target_columns = column_names(build, field->target_key->columns, field->target_key->n_columns);
  return through;
}

static Rowan__V1__Relation *make_relation(struct init_build *build, const struct init_resource *resource,
                                          const struct init_field *field)
{
  Rowan__V1__Relation *relation = ARENA_NEW(build->arena, Rowan__V1__Relation);
  rowan__v1__relation__init(relation);
  if (field->kind == INIT_THROUGH)
    relation->through = make_through(build, field);
  else
    tell_key(build, resource, field, relation);
  return relation;
}

const Rowan__V1__FieldOptions *init_field_options(struct init_build *build,
                                                  const struct init_resource *resource,
                                                  const struct init_field *field)
{
  if (field->kind == INIT_COLUMN && strcmp(field->name, field->column->name) == 0)
    return NULL;
  Rowan__V1__FieldOptions *options = ARENA_NEW(build->arena, Rowan__V1__FieldOptions);
  rowan__v1__field_options__init(options);
  if (field->kind == INIT_COLUMN)
    options->column = arena_strdup(build->arena, field->column->name);
  else
    options->relation = make_relation(build, resource, field);
  return options;
}

enum init_behavior init_field_behavior(const struct init_resource *resource, const struct init_field *field)
{
  if (field->kind != INIT_COLUMN)
    return INIT_OUTPUT_ONLY;
  return init_in_key(resource, field->column) ? INIT_IDENTIFIER : INIT_NO_BEHAVIOR;
}

bool init_is_optional(const struct init_resource *resource, const struct init_field *field)
{
  if (field->kind != INIT_COLUMN || field->repeated || field->column->not_null ||
      init_in_key(resource, field->column))
    return false;
  const char *type = init_column_type(field);
  return strncmp(type, "google.", 7) != 0 && strncmp(type, "map<", 4) != 0;
}

const char *init_field_type(const struct init_field *field)
{
  return field->kind == INIT_COLUMN ? init_column_type(field) : field->target->name;
}

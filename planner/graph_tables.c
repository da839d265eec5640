/*
 * graph_tables.c - each resource's table and key, then the fields that are columns.
 *
 * A resource without table or key can be neither read nor led to; what it lacks is reported once, on the
 * message, and its fields are left alone.  A field that Rowan does not serve is refused by name, with the
 * annotation that leaves it out: nothing that a .proto file says is silently ignored.
 */
#include "planner/graph_build.h"
#include "planner/graph_names.h"

/* ---- shared look-ups ---- */

struct names {
  const char **items;
  size_t n, cap;
};

const char *nearest_column(struct graph_build *build, const struct catalog_table *table, struct str name)
{
  struct names names = {0};
  for (size_t i = 0; i < table->n_columns; i++)
    VEC_PUSH(build->arena, &names, table->columns[i].name);
  return str_nearest(name, names.items, names.n);
}

const char *nearest_field(struct arena *arena, const struct graph_resource *resource, struct str name)
{
  struct names names = {0};
  for (size_t i = 0; i < resource->n_fields; i++)
    if (resource->fields[i].kind != GRAPH_FIELD_NONE)
      VEC_PUSH(arena, &names, resource->fields[i].field->name);
  return str_nearest(name, names.items, names.n);
}

struct graph_field *served_field(const struct graph_resource *resource, struct str name)
{
  const struct schema_field *field = schema_message_field(resource->message, name);
  if (field == NULL || resource->fields[field->index].kind == GRAPH_FIELD_NONE)
    return NULL;
  return &resource->fields[field->index];
}

bool field_has_presence(const struct schema_field *field)
{
  return field->optional || field->oneof != NULL || (field->message != NULL && !field->repeated);
}

bool resource_usable(const struct graph_resource *resource)
{
  return resource->table != NULL && resource->key != NULL;
}

/* ---- tables ---- */

static const char *nearest_table(struct graph_build *build, const char *name)
{
  struct names names = {0};
  for (size_t i = 0; i < build->catalog->n_tables; i++) {
    const struct catalog_table *table = build->catalog->tables[i];
    VEC_PUSH(build->arena, &names,
             table->in_search_path ? table->name
                                   : arena_printf(build->arena, "%s.%s", table->schema, table->name));
  }
  return str_nearest(str_from(name), names.items, names.n);
}

static const char *table_fix(struct graph_build *build, const char *name)
{
  return name == NULL ? NULL
                      : arena_printf(build->arena, "option (rowan.v1.resource) = {table: \"%s\"};", name);
}

static const struct catalog_table *named_table(struct graph_build *build, struct graph_resource *resource,
                                               const char *name)
{
  const struct catalog_table *table = catalog_find_table(build->catalog, str_from(name));
  if (table == NULL)
    problem_of_resource(build, resource, table_fix(build, nearest_table(build, name)),
                        "there is no table or view \"%s\"", name);
  return table;
}

static const struct catalog_table *inferred_table(struct graph_build *build, struct graph_resource *resource)
{
  const char *singular = name_snake(build->arena, resource->message->name);
  const char *plural = name_plural(build->arena, singular);
  const struct catalog_table *one = catalog_find_table(build->catalog, str_from(singular));
  const struct catalog_table *many = catalog_find_table(build->catalog, str_from(plural));
  if (one != NULL && many != NULL && one != many) {
    problem_of_resource(
        build, resource,
        arena_printf(build->arena, "%s\n%s", table_fix(build, plural), table_fix(build, singular)),
        "both tables \"%s\" and \"%s\" fit", plural, singular);
    return NULL;
  }
  if (one == NULL && many == NULL)
    problem_of_resource(build, resource, table_fix(build, nearest_table(build, plural)),
                        "there is no table \"%s\" or \"%s\" in the search path", plural, singular);
  return many != NULL ? many : one;
}

static void resolve_table(struct graph_build *build, struct graph_resource *resource)
{
  const char *name = resource->message->options->table;
  const struct catalog_table *table =
      text_given(name) ? named_table(build, resource, name) : inferred_table(build, resource);
  if (table != NULL && !table->selectable) {
    problem_of_resource(build, resource,
                        arena_printf(build->arena, "GRANT SELECT ON %s.%s TO …;", table->schema, table->name),
                        "the role may not read table \"%s\"", table->name);
    table = NULL;
  }
  resource->table = table;
}

/* ---- keys ---- */

/* A key is named by columns; a field's name will do where it stands for another column. */
static const struct catalog_column *key_column(const struct graph_resource *resource, const char *name)
{
  const struct catalog_column *column = catalog_find_column(resource->table, str_from(name));
  const struct schema_field *field = schema_message_field(resource->message, str_from(name));
  if (column == NULL && field != NULL && field->options != NULL && text_given(field->options->column))
    column = catalog_find_column(resource->table, str_from(field->options->column));
  return column;
}

static bool is_view(const struct catalog_table *table)
{
  return table->kind == 'v' || table->kind == 'm';
}

/* One line for each unique key that could serve, as an option to paste. */
static const char *key_fixes(struct graph_build *build, const struct catalog_table *table)
{
  struct strbuf text = {0};
  for (size_t i = 0; i < table->n_keys; i++) {
    strbuf_printf(&text, "%soption (rowan.v1.resource) = {key: [", text.len > 0 ? "\n" : "");
    for (size_t j = 0; j < table->keys[i].n_columns; j++)
      strbuf_printf(&text, "%s\"%s\"", j > 0 ? ", " : "", table->keys[i].columns[j]->name);
    strbuf_puts(&text, "]};");
  }
  if (text.len == 0)
    strbuf_puts(&text, "option (rowan.v1.resource) = {key: [\"…\"]};");
  const char *fixes = arena_strdup(build->arena, strbuf_text(&text));
  strbuf_done(&text);
  return fixes;
}

/* Whether the columns may identify rows; a view's declaration is believed, for the catalog cannot tell. */
static bool check_key(struct graph_build *build, struct graph_resource *resource,
                      const struct catalog_key *key)
{
  for (size_t i = 0; i < key->n_columns; i++) {
    const struct catalog_column *column = key->columns[i];
    if (!column->selectable) {
      problem_of_resource(build, resource, NULL, "the role may not read key column \"%s\"", column->name);
      return false;
    }
    if (!column->not_null && !is_view(resource->table)) {
      problem_of_resource(build, resource, NULL, "column \"%s\" may be NULL and cannot be part of the key",
                          column->name);
      return false;
    }
  }
  if (is_view(resource->table) || catalog_is_unique(resource->table, key->columns, key->n_columns))
    return true;
  problem_of_resource(
      build, resource, key_fixes(build, resource->table),
      "the key is not unique in table \"%s\": no primary key, unique constraint or plain unique index "
      "lies within its columns",
      resource->table->name);
  return false;
}

static const struct catalog_key *declared_key(struct graph_build *build, struct graph_resource *resource)
{
  const Rowan__V1__ResourceOptions *options = resource->message->options;
  struct catalog_key *key = ARENA_NEW(build->arena, struct catalog_key);
  key->columns = ARENA_ARRAY(build->arena, const struct catalog_column *, options->n_key);
  for (size_t i = 0; i < options->n_key; i++) {
    const struct catalog_column *column = key_column(resource, options->key[i]);
    if (column == NULL) {
      const char *nearest = nearest_column(build, resource->table, str_from(options->key[i]));
      const char *fix = nearest == NULL ? NULL : arena_printf(build->arena, "key: [\"%s\"]", nearest);
      problem_of_resource(build, resource, fix, "key: table \"%s\" has no column \"%s\"",
                          resource->table->name, options->key[i]);
      return NULL;
    }
    key->columns[key->n_columns++] = column;
  }
  return key;
}

static void resolve_key(struct graph_build *build, struct graph_resource *resource)
{
  const struct catalog_key *key = catalog_primary_key(resource->table);
  if (resource->message->options->n_key > 0)
    key = declared_key(build, resource);
  else if (key == NULL)
    problem_of_resource(build, resource, key_fixes(build, resource->table), "%s \"%s\" has no primary key",
                        is_view(resource->table) ? "view" : "table", resource->table->name);
  if (key != NULL && check_key(build, resource, key))
    resource->key = key;
}

/* ---- resources ---- */

static struct graph_resource *resource_new(struct graph_build *build, const struct schema_message *message)
{
  struct graph_resource *resource = ARENA_NEW(build->arena, struct graph_resource);
  *resource = (struct graph_resource){.message = message, .n_fields = message->n_fields};
  resource->fields = ARENA_ARRAY(build->arena, struct graph_field, message->n_fields);
  for (size_t i = 0; i < message->n_fields; i++)
    resource->fields[i] =
        (struct graph_field){.field = &message->fields[i], .resource = resource, .index = i};
  if (text_given(message->options->default_mask))
    resource->default_mask = message->options->default_mask;
  return resource;
}

void build_resources(struct graph_build *build)
{
  struct {
    struct graph_resource **items;
    size_t n, cap;
  } resources = {0};
  for (size_t i = 0; i < build->schema->n_messages; i++) {
    const struct schema_message *message = build->schema->messages[i];
    if (message->options == NULL)
      continue;
    struct graph_resource *resource = resource_new(build, message);
    resolve_table(build, resource);
    if (resource->table != NULL)
      resolve_key(build, resource);
    VEC_PUSH(build->arena, &resources, resource);
  }
  build->graph->resources = resources.items;
  build->graph->n_resources = resources.n;
}

/* ---- fields ---- */

enum declared_kind field_declared(const struct schema_field *field)
{
  const Rowan__V1__FieldOptions *options = field->options;
  if (options != NULL) {
    if (options->ignore)
      return DECLARED_IGNORED;
    if (options->relation != NULL)
      return DECLARED_RELATION;
    if (options->aggregate != NULL)
      return DECLARED_AGGREGATE;
    if (text_given(options->source))
      return DECLARED_SOURCE;
    if (text_given(options->has_more))
      return DECLARED_HAS_MORE;
    if (text_given(options->next_page_token))
      return DECLARED_NEXT_PAGE_TOKEN;
    if (options->embed != NULL)
      return DECLARED_EMBED;
    if (text_given(options->function))
      return DECLARED_FUNCTION;
    if (text_given(options->column))
      return DECLARED_COLUMN;
  }
  bool relation =
      field->message != NULL && field->message->well_known == WELL_KNOWN_NONE && !field->message->map_entry;
  return relation ? DECLARED_RELATION : DECLARED_COLUMN;
}

/* NULL, or the part of a field's declaration that is of a later version. */
static const char *unserved(const struct schema_field *field)
{
  const Rowan__V1__FieldOptions *options = field->options;
  if (options == NULL)
    return NULL;
  if (options->n_required_scopes > 0)
    return "required_scopes";
  return NULL;
}

/* NULL, or why the annotation contradicts itself or its place. */
static const char *contradiction(const struct schema_field *field)
{
  const Rowan__V1__FieldOptions *options = field->options;
  if (options == NULL)
    return NULL;
  int n = text_given(options->column) + (options->relation != NULL) + text_given(options->source) +
          (options->aggregate != NULL) + text_given(options->has_more) +
          text_given(options->next_page_token) + (options->embed != NULL) + text_given(options->function);
  if (n > 1)
    return "column, relation, source, aggregate, has_more, next_page_token, embed and function exclude each "
           "other";
  if (text_given(options->variant_value) && !field_is_variant(field))
    return "variant_value has a meaning in members of a oneof with a discriminator only";
  if (options->relation != NULL && options->relation->max_depth > 1 && field_is_variant(field))
    return "relation.max_depth has no meaning in a oneof with a discriminator";
  if (text_given(options->operator_))
    return "operator has a meaning in requests only";
  if (options->total_size != ROWAN__V1__TOTAL_SIZE__TOTAL_SIZE_UNSPECIFIED)
    return "total_size has a meaning in responses only";
  return NULL;
}

bool field_is(const struct graph_field *field, enum declared_kind kind)
{
  return field_declared(field->field) == kind && unserved(field->field) == NULL &&
         contradiction(field->field) == NULL;
}

/* Reports what cannot be, whatever the catalog says. */
static void check_declaration(struct graph_build *build, struct graph_field *field)
{
  const char *later = unserved(field->field), *wrong = contradiction(field->field);
  if (field_declared(field->field) == DECLARED_IGNORED)
    return;
  if (later != NULL)
    problem_of_field(build, field, FIX_IGNORE,
                     "%s is not served by this version: annotate with (rowan.v1.field).ignore = true", later);
  else if (wrong != NULL)
    problem_of_field(build, field, NULL, "%s", wrong);
}

static void unknown_column(struct graph_build *build, struct graph_field *field, const char *name)
{
  const struct catalog_table *table = field->resource->table;
  const char *nearest = nearest_column(build, table, str_from(name));
  const char *fix = nearest == NULL
                        ? FIX_IGNORE
                        : arena_printf(build->arena, "[(rowan.v1.field).column = \"%s\"]", nearest);
  problem_of_field(build, field, fix, "table \"%s\" has no column \"%s\"", table->name, name);
}

static void warn_of_null(struct graph_build *build, const struct graph_field *field)
{
  const struct schema_field *declared = field->field;
  if (field->column->not_null || declared->repeated || field_has_presence(declared) ||
      is_view(field->resource->table))
    return;
  warning_of_field(
      build, field, arena_printf(build->arena, "optional … %s = %u;", declared->name, declared->number),
      "column \"%s\" may be NULL, which a field without presence cannot tell from its zero value",
      field->column->name);
}

static void build_column(struct graph_build *build, struct graph_field *field)
{
  const Rowan__V1__FieldOptions *options = field->field->options;
  const char *name = options != NULL && text_given(options->column) ? options->column : field->field->name;
  const struct catalog_column *column = catalog_find_column(field->resource->table, str_from(name));
  struct error error;
  if (column == NULL) {
    unknown_column(build, field, name);
  } else if (!column->selectable) {
    problem_of_field(build, field, FIX_IGNORE, "the role may not read column \"%s\" of table \"%s\"", name,
                     column->table->name);
  } else if (!codec_resolve(column->type, field->field, build->arena, &field->codec, &error)) {
    problem_of_field(build, field, NULL, "column \"%s\": %s", name, error.message);
  } else {
    field->kind = GRAPH_FIELD_COLUMN;
    field->column = column;
    warn_of_null(build, field);
  }
}

void build_columns(struct graph_build *build)
{
  for (size_t i = 0; i < build->graph->n_resources; i++) {
    struct graph_resource *resource = build->graph->resources[i];
    for (size_t j = 0; j < resource->n_fields; j++) {
      check_declaration(build, &resource->fields[j]);
      if (resource->table != NULL && field_is(&resource->fields[j], DECLARED_COLUMN))
        build_column(build, &resource->fields[j]);
    }
  }
}

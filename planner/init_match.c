/*
 * init_match.c - what of the model the existing files have already, and what of theirs the database lost.
 *
 * A message is known by its table, a column's field by its column, a relation by its foreign key or junction:
 * names, numbers and everything else belong to whoever edits the files.  A relation without annotation is
 * known by its target, as the server infers it.
 *
 * A name that a message reserves was taken out on purpose and does not come back.
 */
#include "planner/graph_names.h"
#include "planner/init_model.h"

#define FIELD "rowan.v1.field"
#define RELATION FIELD ".relation"

/* ---- messages ---- */

static bool is_resource(const struct text_message *message)
{
  static const char path[] = "rowan.v1.resource";
  for (size_t i = 0; i < message->options.n; i++)
    if (strncmp(message->options.items[i].path, path, strlen(path)) == 0)
      return true;
  return false;
}

static const struct catalog_table *message_table(const struct init_build *build,
                                                 const struct text_message *message)
{
  const char *name = text_option(&message->options, "rowan.v1.resource.table");
  if (!is_resource(message))
    return NULL;
  if (name != NULL)
    return catalog_find_table(build->catalog, str_from(name));
  name = name_snake(build->arena, message->name);
  const struct catalog_table *table =
      catalog_find_table(build->catalog, str_from(name_plural(build->arena, name)));
  return table != NULL ? table : catalog_find_table(build->catalog, str_from(name));
}

const struct text_message *init_find_message(const struct init_build *build,
                                             const struct catalog_table *table)
{
  for (size_t i = 0; i < build->n_texts; i++)
    for (size_t j = 0; j < build->texts[i].messages.n; j++)
      if (build->texts[i].messages.items[j].table == table)
        return &build->texts[i].messages.items[j];
  return NULL;
}

/* ---- fields ---- */

/* What makes a field neither a column nor a relation, and leaves it to whoever wrote it. */
static bool is_derived(const struct text_field *field)
{
  static const char *const paths[] = {FIELD ".source",   FIELD ".aggregate", FIELD ".has_more",
                                      FIELD ".function", FIELD ".embed",     FIELD ".next_page_token",
                                      FIELD ".ignore"};
  for (size_t i = 0; i < LENGTH_OF(paths); i++)
    if (text_option(&field->options, paths[i]) != NULL)
      return true;
  return false;
}

/* The name behind the last dot. */
static const char *type_name(const struct text_field *field)
{
  const char *dot = strrchr(field->type, '.');
  return dot == NULL ? field->type : dot + 1;
}

static bool is_value_message(const struct text_field *field)
{
  return strncmp(field->type, "map<", 4) == 0 || strstr(field->type, "google.") != NULL;
}

static bool is_relation(const struct text_field *field, const struct name_set *messages)
{
  return text_option_count(&field->options, RELATION) > 0 ||
         text_option(&field->options, RELATION ".foreign_key") != NULL ||
         text_option(&field->options, RELATION ".through.table") != NULL ||
         (!is_value_message(field) && name_set_has(messages, type_name(field)));
}

static void read_message(struct init_build *build, struct text_message *message, const struct name_set *names)
{
  message->table = message_table(build, message);
  for (size_t i = 0; i < message->fields.n; i++)
    message->fields.items[i].leads = is_relation(&message->fields.items[i], names);
}

void init_match_messages(struct init_build *build)
{
  struct name_set names = {.arena = build->arena};
  for (size_t i = 0; i < build->n_texts; i++)
    for (size_t j = 0; j < build->texts[i].messages.n; j++)
      name_set_add(&names, build->texts[i].messages.items[j].name);
  for (size_t i = 0; i < build->n_texts; i++)
    for (size_t j = 0; j < build->texts[i].messages.n; j++)
      read_message(build, &build->texts[i].messages.items[j], &names);
}

static const char *column_name(const struct text_field *field)
{
  const char *name = text_option(&field->options, FIELD ".column");
  return name != NULL ? name : field->name;
}

/* Whether the option lists the columns, in order; an absent one counts as `absent`. */
static bool lists_columns(const struct text_options *options, const char *path,
                          const struct catalog_column *const *columns, size_t n, bool absent)
{
  size_t found = 0;
  for (size_t i = 0; i < options->n; i++) {
    if (strcmp(options->items[i].path, path) != 0)
      continue;
    if (found >= n || strcmp(options->items[i].value, columns[found]->name) != 0)
      return false;
    found++;
  }
  return found == 0 ? absent : found == n;
}

static bool follows_through(const struct init_build *build, const struct init_field *field,
                            const struct text_field *text)
{
  const char *table = text_option(&text->options, RELATION ".through.table");
  return table != NULL && catalog_find_table(build->catalog, str_from(table)) == field->key->table &&
         strcmp(type_name(text), field->target->name) == 0 &&
         lists_columns(&text->options, RELATION ".through.source_columns", field->key->columns,
                       field->key->n_columns, true) &&
         lists_columns(&text->options, RELATION ".through.target_columns", field->target_key->columns,
                       field->target_key->n_columns, true);
}

static bool follows_key(const struct init_field *field, const struct text_field *text)
{
  const struct catalog_foreign_key *key = field->key;
  const char *name = text_option(&text->options, RELATION ".foreign_key");
  bool forward = field->kind == INIT_FORWARD;
  if (text_option(&text->options, RELATION ".through.table") != NULL || text->repeated != field->repeated ||
      strcmp(type_name(text), field->target->name) != 0)
    return false;
  if (name != NULL)
    return strcmp(name, key->name) == 0;
  return lists_columns(&text->options, RELATION ".columns", forward ? key->columns : key->reference_columns,
                       key->n_columns, text_option(&text->options, RELATION ".references") != NULL) &&
         lists_columns(&text->options, RELATION ".references",
                       forward ? key->reference_columns : key->columns, key->n_columns,
                       text_option(&text->options, RELATION ".columns") != NULL);
}

/* A relation without a word about its keys: by target, and by name where that decides. */
static bool follows_unsaid(const struct init_field *field, const struct text_field *text)
{
  static const char *const said[] = {RELATION ".foreign_key", RELATION ".columns", RELATION ".references",
                                     RELATION ".through.table"};
  for (size_t i = 0; i < LENGTH_OF(said); i++)
    if (text_option(&text->options, said[i]) != NULL)
      return false;
  return text->repeated == field->repeated && strcmp(type_name(text), field->target->name) == 0;
}

static bool is_same(const struct init_build *build, const struct init_field *field,
                    const struct text_field *text)
{
  if (is_derived(text))
    return false;
  if (field->kind == INIT_COLUMN)
    return !text->leads && strcmp(column_name(text), field->column->name) == 0;
  if (!text->leads)
    return false;
  return field->kind == INIT_THROUGH ? follows_through(build, field, text) : follows_key(field, text);
}

static const struct text_field *find_field(const struct init_build *build, const struct init_field *field,
                                           const struct text_message *message)
{
  for (size_t i = 0; i < message->fields.n; i++)
    if (is_same(build, field, &message->fields.items[i]))
      return &message->fields.items[i];
  return NULL;
}

static bool is_claimed(const struct init_resource *resource, const struct text_field *text)
{
  for (size_t i = 0; i < resource->fields.n; i++)
    if (resource->fields.items[i].existing == text)
      return true;
  return false;
}

/* The unsaid relations that are left, first those of the very name, then any of the same target. */
static void match_unsaid(const struct init_build *build, struct init_resource *resource, bool by_name)
{
  const struct text_message *message = resource->existing;
  for (size_t i = 0; i < message->fields.n; i++) {
    const struct text_field *text = &message->fields.items[i];
    for (size_t j = 0; j < resource->fields.n && !is_claimed(resource, text); j++) {
      struct init_field *field = &resource->fields.items[j];
      if (field->kind != INIT_COLUMN && field->existing == NULL && text->leads && !is_derived(text) &&
          (!by_name || strcmp(text->name, field->name) == 0) && follows_unsaid(field, text))
        field->existing = text;
    }
  }
}

static void match_fields(const struct init_build *build, struct init_resource *resource)
{
  if (resource->existing == NULL)
    return;
  for (size_t i = 0; i < resource->fields.n; i++)
    resource->fields.items[i].existing = find_field(build, &resource->fields.items[i], resource->existing);
  match_unsaid(build, resource, true);
  match_unsaid(build, resource, false);
}

/* ---- names ---- */

static void take_existing_names(struct name_set *names, const struct text_message *message)
{
  for (size_t i = 0; i < message->fields.n; i++)
    name_set_add(names, init_json_key(names->arena, message->fields.items[i].name));
  for (size_t i = 0; i < message->other_names.n; i++)
    name_set_add(names, init_json_key(names->arena, message->other_names.items[i]));
  for (size_t i = 0; i < message->reserved.n; i++)
    name_set_add(names, init_json_key(names->arena, message->reserved.items[i]));
}

static bool try_name(struct name_set *names, struct init_field *field, const char *name)
{
  const char *key = init_json_key(names->arena, name);
  if (name_set_has(names, key))
    return false;
  name_set_add(names, key);
  field->name = name;
  return true;
}

static void name_field(struct name_set *names, struct init_field *field)
{
  const char *name = field->name;
  if (try_name(names, field, name))
    return;
  if (field->alternative != NULL && try_name(names, field, field->alternative))
    return;
  unsigned n = 2;
  while (!try_name(names, field, arena_printf(names->arena, "%s_%u", name, n)))
    n++;
}

static bool is_column_name(const struct init_field *field)
{
  return field->kind == INIT_COLUMN && strcmp(field->name, field->column->name) == 0;
}

/* Columns whose names will do as they are have the first choice. */
static void name_fields(struct init_build *build, struct init_resource *resource)
{
  struct name_set names = {.arena = build->arena};
  if (resource->existing != NULL)
    take_existing_names(&names, resource->existing);
  for (unsigned pass = 0; pass < 2; pass++)
    for (size_t i = 0; i < resource->fields.n; i++) {
      struct init_field *field = &resource->fields.items[i];
      if (field->existing != NULL || field->left_out || field->named)
        continue;
      field->left_out =
          resource->existing != NULL && text_has_name(&resource->existing->reserved, field->name);
      field->named = !field->left_out && (pass == 1 || is_column_name(field));
      if (field->named)
        name_field(&names, field);
    }
}

/* ---- enums ---- */

static const struct text_enum *find_enum(const struct init_build *build, const char *name)
{
  for (size_t i = 0; i < build->n_texts; i++)
    for (size_t j = 0; j < build->texts[i].enums.n; j++)
      if (strcmp(build->texts[i].enums.items[j].name, name) == 0)
        return &build->texts[i].enums.items[j];
  return NULL;
}

/* An enum is known by the fields that have its type, else by its name. */
static void match_enums(struct init_build *build)
{
  for (size_t i = 0; i < build->resources.n; i++)
    for (size_t j = 0; j < build->resources.items[i]->fields.n; j++) {
      struct init_field *field = &build->resources.items[i]->fields.items[j];
      if (field->enumeration != NULL && field->enumeration->existing == NULL && field->existing != NULL)
        field->enumeration->existing = find_enum(build, type_name(field->existing));
    }
  for (size_t i = 0; i < build->enums.n; i++) {
    const char *name = init_identifier(build->arena, build->enums.items[i]->type->name, "type");
    if (build->enums.items[i]->existing == NULL)
      build->enums.items[i]->existing = find_enum(build, init_pascal(build->arena, name));
  }
}

void init_match(struct init_build *build)
{
  for (size_t i = 0; i < build->resources.n; i++) {
    match_fields(build, build->resources.items[i]);
    name_fields(build, build->resources.items[i]);
  }
  match_enums(build);
}

/* ---- what is gone ---- */

/* Whether the type is surely that of a column: one that is declared elsewhere may be a message. */
static bool is_value(const struct init_build *build, const struct text_field *field)
{
  static const char *const scalars[] = {"double",   "float",  "int32",    "int64",   "uint32",
                                        "uint64",   "sint32", "sint64",   "fixed32", "fixed64",
                                        "sfixed32", "bool",   "sfixed64", "string",  "bytes"};
  for (size_t i = 0; i < LENGTH_OF(scalars); i++)
    if (strcmp(field->type, scalars[i]) == 0)
      return true;
  return is_value_message(field) || find_enum(build, type_name(field)) != NULL;
}

static bool has_foreign_key(const struct catalog *catalog, const struct catalog_table *table,
                            const char *name)
{
  for (size_t i = 0; i < catalog->n_foreign_keys; i++) {
    const struct catalog_foreign_key *key = &catalog->foreign_keys[i];
    if ((key->table == table || key->references == table) && strcmp(key->name, name) == 0)
      return true;
  }
  return false;
}

bool init_is_gone(const struct init_build *build, const struct catalog_table *table,
                  const struct text_field *field)
{
  if (is_derived(field))
    return false;
  if (!field->leads)
    return catalog_find_column(table, str_from(column_name(field))) == NULL && is_value(build, field);
  const char *key = text_option(&field->options, RELATION ".foreign_key");
  const char *junction = text_option(&field->options, RELATION ".through.table");
  if (junction != NULL)
    return catalog_find_table(build->catalog, str_from(junction)) == NULL;
  return key != NULL && !has_foreign_key(build->catalog, table, key);
}

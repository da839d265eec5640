/*
 * init_tables.c - which tables become resources, by which key, and under which names.
 *
 * A resource needs a key whose columns the role may read and that cannot be NULL.  Of a view the catalog
 * knows none (a materialized view may have a unique index): it becomes a resource once somebody declares it
 * with its key.
 *
 * A message that exists keeps its table a resource whatever the options say: they tell what is added.
 */
#include <stdarg.h>

#include "planner/graph_names.h"
#include "planner/init_model.h"

void init_note(struct init_build *build, const char *format, ...)
{
  struct strbuf text = {0};
  va_list args;
  va_start(args, format);
  strbuf_vprintf(&text, format, args);
  va_end(args);
  VEC_PUSH(build->arena, &build->result->notes, arena_strdup(build->arena, strbuf_text(&text)));
  strbuf_done(&text);
}

struct init_resource *init_find_resource(const struct init_build *build, const struct catalog_table *table)
{
  for (size_t i = 0; i < build->resources.n; i++)
    if (build->resources.items[i]->table == table)
      return build->resources.items[i];
  return NULL;
}

/* ---- which tables ---- */

static bool names_table(const char *name, const struct catalog_table *table)
{
  const char *dot = strchr(name, '.');
  if (dot == NULL)
    return strcmp(name, table->name) == 0;
  struct str schema = {name, (size_t)(dot - name)};
  return str_equal_text(schema, table->schema) && strcmp(dot + 1, table->name) == 0;
}

static bool is_asked_for(const struct init_build *build, const struct catalog_table *table)
{
  const struct init_options *options = build->options;
  bool of_schema = false;
  for (size_t i = 0; i < options->n_schemas; i++)
    of_schema = of_schema || strcmp(options->schemas[i], table->schema) == 0;
  for (size_t i = 0; i < options->n_tables; i++)
    if (names_table(options->tables[i], table))
      return of_schema || strchr(options->tables[i], '.') != NULL;
  return of_schema && options->n_tables == 0;
}

static bool is_left_out(const struct init_build *build, const struct catalog_table *table)
{
  for (size_t i = 0; i < build->n_texts; i++)
    for (size_t j = 0; j < build->texts[i].left_out.n; j++)
      if (names_table(build->texts[i].left_out.items[j], table))
        return true;
  return false;
}

/* A table's name as annotations take it; a dot would be read as the schema's end. */
static bool can_be_named(const struct catalog_table *table)
{
  return strchr(table->name, '.') == NULL && strchr(table->schema, '.') == NULL;
}

/* ---- keys ---- */

static bool is_view(const struct catalog_table *table)
{
  return table->kind == 'v' || table->kind == 'm';
}

static bool key_serves(const struct catalog_table *table, const struct catalog_key *key)
{
  bool array;
  for (size_t i = 0; i < key->n_columns; i++)
    if (!key->columns[i]->selectable || (!key->columns[i]->not_null && !is_view(table)) ||
        (init_value_type(key->columns[i], &array), array))
      return false;
  return key->n_columns > 0;
}

/* The primary key, else the first unique key that serves. */
static const struct catalog_key *find_key(const struct catalog_table *table)
{
  for (size_t i = 0; i < table->n_keys; i++)
    if (key_serves(table, &table->keys[i]))
      return &table->keys[i];
  return NULL;
}

/* The key that a message declares; NULL when it declares none, or one that cannot be read here. */
static const struct catalog_key *declared_key(struct init_build *build, const struct text_message *message,
                                              const struct catalog_table *table)
{
  static const char path[] = "rowan.v1.resource.key";
  struct catalog_key *key = ARENA_NEW(build->arena, struct catalog_key);
  key->columns = ARENA_ARRAY(build->arena, const struct catalog_column *, message->options.n);
  for (size_t i = 0; i < message->options.n; i++) {
    if (strcmp(message->options.items[i].path, path) != 0)
      continue;
    const struct catalog_column *column =
        catalog_find_column(table, str_from(message->options.items[i].value));
    if (column == NULL)
      return NULL;
    key->columns[key->n_columns++] = column;
  }
  return key->n_columns > 0 ? key : NULL;
}

/* ---- resources ---- */

static void add_resource(struct init_build *build, const struct catalog_table *table,
                         const struct text_message *existing, const struct catalog_key *key)
{
  struct init_resource *resource = ARENA_NEW(build->arena, struct init_resource);
  *resource = (struct init_resource){.table = table,
                                     .existing = existing,
                                     .key = key,
                                     .declares_key = key != catalog_primary_key(table),
                                     .component = build->resources.n};
  resource->singular = init_singular(build->arena, init_identifier(build->arena, table->name, "table"));
  if (existing != NULL) {
    resource->name = existing->name;
    resource->singular = name_snake(build->arena, existing->name);
    /* A message that says nothing but its table asks for the rest. */
    resource->complete = existing->fields.n > 0 || key == NULL;
  }
  resource->plural = name_plural(build->arena, resource->singular);
  VEC_PUSH(build->arena, &build->resources, resource);
}

static void add_existing(struct init_build *build, const struct catalog_table *table,
                         const struct text_message *message)
{
  const struct catalog_key *key = declared_key(build, message, table);
  key = key != NULL ? key : find_key(table);
  if (table->selectable)
    add_resource(build, table, message, key);
}

static void add_new(struct init_build *build, const struct catalog_table *table)
{
  const struct catalog_key *key = find_key(table);
  const char *what = table->kind == 'v'   ? "view"
                     : table->kind == 'm' ? "materialized view"
                     : table->kind == 'f' ? "foreign table"
                                          : "table";
  if (!table->selectable)
    init_note(build, "%s %s: left out, the role may not read it", what, table->name);
  else if (!can_be_named(table))
    init_note(build, "%s %s: left out, annotations cannot hold a name with a dot", what, table->name);
  else if (key == NULL && !init_is_bare_junction(build->catalog, table)) {
    init_note(build, "%s %s: left out, the catalog knows no key of it", what, table->name);
    build->keyless = build->keyless != NULL ? build->keyless : table;
  } else if (key != NULL && !init_is_bare_junction(build->catalog, table))
    add_resource(build, table, NULL, key);
}

void init_build_resources(struct init_build *build)
{
  for (size_t i = 0; i < build->catalog->n_tables; i++) {
    const struct catalog_table *table = build->catalog->tables[i];
    const struct text_message *message = init_find_message(build, table);
    if (message != NULL)
      add_existing(build, table, message);
    else if (is_asked_for(build, table) && !is_left_out(build, table))
      add_new(build, table);
  }
}

void init_note_keyless(struct init_build *build)
{
  const struct catalog_table *table = build->keyless;
  if (table == NULL)
    return;
  const char *singular = init_singular(build->arena, init_identifier(build->arena, table->name, "table"));
  init_note(
      build,
      "what has no key in the catalog is written once a file says it, and --update is given: message %s { "
      "option (rowan.v1.resource) = {table: \"%s%s%s\", key: [\"…\"]}; }",
      init_pascal(build->arena, singular), table->in_search_path ? "" : table->schema,
      table->in_search_path ? "" : ".", table->name);
}

/* ---- names ---- */

/* What a resource brings along besides its message. */
static const char *const companions[] = {"%sService",          "Get%sRequest",    "BatchGet%sRequest",
                                         "BatchGet%sResponse", "List%sRequest",   "List%sResponse",
                                         "Stream%sRequest",    "Stream%sResponse"};
enum { FIRST_PLURAL = 2 };

/* Calls `visit` with every name that the resource brings; stops when it returns false. */
static bool each_name(struct init_build *build, const char *name, const char *plural,
                      bool (*visit)(struct init_build *build, const char *name))
{
  if (!visit(build, name))
    return false;
  for (size_t i = 0; i < LENGTH_OF(companions); i++) {
    struct strbuf text = {0};
    const char *percent = strchr(companions[i], '%');
    strbuf_printf(&text, "%.*s%s%s", (int)(percent - companions[i]), companions[i],
                  i < FIRST_PLURAL ? name : plural, percent + 2);
    bool go_on = visit(build, arena_strdup(build->arena, strbuf_text(&text)));
    strbuf_done(&text);
    if (!go_on)
      return false;
  }
  return true;
}

static bool is_free(struct init_build *build, const char *name)
{
  return !name_set_has(&build->symbols, name);
}

static bool take(struct init_build *build, const char *name)
{
  name_set_add(&build->symbols, name);
  return true;
}

static bool try_name(struct init_build *build, struct init_resource *resource, const char *singular)
{
  const char *name = init_pascal(build->arena, singular), *plural = name_plural(build->arena, singular);
  if (!each_name(build, name, init_pascal(build->arena, plural), is_free))
    return false;
  each_name(build, name, init_pascal(build->arena, plural), take);
  resource->name = name;
  resource->singular = singular;
  resource->plural = plural;
  return true;
}

/* The table's name in the singular, else as it is (with its schema, where that must be said), else with a
 * number. */
static void name_resource(struct init_build *build, struct init_resource *resource)
{
  const char *singular = resource->singular;
  const char *whole = init_identifier(build->arena, resource->table->name, "table");
  if (!resource->table->in_search_path) {
    const char *schema = init_identifier(build->arena, resource->table->schema, "schema");
    whole = arena_printf(build->arena, "%s_%s", schema, singular);
  }
  if (try_name(build, resource, singular) || try_name(build, resource, whole))
    return;
  unsigned n = 2;
  while (!try_name(build, resource, arena_printf(build->arena, "%s_%u", whole, n)))
    n++;
}

static void name_all(struct init_build *build, bool in_search_path)
{
  for (size_t i = 0; i < build->resources.n; i++) {
    struct init_resource *resource = build->resources.items[i];
    if (resource->name == NULL && resource->table->in_search_path == in_search_path)
      name_resource(build, resource);
  }
}

/* Tables that need no schema have the first choice. */
void init_name_resources(struct init_build *build)
{
  name_all(build, true);
  name_all(build, false);
}

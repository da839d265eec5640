#include "planner/init.h"

#include <stdlib.h>

#include "planner/init_model.h"

const char *init_default_package(struct arena *arena, const char *database)
{
  const char *name = init_identifier(arena, database, "db");
  bool taken = strcmp(name, "rowan") == 0 || strcmp(name, "google") == 0;
  return arena_printf(arena, "%s%s.v1", name, taken ? "_db" : "");
}

/* ---- what is there ---- */

static const char *folder_of(struct arena *arena, const char *package)
{
  char *folder = arena_strdup(arena, package);
  for (char *p = folder; *p != '\0'; p++)
    *p = *p == '.' ? '/' : *p;
  return folder;
}

static void take_symbols(struct init_build *build, const struct text_file *text)
{
  for (size_t i = 0; i < text->messages.n; i++)
    name_set_add(&build->symbols, text->messages.items[i].name);
  for (size_t i = 0; i < text->services.n; i++)
    name_set_add(&build->symbols, text->services.items[i]);
  for (size_t i = 0; i < text->enums.n; i++) {
    name_set_add(&build->symbols, text->enums.items[i].name);
    for (size_t j = 0; j < text->enums.items[i].values.n; j++)
      name_set_add(&build->symbols, text->enums.items[i].values.items[j].name);
  }
}

static bool read_existing(struct init_build *build, const struct init_files *existing, struct error *error)
{
  build->texts = ARENA_ARRAY(build->arena, struct text_file, existing->n);
  for (size_t i = 0; i < existing->n; i++) {
    struct text_file *text = &build->texts[build->n_texts];
    if (!text_file_read(existing->items[i].path, existing->items[i].text, build->arena, text, error))
      return false;
    if (strcmp(text->package, build->options->package) != 0)
      continue;
    build->n_texts++;
    take_symbols(build, text);
  }
  return true;
}

static bool check_tables(const struct init_build *build, struct error *error)
{
  for (size_t i = 0; i < build->options->n_tables; i++) {
    const char *name = build->options->tables[i], *dot = strchr(name, '.');
    bool found = false;
    for (size_t j = 0; j < build->catalog->n_tables; j++)
      found = found || strcmp(build->catalog->tables[j]->name, dot == NULL ? name : dot + 1) == 0;
    if (!found)
      return error_set(error, ERROR_FAILED_PRECONDITION, "UNKNOWN_TABLE", "there is no table or view \"%s\"",
                       name);
  }
  return true;
}

/* ---- the result ---- */

static struct strbuf *next_declaration(struct init_output *output)
{
  if (output->added.len > 0)
    strbuf_putc(&output->added, '\n');
  return &output->added;
}

static void write_resources(struct init_build *build)
{
  for (size_t i = 0; i < build->resources.n; i++) {
    struct init_resource *resource = build->resources.items[i];
    if (resource->existing != NULL)
      init_edit_message(build, resource);
    else
      init_write_message(build, resource, next_declaration(resource->output));
  }
  for (size_t i = 0; i < build->enums.n; i++) {
    struct init_enum *enumeration = build->enums.items[i];
    if (enumeration->output == NULL)
      continue;
    if (enumeration->existing != NULL)
      init_edit_enum(build, enumeration);
    else
      init_write_enum(build, enumeration, next_declaration(enumeration->output));
  }
  for (size_t i = 0; i < build->services.n; i++)
    init_write_service(build->services.items[i], &build->services.items[i]->output->added);
}

/* Messages whose table is gone stay: removing an API is for people to decide. */
static void note_lost_tables(struct init_build *build)
{
  for (size_t i = 0; i < build->n_texts; i++)
    for (size_t j = 0; j < build->texts[i].messages.n; j++) {
      const struct text_message *message = &build->texts[i].messages.items[j];
      const char *table = text_option(&message->options, "rowan.v1.resource.table");
      if (message->table == NULL && table != NULL)
        init_note(build, "%s: the database no longer has the table %s; take the message out by hand",
                  message->name, table);
    }
}

static int compare_files(const void *a, const void *b)
{
  return strcmp(((const struct init_file *)a)->path, ((const struct init_file *)b)->path);
}

static bool is_changed(const struct init_output *output)
{
  return output->existing == NULL || output->added.len > 0 || output->edits.n > 0 || output->imports.n > 0;
}

static void collect_files(struct init_build *build)
{
  struct init_files *files = &build->result->files;
  for (size_t i = 0; i < build->outputs.n; i++) {
    struct init_output *output = build->outputs.items[i];
    if (!is_changed(output))
      continue;
    struct init_file file = {output->path, init_output_text(build, output)};
    VEC_PUSH(build->arena, files, file);
  }
  if (files->n > 1)
    qsort(files->items, files->n, sizeof(*files->items), compare_files);
}

/* All of the model, then all of its text. */
static bool run(struct init_build *build, const struct init_files *existing, struct error *error)
{
  if (!check_tables(build, error) || !read_existing(build, existing, error) ||
      !init_read_references(build, error))
    return false;
  init_match_messages(build);
  init_build_resources(build);
  init_name_resources(build);
  init_build_columns(build);
  init_build_relations(build);
  init_match(build);
  init_name_enums(build);
  init_layout(build);
  for (size_t i = 0; i < build->resources.n; i++)
    if (!build->resources.items[i]->complete)
      init_build_service(build, build->resources.items[i]);
  write_resources(build);
  note_lost_tables(build);
  collect_files(build);
  return true;
}

static struct init_build begin(const struct catalog *catalog, const struct init_options *options,
                               struct arena *arena, struct init_result *result)
{
  *result = (struct init_result){0};
  return (struct init_build){.catalog = catalog,
                             .options = options,
                             .arena = arena,
                             .result = result,
                             .folder = folder_of(arena, options->package),
                             .symbols.arena = arena};
}

bool init_generate(const struct catalog *catalog, const struct init_options *options,
                   const struct init_files *existing, struct arena *arena, struct init_result *ret,
                   struct error *error)
{
  struct init_build build = begin(catalog, options, arena, ret);
  if (!run(&build, existing, error))
    return false;
  init_note_keyless(&build);
  return true;
}

/* The text is written as well: that finds what each file imports. */
bool init_describe(const struct catalog *catalog, const struct init_options *options, struct arena *arena,
                   struct str *ret_set, struct init_notes *ret_notes, struct error *error)
{
  struct init_result result;
  struct init_files none = {0};
  struct init_build build = begin(catalog, options, arena, &result);
  if (!run(&build, &none, error) || !init_write_set(&build, ret_set, error))
    return false;
  *ret_notes = result.notes;
  return true;
}

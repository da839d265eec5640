#include "server/command_load.h"

#include <stdio.h>

#include "server/served_schema.h"
#include "storage/catalog_reader.h"

void command_print_error(const struct error *error)
{
  fprintf(stderr, "rowan: %s%s%s\n", error->field, error->field[0] == '\0' ? "" : ": ", error->message);
  if (error->detail[0] != '\0')
    fprintf(stderr, "  %s\n", error->detail);
}

static struct schema *load_schema(const struct settings *settings, const struct catalog *catalog,
                                  struct error *error)
{
  struct arena *arena = arena_new(0);
  struct init_notes notes;
  struct schema *schema = served_schema_load(settings, catalog, NULL, arena, &notes, error);
  for (size_t i = 0; schema != NULL && i < notes.n; i++)
    fprintf(stderr, "rowan: %s\n", notes.items[i]);
  arena_free(arena);
  return schema;
}

struct graph *command_load(const struct settings *settings, struct problems *problems)
{
  struct error error;
  struct catalog *catalog = catalog_read(settings->database, &error);
  if (catalog == NULL) {
    command_print_error(&error);
    return NULL;
  }
  struct schema *schema = load_schema(settings, catalog, &error);
  if (schema == NULL) {
    catalog_free(catalog);
    command_print_error(&error);
    return NULL;
  }
  *problems = (struct problems){.arena = arena_new(0)};
  return graph_build(schema, catalog, problems);
}

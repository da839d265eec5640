#include "server/command_load.h"

#include <stdio.h>

#include "storage/catalog_reader.h"

void command_print_error(const struct error *error)
{
  fprintf(stderr, "rowan: %s%s%s\n", error->field, error->field[0] == '\0' ? "" : ": ", error->message);
  if (error->detail[0] != '\0')
    fprintf(stderr, "  %s\n", error->detail);
}

struct graph *command_load(const struct settings *settings, struct problems *problems)
{
  struct error error;
  struct schema *schema = schema_load_file(settings->descriptor_set, &error);
  if (schema == NULL) {
    command_print_error(&error);
    return NULL;
  }
  struct catalog *catalog = catalog_read(settings->database, &error);
  if (catalog == NULL) {
    schema_free(schema);
    command_print_error(&error);
    return NULL;
  }
  *problems = (struct problems){.arena = arena_new(0)};
  return graph_build(schema, catalog, problems);
}

#include "server/served_schema.h"

#include "proto/schema.h"
#include "server/init_settings.h"

static struct schema *introspect(const struct settings *settings, const struct catalog *catalog,
                                 const struct schema *before, struct arena *arena,
                                 struct init_notes *ret_notes, struct error *error)
{
  struct init_options options;
  struct str set;
  if (!init_settings_options(settings, catalog->database, arena, &options, error) ||
      !init_describe(catalog, &options, arena, &set, ret_notes, error))
    return NULL;
  return schema_load_again(set.data, set.len, before, error);
}

struct schema *served_schema_load(const struct settings *settings, const struct catalog *catalog,
                                  const struct schema *before, struct arena *arena,
                                  struct init_notes *ret_notes, struct error *error)
{
  *ret_notes = (struct init_notes){0};
  if (settings->introspect)
    return introspect(settings, catalog, before, arena, ret_notes, error);
  return schema_load_file_again(settings->descriptor_set, before, error);
}

struct schema *served_schema_without_catalog(const struct settings *settings, struct error *error)
{
  return settings->introspect ? schema_empty() : schema_load_file(settings->descriptor_set, error);
}

#include "server/init_settings.h"

struct names {
  const char **items;
  size_t n, cap;
};

/* The length up to the next comma that stands in no brackets. */
static size_t item_length(const char *text)
{
  size_t len = 0;
  for (int depth = 0; text[len] != '\0' && (text[len] != ',' || depth > 0); len++)
    depth += text[len] == '(' ? 1 : text[len] == ')' && depth > 0 ? -1 : 0;
  return len;
}

static struct names split(struct arena *arena, const char *text)
{
  struct names names = {0};
  for (const char *p = text; *p != '\0';) {
    size_t len = item_length(p);
    if (len > 0)
      VEC_PUSH(arena, &names, arena_strndup(arena, p, len));
    p += len + (p[len] == ',');
  }
  return names;
}

static bool is_package(const char *package)
{
  bool starts = true;
  for (const char *p = package; *p != '\0'; p++) {
    bool letter = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || *p == '_';
    bool digit = *p >= '0' && *p <= '9';
    if (starts ? !letter : !letter && !digit && *p != '.')
      return false;
    starts = *p == '.';
  }
  return !starts;
}

bool init_settings_options(const struct settings *settings, const char *database, struct arena *arena,
                           struct init_options *ret, struct error *error)
{
  const char *package = settings->package;
  if (package[0] == '\0')
    package = init_default_package(arena, database);
  if (!is_package(package))
    return error_set(error, ERROR_INVALID_ARGUMENT, "INVALID_SETTING",
                     "--package \"%.64s\" is no package's name: shop.v1", package);
  struct names schemas = split(arena, settings->schemas), tables = split(arena, settings->tables);
  struct names references = split(arena, settings->references);
  *ret = (struct init_options){.package = package,
                               .schemas = schemas.items,
                               .n_schemas = schemas.n,
                               .tables = tables.items,
                               .n_tables = tables.n,
                               .references = references.items,
                               .n_references = references.n,
                               .reverse = !settings->no_reverse};
  return true;
}

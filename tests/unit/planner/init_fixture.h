/*
 * init_fixture.h - catalogs written as text, and the files that rowan init makes of them.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>

#include "planner/init.h"
#include "support/catalog_builder.h"

struct init_world {
  struct catalog *catalog;
  struct arena *arena;
  struct init_result result;
};

static const char *const init_schemas[] = {"public", "sales"};

static inline struct init_options init_world_options(void)
{
  return (struct init_options){
      .package = "test.v1", .schemas = init_schemas, .n_schemas = 2, .reverse = true};
}

/* `existing` may be NULL.  Aborts when the files cannot be read. */
static inline struct init_world init_world_update(struct catalog *catalog, const struct init_options *options,
                                                  const struct init_files *existing)
{
  struct init_options defaults = init_world_options();
  struct init_files none = {0};
  struct init_world world = {.catalog = catalog, .arena = arena_new(0)};
  struct error error;
  if (!init_generate(catalog, options != NULL ? options : &defaults, existing != NULL ? existing : &none,
                     world.arena, &world.result, &error)) {
    fprintf(stderr, "init_generate: %s\n", error.message);
    abort();
  }
  return world;
}

static inline struct init_world init_world_of(struct catalog *catalog, const struct init_options *options)
{
  return init_world_update(catalog, options, NULL);
}

static inline struct init_world init_world_new(const char *catalog, const struct init_options *options)
{
  return init_world_of(catalog_from_text(catalog), options);
}

static inline void init_world_done(struct init_world *world)
{
  arena_free(world->arena);
  catalog_free(world->catalog);
}

/* Files, their text and notes, blanks and line ends run together. */
static inline const char *init_world_text(struct init_world *world)
{
  struct strbuf text = {0};
  for (size_t i = 0; i < world->result.files.n; i++)
    strbuf_printf(&text, "file: %s %s ", world->result.files.items[i].path,
                  world->result.files.items[i].text);
  for (size_t i = 0; i < world->result.notes.n; i++)
    strbuf_printf(&text, "note: %s ", world->result.notes.items[i]);
  char *copy = arena_strdup(world->arena, strbuf_text(&text));
  size_t n = 0;
  for (const char *p = copy; *p != '\0'; p++) {
    bool blank = *p == ' ' || *p == '\n';
    if (!blank || (n > 0 && copy[n - 1] != ' '))
      copy[n++] = blank ? ' ' : *p;
  }
  copy[n] = '\0';
  strbuf_done(&text);
  return copy;
}

static inline bool init_is_head(const char *line)
{
  return strncmp(line, "syntax ", 7) == 0 || strncmp(line, "package ", 8) == 0 ||
         strncmp(line, "import ", 7) == 0;
}

/* All files as one, for schema_from_text, which has a head of its own. */
static inline const char *init_world_declarations(struct init_world *world)
{
  struct strbuf text = {0};
  strbuf_puts(&text, "import \"google/api/field_behavior.proto\";\n");
  for (size_t i = 0; i < world->result.files.n; i++)
    for (const char *p = world->result.files.items[i].text; *p != '\0';) {
      size_t len = strcspn(p, "\n");
      if (!init_is_head(p))
        strbuf_printf(&text, "%.*s\n", (int)len, p);
      p += len + (p[len] == '\n');
    }
  const char *copy = arena_strdup(world->arena, strbuf_text(&text));
  strbuf_done(&text);
  return copy;
}

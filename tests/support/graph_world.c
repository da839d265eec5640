#include "support/graph_world.h"

#include <stdio.h>
#include <stdlib.h>

#include "support/catalog_builder.h"
#include "support/schema_text.h"

static struct graph_world world_from(struct schema *schema, struct catalog *catalog)
{
  struct graph_world world = {.problems = {.arena = arena_new(0)}};
  world.graph = graph_build(schema, catalog, &world.problems);
  return world;
}

struct graph_world world_from_text(const char *catalog, const char *declarations)
{
  return world_from(schema_from_text(declarations), catalog_from_text(catalog));
}

struct graph_world events_world(void)
{
  return world_from(events_schema(), events_catalog());
}

void world_done(struct graph_world *world)
{
  graph_unref(world->graph);
  arena_free(world->problems.arena);
}

static void fail(const struct graph_world *world, const char *what)
{
  struct strbuf text = {0};
  problems_print(&world->problems, &text);
  fprintf(stderr, "%s\n%s", what, strbuf_text(&text));
  abort();
}

void world_must_be_sound(const struct graph_world *world)
{
  if (world->problems.n_errors > 0)
    fail(world, "problems were not expected");
}

struct graph_resource *world_resource(const struct graph_world *world, const char *name)
{
  for (size_t i = 0; i < world->graph->n_resources; i++)
    if (strcmp(world->graph->resources[i]->message->name, name) == 0)
      return world->graph->resources[i];
  fail(world, name);
  return NULL;
}

const struct graph_method *world_method(const struct graph_world *world, const char *name)
{
  for (size_t i = 0; i < world->graph->n_methods; i++)
    if (strcmp(world->graph->methods[i]->method->name, name) == 0)
      return world->graph->methods[i];
  fail(world, name);
  return NULL;
}

const struct graph_field *world_field(const struct graph_world *world, const char *resource, const char *name)
{
  const struct graph_resource *of = world_resource(world, resource);
  const struct schema_field *field = schema_message_field(of->message, str_from(name));
  if (field == NULL)
    fail(world, name);
  return &of->fields[field->index];
}

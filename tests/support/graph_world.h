/*
 * graph_world.h - a graph and the problems of building it, for tests that look at either.
 */
#pragma once

#include "planner/graph.h"

struct graph_world {
  struct graph *graph;
  struct problems problems;
};

/* From text, as catalog_from_text and schema_from_text read it. */
struct graph_world world_from_text(const char *catalog, const char *declarations);

/* events_schema() and events_catalog(). */
struct graph_world events_world(void);

void world_done(struct graph_world *world);

/* Prints the problems and aborts when there are errors. */
void world_must_be_sound(const struct graph_world *world);

/* By the message's or the method's short name; abort when there is none. */
struct graph_resource *world_resource(const struct graph_world *world, const char *name);
const struct graph_method *world_method(const struct graph_world *world, const char *name);
const struct graph_field *world_field(const struct graph_world *world, const char *resource,
                                      const char *name);

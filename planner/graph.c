#include "planner/graph_build.h"

#include <stdatomic.h>
#include <stdlib.h>

/* What graph_ref and graph_unref count; the graph is its first member. */
struct counted_graph {
  struct graph graph;
  atomic_uint references;
};

static uint64_t next_id(void)
{
  static atomic_uint_fast64_t last;
  return atomic_fetch_add(&last, 1) + 1;
}

static struct graph *graph_new(struct schema *schema, struct catalog *catalog)
{
  struct arena *arena = arena_new(0);
  struct counted_graph *counted = ARENA_NEW(arena, struct counted_graph);
  counted->graph = (struct graph){.schema = schema, .catalog = catalog, .id = next_id(), .arena = arena};
  atomic_init(&counted->references, 1);
  return &counted->graph;
}

/* A method of a broken resource cannot answer either, although nothing is wrong with itself. */
static void break_methods(struct graph *graph)
{
  for (size_t i = 0; i < graph->n_methods; i++)
    if (graph->methods[i]->resource != NULL && graph->methods[i]->resource->broken)
      graph->methods[i]->broken = true;
}

struct graph *graph_build(struct schema *schema, struct catalog *catalog, struct problems *problems)
{
  struct graph *graph = graph_new(schema, catalog);
  struct graph_build build = {
      .graph = graph, .schema = schema, .catalog = catalog, .arena = graph->arena, .problems = problems};
  build_resources(&build);
  build_columns(&build);
  build_values(&build);
  build_relations(&build);
  build_variants(&build);
  build_derived(&build);
  build_rules(&build);
  build_circles(&build);
  build_claims(&build);
  build_default_masks(&build);
  build_methods(&build);
  break_methods(graph);
  problems_sort(problems);
  return graph;
}

struct graph *graph_ref(const struct graph *graph)
{
  struct counted_graph *counted = (struct counted_graph *)graph;
  atomic_fetch_add_explicit(&counted->references, 1, memory_order_relaxed);
  return &counted->graph;
}

void graph_unref(struct graph *graph)
{
  struct counted_graph *counted = (struct counted_graph *)graph;
  if (graph == NULL || atomic_fetch_sub_explicit(&counted->references, 1, memory_order_acq_rel) > 1)
    return;
  schema_unref(graph->schema);
  catalog_free(graph->catalog);
  arena_free(graph->arena);
}

const struct graph_resource *graph_field_target(const struct graph_field *field)
{
  if (field->kind == GRAPH_FIELD_EMBED)
    return field->embedded;
  return field->kind == GRAPH_FIELD_RELATION ? field->relation->target : NULL;
}

const struct graph_resource *graph_find_resource(const struct graph *graph,
                                                 const struct schema_message *message)
{
  for (size_t i = 0; i < graph->n_resources; i++)
    if (graph->resources[i]->message == message)
      return graph->resources[i];
  return NULL;
}

static int compare_path(const void *key, const void *item)
{
  const struct str *path = key;
  const char *other = (*(const struct graph_method *const *)item)->method->path;
  size_t len = strlen(other);
  int difference = memcmp(path->data, other, path->len < len ? path->len : len);
  return difference != 0 ? difference : path->len < len ? -1 : path->len > len;
}

const struct graph_method *graph_find_method(const struct graph *graph, struct str path)
{
  if (path.len == 0 || graph->n_methods == 0)
    return NULL;
  struct graph_method **found =
      bsearch(&path, graph->methods, graph->n_methods, sizeof(*graph->methods), compare_path);
  return found == NULL ? NULL : *found;
}

#include "server/command_check.h"

#include <stdio.h>

#include "planner/compatibility.h"
#include "server/command_load.h"

static void print_breakages(const struct problems *breakages, const char *against)
{
  for (size_t i = 0; i < breakages->n; i++)
    printf("%s: breaks clients: %s\n", breakages->items[i].place, breakages->items[i].message);
  printf("%zu change%s since %s would break clients\n", breakages->n, breakages->n == 1 ? "" : "s", against);
}

/* Whether clients of the older set would notice nothing. */
static bool check_against(const struct graph *graph, const char *against)
{
  struct error error;
  struct schema *before = schema_load_file(against, &error);
  if (before == NULL) {
    command_print_error(&error);
    return false;
  }
  struct problems breakages = {.arena = arena_new(0)};
  compatibility_check(before, graph->schema, &breakages);
  print_breakages(&breakages, against);
  bool compatible = breakages.n == 0;
  arena_free(breakages.arena);
  schema_unref(before);
  return compatible;
}

int command_check(const struct settings *settings, const struct check_arguments *arguments)
{
  struct problems problems;
  struct graph *graph = command_load(settings, &problems);
  if (graph == NULL)
    return 1;
  struct strbuf text = {0};
  problems_print(&problems, &text);
  printf("%s%zu resources, %zu methods\n", strbuf_text(&text), graph->n_resources, graph->n_methods);
  bool failed = problems.n_errors > 0;
  strbuf_done(&text);
  if (arguments->against != NULL && !check_against(graph, arguments->against))
    failed = true;
  graph_unref(graph);
  arena_free(problems.arena);
  return failed;
}

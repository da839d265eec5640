#include "server/command_check.h"

#include <stdio.h>

#include "server/command_graph.h"

int command_check(const struct settings *settings)
{
  struct problems problems;
  struct graph *graph = command_graph_load(settings, &problems);
  if (graph == NULL)
    return 1;
  struct strbuf text = {0};
  problems_print(&problems, &text);
  printf("%s%zu resources, %zu methods\n", strbuf_text(&text), graph->n_resources, graph->n_methods);
  bool failed = problems.n_errors > 0;
  strbuf_done(&text);
  graph_unref(graph);
  arena_free(problems.arena);
  return failed;
}

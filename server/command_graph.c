#include "server/command_graph.h"

#include <stdio.h>

#include "planner/graph_drawing.h"
#include "server/command_load.h"

int command_graph(const struct settings *settings, const struct graph_arguments *arguments)
{
  enum drawing_format format = DRAWING_MERMAID;
  if (arguments->format != NULL && !drawing_format_parse(arguments->format, &format)) {
    fprintf(stderr, "rowan: --format is neither mermaid nor dot: \"%s\"\n", arguments->format);
    return 1;
  }
  struct problems problems;
  struct graph *graph = command_load(settings, &problems);
  if (graph == NULL)
    return 1;
  struct strbuf text = {0};
  if (problems.n_errors > 0) {
    problems_print(&problems, &text);
    fputs(strbuf_text(&text), stderr);
    strbuf_clear(&text);
  }
  graph_draw(graph, format, &text);
  fputs(strbuf_text(&text), stdout);
  strbuf_done(&text);
  graph_unref(graph);
  arena_free(problems.arena);
  return 0;
}

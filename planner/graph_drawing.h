/*
 * graph_drawing.h - the resource graph as a picture: resources with their tables, relations by field.
 */
#pragma once

#include "planner/graph.h"

enum drawing_format {
  DRAWING_MERMAID, /* a flowchart */
  DRAWING_DOT,     /* Graphviz */
};

/* "mermaid" or "dot". */
NODISCARD bool drawing_format_parse(const char *text, enum drawing_format *ret);

void graph_draw(const struct graph *graph, enum drawing_format format, struct strbuf *ret);

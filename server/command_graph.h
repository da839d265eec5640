/*
 * command_graph.h - rowan graph: the resource graph as a picture.
 */
#pragma once

#include "server/settings.h"

struct graph_arguments {
  const char *format; /* NULL: mermaid */
};

/* Prints the picture to stdout, problems to stderr; 0 on success, also with problems, else 1. */
int command_graph(const struct settings *settings, const struct graph_arguments *arguments);

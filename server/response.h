/*
 * response.h - rows of a plan's root as a response's bytes, written backwards.
 */
#pragma once

#include "planner/graph.h"
#include "server/assemble.h"

/* Rows of the root, by number; NULL: first, first + 1 … */
struct response_rows {
  const int32_t *rows;
  size_t first, n;
};

/* What stands beside the items, where the response has a field for it. */
struct response_tail {
  const char *token; /* "" leaves it out */
  int64_t total;
};

/* A list's response: the rows as items, and the tail.  For a method without an items field (a bare stream)
 * there must be one row, and it is the message. */
NODISCARD bool response_write(const struct assembly *assembly, const struct graph_method *method,
                              struct response_rows rows, struct response_tail tail, struct error *error);

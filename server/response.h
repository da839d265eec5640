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

/* A list's response: the rows as items and, where the response has that field, the token ("" leaves it out).
 * For a method without an items field (a bare stream) there must be one row, and it is the message. */
NODISCARD bool response_write(const struct assembly *assembly, const struct graph_method *method,
                              struct response_rows rows, const char *token, struct error *error);

/*
 * parameters.h - what a run binds to a statement, as libpq takes it.
 *
 * Scalars of a known class travel in binary, other types as the text that their input function takes.  Text
 * of a string type travels in binary too, where its length rules and a NUL byte cannot cut it short.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "planner/expr.h"
#include "storage/rows.h"
#include "storage/statement.h"

/* Parallel arrays for PQsendQueryParams and its like; PQprepare takes `types`. */
struct parameters {
  int n;
  const uint32_t *types; /* Oid */
  const char *const *values;
  const int *lengths;
  const int *formats;
};

struct parameter_source {
  const struct argument *arguments;
  const struct argument *claims; /* by index in the graph; those that the statement binds */
  const struct cell *const
      *keys; /* by column of the link: n_keys cells, none of them NULL; NULL for a root */
  size_t n_keys;
  uint32_t limit; /* rows of the page */
};

/* Encodes every bind of the statement into the arena.  INVALID_ARGUMENT, reason INVALID_VALUE, for text that
 * a string of the database cannot hold (a NUL byte). */
NODISCARD bool parameters_encode(const struct statement *statement, const struct parameter_source *source,
                                 struct arena *arena, struct parameters *ret, struct error *error);

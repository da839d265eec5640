/*
 * analyze.h - run a plan's statements one by one, measure them, and ask Postgres how it ran each.
 *
 * On a connection of its own with the session that requests have, in one read-only snapshot.  Explained is
 * the prepared statement itself, under the plan_cache_mode of a request: with bound parameters EXPLAIN would
 * plan for the values at hand, which is not what runs.
 *
 * Blocks; for a thread that has nothing else to do.
 */
#pragma once

#include <stdatomic.h>

#include "storage/storage.h"

struct analyze_request {
  const char *database;
  const struct plan *plan; /* with statements */
  const struct argument *arguments;
  const struct argument *claims; /* as run.claims */
  uint32_t limit;                /* rows of a page */
  int64_t statement_timeout_ms;  /* of each statement; 0: none */
  const atomic_bool *cancelled;  /* looked at while Postgres is at work; NULL: never */
};

struct analyzed_fetch {
  bool ran; /* false: no parent had a key */
  size_t rows;
  int64_t us;       /* from sending the statement to its last row, planning and connecting left out */
  const char *plan; /* of EXPLAIN (ANALYZE, BUFFERS), in the arena; "" where the statement is no query */
};

/* ret: plan->n_fetches.  The arena's budget binds for the rows. */
NODISCARD bool analyze(const struct analyze_request *request, struct arena *arena, struct analyzed_fetch *ret,
                       struct error *error);

/*
 * plan_runner.h - runs a plan statement by statement, without pipelines, and shows the trees it brings.
 */
#pragma once

#include <libpq-fe.h>

#include "planner/plan.h"
#include "storage/parameters.h"

struct plan_runner {
  PGconn *connection;
  struct arena *arena;
  const struct argument *arguments;
  uint32_t limit;
  struct fetch_rows *fetches; /* set by plan_run */
};

/* Runs all fetches of a plan with statements.  A statement that fails aborts the test with its text. */
void plan_run(struct plan_runner *runner, const struct plan *plan);

/* Appends one line a root row: {id=1 name=Ann boss{id=2} groups[{id=5} {id=6}] groups_has_more=true}.  Unset
 * fields are left out; a page shows its rows without the one that looks ahead. */
void plan_print(const struct plan_runner *runner, const struct plan *plan, struct strbuf *ret);

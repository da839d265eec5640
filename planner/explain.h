/*
 * explain.h - a plan as text that a person understands at a glance.
 *
 * First the tree of messages: from which statement each comes, how many rows are expected, in which wave.
 * Then why it is so, node by node; then the statements, by the numbers that the tree uses.  Once the plan has
 * been run, what was measured stands beside what was expected, and Postgres' plan below each statement.
 */
#pragma once

#include "planner/plan.h"

/* What running a fetch showed. */
struct explain_measure {
  bool ran; /* false: no parent had a key, so that it was not sent */
  size_t rows;
  double ms;
  const char *plan; /* Postgres' own; "" where there is none */
};

/* Appends the text.  `texts`: the statements, by fetch, or NULL; `measures`: by fetch, or NULL. */
void plan_explain(const struct plan *plan, const char *const *texts, const struct explain_measure *measures,
                  struct strbuf *ret);

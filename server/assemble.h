/*
 * assemble.h - rows × plan → messages, written backwards straight to wire bytes.
 */
#pragma once

#include "base/error.h"
#include "planner/plan.h"
#include "proto/wire.h"
#include "server/request_binding.h"
#include "storage/rows.h"

struct assembly {
  const struct plan *plan;
  const struct fetch_rows *fetches; /* plan->n_fetches */
  struct writer *writer;
  const struct binding *binding; /* seals the tokens of nested lists; NULL for a plan without any */
  struct arena *arena;           /* for them */
  size_t max_bytes;              /* RESULT_TOO_LARGE beyond, naming page_size; looked at a row */
};

/* Writes the body of the message that `shape` makes of row `row` of its fetch.  A value that does not fit its
 * field is FAILED_PRECONDITION, reason VALUE_OUT_OF_RANGE, naming field and column. */
NODISCARD bool assemble_message(const struct assembly *assembly, const struct plan_shape *shape, size_t row,
                                struct error *error);

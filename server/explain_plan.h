/*
 * explain_plan.h - a request that somebody wants explained, bound and planned as one that came over the wire.
 */
#pragma once

#include "server/explain_request.h"
#include "server/plan_cache.h"
#include "server/request_binding.h"
#include "storage/analyze.h"

struct explained {
  struct binding_context context; /* graph, settings, limits, token_keys and claims are the caller's to set */
  struct binding binding;
  struct plan *plan; /* a reference */
  const struct argument *arguments;
  uint32_t limit;                  /* rows of the page */
  struct analyzed_fetch *analyzed; /* by fetch; NULL where it was not run */
};

/* Fills *ret beyond what the caller has set.  What is wrong with the request is told as to its client; a
 * request that is not to be run needs neither keys nor claims and may ask for any number of rows. */
NODISCARD bool explain_plan(const struct explain_request *request, struct plan_cache *plans,
                            struct arena *arena, struct explained *ret, struct error *error);

/* Runs and measures it; blocks. */
NODISCARD bool explain_run(struct explained *explained, int64_t timeout_ms, const atomic_bool *cancelled,
                           struct arena *arena, struct error *error);

/* Appends the plan as text, with what was measured. */
void explain_text(const struct explained *explained, struct arena *arena, struct strbuf *ret);

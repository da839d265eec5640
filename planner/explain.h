/*
 * explain.h - a plan as text that a person understands at a glance.
 */
#pragma once

#include "planner/plan.h"

/* Appends the tree: one line a node (path, strategy, why, estimate, wave), its statement below it where
 * `texts` (one a fetch, or NULL) has one, and the to-one targets joined into it. */
void plan_explain(const struct plan *plan, const char *const *texts, struct strbuf *ret);

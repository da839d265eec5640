/*
 * drift.h - whether a plan reads what does not fit the database.
 *
 * A broken resource disables its own methods; those of other resources may still reach it, by a relation that
 * is selected, by a filter, an order or a derived field.  What is broken of it may be a field, and then its
 * message would lack it without a word, or its filter, and then it would show what was to be hidden.  So a
 * plan that reaches it is not run, and all other plans are.
 */
#pragma once

#include "planner/plan.h"

/* Milliseconds after which a client may come again: a reload may have mended it. */
#define DRIFT_RETRY_MS 1000

/* Which field leads the plan to what does not fit, as a sentence in `arena`; NULL when it reaches nothing of
 * the kind. */
const char *drift_of_plan(const struct plan *plan, struct arena *arena);

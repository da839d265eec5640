/*
 * canned_rows.h - the rows that a fetch of the events example would bring, made up by its outputs.
 */
#pragma once

#include <libpq-fe.h>

#include "planner/plan.h"

/* A whole result for fetch `fetch` of the plan, about n_events events from first_event on. */
PGresult *canned_rows(const struct plan *plan, unsigned fetch, int64_t first_event, size_t n_events,
                      unsigned n_attendees);

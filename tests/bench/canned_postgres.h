/*
 * canned_postgres.h - a Postgres that is not there: what it would send for plans of the events example.
 *
 * The pipeline speaks to it through the table of libpq's calls.  Rows are made once and given again and
 * again, so that what is measured is Rowan's own work: libpq's accessors are the real ones, its reading is
 * left out.
 */
#pragma once

#include "planner/plan.h"
#include "storage/pq_calls.h"

#define CANNED_ATTENDEES 10 /* of each event */

struct canned_postgres;

struct canned_postgres *canned_postgres_new(void);
void canned_postgres_free(struct canned_postgres *canned);

/* From now on it answers the plan's statements: about the events first_event … first_event + n_events - 1.
 * Statements that it knows already keep their rows. */
void canned_postgres_learn(struct canned_postgres *canned, const struct plan *plan, int64_t first_event,
                           size_t n_events);

/* As a pipeline takes them. */
extern const struct pq_calls canned_calls;
PGconn *canned_connection(struct canned_postgres *canned);

/*
 * analyzer.h - the thread on which requests are run to be measured, one after the other.
 *
 * They block on a connection of their own, so that neither calls nor shards wait for them, and one at a time
 * is what a database that serves others can bear.
 */
#pragma once

#include <stdbool.h>

#include "base/attributes.h"

struct analyzer;

struct analyzer_job {
  /* On the analyzer's thread; `stopping`: it is to end at once.  The last use of the job. */
  void (*run)(struct analyzer_job *job, bool stopping);
  struct analyzer_job *prev, *next;
};

struct analyzer *analyzer_new(void);

/* Waits for the job under way, then ends those that are left.  NULL is allowed. */
void analyzer_free(struct analyzer *analyzer);

/* False when too many wait; the job is then the caller's as before. */
NODISCARD bool analyzer_submit(struct analyzer *analyzer, struct analyzer_job *job);

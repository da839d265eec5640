/*
 * access_log.h - one line a call, for whoever operates the server: which method, how it ended, how long it
 * took, what it cost the database.  Off unless --access-log says of how many calls.
 *
 * Health and reflection are left out: probes would fill the log, and nothing is learnt of them.
 */
#pragma once

#include <stdatomic.h>

#include "base/error.h"
#include "storage/storage.h"

/* What a call leaves behind; zero before it has begun. */
struct access {
  int64_t begun_us, ended_us; /* monotonic; ended_us is 0 until the end is decided */
  enum error_code code;
  const char *reason; /* static; NULL when it succeeded */
  unsigned statements;
  size_t rows;
};

void access_begin(struct access *access);
/* The first end counts. */
void access_end(struct access *access, enum error_code code, const char *reason);
/* Adds what a run took. */
void access_add_run(struct access *access, const struct run_stats *stats);

/* Writes the line of a call that is over, if it is one of those: every `one_in`-th of `n_calls`; 0: none. */
void access_write(struct access *access, struct str path, int64_t one_in, atomic_uint *n_calls);

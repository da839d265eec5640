/*
 * execution.h - storage's half of a run: what became of it, how far it is, whether it may be tried again.
 *
 * The run is the caller's again once its outcome stands; the execution lives on until the connection has
 * answered all that was sent for it.  From the moment `run` is NULL, neither the run nor its arena and plan
 * may be touched: what still arrives is discarded.
 *
 * An execution is in one list at a time: a shard's incoming ones, its queue, or those on a connection.
 */
#pragma once

#include <libpq-fe.h>

#include "storage/failure.h"
#include "storage/parameters.h"
#include "storage/prepared.h"
#include "storage/statement.h"
#include "storage/stitch.h"
#include "storage/storage.h"

struct connection;
struct group;
struct pq_calls;

struct execution {
  struct run *run;               /* NULL once its outcome stands */
  struct session *session;       /* NULL: any connection */
  struct connection *connection; /* that it is on; NULL in the queue */
  struct execution *prev, *next;

  int64_t queued_us;
  int64_t first_us;    /* when the first statement of this attempt was sent; 0: none was */
  int64_t deadline_us; /* the run's */
  int64_t earliest_us; /* a retry that waits a moment */
  unsigned retried;    /* bit mask of enum failure_retry */
  unsigned n_hits;     /* attempts that a cancel for another ended */
  struct group *group; /* whose run this is; NULL for everybody's own */
  bool alone;          /* its group failed: it must not share again */
  bool cheap;          /* on a connection: it counts among those that half of the connections are for */

  /* Of the present attempt. */
  unsigned wave;        /* sent, or about to be */
  unsigned outstanding; /* statements of this wave that are not answered */
  bool sync_sent;       /* nothing more is sent for it */
  bool begins;          /* it opens its session's transaction */
  bool failed;
  bool settled;     /* the outcome stands: rows complete, or an error that no retry mends */
  bool cancel_hit;  /* a cancel was under way on the connection while it was there */
  char sqlstate[6]; /* of the first failure; "" when it is our own */
  struct error error;
  struct prepared_entry **entries; /* by fetch, pinned; NULL where not taken yet */
  unsigned n_entries;
  struct stitch_groups *groups;  /* by fetch, in the run's arena */
  struct parameters *parameters; /* by fetch */
  bool *keyless;                 /* by fetch: no parent has a key, so it is not sent */
};

struct execution *execution_new(struct run *run, int64_t now_us);
void execution_free(struct execution *execution);

/* A new execution of the same run, to start afresh; what still arrives for the old one is discarded. */
struct execution *execution_renew(struct execution *execution);

/* Forgets an earlier attempt. */
void execution_restart(struct execution *execution);

/* Encodes what the fetches of the present wave need; *ret_n: those to be sent, whose `keyless` is false.  On
 * false the execution has failed and is settled. */
NODISCARD bool execution_open_wave(struct execution *execution, unsigned *ret_n);

/* Copies the rows of a result into the run's arena.  On false the execution has failed and is settled. */
NODISCARD bool execution_add_rows(struct execution *execution, unsigned fetch, const struct pq_calls *calls,
                                  const PGresult *result);

/* As execution_add_rows, for a result with all rows of its fetch, which is kept in the run's arena as it is.
 * Takes the result. */
NODISCARD bool execution_keep_rows(struct execution *execution, unsigned fetch, const struct pq_calls *calls,
                                   PGresult *result);

/* All rows of the present wave are there: hangs them on their parents. */
void execution_close_wave(struct execution *execution);

/* Keeps the first failure: it alone names a cause. */
void execution_fail(struct execution *execution, const char *sqlstate, const char *text);

/* Parts with the run, whose outcome stands in it now; what is left is to call its done. */
NODISCARD struct run *execution_finish(struct execution *execution, int64_t now_us);
NODISCARD struct run *execution_finish_error(struct execution *execution, const struct error *error,
                                             int64_t now_us);

/* Whether the failure may be mended by another attempt; marks that kind of attempt as made. */
bool execution_may_retry(struct execution *execution, enum failure_retry *ret_kind);

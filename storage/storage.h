/*
 * storage.h - running plans against Postgres.
 *
 * A shard is a thread with an epoll loop and pipelined connections.  A run is one request's plan with its
 * arguments; its statements travel as one implicit transaction of a repeatable-read, read-only session, so
 * all its waves see one snapshot.  A session is a connection of one's own with an explicit transaction, for
 * the chunks of a stream: all runs of a session see one snapshot.
 *
 * Every function here may be called from any thread.  Callbacks come from a shard's thread and must not
 * block.
 */
#pragma once

#include <stdatomic.h>

#include "base/arena.h"
#include "base/error.h"
#include "planner/catalog.h"
#include "planner/plan.h"
#include "storage/rows.h"

struct storage;
struct session;

enum storage_event_kind {
  STORAGE_CONNECTED,
  STORAGE_CONNECT_FAILED,  /* text: libpq's message, for the log alone */
  STORAGE_CONNECTION_LOST, /* text: the same */
  STORAGE_STATEMENT_FAILED,
  STORAGE_READY,     /* the first connection for requests after none */
  STORAGE_NOT_READY, /* the last of them is gone */
};

struct storage_event {
  enum storage_event_kind kind;
  const char *text;
  char sqlstate[6];
  int64_t retry_ms; /* CONNECT_FAILED: until the next attempt */
};

struct storage_options {
  const char *database;        /* conninfo string or URI; "" leaves all to PG* variables */
  unsigned connections;        /* for requests */
  unsigned stream_connections; /* for sessions */
  unsigned shards;             /* epoll threads that share the connections */
  unsigned pipeline_depth;     /* requests in flight a connection */
  unsigned group_keys;         /* most keys of waiting runs that are asked for together; 0 or 1: none are */
  int64_t cheap_us;     /* a Get that takes longer, by the depth of the pipeline, is not cheap whatever was
                           expected */
  unsigned queue_limit; /* runs waiting for a connection; more are refused with QUEUE_FULL */
  int64_t statement_timeout_ms; /* the session's ceiling; a run's deadline cancels earlier */
  int64_t wave_timeout_ms;      /* a connection that waits longer between waves or for an answer is closed */
  size_t statement_cache;       /* prepared statements kept a connection */
  void (*on_event)(void *user,
                   const struct storage_event *event); /* for the log; from any thread; may be NULL */
  void *user;
};

struct run_stats {
  unsigned statements; /* sent for this run, without transaction control and settings */
  unsigned waves;
  size_t rows;
  unsigned group;      /* runs that shared these statements and rows, this one counted in */
  int64_t queue_us;    /* from storage_run to the first statement */
  int64_t database_us; /* from the first statement to the last row */
};

struct run {
  /* Set by the caller, unchanged until done. */
  struct plan *plan;                /* with statements */
  struct arena *arena;              /* receives the rows; its budget binds: RESULT_TOO_LARGE */
  const struct argument *arguments; /* plan->n_arguments */
  const struct argument *claims;    /* the caller's, by index in the graph; those of plan->claims are read */
  uint32_t limit;                   /* PLAN_ROOT_PAGE: rows of the page; one more is fetched */
  int64_t deadline_us;              /* monotonic; CLOCK_NEVER for none */
  struct session *session;          /* NULL: any connection */
  /* NULL, or called once the root's rows are complete, in fetches[0], while others may still be on their way;
   * before done, and for each attempt.  What follows from them can be asked for without waiting. */
  void (*root_arrived)(struct run *run);
  void (*done)(struct run *run); /* exactly once, also after run_cancel; the last use of the run by storage */
  void *user;

  /* Set by storage, valid in done. */
  struct error error;           /* code ERROR_NONE on success */
  const struct plan *rows_plan; /* whose fetches these are: plan, or plan->many where runs were grouped */
  struct fetch_rows *fetches;   /* rows_plan->n_fetches.  Of grouped runs they stand until done returns */
  const int32_t *root_rows;     /* PLAN_ROOT_ONE, PLAN_ROOT_MANY: by key, the root's row or ROW_NONE */
  bool repeats;                 /* another run was given the same rows before */
  struct run_stats stats;

  /* Storage's own. */
  atomic_bool cancelled;
  struct run *next;
  void *execution;
};

/* Starts the threads; connects in the background, with back-off, for as long as it takes. */
NODISCARD struct storage *storage_new(const struct storage_options *options, struct error *error);

/* Refuses new runs, cancels those under way, joins the threads; sessions must have been closed.  Other
 * threads may still call the functions here until storage_free. */
void storage_stop(struct storage *storage);

/* Stops it first, if nobody has.  NULL is allowed. */
void storage_free(struct storage *storage);

/* Whether at least one verified connection for requests stands. */
bool storage_ready(const struct storage *storage);

/* How long an answer travels, in microseconds: as many more runs are kept in flight on a connection, before
 * those who could share wait for each other, as end meanwhile.  0 at first; may change at any time. */
void storage_set_round_trip(struct storage *storage, double round_trip_us);

/* Queues a run.  false (QUEUE_FULL, or DATABASE_UNAVAILABLE with a retry delay) when it was not taken: done
 * will not be called.  done may be called before this returns.
 *
 * It starts at once where the shard has no other.  Otherwise whoever queued it must start it, or it waits for
 * some other event: who has more at hand queues all of it first, so that runs which ask alike share their
 * statements. */
NODISCARD bool storage_queue(struct storage *storage, struct run *run, struct error *error);
bool storage_has_queued(const struct storage *storage);
void storage_start(struct storage *storage);

/* Queues a run and starts it. */
NODISCARD bool storage_run(struct storage *storage, struct run *run, struct error *error);

/* Asks that a run end early (CANCELLED); done is still called.  To be called only while the run is not done.
 */
void run_cancel(struct storage *storage, struct run *run);

/* A session; its connection is reserved and its snapshot taken by its first run, which must be done before
 * another is started; later ones may follow each other closely, and are answered in order.  Closing ends the
 * transaction and may be called while runs are under way: they are cancelled. */
struct session *session_open(struct storage *storage);
void session_close(struct session *session); /* NULL is allowed */

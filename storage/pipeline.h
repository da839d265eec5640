/*
 * pipeline.h - what is in flight on one connection, and whose answer comes next.
 *
 * It speaks to libpq through a table and never waits; the owner reads and writes when the socket is ready. It
 * judges no failure: an execution that failed is handed back, with its SQLSTATE, when its Sync is answered.
 */
#pragma once

#include "storage/execution.h"
#include "storage/pq_calls.h"

enum step_kind {
  STEP_PREPARE,
  STEP_DEALLOCATE,
  STEP_COMMAND, /* BEGIN, ROLLBACK, settings */
  STEP_FETCH,
  STEP_SYNC,
};

/* A command that was sent and is not answered. */
struct step {
  enum step_kind kind;
  struct execution *execution; /* NULL: the connection's own */
  struct prepared_entry *entry;
  unsigned fetch;
  bool ends_execution; /* SYNC */
  bool failed;
};

struct pipeline;

struct pipeline_owner {
  /* The outcome stands before the Sync is answered; the owner may call done now, so that run becomes NULL. */
  void (*settled)(void *user, struct execution *execution);
  /* Its rows arrive in one result, which does not end: the owner must renew the execution. */
  void (*outgrown)(void *user, struct execution *execution);
  /* Its Sync is answered; the execution is off the pipeline and the owner's again. */
  void (*ended)(void *user, struct execution *execution);
  void *user;
};

struct pipeline {
  const struct pq_calls *calls;
  PGconn *conn;
  struct pipeline_owner owner;
  struct prepared prepared;
  struct step *steps; /* a ring */
  size_t first, n_steps, cap;
  struct execution *executions; /* in the order they were sent */
  unsigned n_executions;
  struct execution *holder; /* between its waves: nobody else may send */
  bool head_open;           /* the first step's results are being read */
  bool head_answered;       /* it has had a result */
  bool head_whole;          /* all its rows come in one result */
  unsigned head_reads;      /* of that result, so far */
  bool lost;
  char lost_sqlstate[6];
  char lost_text[256];
};

void pipeline_init(struct pipeline *pipeline, const struct pq_calls *calls, PGconn *conn,
                   size_t statement_cache, const struct pipeline_owner *owner);

/* Frees the bookkeeping.  Executions must have been taken off. */
void pipeline_done(struct pipeline *pipeline);

/* Whether another execution may be sent now. */
bool pipeline_accepts(const struct pipeline *pipeline, unsigned depth);

/* Sends the execution's first wave and what must precede it; `begin`: opens the session's transaction first.
 * The execution is the pipeline's until `ended`, or until the connection is lost. */
void pipeline_start(struct pipeline *pipeline, struct execution *execution, const char *begin,
                    int64_t now_us);

/* Sends a command of the connection's own, in a Sync segment of its own. */
void pipeline_command(struct pipeline *pipeline, const char *text);

/* The run is gone; nothing more is sent for the execution than the Sync it may lack. */
void pipeline_abandon(struct pipeline *pipeline, struct execution *execution);

/* Reads what has arrived; *ret_progress: whether anything was answered.  False: the connection is lost. */
NODISCARD bool pipeline_read(struct pipeline *pipeline, bool *ret_progress);

/* Writes what libpq has buffered.  *ret_pending: the socket took not all of it.  False: the connection is
 * lost. */
NODISCARD bool pipeline_write(struct pipeline *pipeline, bool *ret_pending);

/* Gives the connection up.  Only the first cause counts; what follows is its echo.  False. */
bool pipeline_lose(struct pipeline *pipeline, const char *sqlstate, const char *text);

/* The execution whose answer comes next; NULL when the next answer is nobody's. */
struct execution *pipeline_head(const struct pipeline *pipeline);

/* Takes the first execution off a lost pipeline; NULL when there is none. */
struct execution *pipeline_take(struct pipeline *pipeline);

static inline bool pipeline_idle(const struct pipeline *pipeline)
{
  return pipeline->n_steps == 0 && pipeline->holder == NULL;
}

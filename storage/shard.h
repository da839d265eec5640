/*
 * shard.h - a thread with an epoll loop, some connections, and the runs that use them.
 *
 * Other threads put executions and notes into its inbox.  Whoever holds `turn` is the shard: its thread, but
 * while that waits or answers, also the thread that has just left an execution and sends it itself.
 */
#pragma once

#include <pthread.h>

#include "storage/canceller.h"
#include "storage/connector.h"
#include "storage/session.h"

struct note;

struct shard {
  struct database *database;
  struct connector *connector;
  struct canceller *canceller;
  bool for_sessions;    /* its connections carry sessions, one each */
  atomic_uint standing; /* of its connections */
  atomic_uint load;     /* runs that are not done */
  atomic_bool cancels;  /* some run was cancelled since the last look */

  pthread_mutex_t lock; /* of the inbox */
  struct execution *incoming;
  atomic_uint n_incoming;
  struct note *notes;
  bool signalled, ended;

  pthread_t thread;
  int epoll, wake;

  pthread_mutex_t turn; /* of all that follows */
  struct connection *connections;
  unsigned n_connections;
  struct execution *queue;
  unsigned n_queued;
  int64_t next_us;                    /* no run is due earlier */
  int64_t wakes_us;                   /* when the thread looks again, if nothing happens */
  struct run *answers, **answers_end; /* whose outcome stands: the thread calls their done */
  bool again;                         /* turn once more without waiting */
  bool stopping;
  unsigned seed;
};

struct shard *shard_new(struct database *database, struct connector *connector, struct canceller *canceller,
                        unsigned n_connections, bool for_sessions, struct error *error);

/* Ends all runs (CANCELLED), closes all connections, joins the thread; takes no more runs from then on.  The
 * connector must have ended. */
void shard_stop(struct shard *shard);

/* After shard_stop and the canceller's end. */
void shard_free(struct shard *shard);

/* From any thread.  What is submitted starts with the thread's next turn, or before shard_start returns where
 * a connection is free.  False after shard_stop. */
bool shard_submit(struct shard *shard, struct execution *execution);
void shard_start(struct shard *shard);
void shard_look_for_cancels(struct shard *shard);
void shard_close_session(struct shard *shard, struct session *session);
void shard_note_cancelled(struct shard *shard, struct connection *connection, uint64_t generation);

/* For the shard's thread: at random below `limit`. */
int64_t shard_random(struct shard *shard, int64_t limit);

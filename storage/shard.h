/*
 * shard.h - a thread with an epoll loop, some connections, and the runs that use them.
 *
 * Other threads put executions and notes into its inbox and wake it; everything else is the thread's own.
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
  struct note *notes;
  bool signalled;

  pthread_t thread;
  int epoll, wake;
  struct connection *connections;
  unsigned n_connections;
  struct execution *queue;
  int64_t next_us; /* no run is due earlier */
  bool again;      /* turn once more without waiting */
  bool stopping;
  unsigned seed;
};

struct shard *shard_new(struct database *database, struct connector *connector, struct canceller *canceller,
                        unsigned n_connections, bool for_sessions, struct error *error);

/* Ends all runs (CANCELLED), closes all connections, joins the thread.  The connector must have ended. */
void shard_stop(struct shard *shard);

/* After shard_stop and the canceller's end. */
void shard_free(struct shard *shard);

/* From any thread. */
void shard_submit(struct shard *shard, struct execution *execution);
void shard_look_for_cancels(struct shard *shard);
void shard_close_session(struct shard *shard, struct session *session);
void shard_note_cancelled(struct shard *shard, struct connection *connection, uint64_t generation);

/* For the shard's thread: at random below `limit`. */
int64_t shard_random(struct shard *shard, int64_t limit);

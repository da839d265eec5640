/*
 * storage.c - the threads together: shards for requests, one for sessions, one that connects, one that
 * cancels.
 *
 * A run goes to the shard with the fewest runs among those that have a connection.  When none has one and the
 * last attempt to connect failed, runs are refused at once: a client is better served by a retry delay than
 * by its deadline.
 */
#include "storage/storage.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "storage/shard.h"

/* Of a Get, about. */
#define USUAL_SERVICE_US 100

struct storage {
  struct storage_options options;
  char *database_name; /* options.database */
  struct database database;
  struct connector *connector;
  struct canceller *canceller;
  struct shard **shards; /* n_shards for requests, then the one for sessions */
  unsigned n_shards, n_started;
  struct shard *session_shard; /* NULL when there are no stream connections */
  atomic_bool stopping;
};

/* Connections are dealt out evenly; earlier shards take the rest. */
static unsigned share(const struct storage *storage, unsigned i)
{
  unsigned connections = storage->options.connections, n = storage->n_shards;
  return connections / n + (i < connections % n ? 1 : 0);
}

static bool start_shard(struct storage *storage, unsigned n_connections, bool for_sessions,
                        struct error *error)
{
  struct shard *shard = shard_new(&storage->database, storage->connector, storage->canceller, n_connections,
                                  for_sessions, error);
  if (shard != NULL)
    storage->shards[storage->n_started++] = shard;
  return shard != NULL;
}

static bool start_shards(struct storage *storage, struct error *error)
{
  for (unsigned i = 0; i < storage->n_shards; i++)
    if (!start_shard(storage, share(storage, i), false, error))
      return false;
  if (storage->options.stream_connections == 0)
    return true;
  if (!start_shard(storage, storage->options.stream_connections, true, error))
    return false;
  storage->session_shard = storage->shards[storage->n_shards];
  return true;
}

struct storage *storage_new(const struct storage_options *options, struct error *error)
{
  struct storage *storage = calloc(1, sizeof *storage);
  if (storage == NULL)
    abort();
  storage->options = *options;
  storage->database_name = strdup(options->database);
  storage->options.database = storage->database_name;
  storage->n_shards = options->shards < options->connections ? options->shards : options->connections;
  storage->shards = calloc(storage->n_shards + 1, sizeof(struct shard *));
  if (storage->shards == NULL || storage->database_name == NULL)
    abort();
  storage->database.options = &storage->options;
  storage->database.group_depth = 1;
  storage->connector = connector_new(&storage->database);
  storage->canceller = canceller_new();
  if (start_shards(storage, error))
    return storage;
  storage_free(storage);
  return NULL;
}

void storage_stop(struct storage *storage)
{
  if (storage == NULL || atomic_exchange(&storage->stopping, true))
    return;
  connector_stop(storage->connector);
  for (unsigned i = 0; i < storage->n_started; i++)
    shard_stop(storage->shards[i]);
}

void storage_free(struct storage *storage)
{
  if (storage == NULL)
    return;
  storage_stop(storage);
  canceller_free(storage->canceller);
  for (unsigned i = 0; i < storage->n_started; i++)
    shard_free(storage->shards[i]);
  connector_free(storage->connector);
  free(storage->database_name);
  free(storage->shards);
  free(storage);
}

void storage_set_round_trip(struct storage *storage, double round_trip_us)
{
  atomic_store(&storage->database.group_depth, 1 + (unsigned)(round_trip_us / USUAL_SERVICE_US));
}

bool storage_ready(const struct storage *storage)
{
  return atomic_load(&storage->database.standing) > 0;
}

static struct shard *least_loaded(const struct storage *storage, bool standing)
{
  struct shard *best = NULL;
  for (unsigned i = 0; i < storage->n_shards; i++) {
    struct shard *shard = storage->shards[i];
    if ((!standing || atomic_load(&shard->standing) > 0) &&
        (best == NULL || atomic_load(&shard->load) < atomic_load(&best->load)))
      best = shard;
  }
  return best;
}

/* The shard for a run; NULL when the database cannot be reached. */
static struct shard *choose_shard(const struct storage *storage, const struct run *run)
{
  bool failing = atomic_load(&storage->database.failing);
  if (run->session != NULL) {
    struct shard *shard = run->session->shard;
    return shard == NULL || (failing && atomic_load(&shard->standing) == 0) ? NULL : shard;
  }
  struct shard *shard = least_loaded(storage, true);
  return shard == NULL && !failing ? least_loaded(storage, false) : shard;
}

static bool take_place(struct storage *storage, struct error *error)
{
  if (atomic_fetch_add(&storage->database.queued, 1) < storage->options.queue_limit)
    return true;
  atomic_fetch_sub(&storage->database.queued, 1);
  error_set(error, ERROR_RESOURCE_EXHAUSTED, "QUEUE_FULL", "too many requests are waiting");
  error_set_retry(error, FAILURE_RETRY_MS);
  return false;
}

bool storage_queue(struct storage *storage, struct run *run, struct error *error)
{
  struct shard *shard = choose_shard(storage, run);
  if (shard == NULL || atomic_load(&storage->stopping))
    return database_refuse(&storage->database, error);
  if (!take_place(storage, error))
    return false;
  atomic_store(&run->cancelled, false);
  run->execution = shard; /* where run_cancel finds it; the run may be done before shard_submit returns */
  struct execution *execution = execution_new(run, clock_monotonic_us());
  if (shard_submit(shard, execution))
    return true;
  execution_free(execution);
  atomic_fetch_sub(&storage->database.queued, 1);
  return database_refuse(&storage->database, error);
}

bool storage_has_queued(const struct storage *storage)
{
  for (unsigned i = 0; i < storage->n_started; i++)
    if (atomic_load(&storage->shards[i]->n_incoming) > 0)
      return true;
  return false;
}

void storage_start(struct storage *storage)
{
  for (unsigned i = 0; i < storage->n_started; i++)
    shard_start(storage->shards[i]);
}

bool storage_run(struct storage *storage, struct run *run, struct error *error)
{
  if (!storage_queue(storage, run, error))
    return false;
  storage_start(storage);
  return true;
}

void run_cancel(struct storage *storage, struct run *run)
{
  struct shard *shard = run->execution;
  atomic_store(&run->cancelled, true);
  shard_look_for_cancels(shard);
}

struct session *session_open(struct storage *storage)
{
  struct session *session = calloc(1, sizeof *session);
  if (session == NULL)
    abort();
  session->shard = storage->session_shard;
  return session;
}

void session_close(struct session *session)
{
  if (session == NULL)
    return;
  if (session->shard == NULL)
    free(session);
  else
    shard_close_session(session->shard, session);
}

/*
 * dispatch_start.c - which run starts next, where, and with whom.
 *
 * The queue is first come, first served.  On a session's shard a session that has its connection overtakes
 * those that wait for one: they wait for a connection, not for each other.
 *
 * Gets that find every connection busy wait for the first that is less so, and those that ask the same
 * question then run as one group: the more there are to wait, the less each of them costs.  Nobody waits for
 * company.
 *
 * Of a cheap Get the statements cost more than the rows, so company is worth more to it than a backend of its
 * own: cheap ones are for half of the connections, until as many wait as a group holds.  One that takes long
 * was not cheap, and keeps nobody else waiting.
 */
#include "storage/dispatch_queue.h"

#include <limits.h>
#include <utlist.h>

#include "base/clock.h"
#include "storage/group.h"

/* How far a run looks for company. */
#define GATHER_LOOKS 256

static struct connection *choose_shared(struct shard *shard, unsigned depth, int64_t now_us)
{
  struct connection *best = NULL;
  for (unsigned i = 0; i < shard->n_connections; i++) {
    struct connection *connection = &shard->connections[i];
    if (connection_accepts(connection, depth, now_us) &&
        (best == NULL || connection->pipeline.n_executions < best->pipeline.n_executions))
      best = connection;
  }
  return best;
}

static struct connection *choose_for_session(struct shard *shard, struct session *session, int64_t now_us)
{
  if (session->connection != NULL)
    return connection_accepts(session->connection, UINT_MAX, 0) ? session->connection : NULL;
  for (unsigned i = 0; i < shard->n_connections; i++) {
    struct connection *connection = &shard->connections[i];
    if (connection->session == NULL && connection_clean(connection) &&
        connection_accepts(connection, 1, now_us))
      return connection;
  }
  return NULL;
}

static bool may_share(const struct shard *shard, const struct execution *execution)
{
  return group_possible(execution, shard->database->options->group_keys);
}

/* ---- company ---- */

/* Cheap ones are for half of the connections. */
static unsigned places(const struct shard *shard, bool cheap)
{
  unsigned standing = atomic_load(&shard->standing);
  return cheap ? (standing + 1) / 2 : standing;
}

/* Those under way that are cheap, by expectation and so far; *ret_until_us: when the first of them is not. */
static unsigned count_cheap(const struct shard *shard, unsigned depth, int64_t now_us, int64_t *ret_until_us)
{
  unsigned n = 0;
  const struct execution *execution;
  *ret_until_us = CLOCK_NEVER;
  for (unsigned i = 0; i < shard->n_connections; i++) {
    if (shard->connections[i].conn == NULL)
      continue;
    DL_FOREACH (shard->connections[i].pipeline.executions, execution) {
      int64_t until_us = execution->first_us + shard->database->options->cheap_us * depth;
      if (!execution->cheap || until_us <= now_us)
        continue;
      n++;
      *ret_until_us = until_us < *ret_until_us ? until_us : *ret_until_us;
    }
  }
  return n;
}

/* Whether one more cheap run, or group of them, goes on a connection; as many as a group holds always do. */
static bool has_place(struct shard *shard, unsigned depth, int64_t now_us)
{
  int64_t until_us;
  if (shard->n_queued >= shard->database->options->group_keys ||
      count_cheap(shard, depth, now_us, &until_us) < places(shard, true) * depth)
    return true;
  if (until_us < shard->next_us)
    shard->next_us = until_us;
  return false;
}

/* How many runs each connection has when all of the shard's are dealt out evenly.  Whoever took all that wait
 * would leave nothing to the connection that is free next, and one would work while the others do not. */
static unsigned even_share(const struct shard *shard, bool cheap)
{
  unsigned n = places(shard, cheap);
  return (atomic_load(&shard->load) + n - 1) / n;
}

/* Takes the first of those who may share out of the queue, and with it the others that fit.  The result is
 * what is to be started: the group, or the first alone. */
static struct execution *gather(struct shard *shard, struct execution *first, bool cheap, int64_t now_us)
{
  struct execution *other = first->next, *next;
  unsigned looks = GATHER_LOOKS;
  while (other != NULL && other->run->plan != first->run->plan && --looks > 0)
    other = other->next;
  dispatch_dequeue(shard, first);
  if (other == NULL || looks == 0)
    return first;
  struct group *group = group_new(first, shard->database->options->group_keys);
  if (!group_add(group, first)) {
    group_free(group);
    return first;
  }
  unsigned most = even_share(shard, cheap);
  for (; other != NULL && looks-- > 0 && group->n_members < most; other = next) {
    next = other->next;
    if (other->earliest_us <= now_us && may_share(shard, other) && group_add(group, other))
      dispatch_dequeue(shard, other);
  }
  return group->n_members == 1 ? group_dismiss(group) : group_execution(group, now_us);
}

static void start(struct execution *execution, struct connection *connection, int64_t now_us)
{
  struct session *session = execution->session;
  const char *begin = NULL;
  if (session != NULL && session->connection == NULL) {
    session_bind(session, connection);
    begin = SESSION_BEGIN;
  }
  connection_start(connection, execution, begin, now_us);
}

static void refuse_lost_session(struct shard *shard, struct execution *execution)
{
  struct error error;
  failure_describe(SQLSTATE_CONNECTION_LOST, "the session's transaction is gone", &error);
  dispatch_finish_queued(shard, execution, &error);
}

static void start_session_run(struct shard *shard, struct execution *execution, int64_t now_us)
{
  struct session *session = execution->session;
  if (session->lost) {
    refuse_lost_session(shard, execution);
    return;
  }
  struct connection *connection = choose_for_session(shard, session, now_us);
  if (connection == NULL)
    return;
  dispatch_dequeue(shard, execution);
  start(execution, connection, now_us);
}

/* ---- starting ---- */

enum outcome { STARTED, NO_PLACE, NO_CONNECTION };

static enum outcome start_lookup(struct shard *shard, struct execution *execution, int64_t now_us)
{
  const struct storage_options *options = shard->database->options;
  unsigned group_depth = atomic_load(&shard->database->group_depth);
  unsigned depth = group_depth < options->pipeline_depth ? group_depth : options->pipeline_depth;
  struct connection *connection = choose_shared(shard, depth, now_us);
  if (connection == NULL)
    return NO_CONNECTION;
  bool cheap = group_is_cheap(execution);
  if (cheap && !has_place(shard, depth, now_us))
    return NO_PLACE;
  execution = gather(shard, execution, cheap, now_us);
  execution->cheap = cheap;
  start(execution, connection, now_us);
  return STARTED;
}

static enum outcome start_run(struct shard *shard, struct execution *execution, int64_t now_us)
{
  if (may_share(shard, execution))
    return start_lookup(shard, execution, now_us);
  struct connection *connection = choose_shared(shard, shard->database->options->pipeline_depth, now_us);
  if (connection == NULL)
    return NO_CONNECTION;
  dispatch_dequeue(shard, execution);
  execution->cheap = false;
  start(execution, connection, now_us);
  return STARTED;
}

/* The queue in its order.  Those without a place let others by, and are fewer than a group holds. */
void dispatch_start(struct shard *shard, int64_t now_us)
{
  struct execution *execution = shard->queue, *next;
  const struct plan *without_place = NULL;
  for (; execution != NULL; execution = next) {
    next = execution->next;
    if (execution->earliest_us > now_us ||
        (execution->run->plan == without_place && may_share(shard, execution)))
      continue;
    if (execution->session != NULL) {
      start_session_run(shard, execution, now_us);
      continue;
    }
    enum outcome outcome = start_run(shard, execution, now_us);
    if (outcome == NO_CONNECTION)
      break;
    if (outcome == NO_PLACE)
      without_place = execution->run->plan;
    else
      next = shard->queue; /* the one behind may have gone with it */
  }
}

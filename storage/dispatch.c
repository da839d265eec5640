/*
 * dispatch.c - a run's way through a shard.
 *
 *   queue --start--> on a connection --settled--> done; draining --ended--> freed
 *     ^                   |                                        ^
 *     |                   +--deadline, cancel: done at once--------+
 *     +---retry-----------+--ended or lost with a failure--> done
 *
 * The client is answered as soon as the answer is known; the connection has its own pace.  A deadline or a
 * cancel ends the run wherever it is; what was sent for it is discarded as it arrives, and cancelled once it
 * is that one's turn.
 *
 * Nothing of a run is delivered before it is complete, so any run may be tried again from the start, unseen:
 * once for each kind of failure, and never within a session whose snapshot others have seen.
 *
 * A group of runs (dispatch_start.c) is tried again as a run is; when a statement of it fails its members run
 * alone, since one of them may be the cause.
 */
#include "storage/dispatch_queue.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/clock.h"
#include "storage/group.h"

#define CONFLICT_PAUSE_US 50000

/* The run's done is called when the shard is done with what else the turn brought. */
static void add_answer(struct shard *shard, struct run *run)
{
  run->next = NULL;
  *shard->answers_end = run;
  shard->answers_end = &run->next;
}

/* With an error, or with the outcome that the execution has. */
static void finish_alone(struct shard *shard, struct execution *execution, const struct error *error)
{
  int64_t now_us = clock_monotonic_us();
  add_answer(shard, error == NULL ? execution_finish(execution, now_us)
                                  : execution_finish_error(execution, error, now_us));
}

static void finish(struct shard *shard, struct execution *execution, const struct error *error)
{
  struct group *group = execution->group;
  atomic_fetch_sub(&shard->load, group == NULL ? 1 : group->n_left);
  if (group != NULL)
    group->started_us = execution->first_us != 0 ? execution->first_us : clock_monotonic_us();
  execution->group = NULL;
  finish_alone(shard, execution, error);
}

static void finish_member(struct shard *shard, struct group_member *member, const struct error *error)
{
  atomic_fetch_sub(&shard->load, 1);
  finish_alone(shard, member->execution, error);
  execution_free(member->execution);
  member->execution = NULL;
}

static struct group *take_group(struct execution *execution)
{
  struct group *group = execution->group;
  execution->run = NULL;
  execution->group = NULL;
  return group;
}

/* ---- the queue ---- */

void dispatch_enqueue(struct shard *shard, struct execution *execution)
{
  DL_APPEND(shard->queue, execution);
  shard->n_queued++;
  if (execution->deadline_us < shard->next_us)
    shard->next_us = execution->deadline_us;
}

void dispatch_requeue(struct shard *shard, struct execution *execution)
{
  DL_PREPEND(shard->queue, execution);
  shard->n_queued++;
  atomic_fetch_add(&shard->database->queued, 1);
  if (execution->earliest_us != 0 && execution->earliest_us < shard->next_us)
    shard->next_us = execution->earliest_us;
  shard->again = true;
}

void dispatch_dequeue(struct shard *shard, struct execution *execution)
{
  DL_DELETE(shard->queue, execution);
  shard->n_queued--;
  atomic_fetch_sub(&shard->database->queued, 1);
}

void dispatch_finish_queued(struct shard *shard, struct execution *execution, const struct error *error)
{
  dispatch_dequeue(shard, execution);
  finish(shard, execution, error);
  execution_free(execution);
}

/* Whether one member may have been the cause: it is not what befalls everybody. */
static bool may_be_poisoned(const struct execution *execution)
{
  enum failure_retry kind = failure_retry(execution->sqlstate);
  return kind == RETRY_NEVER || kind == RETRY_CANCELLED;
}

/* The members of a group that failed go back to where they came from, to run alone. */
static void dissolve(struct shard *shard, struct execution *execution)
{
  struct group *group = take_group(execution);
  for (unsigned i = group->n_members; i-- > 0;) {
    struct execution *member = group->members[i].execution;
    if (member == NULL)
      continue;
    member->alone = true;
    member->retried |= execution->retried;
    dispatch_requeue(shard, member);
  }
  group_free(group);
}

/* ---- ending ---- */

void dispatch_settled(void *user, struct execution *execution)
{
  struct connection *connection = user;
  if (execution->failed && execution->sqlstate[0] != '\0')
    database_event(connection->shard->database, STORAGE_STATEMENT_FAILED, execution->error.detail,
                   execution->sqlstate, -1);
  if (execution->failed && execution->session != NULL)
    execution->session->lost = true;
  execution->session = NULL;
  if (execution->failed && execution->group != NULL)
    dissolve(connection->shard, execution);
  else
    finish(connection->shard, execution, NULL);
}

void dispatch_outgrown(void *user, struct execution *execution)
{
  struct connection *connection = user;
  dispatch_requeue(connection->shard, execution_renew(execution));
  pipeline_abandon(&connection->pipeline, execution);
}

/* 57014 comes of our own cancels, of statement_timeout, and of an operator. */
static void name_cancellation(const struct shard *shard, struct execution *execution)
{
  int64_t limit_ms = shard->database->options->statement_timeout_ms;
  bool timed_out = limit_ms > 0 && clock_monotonic_us() - execution->first_us >= limit_ms * 1000;
  if (failure_retry(execution->sqlstate) != RETRY_CANCELLED || timed_out)
    return;
  char detail[sizeof execution->error.detail];
  strcpy(detail, execution->error.detail);
  error_set(&execution->error, ERROR_CANCELLED, "CANCELLED", "the request was cancelled at the database");
  error_set_detail(&execution->error, "%s", detail);
}

static void fail(struct shard *shard, struct execution *execution)
{
  if (execution->group != NULL && may_be_poisoned(execution)) {
    dissolve(shard, execution);
    execution_free(execution);
    return;
  }
  name_cancellation(shard, execution);
  database_event(shard->database, STORAGE_STATEMENT_FAILED, execution->error.detail, execution->sqlstate, -1);
  if (execution->session != NULL)
    execution->session->lost = true;
  finish(shard, execution, NULL);
  execution_free(execution);
}

/* An execution that failed is off its connection. */
static void retry_or_fail(struct shard *shard, struct execution *execution)
{
  struct session *session = execution->session;
  enum failure_retry kind;
  if ((session != NULL && !execution->begins) || !execution_may_retry(execution, &kind)) {
    fail(shard, execution);
    return;
  }
  if (session != NULL) {
    session->lost = false;
    session_end(session);
  }
  execution->earliest_us = kind == RETRY_LATER ? clock_monotonic_us() + CONFLICT_PAUSE_US / 2 +
                                                     shard_random(shard, CONFLICT_PAUSE_US)
                                               : 0;
  dispatch_requeue(shard, execution);
}

void dispatch_ended(void *user, struct execution *execution)
{
  struct connection *connection = user;
  execution->connection = NULL;
  if (execution->run == NULL)
    execution_free(execution);
  else
    retry_or_fail(connection->shard, execution);
}

void dispatch_lost(struct shard *shard, struct connection *connection)
{
  struct pipeline *pipeline = &connection->pipeline;
  struct session *session = connection->session;
  database_event(shard->database, STORAGE_CONNECTION_LOST, pipeline->lost_text, pipeline->lost_sqlstate, -1);
  if (session != NULL) {
    session->lost = true;
    session_unbind(session);
  }
  struct execution *execution;
  while ((execution = pipeline_take(pipeline)) != NULL) {
    execution->connection = NULL;
    if (execution->run == NULL) {
      execution_free(execution);
      continue;
    }
    execution_fail(execution, pipeline->lost_sqlstate, pipeline->lost_text);
    retry_or_fail(shard, execution);
  }
}

/* Ends a run wherever it is. */
static void abandon(struct shard *shard, struct execution *execution, const struct error *error)
{
  struct connection *connection = execution->connection;
  if (connection == NULL) {
    dispatch_finish_queued(shard, execution, error);
    return;
  }
  if (execution->session != NULL)
    execution->session->lost = true;
  execution->session = NULL;
  finish(shard, execution, error);
  pipeline_abandon(&connection->pipeline, execution);
  shard->again = true;
}

static void abandon_cancelled(struct shard *shard, struct execution *execution)
{
  struct error error;
  error_set(&error, ERROR_CANCELLED, "CANCELLED", "the request was cancelled");
  abandon(shard, execution, &error);
}

static int64_t earlier(int64_t a, int64_t b)
{
  return a < b ? a : b;
}

/* Whether it is time for a run to end, and with which error. */
static bool is_due(const struct execution *execution, int64_t now_us, struct error *ret)
{
  if (atomic_load(&execution->run->cancelled))
    error_set(ret, ERROR_CANCELLED, "CANCELLED", "the request was cancelled");
  else if (execution->deadline_us <= now_us)
    error_set(ret, ERROR_DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED", "the deadline has passed");
  else
    return false;
  return true;
}

/* Members leave one by one; the group, which is then perhaps freed, ends with the last. */
static int64_t expire_members(struct shard *shard, struct execution *execution, int64_t now_us)
{
  struct group *group = execution->group;
  struct error error;
  int64_t due_us = execution->earliest_us > now_us ? execution->earliest_us : CLOCK_NEVER;
  for (unsigned i = 0; i < group->n_members; i++) {
    struct group_member *member = &group->members[i];
    if (member->execution == NULL)
      continue;
    if (is_due(member->execution, now_us, &error)) {
      finish_member(shard, member, &error);
      group->n_left--;
    } else {
      due_us = earlier(due_us, member->execution->deadline_us);
    }
  }
  if (group->n_left == 0)
    abandon_cancelled(shard, execution);
  return due_us;
}

/* Ends the run if it is time; returns when to look again. */
static int64_t expire_one(struct shard *shard, struct execution *execution, int64_t now_us)
{
  struct error error;
  if (execution->run == NULL)
    return CLOCK_NEVER;
  if (execution->group != NULL)
    return expire_members(shard, execution, now_us);
  if (is_due(execution, now_us, &error)) {
    abandon(shard, execution, &error);
    return CLOCK_NEVER;
  }
  if (execution->earliest_us > now_us && execution->earliest_us < execution->deadline_us)
    return execution->earliest_us;
  return execution->deadline_us;
}

void dispatch_expire(struct shard *shard, int64_t now_us)
{
  struct execution *execution, *next;
  int64_t due_us = CLOCK_NEVER;
  DL_FOREACH_SAFE(shard->queue, execution, next)
  due_us = earlier(due_us, expire_one(shard, execution, now_us));
  for (unsigned i = 0; i < shard->n_connections; i++)
    if (shard->connections[i].conn != NULL)
      DL_FOREACH_SAFE(shard->connections[i].pipeline.executions, execution, next)
  due_us = earlier(due_us, expire_one(shard, execution, now_us));
  shard->next_us = due_us;
}

void dispatch_cancel_session(struct shard *shard, struct session *session)
{
  struct execution *execution, *next;
  DL_FOREACH_SAFE(shard->queue, execution, next)
  if (execution->session == session)
    abandon_cancelled(shard, execution);
  if (session->connection == NULL)
    return;
  DL_FOREACH_SAFE(session->connection->pipeline.executions, execution, next)
  if (execution->run != NULL)
    abandon_cancelled(shard, execution);
}

void dispatch_refuse(struct shard *shard)
{
  struct execution *execution, *next;
  DL_FOREACH_SAFE(shard->queue, execution, next)
  {
    struct error error;
    if ((execution->retried & (1U << RETRY_CONNECTION)) != 0) {
      failure_describe(SQLSTATE_CONNECTION_LOST, "and no other could be made", &error);
      error_set_retry(&error, database_retry_ms(shard->database));
    } else {
      database_refuse(shard->database, &error);
    }
    dispatch_finish_queued(shard, execution, &error);
  }
}

void dispatch_stop(struct shard *shard)
{
  struct execution *execution, *next;
  DL_FOREACH_SAFE(shard->queue, execution, next)
  abandon_cancelled(shard, execution);
  for (unsigned i = 0; i < shard->n_connections; i++) {
    struct connection *connection = &shard->connections[i];
    while (connection->conn != NULL && (execution = pipeline_take(&connection->pipeline)) != NULL) {
      execution->connection = NULL;
      if (execution->run != NULL) {
        struct error error;
        error_set(&error, ERROR_CANCELLED, "CANCELLED", "the request was cancelled");
        finish(shard, execution, &error);
      }
      execution_free(execution);
    }
  }
}

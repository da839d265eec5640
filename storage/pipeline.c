/*
 * pipeline.c - carry the statements of several runs over one connection.
 *
 * Every command sent is a step in a ring, and Postgres answers in the order of sending: the first step always
 * names whose result comes next.  An execution's steps are
 *
 *     [DEALLOCATE Sync]*  [PREPARE… Sync]  [BEGIN Sync]  [set_config] FETCH… Flush  FETCH… Sync
 *      room in the cache   what is new      first run of   custom      wave 0        last wave
 *                                           a session      plans
 *
 * What precedes the fetches is sent without waiting for its answers.  A refused Parse fails its execution;
 * others that were sent behind it get 26000 and are tried again.  Everything between the last two Syncs is
 * one implicit transaction and so one snapshot.
 *
 * An execution with waves to come is the holder: whatever another would send before its Sync would share its
 * transaction, and its failures.  Executions in their last wave do not hold, so they travel back to back.
 *
 * One failed command dooms its segment: Postgres skips to the Sync.  The first failure is kept; a holder that
 * failed sends its Sync at once.  A success is settled with the last row, a failure is handed back only when
 * its Sync is answered, since only then another attempt may follow.
 *
 * What is read of the answers stands in pipeline_answers.c.
 */
#include "storage/pipeline_steps.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "storage/login.h"

void pipeline_init(struct pipeline *pipeline, const struct pq_calls *calls, PGconn *conn,
                   size_t statement_cache, const struct pipeline_owner *owner)
{
  *pipeline = (struct pipeline){.calls = calls, .conn = conn, .owner = *owner};
  prepared_init(&pipeline->prepared, statement_cache);
}

void pipeline_done(struct pipeline *pipeline)
{
  assert(pipeline->executions == NULL);
  prepared_done(&pipeline->prepared);
  free(pipeline->steps);
  pipeline->steps = NULL;
  pipeline->n_steps = pipeline->cap = 0;
}

bool pipeline_accepts(const struct pipeline *pipeline, unsigned depth)
{
  return !pipeline->lost && pipeline->holder == NULL && pipeline->n_executions < depth;
}

/* Only the first cause counts; what follows is its echo. */
bool pipeline_lose(struct pipeline *pipeline, const char *sqlstate, const char *text)
{
  if (!pipeline->lost) {
    pipeline->lost = true;
    snprintf(pipeline->lost_sqlstate, sizeof pipeline->lost_sqlstate, "%s", sqlstate);
    snprintf(pipeline->lost_text, sizeof pipeline->lost_text, "%s", text);
  }
  return false;
}

bool pipeline_lose_connection(struct pipeline *pipeline)
{
  return pipeline_lose(pipeline, SQLSTATE_CONNECTION_LOST, pipeline->calls->error_message(pipeline->conn));
}

/* ---- sending ---- */

static void push(struct pipeline *pipeline, struct step step)
{
  if (pipeline->n_steps == pipeline->cap) {
    size_t cap = pipeline->cap == 0 ? 32 : pipeline->cap * 2;
    struct step *steps = malloc(cap * sizeof *steps);
    if (steps == NULL)
      abort();
    for (size_t i = 0; i < pipeline->n_steps; i++)
      steps[i] = pipeline->steps[(pipeline->first + i) % pipeline->cap];
    free(pipeline->steps);
    pipeline->steps = steps;
    pipeline->first = 0;
    pipeline->cap = cap;
  }
  pipeline->steps[(pipeline->first + pipeline->n_steps++) % pipeline->cap] = step;
}

/* Notes a command that libpq took; one that it did not take means that the connection is gone. */
static void sent(struct pipeline *pipeline, int taken, struct step step)
{
  if (taken == 1)
    push(pipeline, step);
  else
    pipeline_lose_connection(pipeline);
}

static void send_sync(struct pipeline *pipeline, struct execution *execution, bool ends)
{
  if (pipeline->lost)
    return;
  sent(pipeline, pipeline->calls->pipeline_sync(pipeline->conn),
       (struct step){STEP_SYNC, .execution = execution, .ends_execution = ends});
}

static void send_command(struct pipeline *pipeline, struct execution *execution, const char *text)
{
  if (pipeline->lost)
    return;
  sent(pipeline, pipeline->calls->send_query_params(pipeline->conn, text, 0, NULL, NULL, NULL, NULL, 1),
       (struct step){STEP_COMMAND, .execution = execution});
}

void pipeline_command(struct pipeline *pipeline, const char *text)
{
  send_command(pipeline, NULL, text);
  send_sync(pipeline, NULL, false);
}

static void send_deallocates(struct pipeline *pipeline)
{
  struct prepared_entry *entry;
  while (!pipeline->lost && (entry = prepared_take_victim(&pipeline->prepared)) != NULL) {
    char text[64];
    snprintf(text, sizeof text, "DEALLOCATE %s", entry->name);
    sent(pipeline, pipeline->calls->send_query_params(pipeline->conn, text, 0, NULL, NULL, NULL, NULL, 1),
         (struct step){STEP_DEALLOCATE, .entry = entry});
    send_sync(pipeline, NULL, false);
  }
}

static void send_prepare(struct pipeline *pipeline, struct execution *execution, struct prepared_entry *entry)
{
  entry->pins++; /* the step's own */
  sent(pipeline,
       pipeline->calls->send_prepare(pipeline->conn, entry->name, entry->text, (int)entry->n_types,
                                     entry->types),
       (struct step){STEP_PREPARE, .execution = execution, .entry = entry});
}

/* Takes a prepared statement for every fetch, of later waves too: later there is no segment to prepare in. */
static void send_prepares(struct pipeline *pipeline, struct execution *execution)
{
  const struct plan *plan = execution->run->plan;
  bool any = false;
  for (unsigned i = 0; i < plan->n_fetches && !pipeline->lost; i++) {
    const struct statement *statement = &plan->statements[i];
    uint32_t types[statement->n_binds + 1];
    for (unsigned k = 0; k < statement->n_binds; k++)
      types[k] = statement->binds[k].type;
    struct prepared_entry *entry =
        prepared_find(&pipeline->prepared, statement->text, types, statement->n_binds);
    if (entry == NULL) {
      entry = prepared_add(&pipeline->prepared, statement->text, types, statement->n_binds);
      send_prepare(pipeline, execution, entry);
      any = true;
    }
    execution->entries[i] = entry;
  }
  if (any)
    send_sync(pipeline, execution, false);
}

static void send_fetch(struct pipeline *pipeline, struct execution *execution, unsigned fetch)
{
  if (pipeline->lost)
    return;
  const struct parameters *parameters = &execution->parameters[fetch];
  sent(pipeline,
       pipeline->calls->send_query_prepared(pipeline->conn, execution->entries[fetch]->name, parameters->n,
                                            parameters->values, parameters->lengths, parameters->formats, 1),
       (struct step){STEP_FETCH, .execution = execution, .fetch = fetch});
  execution->outstanding++;
  execution->run->stats.statements++;
}

void pipeline_end_sending(struct pipeline *pipeline, struct execution *execution)
{
  if (pipeline->holder == execution)
    pipeline->holder = NULL;
  if (execution->sync_sent)
    return;
  execution->sync_sent = true;
  send_sync(pipeline, execution, true);
}

void pipeline_settle(struct pipeline *pipeline, struct execution *execution)
{
  execution->settled = true;
  pipeline_end_sending(pipeline, execution);
  pipeline->owner.settled(pipeline->owner.user, execution);
}

static void send_wave(struct pipeline *pipeline, struct execution *execution)
{
  const struct plan *plan = execution->run->plan;
  bool last = execution->wave + 1 == plan->n_waves;
  for (unsigned i = 0; i < plan->n_fetches; i++)
    if (plan->fetches[i]->wave == execution->wave && !execution->keyless[i])
      send_fetch(pipeline, execution, i);
  execution->run->stats.waves++;
  if (last) {
    pipeline_end_sending(pipeline, execution);
    return;
  }
  pipeline->holder = execution;
  if (!pipeline->lost && pipeline->calls->send_flush_request(pipeline->conn) != 1)
    pipeline_lose_connection(pipeline);
}

/* Sends the next wave that has something to send; settles the execution when there is none. */
void pipeline_advance(struct pipeline *pipeline, struct execution *execution)
{
  const struct plan *plan = execution->run->plan;
  for (; execution->wave < plan->n_waves; execution->wave++) {
    unsigned n;
    if (!execution_open_wave(execution, &n))
      break;
    if (n > 0) {
      send_wave(pipeline, execution);
      return;
    }
    execution_close_wave(execution);
  }
  pipeline_settle(pipeline, execution);
}

void pipeline_start(struct pipeline *pipeline, struct execution *execution, const char *begin, int64_t now_us)
{
  execution_restart(execution);
  DL_APPEND(pipeline->executions, execution);
  pipeline->n_executions++;
  execution->first_us = now_us;
  execution->run->stats.queue_us = now_us - execution->queued_us;
  execution->begins = begin != NULL;

  send_deallocates(pipeline);
  send_prepares(pipeline, execution);
  if (begin != NULL) {
    send_command(pipeline, execution, begin);
    send_sync(pipeline, execution, false);
  }
  if (login_planning(execution->run->plan) != NULL)
    send_command(pipeline, execution, login_planning(execution->run->plan));
  if (!pipeline->lost)
    pipeline_advance(pipeline, execution);
}

void pipeline_abandon(struct pipeline *pipeline, struct execution *execution)
{
  execution->settled = true;
  pipeline_end_sending(pipeline, execution);
}

/* ---- looking, taking, writing ---- */

struct execution *pipeline_head(const struct pipeline *pipeline)
{
  return pipeline->n_steps == 0 ? NULL : pipeline->steps[pipeline->first].execution;
}

void pipeline_unlink(struct pipeline *pipeline, struct execution *execution)
{
  DL_DELETE(pipeline->executions, execution);
  pipeline->n_executions--;
  if (pipeline->holder == execution)
    pipeline->holder = NULL;
  for (unsigned i = 0; i < execution->n_entries; i++) {
    if (execution->entries[i] != NULL)
      prepared_unpin(&pipeline->prepared, execution->entries[i]);
    execution->entries[i] = NULL;
  }
}

struct execution *pipeline_take(struct pipeline *pipeline)
{
  struct execution *execution = pipeline->executions;
  if (execution != NULL)
    pipeline_unlink(pipeline, execution);
  return execution;
}

bool pipeline_write(struct pipeline *pipeline, bool *ret_pending)
{
  *ret_pending = false;
  if (pipeline->lost)
    return false;
  int left = pipeline->calls->flush(pipeline->conn);
  if (left < 0)
    return pipeline_lose_connection(pipeline);
  *ret_pending = left > 0;
  return true;
}

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
 * A lost connection is final.  The loop stops on CONNECTION_BAD, on a FATAL error, and on answers that fit no
 * step: libpq would give results for ever.
 */
#include "storage/pipeline.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define CUSTOM_PLANS "SELECT pg_catalog.set_config('plan_cache_mode', 'auto', true)"

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
static bool lose(struct pipeline *pipeline, const char *sqlstate, const char *text)
{
  if (!pipeline->lost) {
    pipeline->lost = true;
    snprintf(pipeline->lost_sqlstate, sizeof pipeline->lost_sqlstate, "%s", sqlstate);
    snprintf(pipeline->lost_text, sizeof pipeline->lost_text, "%s", text);
  }
  return false;
}

void pipeline_lose(struct pipeline *pipeline, const char *sqlstate, const char *text)
{
  lose(pipeline, sqlstate, text);
}

static bool lose_connection(struct pipeline *pipeline)
{
  return lose(pipeline, SQLSTATE_CONNECTION_LOST, pipeline->calls->error_message(pipeline->conn));
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
    lose_connection(pipeline);
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

static void end_sending(struct pipeline *pipeline, struct execution *execution)
{
  if (pipeline->holder == execution)
    pipeline->holder = NULL;
  if (execution->sync_sent)
    return;
  execution->sync_sent = true;
  send_sync(pipeline, execution, true);
}

static void settle(struct pipeline *pipeline, struct execution *execution)
{
  execution->settled = true;
  end_sending(pipeline, execution);
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
    end_sending(pipeline, execution);
    return;
  }
  pipeline->holder = execution;
  if (!pipeline->lost && pipeline->calls->send_flush_request(pipeline->conn) != 1)
    lose_connection(pipeline);
}

/* Sends the next wave that has something to send; settles the execution when there is none. */
static void advance(struct pipeline *pipeline, struct execution *execution)
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
  settle(pipeline, execution);
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
  if (execution->run->plan->user_filter)
    send_command(pipeline, execution, CUSTOM_PLANS);
  if (!pipeline->lost)
    advance(pipeline, execution);
}

void pipeline_abandon(struct pipeline *pipeline, struct execution *execution)
{
  execution->settled = true;
  end_sending(pipeline, execution);
}

/* ---- answers ---- */

static struct step *head(const struct pipeline *pipeline)
{
  return pipeline->n_steps == 0 ? NULL : &pipeline->steps[pipeline->first];
}

struct execution *pipeline_head(const struct pipeline *pipeline)
{
  const struct step *step = head(pipeline);
  return step == NULL ? NULL : step->execution;
}

static struct step pop(struct pipeline *pipeline)
{
  struct step step = pipeline->steps[pipeline->first];
  pipeline->first = (pipeline->first + 1) % pipeline->cap;
  pipeline->n_steps--;
  pipeline->head_open = pipeline->head_answered = false;
  return step;
}

static void unlink_execution(struct pipeline *pipeline, struct execution *execution)
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
    unlink_execution(pipeline, execution);
  return execution;
}

/* What a failure says of the statements that the execution used. */
static void judge_prepared(struct pipeline *pipeline, struct execution *execution, const struct step *step,
                           const char *sqlstate)
{
  enum failure_retry kind = failure_retry(sqlstate);
  if (step->kind != STEP_FETCH)
    return;
  if (kind == RETRY_FORGET)
    prepared_forget(&pipeline->prepared, execution->entries[step->fetch]);
  if (kind == RETRY_REPLACE)
    for (unsigned i = 0; i < execution->n_entries; i++)
      prepared_expire(&pipeline->prepared, execution->entries[i]);
}

static bool receive_error(struct pipeline *pipeline, struct step *step, const PGresult *result)
{
  const struct pq_calls *calls = pipeline->calls;
  const char *sqlstate = calls->result_error_field(result, PG_DIAG_SQLSTATE);
  const char *text = calls->result_error_field(result, PG_DIAG_MESSAGE_PRIMARY);
  const char *severity = calls->result_error_field(result, PG_DIAG_SEVERITY_NONLOCALIZED);
  if (sqlstate == NULL) /* libpq's own: there was no answer of the server */
    return lose_connection(pipeline);
  if (text == NULL)
    text = "";
  if (severity != NULL && (strcmp(severity, "FATAL") == 0 || strcmp(severity, "PANIC") == 0))
    return lose(pipeline, sqlstate, text);
  step->failed = true;
  if (step->kind == STEP_DEALLOCATE && failure_retry(sqlstate) == RETRY_FORGET)
    step->failed = false; /* it is gone, which is what was asked for */
  if (step->execution != NULL) {
    judge_prepared(pipeline, step->execution, step, sqlstate);
    execution_fail(step->execution, sqlstate, text);
  }
  return true;
}

static void receive_rows(struct pipeline *pipeline, const struct step *step, const PGresult *result)
{
  struct execution *execution = step->execution;
  if (step->kind != STEP_FETCH || execution->run == NULL || execution->failed)
    return;
  if (!execution_add_rows(execution, step->fetch, pipeline->calls, result))
    settle(pipeline, execution);
}

static void finish_fetch(struct pipeline *pipeline, struct execution *execution)
{
  execution->outstanding--;
  if (execution->outstanding > 0 || execution->settled)
    return;
  if (execution->failed) {
    end_sending(pipeline, execution);
    return;
  }
  execution_close_wave(execution);
  execution->wave++;
  advance(pipeline, execution);
}

static void finish_step(struct pipeline *pipeline)
{
  struct step step = pop(pipeline);
  switch (step.kind) {
  case STEP_PREPARE:
    prepared_confirm(&pipeline->prepared, step.entry, !step.failed);
    prepared_unpin(&pipeline->prepared, step.entry);
    break;
  case STEP_DEALLOCATE:
    prepared_dropped(&pipeline->prepared, step.entry, !step.failed);
    break;
  case STEP_FETCH:
    finish_fetch(pipeline, step.execution);
    break;
  case STEP_COMMAND:
  case STEP_SYNC:
    break;
  }
}

static bool finish_sync(struct pipeline *pipeline)
{
  if (head(pipeline) == NULL || head(pipeline)->kind != STEP_SYNC)
    return lose(pipeline, SQLSTATE_CONNECTION_LOST, "a Sync was answered that was not sent");
  struct step step = pop(pipeline);
  if (!step.ends_execution)
    return true;
  unlink_execution(pipeline, step.execution);
  pipeline->owner.ended(pipeline->owner.user, step.execution);
  return true;
}

static bool receive(struct pipeline *pipeline, const PGresult *result)
{
  struct step *step = head(pipeline);
  ExecStatusType status = pipeline->calls->result_status(result);
  pipeline->head_answered = true;
  switch (status) {
  case PGRES_PIPELINE_SYNC:
    return finish_sync(pipeline);
  case PGRES_SINGLE_TUPLE:
  case PGRES_TUPLES_OK:
    receive_rows(pipeline, step, result);
    return true;
  case PGRES_COMMAND_OK:
    return true;
  case PGRES_PIPELINE_ABORTED:
    step->failed = true;
    return true;
  case PGRES_FATAL_ERROR:
    return receive_error(pipeline, step, result);
  default:
    return lose(pipeline, SQLSTATE_CONNECTION_LOST, "the server answered what was not asked");
  }
}

/* Opens the first step for reading.  Must come before libpq parses any of its answer.  Single-row mode is
 * refused for a step that was skipped, which has no rows. */
static void open_head(struct pipeline *pipeline)
{
  if (pipeline->head_open)
    return;
  pipeline->head_open = true;
  if (head(pipeline)->kind == STEP_FETCH)
    pipeline->calls->set_single_row_mode(pipeline->conn);
}

/* One result of the first step, or the NULL that ends it. */
static bool read_one(struct pipeline *pipeline)
{
  PGresult *result = pipeline->calls->get_result(pipeline->conn);
  if (result == NULL) {
    if (!pipeline->head_answered)
      return lose(pipeline, SQLSTATE_CONNECTION_LOST, "no answer to what was asked");
    finish_step(pipeline);
    return !pipeline->lost;
  }
  bool good = receive(pipeline, result);
  pipeline->calls->clear(result);
  if (good && pipeline->calls->status(pipeline->conn) == CONNECTION_BAD)
    return lose_connection(pipeline);
  return good && !pipeline->lost;
}

bool pipeline_read(struct pipeline *pipeline, bool *ret_progress)
{
  *ret_progress = false;
  if (pipeline->lost)
    return false;
  /* What the server said before it hung up is still to be read: it may name the cause. */
  bool open = pipeline->calls->consume_input(pipeline->conn) == 1;
  while (pipeline->n_steps > 0) {
    open_head(pipeline);
    if (pipeline->calls->is_busy(pipeline->conn))
      break;
    *ret_progress = true;
    if (!read_one(pipeline))
      return false;
  }
  if (pipeline->n_steps == 0)
    (void)pipeline->calls->is_busy(
        pipeline->conn); /* notices and parameter changes, which libpq keeps till asked */
  if (!open || pipeline->calls->status(pipeline->conn) == CONNECTION_BAD)
    return lose_connection(pipeline);
  return true;
}

bool pipeline_write(struct pipeline *pipeline, bool *ret_pending)
{
  *ret_pending = false;
  if (pipeline->lost)
    return false;
  int left = pipeline->calls->flush(pipeline->conn);
  if (left < 0)
    return lose_connection(pipeline);
  *ret_pending = left > 0;
  return true;
}

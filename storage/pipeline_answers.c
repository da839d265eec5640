/*
 * pipeline_answers.c - what Postgres answers to the steps that were sent.
 *
 * Rows of a fetch come in one result where the planner expects few: row by row libpq copies the columns'
 * description and allocates four times a row, which costs more than all the rest.  But libpq shows nothing of
 * a result before its end, so no budget binds meanwhile.  Therefore a result that has not ended after
 * WHOLE_READS reads, each of which takes no more than a buffer, is given up: its run starts afresh, and the
 * statement's rows come one at a time from then on.
 *
 * A lost connection is final.  The loop stops on CONNECTION_BAD, on a FATAL error, and on answers that fit no
 * step: libpq would give results for ever.
 */
#include "storage/pipeline_steps.h"

#include <string.h>

/* 256 reads take about 2 MB at least where Postgres sends 8 kB at a time. */
#define WHOLE_ROWS 2000
#define WHOLE_READS 256

static struct step *head(const struct pipeline *pipeline)
{
  return pipeline->n_steps == 0 ? NULL : &pipeline->steps[pipeline->first];
}

static struct step pop(struct pipeline *pipeline)
{
  struct step step = pipeline->steps[pipeline->first];
  pipeline->first = (pipeline->first + 1) % pipeline->cap;
  pipeline->n_steps--;
  pipeline->head_open = pipeline->head_answered = pipeline->head_whole = false;
  pipeline->head_reads = 0;
  return step;
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
    return pipeline_lose_connection(pipeline);
  if (text == NULL)
    text = "";
  if (severity != NULL && (strcmp(severity, "FATAL") == 0 || strcmp(severity, "PANIC") == 0))
    return pipeline_lose(pipeline, sqlstate, text);
  step->failed = true;
  if (step->kind == STEP_DEALLOCATE && failure_retry(sqlstate) == RETRY_FORGET)
    step->failed = false; /* it is gone, which is what was asked for */
  if (step->execution != NULL) {
    judge_prepared(pipeline, step->execution, step, sqlstate);
    execution_fail(step->execution, sqlstate, text);
  }
  return true;
}

/* Takes the result. */
static void receive_rows(struct pipeline *pipeline, const struct step *step, PGresult *result)
{
  const struct pq_calls *calls = pipeline->calls;
  struct execution *execution = step->execution;
  bool good = true;
  if (step->kind != STEP_FETCH || execution->run == NULL || execution->failed) {
    calls->clear(result);
  } else if (pipeline->head_whole) {
    good = execution_keep_rows(execution, step->fetch, calls, result);
  } else {
    good = execution_add_rows(execution, step->fetch, calls, result);
    calls->clear(result);
  }
  if (!good)
    pipeline_settle(pipeline, execution);
}

static void tell_of_root(const struct execution *execution)
{
  struct run *run = execution->run;
  if (run != NULL && run->root_arrived != NULL && !execution->failed && !execution->settled)
    run->root_arrived(run);
}

static void finish_fetch(struct pipeline *pipeline, struct execution *execution, unsigned fetch)
{
  execution->outstanding--;
  if (fetch == 0)
    tell_of_root(execution);
  if (execution->outstanding > 0 || execution->settled)
    return;
  if (execution->failed) {
    pipeline_end_sending(pipeline, execution);
    return;
  }
  execution_close_wave(execution);
  execution->wave++;
  pipeline_advance(pipeline, execution);
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
    finish_fetch(pipeline, step.execution, step.fetch);
    break;
  case STEP_COMMAND:
  case STEP_SYNC:
    break;
  }
}

static bool finish_sync(struct pipeline *pipeline)
{
  if (head(pipeline) == NULL || head(pipeline)->kind != STEP_SYNC)
    return pipeline_lose(pipeline, SQLSTATE_CONNECTION_LOST, "a Sync was answered that was not sent");
  struct step step = pop(pipeline);
  if (!step.ends_execution)
    return true;
  pipeline_unlink(pipeline, step.execution);
  pipeline->owner.ended(pipeline->owner.user, step.execution);
  return true;
}

static bool receive_other(struct pipeline *pipeline, ExecStatusType status, const PGresult *result)
{
  struct step *step = head(pipeline);
  switch (status) {
  case PGRES_PIPELINE_SYNC:
    return finish_sync(pipeline);
  case PGRES_COMMAND_OK:
    return true;
  case PGRES_PIPELINE_ABORTED:
    step->failed = true;
    return true;
  case PGRES_FATAL_ERROR:
    return receive_error(pipeline, step, result);
  default:
    return pipeline_lose(pipeline, SQLSTATE_CONNECTION_LOST, "the server answered what was not asked");
  }
}

/* Takes the result. */
static bool receive(struct pipeline *pipeline, PGresult *result)
{
  ExecStatusType status = pipeline->calls->result_status(result);
  pipeline->head_answered = true;
  if (status == PGRES_SINGLE_TUPLE || status == PGRES_TUPLES_OK) {
    receive_rows(pipeline, head(pipeline), result);
    return true;
  }
  bool good = receive_other(pipeline, status, result);
  pipeline->calls->clear(result);
  return good;
}

/* A session cannot start afresh: others have seen its snapshot. */
static bool comes_whole(const struct step *step)
{
  const struct execution *execution = step->execution;
  return execution->run != NULL && execution->session == NULL &&
         !execution->entries[step->fetch]->row_by_row &&
         execution->run->plan->fetches[step->fetch]->estimated_rows <= WHOLE_ROWS;
}

/* Opens the first step for reading.  Must come before libpq parses any of its answer.  Single-row mode is
 * refused for a step that was skipped, which has no rows. */
static void open_head(struct pipeline *pipeline)
{
  if (pipeline->head_open)
    return;
  pipeline->head_open = true;
  if (head(pipeline)->kind != STEP_FETCH)
    return;
  pipeline->head_whole = comes_whole(head(pipeline));
  if (!pipeline->head_whole)
    pipeline->calls->set_single_row_mode(pipeline->conn);
}

/* The first step's answer is not complete. */
static void count_read(struct pipeline *pipeline)
{
  if (!pipeline->head_whole || ++pipeline->head_reads < WHOLE_READS)
    return;
  struct step *step = head(pipeline);
  struct execution *execution = step->execution;
  pipeline->head_whole = false;
  execution->entries[step->fetch]->row_by_row = true;
  if (execution->run != NULL)
    pipeline->owner.outgrown(pipeline->owner.user, execution);
}

/* One result of the first step, or the NULL that ends it. */
static bool read_one(struct pipeline *pipeline)
{
  PGresult *result = pipeline->calls->get_result(pipeline->conn);
  if (result == NULL) {
    if (!pipeline->head_answered)
      return pipeline_lose(pipeline, SQLSTATE_CONNECTION_LOST, "no answer to what was asked");
    finish_step(pipeline);
    return !pipeline->lost;
  }
  bool good = receive(pipeline, result);
  if (good && pipeline->calls->status(pipeline->conn) == CONNECTION_BAD)
    return pipeline_lose_connection(pipeline);
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
    if (pipeline->calls->is_busy(pipeline->conn)) {
      count_read(pipeline);
      break;
    }
    *ret_progress = true;
    if (!read_one(pipeline))
      return false;
  }
  if (pipeline->n_steps == 0)
    (void)pipeline->calls->is_busy(
        pipeline->conn); /* notices and parameter changes, which libpq keeps till asked */
  if (!open || pipeline->calls->status(pipeline->conn) == CONNECTION_BAD)
    return pipeline_lose_connection(pipeline);
  return true;
}

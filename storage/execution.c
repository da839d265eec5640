#include "storage/execution.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "storage/group.h"
#include "storage/pq_calls.h"

#define HITS_MAX 10

/*
 * Rows come in one of two ways, by the pipeline's choice.  One at a time: the row's cells are copied in one
 * piece into the run's arena and the result is freed at once, so the arena's budget binds while rows arrive.
 * Or all of a fetch in one result: the cells point into it, and it lives as long as the arena, which is
 * charged with its size.
 */

struct execution *execution_new(struct run *run, int64_t now_us)
{
  struct execution *execution = calloc(1, sizeof *execution);
  if (execution == NULL)
    abort();
  execution->run = run;
  execution->session = run->session;
  execution->queued_us = now_us;
  execution->deadline_us = run->deadline_us;
  execution->n_entries = run->plan->n_fetches;
  execution->entries = calloc(execution->n_entries, sizeof(struct prepared_entry *));
  if (execution->entries == NULL)
    abort();
  return execution;
}

void execution_free(struct execution *execution)
{
  free(execution->entries);
  free(execution);
}

struct execution *execution_renew(struct execution *execution)
{
  struct execution *fresh = execution_new(execution->run, execution->queued_us);
  fresh->retried = execution->retried;
  fresh->n_hits = execution->n_hits;
  fresh->group = execution->group;
  fresh->alone = execution->alone;
  execution->group = NULL;
  execution->run = NULL;
  execution->failed = true;
  return fresh;
}

void execution_restart(struct execution *execution)
{
  struct run *run = execution->run;
  unsigned n = run->plan->n_fetches;
  execution->first_us = 0;
  execution->wave = 0;
  execution->outstanding = 0;
  execution->sync_sent = execution->begins = execution->failed = execution->settled = false;
  execution->cancel_hit = false;
  execution->sqlstate[0] = '\0';
  execution->groups = ARENA_ARRAY(run->arena, struct stitch_groups, n);
  execution->parameters = ARENA_ARRAY(run->arena, struct parameters, n);
  execution->keyless = ARENA_ARRAY(run->arena, bool, n);
  run->stats = (struct run_stats){.group = 1};
  run->fetches = ARENA_ARRAY(run->arena, struct fetch_rows, n);
  for (unsigned i = 0; i < n; i++)
    run->fetches[i].rows.n_columns = run->plan->fetches[i]->n_outputs;
}

static void find_groups(struct execution *execution, const struct plan_fetch *fetch)
{
  struct run *run = execution->run;
  const struct rows *parent = &run->fetches[fetch->parent->index].rows;
  stitch_groups(fetch, parent, run->arena, &execution->groups[fetch->index]);
}

static bool encode(struct execution *execution, const struct plan_fetch *fetch)
{
  struct run *run = execution->run;
  const struct stitch_groups *groups = &execution->groups[fetch->index];
  struct parameter_source source = {
      .arguments = run->arguments,
      .claims = run->claims,
      .keys = plan_fetch_is_keyed(fetch) ? (const struct cell *const *)groups->keys : NULL,
      .n_keys = groups->n,
      .limit = run->limit,
  };
  if (parameters_encode(&run->plan->statements[fetch->index], &source, run->arena,
                        &execution->parameters[fetch->index], &execution->error))
    return true;
  execution->failed = execution->settled = true;
  return false;
}

bool execution_open_wave(struct execution *execution, unsigned *ret_n)
{
  const struct plan *plan = execution->run->plan;
  *ret_n = 0;
  for (unsigned i = 0; i < plan->n_fetches; i++) {
    const struct plan_fetch *fetch = plan->fetches[i];
    if (fetch->wave != execution->wave)
      continue;
    if (plan_fetch_is_keyed(fetch)) {
      find_groups(execution, fetch);
      execution->keyless[i] = execution->groups[i].n == 0;
    }
    if (execution->keyless[i])
      continue;
    if (!encode(execution, fetch))
      return false;
    ++*ret_n;
  }
  return true;
}

static void release_cells(void *object)
{
  struct rows *rows = object;
  free(rows->cells);
}

/* The cells are not the arena's own, which would keep every smaller array that they outgrew. */
static void rows_grow(struct rows *rows, struct arena *arena)
{
  if (rows->cap == 0)
    arena_defer(arena, release_cells, rows);
  size_t cap = rows->cap == 0 ? 16 : rows->cap * 2, row_size = rows->n_columns * sizeof *rows->cells;
  rows->cells = realloc(rows->cells, cap * row_size);
  if (rows->cells == NULL)
    abort();
  arena_charge(arena, (cap - rows->cap) * row_size);
  rows->cap = cap;
}

static struct cell *rows_append(struct rows *rows, struct arena *arena)
{
  if (rows->n == rows->cap)
    rows_grow(rows, arena);
  return rows->cells + rows->n++ * rows->n_columns;
}

static void copy_row(struct cell *cells, int n_columns, const struct pq_calls *calls, const PGresult *result,
                     int row, struct arena *arena)
{
  size_t size = 0;
  for (int i = 0; i < n_columns; i++) {
    cells[i].len = calls->getisnull(result, row, i) ? -1 : calls->getlength(result, row, i);
    size += cells[i].len > 0 ? (size_t)cells[i].len : 0;
  }
  uint8_t *bytes = arena_alloc_bytes(arena, size);
  for (int i = 0; i < n_columns; i++) {
    cells[i].data = bytes;
    if (cells[i].len <= 0)
      continue;
    memcpy(bytes, calls->getvalue(result, row, i), (size_t)cells[i].len);
    bytes += cells[i].len;
  }
}

static bool settle_error(struct execution *execution)
{
  execution->failed = execution->settled = true;
  return false;
}

/* Postgres' own answer to a statement that the schema has left behind. */
static bool refuse_columns(struct execution *execution, const char *detail)
{
  strcpy(execution->sqlstate, SQLSTATE_DATATYPE_MISMATCH);
  failure_describe(execution->sqlstate, detail, &execution->error);
  return settle_error(execution);
}

static bool check_columns(struct execution *execution, unsigned fetch, const struct pq_calls *calls,
                          const PGresult *result)
{
  const struct plan *plan = execution->run->plan;
  unsigned planned = execution->run->fetches[fetch].rows.n_columns;
  const uint32_t *types = plan->statements[fetch].types;
  if ((unsigned)calls->nfields(result) != planned)
    return refuse_columns(execution, "another number of columns than was planned");
  for (unsigned i = 0; types != NULL && i < planned; i++)
    if (types[i] != 0 && types[i] != calls->ftype(result, (int)i))
      return refuse_columns(execution, "a column's type is another than was planned");
  return true;
}

static bool check_budget(struct execution *execution)
{
  if (!arena_over_budget(execution->run->arena))
    return true;
  error_set(&execution->error, ERROR_RESOURCE_EXHAUSTED, "RESULT_TOO_LARGE",
            "the result is too large: ask for fewer resources (page_size) or fewer fields");
  return settle_error(execution);
}

bool execution_add_rows(struct execution *execution, unsigned fetch, const struct pq_calls *calls,
                        const PGresult *result)
{
  struct run *run = execution->run;
  struct rows *rows = &run->fetches[fetch].rows;
  int n_columns = calls->nfields(result), n_rows = calls->ntuples(result);
  if (!check_columns(execution, fetch, calls, result))
    return false;
  for (int row = 0; row < n_rows; row++) {
    copy_row(rows_append(rows, run->arena), n_columns, calls, result, row, run->arena);
    run->stats.rows++;
    if (!check_budget(execution))
      return false;
  }
  return true;
}

struct kept_result {
  const struct pq_calls *calls;
  PGresult *result;
};

static void release_result(void *object)
{
  const struct kept_result *kept = object;
  kept->calls->clear(kept->result);
}

static void keep_result(struct arena *arena, const struct pq_calls *calls, PGresult *result)
{
  struct kept_result *kept = ARENA_NEW(arena, struct kept_result);
  *kept = (struct kept_result){calls, result};
  arena_defer(arena, release_result, kept);
  arena_charge(arena, calls->memory_size(result));
}

bool execution_keep_rows(struct execution *execution, unsigned fetch, const struct pq_calls *calls,
                         PGresult *result)
{
  struct run *run = execution->run;
  struct rows *rows = &run->fetches[fetch].rows;
  int n_columns = calls->nfields(result), n_rows = calls->ntuples(result);
  keep_result(run->arena, calls, result);
  if (!check_columns(execution, fetch, calls, result))
    return false;
  rows->n = rows->cap = (size_t)n_rows;
  rows->cells = ARENA_ARRAY_UNSET(run->arena, struct cell, n_rows * n_columns);
  struct cell *cell = rows->cells;
  for (int row = 0; row < n_rows; row++)
    for (int column = 0; column < n_columns; column++, cell++) {
      cell->len = calls->getlength(result, row, column);
      cell->data = (const uint8_t *)calls->getvalue(result, row, column);
      if (cell->len == 0 && calls->getisnull(result, row, column))
        cell->len = -1;
    }
  run->stats.rows += rows->n;
  return check_budget(execution);
}

void execution_close_wave(struct execution *execution)
{
  struct run *run = execution->run;
  for (unsigned i = 0; i < run->plan->n_fetches; i++) {
    const struct plan_fetch *fetch = run->plan->fetches[i];
    if (fetch->wave != execution->wave || fetch->parent == NULL)
      continue;
    if (!plan_fetch_is_keyed(fetch))
      find_groups(execution, fetch);
    stitch_rows(fetch, &execution->groups[i], run->arena, &run->fetches[i]);
  }
}

void execution_fail(struct execution *execution, const char *sqlstate, const char *text)
{
  if (execution->failed)
    return;
  execution->failed = true;
  strncpy(execution->sqlstate, sqlstate, sizeof execution->sqlstate - 1);
  failure_describe(sqlstate, text, &execution->error);
}

struct run *execution_finish(struct execution *execution, int64_t now_us)
{
  struct run *run = execution->run;
  if (execution->failed)
    run->error = execution->error;
  else
    run->error.code = ERROR_NONE;
  if (!execution->failed && run->rows_plan == NULL) {
    run->rows_plan = run->plan;
    if (run->plan->root != PLAN_ROOT_PAGE && run->plan->lookup != NULL)
      group_find_rows(run);
  }
  if (execution->first_us != 0)
    run->stats.database_us = now_us - execution->first_us;
  else
    run->stats.queue_us = now_us - execution->queued_us;
  execution->run = NULL;
  return run;
}

struct run *execution_finish_error(struct execution *execution, const struct error *error, int64_t now_us)
{
  execution->failed = true;
  execution->error = *error;
  return execution_finish(execution, now_us);
}

/* A run may be hit by cancels for others many times, through no fault of its own and without having run for
 * long. */
static bool may_retry_hit(struct execution *execution)
{
  return execution->cancel_hit && ++execution->n_hits <= HITS_MAX;
}

static bool may_retry_once(struct execution *execution, enum failure_retry kind)
{
  unsigned bit = 1U << kind;
  if (kind == RETRY_NEVER || (execution->retried & bit) != 0)
    return false;
  execution->retried |= bit;
  return true;
}

bool execution_may_retry(struct execution *execution, enum failure_retry *ret_kind)
{
  if (!execution->failed || execution->settled || execution->sqlstate[0] == '\0')
    return false;
  *ret_kind = failure_retry(execution->sqlstate);
  return *ret_kind == RETRY_CANCELLED ? may_retry_hit(execution) : may_retry_once(execution, *ret_kind);
}

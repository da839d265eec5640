/*
 * analyze.c - prepare, explain, run; wave by wave, since keys come from the rows above.
 *
 * A statement is explained first and run afterwards: by then Postgres has its plan, as it has for a request,
 * and the time measured is that of the run alone.
 *
 * EXECUTE takes literals.  Parameters that we have in binary are told by Postgres itself, as text, before
 * they are quoted.
 *
 * All of it is libpq's blocking way of working, but for the waiting, which looks up now and then to see
 * whether anybody still wants to know.
 */
#include "storage/analyze.h"

#include <errno.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>

#include "base/clock.h"
#include "storage/failure.h"
#include "storage/login.h"
#include "storage/parameters.h"
#include "storage/stitch.h"

#define LOOK_UP_MS 50
#define NAME_MAX_BYTES 16

struct analysis {
  const struct analyze_request *request;
  PGconn *conn;
  struct arena *arena;
  struct fetch_rows *fetches;
  struct stitch_groups *groups;
  struct analyzed_fetch *results;
  struct error *error;
};

/* ---- libpq ---- */

static bool is_cancelled(const struct analysis *analysis)
{
  return analysis->request->cancelled != NULL && atomic_load(analysis->request->cancelled);
}

static void stop_backend(PGconn *conn)
{
  char text[256];
  PGcancel *cancel = PQgetCancel(conn);
  if (cancel != NULL)
    (void)PQcancel(cancel, text, sizeof text);
  PQfreeCancel(cancel);
}

/* Waits until a result can be taken without blocking. */
static void wait_for_result(struct analysis *analysis)
{
  bool stopped = false;
  while (PQisBusy(analysis->conn)) {
    struct pollfd socket = {.fd = PQsocket(analysis->conn), .events = POLLIN};
    if (poll(&socket, 1, LOOK_UP_MS) < 0 && errno != EINTR)
      return;
    if (PQconsumeInput(analysis->conn) == 0)
      return;
    if (!stopped && is_cancelled(analysis)) {
      stop_backend(analysis->conn);
      stopped = true;
    }
  }
}

static bool refuse(struct analysis *analysis, const PGresult *result)
{
  const char *sqlstate = result == NULL ? NULL : PQresultErrorField(result, PG_DIAG_SQLSTATE);
  if (is_cancelled(analysis))
    return error_set(analysis->error, ERROR_CANCELLED, "CANCELLED", "the client went away");
  failure_describe(sqlstate == NULL ? SQLSTATE_CONNECTION_LOST : sqlstate, PQerrorMessage(analysis->conn),
                   analysis->error);
  return false;
}

/* The only result of what was sent; NULL with the error set when it failed. */
static PGresult *take_result(struct analysis *analysis, int sent)
{
  if (sent == 0) {
    refuse(analysis, NULL);
    return NULL;
  }
  wait_for_result(analysis);
  PGresult *result = PQgetResult(analysis->conn), *rest;
  while ((rest = PQgetResult(analysis->conn)) != NULL)
    PQclear(rest);
  ExecStatusType status = result == NULL ? PGRES_FATAL_ERROR : PQresultStatus(result);
  if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK)
    return result;
  refuse(analysis, result);
  PQclear(result);
  return NULL;
}

static bool run_command(struct analysis *analysis, const char *text)
{
  PGresult *result = take_result(analysis, PQsendQuery(analysis->conn, text));
  PQclear(result);
  return result != NULL;
}

/* ---- a statement ---- */

static void name_of(const struct plan_fetch *fetch, char ret[static NAME_MAX_BYTES])
{
  snprintf(ret, NAME_MAX_BYTES, "r%u", fetch->index);
}

/* A statement that is an EXPLAIN itself is not prepared in SQL, nor explained. */
static bool is_query(const struct plan_fetch *fetch)
{
  return fetch->strategy != PLAN_ESTIMATE;
}

/* The values as Postgres writes them: one row, a column each; NULL with the error set. */
static PGresult *texts_of(struct analysis *analysis, const struct parameters *parameters)
{
  struct strbuf text = {0};
  strbuf_puts(&text, "SELECT ");
  for (int i = 0; i < parameters->n; i++)
    strbuf_printf(&text, "%s$%d::pg_catalog.text", i > 0 ? ", " : "", i + 1);
  PGresult *result = take_result(
      analysis, PQsendQueryParams(analysis->conn, strbuf_text(&text), parameters->n, parameters->types,
                                  parameters->values, parameters->lengths, parameters->formats, 0));
  strbuf_done(&text);
  return result;
}

static bool add_literals(struct analysis *analysis, const struct parameters *parameters, struct strbuf *text)
{
  if (parameters->n == 0)
    return true;
  PGresult *values = texts_of(analysis, parameters);
  bool done = values != NULL;
  for (int i = 0; done && i < parameters->n; i++) {
    strbuf_puts(text, i > 0 ? ", " : "(");
    if (PQgetisnull(values, 0, i)) {
      strbuf_puts(text, "NULL");
      continue;
    }
    char *literal =
        PQescapeLiteral(analysis->conn, PQgetvalue(values, 0, i), (size_t)PQgetlength(values, 0, i));
    done = literal != NULL || refuse(analysis, NULL);
    strbuf_puts(text, done ? literal : "");
    PQfreemem(literal);
  }
  strbuf_puts(text, ")");
  PQclear(values);
  return done;
}

static void keep_plan(struct analysis *analysis, const PGresult *lines, struct analyzed_fetch *ret)
{
  struct strbuf text = {0};
  for (int row = 0; row < PQntuples(lines); row++)
    strbuf_printf(&text, "%s%s", row > 0 ? "\n" : "", PQgetvalue(lines, row, 0));
  ret->plan = arena_strndup(analysis->arena, strbuf_text(&text), text.len);
  strbuf_done(&text);
}

static bool explain(struct analysis *analysis, const struct plan_fetch *fetch,
                    const struct parameters *parameters)
{
  struct strbuf text = {0};
  char name[NAME_MAX_BYTES];
  PGresult *lines = NULL;
  name_of(fetch, name);
  strbuf_printf(&text, "EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) EXECUTE %s", name);
  if (add_literals(analysis, parameters, &text))
    lines = take_result(analysis, PQsendQuery(analysis->conn, strbuf_text(&text)));
  if (lines != NULL)
    keep_plan(analysis, lines, &analysis->results[fetch->index]);
  PQclear(lines);
  strbuf_done(&text);
  return lines != NULL;
}

static void release_result(void *result)
{
  PQclear(result);
}

/* The cells stay in the result, which lives as long as the arena. */
static bool keep_rows(struct analysis *analysis, PGresult *result, struct rows *rows)
{
  int n_rows = PQntuples(result), n_columns = PQnfields(result);
  arena_defer(analysis->arena, release_result, result);
  arena_charge(analysis->arena, PQresultMemorySize(result));
  rows->n = rows->cap = (size_t)n_rows;
  rows->n_columns = (unsigned)n_columns;
  rows->cells = ARENA_ARRAY(analysis->arena, struct cell, n_rows * n_columns);
  struct cell *cell = rows->cells;
  for (int row = 0; row < n_rows; row++)
    for (int column = 0; column < n_columns; column++, cell++)
      *cell = (struct cell){(const uint8_t *)PQgetvalue(result, row, column),
                            PQgetisnull(result, row, column) ? -1 : PQgetlength(result, row, column)};
  if (!arena_over_budget(analysis->arena))
    return true;
  return error_set(analysis->error, ERROR_RESOURCE_EXHAUSTED, "RESULT_TOO_LARGE",
                   "the result is too large: ask for fewer resources (page_size) or fewer fields");
}

static bool execute(struct analysis *analysis, const struct plan_fetch *fetch,
                    const struct parameters *parameters)
{
  struct analyzed_fetch *result = &analysis->results[fetch->index];
  char name[NAME_MAX_BYTES];
  name_of(fetch, name);
  int64_t start_us = clock_monotonic_us();
  PGresult *rows =
      take_result(analysis, PQsendQueryPrepared(analysis->conn, name, parameters->n, parameters->values,
                                                parameters->lengths, parameters->formats, 1));
  if (rows == NULL)
    return false;
  result->us = clock_monotonic_us() - start_us;
  result->rows = (size_t)PQntuples(rows);
  result->ran = true;
  return keep_rows(analysis, rows, &analysis->fetches[fetch->index].rows);
}

static bool prepare(struct analysis *analysis, const struct plan_fetch *fetch,
                    const struct parameters *parameters)
{
  char name[NAME_MAX_BYTES];
  name_of(fetch, name);
  PGresult *result = take_result(
      analysis, PQsendPrepare(analysis->conn, name, analysis->request->plan->statements[fetch->index].text,
                              parameters->n, parameters->types));
  PQclear(result);
  return result != NULL;
}

/* ---- the plan ---- */

static void find_groups(struct analysis *analysis, const struct plan_fetch *fetch)
{
  stitch_groups(fetch, &analysis->fetches[fetch->parent->index].rows, analysis->arena,
                &analysis->groups[fetch->index]);
}

static bool run_fetch(struct analysis *analysis, const struct plan_fetch *fetch)
{
  const struct analyze_request *request = analysis->request;
  struct stitch_groups *groups = &analysis->groups[fetch->index];
  struct parameters parameters;
  if (plan_fetch_is_keyed(fetch))
    find_groups(analysis, fetch);
  if (plan_fetch_is_keyed(fetch) && groups->n == 0)
    return true;
  struct parameter_source source = {
      .arguments = request->arguments,
      .claims = request->claims,
      .keys = plan_fetch_is_keyed(fetch) ? (const struct cell *const *)groups->keys : NULL,
      .n_keys = groups->n,
      .limit = request->limit,
  };
  return parameters_encode(&request->plan->statements[fetch->index], &source, analysis->arena, &parameters,
                           analysis->error) &&
         prepare(analysis, fetch, &parameters) &&
         (!is_query(fetch) || explain(analysis, fetch, &parameters)) && execute(analysis, fetch, &parameters);
}

/* A wave sees the rows of the one before; a fetch of the wave of its parent stands behind it. */
static bool run_waves(struct analysis *analysis)
{
  const struct plan *plan = analysis->request->plan;
  for (unsigned wave = 0; wave < plan->n_waves; wave++)
    for (unsigned i = 0; i < plan->n_fetches; i++)
      if (plan->fetches[i]->wave == wave && !run_fetch(analysis, plan->fetches[i]))
        return false;
  return true;
}

static bool run_plan(struct analysis *analysis)
{
  const char *planning = login_planning(analysis->request->plan);
  return run_command(analysis, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") &&
         (planning == NULL || run_command(analysis, planning)) && run_waves(analysis) &&
         run_command(analysis, "ROLLBACK");
}

static PGconn *connect_to(const struct analyze_request *request, struct error *error)
{
  struct storage_options options = {.database = request->database,
                                    .statement_timeout_ms = request->statement_timeout_ms};
  struct strbuf text = {0};
  PGconn *conn = login(&options, &text);
  if (conn == NULL) {
    error_set(error, ERROR_UNAVAILABLE, "DATABASE_UNAVAILABLE", "the database cannot be reached");
    error_set_detail(error, "%s", strbuf_text(&text));
  }
  strbuf_done(&text);
  return conn;
}

bool analyze(const struct analyze_request *request, struct arena *arena, struct analyzed_fetch *ret,
             struct error *error)
{
  unsigned n = request->plan->n_fetches;
  PGconn *conn = connect_to(request, error);
  if (conn == NULL)
    return false;
  struct analysis analysis = {.request = request,
                              .conn = conn,
                              .arena = arena,
                              .fetches = ARENA_ARRAY(arena, struct fetch_rows, n),
                              .groups = ARENA_ARRAY(arena, struct stitch_groups, n),
                              .results = ret,
                              .error = error};
  for (unsigned i = 0; i < n; i++) {
    ret[i] = (struct analyzed_fetch){.plan = ""};
    analysis.fetches[i].rows.n_columns = request->plan->fetches[i]->n_outputs;
  }
  bool done = PQexitPipelineMode(conn) == 1 && PQsetnonblocking(conn, 0) == 0 ? run_plan(&analysis)
                                                                              : refuse(&analysis, NULL);
  PQfinish(conn);
  return done;
}

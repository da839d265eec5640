/*
 * canned_postgres.c - libpq's calls, answered from memory.
 *
 * Answers come in the order of the questions, so a ring of steps is all the state.  A step's answer is its
 * result and then NULL; a Sync's is its result alone, as libpq has it.  Statements are known by their text
 * when they are prepared, by their name from then on.  Results are never cleared, since they are given again.
 */
#include "bench/canned_postgres.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/canned_rows.h"
#include "storage/statement.h"

#define MOST_STATEMENTS 64
#define MOST_STEPS 1024

struct known_statement {
  const char *text; /* the plan's, whose cache outlives us */
  char name[24];    /* under which it was prepared; "" until then */
  PGresult *rows;
};

struct canned_postgres {
  struct known_statement statements[MOST_STATEMENTS];
  size_t n_statements;
  PGresult *steps[MOST_STEPS]; /* a ring */
  size_t first, n_steps;
  bool answered; /* the first step's result was given, not yet the NULL */
  PGresult *done, *sync;
};

static _Noreturn void give_up(const char *what)
{
  fprintf(stderr, "canned Postgres: %s\n", what);
  abort();
}

struct canned_postgres *canned_postgres_new(void)
{
  struct canned_postgres *canned = calloc(1, sizeof *canned);
  if (canned == NULL)
    give_up("no memory");
  canned->done = PQmakeEmptyPGresult(NULL, PGRES_COMMAND_OK);
  canned->sync = PQmakeEmptyPGresult(NULL, PGRES_PIPELINE_SYNC);
  return canned;
}

void canned_postgres_free(struct canned_postgres *canned)
{
  for (size_t i = 0; i < canned->n_statements; i++)
    PQclear(canned->statements[i].rows);
  PQclear(canned->done);
  PQclear(canned->sync);
  free(canned);
}

static struct known_statement *find_text(struct canned_postgres *canned, const char *text)
{
  for (size_t i = 0; i < canned->n_statements; i++)
    if (strcmp(canned->statements[i].text, text) == 0)
      return &canned->statements[i];
  return NULL;
}

void canned_postgres_learn(struct canned_postgres *canned, const struct plan *plan, int64_t first_event,
                           size_t n_events)
{
  for (unsigned i = 0; i < plan->n_fetches; i++) {
    const char *text = plan->statements[i].text;
    if (find_text(canned, text) != NULL)
      continue;
    if (canned->n_statements == MOST_STATEMENTS)
      give_up("too many statements to know");
    canned->statements[canned->n_statements++] = (struct known_statement){
        .text = text, .rows = canned_rows(plan, i, first_event, n_events, CANNED_ATTENDEES)};
  }
}

PGconn *canned_connection(struct canned_postgres *canned)
{
  return (PGconn *)canned;
}

/* ---- the calls ---- */

static int push(PGconn *conn, PGresult *result)
{
  struct canned_postgres *canned = (struct canned_postgres *)conn;
  if (canned->n_steps == MOST_STEPS)
    give_up("too many questions at once");
  canned->steps[(canned->first + canned->n_steps++) % MOST_STEPS] = result;
  return 1;
}

static PGresult *pop(struct canned_postgres *canned)
{
  PGresult *result = canned->steps[canned->first];
  canned->first = (canned->first + 1) % MOST_STEPS;
  canned->n_steps--;
  canned->answered = false;
  return result;
}

static int send_prepare(PGconn *conn, const char *name, const char *text, int n, const Oid *types)
{
  struct canned_postgres *canned = (struct canned_postgres *)conn;
  struct known_statement *statement = find_text(canned, text);
  if (statement == NULL)
    give_up("a statement of no plan that it learned");
  snprintf(statement->name, sizeof statement->name, "%s", name);
  return push(conn, canned->done);
}

static int send_query_prepared(PGconn *conn, const char *name, int n, const char *const *values,
                               const int *lengths, const int *formats, int result_format)
{
  struct canned_postgres *canned = (struct canned_postgres *)conn;
  for (size_t i = 0; i < canned->n_statements; i++)
    if (strcmp(canned->statements[i].name, name) == 0)
      return push(conn, canned->statements[i].rows);
  give_up("a statement that was not prepared");
}

static int send_query_params(PGconn *conn, const char *text, int n, const Oid *types,
                             const char *const *values, const int *lengths, const int *formats,
                             int result_format)
{
  return push(conn, ((struct canned_postgres *)conn)->done);
}

static int pipeline_sync(PGconn *conn)
{
  return push(conn, ((struct canned_postgres *)conn)->sync);
}

static PGresult *get_result(PGconn *conn)
{
  struct canned_postgres *canned = (struct canned_postgres *)conn;
  if (canned->n_steps == 0)
    give_up("asked for an answer to no question");
  if (canned->answered) {
    pop(canned);
    return NULL;
  }
  if (canned->steps[canned->first] == canned->sync)
    return pop(canned);
  canned->answered = true;
  return canned->steps[canned->first];
}

static int yes(PGconn *conn)
{
  return 1;
}

static int none(PGconn *conn)
{
  return 0;
}

static ConnStatusType status(const PGconn *conn)
{
  return CONNECTION_OK;
}

static PGTransactionStatusType transaction_status(const PGconn *conn)
{
  return PQTRANS_IDLE;
}

static char *error_message(const PGconn *conn)
{
  static char text[] = "";
  return text;
}

/* The rows are wanted again. */
static void keep(PGresult *result) {}

const struct pq_calls canned_calls = {
    .send_prepare = send_prepare,
    .send_query_prepared = send_query_prepared,
    .send_query_params = send_query_params,
    .pipeline_sync = pipeline_sync,
    .send_flush_request = yes,
    .flush = none,
    .consume_input = yes,
    .is_busy = none,
    .set_single_row_mode = yes,
    .get_result = get_result,
    .status = status,
    .transaction_status = transaction_status,
    .error_message = error_message,
    .result_status = PQresultStatus,
    .result_error_field = PQresultErrorField,
    .ntuples = PQntuples,
    .nfields = PQnfields,
    .ftype = PQftype,
    .getvalue = PQgetvalue,
    .getlength = PQgetlength,
    .getisnull = PQgetisnull,
    .memory_size = PQresultMemorySize,
    .clear = keep,
};

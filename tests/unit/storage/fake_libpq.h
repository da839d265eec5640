/*
 * fake_libpq.h - a connection that a test plays: it notes what is sent and answers from a script.
 *
 * Sent commands are noted as one line: "P r0" prepare, "X r0" execute, "C text" command, "S" Sync, "F" flush
 * request, separated by ", ".
 */
#pragma once

#include <endian.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "storage/pq_calls.h"

struct fake_result {
  ExecStatusType status;
  bool end;             /* not a result, but the NULL that ends a command's */
  const char *sqlstate; /* of PGRES_FATAL_ERROR; NULL for an error of libpq's own */
  const char *severity;
  int n_columns;
  int n_rows;
  int64_t cells[4]; /* by row: int8; FAKE_NULL is NULL */
  uint64_t wide[4]; /* as they are sent */
};

#define FAKE_NULL INT64_MIN

static struct fake {
  struct strbuf sent;
  struct fake_result script[256];
  size_t n_script, next;
  bool bad;    /* CONNECTION_BAD, and error results without end, as libpq gives them */
  bool nulls;  /* get_result gives NULL without end */
  bool refuse; /* nothing can be sent */
  int flush_returns;
  int results_read;
  int live_results; /* given and not cleared */
  PGTransactionStatusType transaction;
} fake;

static inline void fake_reset(void)
{
  strbuf_done(&fake.sent);
  fake = (struct fake){0};
}

/* What was sent since the last call. */
static inline const char *fake_sent(void)
{
  static char text[2048];
  snprintf(text, sizeof text, "%s", strbuf_text(&fake.sent));
  strbuf_clear(&fake.sent);
  return text;
}

static inline int fake_send(const char *kind, const char *text)
{
  if (fake.refuse)
    return 0;
  strbuf_printf(&fake.sent, "%s%s%s%s", fake.sent.len > 0 ? ", " : "", kind, *text == '\0' ? "" : " ", text);
  return 1;
}

static inline void fake_script(struct fake_result result)
{
  fake.script[fake.n_script++] = result;
}

static inline void fake_end(void)
{
  fake_script((struct fake_result){.end = true});
}

static inline void fake_ok(void)
{
  fake_script((struct fake_result){.status = PGRES_COMMAND_OK});
  fake_end();
}

static inline void fake_sync(void)
{
  fake_script((struct fake_result){.status = PGRES_PIPELINE_SYNC});
}

static inline void fake_row(int n_columns, int64_t a, int64_t b)
{
  fake_script((struct fake_result){
      .status = PGRES_SINGLE_TUPLE, .n_columns = n_columns, .n_rows = 1, .cells = {a, b}});
}

/* All rows of a command in one result: three of one column. */
static inline void fake_whole(int64_t a, int64_t b, int64_t c)
{
  fake_script(
      (struct fake_result){.status = PGRES_TUPLES_OK, .n_columns = 1, .n_rows = 3, .cells = {a, b, c}});
  fake_end();
}

static inline void fake_rows_end(int n_columns)
{
  fake_script((struct fake_result){.status = PGRES_TUPLES_OK, .n_columns = n_columns});
  fake_end();
}

static inline void fake_error(const char *sqlstate)
{
  fake_script((struct fake_result){.status = PGRES_FATAL_ERROR, .sqlstate = sqlstate, .severity = "ERROR"});
  fake_end();
}

static inline void fake_skipped(void)
{
  fake_script((struct fake_result){.status = PGRES_PIPELINE_ABORTED});
  fake_end();
}

/* ---- the calls ---- */

static int fake_send_prepare(PGconn *conn, const char *name, const char *text, int n, const Oid *types)
{
  return fake_send("P", name);
}

static int fake_send_query_prepared(PGconn *conn, const char *name, int n, const char *const *values,
                                    const int *lengths, const int *formats, int result_format)
{
  return fake_send("X", name);
}

static int fake_send_query_params(PGconn *conn, const char *text, int n, const Oid *types,
                                  const char *const *values, const int *lengths, const int *formats,
                                  int result_format)
{
  return fake_send("C", text);
}

static int fake_pipeline_sync(PGconn *conn)
{
  return fake_send("S", "");
}

static int fake_send_flush_request(PGconn *conn)
{
  return fake_send("F", "");
}

static int fake_flush(PGconn *conn)
{
  return fake.flush_returns;
}

static int fake_consume_input(PGconn *conn)
{
  return !fake.bad;
}

static int fake_is_busy(PGconn *conn)
{
  return fake.next == fake.n_script && !fake.bad && !fake.nulls;
}

static int fake_set_single_row_mode(PGconn *conn)
{
  return 1;
}

static PGresult *fake_get_result(PGconn *conn)
{
  static struct fake_result broken = {.status = PGRES_FATAL_ERROR};
  fake.results_read++;
  if (fake.next == fake.n_script) {
    fake.live_results += !fake.nulls;
    return fake.nulls ? NULL : (PGresult *)&broken;
  }
  struct fake_result *result = &fake.script[fake.next++];
  if (result->end)
    return NULL;
  fake.live_results++;
  return (PGresult *)result;
}

static ConnStatusType fake_status(const PGconn *conn)
{
  return fake.bad && fake.next == fake.n_script ? CONNECTION_BAD : CONNECTION_OK;
}

static PGTransactionStatusType fake_transaction_status(const PGconn *conn)
{
  return fake.transaction;
}

static char *fake_error_message(const PGconn *conn)
{
  static char text[] = "server closed the connection unexpectedly";
  return text;
}

static const struct fake_result *fake_of(const PGresult *result)
{
  return (const struct fake_result *)result;
}

static ExecStatusType fake_result_status(const PGresult *result)
{
  return fake_of(result)->status;
}

static char *fake_result_error_field(const PGresult *result, int field)
{
  static char text[] = "canary";
  switch (field) {
  case PG_DIAG_SQLSTATE:
    return (char *)(uintptr_t)fake_of(result)->sqlstate;
  case PG_DIAG_SEVERITY_NONLOCALIZED:
    return (char *)(uintptr_t)fake_of(result)->severity;
  default:
    return text;
  }
}

static int fake_ntuples(const PGresult *result)
{
  return fake_of(result)->n_rows;
}

static Oid fake_ftype(const PGresult *result, int column)
{
  return 20;
}

static int fake_nfields(const PGresult *result)
{
  return fake_of(result)->n_columns;
}

static char *fake_getvalue(const PGresult *result, int row, int column)
{
  struct fake_result *at = (struct fake_result *)(uintptr_t)result;
  int cell = row * at->n_columns + column;
  at->wide[cell] = htobe64((uint64_t)at->cells[cell]);
  return (char *)&at->wide[cell];
}

static int fake_getlength(const PGresult *result, int row, int column)
{
  return fake_of(result)->cells[row * fake_of(result)->n_columns + column] == FAKE_NULL ? 0 : 8;
}

static int fake_getisnull(const PGresult *result, int row, int column)
{
  return fake_of(result)->cells[row * fake_of(result)->n_columns + column] == FAKE_NULL;
}

static size_t fake_memory_size(const PGresult *result)
{
  return 1000;
}

static void fake_clear(PGresult *result)
{
  fake.live_results--;
}

static const struct pq_calls fake_calls = {
    .send_prepare = fake_send_prepare,
    .send_query_prepared = fake_send_query_prepared,
    .send_query_params = fake_send_query_params,
    .pipeline_sync = fake_pipeline_sync,
    .send_flush_request = fake_send_flush_request,
    .flush = fake_flush,
    .consume_input = fake_consume_input,
    .is_busy = fake_is_busy,
    .set_single_row_mode = fake_set_single_row_mode,
    .get_result = fake_get_result,
    .status = fake_status,
    .transaction_status = fake_transaction_status,
    .error_message = fake_error_message,
    .result_status = fake_result_status,
    .result_error_field = fake_result_error_field,
    .ntuples = fake_ntuples,
    .nfields = fake_nfields,
    .ftype = fake_ftype,
    .getvalue = fake_getvalue,
    .getlength = fake_getlength,
    .getisnull = fake_getisnull,
    .memory_size = fake_memory_size,
    .clear = fake_clear,
};

/*
 * login.c - connect, set up the session, and make sure that it is what we asked for.
 *
 * Settings are made by SET after connecting, since poolers refuse start-up options.  That a request sees one
 * snapshot rests on the session's default isolation alone, so the server is asked what a new transaction
 * really runs under; a connection with another answer is refused.
 *
 * search_path stays as the role has it: statements name schemas themselves, but the functions behind views,
 * policies and operators may rely on it.  A bare pg_catalog was tried: a citext `=` then silently compares as
 * text.
 *
 * A key lookup's plan does not depend on its keys, and Postgres would plan short arrays anew for ever: plans
 * are generic, but for runs with a user's filter, which ask for others in their own transaction.
 */
#include "storage/login.h"

#include <stdlib.h>
#include <string.h>

/* Longer than any stream may keep its snapshot: it ends what a hung process would hold. */
#define IDLE_IN_TRANSACTION_MS 900000

static const char settings[] = "SET default_transaction_isolation = 'repeatable read';"
                               "SET default_transaction_read_only = on;"
                               "SET plan_cache_mode = force_generic_plan;"
                               "SET jit = off;"
                               "SET standard_conforming_strings = on;"
                               "SET DateStyle = 'ISO, YMD';"
                               "SET IntervalStyle = 'iso_8601';"
                               "SET TimeZone = 'UTC';"
                               "SET lc_monetary = 'C';"
                               "SET extra_float_digits = 1;"
                               "SET bytea_output = 'hex';";

static const char verification[] = "SELECT pg_catalog.current_setting('transaction_isolation'),"
                                   " pg_catalog.current_setting('transaction_read_only'),"
                                   " pg_catalog.current_setting('client_encoding')";

static const char *const expected[] = {"repeatable read", "on", "UTF8"};

static void ignore_notice(void *user, const char *message) {}

/* What stands before `dbname` yields to what the operator wrote there; what comes after does not.  A NULL is
 * passed over. */
PGconn *login_connect(const char *database)
{
  const char *connect_timeout = getenv("PGCONNECT_TIMEOUT") == NULL ? "10" : NULL;
  const struct {
    const char *keyword, *value;
  } parameters[] = {
      {"fallback_application_name", "rowan"},
      {"connect_timeout", connect_timeout},
      {"keepalives_idle", "30"},
      {"keepalives_interval", "5"},
      {"keepalives_count", "3"},
      {"tcp_user_timeout", "15000"},
      {"dbname", database},
      {"client_encoding", "UTF8"},
  };
  const char *keywords[LENGTH_OF(parameters) + 1] = {NULL}, *values[LENGTH_OF(parameters) + 1] = {NULL};
  for (size_t i = 0; i < LENGTH_OF(parameters); i++) {
    keywords[i] = parameters[i].keyword;
    values[i] = parameters[i].value;
  }
  PGconn *conn = PQconnectdbParams(keywords, values, 1);
  if (conn == NULL)
    abort();
  if (PQstatus(conn) == CONNECTION_OK)
    PQsetNoticeProcessor(conn, ignore_notice, NULL);
  return conn;
}

static bool run_settings(PGconn *conn, const struct storage_options *options)
{
  struct strbuf text = {0};
  strbuf_puts(&text, settings);
  strbuf_printf(&text, "SET statement_timeout = %lld;", (long long)options->statement_timeout_ms);
  strbuf_printf(&text, "SET idle_in_transaction_session_timeout = %d", IDLE_IN_TRANSACTION_MS);
  PGresult *result = PQexec(conn, strbuf_text(&text));
  bool done = PQresultStatus(result) == PGRES_COMMAND_OK;
  PQclear(result);
  strbuf_done(&text);
  return done;
}

static bool verify(PGconn *conn, struct strbuf *ret_text)
{
  PGresult *result = PQexec(conn, verification);
  bool good = PQresultStatus(result) == PGRES_TUPLES_OK;
  if (!good)
    strbuf_puts(ret_text, PQerrorMessage(conn));
  for (int i = 0; good && i < (int)LENGTH_OF(expected); i++) {
    good = strcmp(PQgetvalue(result, 0, i), expected[i]) == 0;
    if (!good)
      strbuf_printf(ret_text, "refused: %s is '%s' instead of '%s' after it was set (a pooler in between?)",
                    i == 0   ? "transaction_isolation"
                    : i == 1 ? "transaction_read_only"
                             : "client_encoding",
                    PQgetvalue(result, 0, i), expected[i]);
  }
  PQclear(result);
  return good;
}

static bool set_up(PGconn *conn, const struct storage_options *options, struct strbuf *ret_text)
{
  if (PQstatus(conn) != CONNECTION_OK || !run_settings(conn, options)) {
    strbuf_puts(ret_text, PQerrorMessage(conn));
    return false;
  }
  if (!verify(conn, ret_text))
    return false;
  if (PQsetnonblocking(conn, 1) == 0 && PQenterPipelineMode(conn) == 1)
    return true;
  strbuf_puts(ret_text, PQerrorMessage(conn));
  return false;
}

/* Rows of which it costs little to plan anew. */
#define MANY_ROWS 1000

/* After five plans for values at hand Postgres may settle on a generic one by its estimates, which know
 * nothing of a pattern: for it LIKE's prefix is no range of an index, and a text that is rare is looked for
 * in every row.  Nor do they know how wide a range is: a two-hundredth of the table, they say, so that 50,000
 * children of a stream's chunk are looked up one by one. */
const char *login_planning(const struct plan *plan)
{
  bool large = plan->user_filter && plan->root == PLAN_ROOT_PAGE && plan->limit_bucket >= MANY_ROWS;
  if (plan->user_pattern || large)
    return "SELECT pg_catalog.set_config('plan_cache_mode', 'force_custom_plan', true)";
  return plan->user_filter ? "SELECT pg_catalog.set_config('plan_cache_mode', 'auto', true)" : NULL;
}

PGconn *login(const struct storage_options *options, struct strbuf *ret_text)
{
  PGconn *conn = login_connect(options->database);
  if (set_up(conn, options, ret_text))
    return conn;
  PQfinish(conn);
  return NULL;
}

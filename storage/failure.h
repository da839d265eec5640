/*
 * failure.h - what an SQLSTATE means: to the client, and to a run that could be tried again.
 */
#pragma once

#include "base/error.h"

/* How a run that failed might still succeed, once for each kind. */
enum failure_retry {
  RETRY_NEVER,
  RETRY_CONNECTION, /* the connection or the server went away: on another connection */
  RETRY_FORGET,     /* the server does not know the prepared statement: prepare again */
  RETRY_REPLACE,    /* the prepared statement's result has another shape now: replace it */
  RETRY_LATER,      /* a conflict with recovery: after a moment */
  RETRY_CANCELLED,  /* cancelled, and perhaps in another's place */
};

#define SQLSTATE_CONNECTION_LOST "08006"
#define SQLSTATE_DATATYPE_MISMATCH "42804"

/* How long a client does well to wait after the database went away. */
#define FAILURE_RETRY_MS 1000

enum failure_retry failure_retry(const char *sqlstate);

/* Whether the schema is no longer what the statement was made for. */
bool failure_is_drift(const char *sqlstate);

/* The client's error for an SQLSTATE; `text` is the database's, for the log alone. */
void failure_describe(const char *sqlstate, const char *text, struct error *ret);

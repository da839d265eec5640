#include "storage/failure.h"

#include <string.h>

struct failure {
  const char *prefix; /* of the SQLSTATE; the first that fits counts */
  enum failure_retry retry;
  enum error_code code;
  const char *reason;
  const char *message;
  int64_t retry_ms;
};

#define BAD_VALUE RETRY_NEVER, ERROR_INVALID_ARGUMENT, "INVALID_VALUE", "a value does not fit its type", -1
#define DRIFT ERROR_UNAVAILABLE, "SCHEMA_DRIFT", "the database's schema has changed", FAILURE_RETRY_MS
#define LOST                                                                                                 \
  RETRY_CONNECTION, ERROR_UNAVAILABLE, "DATABASE_LOST", "the connection to the database was lost",           \
      FAILURE_RETRY_MS

static const struct failure failures[] = {
    {"22000", BAD_VALUE}, /* a range's lower bound above its upper one */
    {"22P02", BAD_VALUE},
    {"22003", BAD_VALUE},
    {"22007", BAD_VALUE},
    {"22008", BAD_VALUE},
    {"22P05", RETRY_NEVER, ERROR_FAILED_PRECONDITION, "UNREADABLE_VALUE",
     "a json value holds \\u0000, so that the filter cannot look into it", -1},
    {"54", RETRY_NEVER, ERROR_INVALID_ARGUMENT, "REQUEST_TOO_COMPLEX",
     "the request is too much for the database, or a value that it looks into is", -1},
    {"57014", RETRY_CANCELLED, ERROR_DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED",
     "the database took longer than a statement may", -1},
    {"40001", RETRY_LATER, ERROR_ABORTED, "CONFLICT", "the database ended the request for a conflict",
     FAILURE_RETRY_MS},
    {"26000", RETRY_FORGET, ERROR_INTERNAL, "DATABASE_ERROR", "the database refused the request", -1},
    {"0A000", RETRY_REPLACE, DRIFT},
    {"42703", RETRY_NEVER, DRIFT},
    {"42P01", RETRY_NEVER, DRIFT},
    {"42501", RETRY_NEVER, DRIFT},
    {SQLSTATE_DATATYPE_MISMATCH, RETRY_NEVER, DRIFT},
    {"42883", RETRY_NEVER, DRIFT},
    {"42704", RETRY_NEVER, DRIFT},
    {"53300", LOST},
    {"57P0", LOST},
    {"08", LOST},
    {"", RETRY_NEVER, ERROR_INTERNAL, "DATABASE_ERROR", "the database refused the request", -1},
};

static const struct failure *failure_of(const char *sqlstate)
{
  const struct failure *failure = failures;
  while (strncmp(sqlstate, failure->prefix, strlen(failure->prefix)) != 0)
    failure++;
  return failure;
}

enum failure_retry failure_retry(const char *sqlstate)
{
  return failure_of(sqlstate)->retry;
}

bool failure_is_drift(const char *sqlstate)
{
  return strcmp(failure_of(sqlstate)->reason, "SCHEMA_DRIFT") == 0;
}

void failure_describe(const char *sqlstate, const char *text, struct error *ret)
{
  const struct failure *failure = failure_of(sqlstate);
  error_set(ret, failure->code, failure->reason, "%s", failure->message);
  error_set_retry(ret, failure->retry_ms);
  error_set_detail(ret, "%s: %s", sqlstate, text);
}

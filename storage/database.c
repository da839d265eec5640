#include "storage/database.h"

#include <string.h>

#include "base/clock.h"

#define RETRY_MIN_MS 100

void database_event(const struct database *database, enum storage_event_kind kind, const char *text,
                    const char *sqlstate, int64_t retry_ms)
{
  if (database->options->on_event == NULL)
    return;
  struct storage_event event = {.kind = kind, .text = text, .retry_ms = retry_ms};
  strncpy(event.sqlstate, sqlstate, sizeof event.sqlstate - 1);
  database->options->on_event(database->options->user, &event);
}

void database_connected(struct database *database, bool for_requests)
{
  database_event(database, STORAGE_CONNECTED, "", "", -1);
  if (for_requests && atomic_fetch_add(&database->standing, 1) == 0)
    database_event(database, STORAGE_READY, "", "", -1);
}

void database_disconnected(struct database *database, bool for_requests)
{
  if (for_requests && atomic_fetch_sub(&database->standing, 1) == 1)
    database_event(database, STORAGE_NOT_READY, "", "", -1);
}

int64_t database_retry_ms(const struct database *database)
{
  int64_t wait = (atomic_load(&database->next_attempt_us) - clock_monotonic_us()) / 1000;
  return wait < RETRY_MIN_MS ? RETRY_MIN_MS : wait;
}

bool database_refuse(const struct database *database, struct error *ret)
{
  error_set(ret, ERROR_UNAVAILABLE, "DATABASE_UNAVAILABLE", "the database cannot be reached");
  error_set_retry(ret, database_retry_ms(database));
  return false;
}

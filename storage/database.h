/*
 * database.h - what all threads of the storage know of the database: is it there, who waits for it, whom to
 * tell.
 *
 * Readiness is that of the connections for requests.
 */
#pragma once

#include "storage/storage.h"

struct database {
  const struct storage_options *options;
  atomic_uint standing;    /* verified connections for requests */
  atomic_uint queued;      /* runs that wait for a connection */
  atomic_uint group_depth; /* runs in flight that make a connection busy to those who could share */
  atomic_bool failing;     /* the last attempt to connect failed */
  _Atomic int64_t next_attempt_us;
};

/* `sqlstate` "" when there is none. */
void database_event(const struct database *database, enum storage_event_kind kind, const char *text,
                    const char *sqlstate, int64_t retry_ms);

void database_connected(struct database *database, bool for_requests);
void database_disconnected(struct database *database, bool for_requests);

/* Until the next attempt to connect, at least a moment. */
int64_t database_retry_ms(const struct database *database);

/* Fills *ret with UNAVAILABLE, DATABASE_UNAVAILABLE. */
bool database_refuse(const struct database *database, struct error *ret);

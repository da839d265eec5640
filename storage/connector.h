/*
 * connector.h - the thread that connects, one connection at a time.
 *
 * libpq resolves names synchronously, so no shard may connect.  One thread for all is also what keeps a
 * database that comes back, or has no slot left, from a storm: while it is down a single attempt is made now
 * and then, with exponential, jittered back-off up to 32 seconds.
 */
#pragma once

#include <libpq-fe.h>

#include "storage/database.h"

struct connector;

/* Embedded by whoever wants a connection; from connector_request until `arrived` with a connection it is the
 * connector's. */
struct connect_request {
  struct connect_request *prev, *next;
  /* From the connector's thread.  conn NULL: an attempt failed; the request stays. */
  void (*arrived)(struct connect_request *request, PGconn *conn);
};

struct connector *connector_new(struct database *database);
void connector_request(struct connector *connector, struct connect_request *request);

/* Waits for the attempt under way; requests that are left, or still come, are not served. */
void connector_stop(struct connector *connector);
void connector_free(struct connector *connector); /* after connector_stop */

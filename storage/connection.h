/*
 * connection.h - one connection of a shard: its socket, its pipeline, and whether it may be used.
 *
 * All of it belongs to the shard's thread; `request` alone is lent to the connector while there is no
 * connection.
 */
#pragma once

#include "storage/canceller.h"
#include "storage/connector.h"
#include "storage/pipeline.h"

struct shard;
struct session;

struct connection {
  struct connect_request request; /* the first member */
  struct shard *shard;
  uint64_t generation; /* counts the PGconns: tells a late note of the canceller from a timely one */
  PGconn *conn;        /* NULL while there is none */
  int epoll;
  bool wants_write;
  bool cancelling;         /* a cancel request may still arrive at the backend */
  bool quarantined;        /* from the cancel request until that is over and everything was answered */
  int64_t progress_us;     /* the last answer, or when there began to be something to answer */
  int64_t expires_us;      /* no new work from then on: failovers and balancers need connections that end */
  struct session *session; /* whose transaction it carries */
  struct pipeline pipeline;
};

/* Takes a connection from login; it is watched on `epoll`. */
NODISCARD bool connection_open(struct connection *connection, PGconn *conn, int epoll, size_t statement_cache,
                               int64_t now_us);

/* Closes; a backend that is still at work is cancelled.  The executions must have been taken off. */
void connection_close(struct connection *connection, struct canceller *canceller);

/* Whether another execution may be sent on it now. */
bool connection_accepts(const struct connection *connection, unsigned depth, int64_t now_us);

/* Idle, clean, and out of any transaction: fit for anybody's next use. */
bool connection_clean(const struct connection *connection);

void connection_start(struct connection *connection, struct execution *execution, const char *begin,
                      int64_t now_us);

/* A loss is noted in the pipeline; connection_check tells. */
void connection_read(struct connection *connection, int64_t now_us);

/* False: it is lost, and must be closed.  pipeline.lost_… tell why. */
NODISCARD bool connection_write(struct connection *connection);

/* Asks the canceller to stop what the backend does for an execution that nobody waits for. */
void connection_cancel_unwanted(struct connection *connection, struct canceller *canceller);
void connection_cancelled(struct connection *connection, uint64_t generation);

/* Ends the quarantine when it may end, and checks what must hold of an idle connection. */
NODISCARD bool connection_check(struct connection *connection, int64_t wave_timeout_ms, int64_t now_us);

/* When connection_check has something to see even if nothing arrives. */
int64_t connection_due_us(const struct connection *connection, int64_t wave_timeout_ms);

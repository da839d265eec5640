/*
 * connection.c - a socket around a pipeline, and the rules of its use.
 *
 * Cancelling is a shot in the dark: the request names the backend, not the statement.  So from the moment it
 * is asked for until the canceller is through and everything sent before was answered, the connection takes
 * nothing new.  What was on it may have been hit in another's place, and is marked for that.
 *
 * A connection is used again only when it is clean: all answered, and no transaction open but its session's.
 */
#include "storage/connection.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <utlist.h>

#include "base/clock.h"
#include "storage/dispatch.h"
#include "storage/shard.h"

#define LIFETIME_US (INT64_C(30) * 60 * 1000000)

static bool watch(struct connection *connection, int operation)
{
  struct epoll_event event = {.events = EPOLLIN | (connection->wants_write ? (uint32_t)EPOLLOUT : 0),
                              .data.ptr = connection};
  return epoll_ctl(connection->epoll, operation, PQsocket(connection->conn), &event) == 0;
}

bool connection_open(struct connection *connection, PGconn *conn, int epoll, size_t statement_cache,
                     int64_t now_us)
{
  struct pipeline_owner owner = {dispatch_settled, dispatch_outgrown, dispatch_ended, connection};
  connection->generation++;
  connection->conn = conn;
  connection->epoll = epoll;
  connection->wants_write = connection->cancelling = connection->quarantined = false;
  connection->session = NULL;
  connection->progress_us = now_us;
  connection->expires_us = now_us + LIFETIME_US + shard_random(connection->shard, LIFETIME_US / 2);
  pipeline_init(&connection->pipeline, &pq_calls_libpq, conn, statement_cache, &owner);
  return watch(connection, EPOLL_CTL_ADD);
}

void connection_close(struct connection *connection, struct canceller *canceller)
{
  if (!pipeline_idle(&connection->pipeline)) {
    PGcancel *cancel = PQgetCancel(connection->conn);
    if (cancel != NULL && PQstatus(connection->conn) == CONNECTION_OK)
      canceller_request(canceller, cancel, NULL, NULL, 0);
    else
      PQfreeCancel(cancel);
  }
  if (PQsocket(connection->conn) >= 0)
    watch(connection, EPOLL_CTL_DEL);
  pipeline_done(&connection->pipeline);
  PQfinish(connection->conn);
  connection->conn = NULL;
}

bool connection_accepts(const struct connection *connection, unsigned depth, int64_t now_us)
{
  return connection->conn != NULL && !connection->quarantined && now_us < connection->expires_us &&
         pipeline_accepts(&connection->pipeline, depth);
}

bool connection_clean(const struct connection *connection)
{
  return connection->conn != NULL && !connection->quarantined && pipeline_idle(&connection->pipeline) &&
         PQtransactionStatus(connection->conn) == PQTRANS_IDLE;
}

void connection_start(struct connection *connection, struct execution *execution, const char *begin,
                      int64_t now_us)
{
  if (pipeline_idle(&connection->pipeline))
    connection->progress_us = now_us;
  execution->connection = connection;
  pipeline_start(&connection->pipeline, execution, begin, now_us);
}

void connection_read(struct connection *connection, int64_t now_us)
{
  bool progress;
  if (pipeline_read(&connection->pipeline, &progress) && progress)
    connection->progress_us = now_us;
}

bool connection_write(struct connection *connection)
{
  bool pending;
  if (!pipeline_write(&connection->pipeline, &pending))
    return false;
  if (pending == connection->wants_write)
    return true;
  connection->wants_write = pending;
  if (watch(connection, EPOLL_CTL_MOD))
    return true;
  pipeline_lose(&connection->pipeline, SQLSTATE_CONNECTION_LOST, "epoll refused the socket");
  return false;
}

static void when_cancelled(void *user, uint64_t generation)
{
  struct connection *connection = user;
  shard_note_cancelled(connection->shard, connection, generation);
}

void connection_cancel_unwanted(struct connection *connection, struct canceller *canceller)
{
  struct execution *execution = pipeline_head(&connection->pipeline);
  if (connection->cancelling || execution == NULL || execution->run != NULL || !execution->failed ||
      execution->outstanding == 0)
    return;
  PGcancel *cancel = PQgetCancel(connection->conn);
  if (cancel == NULL)
    return;
  connection->cancelling = connection->quarantined = true;
  struct execution *other;
  DL_FOREACH (connection->pipeline.executions, other)
    other->cancel_hit = true;
  canceller_request(canceller, cancel, when_cancelled, connection, connection->generation);
}

void connection_cancelled(struct connection *connection, uint64_t generation)
{
  if (connection->conn != NULL && connection->generation == generation)
    connection->cancelling = false;
}

bool connection_check(struct connection *connection, int64_t wave_timeout_ms, int64_t now_us)
{
  struct pipeline *pipeline = &connection->pipeline;
  if (pipeline->lost)
    return false;
  if (!pipeline_idle(pipeline)) {
    if (now_us - connection->progress_us < wave_timeout_ms * 1000)
      return true;
    struct execution *execution;
    DL_FOREACH (pipeline->executions, execution)
      execution->retried |= 1U << RETRY_CONNECTION;
    pipeline_lose(pipeline, SQLSTATE_CONNECTION_LOST, "no answer within the wave timeout");
    return false;
  }
  if (!connection->cancelling)
    connection->quarantined = false;
  if (connection->session == NULL && PQtransactionStatus(connection->conn) != PQTRANS_IDLE) {
    pipeline_lose(pipeline, SQLSTATE_CONNECTION_LOST, "a transaction was left open");
    return false;
  }
  return true;
}

int64_t connection_due_us(const struct connection *connection, int64_t wave_timeout_ms)
{
  if (connection->conn == NULL)
    return CLOCK_NEVER;
  if (!pipeline_idle(&connection->pipeline))
    return connection->progress_us + wave_timeout_ms * 1000;
  return connection->session == NULL ? connection->expires_us : CLOCK_NEVER;
}

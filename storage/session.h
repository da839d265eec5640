/*
 * session.h - a stream's hold on a connection, for as long as its transaction lasts.
 *
 * All but `shard` belongs to the shard's thread.
 */
#pragma once

#include "storage/connection.h"

#define SESSION_BEGIN "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

struct session {
  struct shard *shard;
  struct connection *connection; /* from its first run on */
  bool lost;                     /* its snapshot is gone */
  bool closing;                  /* nobody but the shard knows it any more */
};

void session_bind(struct session *session, struct connection *connection);

/* Parts the two.  Frees a session that is closing. */
void session_unbind(struct session *session);

/* As session_unbind, after ending the transaction on a connection that still stands. */
void session_end(struct session *session);

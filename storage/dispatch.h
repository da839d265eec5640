/*
 * dispatch.h - the runs of a shard: from its queue to a connection, and from there to their end.
 *
 * All of it is called from the shard's thread.
 */
#pragma once

#include "storage/shard.h"

/* Into the queue: a new run. */
void dispatch_enqueue(struct shard *shard, struct execution *execution);

/* Starts what can be started. */
void dispatch_start(struct shard *shard, int64_t now_us);

/* Ends the runs that were cancelled or whose deadline has come. */
void dispatch_expire(struct shard *shard, int64_t now_us);

/* No connection stands and none could be made: ends the runs that wait. */
void dispatch_refuse(struct shard *shard);

/* Ends the run of a session, if one is under way. */
void dispatch_cancel_session(struct shard *shard, struct session *session);

/* The connection is lost: its runs are tried once more, or end. */
void dispatch_lost(struct shard *shard, struct connection *connection);

/* The storage ends: all runs are cancelled. */
void dispatch_stop(struct shard *shard);

/* The pipeline's owner; `user` is the connection. */
void dispatch_settled(void *user, struct execution *execution);
void dispatch_outgrown(void *user, struct execution *execution);
void dispatch_ended(void *user, struct execution *execution);

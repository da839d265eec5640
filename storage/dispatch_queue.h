/*
 * dispatch_queue.h - into a shard's queue and out of it.
 */
#pragma once

#include "storage/dispatch.h"

/* Back to the front, to be tried again. */
void dispatch_requeue(struct shard *shard, struct execution *execution);

void dispatch_dequeue(struct shard *shard, struct execution *execution);

/* Ends a run that waits. */
void dispatch_finish_queued(struct shard *shard, struct execution *execution, const struct error *error);

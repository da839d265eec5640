/*
 * message.h - bytes of ours as messages of the core, without copying them.
 */
#pragma once

#include <grpc/grpc.h>

#include "base/str.h"
#include "proto/wire.h"

/* A writer on the heap, to be given away by message_take or ended by message_drop. */
struct writer *message_begin(size_t capacity);
void message_drop(struct writer *writer);

/* What was written, as a message that owns the writer's memory. */
grpc_byte_buffer *message_take(struct writer *writer);

/* A copy. */
grpc_byte_buffer *message_copy(struct str bytes);

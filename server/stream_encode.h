/*
 * stream_encode.h - a chunk's rows as messages, ready to be sent.
 */
#pragma once

#include <grpc/grpc.h>

#include "server/request_binding.h"
#include "storage/storage.h"

struct outgoing {
  grpc_byte_buffer *message;
  char *token;                  /* to resume after it; NULL when there is none */
  bool ends_chunk;              /* the last one of its chunk */
  struct outgoing *prev, *next; /* a list of utlist.h */
};

void outgoing_free(struct outgoing *outgoing);
void outgoing_free_all(struct outgoing **queue);

struct stream_encoder {
  const struct binding *binding;
  size_t message_rows;  /* most in one message */
  size_t message_bytes; /* so much, as far as a single row allows */
  size_t row_bytes;     /* so many a row until now; 0 at first */
};

/* The first `n` rows of a run's root; `more`: others will follow.  *ret_queue takes the messages; when an
 * error comes, those that stand. */
NODISCARD bool stream_encode(struct stream_encoder *encoder, const struct run *run, size_t n, bool more,
                             struct outgoing **ret_queue, struct error *error);

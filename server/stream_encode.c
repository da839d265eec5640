/*
 * stream_encode.c - how many rows go into a message, and what becomes of them.
 *
 * Messages are written backwards, so the rows of a message must be chosen before it is written.  They are
 * chosen by what rows took until now; a message that comes out too large is written again with half of them.
 */
#include "server/stream_encode.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "server/message.h"
#include "server/response.h"

#define LEAST_CAPACITY 1024

void outgoing_free(struct outgoing *outgoing)
{
  if (outgoing->message != NULL)
    grpc_byte_buffer_destroy(outgoing->message);
  free(outgoing->token);
  free(outgoing);
}

void outgoing_free_all(struct outgoing **queue)
{
  struct outgoing *outgoing, *next;
  DL_FOREACH_SAFE(*queue, outgoing, next)
  {
    DL_DELETE(*queue, outgoing);
    outgoing_free(outgoing);
  }
}

struct encoding {
  struct stream_encoder *encoder;
  const struct run *run;
  size_t n;
  bool more;
  size_t bytes; /* of all messages so far */
  struct outgoing *queue;
};

/* How many of the rows are likely to fit one message. */
static size_t rows_to_try(const struct stream_encoder *encoder, size_t left)
{
  size_t n = left < encoder->message_rows ? left : encoder->message_rows;
  size_t fit = encoder->row_bytes == 0 ? n : encoder->message_bytes / encoder->row_bytes;
  if (n > fit)
    n = fit;
  return n == 0 ? 1 : n;
}

/* The very last message has none: nothing is left to resume. */
static char *token_after(const struct encoding *encoding, size_t row)
{
  const struct binding *binding = encoding->encoder->binding;
  const struct run *run = encoding->run;
  bool last = !encoding->more && row + 1 == encoding->n;
  if (binding->context->method->next_page_token == NULL || last)
    return NULL;
  struct cursor cursor = binding_cursor_at(run->plan, &run->fetches[0].rows, row, run->arena);
  char *token = strdup(binding_token(binding, cursor, run->arena));
  if (token == NULL)
    abort();
  return token;
}

static void enqueue(struct encoding *encoding, struct writer *writer, char *token)
{
  struct outgoing *outgoing = calloc(1, sizeof *outgoing);
  if (outgoing == NULL)
    abort();
  encoding->bytes += writer_size(writer);
  outgoing->message = message_take(writer);
  outgoing->token = token;
  DL_APPEND(encoding->queue, outgoing);
}

static bool try_message(struct encoding *encoding, size_t first, size_t n, struct error *error)
{
  const struct stream_encoder *encoder = encoding->encoder;
  const struct binding_context *context = encoder->binding->context;
  const struct run *run = encoding->run;
  struct writer *writer = message_begin(LEAST_CAPACITY + n * encoder->row_bytes);
  struct assembly assembly = {
      .plan = run->plan,
      .fetches = run->fetches,
      .writer = writer,
      .binding = encoder->binding,
      .arena = run->arena,
      .max_bytes = n > 1 ? encoder->message_bytes : (size_t)context->settings->max_result_bytes,
  };
  char *token = token_after(encoding, first + n - 1);
  if (response_write(&assembly, context->method, (struct response_rows){NULL, first, n},
                     (struct response_tail){token == NULL ? "" : token, 0}, error)) {
    enqueue(encoding, writer, token);
    return true;
  }
  message_drop(writer);
  free(token);
  return false;
}

/* Halves a message until it fits; a single row that does not is an error. */
static bool encode_message(struct encoding *encoding, size_t first, size_t *ret_n, struct error *error)
{
  size_t n = rows_to_try(encoding->encoder, encoding->n - first);
  while (!try_message(encoding, first, n, error)) {
    if (error->code != ERROR_RESOURCE_EXHAUSTED || n == 1)
      return false;
    n /= 2;
  }
  *ret_n = n;
  return true;
}

bool stream_encode(struct stream_encoder *encoder, const struct run *run, size_t n, bool more,
                   struct outgoing **ret_queue, struct error *error)
{
  struct encoding encoding = {.encoder = encoder, .run = run, .n = n, .more = more};
  size_t row = 0, taken;
  while (row < n && encode_message(&encoding, row, &taken, error)) {
    row += taken;
    encoder->row_bytes = encoding.bytes / row + 1;
  }
  if (encoding.queue != NULL)
    encoding.queue->prev->ends_chunk = true;
  *ret_queue = encoding.queue;
  return row == n;
}

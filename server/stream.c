/*
 * stream.c - a session's chunks become messages.
 *
 *   run --rows--> encode --messages--> queue --one in flight--> client
 *
 * The shard's thread that has a chunk's last row encodes the whole chunk and lets the rows go, so that the
 * completion queue's thread has nothing to do but to hand on the next message.  Where the client keeps up,
 * the next chunk's run is started as soon as the root's rows of this one tell where it begins, so that
 * Postgres goes on while we encode; otherwise when at most one chunk waits to be sent.  So a client that
 * reads slowly holds up the database and not our memory: one chunk's rows and three chunks' messages at most.
 * Chunks begin small, for an early first message, then grow, but never beyond what the bytes of the rows
 * before allow.
 *
 * What is sent is always whole: a failed run ends the stream after the messages that are ready, with the
 * token to resume from in the trailers.  A client that takes nothing for too long is cut off without
 * ceremony, since a status would queue behind what it does not read; one that outstays the snapshot's age is
 * told, and the snapshot is released at once.
 *
 * All state is guarded by the call's mutex, but for a chunk's, which belongs to storage while its run is
 * under way and to the shard's thread while it is encoded.
 */
#include "server/stream.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/clock.h"
#include "server/request_plan.h"
#include "server/resource_call.h"
#include "server/stream_encode.h"
#include "server/variants.h"

/* Of one chunk, as rows and as messages. */
#define ROW_BYTES (12u << 20)
#define ENCODED_BYTES (4u << 20)
#define MESSAGE_BYTES (1u << 20)

struct chunk {
  struct stream *stream;
  struct arena *arena;
  struct run run;
  bool first;     /* its run takes the snapshot */
  bool continued; /* the chunk after it is under way */
};

struct stream {
  struct call *call;
  struct resource_call request;
  struct stream_encoder encoder;
  int64_t start_us;

  struct session *session; /* NULL once the stream is over */
  struct chunk *prepared;  /* to be run when there is room */
  unsigned n_running;      /* chunks with storage, or being encoded */
  bool sending;
  int64_t sending_since_us;
  bool complete; /* all messages are in the queue */
  bool failed;   /* ends with `error` after the queue */
  bool over;     /* nothing more will be sent */
  struct error error;
  struct outgoing *queue;
  unsigned n_chunks; /* in the queue */
  char *last_token;  /* of the last message that was sent */

  /* of all chunks so far */
  struct run_stats stats;
  int64_t encode_us;
  size_t row_bytes; /* the last one's bytes a root, as rows */
};

/* ---- chunks ---- */

static void chunk_free(struct chunk *chunk)
{
  if (chunk == NULL)
    return;
  plan_unref(chunk->run.plan);
  arena_free(chunk->arena);
  free(chunk);
}

static void on_root_arrived(struct run *run);
static void on_run_done(struct run *run);

/* The cursor's values are copied. */
static struct chunk *chunk_new(struct stream *stream, struct cursor cursor, uint32_t limit,
                               struct error *error)
{
  const struct binding *binding = &stream->request.binding;
  struct call *call = stream->call;
  struct chunk *chunk = calloc(1, sizeof *chunk);
  if (chunk == NULL)
    abort();
  chunk->stream = stream;
  chunk->arena = arena_new((size_t)call->server->settings->max_run_bytes);
  struct cell *values = arena_memdup(chunk->arena, cursor.values, cursor.n_values * sizeof *values);
  for (unsigned i = 0; i < cursor.n_values; i++)
    if (values[i].len > 0)
      values[i].data = arena_memdup(chunk->arena, values[i].data, (size_t)values[i].len);
  chunk->run = (struct run){.arena = chunk->arena,
                            .limit = limit,
                            .claims = binding->claims.arguments,
                            .deadline_us = call->deadline_us,
                            .session = stream->session,
                            .root_arrived = on_root_arrived,
                            .done = on_run_done,
                            .user = chunk};
  if (request_plan(binding, call->server->plans, (struct cursor){values, cursor.n_values}, limit,
                   chunk->arena, &chunk->run.plan, &chunk->run.arguments, error))
    return chunk;
  chunk_free(chunk);
  return NULL;
}

static uint32_t first_limit(const struct stream *stream)
{
  uint32_t wanted = stream->request.binding.page_size;
  return wanted > 0 && wanted < STREAM_FIRST_CHUNK ? wanted : STREAM_FIRST_CHUNK;
}

/* The largest of the planner's buckets that is not expected to exceed the limits. */
static uint32_t next_limit(const struct stream *stream)
{
  static const uint32_t buckets[] = {5000, 1000, 200, 50, 10};
  for (size_t i = 0; i < LENGTH_OF(buckets); i++)
    if (buckets[i] * stream->row_bytes <= ROW_BYTES &&
        buckets[i] * stream->encoder.row_bytes <= ENCODED_BYTES)
      return buckets[i];
  return 1;
}

/* ---- the end; all with the mutex held ---- */

/* Lets go of the snapshot and of everything that was not sent. */
static void let_go(struct stream *stream)
{
  session_close(stream->session);
  stream->session = NULL;
  outgoing_free_all(&stream->queue);
  stream->n_chunks = 0;
  chunk_free(stream->prepared);
  stream->prepared = NULL;
}

static void add_trailers(struct stream *stream)
{
  if (resource_call_wants_stats(stream->call))
    resource_call_add_stats(stream->call, &stream->stats, stream->encode_us);
  if (stream->failed && stream->last_token != NULL)
    call_add_trailer(stream->call, "rowan-resume-token", str_from(stream->last_token));
}

static void end_complete(struct stream *stream, grpc_byte_buffer *last)
{
  stream->over = true;
  add_trailers(stream);
  let_go(stream);
  call_succeed(stream->call, last);
}

static void end_failed(struct stream *stream)
{
  stream->over = true;
  add_trailers(stream);
  let_go(stream);
  call_fail(stream->call, &stream->error);
}

static void set_failure(struct stream *stream, const struct error *error)
{
  if (stream->failed)
    return;
  stream->failed = true;
  stream->error = *error;
}

/* ---- onwards; all with the mutex held ---- */

static void send_next(struct stream *stream)
{
  struct outgoing *outgoing = stream->queue;
  DL_DELETE(stream->queue, outgoing);
  grpc_byte_buffer *message = outgoing->message;
  outgoing->message = NULL;
  if (outgoing->ends_chunk)
    stream->n_chunks--;
  if (outgoing->token != NULL) {
    free(stream->last_token);
    stream->last_token = outgoing->token;
    outgoing->token = NULL;
  }
  outgoing_free(outgoing);
  if (stream->complete && stream->queue == NULL) {
    end_complete(stream, message);
    return;
  }
  stream->sending = true;
  stream->sending_since_us = clock_monotonic_us();
  call_send(stream->call, message, stream->queue != NULL);
}

static void start_prepared(struct stream *stream)
{
  struct error error;
  struct chunk *chunk = stream->prepared;
  stream->prepared = NULL;
  call_ref(stream->call);
  stream->n_running++;
  if (storage_run(stream->call->server->storage, &chunk->run, &error))
    return;
  stream->n_running--;
  set_failure(stream, &error);
  chunk_free(chunk);
  call_unref(stream->call); /* never the last one: the caller has its own */
}

/* Does whatever can be done now. */
static void advance(struct stream *stream)
{
  if (!stream->over && !stream->sending && stream->queue != NULL)
    send_next(stream);
  if (!stream->over && stream->prepared != NULL && stream->n_running == 0 && stream->n_chunks <= 1)
    start_prepared(stream);
  if (stream->over || stream->sending || stream->queue != NULL)
    return;
  if (stream->failed)
    end_failed(stream);
  else if (stream->complete)
    end_complete(stream, NULL);
}

/* ---- a chunk's rows have come, on the shard's thread ---- */

static void add_stats(struct stream *stream, const struct run_stats *stats, int64_t encode_us)
{
  stream->stats.statements += stats->statements;
  stream->stats.waves += stats->waves;
  stream->stats.rows += stats->rows;
  stream->stats.queue_us += stats->queue_us;
  stream->stats.database_us += stats->database_us;
  stream->encode_us += encode_us;
}

static bool goes_on(const struct chunk *chunk)
{
  return chunk->run.fetches[0].rows.n > chunk->run.limit;
}

/* The root's rows are there, and more behind them.  With the mutex held. */
static void prepare_next(struct stream *stream, struct chunk *chunk)
{
  const struct run *run = &chunk->run;
  struct error error;
  struct cursor cursor = binding_cursor_at(run->plan, &run->fetches[0].rows, run->limit - 1, chunk->arena);
  chunk->continued = true;
  stream->prepared = chunk_new(stream, cursor, next_limit(stream), &error);
  if (stream->prepared == NULL)
    set_failure(stream, &error);
}

/* The first chunk's run may have to be tried again, in another snapshot: nothing may follow from it yet. */
static void on_root_arrived(struct run *run)
{
  struct chunk *chunk = run->user;
  struct stream *stream = chunk->stream;
  if (chunk->first || !goes_on(chunk))
    return;
  pthread_mutex_lock(&stream->call->mutex);
  if (!stream->over && !stream->failed && stream->n_running == 1 && stream->n_chunks <= 1) {
    prepare_next(stream, chunk);
    if (stream->prepared != NULL)
      start_prepared(stream);
  }
  pthread_mutex_unlock(&stream->call->mutex);
}

static void digest(struct chunk *chunk)
{
  struct stream *stream = chunk->stream;
  struct call *call = stream->call;
  struct error error;
  struct outgoing *messages;
  bool more = goes_on(chunk);
  size_t n = more ? chunk->run.limit : chunk->run.fetches[0].rows.n;
  int64_t start_us = clock_monotonic_us();
  bool encoded = stream_encode(&stream->encoder, &chunk->run, n, more, &messages, &error);
  variants_warn(&chunk->run);

  pthread_mutex_lock(&call->mutex);
  stream->n_running--;
  stream->row_bytes = n == 0 ? 0 : arena_used(chunk->arena) / n + 1;
  add_stats(stream, &chunk->run.stats, clock_monotonic_us() - start_us);
  if (!stream->over && !stream->failed) {
    stream->n_chunks += messages != NULL;
    DL_CONCAT(stream->queue, messages);
    messages = NULL;
    stream->complete = encoded && !more;
    if (!encoded)
      set_failure(stream, &error);
    else if (more && !chunk->continued)
      prepare_next(stream, chunk);
  }
  advance(stream);
  pthread_mutex_unlock(&call->mutex);
  outgoing_free_all(&messages);
}

static void on_run_done(struct run *run)
{
  struct chunk *chunk = run->user;
  struct stream *stream = chunk->stream;
  struct call *call = stream->call;
  assert(run->stats.statements <= plan_most_statements(run->plan));
  access_add_run(&call->access, &run->stats);
  if (run->error.code == ERROR_NONE) {
    digest(chunk);
  } else {
    pthread_mutex_lock(&call->mutex);
    stream->n_running--;
    set_failure(stream, &run->error);
    advance(stream);
    pthread_mutex_unlock(&call->mutex);
  }
  chunk_free(chunk);
  call_unref(call);
}

/* ---- the handler ---- */

static struct stream_encoder encoder_of(const struct stream *stream)
{
  const struct settings *settings = stream->call->server->settings;
  const struct binding *binding = &stream->request.binding;
  size_t rows = binding->page_size > 0 ? binding->page_size : (size_t)settings->stream_message;
  size_t bytes = (size_t)settings->max_result_bytes;
  return (struct stream_encoder){
      .binding = binding,
      .message_rows = stream->call->method->items == NULL ? 1 : rows,
      .message_bytes = bytes < MESSAGE_BYTES ? bytes : MESSAGE_BYTES,
  };
}

static bool open_stream(struct stream *stream, struct str message, struct error *error)
{
  struct call *call = stream->call;
  if (!resource_call_bind(call, message, &stream->request, error))
    return false;
  stream->encoder = encoder_of(stream);
  stream->start_us = clock_monotonic_us();
  stream->session = session_open(call->server->storage);
  stream->prepared = chunk_new(stream, stream->request.binding.cursor, first_limit(stream), error);
  if (stream->prepared != NULL) {
    stream->prepared->first = true;
    return true;
  }
  let_go(stream);
  return false;
}

static void on_message(struct call *call, struct str message)
{
  struct stream *stream = ARENA_NEW(call->arena, struct stream);
  struct error error;
  stream->call = call;
  if (!open_stream(stream, message, &error)) {
    call_fail(call, &error);
    return;
  }
  call->state = stream;
  pthread_mutex_lock(&call->mutex);
  if (call->cancelled) {
    error_set(&error, ERROR_CANCELLED, "CANCELLED", "the client went away");
    set_failure(stream, &error);
    end_failed(stream);
  }
  advance(stream);
  pthread_mutex_unlock(&call->mutex);
  call_watch(call);
}

static void on_sent(struct call *call, bool ok)
{
  struct stream *stream = call->state;
  pthread_mutex_lock(&call->mutex);
  stream->sending = false;
  if (ok || stream->over) {
    advance(stream);
  } else {
    error_set(&stream->error, ERROR_CANCELLED, "CANCELLED", "the client went away");
    end_failed(stream);
  }
  pthread_mutex_unlock(&call->mutex);
}

static void on_cancel(struct call *call)
{
  struct stream *stream = call->state;
  struct error error;
  if (stream == NULL)
    return;
  pthread_mutex_lock(&call->mutex);
  if (!stream->over) {
    error_set(&error, ERROR_CANCELLED, "CANCELLED", "the client went away");
    set_failure(stream, &error);
    end_failed(stream);
  }
  pthread_mutex_unlock(&call->mutex);
}

/* With the mutex held: ends the stream as soon as the message in flight is taken; the snapshot goes now. */
static void cut_short(struct stream *stream, const struct error *error)
{
  if (stream->failed && stream->session == NULL)
    return;
  stream->failed = true;
  stream->complete = false;
  stream->error = *error;
  let_go(stream);
  advance(stream);
}

static void cut_off(struct stream *stream)
{
  struct error error;
  error_set(&error, ERROR_RESOURCE_EXHAUSTED, "SLOW_CONSUMER", "no message was taken for %lld ms",
            (long long)stream->call->server->settings->stream_stall);
  stream->over = true;
  let_go(stream);
  call_abort(stream->call, &error);
}

static void visit(struct call *call, int64_t now_us)
{
  struct stream *stream = call->state;
  const struct settings *settings = call->server->settings;
  struct error error;
  pthread_mutex_lock(&call->mutex);
  if (stream->over) {
    pthread_mutex_unlock(&call->mutex);
    return;
  }
  if (stream->sending && now_us - stream->sending_since_us > settings->stream_stall * 1000) {
    cut_off(stream);
  } else if (atomic_load(&call->server->stage) == SERVER_ENDING) {
    error_set(&error, ERROR_UNAVAILABLE, "DRAINING", "the server is going away");
    error_set_retry(&error, 0);
    cut_short(stream, &error);
  } else if (now_us - stream->start_us > settings->stream_age * 1000) {
    error_set(&error, ERROR_UNAVAILABLE, "SNAPSHOT_TOO_OLD",
              "the stream outlived its snapshot; resume it from its last token");
    error_set_retry(&error, 0);
    cut_short(stream, &error);
  }
  pthread_mutex_unlock(&call->mutex);
}

static void on_free(struct call *call)
{
  struct stream *stream = call->state;
  if (stream == NULL)
    return;
  let_go(stream);
  free(stream->last_token);
}

const struct call_handler stream_handler = {
    .on_message = on_message,
    .on_end = resource_call_end,
    .on_sent = on_sent,
    .on_cancel = on_cancel,
    .visit = visit,
    .on_free = on_free,
};

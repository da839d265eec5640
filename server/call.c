/*
 * call.c - what every call must do right, whatever its method.
 *
 * The core calls back once for each batch, in the order it likes: a client that goes away early may be
 * noticed before its message, in the middle of a run, or after the status is on its way.  So nothing here
 * asks in which state a call is; every batch holds a reference, and whatever arrives after the end is
 * dropped.
 *
 * Batches that send come from one place at a time: the handler's protocol (one message in flight, one end)
 * sees to that. The end is the exception, it may be called for from several threads at once; the first wins.
 */
#include "server/call.h"

#include <assert.h>
#include <grpc/byte_buffer_reader.h>
#include <grpc/support/time.h>
#include <stdlib.h>

#include "base/clock.h"
#include "server/handover.h"
#include "server/log.h"
#include "server/status.h"

struct call *call_new(struct server *server)
{
  struct call *call = calloc(1, sizeof *call);
  if (call == NULL)
    abort();
  call->server = server;
  atomic_init(&call->references, 1);
  call->message = grpc_empty_slice();
  grpc_call_details_init(&call->details);
  grpc_metadata_array_init(&call->headers);
  pthread_mutex_init(&call->mutex, NULL);
  return call;
}

static void drop_message(struct call *call)
{
  grpc_slice_unref(call->message);
  call->message = grpc_empty_slice();
}

/* By pointer: a short slice holds its bytes itself, and a copy of it would hold others. */
static struct str slice_text(const grpc_slice *slice)
{
  return (struct str){(const char *)GRPC_SLICE_START_PTR(*slice), GRPC_SLICE_LENGTH(*slice)};
}

static void call_free(struct call *call)
{
  if (call->admitted)
    access_write(&call->access, slice_text(&call->details.method), call->server->settings->access_log,
                 &call->server->n_accesses);
  if (call->watching)
    watchdog_remove(call->server->watchdog, &call->watched);
  if (call->handler != NULL && call->handler->on_free != NULL)
    call->handler->on_free(call);
  for (size_t i = 0; i < call->n_trailers; i++)
    grpc_slice_unref(call->trailers[i].value);
  drop_message(call);
  arena_free(call->arena);
  graph_unref((struct graph *)(uintptr_t)call->graph);
  grpc_metadata_array_destroy(&call->headers);
  grpc_call_details_destroy(&call->details);
  if (call->handle != NULL)
    grpc_call_unref(call->handle);
  pthread_mutex_destroy(&call->mutex);
  struct server *server = call->server;
  bool admitted = call->admitted;
  free(call);
  if (admitted)
    server_dismiss(server);
}

void call_ref(struct call *call)
{
  atomic_fetch_add_explicit(&call->references, 1, memory_order_relaxed);
}

void call_unref(struct call *call)
{
  if (atomic_fetch_sub_explicit(&call->references, 1, memory_order_acq_rel) == 1)
    call_free(call);
}

/* Every batch is made so that the core cannot refuse it. */
static void start_batch(struct call *call, const grpc_op *ops, size_t n_ops, struct tag *tag,
                        void (*complete)(void *object, bool ok))
{
  *tag = (struct tag){complete, call};
  call_ref(call);
  HANDOVER_GIVE(tag);
  grpc_call_error refused = grpc_call_start_batch(call->handle, ops, n_ops, tag, NULL);
  if (refused == GRPC_CALL_OK)
    return;
  log_event(LOG_ERROR, "batch refused", "error=%s", grpc_call_error_to_string(refused));
  abort();
}

static void on_closed(void *object, bool ok)
{
  struct call *call = object;
  bool cancelled = call->client_gone != 0;
  pthread_mutex_lock(&call->mutex);
  call->cancelled = cancelled;
  pthread_mutex_unlock(&call->mutex);
  if (cancelled && call->handler != NULL && call->handler->on_cancel != NULL)
    call->handler->on_cancel(call);
  call_unref(call);
}

static int64_t deadline_of(const struct call *call)
{
  gpr_timespec deadline = call->details.deadline;
  if (gpr_time_cmp(deadline, gpr_inf_future(deadline.clock_type)) >= 0)
    return CLOCK_NEVER;
  gpr_timespec left = gpr_time_sub(deadline, gpr_now(deadline.clock_type));
  return clock_monotonic_us() + left.tv_sec * 1000000 + left.tv_nsec / 1000;
}

void call_accept(struct call *call)
{
  grpc_op op = {.op = GRPC_OP_RECV_CLOSE_ON_SERVER,
                .data.recv_close_on_server.cancelled = &call->client_gone};
  call->admitted = true;
  access_begin(&call->access);
  call->deadline_us = deadline_of(call);
  start_batch(call, &op, 1, &call->closed, on_closed);
}

static void visit(void *object, int64_t now_us)
{
  struct call *call = object;
  call->handler->visit(call, now_us);
}

void call_begin(struct call *call, const struct call_handler *handler)
{
  call->handler = handler;
  call->arena = arena_new((size_t)call->server->settings->max_run_bytes);
  call_receive(call);
}

void call_watch(struct call *call)
{
  call->watched = (struct watched){.visit = visit, .object = call};
  call->watching = true;
  watchdog_add(call->server->watchdog, &call->watched);
}

/* The message as one slice: a reference where it came as one, a copy otherwise. */
static bool read_incoming(struct call *call)
{
  grpc_byte_buffer_reader reader;
  if (!grpc_byte_buffer_reader_init(&reader, call->incoming))
    return false;
  call->message = grpc_byte_buffer_reader_readall(&reader);
  grpc_byte_buffer_reader_destroy(&reader);
  return true;
}

static void on_received(void *object, bool ok)
{
  struct call *call = object;
  struct error error;
  if (!ok || call->incoming == NULL) {
    call->handler->on_end(call);
  } else if (!read_incoming(call)) {
    error_set(&error, ERROR_INVALID_ARGUMENT, "MALFORMED_REQUEST", "the message cannot be decompressed");
    call_fail(call, &error);
  } else {
    struct str message = {(const char *)GRPC_SLICE_START_PTR(call->message),
                          GRPC_SLICE_LENGTH(call->message)};
    grpc_byte_buffer_destroy(call->incoming);
    call->incoming = NULL;
    call->handler->on_message(call, message);
  }
  if (call->incoming != NULL)
    grpc_byte_buffer_destroy(call->incoming);
  call->incoming = NULL;
  call_unref(call);
}

void call_receive(struct call *call)
{
  grpc_op op = {.op = GRPC_OP_RECV_MESSAGE, .data.recv_message.recv_message = &call->incoming};
  drop_message(call);
  start_batch(call, &op, 1, &call->received, on_received);
}

static void on_sent(void *object, bool ok)
{
  struct call *call = object;
  call->handler->on_sent(call, ok);
  call_unref(call);
}

void call_send(struct call *call, grpc_byte_buffer *message, bool more)
{
  grpc_op ops[2] = {{.op = GRPC_OP_SEND_MESSAGE, .data.send_message.send_message = message},
                    {.op = GRPC_OP_SEND_INITIAL_METADATA}};
  bool first = !call->metadata_sent;
  call->metadata_sent = true;
  if (more && !first)
    ops[0].flags = GRPC_WRITE_BUFFER_HINT;
  start_batch(call, ops, first ? 2 : 1, &call->sent, on_sent);
  grpc_byte_buffer_destroy(message);
}

void call_add_trailer(struct call *call, const char *static_key, struct str value)
{
  assert(call->n_trailers < CALL_TRAILERS_MAX);
  call->trailers[call->n_trailers++] = (grpc_metadata){
      .key = grpc_slice_from_static_string(static_key),
      .value = grpc_slice_from_copied_buffer(value.data, value.len),
  };
}

static void on_ended(void *object, bool ok)
{
  struct call *call = object;
  call_unref(call);
}

static void send_end(struct call *call, grpc_byte_buffer *last, enum error_code code, const char *message)
{
  grpc_slice details = grpc_slice_from_copied_string(message);
  grpc_op ops[3] = {
      {.op = GRPC_OP_SEND_STATUS_FROM_SERVER,
       .data.send_status_from_server = {.trailing_metadata_count = call->n_trailers,
                                        .trailing_metadata = call->trailers,
                                        .status = (grpc_status_code)code,
                                        .status_details = code == ERROR_NONE ? NULL : &details}}};
  size_t n_ops = 1;
  if (last != NULL)
    ops[n_ops++] = (grpc_op){.op = GRPC_OP_SEND_MESSAGE, .data.send_message.send_message = last};
  if (!call->metadata_sent)
    ops[n_ops++] = (grpc_op){.op = GRPC_OP_SEND_INITIAL_METADATA};
  call->metadata_sent = true;
  start_batch(call, ops, n_ops, &call->ended, on_ended);
  grpc_slice_unref(details);
}

bool call_succeed(struct call *call, grpc_byte_buffer *last)
{
  bool first = !atomic_exchange(&call->finished, true);
  if (first) {
    access_end(&call->access, ERROR_NONE, NULL);
    send_end(call, last, ERROR_NONE, "");
  }
  if (last != NULL)
    grpc_byte_buffer_destroy(last);
  return first;
}

static void log_end(struct call *call, const struct error *error)
{
  access_end(&call->access, error->code, error->reason);
  bool ours = error->detail[0] != '\0' || error->code == ERROR_INTERNAL;
  const char *path = (const char *)GRPC_SLICE_START_PTR(call->details.method);
  log_event(ours ? LOG_WARNING : LOG_DEBUG, "call failed", "method=%.*s code=%s reason=%s error=%s detail=%s",
            (int)GRPC_SLICE_LENGTH(call->details.method), path, error_code_name(error->code), error->reason,
            error->message, error->detail);
}

static void add_error_trailers(struct call *call, const struct error *error)
{
  struct strbuf status = {0};
  status_serialize(error, &status);
  call_add_trailer(call, "grpc-status-details-bin", (struct str){strbuf_text(&status), status.len});
  if (error->retry_ms >= 0) {
    strbuf_clear(&status);
    strbuf_printf(&status, "%lld", (long long)error->retry_ms);
    call_add_trailer(call, "grpc-retry-pushback-ms", (struct str){strbuf_text(&status), status.len});
  }
  strbuf_done(&status);
}

bool call_fail(struct call *call, const struct error *error)
{
  if (atomic_exchange(&call->finished, true))
    return false;
  log_end(call, error);
  add_error_trailers(call, error);
  send_end(call, NULL, error->code, error->message);
  return true;
}

void call_abort(struct call *call, const struct error *error)
{
  if (atomic_exchange(&call->finished, true))
    return;
  log_end(call, error);
  grpc_call_cancel_with_status(call->handle, (grpc_status_code)error->code, error->message, NULL);
}

struct str call_header(struct call *call, const char *key)
{
  struct str joined = {0};
  for (size_t i = 0; i < call->headers.count; i++) {
    if (!str_equal_text(slice_text(&call->headers.metadata[i].key), key))
      continue;
    struct str value = slice_text(&call->headers.metadata[i].value);
    if (joined.data == NULL) {
      joined = value;
      continue;
    }
    char *text =
        arena_printf(call->arena, "%.*s,%.*s", (int)joined.len, joined.data, (int)value.len, value.data);
    joined = str_from(text);
  }
  return joined;
}

bool call_claims(struct call *call, const struct claims **ret, struct error *error)
{
  const char *header = call->server->settings->claims_header;
  *ret = NULL;
  return header[0] == '\0' || claims_from_header(call_header(call, header), call->arena, ret, error);
}

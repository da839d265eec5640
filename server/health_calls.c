/*
 * health_calls.c - Check answers once; Watch sends the state at once and at every change.
 *
 * A watcher that reads slowly is told the latest state, not every one: one message is in flight, and what
 * changes meanwhile waits as a single pending state.
 */
#include "server/health_calls.h"

#include "server/message.h"

static grpc_byte_buffer *response_of(enum health_state state)
{
  struct strbuf text = {0};
  health_write_response(state, &text);
  grpc_byte_buffer *message = message_copy((struct str){strbuf_text(&text), text.len});
  strbuf_done(&text);
  return message;
}

static bool read_request(struct call *call, struct str message, struct str *ret_service)
{
  struct error error;
  if (health_read_request(message, ret_service))
    return true;
  error_set(&error, ERROR_INVALID_ARGUMENT, "MALFORMED_REQUEST", "this is no HealthCheckRequest");
  call_fail(call, &error);
  return false;
}

static void on_end_without_request(struct call *call)
{
  struct error error;
  error_set(&error, ERROR_INVALID_ARGUMENT, "MALFORMED_REQUEST", "the call carried no request");
  call_fail(call, &error);
}

/* ---- Check ---- */

static void on_check(struct call *call, struct str message)
{
  struct str service;
  struct error error;
  if (!read_request(call, message, &service))
    return;
  enum health_state state = health_check(call->server->health, service);
  if (state != HEALTH_SERVICE_UNKNOWN) {
    call_succeed(call, response_of(state));
    return;
  }
  error_set(&error, ERROR_NOT_FOUND, "UNKNOWN_SERVICE", "no service of that name is served here");
  call_fail(call, &error);
}

const struct call_handler health_check_handler = {.on_message = on_check, .on_end = on_end_without_request};

/* ---- Watch ---- */

struct watch {
  struct health_watch *registration;
  /* guarded by the call's mutex */
  bool sending, pending, over;
  enum health_state state; /* the last one sent, or the pending one */
};

/* With the mutex held. */
static void send_pending(struct call *call, struct watch *watch)
{
  if (watch->over || watch->sending || !watch->pending)
    return;
  watch->pending = false;
  watch->sending = true;
  call_send(call, response_of(watch->state), false);
}

static void on_change(void *user, enum health_state state)
{
  struct call *call = user;
  struct watch *watch = call->state;
  pthread_mutex_lock(&call->mutex);
  watch->state = state;
  watch->pending = true;
  send_pending(call, watch);
  pthread_mutex_unlock(&call->mutex);
}

static void on_watch(struct call *call, struct str message)
{
  struct str service;
  enum health_state now;
  if (!read_request(call, message, &service))
    return;
  struct watch *watch = ARENA_NEW(call->arena, struct watch);
  watch->sending = true; /* a change before the first state is out has to wait */
  call->state = watch;
  watch->registration = health_watch(call->server->health, service, on_change, call, &now);
  pthread_mutex_lock(&call->mutex);
  watch->sending = false;
  watch->over = call->cancelled;
  if (!watch->pending)
    watch->state = now;
  watch->pending = true;
  send_pending(call, watch);
  pthread_mutex_unlock(&call->mutex);
  call_watch(call);
}

static void on_watch_sent(struct call *call, bool ok)
{
  struct watch *watch = call->state;
  pthread_mutex_lock(&call->mutex);
  watch->sending = false;
  send_pending(call, watch);
  pthread_mutex_unlock(&call->mutex);
}

static void end_watch(struct call *call, enum error_code code, const char *reason, const char *text)
{
  struct watch *watch = call->state;
  struct error error;
  if (watch != NULL) {
    pthread_mutex_lock(&call->mutex);
    watch->over = true;
    pthread_mutex_unlock(&call->mutex);
  }
  error_set(&error, code, reason, "%s", text);
  call_fail(call, &error);
}

static void on_watch_cancel(struct call *call)
{
  end_watch(call, ERROR_CANCELLED, "CANCELLED", "the client went away");
}

static bool watch_is_idle(struct call *call)
{
  struct watch *watch = call->state;
  pthread_mutex_lock(&call->mutex);
  bool idle = !watch->sending && !watch->pending;
  pthread_mutex_unlock(&call->mutex);
  return idle;
}

/* The watcher has been told NOT_SERVING; it is not to hold up the end. */
static void visit_watch(struct call *call, int64_t now_us)
{
  if (atomic_load(&call->server->stage) != SERVER_SERVING && watch_is_idle(call))
    end_watch(call, ERROR_UNAVAILABLE, "DRAINING", "the server is going away");
}

static void on_watch_free(struct call *call)
{
  struct watch *watch = call->state;
  if (watch != NULL)
    health_unwatch(call->server->health, watch->registration);
}

const struct call_handler health_watch_handler = {
    .on_message = on_watch,
    .on_end = on_end_without_request,
    .on_sent = on_watch_sent,
    .on_cancel = on_watch_cancel,
    .visit = visit_watch,
    .on_free = on_watch_free,
};

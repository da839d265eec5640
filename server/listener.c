/*
 * listener.c - accept, and the way down.
 *
 * A tag is a function with its object, so a queue's thread knows nothing of what it completes.  The tags of
 * posted requests are the listener's own, as is the one of the shutdown; all others are a call's.
 *
 * What calls have queued with storage is started when no other call is ready, or after many, so that those
 * which came together run together.
 *
 * The way down: the core is asked to shut down, which fails every posted request and closes connections once
 * their calls have ended; calls that do not end are cancelled; when the core says it is done the queues are
 * shut down, which drains what is still under way in them.
 */
#include "server/listener.h"

#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "server/call.h"
#include "server/handover.h"
#include "server/methods.h"

#define MOST_QUEUES 16
#define USUAL_QUEUES 2
#define POSTED_PER_QUEUE 64
#define BUSY_RETRY_MS 100

/* Events after which runs are started although more are ready. */
#define MOST_GATHERED 256

struct queue {
  struct listener *listener;
  grpc_completion_queue *core;
  pthread_t thread;
};

struct listener {
  struct server *server;
  grpc_server *core;
  struct queue queues[MOST_QUEUES];
  size_t n_queues;
  struct tag down_tag;
  bool started;
  pthread_mutex_t mutex; /* guards what follows */
  pthread_cond_t is_down;
  bool stopping, down;
};

static void post(struct queue *queue);

static void on_accepted(void *object, bool ok)
{
  struct call *call = object;
  struct graph *graph;
  struct error error;
  if (!ok) { /* the server is going away, and the call was never filled */
    call_unref(call);
    return;
  }
  post(call->queue);
  bool room = server_admit(call->server, &graph);
  call_accept(call);
  if (room) {
    methods_dispatch(call, graph);
  } else {
    error_set(&error, ERROR_RESOURCE_EXHAUSTED, "TOO_MANY_CALLS", "too many calls are in flight");
    error_set_retry(&error, BUSY_RETRY_MS);
    call_fail(call, &error);
  }
  call_unref(call);
}

static bool is_stopping(struct listener *listener)
{
  pthread_mutex_lock(&listener->mutex);
  bool stopping = listener->stopping;
  pthread_mutex_unlock(&listener->mutex);
  return stopping;
}

static void post(struct queue *queue)
{
  if (is_stopping(queue->listener))
    return;
  struct call *call = call_new(queue->listener->server);
  call->queue = queue;
  call->accepted = (struct tag){on_accepted, call};
  HANDOVER_GIVE(&call->accepted);
  if (grpc_server_request_call(queue->listener->core, &call->handle, &call->details, &call->headers,
                               queue->core, queue->core, &call->accepted) != GRPC_CALL_OK)
    call_unref(call);
}

static void *queue_main(void *user)
{
  struct queue *queue = user;
  struct storage *storage = queue->listener->server->storage;
  const gpr_timespec now = gpr_inf_past(GPR_CLOCK_MONOTONIC), never = gpr_inf_future(GPR_CLOCK_MONOTONIC);
  unsigned gathered = 0; /* events since something is queued */
  for (;;) {
    grpc_event event = grpc_completion_queue_next(queue->core, gathered > 0 ? now : never, NULL);
    if (event.type == GRPC_QUEUE_SHUTDOWN)
      return NULL;
    if (event.type == GRPC_OP_COMPLETE) {
      struct tag *tag = event.tag;
      HANDOVER_TAKE(tag);
      tag->complete(tag->object, event.success != 0);
      gathered = storage_has_queued(storage) ? gathered + 1 : 0;
    }
    if (event.type == GRPC_QUEUE_TIMEOUT || gathered >= MOST_GATHERED) {
      storage_start(storage);
      gathered = 0;
    }
  }
}

static grpc_server *core_new(const struct settings *settings)
{
  grpc_arg args[] = {
      {.type = GRPC_ARG_INTEGER,
       .key = (char *)(uintptr_t)GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH,
       .value.integer = (int)settings->max_request_bytes},
      /* Two servers on one port would share its connections; we would rather hear of it. */
      {.type = GRPC_ARG_INTEGER, .key = (char *)(uintptr_t)GRPC_ARG_ALLOW_REUSEPORT, .value.integer = 0},
  };
  grpc_channel_args all = {LENGTH_OF(args), args};
  return grpc_server_create(&all, NULL);
}

static int bind_port(grpc_server *core, const char *address)
{
  grpc_server_credentials *credentials = grpc_insecure_server_credentials_create();
  int port = grpc_server_add_http2_port(core, address, credentials);
  grpc_server_credentials_release(credentials);
  return port;
}

static void start_queue(struct queue *queue)
{
  for (int i = 0; i < POSTED_PER_QUEUE; i++)
    post(queue);
  if (pthread_create(&queue->thread, NULL, queue_main, queue) != 0)
    abort();
}

static void on_down(void *object, bool ok)
{
  struct listener *listener = object;
  pthread_mutex_lock(&listener->mutex);
  listener->down = true;
  pthread_cond_signal(&listener->is_down);
  pthread_mutex_unlock(&listener->mutex);
}

/* A server that was never started comes down without its threads. */
static void refuse_port(struct listener *listener, const char *address, struct error *error)
{
  error_set(error, ERROR_FAILED_PRECONDITION, "ADDRESS_UNAVAILABLE", "cannot listen on %s", address);
  grpc_server_shutdown_and_notify(listener->core, listener->queues[0].core, &listener->down_tag);
  grpc_completion_queue_next(listener->queues[0].core, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
}

static void destroy(struct listener *listener)
{
  grpc_server_destroy(listener->core);
  for (size_t i = 0; i < listener->n_queues; i++)
    grpc_completion_queue_shutdown(listener->queues[i].core);
  for (size_t i = 0; i < listener->n_queues; i++) {
    if (listener->started)
      pthread_join(listener->queues[i].thread, NULL);
    else
      queue_main(&listener->queues[i]);
    grpc_completion_queue_destroy(listener->queues[i].core);
  }
  pthread_cond_destroy(&listener->is_down);
  pthread_mutex_destroy(&listener->mutex);
  free(listener);
}

/* One for every two processors: the shards, and Postgres where it is a neighbour, want the others. */
static size_t count_queues(const struct settings *settings)
{
  if (settings->queues > 0)
    return (size_t)settings->queues;
  long fit = sysconf(_SC_NPROCESSORS_ONLN) / 2;
  return fit < 1 ? 1 : fit > USUAL_QUEUES ? USUAL_QUEUES : (size_t)fit;
}

struct listener *listener_new(struct server *server, const char *address, int *ret_port, struct error *error)
{
  struct listener *listener = calloc(1, sizeof *listener);
  if (listener == NULL)
    abort();
  listener->server = server;
  listener->n_queues = count_queues(server->settings);
  listener->down_tag = (struct tag){on_down, listener};
  pthread_mutex_init(&listener->mutex, NULL);
  pthread_cond_init(&listener->is_down, NULL);
  listener->core = core_new(server->settings);
  for (size_t i = 0; i < listener->n_queues; i++) {
    listener->queues[i].listener = listener;
    listener->queues[i].core = grpc_completion_queue_create_for_next(NULL);
    grpc_server_register_completion_queue(listener->core, listener->queues[i].core, NULL);
  }
  int port = bind_port(listener->core, address);
  if (port == 0) {
    refuse_port(listener, address, error);
    destroy(listener);
    return NULL;
  }
  grpc_server_start(listener->core);
  listener->started = true;
  for (size_t i = 0; i < listener->n_queues; i++)
    start_queue(&listener->queues[i]);
  *ret_port = port;
  return listener;
}

void listener_stop_accepting(struct listener *listener)
{
  pthread_mutex_lock(&listener->mutex);
  bool first = !listener->stopping;
  listener->stopping = true;
  pthread_mutex_unlock(&listener->mutex);
  if (first)
    grpc_server_shutdown_and_notify(listener->core, listener->queues[0].core, &listener->down_tag);
}

void listener_cancel_calls(struct listener *listener)
{
  grpc_server_cancel_all_calls(listener->core);
}

void listener_free(struct listener *listener)
{
  pthread_mutex_lock(&listener->mutex);
  while (!listener->down)
    pthread_cond_wait(&listener->is_down, &listener->mutex);
  pthread_mutex_unlock(&listener->mutex);
  destroy(listener);
}

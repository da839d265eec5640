/*
 * serve.c - graph, storage, listener and health together; signals; the way down.
 *
 * The port is open before the database is known: a server that waits for its database is alive, answers
 * health and reflection, and says NOT_SERVING.
 *
 * SIGHUP, SIGTERM and SIGINT are blocked in every thread and taken by the main one, which has nothing else to
 * do.  SIGHUP has everything loaded again.  The first of the others begins the drain: NOT_SERVING at once;
 * after drain_delay, in which balancers notice, no new calls; after drain_grace the calls that are left are
 * cancelled.  A second one skips what is left of the waiting.
 *
 * Storage is freed after the last call (which may be waiting in it) and before the completion queues, since
 * the end of a run starts a batch on its call's queue.
 */
#include "server/serve.h"

#include <errno.h>
#include <grpc/grpc.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "server/listener.h"
#include "server/loader.h"
#include "server/log.h"
#include "server/server.h"
#include "storage/failure.h"

#define CANCEL_PATIENCE_US 5000000
#define CHEAP_US 5000 /* several times what a large group takes */
#define FIRST_ATTEMPT_US 3000000
#define FAREWELL_US 200000
#define POLL_US 20000

struct service {
  const struct settings *settings;
  struct server *server;
  struct listener *listener;
  struct loader *loader;
  sigset_t signals;    /* to end */
  atomic_bool refused; /* by --strict */
};

static void raise_file_limit(void)
{
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
    return;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
    log_event(LOG_WARNING, "cannot raise the limit of open files", "error=%s", strerror(errno));
}

static sigset_t with_reload(sigset_t signals)
{
  sigaddset(&signals, SIGHUP);
  return signals;
}

/* Before any thread is started, so that all inherit the mask. */
static void take_signals(sigset_t *ret)
{
  signal(SIGPIPE, SIG_IGN);
  sigemptyset(ret);
  sigaddset(ret, SIGTERM);
  sigaddset(ret, SIGINT);
  sigset_t all = with_reload(*ret);
  pthread_sigmask(SIG_BLOCK, &all, NULL);
}

static void on_statement_failed(struct server *server, const struct storage_event *event)
{
  log_event(LOG_WARNING, "statement failed", "sqlstate=%s detail=%s", event->sqlstate, event->text);
  if (failure_is_drift(event->sqlstate))
    loader_request(server->loader, RELOAD_DRIFT);
}

static void on_storage_event(void *user, const struct storage_event *event)
{
  switch (event->kind) {
  case STORAGE_CONNECTED:
    log_message(LOG_DEBUG, "connected to the database");
    break;
  case STORAGE_CONNECT_FAILED:
    log_event(LOG_WARNING, "cannot connect to the database", "detail=%s retry_ms=%lld", event->text,
              (long long)event->retry_ms);
    break;
  case STORAGE_CONNECTION_LOST:
    log_event(LOG_WARNING, "lost a connection to the database", "detail=%s", event->text);
    break;
  case STORAGE_STATEMENT_FAILED:
    on_statement_failed(user, event);
    break;
  case STORAGE_READY:
    log_message(LOG_INFO, "database ready");
    server_update_health(user);
    break;
  case STORAGE_NOT_READY:
    log_message(LOG_WARNING, "database not ready");
    server_update_health(user);
    break;
  }
}

static struct storage *start_storage(struct server *server, struct error *error)
{
  const struct settings *settings = server->settings;
  struct storage_options options = {
      .database = settings->database,
      .connections = (unsigned)settings->connections,
      .stream_connections = (unsigned)settings->stream_connections,
      .shards = (unsigned)settings->shards,
      .pipeline_depth = (unsigned)settings->pipeline_depth,
      .group_keys = (unsigned)settings->grouping,
      .cheap_us = CHEAP_US,
      .queue_limit = (unsigned)settings->queue_limit,
      .statement_timeout_ms = settings->statement_timeout,
      .wave_timeout_ms = settings->wave_timeout,
      .statement_cache = (size_t)settings->statement_cache,
      .on_event = on_storage_event,
      .user = server,
  };
  return storage_new(&options, error);
}

/* The address with the port that was bound. */
static void log_serving(const char *address, int port)
{
  const char *colon = strrchr(address, ':');
  struct strbuf text = {0};
  if (strncmp(address, "unix:", 5) == 0 || colon == NULL)
    strbuf_puts(&text, address);
  else
    strbuf_printf(&text, "%.*s:%d", (int)(colon - address), address, port);
  log_event(LOG_INFO, "serving", "address=%s", strbuf_text(&text));
  strbuf_done(&text);
}

/* Waits for a signal; false when none came in time. */
static bool wait_signal(const struct service *service, int64_t deadline_us)
{
  int64_t left_us = deadline_us - clock_monotonic_us();
  if (left_us < 0)
    left_us = 0;
  struct timespec left = {.tv_sec = left_us / 1000000, .tv_nsec = left_us % 1000000 * 1000};
  return sigtimedwait(&service->signals, NULL, &left) > 0;
}

/* Until the time has come, no call is left, or a signal says so; whether it was a signal. */
static bool wait_calls(const struct service *service, int64_t deadline_us)
{
  while (clock_monotonic_us() < deadline_us) {
    if (server_wait_idle(service->server, clock_monotonic_us() + POLL_US))
      return false;
    if (wait_signal(service, 0))
      return true;
  }
  return false;
}

static void set_stage(struct server *server, enum server_stage stage)
{
  atomic_store(&server->stage, stage);
  watchdog_wake(server->watchdog);
}

static void drain(struct service *service)
{
  const struct settings *settings = service->settings;
  struct server *server = service->server;
  log_message(LOG_INFO, "draining");
  health_shut_down(server->health);
  bool hurry =
      settings->drain_delay > 0 && wait_signal(service, clock_monotonic_us() + settings->drain_delay * 1000);
  listener_stop_accepting(service->listener);
  set_stage(server, SERVER_DRAINING);
  if (!hurry)
    wait_calls(service, clock_monotonic_us() + settings->drain_grace * 1000);
  set_stage(server, SERVER_ENDING);
  server_wait_idle(server, clock_monotonic_us() + FAREWELL_US);
  listener_cancel_calls(service->listener);
  server_wait_idle(server, clock_monotonic_us() + CANCEL_PATIENCE_US);
}

static void close_service(struct service *service)
{
  if (service->loader != NULL)
    loader_stop(service->loader);
  if (service->server != NULL) {
    server_stop_analyzing(service->server);
    storage_stop(service->server->storage);
  }
  if (service->loader != NULL)
    loader_free(service->loader);
  if (service->listener != NULL)
    listener_free(service->listener);
  if (service->server != NULL)
    storage_free(service->server->storage);
  server_free(service->server);
}

/* The main thread learns of it as of any other reason to end. */
static void on_refused(void *user)
{
  struct service *service = user;
  atomic_store(&service->refused, true);
  kill(getpid(), SIGTERM);
}

/* Who waits for the log to say "serving" can call at once where the database is there. */
static bool open_service(struct service *service, struct error *error)
{
  int port;
  service->server = server_new(service->settings, error);
  if (service->server == NULL)
    return false;
  service->server->storage = start_storage(service->server, error);
  if (service->server->storage == NULL)
    return false;
  service->listener = listener_new(service->server, service->settings->listen, &port, error);
  if (service->listener == NULL)
    return false;
  service->loader = loader_new(service->server, on_refused, service);
  loader_wait_first(service->loader, clock_monotonic_us() + FIRST_ATTEMPT_US);
  log_serving(service->settings->listen, port);
  return true;
}

/* Until a signal says that it is enough. */
static void serve_signals(struct service *service)
{
  sigset_t all = with_reload(service->signals);
  for (int number = 0; number <= 0 || number == SIGHUP;) {
    number = sigwaitinfo(&all, NULL);
    if (number == SIGHUP)
      loader_request(service->loader, RELOAD_SIGNAL);
  }
}

int serve_run(const struct settings *settings)
{
  struct service service = {.settings = settings};
  struct error error;
  take_signals(&service.signals);
  raise_file_limit();
  grpc_init();
  bool opened = open_service(&service, &error);
  if (opened) {
    serve_signals(&service);
    drain(&service);
    log_message(LOG_INFO, "stopped");
  } else {
    log_failure(LOG_ERROR, "cannot start", &error);
  }
  close_service(&service);
  grpc_shutdown_blocking();
  return opened && !atomic_load(&service.refused) ? 0 : 1;
}

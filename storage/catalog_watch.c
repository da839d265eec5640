/*
 * catalog_watch.c - connect, LISTEN, wait; read the fingerprint when it is time.
 *
 * The thread sleeps in poll() on its connection and on an eventfd that says it is to end, so nothing but name
 * resolution and connecting can hold up the end; connecting has a time limit.
 *
 * A notification that is sent while no connection stands is lost.  So whenever one stands again the
 * fingerprint is read after the LISTEN: it tells of all that was missed.
 */
#include "storage/catalog_watch.h"

#include <errno.h>
#include <libpq-fe.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "storage/catalog_fingerprint.h"
#include "storage/login.h"

#define CHANNEL "rowan"
#define DELAY_MIN_MS 250
#define DELAY_MAX_MS 32000
#define ANSWER_MS 30000

struct catalog_watch {
  const char *database;
  int64_t poll_ms;
  struct catalog_watch_listener listener;
  int ending; /* an eventfd: readable when the thread is to end */
  pthread_t thread;
  pthread_mutex_t mutex; /* guards what follows */
  pthread_cond_t change;
  bool tried;

  /* The thread's own. */
  PGconn *conn;
  int64_t delay_ms;
  bool missed; /* something may have been: the next connection begins with the fingerprint */
};

enum wake { WAKE_INPUT, WAKE_TIME, WAKE_END };

/* Sleeps until there is input, the time has come (monotonic), or the watch is to end. */
static enum wake sleep_until(struct catalog_watch *watch, int64_t until_us)
{
  struct pollfd fds[2] = {{.fd = watch->ending, .events = POLLIN}, {.fd = -1, .events = POLLIN}};
  if (watch->conn != NULL)
    fds[1].fd = PQsocket(watch->conn);
  for (;;) {
    int64_t left_us = until_us == CLOCK_NEVER ? -1000 : until_us - clock_monotonic_us();
    if (until_us != CLOCK_NEVER && left_us <= 0)
      return WAKE_TIME;
    int64_t left_ms = until_us == CLOCK_NEVER ? -1 : left_us / 1000 + 1;
    int n = poll(fds, LENGTH_OF(fds), left_ms > INT32_MAX ? INT32_MAX : (int)left_ms);
    if (n < 0 && errno != EINTR)
      abort();
    if (n > 0)
      return fds[0].revents != 0 ? WAKE_END : WAKE_INPUT;
  }
}

/* The result of a query, the last one's where there are several; NULL when the connection is lost, the answer
 * takes too long, or the watch is to end. */
static PGresult *ask(struct catalog_watch *watch, const char *sql)
{
  int64_t until_us = clock_monotonic_us() + ANSWER_MS * 1000;
  if (PQsendQuery(watch->conn, sql) == 0)
    return NULL;
  PGresult *result = NULL;
  for (;;) {
    while (!PQisBusy(watch->conn)) {
      PGresult *next = PQgetResult(watch->conn);
      if (next == NULL)
        return result;
      PQclear(result);
      result = next;
    }
    if (sleep_until(watch, until_us) == WAKE_INPUT && PQconsumeInput(watch->conn) == 1)
      continue;
    PQclear(result);
    return NULL;
  }
}

static void say_trouble(struct catalog_watch *watch, int64_t retry_ms)
{
  watch->listener.trouble(watch->listener.user, PQerrorMessage(watch->conn), retry_ms);
}

/* A refusal leaves the polling; only a lost connection is a failure. */
static bool start_listening(struct catalog_watch *watch)
{
  PGresult *result = ask(watch, "LISTEN " CHANNEL);
  bool answered = result != NULL && PQstatus(watch->conn) == CONNECTION_OK;
  if (answered && PQresultStatus(result) != PGRES_COMMAND_OK)
    say_trouble(watch, -1);
  PQclear(result);
  return answered;
}

static bool read_fingerprint(struct catalog_watch *watch)
{
  PGresult *result = ask(watch, catalog_fingerprint_query);
  bool answered = result != NULL && PQresultStatus(result) == PGRES_TUPLES_OK;
  if (answered)
    watch->listener.seen(watch->listener.user, PQgetvalue(result, 0, 0));
  PQclear(result);
  return answered;
}

/* However many there are, they tell one thing. */
static bool take_notifications(struct catalog_watch *watch)
{
  bool any = false;
  if (PQconsumeInput(watch->conn) == 0)
    return false;
  for (PGnotify *notification; (notification = PQnotifies(watch->conn)) != NULL; any = true)
    PQfreemem(notification);
  if (any)
    watch->listener.notified(watch->listener.user);
  return PQstatus(watch->conn) == CONNECTION_OK;
}

static void tried(struct catalog_watch *watch)
{
  pthread_mutex_lock(&watch->mutex);
  watch->tried = true;
  pthread_cond_broadcast(&watch->change);
  pthread_mutex_unlock(&watch->mutex);
}

static int64_t next_reading(const struct catalog_watch *watch)
{
  return watch->poll_ms == 0 ? CLOCK_NEVER : clock_monotonic_us() + watch->poll_ms * 1000;
}

/* Until the connection is lost (false) or the watch is to end. */
static bool watch_connection(struct catalog_watch *watch)
{
  if (!start_listening(watch) || (watch->missed && !read_fingerprint(watch)))
    return false;
  watch->missed = true;
  watch->delay_ms = 0;
  tried(watch);
  for (int64_t next_us = next_reading(watch);;) {
    /* A query's answer may have brought some along. */
    if (!take_notifications(watch))
      return false;
    enum wake wake = sleep_until(watch, next_us);
    if (wake == WAKE_END)
      return true;
    if (wake == WAKE_INPUT)
      continue;
    if (!read_fingerprint(watch))
      return false;
    next_us = next_reading(watch);
  }
}

static void *watch_main(void *user)
{
  struct catalog_watch *watch = user;
  for (bool end = false; !end;) {
    watch->conn = login_connect(watch->database);
    end = PQstatus(watch->conn) == CONNECTION_OK && watch_connection(watch);
    watch->delay_ms = watch->delay_ms == 0 ? DELAY_MIN_MS : watch->delay_ms * 2;
    if (watch->delay_ms > DELAY_MAX_MS)
      watch->delay_ms = DELAY_MAX_MS;
    if (!end)
      say_trouble(watch, watch->delay_ms);
    PQfinish(watch->conn);
    watch->conn = NULL;
    watch->missed = true;
    tried(watch);
    end = end || sleep_until(watch, clock_monotonic_us() + watch->delay_ms * 1000) == WAKE_END;
  }
  return NULL;
}

struct catalog_watch *catalog_watch_new(const char *database, int64_t poll_ms,
                                        const struct catalog_watch_listener *listener)
{
  struct catalog_watch *watch = calloc(1, sizeof *watch);
  if (watch == NULL)
    abort();
  watch->database = database;
  watch->poll_ms = poll_ms;
  watch->listener = *listener;
  watch->ending = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  pthread_mutex_init(&watch->mutex, NULL);
  pthread_cond_init(&watch->change, NULL);
  if (watch->ending < 0 || pthread_create(&watch->thread, NULL, watch_main, watch) != 0)
    abort();
  return watch;
}

void catalog_watch_wait_first(struct catalog_watch *watch)
{
  pthread_mutex_lock(&watch->mutex);
  while (!watch->tried)
    pthread_cond_wait(&watch->change, &watch->mutex);
  pthread_mutex_unlock(&watch->mutex);
}

void catalog_watch_free(struct catalog_watch *watch)
{
  eventfd_write(watch->ending, 1);
  pthread_join(watch->thread, NULL);
  close(watch->ending);
  pthread_cond_destroy(&watch->change);
  pthread_mutex_destroy(&watch->mutex);
  free(watch);
}

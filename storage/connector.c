#include "storage/connector.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <utlist.h>

#include "base/clock.h"
#include "storage/login.h"

#define DELAY_MIN_MS 100
#define DELAY_MAX_MS 32000

struct connector {
  struct database *database;
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  struct connect_request *requests;
  bool stopping;
  int64_t delay_ms; /* the thread's own: the last back-off; 0 after a success */
  unsigned seed;
};

/* Half of it certain, half by chance, so that replicas part ways. */
static int64_t jittered(struct connector *connector, int64_t ms)
{
  return ms / 2 + rand_r(&connector->seed) % (ms / 2 + 1);
}

static void back_off(struct connector *connector, const char *text)
{
  connector->delay_ms = connector->delay_ms == 0 ? DELAY_MIN_MS : connector->delay_ms * 2;
  if (connector->delay_ms > DELAY_MAX_MS)
    connector->delay_ms = DELAY_MAX_MS;
  int64_t wait = jittered(connector, connector->delay_ms);
  atomic_store(&connector->database->next_attempt_us, clock_monotonic_us() + wait * 1000);
  atomic_store(&connector->database->failing, true);
  database_event(connector->database, STORAGE_CONNECT_FAILED, text, "", wait);
}

/* True when the request was served. */
static bool attempt(struct connector *connector, struct connect_request *request)
{
  struct strbuf text = {0};
  PGconn *conn = login(connector->database->options, &text);
  if (conn == NULL) {
    back_off(connector, strbuf_text(&text));
    request->arrived(request, NULL);
  } else {
    connector->delay_ms = 0;
    atomic_store(&connector->database->failing, false);
    request->arrived(request, conn);
  }
  strbuf_done(&text);
  return conn != NULL;
}

/* Sleeps until the next attempt may be made, or until it is time to stop. */
static void sleep_until_attempt(struct connector *connector)
{
  int64_t until_us = atomic_load(&connector->database->next_attempt_us);
  struct timespec until = {.tv_sec = until_us / 1000000, .tv_nsec = until_us % 1000000 * 1000};
  while (!connector->stopping && clock_monotonic_us() < until_us)
    pthread_cond_timedwait(&connector->changed, &connector->lock, &until);
}

static void *connector_main(void *user)
{
  struct connector *connector = user;
  pthread_mutex_lock(&connector->lock);
  while (!connector->stopping) {
    struct connect_request *request = connector->requests;
    if (request == NULL) {
      pthread_cond_wait(&connector->changed, &connector->lock);
      continue;
    }
    if (connector->delay_ms > 0)
      sleep_until_attempt(connector);
    if (connector->stopping)
      break;
    DL_DELETE(connector->requests, request);
    pthread_mutex_unlock(&connector->lock);
    bool served = attempt(connector, request);
    pthread_mutex_lock(&connector->lock);
    if (!served)
      DL_APPEND(connector->requests, request);
  }
  pthread_mutex_unlock(&connector->lock);
  return NULL;
}

struct connector *connector_new(struct database *database)
{
  struct connector *connector = calloc(1, sizeof *connector);
  pthread_condattr_t monotonic;
  if (connector == NULL)
    abort();
  connector->database = database;
  connector->seed = (unsigned)clock_real_us();
  pthread_mutex_init(&connector->lock, NULL);
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_cond_init(&connector->changed, &monotonic);
  pthread_condattr_destroy(&monotonic);
  if (pthread_create(&connector->thread, NULL, connector_main, connector) != 0)
    abort();
  return connector;
}

void connector_request(struct connector *connector, struct connect_request *request)
{
  pthread_mutex_lock(&connector->lock);
  DL_APPEND(connector->requests, request);
  pthread_cond_signal(&connector->changed);
  pthread_mutex_unlock(&connector->lock);
}

void connector_stop(struct connector *connector)
{
  pthread_mutex_lock(&connector->lock);
  connector->stopping = true;
  pthread_cond_signal(&connector->changed);
  pthread_mutex_unlock(&connector->lock);
  pthread_join(connector->thread, NULL);
}

void connector_free(struct connector *connector)
{
  pthread_cond_destroy(&connector->changed);
  pthread_mutex_destroy(&connector->lock);
  free(connector);
}

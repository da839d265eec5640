#include "server/loader.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "server/log.h"
#include "storage/catalog_reader.h"

#define FIRST_PAUSE_MS 250
#define LONGEST_PAUSE_MS 32000

struct loader {
  struct server *server;
  void (*on_refused)(void *user);
  void *user;
  pthread_t thread;
  pthread_mutex_t mutex; /* guards what follows */
  pthread_cond_t change;
  bool stopping;
  bool tried; /* the first attempt has ended */
};

static struct timespec timespec_of(int64_t monotonic_us)
{
  return (struct timespec){.tv_sec = monotonic_us / 1000000, .tv_nsec = monotonic_us % 1000000 * 1000};
}

static void set_tried(struct loader *loader)
{
  pthread_mutex_lock(&loader->mutex);
  loader->tried = true;
  pthread_cond_broadcast(&loader->change);
  pthread_mutex_unlock(&loader->mutex);
}

void loader_wait_first(struct loader *loader, int64_t deadline_us)
{
  struct timespec deadline = timespec_of(deadline_us);
  pthread_mutex_lock(&loader->mutex);
  while (!loader->tried && pthread_cond_timedwait(&loader->change, &loader->mutex, &deadline) == 0)
    continue;
  pthread_mutex_unlock(&loader->mutex);
}

/* Whether to go on. */
static bool pause_for(struct loader *loader, int64_t ms)
{
  struct timespec until = timespec_of(clock_monotonic_us() + ms * 1000);
  pthread_mutex_lock(&loader->mutex);
  while (!loader->stopping && pthread_cond_timedwait(&loader->change, &loader->mutex, &until) == 0)
    continue;
  bool go_on = !loader->stopping;
  pthread_mutex_unlock(&loader->mutex);
  return go_on;
}

static struct catalog *read_catalog(struct loader *loader)
{
  struct error error;
  int64_t pause_ms = FIRST_PAUSE_MS;
  struct catalog *catalog;
  while ((catalog = catalog_read(loader->server->settings->database, &error)) == NULL) {
    log_event(LOG_WARNING, "cannot read the catalog", "error=%s detail=%s retry_ms=%lld", error.message,
              error.detail, (long long)pause_ms);
    set_tried(loader);
    if (!pause_for(loader, pause_ms))
      return NULL;
    pause_ms = pause_ms * 2 > LONGEST_PAUSE_MS ? LONGEST_PAUSE_MS : pause_ms * 2;
  }
  return catalog;
}

static void log_problems(const struct problems *problems)
{
  for (size_t i = 0; i < problems->n; i++) {
    const struct problem *problem = &problems->items[i];
    log_event(problem->warning ? LOG_WARNING : LOG_ERROR, "schema problem", "place=%s problem=%s fix=%s",
              problem->place, problem->message, problem->fix);
  }
}

/* The graph owns its schema, so the set is read again for it. */
static void build_and_publish(struct loader *loader, struct catalog *catalog)
{
  struct server *server = loader->server;
  struct error error;
  struct schema *schema = schema_load_file(server->settings->descriptor_set, &error);
  if (schema == NULL) {
    log_failure(LOG_ERROR, "cannot read the descriptor set", &error);
    catalog_free(catalog);
    loader->on_refused(loader->user);
    return;
  }
  struct problems problems = {.arena = arena_new(0)};
  struct graph *graph = graph_build(schema, catalog, &problems);
  log_problems(&problems);
  log_event(LOG_INFO, "schema loaded", "resources=%zu methods=%zu problems=%zu", graph->n_resources,
            graph->n_methods, problems.n_errors);
  if (server->settings->strict && problems.n_errors > 0) {
    graph_unref(graph);
    loader->on_refused(loader->user);
  } else {
    server_publish(server, graph);
  }
  arena_free(problems.arena);
}

static void *loader_main(void *user)
{
  struct loader *loader = user;
  struct catalog *catalog = read_catalog(loader);
  if (catalog != NULL)
    build_and_publish(loader, catalog);
  set_tried(loader);
  return NULL;
}

struct loader *loader_new(struct server *server, void (*on_refused)(void *user), void *user)
{
  struct loader *loader = calloc(1, sizeof *loader);
  if (loader == NULL)
    abort();
  loader->server = server;
  loader->on_refused = on_refused;
  loader->user = user;
  pthread_mutex_init(&loader->mutex, NULL);
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&loader->change, &attributes);
  pthread_condattr_destroy(&attributes);
  if (pthread_create(&loader->thread, NULL, loader_main, loader) != 0)
    abort();
  return loader;
}

void loader_free(struct loader *loader)
{
  pthread_mutex_lock(&loader->mutex);
  loader->stopping = true;
  pthread_cond_broadcast(&loader->change);
  pthread_mutex_unlock(&loader->mutex);
  pthread_join(loader->thread, NULL);
  pthread_cond_destroy(&loader->change);
  pthread_mutex_destroy(&loader->mutex);
  free(loader);
}

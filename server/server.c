#include "server/server.h"

#include <stdlib.h>

#include "base/clock.h"
#include "proto/builtin.h"
#include "server/analyzer.h"
#include "server/plan_settings.h"
#include "server/served_schema.h"

#define WATCH_PERIOD_LEAST_US 10000
#define WATCH_PERIOD_MOST_US 1000000

/* A tenth of the shortest limit that the watchdog enforces. */
static int64_t watch_period_us(const struct settings *settings)
{
  int64_t shortest_ms =
      settings->stream_stall < settings->stream_age ? settings->stream_stall : settings->stream_age;
  int64_t period_us = shortest_ms * 1000 / 10;
  if (period_us < WATCH_PERIOD_LEAST_US)
    return WATCH_PERIOD_LEAST_US;
  return period_us > WATCH_PERIOD_MOST_US ? WATCH_PERIOD_MOST_US : period_us;
}

static bool load_contracts(struct server *server, struct error *error)
{
  server->schema = served_schema_without_catalog(server->settings, error);
  if (server->schema == NULL)
    return false;
  server->builtin = schema_load(builtin_descriptors, builtin_descriptors_size, error);
  return server->builtin != NULL;
}

struct server *server_new(const struct settings *settings, struct error *error)
{
  struct server *server = calloc(1, sizeof *server);
  if (server == NULL)
    abort();
  server->settings = settings;
  server->limits = plan_settings_limits(settings);
  pthread_mutex_init(&server->mutex, NULL);
  pthread_mutex_init(&server->health_mutex, NULL);
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&server->idle, &attributes);
  pthread_condattr_destroy(&attributes);
  server->health = health_new();
  server->plans = plan_cache_new((size_t)settings->plan_cache);
  server->watchdog = watchdog_new(watch_period_us(settings));
  server->analyzer = settings->explain ? analyzer_new() : NULL;
  server->token_keys = page_token_keys_new(settings->token_keys, settings->token_lifetime, error);
  if (server->token_keys == NULL || !load_contracts(server, error)) {
    server_free(server);
    return NULL;
  }
  server_update_health(server);
  return server;
}

void server_free(struct server *server)
{
  if (server == NULL)
    return;
  server_stop_analyzing(server);
  watchdog_free(server->watchdog);
  plan_cache_free(server->plans);
  graph_unref((struct graph *)(uintptr_t)server->health_graph);
  graph_unref(server->graph);
  schema_unref(server->builtin);
  schema_unref(server->schema);
  if (server->token_keys != NULL)
    page_token_keys_free(server->token_keys);
  health_free(server->health);
  pthread_cond_destroy(&server->idle);
  pthread_mutex_destroy(&server->health_mutex);
  pthread_mutex_destroy(&server->mutex);
  free(server);
}

void server_stop_analyzing(struct server *server)
{
  analyzer_free(server->analyzer);
  server->analyzer = NULL;
}

bool server_admit(struct server *server, struct graph **ret_graph)
{
  pthread_mutex_lock(&server->mutex);
  bool room = ++server->calls <= (size_t)server->settings->max_calls;
  *ret_graph = room && server->graph != NULL ? graph_ref(server->graph) : NULL;
  pthread_mutex_unlock(&server->mutex);
  return room;
}

void server_dismiss(struct server *server)
{
  pthread_mutex_lock(&server->mutex);
  if (--server->calls == 0)
    pthread_cond_broadcast(&server->idle);
  pthread_mutex_unlock(&server->mutex);
}

bool server_wait_idle(struct server *server, int64_t deadline_us)
{
  struct timespec deadline = {.tv_sec = deadline_us / 1000000, .tv_nsec = deadline_us % 1000000 * 1000};
  int failed = 0;
  pthread_mutex_lock(&server->mutex);
  while (server->calls > 0 && failed == 0)
    failed = pthread_cond_timedwait(&server->idle, &server->mutex, &deadline);
  bool idle = server->calls == 0;
  pthread_mutex_unlock(&server->mutex);
  return idle;
}

void server_publish(struct server *server, struct graph *graph)
{
  pthread_mutex_lock(&server->mutex);
  struct graph *before = server->graph;
  server->graph = graph;
  pthread_mutex_unlock(&server->mutex);
  graph_unref(before);
  storage_set_round_trip(server->storage, plan_settings_round_trip(server->settings, graph));
  server_update_health(server);
  plan_cache_keep_only(server->plans, graph);
}

/* A service serves as long as one of its methods can; broken ones answer for themselves. */
static bool service_works(const struct graph *graph, const struct schema_service *service)
{
  for (size_t i = 0; i < service->n_methods; i++) {
    const struct graph_method *method = graph_find_method(graph, str_from(service->methods[i].path));
    if (method != NULL && !method->broken && !method->ignored)
      return true;
  }
  return false;
}

static const struct schema *schema_of(const struct server *server, const struct graph *graph)
{
  return graph != NULL ? graph->schema : server->schema;
}

static void declare_services(struct server *server, const struct graph *graph, bool ready)
{
  const struct schema *schema = schema_of(server, graph);
  bool works = ready && graph->n_methods == 0;
  for (size_t i = 0; i < schema->n_services; i++) {
    const struct schema_service *service = schema->services[i];
    bool serves = ready && service_works(graph, service);
    health_set(server->health, service->full_name, serves ? HEALTH_SERVING : HEALTH_NOT_SERVING);
    works = works || serves;
  }
  health_set(server->health, "", works ? HEALTH_SERVING : HEALTH_NOT_SERVING);
}

static void forget_services(struct server *server, const struct graph *graph)
{
  const struct schema *before = schema_of(server, server->health_graph), *now = schema_of(server, graph);
  for (size_t i = 0; i < before->n_services; i++)
    if (schema_find_service(now, before->services[i]->full_name) == NULL)
      health_set(server->health, before->services[i]->full_name, HEALTH_SERVICE_UNKNOWN);
}

void server_update_health(struct server *server)
{
  pthread_mutex_lock(&server->health_mutex);
  pthread_mutex_lock(&server->mutex);
  struct graph *graph = server->graph == NULL ? NULL : graph_ref(server->graph);
  pthread_mutex_unlock(&server->mutex);
  bool ready = graph != NULL && server->storage != NULL && storage_ready(server->storage);
  declare_services(server, graph, ready);
  forget_services(server, graph);
  graph_unref((struct graph *)(uintptr_t)server->health_graph);
  server->health_graph = graph;
  pthread_mutex_unlock(&server->health_mutex);
}

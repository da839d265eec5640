/*
 * loader.c - one thread that loads what is served, and loads it again.
 *
 * What is loaded is a graph: the descriptor set as it is now (or what the catalog shows, with --introspect),
 * met with the catalog as it is now.  It is built beside the one that is served and published whole; a call
 * keeps the graph it began with, and plans of an older one leave the cache.  A resource that does not fit
 * disables its own methods.  Whatever cannot be loaded as a whole (no descriptor set, or problems under
 * --strict) leaves all as it is; a catalog that cannot be read is tried until it can.
 *
 * No change is missed: the watch listens before the catalog is read, a request that comes during a load is
 * followed by another load, and the fingerprint is the one of the very snapshot that the catalog was read in.
 */
#include "server/loader.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "server/log.h"
#include "server/served_schema.h"
#include "storage/catalog_reader.h"
#include "storage/catalog_watch.h"

#define FIRST_PAUSE_MS 250
#define LONGEST_PAUSE_MS 32000

struct loader {
  struct server *server;
  void (*on_refused)(void *user);
  void *user;
  struct catalog_watch *watch; /* the thread's own */
  unsigned n_failed;           /* reloads; the thread's own */
  struct schema *schema;       /* that was loaded last; the thread's own */
  pthread_t thread;
  pthread_mutex_t mutex; /* guards what follows */
  pthread_cond_t change;
  bool stopping;
  bool tried;                /* the first attempt has ended */
  int64_t due_us;            /* when to load next; CLOCK_NEVER: not asked for */
  enum reload_reason reason; /* of that */
  int64_t begun_us;          /* when the last load began */
  bool loading;
  char *fingerprint; /* of the catalog that was read last; NULL before */
  char *seen;        /* the one that the watch saw last while loading; NULL: none */
};

static const struct {
  const char *name;
  int64_t apart_us; /* so long after the last load at the earliest */
} reasons[] = {
    [RELOAD_START] = {"start", 0},        [RELOAD_SIGNAL] = {"SIGHUP", 0},
    [RELOAD_NOTIFY] = {"NOTIFY", 200000}, [RELOAD_CATALOG] = {"catalog changed", 0},
    [RELOAD_DRIFT] = {"drift", 5000000},
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

void loader_request(struct loader *loader, enum reload_reason reason)
{
  int64_t now_us = clock_monotonic_us();
  pthread_mutex_lock(&loader->mutex);
  int64_t due_us = loader->begun_us + reasons[reason].apart_us;
  if (due_us < now_us)
    due_us = now_us;
  if (due_us < loader->due_us) {
    loader->due_us = due_us;
    loader->reason = reason;
    pthread_cond_broadcast(&loader->change);
  }
  pthread_mutex_unlock(&loader->mutex);
}

/* Whether to go on. */
static bool pause_for(struct loader *loader, int64_t ms)
{
  int64_t until_us = clock_monotonic_us() + ms * 1000;
  struct timespec until = timespec_of(until_us);
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

static void keep_fingerprint(struct loader *loader, const struct catalog *catalog)
{
  char *fingerprint = strdup(catalog->fingerprint);
  if (fingerprint == NULL)
    abort();
  pthread_mutex_lock(&loader->mutex);
  free(loader->fingerprint);
  loader->fingerprint = fingerprint;
  pthread_mutex_unlock(&loader->mutex);
}

static void log_problems(const struct problems *problems)
{
  for (size_t i = 0; i < problems->n; i++) {
    const struct problem *problem = &problems->items[i];
    log_event(problem->warning ? LOG_WARNING : LOG_ERROR, "schema problem", "place=%s problem=%s fix=%s",
              problem->place, problem->message, problem->fix);
  }
}

/* What needs claims is then denied to everybody, which is safe and hardly meant. */
static void warn_of_claims(const struct loader *loader, const struct graph *graph)
{
  struct strbuf names = {0};
  if (graph->claims.n == 0 || loader->server->settings->claims_header[0] != '\0')
    return;
  for (size_t i = 0; i < graph->claims.n; i++) {
    const char *name = graph->claims.items[i]->name;
    bool known = false;
    for (size_t j = 0; j < i; j++)
      known = known || strcmp(graph->claims.items[j]->name, name) == 0;
    if (!known)
      strbuf_printf(&names, "%s%s", names.len > 0 ? ", " : "", name);
  }
  log_event(LOG_WARNING, "annotations compare with claims, and nobody has any: claims-header is not set",
            "claims=%s", strbuf_text(&names));
  strbuf_done(&names);
}

/* At start there is nothing else to serve. */
static void give_up(struct loader *loader, enum reload_reason reason, const char *cause)
{
  if (reason == RELOAD_START)
    loader->on_refused(loader->user);
  else
    log_event(LOG_ERROR, "reload failed; what was loaded before stays", "reason=%s error=%s failures=%u",
              reasons[reason].name, cause, ++loader->n_failed);
}

/* Takes schema and catalog. */
static void build_and_publish(struct loader *loader, enum reload_reason reason, struct schema *schema,
                              struct catalog *catalog)
{
  struct problems problems = {.arena = arena_new(0)};
  struct graph *graph = graph_build(schema, catalog, &problems);
  log_problems(&problems);
  warn_of_claims(loader, graph);
  if (loader->server->settings->strict && problems.n_errors > 0) {
    graph_unref(graph);
    give_up(loader, reason, "the schema does not fit, and --strict forbids to serve it");
  } else {
    log_event(LOG_INFO, "schema loaded", "reason=%s resources=%zu methods=%zu problems=%zu",
              reasons[reason].name, graph->n_resources, graph->n_methods, problems.n_errors);
    server_publish(loader->server, graph);
  }
  arena_free(problems.arena);
}

/* What is as it was is kept: most loads are due to the database. */
static struct schema *load_schema(struct loader *loader, const struct catalog *catalog, struct error *error)
{
  const struct settings *settings = loader->server->settings;
  struct arena *arena = arena_new(0);
  struct init_notes notes;
  struct schema *schema = served_schema_load(settings, catalog, loader->schema, arena, &notes, error);
  if (schema == NULL)
    log_failure(LOG_ERROR,
                settings->introspect ? "cannot serve what the catalog shows"
                                     : "cannot read the descriptor set",
                error);
  for (size_t i = 0; schema != NULL && i < notes.n; i++)
    log_event(LOG_INFO, "not introspected", "note=%s", notes.items[i]);
  arena_free(arena);
  if (schema != NULL) {
    schema_unref(loader->schema);
    loader->schema = schema_ref(schema);
  }
  return schema;
}

static void load(struct loader *loader, enum reload_reason reason)
{
  struct error error;
  struct catalog *catalog = read_catalog(loader);
  if (catalog == NULL)
    return;
  keep_fingerprint(loader, catalog);
  struct schema *schema = load_schema(loader, catalog, &error);
  if (schema == NULL) {
    catalog_free(catalog);
    give_up(loader, reason, error.message);
    return;
  }
  build_and_publish(loader, reason, schema, catalog);
}

/* Whether there is a load to be begun; else the loader is to end. */
static bool wait_request(struct loader *loader, enum reload_reason *ret_reason)
{
  pthread_mutex_lock(&loader->mutex);
  while (!loader->stopping && loader->due_us > clock_monotonic_us()) {
    struct timespec due = timespec_of(loader->due_us);
    if (loader->due_us == CLOCK_NEVER)
      pthread_cond_wait(&loader->change, &loader->mutex);
    else
      pthread_cond_timedwait(&loader->change, &loader->mutex, &due);
  }
  bool go_on = !loader->stopping;
  *ret_reason = loader->reason;
  loader->loading = go_on;
  loader->due_us = CLOCK_NEVER;
  loader->begun_us = clock_monotonic_us();
  pthread_mutex_unlock(&loader->mutex);
  return go_on;
}

static void on_notified(void *user)
{
  loader_request(user, RELOAD_NOTIFY);
}

static bool is_news(const struct loader *loader, const char *fingerprint)
{
  return fingerprint != NULL && loader->fingerprint != NULL && strcmp(fingerprint, loader->fingerprint) != 0;
}

/* What is seen during a load may be what the load reads, so it is looked at when that is known. */
static void on_seen(void *user, const char *fingerprint)
{
  struct loader *loader = user;
  pthread_mutex_lock(&loader->mutex);
  bool changed = false;
  if (loader->loading) {
    free(loader->seen);
    loader->seen = strdup(fingerprint);
  } else {
    changed = is_news(loader, fingerprint);
  }
  pthread_mutex_unlock(&loader->mutex);
  if (changed)
    loader_request(loader, RELOAD_CATALOG);
}

static void end_load(struct loader *loader)
{
  pthread_mutex_lock(&loader->mutex);
  bool changed = is_news(loader, loader->seen);
  loader->loading = false;
  free(loader->seen);
  loader->seen = NULL;
  pthread_mutex_unlock(&loader->mutex);
  if (changed)
    loader_request(loader, RELOAD_CATALOG);
}

static void on_trouble(void *user, const char *text, int64_t retry_ms)
{
  log_event(LOG_WARNING, "cannot listen for changes of the schema", "detail=%s retry_ms=%lld", text,
            (long long)retry_ms);
}

static void *loader_main(void *user)
{
  struct loader *loader = user;
  const struct settings *settings = loader->server->settings;
  struct catalog_watch_listener listener = {on_notified, on_seen, on_trouble, loader};
  enum reload_reason reason;
  loader->watch = catalog_watch_new(settings->database, settings->catalog_poll, &listener);
  catalog_watch_wait_first(loader->watch);
  while (wait_request(loader, &reason)) {
    load(loader, reason);
    end_load(loader);
    set_tried(loader);
  }
  catalog_watch_free(loader->watch);
  return NULL;
}

struct loader *loader_new(struct server *server, void (*on_refused)(void *user), void *user)
{
  struct loader *loader = calloc(1, sizeof *loader);
  if (loader == NULL)
    abort();
  loader->server = server;
  loader->schema = schema_ref(server->schema);
  loader->on_refused = on_refused;
  loader->user = user;
  pthread_mutex_init(&loader->mutex, NULL);
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&loader->change, &attributes);
  pthread_condattr_destroy(&attributes);
  server->loader = loader;
  if (pthread_create(&loader->thread, NULL, loader_main, loader) != 0)
    abort();
  return loader;
}

void loader_stop(struct loader *loader)
{
  pthread_mutex_lock(&loader->mutex);
  loader->stopping = true;
  pthread_cond_broadcast(&loader->change);
  pthread_mutex_unlock(&loader->mutex);
  pthread_join(loader->thread, NULL);
}

void loader_free(struct loader *loader)
{
  pthread_cond_destroy(&loader->change);
  pthread_mutex_destroy(&loader->mutex);
  schema_unref(loader->schema);
  free(loader->fingerprint);
  free(loader->seen);
  free(loader);
}

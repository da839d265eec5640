/*
 * server.h - what all calls share: settings, graph, storage, plans, health.
 *
 * The graph is published here once the catalog has been read and replaced whole on a reload; a call takes a
 * reference when it is admitted and keeps it to its end.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "planner/graph.h"
#include "planner/limits.h"
#include "server/health.h"
#include "server/page_token.h"
#include "server/plan_cache.h"
#include "server/settings.h"
#include "server/watchdog.h"
#include "storage/storage.h"

enum server_stage {
  SERVER_SERVING,
  SERVER_DRAINING, /* calls that only wait for something to happen are to end */
  SERVER_ENDING,   /* so is every other, with a status, before what is left is cancelled */
};

struct server {
  const struct settings *settings;
  struct planner_limits limits;
  struct schema *schema;  /* what can be told at start, for as long as there is no graph, which has its own */
  struct schema *builtin; /* Rowan's own contracts */
  struct health *health;
  struct page_token_keys *token_keys;
  struct plan_cache *plans;
  struct storage *storage;
  struct watchdog *watchdog;
  struct analyzer *analyzer; /* NULL where requests are not explained; freed before the queues of its calls */
  struct loader *loader;     /* NULL where nothing is ever loaded */
  _Atomic enum server_stage stage;
  atomic_uint n_accesses; /* calls that could have had their line in the log */

  pthread_mutex_t health_mutex;     /* held while health is told, so that the latest is told last */
  const struct graph *health_graph; /* whose services health knows: a reference; NULL: the schema's */

  pthread_mutex_t mutex; /* guards what follows */
  pthread_cond_t idle;   /* calls became 0 */
  struct graph *graph;   /* NULL until the catalog has been read */
  size_t calls;          /* admitted and not yet gone */
};

/* Everything but storage, which the owner starts when it likes.  `settings` must outlive it. */
NODISCARD struct server *server_new(const struct settings *settings, struct error *error);

/* To be called when no call is left.  NULL is allowed. */
void server_free(struct server *server);

/* Ends the calls that are being analyzed; to be called while their queues stand. */
void server_stop_analyzing(struct server *server);

/* Counts a call in.  *ret_graph is a reference to the graph, NULL while there is none; false when there are
 * too many calls (the call is counted all the same, and *ret_graph is NULL). */
bool server_admit(struct server *server, struct graph **ret_graph);
void server_dismiss(struct server *server);

/* Waits until no call is left, at most until `deadline_us` (monotonic).  Whether that is so. */
bool server_wait_idle(struct server *server, int64_t deadline_us);

/* Takes ownership of the graph; calls under way keep the one they have. */
void server_publish(struct server *server, struct graph *graph);

/* Tells health what is served now: every service by its methods, and "" as a whole.  Services that are no
 * longer declared become unknown. */
void server_update_health(struct server *server);

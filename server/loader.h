/*
 * loader.h - reads descriptor set and catalog in the background and publishes the graph: at start, for as
 * long as it takes, and again whenever somebody has reason to think that it is another.
 */
#pragma once

#include "server/server.h"

struct loader;

enum reload_reason {
  RELOAD_START,
  RELOAD_SIGNAL,  /* SIGHUP */
  RELOAD_NOTIFY,  /* NOTIFY rowan */
  RELOAD_CATALOG, /* its fingerprint is another */
  RELOAD_DRIFT,   /* a statement failed as if the schema were another */
};

/* Becomes server->loader.  `on_refused(user)`, from the loader's thread: what there is at start does not fit
 * and settings.strict forbids to serve it, or is no descriptor set. */
struct loader *loader_new(struct server *server, void (*on_refused)(void *user), void *user);

/* Waits until the first attempt has ended, well or badly, at most until `deadline_us` (monotonic). */
void loader_wait_first(struct loader *loader, int64_t deadline_us);

/* From any thread: reads all again.  What is asked for while that is under way is done once more after it;
 * reasons that can come in masses wait their time. */
void loader_request(struct loader *loader, enum reload_reason reason);

/* Waits for an attempt under way; nothing is published afterwards. */
void loader_stop(struct loader *loader);
void loader_free(struct loader *loader); /* after loader_stop, and when nobody requests any more */

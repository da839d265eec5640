/*
 * loader.h - reads the catalog in the background and publishes the graph, for as long as it takes.
 */
#pragma once

#include "server/server.h"

struct loader;

/* `on_refused(user)`, from the loader's thread: the schema does not fit and settings.strict forbids to serve
 * it. */
struct loader *loader_new(struct server *server, void (*on_refused)(void *user), void *user);

/* Waits until the first attempt has ended, well or badly, at most until `deadline_us` (monotonic). */
void loader_wait_first(struct loader *loader, int64_t deadline_us);

/* Waits for an attempt under way. */
void loader_free(struct loader *loader);

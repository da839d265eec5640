/*
 * catalog_watch.h - a thread that learns when the database's schema changes.
 *
 * Over one connection of its own it listens to `NOTIFY rowan` and, once in a while, reads the catalog's
 * fingerprint: a standby refuses LISTEN, and a pooler may take it and pass nothing on.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct catalog_watch;

/* From the watch's thread; they must not block. */
struct catalog_watch_listener {
  void (*notified)(void *user);
  /* Read now; whoever keeps the fingerprint of the catalog that he read knows whether it is another. */
  void (*seen)(void *user, const char *fingerprint);
  /* The connection is lost, or cannot be made, or cannot listen; `text` is for the log. */
  void (*trouble)(void *user, const char *text, int64_t retry_ms);
  void *user;
};

/* Connects in the background, with back-off, for as long as it takes.  `poll_ms` 0: the fingerprint is read
 * only when the connection was lost, since what was notified meanwhile is lost too.  `database` must outlive
 * it. */
struct catalog_watch *catalog_watch_new(const char *database, int64_t poll_ms,
                                        const struct catalog_watch_listener *listener);

/* Waits until the first attempt to listen has ended, well or badly: a catalog that is read after that misses
 * no change. */
void catalog_watch_wait_first(struct catalog_watch *watch);

void catalog_watch_free(struct catalog_watch *watch);

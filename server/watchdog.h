/*
 * watchdog.h - visits calls that live long (streams, watches, reflection), so that none outstays its welcome.
 *
 * One thread looks at every registered object once a period and whenever it is woken.  The core's C interface
 * has no alarms, and limits of seconds need no precision.
 */
#pragma once

#include <stdint.h>

struct watchdog;

/* Belongs to the visited object, which stands in the list while it is registered. */
struct watched {
  void (*visit)(void *object, int64_t now_us); /* must not block, nor remove the object */
  void *object;
  struct watched *previous, *next; /* the watchdog's */
};

struct watchdog *watchdog_new(int64_t period_us);

/* Joins the thread; nothing may be registered any more. */
void watchdog_free(struct watchdog *watchdog);

void watchdog_add(struct watchdog *watchdog, struct watched *watched);

/* Waits for a visit under way.  Not to be called with a lock that `visit` takes. */
void watchdog_remove(struct watchdog *watchdog, struct watched *watched);

/* Visits all now, from the watchdog's thread. */
void watchdog_wake(struct watchdog *watchdog);

#include "server/watchdog.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/clock.h"

struct watchdog {
  pthread_t thread;
  pthread_mutex_t mutex;
  pthread_cond_t wake;
  struct watched *list;
  int64_t period_us;
  bool woken, stopping;
};

static struct timespec timespec_of(int64_t monotonic_us)
{
  return (struct timespec){.tv_sec = monotonic_us / 1000000, .tv_nsec = monotonic_us % 1000000 * 1000};
}

static void sleep_until_due(struct watchdog *watchdog)
{
  struct timespec due = timespec_of(clock_monotonic_us() + watchdog->period_us);
  while (!watchdog->woken && !watchdog->stopping)
    if (pthread_cond_timedwait(&watchdog->wake, &watchdog->mutex, &due) != 0)
      break;
  watchdog->woken = false;
}

static void *watchdog_main(void *user)
{
  struct watchdog *watchdog = user;
  pthread_mutex_lock(&watchdog->mutex);
  while (!watchdog->stopping) {
    sleep_until_due(watchdog);
    int64_t now_us = clock_monotonic_us();
    struct watched *watched;
    DL_FOREACH2(watchdog->list, watched, next) watched->visit(watched->object, now_us);
  }
  pthread_mutex_unlock(&watchdog->mutex);
  return NULL;
}

struct watchdog *watchdog_new(int64_t period_us)
{
  struct watchdog *watchdog = calloc(1, sizeof *watchdog);
  if (watchdog == NULL)
    abort();
  watchdog->period_us = period_us;
  pthread_mutex_init(&watchdog->mutex, NULL);
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&watchdog->wake, &attributes);
  pthread_condattr_destroy(&attributes);
  if (pthread_create(&watchdog->thread, NULL, watchdog_main, watchdog) != 0)
    abort();
  return watchdog;
}

void watchdog_free(struct watchdog *watchdog)
{
  pthread_mutex_lock(&watchdog->mutex);
  watchdog->stopping = true;
  pthread_cond_signal(&watchdog->wake);
  pthread_mutex_unlock(&watchdog->mutex);
  pthread_join(watchdog->thread, NULL);
  pthread_cond_destroy(&watchdog->wake);
  pthread_mutex_destroy(&watchdog->mutex);
  free(watchdog);
}

void watchdog_add(struct watchdog *watchdog, struct watched *watched)
{
  pthread_mutex_lock(&watchdog->mutex);
  DL_APPEND2(watchdog->list, watched, previous, next);
  pthread_mutex_unlock(&watchdog->mutex);
}

void watchdog_remove(struct watchdog *watchdog, struct watched *watched)
{
  pthread_mutex_lock(&watchdog->mutex);
  DL_DELETE2(watchdog->list, watched, previous, next);
  pthread_mutex_unlock(&watchdog->mutex);
}

void watchdog_wake(struct watchdog *watchdog)
{
  pthread_mutex_lock(&watchdog->mutex);
  watchdog->woken = true;
  pthread_cond_signal(&watchdog->wake);
  pthread_mutex_unlock(&watchdog->mutex);
}

/*
 * plan_cache.c - two hash tables over one list of plans.
 *
 * An entry is in the table of fingerprints and in the list, most recently used first.  Its shapes are in the
 * table of shapes; an entry keeps the last few of them, since a client can spell one selection in any number
 * of ways, and long ones are not kept at all.  Evicting an entry removes its shapes with it.
 *
 * While an entry is being built its plan is NULL and its waiters are counted; it is then neither evicted nor
 * freed.
 */
#include "server/plan_cache.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/str.h"

/* Words at a time: a shape has hundreds of bytes, which uthash's own takes one by one. */
#define HASH_FUNCTION(key, length, hash) ((hash) = (unsigned)hash_bytes((key), (length), 0))
#include <uthash.h>
#include <utlist.h>

#define SHAPES_PER_PLAN 8
#define SHAPE_BYTES_MOST 4096

struct shape {
  struct entry *entry;
  UT_hash_handle hh;
  size_t len;
  char key[];
};

struct entry {
  struct plan *plan;
  unsigned n_users; /* that wait for the plan, or are about to take it */
  struct shape *shapes[SHAPES_PER_PLAN];
  unsigned next_shape; /* the oldest, or a free place */
  struct entry *prev, *next;
  UT_hash_handle hh;
  size_t len;
  char key[];
};

struct plan_cache {
  pthread_mutex_t mutex;
  pthread_cond_t built;
  struct entry *by_fingerprint;
  struct shape *by_shape;
  struct entry *recent; /* the head was used last */
  size_t n, capacity;
};

static void *allocate(size_t size)
{
  void *memory = calloc(1, size);
  if (memory == NULL)
    abort();
  return memory;
}

struct plan_cache *plan_cache_new(size_t capacity)
{
  struct plan_cache *cache = allocate(sizeof *cache);
  cache->capacity = capacity;
  pthread_mutex_init(&cache->mutex, NULL);
  pthread_cond_init(&cache->built, NULL);
  return cache;
}

static void forget_shape(struct plan_cache *cache, struct shape *shape)
{
  if (shape == NULL)
    return;
  HASH_DEL(cache->by_shape, shape);
  free(shape);
}

static void remove_entry(struct plan_cache *cache, struct entry *entry)
{
  for (unsigned i = 0; i < SHAPES_PER_PLAN; i++)
    forget_shape(cache, entry->shapes[i]);
  HASH_DEL(cache->by_fingerprint, entry);
  DL_DELETE(cache->recent, entry);
  cache->n--;
  plan_unref(entry->plan);
  free(entry);
}

void plan_cache_free(struct plan_cache *cache)
{
  while (cache->recent != NULL)
    remove_entry(cache, cache->recent);
  pthread_cond_destroy(&cache->built);
  pthread_mutex_destroy(&cache->mutex);
  free(cache);
}

static void make_room(struct plan_cache *cache)
{
  struct entry *entry = cache->recent == NULL ? NULL : cache->recent->prev;
  while (cache->n > cache->capacity && entry != cache->recent) {
    struct entry *before = entry->prev;
    if (entry->n_users == 0)
      remove_entry(cache, entry);
    entry = before;
  }
}

static void touch(struct plan_cache *cache, struct entry *entry)
{
  if (cache->recent == entry)
    return;
  DL_DELETE(cache->recent, entry);
  DL_PREPEND(cache->recent, entry);
}

static struct shape *find_shape(struct plan_cache *cache, struct str key)
{
  struct shape *shape;
  HASH_FIND (hh, cache->by_shape, key.data, key.len, shape)
    ;
  return shape;
}

static void remember_shape(struct plan_cache *cache, struct entry *entry, struct str key)
{
  if (key.len == 0 || key.len > SHAPE_BYTES_MOST || find_shape(cache, key) != NULL)
    return;
  struct shape **place = &entry->shapes[entry->next_shape++ % SHAPES_PER_PLAN];
  forget_shape(cache, *place);
  struct shape *shape = allocate(sizeof *shape + key.len);
  memcpy(shape->key, key.data, key.len);
  shape->len = key.len;
  shape->entry = entry;
  HASH_ADD(hh, cache->by_shape, key, shape->len, shape);
  *place = shape;
}

struct plan *plan_cache_find(struct plan_cache *cache, struct str key)
{
  struct plan *plan = NULL;
  pthread_mutex_lock(&cache->mutex);
  struct shape *shape = find_shape(cache, key);
  if (shape != NULL) {
    touch(cache, shape->entry);
    plan = plan_ref(shape->entry->plan);
  }
  pthread_mutex_unlock(&cache->mutex);
  return plan;
}

static struct entry *add_entry(struct plan_cache *cache, struct str fingerprint)
{
  struct entry *entry = allocate(sizeof *entry + fingerprint.len);
  memcpy(entry->key, fingerprint.data, fingerprint.len);
  entry->len = fingerprint.len;
  HASH_ADD(hh, cache->by_fingerprint, key, entry->len, entry);
  DL_PREPEND(cache->recent, entry);
  cache->n++;
  return entry;
}

static void build_entry(struct plan_cache *cache, struct entry *entry, struct plan *(*build)(void *user),
                        void *user)
{
  pthread_mutex_unlock(&cache->mutex);
  struct plan *plan = build(user);
  pthread_mutex_lock(&cache->mutex);
  entry->plan = plan;
  pthread_cond_broadcast(&cache->built);
}

struct plan *plan_cache_get(struct plan_cache *cache, struct str shape, struct str fingerprint,
                            struct plan *(*build)(void *user), void *user)
{
  struct entry *entry;
  pthread_mutex_lock(&cache->mutex);
  HASH_FIND (hh, cache->by_fingerprint, fingerprint.data, fingerprint.len, entry)
    ;
  if (entry == NULL) {
    entry = add_entry(cache, fingerprint);
    entry->n_users++;
    build_entry(cache, entry, build, user);
  } else {
    entry->n_users++;
    touch(cache, entry);
    while (entry->plan == NULL)
      pthread_cond_wait(&cache->built, &cache->mutex);
  }
  remember_shape(cache, entry, shape);
  struct plan *plan = plan_ref(entry->plan);
  entry->n_users--;
  make_room(cache);
  pthread_mutex_unlock(&cache->mutex);
  return plan;
}

void plan_cache_keep_only(struct plan_cache *cache, const struct graph *graph)
{
  struct entry *entry, *next;
  pthread_mutex_lock(&cache->mutex);
  DL_FOREACH_SAFE(cache->recent, entry, next)
  {
    if (entry->n_users == 0 && entry->plan->graph != graph)
      remove_entry(cache, entry);
  }
  pthread_mutex_unlock(&cache->mutex);
}

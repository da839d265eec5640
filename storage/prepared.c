#include "storage/prepared.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/str.h"

void prepared_init(struct prepared *prepared, size_t capacity)
{
  *prepared = (struct prepared){.capacity = capacity};
}

static void entry_free(struct prepared_entry *entry)
{
  free(entry->text);
  free(entry->types);
  free(entry);
}

void prepared_done(struct prepared *prepared)
{
  struct prepared_entry *entry, *next;
  HASH_CLEAR(hh, prepared->by_hash);
  DL_FOREACH_SAFE(prepared->used, entry, next)
  entry_free(entry);
  DL_FOREACH_SAFE(prepared->stale, entry, next)
  entry_free(entry);
  prepared_init(prepared, prepared->capacity);
}

static uint64_t hash_of(const char *text, const uint32_t *types, unsigned n_types)
{
  uint64_t hash = hash_bytes(text, strlen(text), 0);
  return n_types == 0 ? hash : hash_bytes(types, n_types * sizeof *types, hash);
}

/* A collision of hashes is answered by "not there": the statement is then prepared once more, and is still
 * right. */
static bool entry_is(const struct prepared_entry *entry, const char *text, const uint32_t *types,
                     unsigned n_types)
{
  return entry->n_types == n_types &&
         (n_types == 0 || memcmp(entry->types, types, n_types * sizeof *types) == 0) &&
         strcmp(entry->text, text) == 0;
}

struct prepared_entry *prepared_find(struct prepared *prepared, const char *text, const uint32_t *types,
                                     unsigned n_types)
{
  uint64_t hash = hash_of(text, types, n_types);
  struct prepared_entry *entry;
  HASH_FIND (hh, prepared->by_hash, &hash, sizeof hash, entry)
    ;
  if (entry == NULL || !entry_is(entry, text, types, n_types))
    return NULL;
  DL_DELETE(prepared->used, entry);
  DL_APPEND(prepared->used, entry);
  entry->pins++;
  return entry;
}

struct prepared_entry *prepared_add(struct prepared *prepared, const char *text, const uint32_t *types,
                                    unsigned n_types)
{
  struct prepared_entry *entry = calloc(1, sizeof *entry);
  uint32_t *copy = malloc((n_types + 1) * sizeof *copy);
  char *text_copy = strdup(text);
  if (entry == NULL || copy == NULL || text_copy == NULL)
    abort();
  if (n_types > 0)
    memcpy(copy, types, n_types * sizeof *copy);
  snprintf(entry->name, sizeof entry->name, "r%" PRIu64, prepared->next_name++);
  entry->state = PREPARED_PREPARING;
  entry->pins = 1;
  entry->hash = hash_of(text, types, n_types);
  entry->text = text_copy;
  entry->types = copy;
  entry->n_types = n_types;
  HASH_ADD(hh, prepared->by_hash, hash, sizeof entry->hash, entry);
  DL_APPEND(prepared->used, entry);
  prepared->n_used++;
  return entry;
}

/* Moves an entry that could be found to those that cannot. */
static void entry_hide(struct prepared *prepared, struct prepared_entry *entry)
{
  if (entry->state != PREPARED_PREPARING && entry->state != PREPARED_READY)
    return;
  HASH_DEL(prepared->by_hash, entry);
  DL_DELETE(prepared->used, entry);
  DL_APPEND(prepared->stale, entry);
  prepared->n_used--;
}

static void entry_free_if_gone(struct prepared *prepared, struct prepared_entry *entry)
{
  if (entry->state != PREPARED_GONE || entry->pins > 0)
    return;
  DL_DELETE(prepared->stale, entry);
  entry_free(entry);
}

void prepared_unpin(struct prepared *prepared, struct prepared_entry *entry)
{
  entry->pins--;
  entry_free_if_gone(prepared, entry);
}

void prepared_confirm(struct prepared *prepared, struct prepared_entry *entry, bool exists)
{
  if (!exists)
    prepared_forget(prepared, entry);
  else if (entry->state == PREPARED_PREPARING)
    entry->state = PREPARED_READY;
}

void prepared_forget(struct prepared *prepared, struct prepared_entry *entry)
{
  entry_hide(prepared, entry);
  entry->state = PREPARED_GONE;
  entry_free_if_gone(prepared, entry);
}

void prepared_expire(struct prepared *prepared, struct prepared_entry *entry)
{
  if (entry->state != PREPARED_PREPARING && entry->state != PREPARED_READY)
    return;
  entry_hide(prepared, entry);
  entry->state = PREPARED_STALE;
}

static struct prepared_entry *first_unpinned(struct prepared_entry *list, enum prepared_state state)
{
  struct prepared_entry *entry;
  DL_FOREACH (list, entry)
    if (entry->pins == 0 && entry->state == state)
      return entry;
  return NULL;
}

struct prepared_entry *prepared_take_victim(struct prepared *prepared)
{
  struct prepared_entry *entry = first_unpinned(prepared->stale, PREPARED_STALE);
  if (entry == NULL && prepared->n_used > prepared->capacity)
    entry = first_unpinned(prepared->used, PREPARED_READY);
  if (entry == NULL)
    return NULL;
  entry_hide(prepared, entry);
  entry->state = PREPARED_DROPPING;
  return entry;
}

void prepared_dropped(struct prepared *prepared, struct prepared_entry *entry, bool gone)
{
  entry->state = gone ? PREPARED_GONE : PREPARED_STALE;
  entry_free_if_gone(prepared, entry);
}

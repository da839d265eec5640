/*
 * prepared.h - the prepared statements of one connection: which exist, which are least recently used.
 *
 * An entry is found by its text and parameter types, so it outlives the plan it was made for.  Names are
 * never used twice on a connection: a DEALLOCATE or Parse that was skipped after an error cannot make a name
 * mean something else. What the server has is changed only by confirmed answers; the owner sends, and tells
 * what was answered.
 *
 *   PREPARING --confirmed--> READY --stale or evicted--> STALE --sent--> DROPPING --confirmed--> gone
 *       `--refused--> gone                                  ^---not confirmed---'
 *
 * Entries in PREPARING and READY are found; commands sent after a Parse may use it before it is confirmed.  A
 * run pins what it uses for as long as it is on the connection; a pinned entry is neither dropped nor freed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uthash.h>

#include "base/attributes.h"

enum prepared_state { PREPARED_PREPARING, PREPARED_READY, PREPARED_STALE, PREPARED_DROPPING, PREPARED_GONE };

struct prepared_entry {
  char name[24];
  enum prepared_state state;
  unsigned pins;
  bool row_by_row; /* its rows once were more than anybody had thought */
  uint64_t hash;
  char *text;
  uint32_t *types;
  unsigned n_types;
  struct prepared_entry *prev, *next; /* in used or in stale; least recently used first */
  UT_hash_handle hh;
};

struct prepared {
  struct prepared_entry *by_hash;
  struct prepared_entry *used;  /* PREPARING and READY */
  struct prepared_entry *stale; /* the others */
  size_t n_used, capacity;
  uint64_t next_name;
};

void prepared_init(struct prepared *prepared, size_t capacity);
void prepared_done(struct prepared *prepared);

/* The entry, pinned and now the most recently used; NULL when there is none. */
struct prepared_entry *prepared_find(struct prepared *prepared, const char *text, const uint32_t *types,
                                     unsigned n_types);

/* A new entry, PREPARING and pinned. */
struct prepared_entry *prepared_add(struct prepared *prepared, const char *text, const uint32_t *types,
                                    unsigned n_types);

void prepared_unpin(struct prepared *prepared, struct prepared_entry *entry);

/* What the server answered to the Parse. */
void prepared_confirm(struct prepared *prepared, struct prepared_entry *entry, bool exists);

/* The server has it no more, whatever we believed. */
void prepared_forget(struct prepared *prepared, struct prepared_entry *entry);

/* It is to be dropped as soon as nobody uses it, and found no more. */
void prepared_expire(struct prepared *prepared, struct prepared_entry *entry);

/* An unpinned entry to deallocate now, DROPPING from here on: a stale one, or the least recently used one
 * beyond the capacity.  NULL when there is none. */
struct prepared_entry *prepared_take_victim(struct prepared *prepared);

/* What the server answered to the DEALLOCATE. */
void prepared_dropped(struct prepared *prepared, struct prepared_entry *entry, bool gone);

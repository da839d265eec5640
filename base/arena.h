/*
 * arena.h - memory that lives and dies together.
 *
 * One arena serves one lifetime: a request, a plan, a graph.  Allocations are never freed one by one;
 * arena_free releases them all, after the deferred releases ran in reverse order of their registration.
 *
 * A budget is soft: allocation always succeeds (the process aborts when malloc fails), and arena_over_budget
 * tells, where it is convenient to look (row boundaries), that the owner has taken more than it was given.
 *
 * An arena is not thread-safe; it may be handed from one thread to another.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

struct arena;

/* A new arena; `budget` in bytes, 0 for no budget.  Never NULL. */
struct arena *arena_new(size_t budget);

/* Runs the deferred releases, last first, and frees everything.  NULL is allowed. */
void arena_free(struct arena *arena);

/* `size` zeroed bytes, aligned for any object.  Never NULL, also for size 0. */
void *arena_alloc(struct arena *arena, size_t size);

/* As arena_alloc without zeroing: for what is written whole at once. */
void *arena_alloc_unset(struct arena *arena, size_t size);

/* As arena_alloc without zeroing and without alignment: for byte strings. */
void *arena_alloc_bytes(struct arena *arena, size_t size);

/* Copies; the results are NUL-terminated. */
char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t length);
char *arena_printf(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);
void *arena_memdup(struct arena *arena, const void *data, size_t size);

/* Calls release(object) when the arena is freed. */
void arena_defer(struct arena *arena, void (*release)(void *object), void *object);

/* Counts memory that others hold for the arena's owner, until a deferred release. */
void arena_charge(struct arena *arena, size_t size);

/* 0: none. */
size_t arena_budget(const struct arena *arena);

/* Bytes handed out or charged so far, and whether they exceed the budget. */
size_t arena_used(const struct arena *arena);
bool arena_over_budget(const struct arena *arena);

#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, type, n) ((type *)arena_alloc((arena), sizeof(type) * (size_t)(n)))
#define ARENA_ARRAY_UNSET(arena, type, n) ((type *)arena_alloc_unset((arena), sizeof(type) * (size_t)(n)))

/*
 * A growing array in an arena: any struct with members `items`, `n` and `cap`, e.g.
 *     struct { struct column *items; size_t n, cap; } columns = {0};
 *     VEC_PUSH(arena, &columns, column);
 */
#define VEC_PUSH(arena, vec, value)                                                                          \
  do {                                                                                                       \
    if ((vec)->n == (vec)->cap)                                                                              \
      (vec)->items = arena_grow((arena), (vec)->items, (vec)->n, &(vec)->cap, sizeof(*(vec)->items));        \
    (vec)->items[(vec)->n++] = (value);                                                                      \
  } while (0)

/* A copy of `items` with room for at least one more; *cap is updated.  Used by VEC_PUSH. */
void *arena_grow(struct arena *arena, const void *items, size_t n, size_t *cap, size_t item_size);

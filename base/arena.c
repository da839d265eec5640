/*
 * arena.c - a bump allocator over a list of blocks.
 *
 * `cursor` moves through the current block only; blocks that it has left are reached again when all are
 * freed.  Deferred releases live in the arena themselves, which is why they run before any block goes. `used`
 * counts what was asked for, without padding and unused ends: it is what a budget is about, and does not
 * depend on the order of allocations.
 */
#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Blocks double from the first size to the largest; whatever is bigger than a quarter of the largest gets a
 * block of its own, so that it does not waste the rest of the current one. */
enum { FIRST_BLOCK = 2048, LARGEST_BLOCK = 256 * 1024, OWN_BLOCK = LARGEST_BLOCK / 4 };

struct block {
  struct block *next;
  alignas(max_align_t) unsigned char bytes[];
};

struct deferred {
  struct deferred *next;
  void (*release)(void *object);
  void *object;
};

struct arena {
  unsigned char *cursor, *end; /* free space of the current block */
  struct block *blocks;        /* all of them, in no particular order */
  struct deferred *deferred;   /* last registered first */
  size_t next_block;
  size_t used, budget;
};

static void *allocate(size_t size)
{
  void *memory = malloc(size);
  if (memory == NULL)
    abort();
  return memory;
}

struct arena *arena_new(size_t budget)
{
  struct arena *arena = allocate(sizeof *arena);
  *arena = (struct arena){.budget = budget, .next_block = FIRST_BLOCK};
  return arena;
}

void arena_free(struct arena *arena)
{
  if (arena == NULL)
    return;
  while (arena->deferred != NULL) {
    struct deferred *deferred = arena->deferred;
    arena->deferred = deferred->next;
    deferred->release(deferred->object);
  }
  while (arena->blocks != NULL) {
    struct block *block = arena->blocks;
    arena->blocks = block->next;
    free(block);
  }
  free(arena);
}

static unsigned char *add_block(struct arena *arena, size_t size)
{
  if (size > SIZE_MAX - sizeof(struct block))
    abort();
  struct block *block = allocate(sizeof *block + size);
  block->next = arena->blocks;
  arena->blocks = block;
  return block->bytes;
}

/* `size` bytes that start at a multiple of `alignment`, a power of two not above that of max_align_t. */
static void *take(struct arena *arena, size_t size, size_t alignment)
{
  arena->used += size;
  size_t padding = -(uintptr_t)arena->cursor & (alignment - 1);
  size_t space = (size_t)(arena->end - arena->cursor);
  if (arena->cursor == NULL || space < padding || space - padding < size) {
    if (size > OWN_BLOCK)
      return add_block(arena, size);
    while (arena->next_block < size)
      arena->next_block *= 2;
    arena->cursor = add_block(arena, arena->next_block);
    arena->end = arena->cursor + arena->next_block;
    if (arena->next_block < LARGEST_BLOCK)
      arena->next_block *= 2;
    padding = 0;
  }
  unsigned char *memory = arena->cursor + padding;
  arena->cursor = memory + size;
  return memory;
}

void *arena_alloc(struct arena *arena, size_t size)
{
  void *memory = take(arena, size, alignof(max_align_t));
  memset(memory, 0, size);
  return memory;
}

void *arena_alloc_unset(struct arena *arena, size_t size)
{
  return take(arena, size, alignof(max_align_t));
}

void *arena_alloc_bytes(struct arena *arena, size_t size)
{
  return take(arena, size, 1);
}

char *arena_strdup(struct arena *arena, const char *text)
{
  return arena_strndup(arena, text, strlen(text));
}

char *arena_strndup(struct arena *arena, const char *text, size_t length)
{
  char *copy = arena_alloc_bytes(arena, length + 1);
  if (length > 0)
    memcpy(copy, text, length);
  copy[length] = '\0';
  return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  int length = vsnprintf(NULL, 0, format, args);
  va_end(args);
  if (length < 0)
    abort();
  char *text = arena_alloc_bytes(arena, (size_t)length + 1);
  va_start(args, format);
  vsnprintf(text, (size_t)length + 1, format, args);
  va_end(args);
  return text;
}

void *arena_memdup(struct arena *arena, const void *data, size_t size)
{
  void *copy = take(arena, size, alignof(max_align_t));
  if (size > 0)
    memcpy(copy, data, size);
  return copy;
}

void arena_defer(struct arena *arena, void (*release)(void *object), void *object)
{
  struct deferred *deferred = take(arena, sizeof *deferred, alignof(struct deferred));
  *deferred = (struct deferred){.next = arena->deferred, .release = release, .object = object};
  arena->deferred = deferred;
}

void arena_charge(struct arena *arena, size_t size)
{
  arena->used += size;
}

size_t arena_budget(const struct arena *arena)
{
  return arena->budget;
}

size_t arena_used(const struct arena *arena)
{
  return arena->used;
}

bool arena_over_budget(const struct arena *arena)
{
  return arena->budget != 0 && arena->used > arena->budget;
}

void *arena_grow(struct arena *arena, const void *items, size_t n, size_t *cap, size_t item_size)
{
  size_t larger = n < 4 ? 4 : n * 2;
  if (larger > SIZE_MAX / 2 / item_size)
    abort();
  void *grown = arena_alloc(arena, larger * item_size);
  if (n > 0)
    memcpy(grown, items, n * item_size);
  *cap = larger;
  return grown;
}

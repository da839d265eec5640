/*
 * differences.h - what makes one text of another, line by line.
 */
#pragma once

#include <string.h>

#include "base/arena.h"
#include "base/str.h"

struct lines {
  struct str *items;
  size_t n, cap;
};

static inline struct lines differences_split(struct arena *arena, const char *text)
{
  struct lines lines = {0};
  for (const char *p = text; *p != '\0';) {
    size_t len = strcspn(p, "\n");
    len += p[len] == '\n';
    VEC_PUSH(arena, &lines, ((struct str){p, len}));
    p += len;
  }
  return lines;
}

/* Lengths of the longest common subsequences of the lines' ends. */
static inline size_t *differences_common_ends(struct arena *arena, const struct lines *a,
                                              const struct lines *b)
{
  size_t width = b->n + 1, *table = ARENA_ARRAY(arena, size_t, (a->n + 1) * width);
  for (size_t i = a->n; i-- > 0;)
    for (size_t j = b->n; j-- > 0;) {
      size_t down = table[(i + 1) * width + j], right = table[i * width + j + 1];
      table[i * width + j] = str_equal(a->items[i], b->items[j]) ? table[(i + 1) * width + j + 1] + 1
                             : down > right                      ? down
                                                                 : right;
    }
  return table;
}

/* Appends "-line" and "+line" for what is in the one text alone and in the other alone, in their order. */
static inline void differences_add(struct arena *arena, const char *before, const char *after,
                                   struct strbuf *ret)
{
  struct lines a = differences_split(arena, before), b = differences_split(arena, after);
  size_t *table = differences_common_ends(arena, &a, &b), width = b.n + 1, i = 0, j = 0;
  while (i < a.n || j < b.n) {
    if (i < a.n && j < b.n && str_equal(a.items[i], b.items[j])) {
      i++;
      j++;
    } else if (i < a.n && (j == b.n || table[(i + 1) * width + j] >= table[i * width + j + 1])) {
      strbuf_printf(ret, "-%.*s", (int)a.items[i].len, a.items[i].data);
      i++;
    } else {
      strbuf_printf(ret, "+%.*s", (int)b.items[j].len, b.items[j].data);
      j++;
    }
  }
}

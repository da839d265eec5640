/*
 * str.h - byte strings that know their length, and text that grows.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/attributes.h"

/* A view of bytes somebody else owns; not NUL-terminated.  {NULL, 0} is the empty string. */
struct str {
  const char *data;
  size_t len;
};

#define STR(literal) ((struct str){(literal), sizeof(literal) - 1})

struct str str_from(const char *text); /* NULL → empty */
bool str_equal(struct str a, struct str b);
bool str_equal_text(struct str a, const char *text);

/* Whether the bytes are well-formed UTF-8 (no surrogates, no overlong forms, at most U+10FFFF). */
bool str_is_utf8(const void *data, size_t len);

/* Edit distance, where two neighbours swapped count as one edit; capped: returns limit + 1 when it exceeds
 * `limit`. Used for "did you mean". */
size_t str_distance(struct str a, struct str b, size_t limit);

/* Of the candidates the one nearest to `wanted` within a third of its length (at least 1), or NULL. */
const char *str_nearest(struct str wanted, const char *const *candidates, size_t n);

/* A 64-bit hash of bytes (not for adversarial input outside a bounded table). */
uint64_t hash_bytes(const void *data, size_t len, uint64_t seed);

/*
 * Text that grows on the heap.  Zero-initialised is valid and empty; data is NUL-terminated once anything was
 * added.
 */
struct strbuf {
  char *data;
  size_t len, cap;
};

void strbuf_done(struct strbuf *buf);
void strbuf_clear(struct strbuf *buf); /* keeps the memory */
void strbuf_add(struct strbuf *buf, const void *data, size_t len);
void strbuf_puts(struct strbuf *buf, const char *text);
void strbuf_putc(struct strbuf *buf, char c);
void strbuf_printf(struct strbuf *buf, const char *format, ...) PRINTF_LIKE(2, 3);
void strbuf_vprintf(struct strbuf *buf, const char *format, va_list args);
/* The text, "" when nothing was added. */
const char *strbuf_text(const struct strbuf *buf);

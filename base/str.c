/*
 * str.c - byte strings, their distance and hash, and text that grows.
 *
 * Strings come from requests, so nothing here relies on a NUL: lengths rule, and the NUL behind a strbuf's
 * text is there for printf alone.  Invariant of a strbuf: data is NULL and cap 0, or len < cap and data[len]
 * is the NUL.  Nothing fails; running out of memory aborts.
 */
#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>

struct str str_from(const char *text)
{
  return text == NULL ? (struct str){NULL, 0} : (struct str){text, strlen(text)};
}

bool str_equal(struct str a, struct str b)
{
  return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool str_equal_text(struct str a, const char *text)
{
  return str_equal(a, str_from(text));
}

/* Length of the well-formed character at `p`, 0 when there is none.  Table 3-7 of the Unicode Standard: only
 * the second byte's range depends on the first; it is what keeps overlong forms and surrogates out. */
static size_t utf8_character(const unsigned char *p, size_t space)
{
  unsigned char lead = p[0];
  if (lead < 0x80)
    return 1;
  size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || space < length)
    return 0;
  unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (p[1] < low || p[1] > high)
    return 0;
  for (size_t i = 2; i < length; i++)
    if ((p[i] & 0xC0) != 0x80)
      return 0;
  return length;
}

bool str_is_utf8(const void *data, size_t len)
{
  const unsigned char *p = data;
  size_t i = 0;
  while (i < len) {
    uint64_t eight;
    if (len - i >= sizeof eight) {
      memcpy(&eight, p + i, sizeof eight);
      if ((eight & UINT64_C(0x8080808080808080)) == 0) {
        i += sizeof eight;
        continue;
      }
    }
    size_t length = utf8_character(p + i, len - i);
    if (length == 0)
      return false;
    i += length;
  }
  return true;
}

static size_t smallest(size_t a, size_t b, size_t c)
{
  size_t ab = a < b ? a : b;
  return ab < c ? ab : c;
}

/* Names longer than this are never "nearly" another name; it keeps the row of the table on the stack. */
enum { DISTANCE_MAX = 128 };

size_t str_distance(struct str a, struct str b, size_t limit)
{
  size_t difference = a.len > b.len ? a.len - b.len : b.len - a.len;
  if (difference > limit || a.len > DISTANCE_MAX || b.len > DISTANCE_MAX)
    return limit + 1;
  size_t rows[3][DISTANCE_MAX + 1];
  for (size_t j = 0; j <= b.len; j++)
    rows[0][j] = j;
  for (size_t i = 1; i <= a.len; i++) {
    size_t *row = rows[i % 3], *above = rows[(i - 1) % 3], *above_that = rows[(i + 1) % 3];
    row[0] = i;
    for (size_t j = 1; j <= b.len; j++) {
      size_t change = above[j - 1] + (a.data[i - 1] != b.data[j - 1]);
      row[j] = smallest(change, above[j] + 1, row[j - 1] + 1);
      bool swapped = i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] && a.data[i - 2] == b.data[j - 1];
      if (swapped && above_that[j - 2] + 1 < row[j])
        row[j] = above_that[j - 2] + 1;
    }
  }
  size_t distance = rows[a.len % 3][b.len];
  return distance > limit ? limit + 1 : distance;
}

const char *str_nearest(struct str wanted, const char *const *candidates, size_t n)
{
  size_t limit = wanted.len < 6 ? 1 : wanted.len / 3;
  const char *nearest = NULL;
  for (size_t i = 0; i < n; i++) {
    size_t distance = str_distance(wanted, str_from(candidates[i]), limit);
    if (distance > limit)
      continue;
    nearest = candidates[i];
    if (distance == 0)
      break;
    limit = distance - 1; /* only a nearer one replaces it */
  }
  return nearest;
}

static uint64_t mix(uint64_t x)
{
  x ^= x >> 32;
  x *= UINT64_C(0x9FB21C651E98DF25);
  x ^= x >> 29;
  x *= UINT64_C(0xD6E8FEB86659FD93);
  return x ^ x >> 32;
}

uint64_t hash_bytes(const void *data, size_t len, uint64_t seed)
{
  const unsigned char *p = data;
  uint64_t hash = mix(seed + UINT64_C(0x9E3779B97F4A7C15) * (len + 1));
  while (len >= 8) {
    uint64_t word;
    memcpy(&word, p, 8);
    hash = mix(hash ^ word) + UINT64_C(0x9E3779B97F4A7C15);
    p += 8;
    len -= 8;
  }
  uint64_t rest = 0;
  if (len > 0)
    memcpy(&rest, p, len);
  return mix(hash ^ rest);
}

void strbuf_done(struct strbuf *buf)
{
  free(buf->data);
  *buf = (struct strbuf){0};
}

void strbuf_clear(struct strbuf *buf)
{
  buf->len = 0;
  if (buf->data != NULL)
    buf->data[0] = '\0';
}

/* Room for `len` more bytes and the NUL. */
static void reserve(struct strbuf *buf, size_t len)
{
  if (buf->cap - buf->len > len)
    return;
  size_t cap = buf->cap == 0 ? 64 : buf->cap;
  while (cap - buf->len <= len) {
    if (cap > SIZE_MAX / 2)
      abort();
    cap *= 2;
  }
  char *data = realloc(buf->data, cap);
  if (data == NULL)
    abort();
  buf->data = data;
  buf->cap = cap;
}

void strbuf_add(struct strbuf *buf, const void *data, size_t len)
{
  reserve(buf, len);
  if (len > 0)
    memcpy(buf->data + buf->len, data, len);
  buf->len += len;
  buf->data[buf->len] = '\0';
}

void strbuf_puts(struct strbuf *buf, const char *text)
{
  strbuf_add(buf, text, strlen(text));
}

void strbuf_putc(struct strbuf *buf, char c)
{
  strbuf_add(buf, &c, 1);
}

void strbuf_printf(struct strbuf *buf, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  strbuf_vprintf(buf, format, args);
  va_end(args);
}

void strbuf_vprintf(struct strbuf *buf, const char *format, va_list args)
{
  va_list again;
  va_copy(again, args);
  int length = vsnprintf(NULL, 0, format, args);
  if (length < 0)
    abort();
  reserve(buf, (size_t)length);
  vsnprintf(buf->data + buf->len, (size_t)length + 1, format, again);
  va_end(again);
  buf->len += (size_t)length;
}

const char *strbuf_text(const struct strbuf *buf)
{
  return buf->data == NULL ? "" : buf->data;
}

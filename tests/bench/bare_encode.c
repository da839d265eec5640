/*
 * bare_encode.c - rows to bytes, the last field first, so that every length is known when it is due.
 *
 * Children are found from behind: both results are in the order of the roots, so the children of the last
 * root are the last of the children.  An attendee without an organization is written twice, into each of the
 * lists that it belongs to.
 */
#include "bench/bare_encode.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* `at` moves from the end of `memory` to its start. */
static struct {
  uint8_t *memory, *at;
  size_t size;
} out;

_Noreturn void die(const char *what, const char *why)
{
  fprintf(stderr, "bare: %s: %s\n", what, why);
  exit(1);
}

void encode_allocate(size_t size)
{
  out.size = size;
  out.memory = malloc(size);
  if (out.memory == NULL)
    die("buffer", "out of memory");
}

void encode_free(void)
{
  free(out.memory);
}

void encode_begin(void)
{
  out.at = out.memory + out.size;
}

const uint8_t *encode_result(size_t *ret_len)
{
  *ret_len = (size_t)(out.memory + out.size - out.at);
  return out.at;
}

static void put_bytes(const void *data, size_t n)
{
  if ((size_t)(out.at - out.memory) < n)
    die("encode", "answer larger than its buffer");
  out.at -= n;
  memcpy(out.at, data, n);
}

static void put_varint(uint64_t value)
{
  uint8_t bytes[10];
  size_t n = 0;
  do {
    bytes[n++] = (uint8_t)(value | 0x80);
    value >>= 7;
  } while (value);
  bytes[n - 1] &= 0x7f;
  put_bytes(bytes, n);
}

static void put_integer(unsigned field, int64_t value)
{
  if (value == 0)
    return;
  put_varint((uint64_t)value);
  put_varint(field << 3);
}

static void put_text(unsigned field, const char *data, size_t n)
{
  if (n == 0)
    return;
  put_bytes(data, n);
  put_varint(n);
  put_varint(field << 3 | 2);
}

static void close_message(unsigned field, const uint8_t *end)
{
  put_varint((uint64_t)(end - out.at));
  put_varint(field << 3 | 2);
}

static int64_t int8_at(const void *data)
{
  uint64_t value;
  memcpy(&value, data, sizeof value);
  return (int64_t)be64toh(value);
}

int64_t integer_of(const PGresult *result, int row, int column)
{
  return int8_at(PQgetvalue(result, row, column));
}

static void put_text_cell(unsigned field, const PGresult *result, int row, int column)
{
  put_text(field, PQgetvalue(result, row, column), (size_t)PQgetlength(result, row, column));
}

static void put_timestamp(unsigned field, int64_t microseconds_since_2000)
{
  const uint8_t *end = out.at;
  int64_t seconds = microseconds_since_2000 / 1000000, rest = microseconds_since_2000 % 1000000;
  if (rest < 0) {
    rest += 1000000;
    seconds--;
  }
  put_integer(2, rest * 1000);
  put_integer(1, seconds + 946684800);
  close_message(field, end);
}

struct attendee {
  int64_t id, organization_id;
  const char *name, *organization;
  size_t name_length, organization_length;
  bool affiliated;
};

static void put_attendee(unsigned field, const struct attendee *a)
{
  const uint8_t *end = out.at;
  if (a->affiliated) {
    const uint8_t *organization_end = out.at;
    put_text(2, a->organization, a->organization_length);
    put_integer(1, a->organization_id);
    close_message(3, organization_end);
  }
  put_text(2, a->name, a->name_length);
  put_integer(1, a->id);
  close_message(field, end);
}

static struct attendee attendee_of(const PGresult *children, int row)
{
  struct attendee a = {
      .id = integer_of(children, row, 1),
      .name = PQgetvalue(children, row, 2),
      .name_length = (size_t)PQgetlength(children, row, 2),
      .affiliated = !PQgetisnull(children, row, 3),
  };
  if (a.affiliated) {
    a.organization_id = integer_of(children, row, 3);
    a.organization = PQgetvalue(children, row, 4);
    a.organization_length = (size_t)PQgetlength(children, row, 4);
  }
  return a;
}

static void put_event_columns(const PGresult *roots, int row)
{
  const uint8_t *creator_end = out.at;
  put_text_cell(3, roots, row, 5);
  put_text_cell(2, roots, row, 4);
  put_integer(1, integer_of(roots, row, 3));
  close_message(4, creator_end);
  put_timestamp(3, integer_of(roots, row, 2));
  put_text_cell(2, roots, row, 1);
  put_integer(1, integer_of(roots, row, 0));
}

/* The children of one event are rows first … last - 1. */
static void put_attendees(const PGresult *children, int first, int last)
{
  for (int i = last - 1; i >= first; i--) {
    struct attendee a = attendee_of(children, i);
    if (!a.affiliated)
      put_attendee(6, &a);
  }
  for (int i = last - 1; i >= first; i--) {
    struct attendee a = attendee_of(children, i);
    put_attendee(5, &a);
  }
}

void encode_page(const PGresult *roots, const PGresult *children, bool wrapped)
{
  int child = PQntuples(children);
  for (int row = PQntuples(roots) - 1; row >= 0; row--) {
    int64_t id = integer_of(roots, row, 0);
    int last = child;
    while (child > 0 && integer_of(children, child - 1, 0) == id)
      child--;
    const uint8_t *end = out.at;
    put_attendees(children, child, last);
    put_event_columns(roots, row);
    if (wrapped)
      close_message(1, end);
  }
}

#define MAX_CHILDREN 4096

/* A one-dimensional array in binary: dimensions, flags, element type, length, lower bound, then length and
 * bytes of each. */
struct array {
  const uint8_t *at;
  int n;
};

static int32_t int4_at(const uint8_t *data)
{
  uint32_t value;
  memcpy(&value, data, sizeof value);
  return (int32_t)be32toh(value);
}

static struct array array_of(const PGresult *result, int column)
{
  if (PQgetisnull(result, 0, column))
    return (struct array){0};
  const uint8_t *data = (const uint8_t *)PQgetvalue(result, 0, column);
  return (struct array){data + 20, int4_at(data) == 0 ? 0 : int4_at(data + 12)};
}

static const char *next_element(struct array *array, int32_t *ret_length)
{
  *ret_length = int4_at(array->at);
  const char *data = (const char *)array->at + 4;
  array->at += 4 + (*ret_length > 0 ? *ret_length : 0);
  return data;
}

void encode_arrays(const PGresult *result)
{
  static struct attendee attendees[MAX_CHILDREN];
  struct array ids = array_of(result, 6), names = array_of(result, 7);
  struct array organization_ids = array_of(result, 8), organizations = array_of(result, 9);
  if (ids.n > MAX_CHILDREN)
    die("encode", "more children than expected");
  for (int i = 0; i < ids.n; i++) {
    struct attendee *a = &attendees[i];
    int32_t length;
    a->id = int8_at(next_element(&ids, &length));
    a->name = next_element(&names, &length);
    a->name_length = (size_t)length;
    const char *organization_id = next_element(&organization_ids, &length);
    a->affiliated = length >= 0;
    if (a->affiliated)
      a->organization_id = int8_at(organization_id);
    a->organization = next_element(&organizations, &length);
    a->organization_length = length > 0 ? (size_t)length : 0;
  }
  for (int i = ids.n - 1; i >= 0; i--)
    if (!attendees[i].affiliated)
      put_attendee(6, &attendees[i]);
  for (int i = ids.n - 1; i >= 0; i--)
    put_attendee(5, &attendees[i]);
  put_event_columns(result, 0);
}

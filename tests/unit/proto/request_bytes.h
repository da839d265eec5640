/*
 * request_bytes.h - what the tests of request.h share: the schema, an arena a test, and requests as bytes.
 *
 * Included by each once; a function that one of them does not need is no mistake.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "proto/request.h"
#include "proto/wire.h"

#pragma GCC diagnostic ignored "-Wunused-function"

/* data/request.proto: the message Everything has a field of each type. */
static struct schema *schema;
static const struct schema_message *everything;
static struct arena *arena; /* of one test */

static int load(void **state)
{
  struct error error;
  schema = schema_load_file(TEST_SETS "/request.binpb", &error);
  if (schema == NULL) {
    fprintf(stderr, "%s\n", error.message);
    return 1;
  }
  everything = schema_find_message(schema, "Everything");
  return everything == NULL;
}

static int unload(void **state)
{
  schema_unref(schema);
  return 0;
}

static int new_arena(void **state)
{
  arena = arena_new(0);
  return 0;
}

static int free_arena(void **state)
{
  arena_free(arena);
  return 0;
}

/* Wire bytes, written forwards and by other code than what is tested. */

static void put_varint(struct strbuf *to, uint64_t value)
{
  for (; value >= 0x80; value >>= 7)
    strbuf_putc(to, (char)(value | 0x80));
  strbuf_putc(to, (char)value);
}

static void put_tag(struct strbuf *to, uint32_t number, enum wire_type type)
{
  put_varint(to, (uint64_t)number << 3 | type);
}

static void varint(struct strbuf *to, uint32_t number, uint64_t value)
{
  put_tag(to, number, WIRE_VARINT);
  put_varint(to, value);
}

static void fixed32(struct strbuf *to, uint32_t number, uint32_t value)
{
  put_tag(to, number, WIRE_FIXED32);
  for (int i = 0; i < 4; i++)
    strbuf_putc(to, (char)(value >> 8 * i));
}

static void fixed64(struct strbuf *to, uint32_t number, uint64_t value)
{
  put_tag(to, number, WIRE_FIXED64);
  for (int i = 0; i < 8; i++)
    strbuf_putc(to, (char)(value >> 8 * i));
}

static void real(struct strbuf *to, uint32_t number, double value)
{
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  fixed64(to, number, bits);
}

static void bytes(struct strbuf *to, uint32_t number, const void *data, size_t len)
{
  put_tag(to, number, WIRE_BYTES);
  put_varint(to, len);
  strbuf_add(to, data, len);
}

static void text(struct strbuf *to, uint32_t number, const char *value)
{
  bytes(to, number, value, strlen(value));
}

/* Ends `inner`. */
static void message(struct strbuf *to, uint32_t number, struct strbuf *inner)
{
  bytes(to, number, strbuf_text(inner), inner->len);
  strbuf_done(inner);
}

/* An entry of the map `number`, whose value is Everything{a_string: value}; a NULL key is not sent. */
static void entry(struct strbuf *to, uint32_t number, const char *key, const char *value)
{
  struct strbuf inner = {0};
  if (key != NULL)
    text(&inner, 1, key);
  struct strbuf payload = {0};
  text(&payload, 9, value);
  message(&inner, 2, &payload);
  message(to, number, &inner);
}

/* Reads an exact copy in the arena of the test, with the given limits. */
static bool read_with(struct strbuf *from, struct request_limits limits, struct arena *into,
                      struct message_value **ret, struct error *error)
{
  size_t len = from->len;
  char *exact = malloc(len == 0 ? 1 : len);
  memcpy(exact, strbuf_text(from), len);
  arena_defer(arena, free, exact);
  strbuf_done(from);
  return request_read(everything, exact, len, &limits, into, ret, error);
}

static struct message_value *accepted(struct strbuf *from)
{
  struct message_value *read = NULL;
  struct error error;
  if (!read_with(from, REQUEST_LIMITS_DEFAULT, arena, &read, &error))
    fail_msg("refused: %s", error.message);
  return read;
}

static struct error refused(struct strbuf *from)
{
  struct message_value *read = NULL;
  struct error error;
  assert_false(read_with(from, REQUEST_LIMITS_DEFAULT, arena, &read, &error));
  assert_null(read);
  assert_int_equal(error.code, ERROR_INVALID_ARGUMENT);
  assert_string_equal(error.reason, "MALFORMED_REQUEST");
  return error;
}

static void expect_refusal(struct strbuf *from, const char *field, const char *words)
{
  struct error error = refused(from);
  assert_string_equal(error.field, field);
  assert_non_null(strstr(error.message, words));
}

static const struct field_value *values_of(const struct message_value *of, const char *name)
{
  const struct schema_field *field = schema_message_field(of->type, str_from(name));
  assert_non_null(field);
  return message_field(of, field);
}

static union value only(const struct message_value *of, const char *name)
{
  const struct field_value *values = values_of(of, name);
  assert_int_equal(values->n, 1);
  return values->items[0];
}

static void expect_text(union value value, const char *expected)
{
  assert_true(str_equal_text(value.bytes, expected));
}

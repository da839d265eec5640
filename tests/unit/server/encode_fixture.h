/*
 * encode_fixture.h - one field, values put into it, and what comes out, as text:
 *
 *     1:150            a varint
 *     1:f0000803f      fixed32, its bits; g… fixed64
 *     1:"ab\x00"       bytes
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "server/encode.h"

#define EPOCH_US INT64_C(946684800000000) /* 2000-01-01 since 1970-01-01 */

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* ---- a field, and what is put into it ---- */

static struct schema_field value_field = {.name = "value", .number = 1};
static struct schema_message inner_message = {.name = "Inner", .fields = &value_field, .n_fields = 1};
static struct schema_message outer_message = {.name = "Event"};
static struct catalog_table table = {.name = "events"};
static struct catalog_column column = {.name = "amount", .table = &table};

struct fixture {
  struct schema_field field;
  struct graph_field graph;
  struct writer writer;
  struct strbuf text;
  struct error error;
};

static inline int setup(void **state)
{
  struct fixture *f = calloc(1, sizeof(*f));
  f->field = (struct schema_field){.name = "amount", .number = 7, .parent = &outer_message};
  f->graph = (struct graph_field){.kind = GRAPH_FIELD_COLUMN, .field = &f->field, .column = &column};
  value_field.type = FIELD_INT64;
  inner_message.well_known = WELL_KNOWN_NONE;
  writer_init(&f->writer, 8);
  *state = f;
  return 0;
}

static inline int teardown(void **state)
{
  struct fixture *f = *state;
  writer_done(&f->writer);
  strbuf_done(&f->text);
  free(f);
  return 0;
}

static inline void use(struct fixture *f, enum codec_kind kind, enum field_type type)
{
  f->graph.codec = (struct codec){.kind = kind};
  f->field.type = type;
}

static inline void use_message(struct fixture *f, enum codec_kind kind, enum well_known_type type)
{
  use(f, kind, FIELD_MESSAGE);
  f->field.message = &inner_message;
  inner_message.well_known = type;
}

static inline void dump(struct str bytes, struct strbuf *out)
{
  struct wire_reader reader = {(const uint8_t *)bytes.data, (const uint8_t *)bytes.data + bytes.len};
  for (size_t i = 0; !wire_at_end(&reader); i++) {
    uint32_t number, fixed32;
    enum wire_type type;
    uint64_t value;
    struct str inner;
    assert_true(wire_read_tag(&reader, &number, &type));
    strbuf_printf(out, "%s%u:", i == 0 ? "" : " ", number);
    if (type == WIRE_VARINT) {
      assert_true(wire_read_varint(&reader, &value));
      strbuf_printf(out, "%lld", (long long)value);
    } else if (type == WIRE_FIXED32) {
      assert_true(wire_read_fixed32(&reader, &fixed32));
      strbuf_printf(out, "f%08x", fixed32);
    } else if (type == WIRE_FIXED64) {
      assert_true(wire_read_fixed64(&reader, &value));
      strbuf_printf(out, "g%016llx", (unsigned long long)value);
    } else {
      assert_int_equal(type, WIRE_BYTES);
      assert_true(wire_read_bytes(&reader, &inner));
      strbuf_putc(out, '"');
      for (size_t k = 0; k < inner.len; k++)
        if (inner.data[k] >= ' ' && inner.data[k] < 0x7f)
          strbuf_putc(out, inner.data[k]);
        else
          strbuf_printf(out, "\\x%02x", (unsigned char)inner.data[k]);
      strbuf_putc(out, '"');
    }
  }
}

static inline void start_over(struct fixture *f)
{
  writer_done(&f->writer);
  writer_init(&f->writer, 8);
}

static inline bool encode(struct fixture *f, const void *data, size_t len)
{
  struct cell cell = {data, (int32_t)len};
  start_over(f);
  return encode_field(&f->writer, &f->graph, &cell, &f->error);
}

static inline void expect(struct fixture *f, const void *data, size_t len, const char *expected)
{
  assert_true(encode(f, data, len));
  strbuf_clear(&f->text);
  dump(writer_bytes(&f->writer), &f->text);
  assert_string_equal(strbuf_text(&f->text), expected);
}

/* The same for a field that is one message: its fields. */
static inline void expect_inside(struct fixture *f, const void *data, size_t len, const char *expected)
{
  assert_true(encode(f, data, len));
  struct wire_reader reader = {f->writer.cursor, f->writer.end};
  uint32_t number;
  enum wire_type type;
  struct str inner;
  assert_true(wire_read_tag(&reader, &number, &type) && wire_read_bytes(&reader, &inner));
  assert_int_equal(number, 7);
  assert_true(wire_at_end(&reader));
  strbuf_clear(&f->text);
  dump(inner, &f->text);
  assert_string_equal(strbuf_text(&f->text), expected);
}

static inline void expect_refused(struct fixture *f, const void *data, size_t len)
{
  assert_false(encode(f, data, len));
  assert_int_equal(f->error.code, ERROR_FAILED_PRECONDITION);
  assert_string_equal(f->error.reason, "VALUE_OUT_OF_RANGE");
  assert_non_null(strstr(f->error.message, "Event.amount"));
  assert_non_null(strstr(f->error.message, "events.amount"));
}

static inline void expect_drift(struct fixture *f, const void *data, size_t len)
{
  assert_false(encode(f, data, len));
  assert_int_equal(f->error.code, ERROR_UNAVAILABLE);
  assert_string_equal(f->error.reason, "SCHEMA_DRIFT");
  assert_true(f->error.retry_ms >= 0);
}

static inline const uint8_t *be64(int64_t value)
{
  static uint8_t bytes[8];
  uint64_t swapped = __builtin_bswap64((uint64_t)value);
  memcpy(bytes, &swapped, 8);
  return bytes;
}

static inline const uint8_t *be32(int32_t value)
{
  static uint8_t bytes[4];
  uint32_t swapped = __builtin_bswap32((uint32_t)value);
  memcpy(bytes, &swapped, 4);
  return bytes;
}

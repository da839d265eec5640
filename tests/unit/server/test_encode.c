/*
 * Every codec: edge values of the Postgres format in, wire bytes out, read back by a small reader that prints
 * them.
 *
 *     1:150            a varint
 *     1:f0000803f      fixed32, its bits; g… fixed64
 *     1:"ab\x00"       bytes
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "server/encode.h"

/* ---- a field, and what is put into it
 * ---------------------------------------------------------------------------- */

static struct schema_field value_field = {.name = "value", .number = 1};
static struct schema_message inner_message = {.name = "Inner", .fields = &value_field, .n_fields = 1};
static struct schema_message outer_message = {.name = "Event"};
static struct catalog_table table = {.name = "events"};
static struct catalog_column column = {.name = "amount", .table = &table};
static struct schema_oneof oneof = {.name = "choice"};

struct fixture {
  struct schema_field field;
  struct graph_field graph;
  struct writer writer;
  struct strbuf text;
  struct error error;
};

static int setup(void **state)
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

static int teardown(void **state)
{
  struct fixture *f = *state;
  writer_done(&f->writer);
  strbuf_done(&f->text);
  free(f);
  return 0;
}

static void use(struct fixture *f, enum codec_kind kind, enum field_type type)
{
  f->graph.codec = (struct codec){.kind = kind};
  f->field.type = type;
}

static void use_message(struct fixture *f, enum codec_kind kind, enum well_known_type type)
{
  use(f, kind, FIELD_MESSAGE);
  f->field.message = &inner_message;
  inner_message.well_known = type;
}

static void dump(struct str bytes, struct strbuf *out)
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

static bool encode(struct fixture *f, const void *data, size_t len)
{
  struct cell cell = {data, (int32_t)len};
  writer_reset(&f->writer);
  return encode_field(&f->writer, &f->graph, &cell, &f->error);
}

static void expect(struct fixture *f, const void *data, size_t len, const char *expected)
{
  assert_true(encode(f, data, len));
  strbuf_clear(&f->text);
  dump(writer_bytes(&f->writer), &f->text);
  assert_string_equal(strbuf_text(&f->text), expected);
}

/* The same for a field that is one message: its fields. */
static void expect_inside(struct fixture *f, const void *data, size_t len, const char *expected)
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

static void expect_refused(struct fixture *f, const void *data, size_t len)
{
  assert_false(encode(f, data, len));
  assert_int_equal(f->error.code, ERROR_FAILED_PRECONDITION);
  assert_string_equal(f->error.reason, "VALUE_OUT_OF_RANGE");
  assert_non_null(strstr(f->error.message, "Event.amount"));
  assert_non_null(strstr(f->error.message, "events.amount"));
}

static void expect_drift(struct fixture *f, const void *data, size_t len)
{
  assert_false(encode(f, data, len));
  assert_int_equal(f->error.code, ERROR_UNAVAILABLE);
  assert_string_equal(f->error.reason, "SCHEMA_DRIFT");
  assert_true(f->error.retry_ms >= 0);
}

static const uint8_t *be64(int64_t value)
{
  static uint8_t bytes[8];
  uint64_t swapped = __builtin_bswap64((uint64_t)value);
  memcpy(bytes, &swapped, 8);
  return bytes;
}

static const uint8_t *be32(int32_t value)
{
  static uint8_t bytes[4];
  uint32_t swapped = __builtin_bswap32((uint32_t)value);
  memcpy(bytes, &swapped, 4);
  return bytes;
}

/* ---- scalars
 * ---------------------------------------------------------------------------------------------------- */

static void test_integers_take_every_integer_field(void **state)
{
  static const struct {
    enum field_type type;
    int64_t value;
    const char *expected; /* NULL: refused */
  } cases[] = {
      {FIELD_INT64, INT64_MIN, "7:-9223372036854775808"},
      {FIELD_INT64, 0, ""},
      {FIELD_INT32, INT32_MAX, "7:2147483647"},
      {FIELD_INT32, -1, "7:-1"},
      {FIELD_INT32, INT64_C(1) << 31, NULL},
      {FIELD_INT32, -(INT64_C(1) << 31) - 1, NULL},
      {FIELD_SINT32, -1, "7:1"},
      {FIELD_SINT32, INT64_C(1) << 31, NULL},
      {FIELD_SINT64, INT64_MIN, "7:-1"},
      {FIELD_UINT32, UINT32_MAX, "7:4294967295"},
      {FIELD_UINT32, -1, NULL},
      {FIELD_UINT32, INT64_C(1) << 32, NULL},
      {FIELD_UINT64, INT64_MAX, "7:9223372036854775807"},
      {FIELD_UINT64, -1, NULL},
      {FIELD_FIXED32, 258, "7:f00000102"},
      {FIELD_FIXED32, -1, NULL},
      {FIELD_SFIXED32, -1, "7:fffffffff"},
      {FIELD_FIXED64, 258, "7:g0000000000000102"},
      {FIELD_FIXED64, -1, NULL},
      {FIELD_SFIXED64, -1, "7:gffffffffffffffff"},
  };
  for (size_t i = 0; i < LENGTH_OF(cases); i++) {
    use(*state, CODEC_INT8, cases[i].type);
    if (cases[i].expected != NULL)
      expect(*state, be64(cases[i].value), 8, cases[i].expected);
    else
      expect_refused(*state, be64(cases[i].value), 8);
  }
}

static void test_narrow_integers_keep_their_sign(void **state)
{
  use(*state, CODEC_INT2, FIELD_INT64);
  expect(*state, "\x80\x00", 2, "7:-32768");
  use(*state, CODEC_INT4, FIELD_INT64);
  expect(*state, be32(INT32_MIN), 4, "7:-2147483648");
}

static void test_a_column_of_another_size_is_drift(void **state)
{
  static const enum codec_kind kinds[] = {CODEC_BOOL,   CODEC_INT2,   CODEC_INT4,     CODEC_INT8,
                                          CODEC_FLOAT4, CODEC_FLOAT8, CODEC_UUID,     CODEC_TIMESTAMP,
                                          CODEC_DATE,   CODEC_TIME,   CODEC_INTERVAL, CODEC_HSTORE};
  for (size_t i = 0; i < LENGTH_OF(kinds); i++) {
    use(*state, kinds[i], FIELD_INT64);
    expect_drift(*state, "abc", 3);
  }
}

static void test_floats_travel_bit_by_bit(void **state)
{
  struct fixture *f = *state;
  use(f, CODEC_FLOAT4, FIELD_FLOAT);
  expect(f, "\x3f\x80\x00\x00", 4, "7:f3f800000");
  expect(f, "\x7f\xc0\x00\x01", 4, "7:f7fc00001");
  expect(f, "\x80\x00\x00\x00", 4, "7:f80000000"); /* -0 is no zero */
  expect(f, "\0\0\0\0", 4, "");
  use(f, CODEC_FLOAT4, FIELD_DOUBLE);
  expect(f, "\x3f\x80\x00\x00", 4, "7:g3ff0000000000000");
  use(f, CODEC_FLOAT8, FIELD_DOUBLE);
  expect(f, "\x7f\xf0\0\0\0\0\0\0", 8, "7:g7ff0000000000000");
}

static void test_zeros_follow_presence(void **state)
{
  struct fixture *f = *state;
  use(f, CODEC_BOOL, FIELD_BOOL);
  expect(f, "\0", 1, "");
  f->field.optional = true;
  expect(f, "\0", 1, "7:0");
  f->field.optional = false;
  f->field.oneof = &oneof;
  expect(f, "\0", 1, "7:0");
  use(f, CODEC_TEXT, FIELD_STRING);
  expect(f, "", 0, "7:\"\"");
  f->field.oneof = NULL;
  expect(f, "", 0, "");
}

static void test_null_leaves_every_field_unset(void **state)
{
  struct fixture *f = *state;
  struct cell null = {NULL, -1};
  for (int kind = CODEC_BOOL; kind <= CODEC_ENUM; kind++) {
    use(f, (enum codec_kind)kind, FIELD_INT64);
    f->graph.codec.array = kind % 2 != 0;
    writer_reset(&f->writer);
    assert_true(encode_field(&f->writer, &f->graph, &null, &f->error));
    assert_int_equal(writer_size(&f->writer), 0);
  }
}

static void test_wrappers_are_present_for_every_value(void **state)
{
  struct fixture *f = *state;
  use_message(f, CODEC_INT8, WELL_KNOWN_WRAPPER);
  f->graph.codec.wrapper = true;
  expect_inside(f, be64(0), 8, "");
  expect_inside(f, be64(5), 8, "1:5");
  value_field.type = FIELD_INT32;
  expect_refused(f, be64(INT64_C(1) << 40), 8);
}

static void test_enums_go_by_label(void **state)
{
  static const struct codec_label labels[] = {{"busy", 3}, {"off", -1}, {"ok", 0}, {"okay", 4}};
  struct fixture *f = *state;
  use(f, CODEC_ENUM, FIELD_ENUM);
  f->graph.codec.labels = labels;
  f->graph.codec.n_labels = LENGTH_OF(labels);
  expect(f, "busy", 4, "7:3");
  expect(f, "off", 3, "7:-1");
  expect(f, "okay", 4, "7:4");
  expect(f, "ok", 2, "");
  expect_refused(f, "oka", 3);
  expect_refused(f, "okayish", 7);
  expect_refused(f, "", 0);
}

/* ---- strings
 * ---------------------------------------------------------------------------------------------------- */

static void test_strings(void **state)
{
  struct fixture *f = *state;
  use(f, CODEC_TEXT, FIELD_STRING);
  expect(f, "a b ", 4, "7:\"a b \"");
  expect(f, "sixteen letters\xc3\xa9", 17, "7:\"sixteen letters\\xc3\\xa9\"");
  expect_refused(f, "\xff", 1);
  expect_refused(f, "eight letters and \xc3", 19);
  use(f, CODEC_PADDED_TEXT, FIELD_STRING);
  expect(f, " a b  ", 6, "7:\" a b\"");
  expect(f, "   ", 3, "");
  use(f, CODEC_BYTES, FIELD_BYTES);
  expect(f, "\xff\x00", 2, "7:\"\\xff\\x00\"");
  use(f, CODEC_UUID, FIELD_STRING);
  expect(f, "\x12\x3e\x45\x67\xe8\x9b\x12\xd3\xa4\x56\x42\x66\x14\x17\x40\x00", 16,
         "7:\"123e4567-e89b-12d3-a456-426614174000\"");
}

static void test_decimals_have_digits(void **state)
{
  use_message(*state, CODEC_DECIMAL, WELL_KNOWN_DECIMAL);
  expect_inside(*state, "-12.50", 6, "1:\"-12.50\"");
  expect_inside(*state, "0", 1, "1:\"0\"");
  expect_refused(*state, "NaN", 3);
  expect_refused(*state, "-Infinity", 9);
}

/* ---- time
 * ------------------------------------------------------------------------------------------------------- */

#define EPOCH_US INT64_C(946684800000000) /* 2000-01-01 since 1970-01-01 */

static void test_timestamps(void **state)
{
  static const struct {
    int64_t since_1970_us;
    const char *expected;
  } cases[] = {
      {0, ""},
      {1, "2:1000"},
      {-1, "1:-1 2:999999000"},
      {INT64_C(1700000000250000), "1:1700000000 2:250000000"},
      {INT64_C(-62135596800000000), "1:-62135596800"},
      {INT64_C(253402300799999999), "1:253402300799 2:999999000"},
  };
  use_message(*state, CODEC_TIMESTAMP, WELL_KNOWN_TIMESTAMP);
  for (size_t i = 0; i < LENGTH_OF(cases); i++)
    expect_inside(*state, be64(cases[i].since_1970_us - EPOCH_US), 8, cases[i].expected);
  expect_refused(*state, be64(INT64_C(-62135596800000001) - EPOCH_US), 8);
  expect_refused(*state, be64(INT64_C(253402300800000000) - EPOCH_US), 8);
  expect_refused(*state, be64(INT64_MAX), 8);
  expect_refused(*state, be64(INT64_MIN), 8);
}

static void test_dates(void **state)
{
  static const struct {
    int32_t days; /* since 2000-01-01 */
    const char *expected;
  } cases[] = {
      {0, "1:2000 2:1 3:1"},     {59, "1:2000 2:2 3:29"},    {60, "1:2000 2:3 3:1"},
      {-1, "1:1999 2:12 3:31"},  {-10957, "1:1970 2:1 3:1"}, {8825, "1:2024 2:2 3:29"},
      {36584, "1:2100 2:3 3:1"}, {-730119, "1:1 2:1 3:1"},   {2921939, "1:9999 2:12 3:31"},
  };
  use_message(*state, CODEC_DATE, WELL_KNOWN_DATE);
  for (size_t i = 0; i < LENGTH_OF(cases); i++)
    expect_inside(*state, be32(cases[i].days), 4, cases[i].expected);
  expect_refused(*state, be32(-730120), 4);
  expect_refused(*state, be32(2921940), 4);
  expect_refused(*state, be32(INT32_MAX), 4);
  expect_refused(*state, be32(INT32_MIN), 4);
}

static void test_times_of_day(void **state)
{
  use_message(*state, CODEC_TIME, WELL_KNOWN_TIME_OF_DAY);
  expect_inside(*state, be64(0), 8, "");
  expect_inside(*state, be64(INT64_C(45296000007)), 8, "1:12 2:34 3:56 4:7000");
  expect_inside(*state, be64(INT64_C(86400000000)), 8, "1:24");
}

static void test_intervals(void **state)
{
  uint8_t bytes[16] = {0};
  use_message(*state, CODEC_INTERVAL, WELL_KNOWN_DURATION);
  memcpy(bytes, be64(-1500000), 8);
  expect_inside(*state, bytes, 16, "1:-1 2:-500000000");
  memcpy(bytes, be64(INT64_C(315576000000) * 1000000), 8);
  expect_inside(*state, bytes, 16, "1:315576000000");
  memcpy(bytes, be64(INT64_MAX), 8);
  expect_refused(*state, bytes, 16);
  memcpy(bytes, be64(0), 8);
  bytes[11] = 1; /* a day */
  expect_refused(*state, bytes, 16);
  bytes[11] = 0;
  bytes[15] = 1; /* a month */
  expect_refused(*state, bytes, 16);
}

/* ---- containers
 * ------------------------------------------------------------------------------------------------- */

struct bytes {
  uint8_t data[4096];
  size_t len;
};

static void add32(struct bytes *bytes, int32_t value)
{
  uint32_t swapped = __builtin_bswap32((uint32_t)value);
  memcpy(bytes->data + bytes->len, &swapped, 4);
  bytes->len += 4;
}

static void add_item(struct bytes *bytes, const void *data, size_t len)
{
  add32(bytes, (int32_t)len);
  memcpy(bytes->data + bytes->len, data, len);
  bytes->len += len;
}

static struct bytes array_of(int32_t n)
{
  struct bytes array = {.len = 0};
  add32(&array, 1);  /* dimensions */
  add32(&array, 0);  /* holds NULLs */
  add32(&array, 25); /* the element's type */
  add32(&array, n);
  add32(&array, 1); /* lower bound */
  return array;
}

static void test_arrays_of_scalars(void **state)
{
  struct fixture *f = *state;
  struct bytes array = array_of(3);
  add_item(&array, be32(1), 4);
  add_item(&array, be32(0), 4);
  add_item(&array, be32(300), 4);
  use(f, CODEC_INT4, FIELD_INT32);
  f->graph.codec.array = true;
  f->field.repeated = true;
  expect(f, array.data, array.len, "7:1 7:0 7:300");
  f->field.packed = true;
  expect(f, array.data, array.len, "7:\"\\x01\\x00\\xac\\x02\"");
  expect(f, "\0\0\0\0\0\0\0\0\0\0\0\x17", 12, ""); /* '{}' */
}

static void test_arrays_of_strings_and_messages(void **state)
{
  struct fixture *f = *state;
  struct bytes array = array_of(2);
  add_item(&array, "", 0);
  add_item(&array, "b", 1);
  use(f, CODEC_TEXT, FIELD_STRING);
  f->graph.codec.array = true;
  f->field.packed = true; /* means nothing for strings */
  expect(f, array.data, array.len, "7:\"\" 7:\"b\"");

  array = array_of(2);
  add_item(&array, be64(-EPOCH_US), 8);
  add_item(&array, be64(-EPOCH_US + 1000000), 8);
  use_message(f, CODEC_TIMESTAMP, WELL_KNOWN_TIMESTAMP);
  f->graph.codec.array = true;
  expect(f, array.data, array.len, "7:\"\" 7:\"\\x08\\x01\"");
}

static void test_long_arrays_keep_their_order(void **state)
{
  struct fixture *f = *state;
  struct bytes array = array_of(100);
  for (int32_t i = 0; i < 100; i++)
    add_item(&array, be32(i), 4);
  use(f, CODEC_INT4, FIELD_INT32);
  f->graph.codec.array = true;
  f->field.packed = true;
  assert_true(encode(f, array.data, array.len));
  assert_int_equal(writer_size(&f->writer), 102);
  for (int i = 0; i < 100; i++)
    assert_int_equal(f->writer.cursor[2 + i], i);
}

static void test_arrays_that_no_list_can_hold(void **state)
{
  struct fixture *f = *state;
  use(f, CODEC_INT4, FIELD_INT32);
  f->graph.codec.array = true;
  struct bytes with_null = array_of(2);
  add_item(&with_null, be32(1), 4);
  add32(&with_null, -1);
  expect_refused(f, with_null.data, with_null.len);
  struct bytes matrix = array_of(1);
  matrix.data[3] = 2;
  expect_refused(f, matrix.data, matrix.len);
}

static void test_broken_arrays_are_drift(void **state)
{
  struct fixture *f = *state;
  use(f, CODEC_INT4, FIELD_INT32);
  f->graph.codec.array = true;
  struct bytes array = array_of(2);
  add_item(&array, be32(1), 4);
  expect_drift(f, array.data, array.len); /* the second is missing */
  expect_drift(f, array.data, array.len - 1);
  expect_drift(f, array.data, 8);
  struct bytes huge = array_of(INT32_MAX);
  expect_drift(f, huge.data, huge.len);
}

static void test_hstore(void **state)
{
  struct fixture *f = *state;
  struct bytes map = {.len = 0};
  add32(&map, 2);
  add_item(&map, "a", 1);
  add_item(&map, "", 0);
  add_item(&map, "b", 1);
  add_item(&map, "x", 1);
  use(f, CODEC_HSTORE, FIELD_MESSAGE);
  expect(f, map.data, map.len, "7:\"\\x0a\\x01a\\x12\\x00\" 7:\"\\x0a\\x01b\\x12\\x01x\"");
  expect(f, "\0\0\0\0", 4, "");
  map.len = 0;
  add32(&map, 1);
  add_item(&map, "a", 1);
  add32(&map, -1);
  expect_refused(f, map.data, map.len);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
      TEST(test_integers_take_every_integer_field),
      TEST(test_narrow_integers_keep_their_sign),
      TEST(test_a_column_of_another_size_is_drift),
      TEST(test_floats_travel_bit_by_bit),
      TEST(test_zeros_follow_presence),
      TEST(test_null_leaves_every_field_unset),
      TEST(test_wrappers_are_present_for_every_value),
      TEST(test_enums_go_by_label),
      TEST(test_strings),
      TEST(test_decimals_have_digits),
      TEST(test_timestamps),
      TEST(test_dates),
      TEST(test_times_of_day),
      TEST(test_intervals),
      TEST(test_arrays_of_scalars),
      TEST(test_arrays_of_strings_and_messages),
      TEST(test_long_arrays_keep_their_order),
      TEST(test_arrays_that_no_list_can_hold),
      TEST(test_broken_arrays_are_drift),
      TEST(test_hstore),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

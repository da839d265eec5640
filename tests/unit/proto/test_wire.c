#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/wire.h"

static const uint64_t numbers[] = {
    0,          1,          0x7F,       0x80,       0x3FFF,     0x4000,           0x1FFFFF,   0x200000,
    0xFFFFFFF,  0x10000000, INT32_MAX,  UINT32_MAX, 1ull << 32, (1ull << 35) - 1, 1ull << 35, 1ull << 42,
    1ull << 49, 1ull << 56, 1ull << 62, INT64_MAX,  1ull << 63, UINT64_MAX,
};

/* A reader over an exact copy on the heap, so that a sanitizer sees a read too far. */
struct input {
  uint8_t *bytes;
  struct wire_reader reader;
};

static struct input input_of(const void *data, size_t len)
{
  struct input input = {.bytes = malloc(len == 0 ? 1 : len)};
  memcpy(input.bytes, data, len);
  input.reader = (struct wire_reader){input.bytes, input.bytes + len};
  return input;
}

static void numbers_come_back(void **state)
{
  struct writer writer;
  writer_init(&writer, 0);
  for (size_t i = 0; i < LENGTH_OF(numbers); i++) {
    writer_put_fixed32(&writer, (uint32_t)numbers[i]);
    writer_put_fixed64(&writer, numbers[i]);
    writer_put_varint(&writer, numbers[i]);
  }
  struct str written = writer_bytes(&writer);
  struct wire_reader reader = {(const uint8_t *)written.data, (const uint8_t *)written.data + written.len};
  for (size_t i = LENGTH_OF(numbers); i-- > 0;) {
    uint64_t varint, fixed64;
    uint32_t fixed32;
    assert_true(wire_read_varint(&reader, &varint));
    assert_true(wire_read_fixed64(&reader, &fixed64));
    assert_true(wire_read_fixed32(&reader, &fixed32));
    assert_true(varint == numbers[i]);
    assert_true(fixed64 == numbers[i]);
    assert_true(fixed32 == (uint32_t)numbers[i]);
  }
  assert_true(wire_at_end(&reader));
  writer_done(&writer);
}

static void varints_are_as_short_as_they_can_be(void **state)
{
  static const struct {
    uint64_t value;
    size_t len;
  } cases[] = {{0, 1}, {127, 1}, {128, 2}, {16383, 2}, {16384, 3}, {INT64_MAX, 9}, {UINT64_MAX, 10}};
  for (size_t i = 0; i < LENGTH_OF(cases); i++) {
    struct writer writer;
    writer_init(&writer, 0);
    writer_put_varint(&writer, cases[i].value);
    assert_int_equal(writer_size(&writer), cases[i].len);
    writer_done(&writer);
  }
}

/* Expected bytes from the encoding guide. */
static void fields_have_the_documented_bytes(void **state)
{
  struct writer writer;
  writer_init(&writer, 0);
  size_t mark = writer_size(&writer);
  writer_put_varint_field(&writer, 1, 150);
  writer_close_message(&writer, 3, mark);
  writer_put_bytes_field(&writer, 2, "testing", 7);
  writer_put_varint_field(&writer, 1, 150);
  static const char expected[] = "\x08\x96\x01\x12\x07testing\x1a\x03\x08\x96\x01";
  assert_int_equal(writer_size(&writer), sizeof expected - 1);
  assert_memory_equal(writer_bytes(&writer).data, expected, sizeof expected - 1);
  writer_done(&writer);
}

static void empty_bytes_and_messages_are_written(void **state)
{
  struct writer writer;
  writer_init(&writer, 0);
  writer_close_message(&writer, 2, writer_size(&writer));
  writer_put_bytes_field(&writer, 1, NULL, 0);
  assert_int_equal(writer_size(&writer), 4);
  assert_memory_equal(writer_bytes(&writer).data, "\x0a\x00\x12\x00", 4);
  writer_done(&writer);
}

/* Each level wraps all that was written: growth must move it whole, and lengths must be those of the final
 * bytes. */
static void ten_thousand_nested_messages_read_back(void **state)
{
  enum { DEPTH = 10000 };
  struct writer writer;
  writer_init(&writer, 0);
  writer_put_bytes_field(&writer, 1, "core", 4);
  for (int i = 0; i < DEPTH; i++)
    writer_close_message(&writer, 2, 0);
  struct str body = writer_bytes(&writer);
  uint32_t number;
  enum wire_type type;
  for (int i = 0; i < DEPTH; i++) {
    struct wire_reader reader = {(const uint8_t *)body.data, (const uint8_t *)body.data + body.len};
    assert_true(wire_read_tag(&reader, &number, &type));
    assert_int_equal(number, 2);
    assert_int_equal(type, WIRE_BYTES);
    assert_true(wire_read_bytes(&reader, &body));
    assert_true(wire_at_end(&reader));
  }
  assert_true(str_equal(body, STR("\x0a\x04"
                                  "core")));
  writer_done(&writer);
}

static bool reads_varint(const char *bytes, size_t len)
{
  struct input input = input_of(bytes, len);
  uint64_t value;
  bool ok = wire_read_varint(&input.reader, &value);
  free(input.bytes);
  return ok;
}

static void varints_beyond_64_bits_are_refused(void **state)
{
  assert_true(reads_varint("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", 10));
  assert_true(reads_varint("\x80\x00", 2)); /* longer than needed, yet a number */
  assert_false(reads_varint("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02", 10));
  assert_false(reads_varint("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 11));
  assert_false(reads_varint("", 0));
  assert_false(reads_varint("\x80", 1));
}

static bool reads_tag(uint64_t tag)
{
  struct writer writer;
  writer_init(&writer, 0);
  writer_put_varint(&writer, tag);
  struct input input = input_of(writer.cursor, writer_size(&writer));
  uint32_t number;
  enum wire_type type;
  bool ok = wire_read_tag(&input.reader, &number, &type) && number == tag >> 3 && type == (tag & 7);
  free(input.bytes);
  writer_done(&writer);
  return ok;
}

static void tags_name_a_field_and_a_wire_type(void **state)
{
  enum { LARGEST = (1 << 29) - 1 };
  assert_true(reads_tag(1 << 3 | WIRE_VARINT));
  assert_true(reads_tag((uint64_t)LARGEST << 3 | WIRE_FIXED32));
  assert_false(reads_tag(0 << 3 | WIRE_VARINT));
  assert_false(reads_tag(((uint64_t)LARGEST + 1) << 3));
  assert_false(reads_tag(1 << 3 | 6));
  assert_false(reads_tag(1 << 3 | 7));
  assert_false(reads_tag(UINT64_MAX - 7));
}

static void lengths_beyond_the_end_are_refused(void **state)
{
  static const struct {
    const char *bytes;
    size_t len;
    bool ok;
  } cases[] = {
      {"\x03"
       "abc",
       4, true},
      {"\x00", 1, true},
      {"\x04"
       "abc",
       4, false},
      {"\xFF\xFF\xFF\xFF\x0F"
       "abc",
       8, false},
      {"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"
       "abc",
       13, false},
      {"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F"
       "abc",
       12, false},
  };
  for (size_t i = 0; i < LENGTH_OF(cases); i++) {
    struct input input = input_of(cases[i].bytes, cases[i].len);
    struct str bytes;
    assert_int_equal(wire_read_bytes(&input.reader, &bytes), cases[i].ok);
    free(input.bytes);
  }
}

static void skipping_takes_exactly_one_value(void **state)
{
  static const struct {
    enum wire_type type;
    const char *bytes;
    size_t len;
  } cases[] = {
      {WIRE_VARINT, "\x96\x01", 2},
      {WIRE_FIXED64, "12345678", 8},
      {WIRE_BYTES,
       "\x03"
       "abc",
       4},
      {WIRE_FIXED32, "1234", 4},
  };
  for (size_t i = 0; i < LENGTH_OF(cases); i++) {
    for (size_t len = 0; len <= cases[i].len; len++) {
      struct input input = input_of(cases[i].bytes, len);
      assert_int_equal(wire_skip(&input.reader, cases[i].type), len == cases[i].len);
      assert_true(len < cases[i].len || wire_at_end(&input.reader));
      free(input.bytes);
    }
  }
}

static void groups_are_not_skipped(void **state)
{
  struct input input = input_of("\x0c", 1);
  assert_false(wire_skip(&input.reader, WIRE_START_GROUP));
  assert_false(wire_skip(&input.reader, WIRE_END_GROUP));
  free(input.bytes);
}

static void zigzag_keeps_small_numbers_small(void **state)
{
  assert_true(wire_zigzag(0) == 0);
  assert_true(wire_zigzag(-1) == 1);
  assert_true(wire_zigzag(1) == 2);
  assert_true(wire_zigzag(INT32_MIN) == UINT32_MAX);
  assert_true(wire_zigzag(INT64_MAX) == UINT64_MAX - 1);
  assert_true(wire_zigzag(INT64_MIN) == UINT64_MAX);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(numbers_come_back),
      cmocka_unit_test(varints_are_as_short_as_they_can_be),
      cmocka_unit_test(fields_have_the_documented_bytes),
      cmocka_unit_test(empty_bytes_and_messages_are_written),
      cmocka_unit_test(ten_thousand_nested_messages_read_back),
      cmocka_unit_test(varints_beyond_64_bits_are_refused),
      cmocka_unit_test(tags_name_a_field_and_a_wire_type),
      cmocka_unit_test(lengths_beyond_the_end_are_refused),
      cmocka_unit_test(skipping_takes_exactly_one_value),
      cmocka_unit_test(groups_are_not_skipped),
      cmocka_unit_test(zigzag_keeps_small_numbers_small),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

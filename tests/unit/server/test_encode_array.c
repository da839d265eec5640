/* Arrays and hstore. */
#include "unit/server/encode_fixture.h"

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
      TEST(test_arrays_of_scalars),
      TEST(test_arrays_of_strings_and_messages),
      TEST(test_long_arrays_keep_their_order),
      TEST(test_arrays_that_no_list_can_hold),
      TEST(test_broken_arrays_are_drift),
      TEST(test_hstore),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

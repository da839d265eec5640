/* What a request that is broken, too large or hostile gets. */
#include "unit/proto/request_bytes.h"

static void text_must_be_utf8(void **state)
{
  struct strbuf from = {0}, inner = {0};
  bytes(&from, 9, "\xC0\x80", 2);
  expect_refusal(&from, "a_string", "not valid UTF-8");

  text(&inner, 33, "fine");
  text(&inner, 33, "\xED\xA0\x80");
  message(&from, 31, &inner);
  message(&from, 31, &inner);
  expect_refusal(&from, "children[0].words[1]", "not valid UTF-8");

  text(&from, 12, "\xED\xA0\x80");
  accepted(&from);
}

static void another_wire_type_is_refused_with_its_path(void **state)
{
  struct strbuf from = {0}, inner = {0};
  text(&from, 5, "7");
  expect_refusal(&from, "an_int32", "another type");
  varint(&from, 9, 7);
  expect_refusal(&from, "a_string", "another type");
  fixed32(&from, 1, 7);
  expect_refusal(&from, "a_double", "another type");
  fixed64(&from, 32, 7);
  expect_refusal(&from, "numbers[0]", "another type");
  varint(&from, 33, 7);
  expect_refusal(&from, "words[0]", "another type");

  message(&from, 31, &inner);
  varint(&inner, 30, 1);
  message(&from, 31, &inner);
  expect_refusal(&from, "children[1].child", "another type");
}

static void groups_are_refused(void **state)
{
  struct strbuf from = {0}, inner = {0};
  put_tag(&from, 999, WIRE_START_GROUP);
  put_tag(&from, 999, WIRE_END_GROUP);
  expect_refusal(&from, "", "group");
  put_tag(&from, 999, WIRE_END_GROUP);
  expect_refusal(&from, "", "group");
  put_tag(&from, 5, WIRE_START_GROUP);
  expect_refusal(&from, "an_int32", "group");
  put_tag(&inner, 4, WIRE_START_GROUP);
  put_tag(&inner, 4, WIRE_END_GROUP);
  message(&from, 60, &inner);
  expect_refusal(&from, "box.lid", "group");
}

static void impossible_tags_are_refused(void **state)
{
  struct strbuf from = {0};
  strbuf_putc(&from, 0);
  expect_refusal(&from, "", "malformed");
  strbuf_putc(&from, 1 << 3 | 6);
  expect_refusal(&from, "", "malformed");
  put_varint(&from, UINT64_MAX);
  expect_refusal(&from, "", "malformed");
}

static void nest(struct strbuf *from, size_t levels)
{
  struct strbuf inner = {0};
  varint(&inner, 5, 1);
  for (size_t i = 0; i < levels; i++) {
    struct strbuf outer = {0};
    message(&outer, 30, &inner);
    inner = outer;
  }
  *from = inner;
}

static void depth_is_bounded(void **state)
{
  size_t most = REQUEST_LIMITS_DEFAULT.max_depth;
  struct strbuf from;
  nest(&from, most - 1);
  accepted(&from);
  nest(&from, most);
  struct error error = refused(&from);
  assert_non_null(strstr(error.message, "nested too deeply"));
  nest(&from, 10000);
  error = refused(&from);
  assert_non_null(strstr(error.message, "nested too deeply"));
}

static void a_limit_of_one_level_allows_no_message_inside(void **state)
{
  struct message_value *read;
  struct error error;
  struct strbuf from;
  nest(&from, 0);
  assert_true(read_with(&from, (struct request_limits){1, 10}, arena, &read, &error));
  nest(&from, 1);
  assert_false(read_with(&from, (struct request_limits){1, 10}, arena, &read, &error));
  assert_string_equal(error.field, "child");
}

static void number_of_values_is_bounded(void **state)
{
  static const struct request_limits limits = {.max_depth = 16, .max_values = 10};
  struct message_value *read;
  struct error error;
  struct strbuf from = {0};
  bytes(&from, 32, "\1\2\3\4\5\6\7\10", 8);
  varint(&from, 999, 1);
  text(&from, 9, "x");
  assert_true(read_with(&from, limits, arena, &read, &error));

  bytes(&from, 32, "\1\2\3\4\5\6\7\10\11\12\13", 11);
  assert_false(read_with(&from, limits, arena, &read, &error));
  assert_non_null(strstr(error.message, "10 values"));
  assert_string_equal(error.field, "numbers[0]");

  for (int i = 0; i < 11; i++)
    varint(&from, 999, 1);
  assert_false(read_with(&from, limits, arena, &read, &error));

  for (int i = 0; i < 11; i++)
    bytes(&from, 31, "", 0);
  assert_false(read_with(&from, limits, arena, &read, &error));
  assert_string_equal(error.reason, "MALFORMED_REQUEST");
}

/* An empty message is two bytes on the wire and a row of fields in memory. */
static void memory_is_bounded_by_the_budget(void **state)
{
  struct arena *small = arena_new(100000);
  struct message_value *read;
  struct error error;
  struct strbuf from = {0};
  for (int i = 0; i < 50000; i++)
    bytes(&from, 31, "", 0);
  assert_false(read_with(&from, REQUEST_LIMITS_DEFAULT, small, &read, &error));
  assert_int_equal(error.code, ERROR_RESOURCE_EXHAUSTED);
  assert_string_equal(error.reason, "REQUEST_TOO_LARGE");
  assert_true(arena_used(small) < 200000);
  arena_free(small);
}

/* Sorting a map for each of the pieces that its message comes in would take their product. */
static void a_map_in_many_pieces_is_read_in_reasonable_time(void **state)
{
  struct strbuf from = {0};
  for (unsigned i = 0; i < 20000; i++) {
    char key[16];
    snprintf(key, sizeof key, "%u", i);
    struct strbuf inner = {0};
    entry(&inner, 36, key, "");
    message(&from, 30, &inner);
  }
  assert_int_equal(values_of(only(accepted(&from), "child").message, "by_name")->n, 20000);
}

static void put_sample(struct strbuf *from, size_t *boundaries, size_t *ret_n)
{
  struct strbuf inner = {0};
  size_t n = 0;
  boundaries[n++] = 0;
  varint(from, 5, 300);
  boundaries[n++] = from->len;
  text(from, 9, "häi");
  boundaries[n++] = from->len;
  fixed32(from, 7, 1);
  boundaries[n++] = from->len;
  fixed64(from, 6, 1);
  boundaries[n++] = from->len;
  bytes(from, 32, "\x01\x80\x01", 3);
  boundaries[n++] = from->len;
  text(&inner, 9, "x");
  varint(&inner, 5, 1);
  message(from, 31, &inner);
  boundaries[n++] = from->len;
  entry(from, 36, "key", "value");
  boundaries[n++] = from->len;
  varint(from, 999, 1u << 20);
  boundaries[n++] = from->len;
  *ret_n = n;
}

/* Cut between two fields it is a shorter request; anywhere else it is none. */
static void truncation_is_noticed_at_every_byte(void **state)
{
  struct strbuf sample = {0};
  size_t boundaries[16], n;
  put_sample(&sample, boundaries, &n);
  size_t next = 0;
  for (size_t len = 0; len <= sample.len; len++) {
    struct strbuf cut = {0};
    strbuf_add(&cut, sample.data, len);
    if (next < n && boundaries[next] == len) {
      accepted(&cut);
      next++;
    } else {
      assert_non_null(strstr(refused(&cut).message, "ends early"));
    }
  }
  assert_int_equal(next, n);
  strbuf_done(&sample);
}

/* Each byte of a valid request set to each value: whatever comes of it, the reader stays inside the input. */
static void a_flipped_byte_never_reads_outside(void **state)
{
  struct strbuf sample = {0};
  size_t boundaries[16], n;
  put_sample(&sample, boundaries, &n);
  for (size_t i = 0; i < sample.len; i++) {
    for (int byte = 0; byte < 256; byte++) {
      struct arena *own = arena_new(0);
      struct request_limits limits = REQUEST_LIMITS_DEFAULT;
      struct message_value *read;
      struct error error;
      char *copy = malloc(sample.len);
      memcpy(copy, sample.data, sample.len);
      copy[i] = (char)byte;
      bool ok = request_read(everything, copy, sample.len, &limits, own, &read, &error);
      assert_true(ok || error.code == ERROR_INVALID_ARGUMENT);
      free(copy);
      arena_free(own);
    }
  }
  strbuf_done(&sample);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, new_arena, free_arena)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(text_must_be_utf8),
      TEST(another_wire_type_is_refused_with_its_path),
      TEST(groups_are_refused),
      TEST(impossible_tags_are_refused),
      TEST(depth_is_bounded),
      TEST(a_limit_of_one_level_allows_no_message_inside),
      TEST(number_of_values_is_bounded),
      TEST(memory_is_bounded_by_the_budget),
      TEST(a_map_in_many_pieces_is_read_in_reasonable_time),
      TEST(truncation_is_noticed_at_every_byte),
      TEST(a_flipped_byte_never_reads_outside),
  };
  return cmocka_run_group_tests(tests, load, unload);
}

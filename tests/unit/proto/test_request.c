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
  schema_free(schema);
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

static void nothing_sent_is_nothing_set(void **state)
{
  struct strbuf from = {0};
  struct message_value *read = accepted(&from);
  assert_ptr_equal(read->type, everything);
  for (size_t i = 0; i < everything->n_fields; i++)
    assert_int_equal(message_field(read, &everything->fields[i])->n, 0);
}

static void every_type_is_read(void **state)
{
  struct strbuf from = {0};
  real(&from, 1, -2.5);
  fixed32(&from, 2, 0x3FC00000); /* 1.5f */
  varint(&from, 3, (uint64_t)INT64_MIN);
  varint(&from, 4, UINT64_MAX);
  varint(&from, 5, (uint64_t)-7);
  fixed64(&from, 6, UINT64_MAX - 1);
  fixed32(&from, 7, UINT32_MAX);
  varint(&from, 8, 2);
  bytes(&from, 9, "a\0é", 4);
  bytes(&from, 12, "\xFF\x00", 2);
  varint(&from, 13, UINT32_MAX);
  varint(&from, 14, 77);
  fixed32(&from, 15, (uint32_t)-8);
  fixed64(&from, 16, (uint64_t)-9);
  varint(&from, 17, UINT32_MAX);
  varint(&from, 18, UINT64_MAX);
  struct message_value *read = accepted(&from);
  assert_true(only(read, "a_double").f64 == -2.5);
  assert_true(only(read, "a_float").f64 == 1.5);
  assert_true(only(read, "an_int64").i64 == INT64_MIN);
  assert_true(only(read, "a_uint64").u64 == UINT64_MAX);
  assert_true(only(read, "an_int32").i64 == -7);
  assert_true(only(read, "a_fixed64").u64 == UINT64_MAX - 1);
  assert_true(only(read, "a_fixed32").u64 == UINT32_MAX);
  assert_true(only(read, "a_bool").boolean);
  assert_true(str_equal(only(read, "a_string").bytes, (struct str){"a\0é", 4}));
  assert_true(str_equal(only(read, "some_bytes").bytes, STR("\xFF\0")));
  assert_true(only(read, "a_uint32").u64 == UINT32_MAX);
  assert_true(only(read, "an_enum").i64 == 77); /* unknown values of an enum are kept */
  assert_true(only(read, "an_sfixed32").i64 == -8);
  assert_true(only(read, "an_sfixed64").i64 == -9);
  assert_true(only(read, "an_sint32").i64 == INT32_MIN);
  assert_true(only(read, "an_sint64").i64 == INT64_MIN);
}

static void thirty_two_bit_types_keep_the_low_half(void **state)
{
  struct strbuf from = {0};
  varint(&from, 5, 0x1FFFFFFFF);
  varint(&from, 13, 0x100000005);
  varint(&from, 17, 0x100000003);
  struct message_value *read = accepted(&from);
  assert_true(only(read, "an_int32").i64 == -1);
  assert_true(only(read, "a_uint32").u64 == 5);
  assert_true(only(read, "an_sint32").i64 == -2);
}

static void the_last_scalar_wins(void **state)
{
  struct strbuf from = {0};
  for (uint64_t i = 1; i <= 9; i++)
    varint(&from, 5, i);
  text(&from, 9, "first");
  text(&from, 9, "");
  struct message_value *read = accepted(&from);
  assert_int_equal(only(read, "an_int32").i64, 9);
  expect_text(only(read, "a_string"), "");
}

static void a_zero_that_was_sent_is_set(void **state)
{
  struct strbuf from = {0};
  varint(&from, 50, 0);
  assert_int_equal(only(accepted(&from), "maybe").i64, 0);
}

static void repeated_scalars_come_packed_or_not(void **state)
{
  struct strbuf from = {0}, packed = {0}, reals = {0};
  varint(&from, 32, 1);
  put_varint(&packed, 2);
  put_varint(&packed, UINT64_MAX);
  message(&from, 32, &packed);
  bytes(&from, 32, "", 0);
  varint(&from, 32, 4);
  real(&reals, 1, 0.5);
  bytes(&from, 34, reals.data + 1, 8);
  strbuf_done(&reals);
  bytes(&from, 35, "\x01\x02", 2);
  text(&from, 33, "a");
  text(&from, 33, "b");
  struct message_value *read = accepted(&from);
  const struct field_value *numbers = values_of(read, "numbers");
  assert_int_equal(numbers->n, 4);
  assert_int_equal(numbers->items[1].i64, 2);
  assert_int_equal(numbers->items[2].i64, -1);
  assert_int_equal(numbers->items[3].i64, 4);
  assert_true(only(read, "reals").f64 == 0.5);
  assert_int_equal(values_of(read, "signs")->items[0].i64, -1);
  assert_int_equal(values_of(read, "signs")->items[1].i64, 1);
  assert_int_equal(values_of(read, "words")->n, 2);
  expect_text(values_of(read, "words")->items[1], "b");
}

static void pieces_of_a_message_merge(void **state)
{
  struct strbuf from = {0}, first = {0}, second = {0};
  varint(&first, 5, 1);
  text(&first, 9, "kept");
  varint(&first, 32, 10);
  message(&from, 30, &first);
  varint(&second, 5, 2);
  varint(&second, 32, 11);
  message(&from, 30, &second);
  struct message_value *child = only(accepted(&from), "child").message;
  assert_int_equal(only(child, "an_int32").i64, 2);
  expect_text(only(child, "a_string"), "kept");
  assert_int_equal(values_of(child, "numbers")->n, 2);
}

static void repeated_messages_do_not_merge(void **state)
{
  struct strbuf from = {0}, first = {0}, second = {0};
  varint(&first, 5, 1);
  message(&from, 31, &first);
  text(&second, 9, "x");
  message(&from, 31, &second);
  const struct field_value *children = values_of(accepted(&from), "children");
  assert_int_equal(children->n, 2);
  assert_int_equal(values_of(children->items[1].message, "an_int32")->n, 0);
}

static void the_last_member_of_a_oneof_is_set_alone(void **state)
{
  struct strbuf from = {0}, inner = {0};
  varint(&from, 42, 1);
  text(&from, 40, "two");
  varint(&inner, 5, 3);
  message(&from, 41, &inner);
  struct message_value *read = accepted(&from);
  assert_int_equal(values_of(read, "count")->n, 0);
  assert_int_equal(values_of(read, "text")->n, 0);
  assert_int_equal(only(only(read, "message").message, "an_int32").i64, 3);
}

static void a_member_of_a_oneof_that_returns_starts_afresh(void **state)
{
  struct strbuf from = {0}, first = {0}, second = {0};
  varint(&first, 5, 1);
  message(&from, 41, &first);
  varint(&from, 42, 9);
  text(&second, 9, "x");
  message(&from, 41, &second);
  struct message_value *read = accepted(&from);
  assert_int_equal(values_of(read, "count")->n, 0);
  struct message_value *member = only(read, "message").message;
  assert_int_equal(values_of(member, "an_int32")->n, 0);
  expect_text(only(member, "a_string"), "x");
}

static void pieces_of_a_oneof_member_merge(void **state)
{
  struct strbuf from = {0}, first = {0}, second = {0};
  varint(&first, 5, 1);
  message(&from, 41, &first);
  text(&second, 9, "x");
  message(&from, 41, &second);
  struct message_value *member = only(accepted(&from), "message").message;
  assert_int_equal(only(member, "an_int32").i64, 1);
  expect_text(only(member, "a_string"), "x");
}

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

static void of_equal_map_keys_the_last_entry_stays(void **state)
{
  struct strbuf from = {0};
  entry(&from, 36, "a", "1");
  entry(&from, 36, "b", "2");
  entry(&from, 36, "a", "3");
  entry(&from, 36, NULL, "4");
  entry(&from, 36, "", "5");
  const struct field_value *entries = values_of(accepted(&from), "by_name");
  assert_int_equal(entries->n, 3);
  static const char *const expected[] = {"2", "3", "5"};
  for (size_t i = 0; i < 3; i++)
    expect_text(only(only(entries->items[i].message, "value").message, "a_string"), expected[i]);
}

static void map_keys_of_every_kind_are_compared_as_values(void **state)
{
  struct strbuf from = {0}, inner = {0};
  varint(&inner, 1, (uint64_t)-1);
  message(&from, 37, &inner);
  varint(&inner, 1, 0xFFFFFFFF); /* the same int32 */
  message(&from, 37, &inner);
  varint(&inner, 1, 0);
  message(&from, 37, &inner);
  message(&from, 37, &inner); /* an absent key is 0 */
  varint(&inner, 1, 1);
  message(&from, 38, &inner);
  varint(&inner, 1, 2);
  message(&from, 38, &inner);
  struct message_value *read = accepted(&from);
  assert_int_equal(values_of(read, "by_number")->n, 2);
  assert_int_equal(values_of(read, "by_truth")->n, 1);
}

static void unknown_fields_are_skipped(void **state)
{
  struct strbuf from = {0};
  varint(&from, 1000, UINT64_MAX);
  fixed32(&from, 1001, 1);
  fixed64(&from, 536870911, 1);
  text(&from, 1002, "\xFF");
  varint(&from, 5, 6);
  assert_int_equal(only(accepted(&from), "an_int32").i64, 6);
}

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
      TEST(nothing_sent_is_nothing_set),
      TEST(every_type_is_read),
      TEST(thirty_two_bit_types_keep_the_low_half),
      TEST(the_last_scalar_wins),
      TEST(a_zero_that_was_sent_is_set),
      TEST(repeated_scalars_come_packed_or_not),
      TEST(pieces_of_a_message_merge),
      TEST(repeated_messages_do_not_merge),
      TEST(the_last_member_of_a_oneof_is_set_alone),
      TEST(a_member_of_a_oneof_that_returns_starts_afresh),
      TEST(pieces_of_a_oneof_member_merge),
      TEST(of_equal_map_keys_the_last_entry_stays),
      TEST(map_keys_of_every_kind_are_compared_as_values),
      TEST(unknown_fields_are_skipped),
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

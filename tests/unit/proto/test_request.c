/* What a well-formed request means. */
#include "unit/proto/request_bytes.h"

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
  };
  return cmocka_run_group_tests(tests, load, unload);
}

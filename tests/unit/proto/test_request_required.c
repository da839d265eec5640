/* What google.api.field_behavior calls REQUIRED must be there. */
#include "unit/proto/request_bytes.h"

#include "proto/request_required.h"

struct whole {
  bool number, present, text, words, part, second_part;
};

static const struct whole all = {true, true, true, true, true, true};

/* A Demanding that lacks what `with` does not have. */
static struct message_value *demanding(struct whole with, uint64_t number)
{
  struct strbuf from = {0};
  if (with.number)
    varint(&from, 1, number);
  if (with.present)
    varint(&from, 2, 0);
  if (with.text)
    bytes(&from, 3, "x", 1);
  if (with.words)
    bytes(&from, 4, "", 0);
  if (with.part)
    bytes(&from, 5, "\x08\x01", 2);
  bytes(&from, 6, "\x08\x01", 2);
  bytes(&from, 6, "\x08\x01", with.second_part ? 2 : 0);
  char *kept = arena_memdup(arena, from.data, from.len);
  struct message_value *read;
  struct error error;
  if (!request_read(schema_find_message(schema, "Demanding"), kept, from.len, &REQUEST_LIMITS_DEFAULT, arena,
                    &read, &error))
    fail_msg("%s", error.message);
  strbuf_done(&from);
  return read;
}

static void what_is_there_is_enough(void **state)
{
  struct error error;
  assert_true(request_required_check(demanding(all, 7), &error));
}

static void what_is_missing_is_named(void **state)
{
  struct {
    struct whole with;
    const char *field;
  } cases[] = {
      {{false, true, true, true, true, true}, "number"},
      {{true, false, true, true, true, true}, "present"},
      {{true, true, false, true, true, true}, "text"},
      {{true, true, true, false, true, true}, "words"},
      {{true, true, true, true, false, true}, "part"},
      {{true, true, true, true, true, false}, "parts[1].sure"},
  };
  for (size_t i = 0; i < LENGTH_OF(cases); i++) {
    struct error error;
    assert_false(request_required_check(demanding(cases[i].with, 7), &error));
    assert_int_equal(error.code, ERROR_INVALID_ARGUMENT);
    assert_string_equal(error.reason, "REQUIRED_FIELD_MISSING");
    assert_string_equal(error.field, cases[i].field);
  }
}

static void a_zero_without_presence_is_not_set(void **state)
{
  struct error error;
  assert_false(request_required_check(demanding(all, 0), &error));
  assert_string_equal(error.field, "number");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, new_arena, free_arena)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(what_is_there_is_enough),
      TEST(what_is_missing_is_named),
      TEST(a_zero_without_presence_is_not_set),
  };
  return cmocka_run_group_tests(tests, load, unload);
}

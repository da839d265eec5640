#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "planner/codec_labels.h"
#include "support/catalog_builder.h"
#include "support/schema_text.h"

#define COLUMNS                                                                                              \
  "table t\n"                                                                                                \
  "  text text\n  bpchar bpchar\n  citext citext\n  int2 int2\n  int8 int8\n  texts text[]\n"

#define FIELDS                                                                                               \
  "message M { State state = 1; repeated State states = 2; Same same = 3; Cased cased = 4; Alias alias = "   \
  "5;\n"                                                                                                     \
  "  Agreed agreed = 6; }\n"                                                                                 \
  "enum State { STATE_UNSPECIFIED = 0 [(rowan.v1.enum_value).label = \"\"]; STATE_ON_HOLD = 1;\n"            \
  "  DONE = 2; STATE_CLOSED = -3 [(rowan.v1.enum_value).label = \"Done!\"]; }\n"                             \
  "enum Same { SAME_UNSPECIFIED = 0; SAME_ON_HOLD = 1;\n"                                                    \
  "  SAME_WAITING = 2 [(rowan.v1.enum_value).label = \"On Hold\"]; }\n"                                      \
  "enum Cased { CASED_A = 0 [(rowan.v1.enum_value).label = \"Wait!\"];\n"                                    \
  "  CASED_B = 1 [(rowan.v1.enum_value).label = \"wait!\"]; }\n"                                             \
  "enum Alias { option allow_alias = true; ALIAS_A = 0; ALIAS_B = 0; }\n"                                    \
  "enum Agreed { option allow_alias = true; AGREED_A = 0 [(rowan.v1.enum_value).label = \"a\"];\n"           \
  "  AGREED_B = 0 [(rowan.v1.enum_value).label = \"a\"]; }\n"

static struct catalog *catalog;
static struct schema *schema;
static struct arena *arena;

static int setup(void **state)
{
  catalog = catalog_from_text(COLUMNS);
  schema = schema_from_text(FIELDS);
  arena = arena_new(0);
  return 0;
}

static int teardown(void **state)
{
  catalog_free(catalog);
  schema_unref(schema);
  arena_free(arena);
  return 0;
}

static bool resolve(const char *column_name, const char *field_name, struct codec *ret, struct error *error)
{
  const struct catalog_column *column = catalog_find_column(catalog->tables[0], str_from(column_name));
  const struct schema_field *field =
      schema_message_field(schema_find_message(schema, "test.v1.M"), str_from(field_name));
  return codec_resolve(column->type, field, arena, ret, error);
}

/* What a text of the column stands for. */
static void texts_are_found_by_label_or_fold(void **state)
{
  enum { NOTHING = 99 };
  static const struct {
    const char *column, *field, *text;
    int32_t number;
  } cases[] = {
      {"text", "state", "", 0},
      {"text", "state", "on hold", 1},
      {"text", "state", "On-Hold", 1},
      {"text", "state", "on_hold", 1},
      {"text", "state", "on_hol", NOTHING},
      {"text", "state", "on_hold_", NOTHING},
      {"text", "state", "done", 2},
      {"text", "state", "Done!", -3},
      {"text", "state", "done!", NOTHING},
      {"text", "state", "d\xc3\xb6ne", NOTHING},
      {"text", "state", "on\xc2\xa0hold", NOTHING},
      {"text", "state", "closed", NOTHING},
      {"bpchar", "state", "Done!", -3},
      {"citext", "state", "dOnE!", -3},
      {"citext", "state", "done", 2},
      {"texts", "states", "ON HOLD", 1},
      {"text", "cased", "Wait!", 0},
      {"text", "cased", "wait!", 1},
      {"text", "cased", "WAIT!", NOTHING},
      {"text", "agreed", "a", 0},
  };
  for (size_t i = 0; i < LENGTH_OF(cases); i++) {
    struct codec codec;
    struct error error = {0};
    int32_t number = NOTHING;
    if (!resolve(cases[i].column, cases[i].field, &codec, &error))
      fail_msg("%s: %s", cases[i].column, error.message);
    assert_int_equal(codec.kind, CODEC_ENUM);
    bool found = codec_find_number(&codec, str_from(cases[i].text), &number);
    if (number != cases[i].number || found != (number != NOTHING))
      fail_msg("%s \"%s\": %d", cases[i].column, cases[i].text, number);
  }
}

/* What is sent to the database for a number. */
static void numbers_have_a_label_or_a_fold(void **state)
{
  struct codec codec;
  struct error error;
  bool folded;
  assert_true(resolve("text", "state", &codec, &error));
  assert_string_equal(codec_find_label(&codec, 0, &folded), "");
  assert_false(folded);
  assert_string_equal(codec_find_label(&codec, 1, &folded), "on_hold");
  assert_true(folded);
  assert_string_equal(codec_find_label(&codec, 2, &folded), "done");
  assert_true(folded);
  assert_string_equal(codec_find_label(&codec, -3, &folded), "Done!");
  assert_false(folded);
  assert_null(codec_find_label(&codec, 7, &folded));
}

static void char_n_comes_without_its_padding(void **state)
{
  struct codec codec;
  struct error error;
  assert_true(resolve("bpchar", "state", &codec, &error));
  assert_true(codec.as_text);
}

static void integers_are_numbers(void **state)
{
  struct codec codec;
  struct error error;
  assert_true(resolve("int2", "alias", &codec, &error));
  assert_int_equal(codec.kind, CODEC_INT2);
  assert_true(resolve("int8", "same", &codec, &error));
  assert_int_equal(codec.kind, CODEC_INT8);
}

static void texts_that_could_be_two_values_are_refused(void **state)
{
  static const char *const pairs[][3] = {
      {"text", "same", "the text \"On Hold\" would stand for SAME_WAITING and for SAME_ON_HOLD"},
      {"citext", "cased", "the text \"Wait!\" would stand for CASED_A and for CASED_B"},
      {"text", "alias", "ALIAS_A and ALIAS_B are one number, which two texts would stand for"},
  };
  for (size_t i = 0; i < LENGTH_OF(pairs); i++) {
    struct codec codec;
    struct error error = {0};
    assert_false(resolve(pairs[i][0], pairs[i][1], &codec, &error));
    assert_int_equal(error.code, ERROR_FAILED_PRECONDITION);
    if (strstr(error.message, pairs[i][2]) == NULL)
      fail_msg("%s: %s", pairs[i][1], error.message);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(texts_are_found_by_label_or_fold),
      cmocka_unit_test(numbers_have_a_label_or_a_fold),
      cmocka_unit_test(char_n_comes_without_its_padding),
      cmocka_unit_test(integers_are_numbers),
      cmocka_unit_test(texts_that_could_be_two_values_are_refused),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}

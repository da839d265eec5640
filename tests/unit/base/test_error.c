#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/str.h"

static void setting_forgets_what_was_there(void **state)
{
  struct error error;
  memset(&error, 0xEE, sizeof error);
  assert_false(error_set(&error, ERROR_NOT_FOUND, "NOT_FOUND", "no event %d", 7));
  assert_int_equal(error.code, ERROR_NOT_FOUND);
  assert_string_equal(error.reason, "NOT_FOUND");
  assert_string_equal(error.message, "no event 7");
  assert_string_equal(error.field, "");
  assert_string_equal(error.detail, "");
  assert_true(error.retry_ms < 0);
  assert_int_equal(error.n_metadata, 0);
}

static void additions_are_kept(void **state)
{
  struct error error;
  error_set(&error, ERROR_INVALID_ARGUMENT, "INVALID_MASK", "no such field");
  error_set_field(&error, "read_mask.paths[%d]", 2);
  error_set_detail(&error, "sqlstate %s", "42703");
  error_set_retry(&error, 1500);
  error_add_metadata(&error, "path", "%s", "creator.nam");
  error_add_metadata(&error, "nearest", "%s", "name");
  assert_string_equal(error.message, "no such field");
  assert_string_equal(error.field, "read_mask.paths[2]");
  assert_string_equal(error.detail, "sqlstate 42703");
  assert_int_equal(error.retry_ms, 1500);
  assert_int_equal(error.n_metadata, 2);
  assert_string_equal(error.metadata[1].key, "nearest");
  assert_string_equal(error.metadata[1].value, "name");
}

/* Text of every width of character, cut at every offset, must stay UTF-8: clients refuse a status that is
 * not. */
static void a_cut_keeps_whole_characters(void **state)
{
  static const char *const characters[] = {"x", "é", "€", "😀"};
  for (size_t c = 0; c < LENGTH_OF(characters); c++) {
    for (size_t pad = 0; pad < 4; pad++) {
      char text[2000] = "";
      memset(text, 'a', pad);
      while (strlen(text) < 1500)
        strcat(text, characters[c]);
      struct error error;
      error_set(&error, ERROR_INTERNAL, "TEST", "%s", text);
      size_t len = strlen(error.message);
      assert_true(len <= sizeof error.message - 1);
      assert_true(len > sizeof error.message - 5);
      assert_true(str_is_utf8(error.message, len));
      assert_memory_equal(error.message, text, len);
    }
  }
}

static void an_error_can_be_reworded_with_its_own_text(void **state)
{
  struct error error;
  error_set(&error, ERROR_INTERNAL, "TEST", "no such file");
  error_set(&error, ERROR_INTERNAL, "TEST", "%s: %s", "api.binpb", error.message);
  assert_string_equal(error.message, "api.binpb: no such file");
}

static void codes_have_their_canonical_names(void **state)
{
  assert_string_equal(error_code_name(ERROR_NONE), "OK");
  assert_string_equal(error_code_name(ERROR_INVALID_ARGUMENT), "INVALID_ARGUMENT");
  assert_string_equal(error_code_name(ERROR_UNAUTHENTICATED), "UNAUTHENTICATED");
  assert_string_equal(error_code_name((enum error_code)2), "UNKNOWN");
  assert_string_equal(error_code_name((enum error_code)99), "UNKNOWN");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(setting_forgets_what_was_there),
      cmocka_unit_test(additions_are_kept),
      cmocka_unit_test(a_cut_keeps_whole_characters),
      cmocka_unit_test(an_error_can_be_reworded_with_its_own_text),
      cmocka_unit_test(codes_have_their_canonical_names),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

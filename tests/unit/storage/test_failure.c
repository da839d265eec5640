/*
 * test_failure.c - what a client is told of each of the database's refusals.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "storage/failure.h"

static void values_that_only_the_database_can_judge_are_the_client_s_fault(void **state)
{
  static const char *const sqlstates[] = {"22000", "22P02", "22003", "22007", "22008"};
  for (size_t i = 0; i < LENGTH_OF(sqlstates); i++) {
    struct error error = {0};
    failure_describe(sqlstates[i], "range lower bound must be less", &error);
    assert_int_equal(error.code, ERROR_INVALID_ARGUMENT);
    assert_string_equal(error.reason, "INVALID_VALUE");
    assert_null(strstr(error.message, "lower bound"));
    assert_int_equal(failure_retry(sqlstates[i]), RETRY_NEVER);
  }
}

static void values_that_a_filter_cannot_look_into_are_named(void **state)
{
  struct error error = {0};
  failure_describe("22P05", "unsupported Unicode escape sequence", &error);
  assert_int_equal(error.code, ERROR_FAILED_PRECONDITION);
  assert_string_equal(error.reason, "UNREADABLE_VALUE");
  assert_non_null(strstr(error.message, "\\u0000"));
  failure_describe("54000", "string is too long for tsvector", &error);
  assert_int_equal(error.code, ERROR_INVALID_ARGUMENT);
  assert_string_equal(error.reason, "REQUEST_TOO_COMPLEX");
}

static void what_is_gone_from_the_schema_is_drift(void **state)
{
  static const char *const sqlstates[] = {"42703", "42P01", "42883", "42704"};
  for (size_t i = 0; i < LENGTH_OF(sqlstates); i++)
    assert_true(failure_is_drift(sqlstates[i]));
  assert_false(failure_is_drift("22000"));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(values_that_only_the_database_can_judge_are_the_client_s_fault),
      cmocka_unit_test(values_that_a_filter_cannot_look_into_are_named),
      cmocka_unit_test(what_is_gone_from_the_schema_is_drift),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

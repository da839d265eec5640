#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>

#include "server/plan_settings.h"

static struct settings settings;
static struct error error;
static char **positional;
static int n_positional;
static const char *mask;
static const struct command_option options[] = {
    {.flag = "read-mask", .value = &mask, .prose = "a field mask"}};

#define MAX_WORDS 16

/* Parses the words, separated by blanks, as a command line. */
static bool parse(const char *line)
{
  static char text[256];
  static char *argv[MAX_WORDS + 1];
  int argc = 0;
  strcpy(text, line);
  argv[argc++] = "serve";
  for (char *word = strtok(text, " "); word != NULL && argc < MAX_WORDS; word = strtok(NULL, " "))
    argv[argc++] = word;
  mask = NULL;
  return settings_parse(&settings, argc, argv, options, 1, &positional, &n_positional, &error);
}

static void expect_refused(const char *line, const char *part, const char *other_part)
{
  assert_false(parse(line));
  assert_int_equal(error.code, ERROR_INVALID_ARGUMENT);
  if (strstr(error.message, part) == NULL || strstr(error.message, other_part) == NULL)
    fail_msg("\"%s\" lacks %s or %s", error.message, part, other_part);
}

static int clear_environment(void **state)
{
  unsetenv("ROWAN_PAGE_SIZE");
  unsetenv("ROWAN_STRICT");
  unsetenv("ROWAN_DATABASE");
  return 0;
}

static void test_defaults(void **state)
{
  assert_true(parse(""));
  assert_int_equal(settings.page_size, 50);
  assert_string_equal(settings.listen, "0.0.0.0:50051");
  assert_string_equal(settings.database, "");
  assert_false(settings.strict);
  assert_int_equal(n_positional, 0);
}

static void test_both_spellings_of_a_value(void **state)
{
  assert_true(parse("--page-size 7 --database=postgres://h/d?a=b --strict"));
  assert_int_equal(settings.page_size, 7);
  assert_string_equal(settings.database, "postgres://h/d?a=b");
  assert_true(settings.strict);
  assert_true(parse("--strict=false --max-run-bytes=4294967296 --listen="));
  assert_false(settings.strict);
  assert_int_equal(settings.max_run_bytes, INT64_C(4294967296));
  assert_string_equal(settings.listen, "");
}

static void test_the_command_line_wins_over_the_environment(void **state)
{
  setenv("ROWAN_PAGE_SIZE", "20", 1);
  setenv("ROWAN_STRICT", "true", 1);
  setenv("ROWAN_DATABASE", "", 1); /* empty is unset */
  assert_true(parse(""));
  assert_int_equal(settings.page_size, 20);
  assert_true(settings.strict);
  assert_true(parse("--page-size=30 --strict=0"));
  assert_int_equal(settings.page_size, 30);
  assert_false(settings.strict);
}

static void test_positional_arguments_between_flags(void **state)
{
  assert_true(parse("ListEvents --page-size 7 other --read-mask a,b -- --strict"));
  assert_int_equal(n_positional, 3);
  assert_string_equal(positional[0], "ListEvents");
  assert_string_equal(positional[1], "other");
  assert_string_equal(positional[2], "--strict");
  assert_string_equal(mask, "a,b");
  assert_false(settings.strict);
}

static struct plan_options plan_options(const char *flags)
{
  struct catalog catalog = {.round_trip_us = 70};
  struct graph graph = {.catalog = &catalog};
  assert_true(parse(flags));
  return plan_settings_options(&settings, &graph);
}

static void test_pins_reach_the_planner(void **state)
{
  struct plan_options automatic = plan_options("");
  assert_int_equal(automatic.to_one, PIN_TO_ONE_AUTO);
  assert_int_equal(automatic.to_many, PIN_TO_MANY_AUTO);
  assert_int_equal(plan_options("--pin-to-one keys").to_one, PIN_TO_ONE_KEYS);
  assert_int_equal(plan_options("--pin-to-many ordinal").to_many, PIN_TO_MANY_ORDINAL);
  assert_int_equal(plan_options("--pin-to-one join").to_one, PIN_TO_ONE_JOIN);
  assert_int_equal(plan_options("--pin-to-many embed").to_many, PIN_TO_MANY_EMBED);
}

static void test_the_round_trip_is_measured_unless_set(void **state)
{
  assert_true(plan_options("").round_trip_us == 70);
  assert_true(plan_options("--round-trip 250").round_trip_us == 250);
}

static void test_help_is_a_flag(void **state)
{
  assert_true(parse("-h"));
  assert_true(settings.help);
  assert_true(parse("--help"));
  assert_true(settings.help);
}

static void test_what_is_refused_is_named(void **state)
{
  expect_refused("--page-size 0", "--page-size", "1 to 100000");
  expect_refused("--page-size 100001", "--page-size", "\"100001\"");
  expect_refused("--page-size 7x", "--page-size", "\"7x\"");
  expect_refused("--page-size=", "--page-size", "\"\"");
  expect_refused("--max-result-bytes 1", "--max-result-bytes", "bytes");
  expect_refused("--page-size 99999999999999999999", "--page-size", "integer");
  expect_refused("--page-size", "--page-size", "needs a value");
  expect_refused("--strict=maybe", "--strict", "\"maybe\"");
  expect_refused("--page-sise 7", "--page-sise", "--page-size");
  expect_refused("--read-mark x", "--read-mark", "--read-mask");
  expect_refused("-p 7", "-p", "--");
  expect_refused("--page-size 500 --max-page-size 100", "500", "100");
  expect_refused("--pin-to-one embed", "--pin-to-one", "\"embed\"; expected auto, join or keys");
  expect_refused("--pin-to-many=", "--pin-to-many", "\"\"; expected auto, embed, keys or ordinal");
  setenv("ROWAN_PAGE_SIZE", "many", 1);
  expect_refused("", "ROWAN_PAGE_SIZE", "\"many\"");
}

static void test_help_lists_everything(void **state)
{
  struct strbuf text = {0};
  settings_help(options, 1, &text);
  assert_non_null(strstr(text.data, "--read-mask"));
  assert_non_null(strstr(text.data, "--page-size N  (default 50, from 1 to 100000)  [ROWAN_PAGE_SIZE]"));
  assert_non_null(strstr(text.data, "(default 60000 ms, from 0 to 86400000)"));
  assert_non_null(strstr(text.data, "--listen TEXT  (default 0.0.0.0:50051)  [ROWAN_LISTEN]"));
  assert_non_null(strstr(text.data, "--strict  [ROWAN_STRICT]"));
  for (const char *p = text.data; p != NULL && *p != '\0';) {
    size_t len = strcspn(p, "\n");
    assert_true(len <= 110);
    p += len + (p[len] == '\n');
  }
  strbuf_done(&text);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, clear_environment, clear_environment)
      TEST(test_defaults),
      TEST(test_both_spellings_of_a_value),
      TEST(test_the_command_line_wins_over_the_environment),
      TEST(test_positional_arguments_between_flags),
      TEST(test_pins_reach_the_planner),
      TEST(test_the_round_trip_is_measured_unless_set),
      TEST(test_help_is_a_flag),
      TEST(test_what_is_refused_is_named),
      TEST(test_help_lists_everything),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

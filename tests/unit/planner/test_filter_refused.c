/*
 * test_filter_refused.c - filters that are refused, with the words they are refused by, and the limits at
 * which they are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>

#include "unit/planner/filter_fixture.h"

static void syntax_refused(void **state)
{
  static const struct refused cases[] = {
      {"id", "character 1: id alone is no condition"},
      {"42", "42 alone is no condition"},
      {"\"text\"", "alone is no condition"},
      {"id = 1 foo", "character 8: foo alone is no condition"},
      {"id = 1 -2", "-2 alone is no condition"},
      {"true", "true alone is no condition"},
      {"id =", "character 5: expected a value, found the end"},
      {"id = AND", "character 6: expected a value, found AND"},
      {"= 1", "character 1: expected a condition, found ="},
      {"id == 1", "character 5: expected a value, found ="},
      {"id = 1 AND", "expected a condition, found the end"},
      {"AND id = 1", "expected a condition, found AND"},
      {"id = 1 AND AND id = 2", "expected a condition, found AND"},
      {"id = 1 OR", "expected a condition, found the end"},
      {"id = 1 OR OR id = 2", "expected a condition, found OR"},
      {"NOT", "expected a condition, found the end"},
      {"NOT NOT id = 1", "expected a condition, found NOT"},
      {"NOT = 1", "expected a condition, found ="},
      {"-", "expected a condition, found the end"},
      {"(", "expected a condition, found the end"},
      {"()", "expected a condition, found )"},
      {"(id = 1", "expected AND, OR or ), found the end"},
      {"id = 1)", "character 7: expected AND, OR or the end, found )"},
      {"id = ()", "expected a condition, found )"},
      {"id = 1, seats = 2", "expected AND, OR or the end, found ,"},
      {"a:b:c", "character 4: expected AND, OR or the end (a value with such a character needs quotes)"},
      {"event_date > 2024-01-01T00:00:00Z", "needs quotes"},
      {"id = 1 = 2", "needs quotes"},
      {"id ! 1", "character 4: a character that means nothing here"},
      {"id = 1\\", "a character that means nothing here"},
      {"id\x01 = 1", "character 3: a character that means nothing here"},
      {"name = \"abc", "character 8: the string that starts here has no end; expected \""},
      {"name = 'abc\"", "has no end; expected '"},
      {"name = \"abc\\\"", "has no end"},
      {"name = \"abc\\", "an unknown escape"},
      {"name = \"a\\x\"", "character 10: an unknown escape"},
      {"name = \"\\u12\"", "an unknown escape"},
      {"name = \"\\u0000\"", "an unknown escape"},
      {"name = \"\\uD83D\\uDE00\"", "an unknown escape"},
      {"name = \"été\\q\"", "character 12: an unknown escape"},
      {"creator. name = 1", "expected a name right behind the dot"},
      {"creator .name = 1", "expected a name right behind the dot"},
      {"creator..name = 1", "expected a name right behind the dot, found ."},
      {"creator.", "expected a name right behind the dot, found the end"},
      {".name = 1", "expected a condition, found ."},
      {"id = .5", "expected a value, found ."},
      {"id = 1 .5", "expected a name right behind the dot"},
      {"id = - 1", "expected a value right behind -"},
      {"id = -'1'", "expected a value right behind -"},
      {"id = --1", "expected a value right behind -"},
      {"name = \"a\".\"b\"", "put all of it into one pair of quotes"},
      {"exists(attendees", "expected a comma or )"},
      {"exists(attendees,", "expected a value, found the end"},
      {"exists(attendees,)", "expected an argument, found )"},
      {"exists(attendees, name = Ann)", "a condition as argument needs parentheses of its own"},
      {"id=1(seats=2)", "expected a comma or )"},
      {"exists (attendees)", "exists alone is no condition"},
  };
  check_refused(FILTER_OF_REQUEST, cases, LENGTH_OF(cases));
}

static void names_refused(void **state)
{
  static const struct refused cases[] = {
      {"nam = x", "character 1: Event has no field nam; did you mean name?"},
      {"id = 1 AND creator.nme = x", "character 20: User has no field nme; did you mean name?"},
      {"zzzzzzzz = 1", "Event has no field zzzzzzzz"},
      {"-30 = 1", "Event has no field -30"},
      {"secret = x", "Event has no field secret"},
      {"name.first = x", "character 6: name has no fields"},
      {"attendees_has_more = true", "attendees_has_more is no part of the data"},
      {"creator = 5", "creator is no value; use creator:*"},
      {"creator:5", "creator is no value; use creator:*"},
      {"creator != *", "creator is no value"},
      {"creator:\"*\"", "creator is no value"},
      {"attendees = 5", "attendees is no value"},
      {"attendees.name = Ann",
       "character 1: attendees is a list; reach its fields with ':' or by exists(attendees, (…))"},
      {"attendees.name != Ann", "reach its fields with ':'"},
      {"attendees.age > 5", "reach its fields with ':'"},
      {"creator.organization.attendees.name:x", "Organization has no field attendees"},
      {"foo(1)", "there is no function foo; there is exists(relation, (condition))"},
      {"a.b(1)", "there is no function a.b"},
      {"id = now()", "character 6: there is no function now"},
      {"id = claim('x')", "there is no function claim"},
      {"id = (1 OR f(2))", "there is no function f"},
      {"id = exists(attendees)",
       "expected a literal; exists(relation, (condition)) cannot stand for a value"},
      {"column('name') = x", "there is no function column"},
      {"through('rank') = 1", "there is no function through"},
      {"exists()", "expected exists(relation, (condition))"},
      {"exists(attendees, (id = 1), 3)", "expected exists(relation, (condition))"},
      {"exists(attendees, name)", "expected a condition in parentheses"},
      {"exists((id = 1))", "expected a relation"},
      {"exists(name)", "exists() wants a relation, and name is none"},
      {"exists(attendees, (5))", "5 alone is no condition"},
      {"exists(attendees) = true", "is a condition already"},
      {"exists(attendees, (nam = x))", "Attendee has no field nam; did you mean name?"},
  };
  check_refused(FILTER_OF_REQUEST, cases, LENGTH_OF(cases));
}

static void values_refused(void **state)
{
  static const struct refused cases[] = {
      {"id = abc",
       "character 6: expected an integer from -9223372036854775808 to 9223372036854775807 for id"},
      {"id = 9223372036854775808", "expected an integer"},
      {"id = -9223372036854775809", "expected an integer"},
      {"id = 99999999999999999999999999", "expected an integer"},
      {"id = 1.5", "expected an integer"},
      {"id = 1e3", "expected an integer"},
      {"id = +1", "expected an integer"},
      {"id = 1;", "expected an integer"},
      {"id = 0x10", "expected an integer"},
      {"id = \"1\"", "expected a value without quotes, id is no text"},
      {"id = 1*", "expected an integer"},
      {"small = 32768", "from -32768 to 32767"},
      {"seats = -2147483649", "from -2147483648 to 2147483647"},
      {"score = NaN", "expected a finite number"},
      {"score = Infinity", "expected a finite number"},
      {"score = 1e999", "expected a finite number"},
      {"score = 1.", "expected a name right behind the dot"},
      {"ratio = 1e39", "expected a finite number of single precision"},
      {"price = NaN", "expected a decimal number"},
      {"price = 1e200000", "expected a decimal number"},
      {"price = 1e-20000", "expected a decimal number"},
      {"price = 1e9999999", "expected a decimal number"},
      {"public = yes", "expected true or false for public"},
      {"public = \"true\"", "without quotes"},
      {"public = 1", "expected true or false"},
      {"token = 123", "expected a UUID"},
      {"data = 'A'", "expected bytes in base64"},
      {"data = 'A=A='", "expected bytes in base64"},
      {"day = 2023-02-29", "expected a date like"},
      {"day = 2024-13-01", "expected a date like"},
      {"day = 01/02/2024", "expected a date like"},
      {"day = today", "expected a date like"},
      {"starts = '24:00:01'", "expected a time of day"},
      {"starts = 9", "expected a time of day"},
      {"event_date = 2024-01-01", "expected a timestamp of RFC 3339"},
      {"event_date = \"2024-01-01T00:00:00\"", "expected a timestamp of RFC 3339"},
      {"event_date = \"2024-01-01T25:00:00Z\"", "expected a timestamp of RFC 3339"},
      {"event_date = \"0001-01-01T00:00:00+01:00\"", "expected a timestamp of RFC 3339"},
      {"event_date = \"9999-12-31T23:59:59-01:00\"", "expected a timestamp of RFC 3339"},
      {"event_date = \"now\"", "expected a timestamp of RFC 3339"},
      {"event_date = \"2024-01-01T00:00:00.1234567890Z\"", "expected a timestamp of RFC 3339"},
      {"length = 90", "expected a duration in seconds"},
      {"length = 315576000001s", "expected a duration in seconds"},
      {"length = \"1 day\"", "expected a duration in seconds"},
      {"mood = MOOD_SADD", "enum Mood has no value MOOD_SADD; did you mean MOOD_SAD?"},
      {"mood = 1", "enum Mood has no value 1"},
      {"mood = MOOD_UNSPECIFIED", "MOOD_UNSPECIFIED stands for no value of the database; NOT mood:*"},
      {"mood = \"MOOD_*\"", "enum Mood has no value MOOD_*"},
      {"mood_text = glad", "expected a label of the enum"},
      {"mood > MOOD_SAD", "mood has no order; use = or !="},
      {"public < true", "public has no order"},
      {"name = null", "NOT x:* asks whether x is unset"},
      {"id = NULL", "NOT x:* asks whether x is unset"},
      {"creator:null", "creator is no value"},
      {"name < \"a*\"", "a wildcard goes with = or :"},
      {"id < (1 OR 2)", "expected one value"},
      {"id = (1 AND 2)", "expected values joined by OR"},
      {"id = (1 2)", "expected values joined by OR"},
      {"id = (seats = 2)", "expected values joined by OR"},
      {"id = (NOT 1)", "expected values joined by OR"},
      {"id = (1 OR abc)", "character 12: expected an integer"},
      {"tags = x", "tags is a list; use tags:value"},
      {"tags != x", "tags is a list"},
      {"tags > x", "tags is a list"},
      {"tags:\"a*\"", "compared whole, without wildcards"},
      {"ratings:x", "expected an integer"},
      {"blobs:x", "values of blobs (json) cannot be compared"},
      {"blobs:*", "values of blobs (json) cannot be compared"},
      {"settings = x", "values of settings (jsonb) cannot be compared; name what is inside, as settings.key"},
      {"extra:x", "cannot be compared"},
  };
  check_refused(FILTER_OF_REQUEST, cases, LENGTH_OF(cases));
}

static void annotations_refused(void **state)
{
  static const struct refused cases[] = {
      {"column('nope') = 1", "table events has no column nope"},
      {"column(a.b) = 1", "table events has no column a"},
      {"column(id.b) = 1", "column id has no fields"},
      {"column() = 1", "expected column('name')"},
      {"column('id')", "column('name') alone is no condition"},
      {"through('nope') = 1", "table event_attendees has no column nope"},
      {"exists(attendees, (through('rank') = 1))", "there is no junction table"},
      {"foo('x') = 1", "overlaps(field, \"[a,b)\"), column('name'), through('name')"},
      {"lower(column('seats')) = x", "lower() takes a field of type text; seats is int4"},
      {"lower(column('nope')) = x", "table events has no column nope"},
      {"claim('x') = 1", "a claim stands on the right: field = claim('name')"},
      {"claim('x')", "alone is no condition; compare it"},
      {"id = claim()", "expected claim('name')"},
      {"id = claim('a', 'b')", "expected claim('name')"},
      {"id = claim('')", "expected claim('name')"},
      {"id = claim(a.b)", "expected claim('name')"},
      {"id = column('id')", "column('name') cannot stand for a value"},
      {"id = (claim('a') OR claim('b'))", "claim('name') cannot stand for a value"},
      {"public < claim('x')", "public has no order"},
      {"mood >= claim('x')", "mood has no order"},
      {"address = claim('ip')", "values of address (inet) cannot be compared with a claim"},
      {"event_date < claim('exp')", "values of event_date (timestamptz) cannot be compared with a claim"},
      {"settings = claim('x')", "cannot be compared"},
      {"tags = claim('x')", "tags is a list"},
  };
  check_refused(FILTER_OF_ANNOTATION, cases, LENGTH_OF(cases));
}

static void text_that_is_no_text(void **state)
{
  static const struct {
    struct str filter;
    const char *message;
  } cases[] = {
      {{"name = \"\xff\"", 10}, "the filter is no UTF-8"},
      {{"name = \xed\xa0\x80", 10}, "the filter is no UTF-8"},
      {{"name = \"a\0b\"", 12}, "expected text without NUL"},
      {{"name\0 = a", 9}, "a character that means nothing here"},
  };
  for (size_t i = 0; i < LENGTH_OF(cases); i++) {
    struct fixture fixture;
    struct expr *expr;
    set_up(&fixture, FILTER_OF_REQUEST);
    assert_false(filter_parse(cases[i].filter, &fixture.context, &expr, &fixture.error));
    assert_non_null(strstr(fixture.error.message, cases[i].message));
    tear_down(&fixture);
  }
}

/* `n` times `unit`, between `before` and `after`. */
static char *repeat(const char *before, const char *unit, size_t n, const char *after)
{
  struct strbuf text = {0};
  strbuf_puts(&text, before);
  for (size_t i = 0; i < n; i++)
    strbuf_puts(&text, unit);
  strbuf_puts(&text, after);
  return text.data;
}

static const char *metadata_of(const struct error *error, const char *key)
{
  for (size_t i = 0; i < error->n_metadata; i++)
    if (strcmp(error->metadata[i].key, key) == 0)
      return error->metadata[i].value;
  return "";
}

static void check_limit(char *filter, const struct planner_limits *limits, const char *setting,
                        const char *limit, const char *value)
{
  struct fixture fixture;
  struct expr *expr;
  set_up(&fixture, FILTER_OF_REQUEST);
  fixture.context.limits = limits;
  assert_false(filter_parse(str_from(filter), &fixture.context, &expr, &fixture.error));
  assert_int_equal(fixture.error.code, ERROR_INVALID_ARGUMENT);
  assert_string_equal(fixture.error.reason, "REQUEST_TOO_COMPLEX");
  assert_string_equal(fixture.error.field, "filter");
  assert_string_equal(metadata_of(&fixture.error, "setting"), setting);
  assert_string_equal(metadata_of(&fixture.error, "limit"), limit);
  assert_string_equal(metadata_of(&fixture.error, "value"), value);
  tear_down(&fixture);
  free(filter);
}

static void limits_hold(void **state)
{
  const struct planner_limits limits = {.filter_bytes = 2000000, .filter_terms = 20, .filter_depth = 8};
  const struct planner_limits small = {.filter_bytes = 1000, .filter_terms = 20, .filter_depth = 8};
  const struct planner_limits deep = {.filter_bytes = 2000000, .filter_terms = 20, .filter_depth = 100};
  check_limit(repeat("name = \"", "x", 1000000, "\""), &small, "filter-bytes", "1000", "1000009");
  check_limit(repeat("", "(", 10000, "id = 1"), &limits, "filter-depth", "8", "9");
  check_limit(repeat("", "NOT (", 10000, "id = 1"), &limits, "filter-depth", "8", "9");
  check_limit(repeat("id = ", "(", 10000, "1"), &limits, "filter-depth", "8", "9");
  check_limit(repeat("", "exists(attendees, (", 10000, ""), &limits, "filter-depth", "8", "9");
  check_limit(repeat("", "f(", 10000, ""), &limits, "filter-depth", "8", "9");
  check_limit(repeat("attendees", ".events.attendees", 10000, ":*"), &limits, "filter-depth", "8", "9");
  check_limit(repeat("attendees", ".events.attendees", 30, ":*"), &deep, "filter-terms", "20", "21");
  check_limit(repeat("id = 1", " OR id = 1", 10000, ""), &limits, "filter-terms", "20", "21");
  check_limit(repeat("id = 1", " id = 1", 10000, ""), &limits, "filter-terms", "20", "21");
  check_limit(repeat("id = (1", " OR 1", 10000, ")"), &limits, "filter-terms", "20", "21");
  check_limit(repeat("exists(a", ",a", 10000, ")"), &limits, "filter-terms", "20", "21");
}

static void limits_are_reached_but_not_exceeded(void **state)
{
  struct fixture fixture;
  struct expr *expr;
  set_up(&fixture, FILTER_OF_REQUEST);
  char *open = repeat("", "(", 8, "id = 1");
  char *nested = repeat(open, ")", 8, "");
  char *terms = repeat("id = 1", " OR id = 1", 19, "");
  assert_true(filter_parse(str_from(nested), &fixture.context, &expr, &fixture.error));
  assert_true(filter_parse(str_from(terms), &fixture.context, &expr, &fixture.error));
  assert_int_equal(expr->n_children, 20);
  fixture.context.limits = NULL;
  assert_true(filter_parse(STR("id = 1"), &fixture.context, &expr, &fixture.error));
  free(open);
  free(nested);
  free(terms);
  tear_down(&fixture);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(syntax_refused),
      cmocka_unit_test(names_refused),
      cmocka_unit_test(values_refused),
      cmocka_unit_test(annotations_refused),
      cmocka_unit_test(text_that_is_no_text),
      cmocka_unit_test(limits_hold),
      cmocka_unit_test(limits_are_reached_but_not_exceeded),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

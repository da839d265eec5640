/*
 * test_sql_text.c - names and literals, whatever they hold.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "storage/sql_text.h"

static void expect(struct strbuf *text, const char *expected)
{
  assert_string_equal(strbuf_text(text), expected);
  strbuf_clear(text);
}

static void test_names_are_quoted(void **state)
{
  struct strbuf text = {0};
  sql_identifier(&text, "select");
  expect(&text, "\"select\"");
  sql_identifier(&text, "quo\"te\\'; --");
  expect(&text, "\"quo\"\"te\\'; --\"");
  strbuf_done(&text);
}

static void test_literals_end_where_they_should(void **state)
{
  static const struct {
    struct str text;
    const char *expected;
  } cases[] = {
      {{NULL, 0}, "''"},
      {{"O'Hara", 6}, "'O''Hara'"},
      {{"a\\", 2}, "E'a\\\\'"},
      {{"\\' OR 1=1 --", 12}, "E'\\\\'' OR 1=1 --'"},
  };
  struct strbuf text = {0};
  for (size_t i = 0; i < LENGTH_OF(cases); i++) {
    sql_literal(&text, cases[i].text);
    expect(&text, cases[i].expected);
  }
  strbuf_done(&text);
}

static void test_types_and_operators_are_qualified(void **state)
{
  const struct catalog_type int8 = {.schema = "pg_catalog", .name = "int8", .class = TYPE_INT8};
  const struct catalog_type ints = {
      .schema = "pg_catalog", .name = "_int8", .class = TYPE_ARRAY, .element = &int8};
  const struct catalog_type byte = {.schema = "pg_catalog", .name = "char", .class = TYPE_TEXT};
  const struct catalog_type mood = {.schema = "public", .name = "Mood", .class = TYPE_ENUM};
  const struct catalog_type citext = {.schema = "ext", .name = "citext", .class = TYPE_CITEXT};
  const struct catalog_type mail = {
      .schema = "public", .name = "mail", .class = TYPE_DOMAIN, .base = &citext};
  struct strbuf text = {0};
  sql_type(&text, &int8);
  expect(&text, "pg_catalog.int8");
  sql_type(&text, &ints);
  expect(&text, "pg_catalog.int8[]");
  sql_type(&text, &byte);
  expect(&text, "pg_catalog.char");
  sql_type(&text, &mood);
  expect(&text, "\"public\".\"Mood\"");
  sql_operator(&text, "<", &int8, &int8);
  expect(&text, "<");
  sql_operator(&text, "=", &citext, &mail);
  expect(&text, "OPERATOR(\"ext\".=)");
  sql_operator(&text, "=", &mood, &mood);
  expect(&text, "=");
  strbuf_done(&text);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_names_are_quoted),
      cmocka_unit_test(test_literals_end_where_they_should),
      cmocka_unit_test(test_types_and_operators_are_qualified),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

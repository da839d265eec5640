/*
 * test_sql_text.c - names and literals, whatever they hold.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "storage/sql_text.h"
#include "support/catalog_builder.h"

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

static const struct catalog_type *type_of(const struct catalog *catalog, const char *column)
{
  return catalog_find_column(catalog->tables[0], str_from(column))->type;
}

static void test_types_and_operators_are_qualified(void **state)
{
  struct catalog *catalog =
      catalog_from_text("enum mood: sad\ndomain mail: citext\n"
                        "table t\n  a int8\n  b text[]\n  c citext\n  d mail\n  e mood\n");
  struct strbuf text = {0};
  sql_type(&text, type_of(catalog, "a"));
  expect(&text, "pg_catalog.int8");
  sql_type(&text, type_of(catalog, "b"));
  expect(&text, "pg_catalog.text[]");
  sql_type(&text, type_of(catalog, "e"));
  expect(&text, "\"public\".\"mood\"");
  sql_operator(&text, "<", type_of(catalog, "a"), type_of(catalog, "a"));
  expect(&text, "<");
  sql_operator(&text, "=", type_of(catalog, "c"), type_of(catalog, "d"));
  expect(&text, "OPERATOR(\"public\".=)");
  sql_operator(&text, "=", type_of(catalog, "e"), type_of(catalog, "e"));
  expect(&text, "=");
  strbuf_done(&text);
  catalog_free(catalog);
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

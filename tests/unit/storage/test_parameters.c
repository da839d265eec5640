/*
 * test_parameters.c - the bytes that libpq is handed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "storage/parameters.h"
#include "support/catalog_builder.h"

struct world {
  struct arena *arena;
  struct catalog *catalog;
};

static int set_up(void **state)
{
  struct world *world = calloc(1, sizeof *world);
  world->arena = arena_new(0);
  world->catalog =
      catalog_from_text("enum mood: sad, ok\n"
                        "domain email: citext\n"
                        "table t\n"
                        "  a int2\n  b int4\n  c int8\n  d float4\n  e float8\n  f bool\n  g text\n"
                        "  h citext\n  i numeric\n  j uuid\n  k mood\n  l bytea\n  m email\n  n bpchar\n");
  *state = world;
  return 0;
}

static int tear_down(void **state)
{
  struct world *world = *state;
  catalog_free(world->catalog);
  arena_free(world->arena);
  free(world);
  return 0;
}

static const struct catalog_type *type_of(const struct world *world, const char *column)
{
  return catalog_base_type(catalog_find_column(world->catalog->tables[0], str_from(column))->type);
}

/* "text" or the bytes in hexadecimal, "NULL". */
static void print_parameter(const struct parameters *parameters, int i, struct strbuf *ret)
{
  strbuf_clear(ret);
  if (!parameters->values[i]) {
    strbuf_puts(ret, "NULL");
  } else if (parameters->formats[i] == 0) {
    strbuf_printf(ret, "'%s'", parameters->values[i]);
    assert_int_equal(parameters->lengths[i], strlen(parameters->values[i]));
  } else {
    for (int at = 0; at < parameters->lengths[i]; at++)
      strbuf_printf(ret, "%02x", (unsigned char)parameters->values[i][at]);
  }
}

static void expect(struct world *world, struct argument argument, const char *expected)
{
  struct bind bind = {BIND_ARGUMENT, 0, argument.list ? argument.type->array->oid : argument.type->oid,
                      argument.type};
  struct statement statement = {"", &bind, 1, NULL};
  struct parameter_source source = {.arguments = &argument};
  struct parameters parameters;
  struct error error;
  struct strbuf text = {0};
  assert_true(parameters_encode(&statement, &source, world->arena, &parameters, &error));
  assert_int_equal(parameters.n, 1);
  assert_int_equal(parameters.types[0], bind.type);
  print_parameter(&parameters, 0, &text);
  assert_string_equal(strbuf_text(&text), expected);
  strbuf_done(&text);
}

static void test_scalars_travel_in_their_type_s_form(void **state)
{
  struct world *world = *state;
  const struct {
    const char *column;
    enum argument_form form;
    union value value;
    const char *expected;
  } cases[] = {
      {"a", ARGUMENT_INTEGER, {.i64 = -2}, "fffe"},
      {"b", ARGUMENT_INTEGER, {.i64 = 258}, "00000102"},
      {"c", ARGUMENT_INTEGER, {.i64 = INT64_MIN}, "8000000000000000"},
      {"i", ARGUMENT_INTEGER, {.i64 = -42}, "'-42'"},
      {"d", ARGUMENT_FLOAT, {.f64 = 1.5}, "3fc00000"},
      {"e", ARGUMENT_FLOAT, {.f64 = -0.0}, "8000000000000000"},
      {"i", ARGUMENT_FLOAT, {.f64 = 0.5}, "'0.5'"},
      {"f", ARGUMENT_BOOLEAN, {.boolean = true}, "01"},
      {"f", ARGUMENT_BOOLEAN, {.boolean = false}, "00"},
      {"g", ARGUMENT_TEXT, {.bytes = {"a'b", 3}}, "612762"},
      {"g", ARGUMENT_TEXT, {.bytes = {NULL, 0}}, ""},
      {"h", ARGUMENT_TEXT, {.bytes = {"A", 1}}, "41"},
      {"n", ARGUMENT_TEXT, {.bytes = {"A ", 2}}, "4120"},
      {"i", ARGUMENT_TEXT, {.bytes = {"1.50", 4}}, "'1.50'"},
      {"j", ARGUMENT_TEXT, {.bytes = {"not cut here", 3}}, "'not'"},
      {"k", ARGUMENT_TEXT, {.bytes = {"sad", 3}}, "'sad'"},
      {"l", ARGUMENT_BINARY, {.bytes = {"\0\1", 2}}, "0001"},
      {"c", ARGUMENT_BINARY, {.bytes = {"\0\0\0\0\0\0\0\7", 8}}, "0000000000000007"},
      {"m", ARGUMENT_NULL, {.i64 = 0}, "NULL"},
  };
  for (size_t i = 0; i < LENGTH_OF(cases); i++)
    expect(world,
           (struct argument){.type = type_of(world, cases[i].column),
                             .form = cases[i].form,
                             .n = 1,
                             .values = &cases[i].value},
           cases[i].expected);
}

static void test_lists_are_arrays(void **state)
{
  struct world *world = *state;
  const union value integers[] = {{.i64 = 1}, {.i64 = -1}};
  const union value texts[] = {{.bytes = {"a,\"b", 4}}, {.bytes = {"c\\", 2}}, {.bytes = {"", 0}}};
  struct argument list = {.type = type_of(world, "b"), .form = ARGUMENT_INTEGER, .list = true, .n = 2};
  list.values = integers;
  expect(world, list,
         "0000000100000000000000170000000200000001"
         "0000000400000001"
         "00000004ffffffff");
  list.n = 0;
  expect(world, list, "000000000000000000000017");
  list = (struct argument){
      .type = type_of(world, "g"), .form = ARGUMENT_TEXT, .list = true, .n = 3, .values = texts};
  expect(world, list,
         "0000000100000000000000190000000300000001"
         "00000004612c2262"
         "00000002635c"
         "00000000");
  list.type = type_of(world, "k");
  expect(world, list, "'{\"a,\\\"b\",\"c\\\\\",\"\"}'");
  list = (struct argument){.type = type_of(world, "j"), .form = ARGUMENT_TEXT, .list = true};
  expect(world, list, "000000000000000000000b86");
}

static void test_a_nul_byte_is_refused(void **state)
{
  struct world *world = *state;
  union value value = {.bytes = {"a\0b", 3}};
  struct argument argument = {.type = type_of(world, "j"), .form = ARGUMENT_TEXT, .n = 1, .values = &value};
  struct bind bind = {BIND_ARGUMENT, 0, argument.type->oid, argument.type};
  struct statement statement = {"", &bind, 1, NULL};
  struct parameter_source source = {.arguments = &argument};
  struct parameters parameters;
  struct error error = {0};
  assert_false(parameters_encode(&statement, &source, world->arena, &parameters, &error));
  assert_int_equal(error.code, ERROR_INVALID_ARGUMENT);
  argument.list = true;
  assert_false(parameters_encode(&statement, &source, world->arena, &parameters, &error));
}

static void test_keys_and_limits(void **state)
{
  struct world *world = *state;
  const struct cell first[] = {{(const uint8_t *)"\0\0\0\1", 4}, {(const uint8_t *)"\0\0\0\2", 4}};
  const struct cell second[] = {{(const uint8_t *)"x", 1}, {NULL, 0}};
  const struct cell *const keys[] = {first, second};
  struct bind binds[] = {{BIND_KEYS, 0, 1007, type_of(world, "b")},
                         {BIND_KEYS, 1, 1009, type_of(world, "g")},
                         {BIND_LIMIT, 0, 20, NULL},
                         {BIND_LIMIT_AHEAD, 0, 20, NULL}};
  static const char *const expected[] = {
      "0000000100000000000000170000000200000001"
      "0000000400000001"
      "0000000400000002",
      "0000000100000000000000190000000200000001"
      "0000000178"
      "00000000",
      "00000000ffffffff",
      "0000000100000000",
  };
  struct statement statement = {"", binds, LENGTH_OF(binds), NULL};
  struct parameter_source source = {.keys = keys, .n_keys = 2, .limit = UINT32_MAX};
  struct parameters parameters;
  struct error error;
  struct strbuf text = {0};
  assert_true(parameters_encode(&statement, &source, world->arena, &parameters, &error));
  for (int i = 0; i < parameters.n; i++) {
    print_parameter(&parameters, i, &text);
    assert_string_equal(strbuf_text(&text), expected[i]);
  }
  strbuf_done(&text);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_scalars_travel_in_their_type_s_form),
      cmocka_unit_test(test_lists_are_arrays),
      cmocka_unit_test(test_a_nul_byte_is_refused),
      cmocka_unit_test(test_keys_and_limits),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}

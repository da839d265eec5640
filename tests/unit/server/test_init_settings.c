#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/init_settings.h"

static struct settings defaults(void)
{
  return (struct settings){.package = "", .schemas = "public", .tables = "", .references = ""};
}

static void test_lists(void **state)
{
  struct arena *arena = arena_new(0);
  struct settings settings = defaults();
  struct init_options options;
  struct error error;
  settings.schemas = "public,sales,";
  settings.tables = ",films";
  settings.references = "a.b=c.d,a(b,c)=d(e,f),";
  settings.no_reverse = true;
  assert_true(init_settings_options(&settings, "My-Shop", arena, &options, &error));
  assert_string_equal(options.package, "my_shop.v1");
  assert_int_equal(options.n_schemas, 2);
  assert_string_equal(options.schemas[1], "sales");
  assert_int_equal(options.n_tables, 1);
  assert_string_equal(options.tables[0], "films");
  assert_int_equal(options.n_references, 2);
  assert_string_equal(options.references[1], "a(b,c)=d(e,f)");
  assert_false(options.reverse);
  arena_free(arena);
}

static void test_packages(void **state)
{
  static const struct {
    const char *package;
    bool ok;
  } cases[] = {{"shop.v1", true}, {"a", true},   {"a_1.B2", true}, {"1.v1", false},
               {"a..b", false},   {"a.", false}, {".a", false},    {"a-b", false}};
  for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
    struct arena *arena = arena_new(0);
    struct settings settings = defaults();
    struct init_options options;
    struct error error;
    settings.package = cases[i].package;
    assert_int_equal(init_settings_options(&settings, "db", arena, &options, &error), cases[i].ok);
    if (!cases[i].ok)
      assert_non_null(strstr(error.message, cases[i].package));
    arena_free(arena);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_lists),
      cmocka_unit_test(test_packages),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/catalog_builder.h"

#define TABLES                                                                                               \
  "domain inner: int8\n"                                                                                     \
  "domain outer: inner\n"                                                                                    \
  "table users rows=7\n"                                                                                     \
  "  id int8 primary key\n"                                                                                  \
  "  mail citext not null unique\n"                                                                          \
  "  first text\n"                                                                                           \
  "  last text\n"                                                                                            \
  "  depth outer\n"                                                                                          \
  "  unique (first, last)\n"                                                                                 \
  "table other.users\n"                                                                                      \
  "  id int4\n"

static struct catalog *catalog;

static int setup(void **state)
{
  catalog = catalog_from_text(TABLES);
  return 0;
}

static int teardown(void **state)
{
  catalog_free(catalog);
  catalog_free(NULL);
  return 0;
}

static const struct catalog_column *column(const char *name)
{
  return catalog_find_column(catalog_find_table(catalog, STR("users")), str_from(name));
}

static void tables_are_found_by_search_path_or_schema(void **state)
{
  const struct catalog_table *table = catalog_find_table(catalog, STR("users"));
  assert_string_equal(table->schema, "public");
  assert_ptr_equal(catalog_find_table(catalog, STR("public.users")), table);
  assert_string_equal(catalog_find_table(catalog, STR("other.users"))->schema, "other");
  assert_null(catalog_find_table(catalog, STR("user")));
  assert_null(catalog_find_table(catalog, STR("nowhere.users")));
  assert_null(catalog_find_table(catalog, (struct str){0}));
}

static void columns_and_types_are_found(void **state)
{
  assert_string_equal(column("mail")->type->name, "citext");
  assert_false(column("mail")->deterministic);
  assert_null(column("mai"));
  assert_null(column(""));
  assert_ptr_equal(catalog_find_type(catalog, 20), column("id")->type);
  assert_null(catalog_find_type(catalog, 1));
  assert_ptr_equal(catalog_base_type(column("depth")->type), column("id")->type);
}

static void keys_are_unique_within_their_columns(void **state)
{
  const struct catalog_table *table = catalog_find_table(catalog, STR("users"));
  const struct catalog_column *first[] = {column("first")};
  const struct catalog_column *names[] = {column("last"), column("first")};
  const struct catalog_column *more[] = {column("first"), column("mail")};
  assert_false(catalog_is_unique(table, first, 1));
  assert_true(catalog_is_unique(table, names, 2));
  assert_true(catalog_is_unique(table, more, 2));
  assert_false(catalog_is_unique(table, NULL, 0));
  assert_string_equal(catalog_primary_key(table)->columns[0]->name, "id");
  assert_null(catalog_primary_key(catalog_find_table(catalog, STR("other.users"))));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(tables_are_found_by_search_path_or_schema),
      cmocka_unit_test(columns_and_types_are_found),
      cmocka_unit_test(keys_are_unique_within_their_columns),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}

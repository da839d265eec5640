#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/total_size.h"

/* A plan of two fetches whose second brought this cell; NULL: no row. */
static int64_t total_with(enum plan_total_kind kind, const struct cell *cell, struct total_page page)
{
  struct catalog_table table = {.rows = 70};
  struct graph_resource resource = {.table = &table};
  struct plan plan = {.resource = &resource, .total = {kind, 1, 0}};
  struct fetch_rows fetches[2] = {0};
  struct cell cells[1];
  if (cell != NULL) {
    cells[0] = *cell;
    fetches[1].rows = (struct rows){.cells = cells, .n = 1, .cap = 1, .n_columns = 1};
  }
  return total_size(&plan, fetches, page);
}

static int64_t counted(enum plan_total_kind kind, uint8_t n, struct total_page page)
{
  uint8_t bytes[8] = {[7] = n};
  return total_with(kind, &(struct cell){bytes, 8}, page);
}

static int64_t estimated(const char *json, struct total_page page)
{
  return total_with(PLAN_TOTAL_ESTIMATE, &(struct cell){(const uint8_t *)json, (int32_t)strlen(json)}, page);
}

static void a_count_is_taken_as_it_is(void **state)
{
  assert_int_equal(counted(PLAN_TOTAL_COUNT, 9, (struct total_page){.n = 3, .more = true}), 9);
  assert_int_equal(counted(PLAN_TOTAL_COUNT, 9, (struct total_page){.n = 9}), 9);
}

static void an_estimate_is_at_least_what_the_page_proves(void **state)
{
  static const struct {
    struct total_page page;
    int64_t total;
  } cases[] = {
      {{.n = 10, .more = true}, 50},
      {{.n = 60, .more = true}, 61},
      {{.n = 10, .more = false}, 10}, /* all there is */
      {{.n = 0}, 0},
      {{.n = 5, .skipped = 20}, 25},
      {{.n = 0, .skipped = 20}, 50},
      {{.n = 40, .skipped = 20, .more = true}, 61},
      {{.n = 10, .after_cursor = true}, 50},
      {{.n = 60, .after_cursor = true}, 60},
      {{.n = 60, .after_cursor = true, .skipped = 20}, 60 + 20},
  };
  for (size_t i = 0; i < LENGTH_OF(cases); i++) {
    assert_int_equal(counted(PLAN_TOTAL_TABLE, 50, cases[i].page), cases[i].total);
    assert_int_equal(
        estimated("[{\"Plan\": {\"Plan Rows\": 50, \"Plans\": [{\"Plan Rows\": 7}]}}]", cases[i].page),
        cases[i].total);
  }
}

static void a_table_never_counted_gives_what_the_page_proves(void **state)
{
  uint8_t minus_one[8] = {255, 255, 255, 255, 255, 255, 255, 255};
  assert_int_equal(
      total_with(PLAN_TOTAL_TABLE, &(struct cell){minus_one, 8}, (struct total_page){.n = 3, .more = true}),
      4);
}

static void a_page_behind_the_end_falls_back_to_the_catalog(void **state)
{
  assert_int_equal(total_with(PLAN_TOTAL_TABLE, NULL, (struct total_page){.skipped = 500}), 70);
}

static void what_is_no_plan_counts_nothing(void **state)
{
  static const char *const texts[] = {"", "[]", "\"Plan Rows\":", "\"Plan Rows\": x"};
  for (size_t i = 0; i < LENGTH_OF(texts); i++)
    assert_int_equal(estimated(texts[i], (struct total_page){.n = 1, .more = true}), 2);
  assert_int_equal(total_with(PLAN_TOTAL_NONE, NULL, (struct total_page){.n = 1}), 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_count_is_taken_as_it_is),
      cmocka_unit_test(an_estimate_is_at_least_what_the_page_proves),
      cmocka_unit_test(a_table_never_counted_gives_what_the_page_proves),
      cmocka_unit_test(a_page_behind_the_end_falls_back_to_the_catalog),
      cmocka_unit_test(what_is_no_plan_counts_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

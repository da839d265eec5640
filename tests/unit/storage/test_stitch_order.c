/*
 * test_stitch_order.c - chains of rows put in order.
 */
#include <endian.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "storage/stitch_order.h"

static struct arena *arena;

static int set_up(void **state)
{
  arena = arena_new(0);
  return 0;
}

static int tear_down(void **state)
{
  arena_free(arena);
  return 0;
}

/* "-" is NULL, "#beef" bytes, anything else an integer of `width` bytes. */
static struct cell cell_of(const char *text, int32_t width)
{
  uint8_t *bytes = arena_alloc(arena, 64);
  int32_t len = 0;
  if (strcmp(text, "-") == 0)
    return (struct cell){.len = -1};
  if (text[0] == '#') {
    for (const char *p = text + 1; *p != '\0'; p += 2)
      bytes[len++] = (uint8_t)strtoul((char[]){p[0], p[1], '\0'}, NULL, 16);
    return (struct cell){bytes, len};
  }
  uint64_t wide = htobe64((uint64_t)strtoll(text, NULL, 10));
  memcpy(bytes, &wide, sizeof wide);
  return (struct cell){bytes + 8 - width, width};
}

/* A fetch by the terms "+i" or "-b": ascending or descending, integers or bytes. */
static struct plan_fetch fetch_by(const char *terms)
{
  struct plan_fetch fetch = {.n_sort_terms = (unsigned)strlen(terms) / 2};
  struct plan_sort_term *items = ARENA_ARRAY(arena, struct plan_sort_term, fetch.n_sort_terms);
  for (unsigned i = 0; i < fetch.n_sort_terms; i++)
    items[i] = (struct plan_sort_term){
        .output = i, .descending = terms[2 * i] == '-', .is_integer = terms[2 * i + 1] == 'i'};
  fetch.sort_terms = items;
  return fetch;
}

/* Room for n rows, all in one group in the order of their numbers. */
static struct fetch_rows one_group(size_t n, unsigned n_columns)
{
  struct fetch_rows rows = {
      .rows = {.cells = ARENA_ARRAY(arena, struct cell, n * n_columns), .n = n, .n_columns = n_columns},
      .last_of_group = ARENA_ARRAY(arena, int32_t, 1),
      .count_of_group = ARENA_ARRAY(arena, int32_t, 1),
      .previous = ARENA_ARRAY(arena, int32_t, n),
      .n_groups = 1,
  };
  rows.last_of_group[0] = (int32_t)n - 1;
  rows.count_of_group[0] = (int32_t)n;
  for (size_t i = 0; i < n; i++)
    rows.previous[i] = (int32_t)i - 1;
  return rows;
}

/* The group's rows from the first to the last. */
static const char *chain_of(const struct fetch_rows *rows, size_t group)
{
  static char text[256];
  int32_t chain[64], length = 0;
  size_t n = 0;
  for (int32_t row = rows->last_of_group[group]; row != ROW_NONE; row = rows->previous[row])
    chain[length++] = row;
  assert_int_equal(length, rows->count_of_group[group]);
  text[0] = '\0';
  while (length > 0)
    n += (size_t)snprintf(text + n, sizeof text - n, "%s%d", n > 0 ? " " : "", chain[--length]);
  return text;
}

static void rows_come_in_their_order(void **state)
{
  static const struct {
    const char *terms;
    int32_t width;
    const char *rows, *expected; /* rows by commas, cells by blanks */
  } cases[] = {
      {"+i", 8, "1", "0"},
      {"+i", 8, "1,2,3", "0 1 2"},
      {"+i", 8, "3,2,1", "2 1 0"},
      {"-i", 8, "1,2,3", "2 1 0"},
      {"+i", 8, "2,1,2,1,2", "1 3 0 2 4"}, /* equals as they came */
      {"-i", 8, "2,1,2,1,2", "0 2 4 1 3"},
      {"+i", 8, "0,-1,9223372036854775807,-9223372036854775808,1", "3 1 0 4 2"},
      {"+i", 4, "0,-1,2147483647,-2147483648,256", "3 1 0 4 2"},
      {"+i", 2, "0,-1,32767,-32768,255", "3 1 0 4 2"},
      {"+i", 8, "2,-,1,-", "2 0 1 3"}, /* NULL is above all values */
      {"-i", 8, "2,-,1,-,3", "1 3 4 0 2"},
      {"+b", 0, "#01,#00,-,#01,#00", "1 4 0 3 2"},
      {"-b", 0, "#01,#00,-,#01,#00", "2 0 3 1 4"},
      {"+b", 0, "#ff00,#00ff,#7fff,#8000", "1 2 3 0"}, /* bytes have no sign */
      {"+i+i", 8, "2 1,1 2,2 0,1 1,- 0", "3 1 2 0 4"},
      {"+i-i", 8, "2 1,1 2,2 0,1 1,- 0", "1 3 0 2 4"},
      {"-i+i", 8, "2 1,1 2,2 0,- 1,- 0", "4 3 2 0 1"},
      {"+b-i", 8, "#01 5,#00 -,#01 -,#00 6", "1 3 2 0"},
  };
  for (size_t i = 0; i < LENGTH_OF(cases); i++) {
    struct plan_fetch fetch = fetch_by(cases[i].terms);
    struct fetch_rows rows = one_group(64, fetch.n_sort_terms);
    char *rest = arena_strdup(arena, cases[i].rows), *row;
    size_t n = 0;
    for (; (row = strsep(&rest, ",")) != NULL; n++)
      for (unsigned column = 0; column < fetch.n_sort_terms; column++)
        rows.rows.cells[n * fetch.n_sort_terms + column] = cell_of(strsep(&row, " "), cases[i].width);
    rows.rows.n = n;
    rows.last_of_group[0] = (int32_t)n - 1;
    rows.count_of_group[0] = (int32_t)n;
    stitch_order(&fetch, &rows);
    if (strcmp(chain_of(&rows, 0), cases[i].expected) != 0)
      fail_msg("%s by %s: %s", cases[i].rows, cases[i].terms, chain_of(&rows, 0));
  }
}

/* Rows of two groups and of none, one among the other. */
static void groups_stay_apart(void **state)
{
  static const char *const values[] = {"9", "5", "8", "1", "7", "4"};
  struct plan_fetch fetch = fetch_by("+i");
  struct fetch_rows rows = one_group(LENGTH_OF(values), 1);
  for (size_t i = 0; i < LENGTH_OF(values); i++)
    rows.rows.cells[i] = cell_of(values[i], 8);
  rows.last_of_group = (int32_t[]){4, ROW_NONE, 5};
  rows.count_of_group = (int32_t[]){3, 0, 2};
  memcpy(rows.previous, (int32_t[]){ROW_NONE, ROW_NONE, 0, ROW_NONE, 2, 1}, 6 * sizeof(int32_t));
  rows.n_groups = 3;
  stitch_order(&fetch, &rows);
  assert_string_equal(chain_of(&rows, 0), "4 2 0");
  assert_string_equal(chain_of(&rows, 1), "");
  assert_string_equal(chain_of(&rows, 2), "5 1");
  assert_int_equal(rows.previous[3], ROW_NONE);
}

/* Of n rows that hold values[row], the chain has all, in order, equals as they came. */
static void check_long_chain(size_t n, const uint64_t *values)
{
  struct plan_fetch fetch = fetch_by("+i");
  struct fetch_rows rows = one_group(n, 1);
  for (size_t i = 0; i < n; i++)
    rows.rows.cells[i] = (struct cell){(const uint8_t *)&values[i], 8};
  stitch_order(&fetch, &rows);
  size_t met = 0;
  int32_t behind = ROW_NONE;
  for (int32_t row = rows.last_of_group[0]; row != ROW_NONE; row = rows.previous[row], met++) {
    if (behind != ROW_NONE && be64toh(values[row]) >= be64toh(values[behind]))
      assert_true(be64toh(values[row]) == be64toh(values[behind]) && row < behind);
    behind = row;
  }
  assert_int_equal(met, n);
}

static void long_chains(void **state)
{
  enum { N = 100003 };
  uint64_t *values = ARENA_ARRAY(arena, uint64_t, N);
  for (size_t i = 0; i < N; i++)
    values[i] = htobe64(N - i);
  check_long_chain(N, values);
  uint64_t random = 1;
  for (size_t i = 0; i < N; i++) {
    random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    values[i] = htobe64(random >> 52);
  }
  for (size_t n = 2; n < 200; n++)
    check_long_chain(n, values);
  check_long_chain(N, values);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(rows_come_in_their_order, set_up, tear_down),
      cmocka_unit_test_setup_teardown(groups_stay_apart, set_up, tear_down),
      cmocka_unit_test_setup_teardown(long_chains, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

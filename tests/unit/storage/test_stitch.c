/*
 * test_stitch.c - rows written as text, and the groups that they fall into.
 */
#include <endian.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "storage/stitch.h"

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

/* ---- keys of any type ---- */

static const struct catalog_type types[] = {
    {.name = "int2", .class = TYPE_INT2},
    {.name = "int4", .class = TYPE_INT4},
    {.name = "int8", .class = TYPE_INT8},
    {.name = "text", .class = TYPE_TEXT},
    {.name = "id", .class = TYPE_DOMAIN, .base = &types[2]},
};

enum { INT2, INT4, INT8, TEXT, DOMAIN };

static const struct catalog_column columns[] = {
    {.type = &types[INT2]}, {.type = &types[INT4]},   {.type = &types[INT8]},
    {.type = &types[TEXT]}, {.type = &types[DOMAIN]},
};

struct joint {
  struct plan_fetch fetch;
  struct graph_link link;
  const struct catalog_column *from[2], *to[2];
  unsigned parent_outputs[2], link_outputs[2];
};

/* The parent's key is its first outputs, the child's link its last ones of n_outputs. */
static struct joint *joint_new(unsigned n_columns, const int *from, const int *to, unsigned n_child_outputs)
{
  struct joint *joint = ARENA_NEW(arena, struct joint);
  for (unsigned i = 0; i < n_columns; i++) {
    joint->from[i] = &columns[from[i]];
    joint->to[i] = &columns[to[i]];
    joint->parent_outputs[i] = i;
    joint->link_outputs[i] = n_child_outputs - n_columns + i;
  }
  joint->link =
      (struct graph_link){.from_columns = joint->from, .to_columns = joint->to, .n_columns = n_columns};
  joint->fetch = (struct plan_fetch){.strategy = PLAN_KEYS,
                                     .link = &joint->link,
                                     .parent_outputs = joint->parent_outputs,
                                     .link_outputs = joint->link_outputs,
                                     .n_link_outputs = n_columns};
  return joint;
}

static struct cell cell_of(const char *text, int type)
{
  if (strcmp(text, "-") == 0)
    return (struct cell){.len = -1};
  if (type == TEXT)
    return (struct cell){(const uint8_t *)arena_strdup(arena, text), (int32_t)strlen(text)};
  uint64_t wide = htobe64((uint64_t)strtoll(text, NULL, 10));
  int32_t len = type == INT2 ? 2 : type == INT4 ? 4 : 8;
  const uint8_t *bytes = arena_memdup(arena, &wide, sizeof wide);
  return (struct cell){bytes + 8 - len, len};
}

/* "1 a,2 b": rows by commas, cells by blanks, "-" is NULL. */
static struct rows rows_of(const char *text, unsigned n_columns, const int *column_types)
{
  struct rows rows = {.n_columns = n_columns, .cells = ARENA_ARRAY(arena, struct cell, 64 * n_columns)};
  char *rest = arena_strdup(arena, text), *row, *save;
  while ((row = strsep(&rest, ",")) != NULL && *row != '\0') {
    save = row;
    for (unsigned i = 0; i < n_columns; i++)
      rows.cells[rows.n * n_columns + i] = cell_of(strsep(&save, " "), column_types[i]);
    rows.n++;
  }
  return rows;
}

/* "0 1 0|2:0<3": groups of the parents, then for each group its rows from the first to the last. */
static const char *stitched(struct joint *joint, struct rows parent, struct rows child)
{
  static char text[1024];
  struct stitch_groups groups;
  struct fetch_rows fetch_rows = {.rows = child};
  stitch_groups(&joint->fetch, &parent, arena, &groups);
  stitch_rows(&joint->fetch, &groups, arena, &fetch_rows);
  size_t n = 0;
  text[0] = '\0';
  for (size_t i = 0; i < parent.n; i++)
    n +=
        (size_t)snprintf(text + n, sizeof text - n, "%s%d", i == 0 ? "" : " ", fetch_rows.group_of_parent[i]);
  for (size_t group = 0; group < fetch_rows.n_groups; group++) {
    int32_t chain[64], length = 0;
    for (int32_t row = fetch_rows.last_of_group[group]; row != ROW_NONE; row = fetch_rows.previous[row])
      chain[length++] = row;
    assert_int_equal(length, fetch_rows.count_of_group[group]);
    n += (size_t)snprintf(text + n, sizeof text - n, "|");
    for (int32_t i = length - 1; i >= 0; i--)
      n += (size_t)snprintf(text + n, sizeof text - n, "%d%s", chain[i], i == 0 ? "" : "<");
  }
  return text;
}

static void single_keys(void **state)
{
  static const struct {
    int from, to;
    const char *parent, *child, *expected;
  } cases[] = {
      {INT8, INT8, "1,2,1", "2,1,2", "0 1 0|1|0<2"},
      {INT8, INT8, "", "", ""},
      {INT8, INT8, "5", "", "0|"},
      {INT8, INT8, "-,3,-", "3", "-1 0 -1|0"},
      {INT8, INT8, "1", "9,-,1", "0|2"}, /* neither a stranger nor a NULL belongs anywhere */
      {INT4, INT8, "7,-7,-2147483648", "-7,7,-2147483648", "0 1 2|1|0|2"},
      {INT8, INT2, "-1,65535", "-1", "0 1|0|"},
      {INT2, DOMAIN, "300,-300", "-300,300", "0 1|1|0"},
      {TEXT, TEXT, "a,b,A", "A,a,a", "0 1 2|1<2||0"},
      {TEXT, TEXT, "ab,a", "a,ab", "0 1|1|0"},
  };
  for (size_t i = 0; i < LENGTH_OF(cases); i++) {
    struct joint *joint = joint_new(1, &cases[i].from, &cases[i].to, 1);
    assert_string_equal(stitched(joint, rows_of(cases[i].parent, 1, &cases[i].from),
                                 rows_of(cases[i].child, 1, &cases[i].to)),
                        cases[i].expected);
  }
}

static void empty_text_is_a_key(void **state)
{
  static const int type = TEXT;
  struct joint *joint = joint_new(1, &type, &type, 1);
  struct cell empty = {(const uint8_t *)"", 0};
  struct rows rows = {.cells = &empty, .n = 1, .n_columns = 1};
  assert_string_equal(stitched(joint, rows, rows), "0|0");
}

static void composite_keys(void **state)
{
  static const int from[] = {INT4, TEXT}, to[] = {INT8, TEXT}, child[] = {INT8, INT8, TEXT};
  struct joint *joint = joint_new(2, from, to, 3);
  assert_string_equal(stitched(joint, rows_of("1 a,1 b,2 a,1 -,- a,1 a", 2, from),
                               rows_of("0 1 b,0 2 a,0 1 a,0 2 b,0 1 a", 3, child)),
                      "0 1 2 -1 -1 0|2<4|0|1");
}

static void the_junction_s_columns_are_the_child_s(void **state)
{
  static const int from = INT8, to = TEXT, source = INT4;
  struct joint *joint = joint_new(1, &from, &to, 1);
  const struct catalog_column *source_columns[] = {&columns[INT4]};
  joint->link.through = (const struct catalog_table *)joint; /* only whether there is one counts */
  joint->link.source_columns = source_columns;
  assert_string_equal(stitched(joint, rows_of("5,6", 1, &from), rows_of("6,5", 1, &source)), "0 1|1|0");
}

static void ordinals_number_the_keys(void **state)
{
  static const int type = TEXT, ordinal = INT8;
  struct joint *joint = joint_new(1, &type, &type, 1);
  joint->fetch.strategy = PLAN_KEYS_ORDINAL;
  assert_string_equal(stitched(joint, rows_of("a,-,b,a", 1, &type), rows_of("2,1,2,3,0,-5,-", 1, &ordinal)),
                      "0 -1 1 0|1|0<2");
}

static void keys_come_in_order_of_appearance(void **state)
{
  static const int types_[] = {INT8, TEXT};
  struct joint *joint = joint_new(2, types_, types_, 2);
  struct rows parent = rows_of("3 c,1 a,3 c,2 b", 2, types_);
  struct stitch_groups groups;
  stitch_groups(&joint->fetch, &parent, arena, &groups);
  assert_int_equal(groups.n, 3);
  static const char *const texts[] = {"c", "a", "b"};
  for (size_t i = 0; i < 3; i++)
    assert_memory_equal(groups.keys[1][i].data, texts[i], 1);
  assert_int_equal(groups.keys[0][0].data[7], 3);
}

/* Many keys, each with as many children as its number modulo 3: nothing is lost when slots collide. */
static void many_keys(void **state)
{
  enum { N = 20000 };
  static const int type = INT8;
  struct joint *joint = joint_new(1, &type, &type, 1);
  uint64_t *values = ARENA_ARRAY(arena, uint64_t, N);
  struct rows parent = {.cells = ARENA_ARRAY(arena, struct cell, N), .n_columns = 1};
  struct fetch_rows child = {.rows = {.cells = ARENA_ARRAY(arena, struct cell, N), .n_columns = 1}};
  for (size_t i = 0; i < N; i++) {
    values[i] = htobe64(i * 4096);
    parent.cells[parent.n++] = (struct cell){(uint8_t *)&values[i], 8};
    for (size_t k = 0; k < i % 3 && child.rows.n < N; k++)
      child.rows.cells[child.rows.n++] = parent.cells[i];
  }
  struct stitch_groups groups;
  stitch_groups(&joint->fetch, &parent, arena, &groups);
  stitch_rows(&joint->fetch, &groups, arena, &child);
  assert_int_equal(groups.n, N);
  size_t found = 0;
  for (size_t i = 0; i < N; i++) {
    assert_int_equal(child.group_of_parent[i], i);
    found += (size_t)child.count_of_group[i];
    if (child.count_of_group[i] != 0)
      assert_int_equal(child.count_of_group[i], i % 3);
  }
  assert_int_equal(found, child.rows.n);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(single_keys, set_up, tear_down),
      cmocka_unit_test_setup_teardown(empty_text_is_a_key, set_up, tear_down),
      cmocka_unit_test_setup_teardown(composite_keys, set_up, tear_down),
      cmocka_unit_test_setup_teardown(the_junction_s_columns_are_the_child_s, set_up, tear_down),
      cmocka_unit_test_setup_teardown(ordinals_number_the_keys, set_up, tear_down),
      cmocka_unit_test_setup_teardown(keys_come_in_order_of_appearance, set_up, tear_down),
      cmocka_unit_test_setup_teardown(many_keys, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

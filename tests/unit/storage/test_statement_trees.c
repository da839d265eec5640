/*
 * Relations of a table to itself, several levels deep by one statement.  Skipped without ROWAN_TEST_DATABASE.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/expect_answers.h"

/* Two trees, one of them in its root's own branch twice over; a ring; a composite key; texts in an order of
 * their own. */
static const char sql[] =
    "CREATE TABLE nodes (id int PRIMARY KEY, name text NOT NULL, parent_id bigint, hidden bool NOT NULL "
    "DEFAULT false);"
    "ALTER TABLE nodes ADD FOREIGN KEY (parent_id) REFERENCES nodes NOT VALID;"
    "INSERT INTO nodes VALUES (1, 'a', NULL, false), (2, 'aa', 1, false), (3, 'ab', 1, false), (4, 'aaa', 2, "
    "false),"
    "  (5, 'aab', 2, false), (6, 'aaaa', 4, false), (7, 'abx', 3, true), (8, 'abxa', 7, false), (9, 'b', "
    "NULL, false), (10, 'aaaaa', 6, false),"
    "  (20, 'ring1', 22, false), (21, 'ring2', 20, false), (22, 'ring3', 21, false), (23, 'self', 23, false);"
    "CREATE TABLE edges (source int REFERENCES nodes, target int REFERENCES nodes, weight int);"
    "INSERT INTO edges VALUES (1, 2, 1), (1, 2, 5), (1, 9, 1), (2, 9, 1), (9, 4, 0), (9, 5, 1), (5, 1, 1);"
    "CREATE TABLE parts (maker text COLLATE \"C\", number smallint, of_maker text COLLATE \"C\", of_number "
    "int,"
    "  PRIMARY KEY (maker, number));"
    "INSERT INTO parts VALUES ('m', 1, NULL, NULL), ('m', 2, 'm', 1), ('n', 1, 'm', 2), ('n', 2, 'm', NULL), "
    "('n', 3, 'n', 1);";

static const char declarations[] =
    "message Node { option (rowan.v1.resource) = {filter: \"column('hidden') = false\" default_mask: "
    "\"*,children\"};\n"
    "  int32 id = 1; string name = 2;\n"
    "  Node parent = 3 [(rowan.v1.field).relation = {columns: \"parent_id\" references: \"id\" max_depth: "
    "5}];\n"
    "  repeated Node children = 4 [(rowan.v1.field).relation = {columns: \"id\" references: \"parent_id\" "
    "max_depth: 3}];\n"
    "  bool children_has_more = 5 [(rowan.v1.field).has_more = \"children\"];\n"
    "  repeated Node first_children = 6 [(rowan.v1.field).relation = {columns: \"id\" references: "
    "\"parent_id\" max_depth: 2\n"
    "    page_size: 1 order_by: \"name desc\"}];\n"
    "  bool first_children_has_more = 7 [(rowan.v1.field).has_more = \"first_children\"];\n"
    "  repeated Node targets = 8 [(rowan.v1.field).relation = {max_depth: 3 filter: \"through('weight') > "
    "0\"\n"
    "    through: {table: \"edges\" source_columns: \"source\" target_columns: \"target\"}}];\n"
    "  repeated Node sources = 9 [(rowan.v1.field).relation = {max_depth: 2\n"
    "    through: {table: \"edges\" source_columns: \"target\" target_columns: \"source\"}}]; }\n"
    "message Part { option (rowan.v1.resource) = {}; string maker = 1; int32 number = 2;\n"
    "  Part whole = 3 [(rowan.v1.field).relation = {columns: [\"of_maker\", \"of_number\"] references: "
    "[\"maker\", \"number\"] max_depth: 9}];\n"
    "  repeated Part parts = 4 [(rowan.v1.field).relation = {columns: [\"maker\", \"number\"] references: "
    "[\"of_maker\", \"of_number\"] max_depth: 9}]; }\n";

static int set_up(void **state)
{
  *state = odd_world_from(sql, declarations);
  return 0;
}

static int tear_down(void **state)
{
  odd_world_free(*state);
  return 0;
}

static void whole_trees_come_level_by_level(void **state)
{
  static const struct question questions[] = {
      {"Node", "id,children.id", .filter = "id = (1 OR 2 OR 9)",
       .expected = "{id=1 children[{id=2 children[{id=4 children[{id=6 children[] children_has_more=true}]} "
                   "{id=5 children[]}]} {id=3 children[]}]}\n"
                   "{id=2 children[{id=4 children[{id=6 children[{id=10 children[]}]}]} {id=5 children[]}]}\n"
                   "{id=9 children[]}\n"},
      {"Node", "id,parent.name", .filter = "id = (1 OR 6 OR 8)",
       .expected = "{id=1}\n{id=6 parent{name=aaa parent{name=aa parent{name=a}}}}\n{id=8}\n"},
      {"Node", "children.parent.id", .filter = "id = 4",
       .expected = "{children[{parent{id=4 parent{id=2 parent{id=1}}} children[{parent{id=6 parent{id=4 "
                   "parent{id=2 parent{id=1}}}} children[]}]}]}\n"},
      {"Node", "children.name,children.targets.id", .filter = "id = 2",
       .expected = "{children[{name=aaa children[{name=aaaa children[{name=aaaaa children[] targets[]}] "
                   "targets[]}] targets[]} "
                   "{name=aab children[] targets[{id=1 targets[{id=2 targets[{id=9 targets[]}]} {id=9 "
                   "targets[{id=5 targets[]}]}]}]}]}\n"},
  };
  expect_all(*state, questions, LENGTH_OF(questions));
}

static void has_more_tells_of_the_depth_and_of_the_page(void **state)
{
  static const struct question questions[] = {
      {"Node", "children_has_more", .filter = "id = 1",
       .expected = "{children[{children[{children[{children[] children_has_more=true}]} {children[]}]} "
                   "{children[]}]}\n"},
      {"Node", "id,first_children.id", .filter = "id = (1 OR 2)",
       .expected = "{id=1 first_children[{id=3 first_children[]}] first_children_has_more=true}\n"
                   "{id=2 first_children[{id=5 first_children[]}] first_children_has_more=true}\n"},
      {"Node", "first_children.first_children.first_children.id", .filter = "id = 1",
       .expected = "{first_children[{first_children[]}] first_children_has_more=true}\n"},
      {"Node", "children.id", .filter = "id = 20",
       .expected = "{children[{id=21 children[{id=22 children[{id=20 children[]}]}]}]}\n"},
  };
  expect_all(*state, questions, LENGTH_OF(questions));
}

static void spelled_levels_are_what_they_say(void **state)
{
  static const struct question questions[] = {
      {"Node", "children.children.name", .filter = "id = 1",
       .expected = "{children[{children[{name=aaa} {name=aab}]} {children[]}]}\n"},
      {"Node", "children.name,children.*.children.id", .filter = "id = 1",
       .expected = "{children[{name=aa children[{id=4} {id=5}]} {name=ab children[]}]}\n"},
      {"Node", "parent.parent.name", .filter = "id = 6", .expected = "{parent{parent{name=aa}}}\n"},
  };
  expect_all(*state, questions, LENGTH_OF(questions));
}

static void circles_end_where_they_close(void **state)
{
  static const struct question questions[] = {
      {"Node", "id,parent.id", .filter = "id >= 20",
       .expected = "{id=20 parent{id=22 parent{id=21 parent{id=20}}}}\n{id=21 parent{id=20 parent{id=22 "
                   "parent{id=21}}}}\n"
                   "{id=22 parent{id=21 parent{id=20 parent{id=22}}}}\n{id=23 parent{id=23}}\n"},
      {"Node", "id,sources.id", .filter = "id = 2",
       .expected = "{id=2 sources[{id=1 sources[{id=5 sources[]}]}]}\n"},
      {"Node", "children.id", .filter = "id = 23", .expected = "{children[{id=23 children[]}]}\n"},
  };
  expect_all(*state, questions, LENGTH_OF(questions));
}

static void composite_keys_and_collations_recur(void **state)
{
  static const struct question questions[] = {
      {"Part", "number,whole.number,parts.number",
       .expected = "{number=1 parts[{number=2 parts[{number=1 parts[{number=3 parts[]}]}]}]}\n"
                   "{number=2 whole{number=1} parts[{number=1 parts[{number=3 parts[]}]}]}\n"
                   "{number=1 whole{number=2 whole{number=1}} parts[{number=3 parts[]}]}\n"
                   "{number=2 parts[]}\n"
                   "{number=3 whole{number=1 whole{number=2 whole{number=1}}} parts[]}\n"},
  };
  expect_all(*state, questions, LENGTH_OF(questions));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(whole_trees_come_level_by_level),
      cmocka_unit_test(has_more_tells_of_the_depth_and_of_the_page),
      cmocka_unit_test(spelled_levels_are_what_they_say),
      cmocka_unit_test(circles_end_where_they_close),
      cmocka_unit_test(composite_keys_and_collations_recur),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}

/*
 * Fields made of the row besides its columns: embedded messages and functions, in every place that a row can
 * come from.  Skipped without ROWAN_TEST_DATABASE.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/expect_answers.h"

/* A column called as the statement calls its table, and one that ends as generated names do. */
static const char sql[] =
    "CREATE SCHEMA lib; CREATE TYPE pair AS (a int, b int);"
    "CREATE TABLE shops (id int PRIMARY KEY, t0 text, w_ text, home_city text, home_zip int, work_city text,"
    "  work_zip int, at_spot pair, parent_id int REFERENCES shops);"
    "INSERT INTO shops VALUES (1, 'one', 'x', 'Bonn', 5, NULL, NULL, NULL, NULL),"
    "  (2, NULL, 'y', NULL, 7, 'Rome', NULL, NULL, 1), (3, 'three', NULL, NULL, NULL, NULL, NULL, (NULL, "
    "NULL), 1),"
    "  (4, 'four', 'z', NULL, NULL, 'Oslo', 0, (1, 2), 9999 - 9997);"
    "CREATE FUNCTION label(shops) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT $1.id || ':' || "
    "coalesce($1.t0, '-') $$;"
    "CREATE FUNCTION lib.parts(shops) RETURNS varchar[] LANGUAGE sql STABLE AS $$ SELECT ARRAY[$1.w_, 'p'] "
    "$$;"
    "CREATE FUNCTION label(pair) RETURNS text LANGUAGE sql AS $$ SELECT 'other' $$;"
    "CREATE VIEW open_shops AS SELECT id, t0 FROM shops WHERE id > 2;"
    "CREATE FUNCTION label(open_shops) RETURNS bigint LANGUAGE sql STABLE AS $$ SELECT $1.id * 10::bigint $$;"
    "CREATE TABLE visits (shop_id int REFERENCES shops, friend_id int REFERENCES shops);"
    "INSERT INTO visits VALUES (1, 2), (1, 2), (1, 4), (3, 1);";

static const char declarations[] =
    "message Place { string city = 1; optional int32 zip = 2; }\n"
    "message Spot { string where = 1 [(rowan.v1.field).column = \"spot\"]; }\n"
    "message Shop { option (rowan.v1.resource) = {}; int32 id = 1; string t0 = 2;\n"
    "  Place home = 3 [(rowan.v1.field).embed = {prefix: \"home_\"}];\n"
    "  Place work = 4 [(rowan.v1.field).embed = {prefix: \"work_\"}];\n"
    "  Spot spot = 5 [(rowan.v1.field).embed = {prefix: \"at_\"}];\n"
    "  string label = 6 [(rowan.v1.field).function = \"label\"];\n"
    "  repeated string parts = 7 [(rowan.v1.field).function = \"lib.parts\"];\n"
    "  Shop parent = 8; repeated Shop children = 9 [(rowan.v1.field).relation = {references: "
    "\"parent_id\"}];\n"
    "  repeated Shop first_children = 10 [(rowan.v1.field).relation = {references: \"parent_id\" page_size: "
    "1 order_by: \"home.zip\"}];\n"
    "  repeated Shop friends = 11 [(rowan.v1.field).relation = {through: {table: \"visits\" source_columns: "
    "\"shop_id\" target_columns: \"friend_id\"}}];\n"
    "  string parent_city = 12 [(rowan.v1.field).source = \"parent.home.city\"];\n"
    "  repeated Shop last_friends = 13 [(rowan.v1.field).relation = {page_size: 1 order_by: \"n_children, "
    "label desc\"\n"
    "    through: {table: \"visits\" source_columns: \"shop_id\" target_columns: \"friend_id\"}}];\n"
    "  repeated Shop all_friends = 14 [(rowan.v1.field).relation = {order_by: \"label desc\"\n"
    "    through: {table: \"visits\" source_columns: \"shop_id\" target_columns: \"friend_id\"}}];\n"
    "  int64 n_children = 15 [(rowan.v1.field).aggregate = {count: \"children\"}];\n"
    "  optional int32 far_zip = 16 [(rowan.v1.field).aggregate = {max: \"children.home.zip\"}]; }\n"
    "message OpenShop { option (rowan.v1.resource) = {key: \"id\"}; int32 id = 1;\n"
    "  int64 label = 2 [(rowan.v1.field).function = \"label\"]; }\n";

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

static void a_message_is_set_when_any_of_its_columns_is(void **state)
{
  static const struct question questions[] = {
      {"Shop", "id,home,work",
       .expected = "{id=1 home{city=Bonn zip=5}}\n{id=2 home{zip=7} work{city=Rome}}\n{id=3}\n"
                   "{id=4 work{city=Oslo zip=0}}\n"},
      {"Shop", "id,home.city", .expected = "{id=1 home{city=Bonn}}\n{id=2 home{}}\n{id=3}\n{id=4}\n"},
      {"Shop", "id,spot.where",
       .expected = "{id=1}\n{id=2}\n{id=3 spot{where=(,)}}\n{id=4 spot{where=(1,2)}}\n"},
  };
  expect_all(*state, questions, 3);
}

static void embedded_fields_filter_and_order(void **state)
{
  static const struct question questions[] = {
      {"Shop", "id", .filter = "home.zip > 4", .order = "home.zip desc", .expected = "{id=2}\n{id=1}\n"},
      {"Shop", "id,parent_city", .filter = "parent.home.city = \"Bonn\"",
       .expected = "{id=2 parent_city=Bonn}\n{id=3 parent_city=Bonn}\n"},
      {"Shop", "id,first_children.home", .filter = "id = 1",
       .expected = "{id=1 first_children[{home{zip=7}}]}\n"},
      {"Shop", "id,parent.home,children.work,friends.work.city", .filter = "id < 3",
       .expected = "{id=1 children[{work{city=Rome}} {}] friends[{work{city=Rome}} {work{city=Oslo}}]}\n"
                   "{id=2 parent{home{city=Bonn zip=5}} children[{work{city=Oslo zip=0}}] friends[]}\n"},
  };
  expect_all(*state, questions, 4);
}

static void functions_take_the_row_wherever_it_is(void **state)
{
  static const struct question questions[] = {
      {"Shop", "label", .order = "home.zip",
       .expected = "{label=1:one}\n{label=2:-}\n{label=3:three}\n{label=4:four}\n"},
      {"Shop", "id,parent.label,children.label", .filter = "id < 3",
       .expected = "{id=1 children[{label=2:-} {label=3:three}]}\n{id=2 parent{label=1:one} "
                   "children[{label=4:four}]}\n"},
      {"Shop", "first_children.label,friends.label", .filter = "id = 1",
       .expected = "{first_children[{label=2:-}] friends[{label=2:-} {label=4:four}]}\n"},
      {"Shop", "label", .keys = "4 2", .expected = "{label=4:four}\n{label=2:-}\n"},
      {"Shop", "label,parent.label", .keys = "4", .one = true,
       .expected = "{label=4:four parent{label=2:-}}\n"},
      {"OpenShop", "*", .expected = "{id=3 label=30}\n{id=4 label=40}\n"},
  };
  expect_all(*state, questions, 6);
}

static void what_is_derived_filters_and_orders(void **state)
{
  static const struct question questions[] = {
      {"Shop", "id", .order = "label desc", .expected = "{id=4}\n{id=3}\n{id=2}\n{id=1}\n"},
      {"Shop", "id,label", .filter = "label = \"*:t*\" OR parent.label = \"2:-\"",
       .order = "parent.label, id", .expected = "{id=3 label=3:three}\n{id=4 label=4:four}\n"},
      {"Shop", "id,parent.label", .order = "parent.label desc, parent.n_children, id desc",
       .expected =
           "{id=1}\n{id=4 parent{label=2:-}}\n{id=3 parent{label=1:one}}\n{id=2 parent{label=1:one}}\n"},
      {"Shop", "id,n_children", .order = "n_children desc, far_zip",
       .expected = "{id=1 n_children=2}\n{id=2 n_children=1}\n{id=3 n_children=0}\n{id=4 n_children=0}\n"},
      {"Shop", "id,far_zip", .order = "far_zip desc",
       .expected = "{id=4}\n{id=3}\n{id=2}\n{id=1 far_zip=7}\n"},
      {"Shop", "id,last_friends.label,all_friends.id", .filter = "n_children < 3",
       .expected =
           "{id=1 last_friends[{label=4:four}] all_friends[{id=4} {id=2}]}\n"
           "{id=2 last_friends[] all_friends[]}\n{id=3 last_friends[{label=1:one}] all_friends[{id=1}]}\n"
           "{id=4 last_friends[] all_friends[]}\n"},
      {"Shop", "id", .filter = "parts:\"z\"", .expected = "{id=4}\n"},
      {"OpenShop", "id", .filter = "label > 30", .order = "label", .expected = "{id=4}\n"},
  };
  expect_all(*state, questions, LENGTH_OF(questions));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_message_is_set_when_any_of_its_columns_is),
      cmocka_unit_test(embedded_fields_filter_and_order),
      cmocka_unit_test(functions_take_the_row_wherever_it_is),
      cmocka_unit_test(what_is_derived_filters_and_orders),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}

/*
 * Lists in orders of their own, put in order by the database or by Rowan: each is what Postgres says it is,
 * with NULLs, equals and infinities.  Skipped without ROWAN_TEST_DATABASE.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/expect_answers.h"

/* Rows of every holder are scattered over the table, in no order of any column. */
static const char sql[] =
    "CREATE DOMAIN grade AS int2;"
    "CREATE TABLE makers (id int PRIMARY KEY, since date);"
    "INSERT INTO makers VALUES (1, '2001-01-01'), (2, NULL), (3, '-infinity'), (4, 'infinity'), (5, "
    "'1999-12-31');"
    "CREATE TABLE holders (id int PRIMARY KEY);"
    "INSERT INTO holders SELECT generate_series(1, 6);"
    "CREATE TABLE things (id bigint PRIMARY KEY, holder_id int REFERENCES holders, maker_id int REFERENCES "
    "makers,"
    "  small int2, wide int8, grade grade, flag bool, code uuid, day date, hour time, stamp timestamp,"
    "  moment timestamptz, ratio float8, name text);"
    "INSERT INTO things"
    "  SELECT id, nullif(1 + id / 31 % 5, 5), nullif(id % 6, 0), nullif(id * 37 % 11, 5) - 4,"
    "    CASE id % 7 WHEN 0 THEN NULL WHEN 1 THEN 9223372036854775807 WHEN 2 THEN -9223372036854775808 "
    "ELSE id * 7919 % 13 - 6 END,"
    "    id * 31 % 5 - 2, CASE id % 3 WHEN 0 THEN NULL WHEN 1 THEN true ELSE false END,"
    "    CASE WHEN id % 5 > 0 THEN md5((id % 17)::text)::uuid END,"
    "    CASE id % 9 WHEN 0 THEN NULL WHEN 1 THEN 'infinity' WHEN 2 THEN '-infinity' ELSE date '1999-12-28' "
    "+ (id * 7 % 8)::int END,"
    "    CASE WHEN id % 11 > 0 THEN time '24:00' - (id * 5 % 7) * interval '0.000001 s' END,"
    "    CASE id % 8 WHEN 0 THEN NULL WHEN 1 THEN 'infinity' WHEN 2 THEN '-infinity' ELSE timestamp "
    "'2000-01-01' + (id * 3 % 5 - 2) * interval '1 ms' END,"
    "    CASE id % 8 WHEN 0 THEN NULL WHEN 1 THEN 'infinity' WHEN 2 THEN '-infinity' ELSE timestamptz "
    "'1999-01-01' + (id * 3 % 5) * interval '1 year' END,"
    "    CASE id % 6 WHEN 0 THEN NULL WHEN 1 THEN float8 'NaN' WHEN 2 THEN '-0' WHEN 3 THEN 0 ELSE id * 13 % "
    "4 END, "
    "(id * 3 % 9)::text"
    "  FROM (SELECT i * 101 % 199 AS id FROM generate_series(1, 198) i) ids;"
    "CREATE TABLE pairs (holder_id int, thing_id bigint);"
    "INSERT INTO pairs SELECT holder_id, id FROM things, (VALUES (1), (2)) twice(n);";

#define OWN "[(rowan.v1.field).relation = {references: \"holder_id\" order_by: \"%s\"}]"
#define SHARED                                                                                               \
  "[(rowan.v1.field).relation = {through: {table: \"pairs\" source_columns: \"holder_id\" "                  \
  "target_columns: \"thing_id\"} order_by: \"%s\"}]"

/* An order as fields of Thing, and as SQL. */
static const struct {
  const char *fields, *sql;
} orders[] = {
    {"", "id"},
    {"id desc", "id DESC"},
    {"small", "small, id"},
    {"small desc", "small DESC, id DESC"},
    {"wide", "wide, id"},
    {"wide desc", "wide DESC, id DESC"},
    {"grade, wide desc", "grade, wide DESC, id DESC"},
    {"flag", "flag, id"},
    {"flag desc, id", "flag DESC, id"},
    {"code", "code, id"},
    {"code desc", "code DESC, id DESC"},
    {"day", "day, id"},
    {"day desc", "day DESC, id DESC"},
    {"hour", "hour, id"},
    {"hour desc, small", "hour DESC, small, id"},
    {"stamp", "stamp, id"},
    {"stamp desc", "stamp DESC, id DESC"},
    {"moment", "moment, id"},
    {"moment desc", "moment DESC, id DESC"},
    {"maker.since", "(SELECT since FROM makers WHERE makers.id = maker_id), id"},
    {"maker.since desc", "(SELECT since FROM makers WHERE makers.id = maker_id) DESC, id DESC"},
    {"ratio", "ratio, id"},
    {"name desc, day", "name DESC, day, id"},
};

static char *declarations(void)
{
  struct strbuf text = {0};
  strbuf_puts(&text, "message Maker { option (rowan.v1.resource) = {}; int32 id = 1; string since = 2; }\n"
                     "message Thing { option (rowan.v1.resource) = {}; int64 id = 1; Maker maker = 2;\n"
                     "  optional int32 small = 3; optional int64 wide = 4; optional int32 grade = 5;\n"
                     "  optional bool flag = 6; optional string code = 7; optional string day = 8;\n"
                     "  optional string hour = 9; optional string stamp = 10;\n"
                     "  google.protobuf.Timestamp moment = 11; optional double ratio = 12;\n"
                     "  optional string name = 13; }\n"
                     "message Holder { option (rowan.v1.resource) = {}; int32 id = 1;\n");
  for (size_t i = 0; i < LENGTH_OF(orders); i++) {
    strbuf_printf(&text, "  repeated Thing own%zu = %zu " OWN ";\n", i, 100 + i, orders[i].fields);
    strbuf_printf(&text, "  repeated Thing shared%zu = %zu " SHARED ";\n", i, 200 + i, orders[i].fields);
  }
  strbuf_puts(&text, "}\n");
  char *copy = strdup(strbuf_text(&text));
  strbuf_done(&text);
  return copy;
}

static int set_up(void **state)
{
  char *text = declarations();
  *state = odd_world_from(sql, text);
  free(text);
  return 0;
}

static int tear_down(void **state)
{
  odd_world_free(*state);
  return 0;
}

/* "{id=1 own3[{id=9} {id=4}]}\n…" as Postgres has it. */
static char *expected(struct odd_world *world, const char *field, const char *order)
{
  char query[1024];
  snprintf(
      query, sizeof query,
      "SELECT string_agg(format('{id=%%s %s[%%s]}', h.id, things), E'\\n' ORDER BY h.id) FROM holders h, "
      "LATERAL (SELECT string_agg(format('{id=%%s}', id), ' ' ORDER BY %s) AS things FROM things WHERE "
      "holder_id = h.id) t",
      field, order);
  PGresult *result = PQexec(world->database->connection, query);
  if (PQntuples(result) != 1)
    fail_msg("%s%s", PQerrorMessage(world->database->connection), query);
  struct strbuf text = {0};
  strbuf_printf(&text, "%s\n", PQgetvalue(result, 0, 0));
  char *copy = arena_strdup(world->arena, strbuf_text(&text));
  strbuf_done(&text);
  PQclear(result);
  return copy;
}

static void check(struct odd_world *world, const char *kind, size_t i)
{
  char mask[64], field[32];
  snprintf(field, sizeof field, "%s%zu", kind, i);
  snprintf(mask, sizeof mask, "id,%s.id", field);
  struct question question = {"Holder", mask, .expected = expected(world, field, orders[i].sql)};
  expect_everywhere(world, &question);
  question.keys = "1 2 3 4 5 6";
  expect_everywhere(world, &question);
}

static void lists_come_as_postgres_orders_them(void **state)
{
  struct odd_world *world = *state;
  if (!world->database)
    skip();
  for (size_t i = 0; i < LENGTH_OF(orders); i++) {
    check(world, "own", i);
    check(world, "shared", i);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lists_come_as_postgres_orders_them),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}

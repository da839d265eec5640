/*
 * Conditions by functions, on ranges and inside json, against what they must find.  Skipped without
 * ROWAN_TEST_DATABASE.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "support/expect_answers.h"

static const char sql[] =
    "SET client_min_messages = warning; CREATE EXTENSION citext;"
    "CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);"
    "CREATE DOMAIN short AS varchar(20);"
    "CREATE TABLE notes (id int PRIMARY KEY, title text, plain text COLLATE \"C\", mail citext, code char(6),"
    "  loose text COLLATE loose, label short, words tsvector, doc jsonb, raw json, tags varchar(9)[],"
    "  parent_id int REFERENCES notes);"
    "INSERT INTO notes VALUES"
    "  (1, 'Éa Cat', 'Éa', 'Ann@X', 'AB', 'Ann', 'Red', to_tsvector('english', 'fat cats'),"
    "   '{\"t\": \"a cat\"}', '{\"t\": \"a cat\"}', '{A,b}', NULL),"
    "  (2, 'éa cats', 'éA', 'ANN@x', 'ab', 'ANN', 'rED', to_tsvector('simple', 'Fat cats'),"
    "   '{\"cat\": 1}', '{\"cat\": 1}', '{a}', 1),"
    "  (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 2),"
    "  (4, '', '', '', '', '', '', '', '\"cat\"', '\"cat\"', '{}', NULL);";

static const char more_sql[] =
    "CREATE TYPE textrange AS RANGE (subtype = text); CREATE DOMAIN small AS "
    "int4range; CREATE DOMAIN tag AS text;"
    "CREATE TYPE mood AS ENUM ('sad', 'so so');"
    "CREATE TABLE spans (id int PRIMARY KEY, i4 int4range, i8 int8range, n "
    "numrange, ts tsrange, tz tstzrange,"
    "  d daterange, w textrange, s small, mi int4multirange, mz tstzmultirange, "
    "rs int4range[], tags varchar(5)[],"
    "  own tag[], moods mood[], nums numeric[]);"
    "INSERT INTO spans VALUES (1, '[1,5)', '[1,5)', '[1,5)', "
    "'[2020-01-01,2021-01-01)', '[2020-01-01Z,2021-01-01Z)',"
    "  '[2020-01-01,2021-01-01)', '[b,d)', '[1,5)', '{[1,3),[7,9)}', "
    "'{[2020-01-01Z,2021-01-01Z)}', '{\"[1,5)\"}',"
    "  '{a,b}', '{a,b}', '{sad}', '{1.0,2}'),"
    "  (2, '(,)', '[9223372036854775806,)', '(,1.50]', '[2021-01-01,)', "
    "'(,2020-06-01Z)', 'empty', '(,)', 'empty',"
    "  '{}', '{}', '{}', '{}', '{}', '{\"so so\"}', '{3}'); INSERT INTO spans VALUES (3);";

static const char more_declarations[] = "message Span { option (rowan.v1.resource) = {}; int32 id = 1; "
                                        "string i4 = 2; string i8 = 3; string n = 4;\n"
                                        "  string ts = 5; string tz = 6; string d = 7; string w = 8; string "
                                        "s = 9; string mi = 10; string mz = 11;\n"
                                        "  repeated string rs = 12; repeated string tags = 13; repeated "
                                        "string own = 14; repeated string moods = 15;\n"
                                        "  repeated string nums = 16; }\n";

static const char json_sql[] =
    "CREATE TABLE docs (id int PRIMARY KEY, j jsonb, r json, parent_id int REFERENCES docs);"
    "INSERT INTO docs SELECT id, j, j, nullif(id - 1, 0) FROM (VALUES"
    "  (1, '{\"name\": \"Ann\", \"n\": 3, \"on\": true, \"tags\": [\"x\", \"y\"], \"a\": {\"b\": {\"c\": 1}},"
    "        \"items\": [{\"sku\": \"s1\", \"q\": 1}, {\"sku\": \"s2\"}]}'::jsonb),"
    "  (2, '{\"name\": \"ann*\", \"n\": \"3\", \"on\": null, \"tags\": \"x\", \"a\": {\"b\": [1, 2]}, "
    "\"items\": []}'),"
    "  (3, NULL),"
    "  (4, '{\"name\": [\"Ann\"], \"n\": 3.0, \"on\": false, \"tags\": [[\"x\"]], \"a\": [{\"b\": 1}], "
    "\"it\\\"s \\\\\": 1,"
    "        \"items\": {\"sku\": null}}'),"
    "  (5, '[{\"name\": \"Ann\"}]'), (6, '\"Ann\"'), (7, 'null'), (8, '{\"name\": \"\", \"n\": -1e3, "
    "\"tags\": []}')"
    ") v(id, j);";

static const char json_declarations[] =
    "message Doc { option (rowan.v1.resource) = {}; int32 id = 1; string j = 2; string r = 3; Doc parent = "
    "4;\n"
    "  repeated Doc children = 5 [(rowan.v1.field).relation = {references: \"parent_id\"\n"
    "    filter: \"column(j.n):* OR column(r.name):'*nn*'\"}];\n"
    "  string parent_j = 6 [(rowan.v1.field).source = \"parent.j\"]; }\n";

static const char declarations[] =
    "message Note { option (rowan.v1.resource) = {}; int32 id = 1; string title = 2; string plain = 3;\n"
    "  string mail = 4; string code = 5; string loose = 6; string label = 7; string words = 8;\n"
    "  string doc = 9; string raw = 10; repeated string tags = 11; Note parent = 12;\n"
    "  repeated Note children = 13 [(rowan.v1.field).relation = {references: \"parent_id\"}];\n"
    "  repeated Note red_children = 14 [(rowan.v1.field).relation = {references: \"parent_id\"\n"
    "    filter: \"lower(column('label')) = lower('RED') search(title, cats)\"}];\n"
    "  int64 n_cats = 15 [(rowan.v1.field).aggregate = {count: \"children\" filter: \"search(title, "
    "cats)\"}]; }\n";

static int set_up(void **state)
{
  *state = odd_world_from(sql, declarations);
  return 0;
}

static int set_up_spans(void **state)
{
  *state = odd_world_from(more_sql, more_declarations);
  return 0;
}

static int set_up_docs(void **state)
{
  *state = odd_world_from(json_sql, json_declarations);
  return 0;
}

static int tear_down(void **state)
{
  odd_world_free(*state);
  return 0;
}

struct found {
  const char *filter, *ids;
};

static void expect_found(struct odd_world *world, const char *resource, const struct found *cases, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    struct question question = {resource, "id", .filter = cases[i].filter};
    struct strbuf expected = {0};
    for (const char *id = cases[i].ids; *id; id++)
      strbuf_printf(&expected, "{id=%c}\n", *id);
    question.expected = strbuf_text(&expected);
    expect_everywhere(world, &question);
    strbuf_done(&expected);
  }
}

static void lower_of_every_kind_of_text(void **state)
{
  static const struct found cases[] = {
      {"lower(title) = \"éa cat\"", "1"},
      {"lower(title) != \"éa cat\"", "234"},
      {"NOT lower(title) = \"éa cat\"", "234"},
      {"lower(title) = \"Éa Cat\"", ""},
      {"lower(title) = \"éa*\"", "12"},
      {"lower(title) = (\"éa cat\" OR \"\" OR \"*cats\")", "124"},
      {"lower(title):*", "124"},
      {"NOT lower(title):*", "3"},
      {"lower(title) > \"\"", "12"},
      {"title = lower(\"ÉA CATS\")", "2"},
      {"lower(title) = lower(\"ÉA CA*\")", "12"},
      {"title = (lower(\"ÉA CATS\") OR \"\")", "24"},
      {"lower(mail) = \"ann@x\"", "12"},
      {"lower(mail) = \"ANN@x\"", ""},
      {"mail = lower(\"ANN@x\")", "12"},
      {"mail = lower(\"ANN*\")", "12"},
      {"lower(code) = \"ab\"", "12"},
      {"lower(code) = \"*b\"", "12"},
      {"code = lower(\"AB\")", "2"},
      {"lower(label) = \"red\"", "12"},
      {"label = lower(\"RED\")", ""},
      {"lower(loose) = \"ANN\"", "12"},
      {"lower(loose) = \"ann*\"", "12"},
      {"lower(loose) = \"ANN*\"", ""},
      {"loose = lower(\"ANN*\")", ""},
      {"lower(loose) = lower(\"ANN*\")", "12"},
      {"lower(parent.title) = \"éa cat\"", "2"},
      {"NOT lower(parent.title) = \"éa cat\"", "134"},
      {"lower(children.title):\"éa cats\"", "1"},
      {"lower(children.children.title):*", ""},
      {"tags:lower(\"A\")", "2"},
      {"NOT tags:lower(\"A\")", "134"},
  };
  expect_found(*state, "Note", cases, LENGTH_OF(cases));
}

/* "C" folds ASCII alone: É is no é there, on either side. */
static void lower_follows_the_column_s_collation(void **state)
{
  static const struct found cases[] = {
      {"lower(plain) = \"Éa\"", "1"},
      {"lower(plain) = lower(\"ÉA\")", "1"},
      {"lower(plain) = lower(\"éA\")", "2"},
      {"lower(plain) = lower(\"é*\")", "2"},
  };
  expect_found(*state, "Note", cases, LENGTH_OF(cases));
}

static void search_in_texts_tsvectors_and_json(void **state)
{
  static const struct found cases[] = {
      {"search(title, cat, english)", "12"},
      {"search(title, cat, simple)", "1"},
      {"search(title, cats, 'pg_catalog.simple')", "2"},
      {"search(title, \"cat éa\", english)", "12"},
      {"search(title, \"cat -éa\", english)", ""},
      {"search(title, \"dog or cats\", simple)", "2"},
      {"search(title, \"\\\"éa cat\\\"\", simple)", "1"},
      {"NOT search(title, cat, english)", "34"},
      {"search(title, \"\")", ""},
      {"search(title, \"the\", english)", ""},
      {"NOT search(title, \"\")", "1234"},
      {"search(title, \"((( ' & | ! :* <-> \\\\ -- \\\" \")", ""},
      {"search(words, cat, english)", "1"},
      {"search(words, cats, simple)", "2"},
      {"search(words, cats)", "1"},
      {"NOT search(words, cats)", "234"},
      {"search(doc, cat, simple)", "14"},
      {"search(raw, cat, simple)", "14"},
      {"search(code, ab, simple)", "12"},
      {"search(mail, \"ann@x\", simple)", "12"},
      {"search(label, red, simple)", "12"},
      {"search(parent.words, cats)", "2"},
      {"search(children.title, cats, simple)", "1"},
      {"NOT search(children.title, cats, simple)", "234"},
  };
  expect_found(*state, "Note", cases, LENGTH_OF(cases));
}

static void annotations_call_them_as_well(void **state)
{
  static const struct question questions[] = {
      {"Note", "id,red_children.id,n_cats", .filter = "id < 3",
       .expected = "{id=1 red_children[{id=2}] n_cats=1}\n{id=2 red_children[] n_cats=0}\n"},
      {"Note", "id", .filter = "n_cats = 1", .expected = "{id=1}\n"},
  };
  expect_all(*state, questions, LENGTH_OF(questions));
}

static void ranges_of_every_type(void **state)
{
  static const struct found cases[] = {
      {"i4:4", "12"},
      {"i4:5", "2"},
      {"NOT i4:5", "13"},
      {"i4:2147483647", "2"},
      {"i4:\"(0,4]\"", "12"},
      {"i4:empty", "12"},
      {"i4 = \"(0,4]\"", "1"},
      {"i4 != \"(0,4]\"", "23"},
      {"i4 = (\"[1,5)\" OR \"(,)\")", "12"},
      {"i8:9223372036854775807", "2"},
      {"i8:\"[2,3]\"", "1"},
      {"n:1.5", "12"},
      {"n:1.50001", "1"},
      {"n:\"(-1e3,0]\"", "2"},
      {"ts:\"2020-12-31T23:59:59.999999Z\"", "1"},
      {"ts:\"2021-01-01T00:00:00Z\"", "2"},
      {"tz:\"2020-01-01T00:00:00Z\"", "12"},
      {"tz:\"2020-12-31T23:30:00-01:00\"", ""},
      {"tz:\"[2020-02-01T00:00:00Z,2020-03-01T00:00:00Z]\"", "12"},
      {"d:2020-12-31", "1"},
      {"d:\"[2020-06-01,2020-12-31]\"", "1"},
      {"d = empty", "2"},
      {"w:c", "12"},
      {"w:\"[c,cz]\"", "12"},
      {"w:'[\"c\\\\\"\",\"c,\"]'", "12"},
      {"s:4", "1"},
      {"s = \"[1,4]\"", "1"},
      {"mi:8", "1"},
      {"mi:3", ""},
      {"mi:\"[7,8]\"", "1"},
      {"mz:\"2020-01-01T00:00:00Z\"", "1"},
      {"rs:\"[1,4]\"", "1"},
      {"overlaps(i4, \"[4,9]\")", "12"},
      {"overlaps(i4, \"[5,9]\")", "2"},
      {"NOT overlaps(i4, \"[5,9]\")", "13"},
      {"overlaps(mi, \"[3,7)\")", ""},
      {"overlaps(mi, \"[3,7]\")", "1"},
      {"overlaps(s, \"[4,9]\")", "1"},
      {"overlaps(tz, \"[,2020-01-01T00:00:00Z)\")", "2"},
      {"overlaps(tags, (b OR c))", "1"},
      {"overlaps(own, (b OR c))", "1"},
      {"overlaps(moods, (sad OR \"so so\"))", "12"},
      {"overlaps(nums, (1 OR 3.00))", "12"},
      {"overlaps(rs, \"[1,4]\")", "1"},
      {"NOT overlaps(tags, c)", "123"},
  };
  expect_found(*state, "Span", cases, LENGTH_OF(cases));
}

/* Of a jsonb and of a json column alike: %s is the one or the other. */
static void inside_json(void **state)
{
  static const struct found cases[] = {
      {"%s.name = Ann", "1"},
      {"%s.name = \"Ann\"", "1"},
      {"%s.name != Ann", "2345678"},
      {"NOT %s.name = Ann", "2345678"},
      {"%s.name:Ann", "145"},
      {"%s.name = \"\"", "8"},
      {"%s.name = \"ann\\*\"", "2"},
      {"%s.name = \"*nn*\"", "12"},
      {"%s.name:\"A*\"", "145"},
      {"NOT %s.name = \"*nn*\"", "345678"},
      {"%s.name = (\"ann\\*\" OR \"A*\")", "12"},
      {"lower(%s.name) = ann", "1"},
      {"lower(%s.name) = \"ann*\"", "12"},
      {"lower(%s.name) != \"ann*\"", "345678"},
      {"lower(%s.name) = (ann OR '')", "18"},
      {"%s.name = lower(\"ANN*\")", "2"},
      {"%s.name > A", "12"},
      {"%s.name < a", "18"},
      {"%s.n = 3", "14"},
      {"%s.n = 3.000", "14"},
      {"%s.n = \"3\"", "2"},
      {"%s.n = (3 OR \"3\")", "124"},
      {"%s.n > 2", "14"},
      {"%s.n <= 3", "148"},
      {"%s.n = -1000", "8"},
      {"%s.n < -9.99e2", "8"},
      {"NOT %s.n > 2", "235678"},
      {"%s.on = true", "1"},
      {"%s.on = false", "4"},
      {"%s.on != true", "2345678"},
      {"%s.on:*", "14"},
      {"NOT %s.on:*", "235678"},
      {"%s.tags:x", "124"},
      {"%s.tags = x", "2"},
      {"%s.tags:(y OR z)", "1"},
      {"%s.tags:\"*y\"", "1"},
      {"%s.tags:*", "124"},
      {"NOT %s.tags:x", "35678"},
      {"%s.a.b.c = 1", "1"},
      {"%s.a.b = 1", ""},
      {"%s.a.b:1", "24"},
      {"%s.a.b:*", "124"},
      {"%s.a.b.c.d = 1", ""},
      {"%s.items.sku:s2", "1"},
      {"%s.items.sku:\"s*\"", "1"},
      {"%s.items.sku = s2", ""},
      {"%s.items:*", "14"},
      {"%s.items.sku:*", "1"},
      {"%s.0 = 1", ""},
      {"%s.'it\"s \\\\' = 1", "4"},
      {"%s.\"name\\\" ? (1 == 1) || $.\\\"\" = 1", ""},
      {"%s:*", "1245678"},
      {"parent.%s.name = Ann", "2"},
      {"NOT parent.%s.name = Ann", "1345678"},
      {"exists(children, (%s.n = 3))", "3"},
      {"children.%s.name:\"ann\\*\"", "1"},
  };
  static const char *const columns[] = {"j", "r"};
  for (size_t i = 0; i < 2 * LENGTH_OF(cases); i++) {
    struct strbuf filter = {0};
    const struct found *found = &cases[i / 2];
    const char *mark = strstr(found->filter, "%s");
    strbuf_printf(&filter, "%.*s%s%s", (int)(mark - found->filter), found->filter, columns[i % 2], mark + 2);
    struct found one = {strbuf_text(&filter), found->ids};
    expect_found(*state, "Doc", &one, 1);
    strbuf_done(&filter);
  }
}

static void inside_json_of_sources_and_in_annotations(void **state)
{
  static const struct found cases[] = {{"parent_j.name:Ann", "256"}, {"lower(parent_j.name) = ann", "2"}};
  static const struct question children = {
      "Doc", "id,children.id", .filter = "id < 5",
      .expected =
          "{id=1 children[{id=2}]}\n{id=2 children[]}\n{id=3 children[{id=4}]}\n{id=4 children[{id=5}]}\n"};
  expect_found(*state, "Doc", cases, LENGTH_OF(cases));
  expect_all(*state, &children, 1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lower_of_every_kind_of_text),
      cmocka_unit_test(lower_follows_the_column_s_collation),
      cmocka_unit_test(search_in_texts_tsvectors_and_json),
      cmocka_unit_test(annotations_call_them_as_well),
  };
  const struct CMUnitTest of_spans[] = {cmocka_unit_test(ranges_of_every_type)};
  int failed = cmocka_run_group_tests(tests, set_up, tear_down);
  failed += cmocka_run_group_tests(of_spans, set_up_spans, tear_down);
  const struct CMUnitTest of_docs[] = {cmocka_unit_test(inside_json),
                                       cmocka_unit_test(inside_json_of_sources_and_in_annotations)};
  return failed + cmocka_run_group_tests(of_docs, set_up_docs, tear_down);
}

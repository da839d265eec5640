/*
 * test_filter_functions.c - functions of the filter language, as conditions and as refusals.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>

#include "unit/planner/filter_fixture.h"

static void functions(void **state)
{
  static const struct accepted cases[] = {
      {"lower(name) = ann", "lower(name) = \"ann\":text"},
      {"lower(name) : 'Ann'", "lower(name) = \"Ann\":text"},
      {"lower( \"name\" )!=ann", "NOT lower(name) = \"ann\":text"},
      {"lower(name) > \"m\"", "lower(name) > \"m\":text"},
      {"lower(name) = \"a*\"", "lower(name) ~ \"a%\":text"},
      {"lower(name) = (a OR b OR \"c*\")",
       "(lower(name) ~ \"c%\":text OR lower(name) in [\"a\",\"b\"]:text)"},
      {"lower(name):*", "lower(name):*"},
      {"lower(code) = ab", "lower(code) = \"ab\":text"},
      {"lower(creator.mail) = x", "lower(creator.mail) = \"x\":text"},
      {"lower(creator_name) = x", "lower(creator.name) = \"x\":text"},
      {"lower(attendees.name):ann", "attendees{lower(name) = \"ann\":text}"},
      {"lower(attendees.events.creator.name):ann", "attendees{events{lower(creator.name) = \"ann\":text}}"},
      {"exists(attendees, (lower(name) = ann))", "attendees{lower(name) = \"ann\":text}"},
      {"name = lower(\"ANN\")", "name = lower(\"ANN\":text)"},
      {"name != lower(ANN)", "NOT name = lower(\"ANN\":text)"},
      {"name < lower(ANN)", "name < lower(\"ANN\":text)"},
      {"name = lower(\"A*\")", "name ~ lower(\"A%\":text)"},
      {"lower(name) = lower(\"A\\*n_*\")", "lower(name) ~ lower(\"A*n\\_%\":text)"},
      {"name = (lower(A) OR b OR c)", "(name = lower(\"A\":text) OR name in [\"b\",\"c\"]:text)"},
      {"creator.mail = lower(\"A@B\")", "creator.mail = lower(\"A@B\":text)"},
      {"tags:lower(A)", "tags @> lower(\"A\":text)"},
      {"search(name, \"fat cats\")",
       "to_tsvector('pg_catalog.english'::regconfig, name) @@ "
       "websearch_to_tsquery('pg_catalog.english'::regconfig, \"fat cats\":text)"},
      {"search(words, cats, simple)",
       "words @@ websearch_to_tsquery('pg_catalog.simple'::regconfig, \"cats\":text)"},
      {"search(words, cats, 'pg_catalog.simple')",
       "words @@ websearch_to_tsquery('pg_catalog.simple'::regconfig, \"cats\":text)"},
      {"search(settings, \"dark -mode\", simple)",
       "to_tsvector('pg_catalog.simple'::regconfig, settings) @@ "
       "websearch_to_tsquery('pg_catalog.simple'::regconfig, \"dark -mode\":text)"},
      {"NOT search(attendees.name, 'a*', simple)",
       "NOT attendees{to_tsvector('pg_catalog.simple'::regconfig, name) @@ "
       "websearch_to_tsquery('pg_catalog.simple'::regconfig, \"a*\":text)}"},
  };
  check_accepted(FILTER_OF_REQUEST, cases, LENGTH_OF(cases));
}

static void functions_refused(void **state)
{
  static const struct refused cases[] = {
      {"lower(name)", "lower(field) alone is no condition; compare it"},
      {"lower() = x", "expected lower(field)"},
      {"lower(name, name) = x", "expected lower(field)"},
      {"lower(seats) = 5", "character 7: lower() takes a field of type text; seats is int4"},
      {"lower(tags):x", "lower() takes a field of type text; tags is text[]"},
      {"lower(settings) = x", "lower() takes a field of type text; settings is jsonb"},
      {"lower(creator) = x", "creator is no value; name one of its fields"},
      {"lower(attendees):*", "attendees is no value"},
      {"lower(attendees.name) = x", "attendees is a list; reach its fields with ':'"},
      {"lower(nam) = x", "character 7: Event has no field nam; did you mean name?"},
      {"lower((name = x)) = x", "expected a field"},
      {"lower(lower(name)) = x", "expected a field, and lower(field) is none"},
      {"lower(column('name')) = x", "there is no function column"},
      {"id = lower(A)", "a text cannot be compared with id, which is int8"},
      {"mood_text = lower(SAD)", "a text cannot be compared with mood_text, which is mood"},
      {"name = lower((a OR b))", "expected a literal"},
      {"name = lower(lower(A))", "expected a literal"},
      {"name = lower()", "expected lower(field)"},
      {"name = search(name, x)", "search(field, \"words\") cannot stand for a value"},
      {"name < lower(\"A*\")", "a wildcard goes with = or :"},
      {"tags:lower(\"A*\")", "compared whole, without wildcards"},
      {"search(name)", "expected search(field, \"words\")"},
      {"search(name, a, b, c)", "expected search(field, \"words\")"},
      {"search(name, a) = true", "is a condition already"},
      {"search(seats, a)", "search() takes a field of type tsvector or text or json; seats is int4"},
      {"search(tags, a)", "tags is text[]"},
      {"search(creator, a)", "creator is no value; name one of its fields"},
      {"search(name, (a OR b))", "expected one text"},
      {"search(name, lower(a))", "expected one text"},
      {"search(name, (name = a))", "expected values joined by OR"},
      {"search(name, null)", "there is no null"},
      {"search(name, a, englsh)", "no text search configuration englsh; did you mean english?"},
      {"search(name, a, \"english'; --\")", "no text search configuration"},
      {"words = x", "values of words (tsvector) cannot be compared"},
  };
  check_refused(FILTER_OF_REQUEST, cases, LENGTH_OF(cases));
}

static void ranges(void **state)
{
  static const struct accepted cases[] = {
      {"floors:5", "floors @> 5:int4"},
      {"floors : -5", "floors @> -5:int4"},
      {"NOT floors:5", "NOT floors @> 5:int4"},
      {"floors:(1 OR \"[2,3]\")", "(floors @> 1:int4 OR floors @> \"[\"2\",\"3\"]\":int4range)"},
      {"floors:\"[1,5)\"", "floors @> \"[\"1\",\"5\")\":int4range"},
      {"floors:\"( 1 , )\"", "floors @> \"(\"1\",)\":int4range"},
      {"floors:\"(,)\"", "floors @> \"(,)\":int4range"},
      {"floors:\"[\\\"1\\\",5]\"", "floors @> \"[\"1\",\"5\"]\":int4range"},
      {"floors:\"[5,5)\"", "floors @> \"[\"5\",\"5\")\":int4range"},
      {"floors:empty", "floors @> \"empty\":int4range"},
      {"floors = \"[1,5]\"", "floors = \"[\"1\",\"5\"]\":int4range"},
      {"floors != \"[1,5]\"", "NOT floors = \"[\"1\",\"5\"]\":int4range"},
      {"floors = (\"[1,5]\" OR empty)",
       "(floors = \"[\"1\",\"5\"]\":int4range OR floors = \"empty\":int4range)"},
      {"floors:*", "floors:*"},
      {"floors:2147483647", "floors @> 2147483647:int4"},
      {"floors:\"[2147483646,2147483647)\"", "floors @> \"[\"2147483646\",\"2147483647\")\":int4range"},
      {"ids:\"[9223372036854775806,9223372036854775807)\"",
       "ids @> \"[\"9223372036854775806\",\"9223372036854775807\")\":int8range"},
      {"prices:\"[-1e3,-999.9999]\"", "prices @> \"[\"-1e3\",\"-999.9999\"]\":numrange"},
      {"prices:\"[0.10,0.1]\"", "prices @> \"[\"0.10\",\"0.1\"]\":numrange"},
      {"prices:\"[0.099e1,0.0100e2]\"", "prices @> \"[\"0.099e1\",\"0.0100e2\"]\":numrange"},
      {"prices:\"[-0,0]\"", "prices @> \"[\"-0\",\"0\"]\":numrange"},
      {"prices:7.5", "prices @> \"7.5\":numeric"},
      {"days:2024-02-29", "days @> \"2024-02-29\":date"},
      {"days:\"[2024-02-29,2024-03-01)\"", "days @> \"[\"2024-02-29\",\"2024-03-01\")\":daterange"},
      {"span:\"2020-01-01T00:00:00Z\"", "span @> \"2020-01-01T00:00:00.000000Z\":timestamptz"},
      {"span:\"[2020-01-01T01:00:00+01:00,2020-01-01T00:00:00Z]\"",
       "span @> \"[\"2020-01-01T00:00:00.000000Z\",\"2020-01-01T00:00:00.000000Z\"]\":tstzrange"},
      {"during:\"2020-01-01T00:00:00Z\"", "during @> \"2020-01-01T00:00:00.000000\":timestamp"},
      {"gaps:5", "gaps @> 5:int4"},
      {"gaps:\"[1,5)\"", "gaps @> \"[\"1\",\"5\")\":int4range"},
      {"spans:\"[1,5)\"", "spans @> \"[\"1\",\"5\")\":int4range"},
      {"overlaps(floors, \"[1,5)\")", "floors && \"[\"1\",\"5\")\":int4range"},
      {"overlaps(gaps, \"[1,5)\")", "gaps && \"[\"1\",\"5\")\":int4range"},
      {"overlaps(days, '[2024-02-29,]')", "days && \"[\"2024-02-29\",]\":daterange"},
      {"overlaps(tags, (a OR \"b c\"))", "tags && [\"a\",\"b c\"]:text::_text"},
      {"overlaps(tags, a)", "tags && [\"a\"]:text::_text"},
      {"overlaps(tags, \"a*\")", "tags && [\"a*\"]:text::_text"},
      {"overlaps(ratings, (1 OR -2))", "ratings && [1,-2]:int4::_int4"},
      {"overlaps(moods, (MOOD_SAD OR \"very happy\"))", "moods && [\"sad\",\"very happy\"]:mood::_mood"},
      {"overlaps(spans, \"[1,2)\")", "spans && [\"[\"1\",\"2\")\"]:int4range::_int4range"},
      {"overlaps(attendees.events.floors, \"[1,2]\")",
       "attendees{events{floors && \"[\"1\",\"2\"]\":int4range}}"},
  };
  check_accepted(FILTER_OF_REQUEST, cases, LENGTH_OF(cases));
}

static void ranges_refused(void **state)
{
  static const struct refused cases[] = {
      {"floors:x", "character 8: expected an integer from -2147483648 to 2147483647 for floors"},
      {"floors:2147483648", "expected an integer"},
      {"floors:\"[1,2\"", "expected a range like [a,b), where a and b are left out or each an integer from"},
      {"floors:\"[1]\"", "expected a range like [a,b)"},
      {"floors:\"[1,2,3]\"", "expected a range like [a,b)"},
      {"floors:\"[1,2)x\"", "expected a range like [a,b)"},
      {"floors:\"[(1,2)\"", "expected a range like [a,b)"},
      {"floors:\"[\"", "expected a range like [a,b)"},
      {"floors:\"[1,x)\"", "expected a range like [a,b)"},
      {"floors:\"[1 2,3)\"", "expected a range like [a,b)"},
      {"floors:\"[\\\"1,2)\"", "expected a range like [a,b)"},
      {"floors:\"[\\\"1\\\\\"", "expected a range like [a,b)"},
      {"floors:\"[1,infinity)\"", "expected a range like [a,b)"},
      {"floors:\"[2,1]\"", "expected a range whose lower bound is not above its upper one for floors"},
      {"floors:\"[1,2147483647]\"", "expected a range that does not include the last integer"},
      {"floors:\"(2147483647,]\"", "expected a range that does not include the last integer"},
      {"ids:\"[1,9223372036854775807]\"", "expected a range that does not include the last integer"},
      {"prices:\"[0.2,0.19999]\"", "lower bound is not above"},
      {"prices:\"[-0.1,-0.2]\"", "lower bound is not above"},
      {"prices:\"[1e5,99999.9]\"", "lower bound is not above"},
      {"prices:\"[0.01,1e-3]\"", "lower bound is not above"},
      {"prices:\"[0,-1]\"", "lower bound is not above"},
      {"prices:\"[NaN,]\"", "each a decimal number"},
      {"days:\"[2024-03-01,2024-02-29]\"", "lower bound is not above"},
      {"days:\"[2023-02-29,]\"", "each a date like 2024-12-31"},
      {"span:\"[2020-01-01,]\"", "each a timestamp of RFC 3339"},
      {"span:\"[2020-01-01T00:00:00Z,2020-01-01T00:30:00+01:00]\"", "lower bound is not above"},
      {"floors = 5", "expected a range like [a,b)"},
      {"floors > \"[1,2)\"", "floors is a range; use floors:value, or overlaps(floors, \"[a,b)\")"},
      {"gaps = \"{[1,2)}\"", "gaps is a range; use gaps:value"},
      {"gaps:\"{[1,2)}\"", "expected an integer"},
      {"floors:null", "there is no null"},
      {"floors:lower(x)", "a text cannot be compared with floors"},
      {"spans:5", "expected a range like [a,b)"},
      {"overlaps(floors, 5)", "character 18: expected a range like [a,b)"},
      {"overlaps(floors)", "expected overlaps(field, \"[a,b)\")"},
      {"overlaps(floors, (\"[1,2)\" OR \"[3,4)\"))", "expected one text"},
      {"overlaps(seats, \"[1,2)\")", "overlaps() takes a field of type range or list; seats is int4"},
      {"overlaps(ratings, x)", "expected an integer"},
      {"overlaps(ratings, (1 AND 2))", "expected values joined by OR"},
      {"overlaps(moods, MOOD_SADD)", "did you mean MOOD_SAD?"},
      {"overlaps(tags, lower(A))", "expected a literal"},
      {"overlaps(blobs, x)", "overlaps() takes a field of type range or list; blobs is json[]"},
      {"overlaps(attendees, x)", "attendees is no value; name one of its fields"},
  };
  check_refused(FILTER_OF_REQUEST, cases, LENGTH_OF(cases));
}

static void in_annotations(void **state)
{
  static const struct accepted cases[] = {
      {"column('floors'):5", "floors @> '5'::int4"},
      {"column('floors'):\"[1,]\"", "floors @> '[\"1\",]'::int4range"},
      {"overlaps(column('floors'), \"[1,2)\")", "floors && '[\"1\",\"2\")'::int4range"},
      {"overlaps(column('tags'), (a OR \"b\\\"\\\\\"))", "tags && '{\"a\",\"b\\\"\\\\\"}'::_text::_text"},
      {"column(settings.a) = \"it's\"", "settings @? 'strict $.\"a\" ? (@ == \"it's\")'::jsonpath"},
      {"overlaps(ratings, (1 OR 2))", "ratings && '{\"1\",\"2\"}'::_int4::_int4"},
  };
  check_accepted(FILTER_OF_ANNOTATION, cases, LENGTH_OF(cases));
}

static void inside_json(void **state)
{
  static const struct accepted cases[] = {
      {"settings.theme = dark", "settings @? \"strict $.\"theme\" ? (@ == \"dark\")\":jsonpath"},
      {"settings.a.b = \"1\"", "settings @? \"strict $.\"a\".\"b\" ? (@ == \"1\")\":jsonpath"},
      {"settings.n = 1", "settings @? \"strict $.\"n\" ? (@ == 1)\":jsonpath"},
      {"settings.n != -1.50", "NOT settings @? \"strict $.\"n\" ? (@ == -1.50)\":jsonpath"},
      {"settings.n = 007", "settings @? \"strict $.\"n\" ? (@ == 7)\":jsonpath"},
      {"settings.n = -00.5", "settings @? \"strict $.\"n\" ? (@ == -0.5)\":jsonpath"},
      {"settings.n = 0", "settings @? \"strict $.\"n\" ? (@ == 0)\":jsonpath"},
      {"settings.n = 1E+5", "settings @? \"strict $.\"n\" ? (@ == 1E+5)\":jsonpath"},
      {"settings.n > 3", "settings @? \"strict $.\"n\" ? (@ > 3)\":jsonpath"},
      {"settings.n <= abc", "settings @? \"strict $.\"n\" ? (@ <= \"abc\")\":jsonpath"},
      {"settings.on = true", "settings @? \"strict $.\"on\" ? (@ == true)\":jsonpath"},
      {"settings.on = \"true\"", "settings @? \"strict $.\"on\" ? (@ == \"true\")\":jsonpath"},
      {"settings.n = (1 OR x OR true)",
       "settings @? \"strict $.\"n\" ? (@ == 1 || @ == \"x\" || @ == true)\":jsonpath"},
      {"settings.tags:x", "settings @? \"lax $.\"tags\" ? (@ == \"x\")\":jsonpath"},
      {"settings.a:*", "settings @? \"lax $.\"a\" ? (@ != null)\":jsonpath"},
      {"NOT settings.a:*", "NOT settings @? \"lax $.\"a\" ? (@ != null)\":jsonpath"},
      {"settings.\"first name\" = x", "settings @? \"strict $.\"first name\" ? (@ == \"x\")\":jsonpath"},
      {"settings.\"a.b\".AND.0 = x",
       "settings @? \"strict $.\"a.b\".\"AND\".\"0\" ? (@ == \"x\")\":jsonpath"},
      {"settings.'\"\\\\ ? (@)' = '\") || true'",
       "settings @? \"strict $.\"\\\"\\\\ ? (@)\" ? (@ == \"\\\") || true\")\":jsonpath"},
      {"settings.a = \"x\\ny\"", "settings @? \"strict $.\"a\" ? (@ == \"x\\u000ay\")\":jsonpath"},
      {"settings.a = \"a\\*\"", "settings @? \"strict $.\"a\" ? (@ == \"a*\")\":jsonpath"},
      {"settings.a = \"A*\"",
       "EXISTS (SELECT 1 FROM jsonb_path_query(settings, \"strict $.\"a\"\":jsonpath, '{}', true) AS v "
       "(item) "
       "WHERE jsonb_typeof(v.item) = 'string' AND (v.item #>> '{}') LIKE \"A%\":text)"},
      {"lower(settings.a):A*",
       "EXISTS (SELECT 1 FROM jsonb_path_query(settings, \"lax $.\"a\"[*][*]\":jsonpath, '{}', true) AS v "
       "(item) WHERE jsonb_typeof(v.item) = 'string' AND lower((v.item #>> '{}')) LIKE \"A%\":text)"},
      {"settings.a = lower(\"A_\")",
       "EXISTS (SELECT 1 FROM jsonb_path_query(settings, \"strict $.\"a\"\":jsonpath, '{}', true) AS v "
       "(item) "
       "WHERE jsonb_typeof(v.item) = 'string' AND (v.item #>> '{}') LIKE lower(\"A\\_\":text))"},
      {"attendees.events.settings.a:1", "attendees{events{settings @? \"lax $.\"a\" ? (@ == 1)\":jsonpath}}"},
      {"exists(attendees.events, (settings.a = 1))",
       "attendees{events{settings @? \"strict $.\"a\" ? (@ == 1)\":jsonpath}}"},
  };
  check_accepted(FILTER_OF_REQUEST, cases, LENGTH_OF(cases));
}

static void inside_json_refused(void **state)
{
  static const struct refused cases[] = {
      {"settings = x", "cannot be compared; name what is inside, as settings.key, or :* asks"},
      {"settings.a = null", "there is no null; NOT x:* asks whether x is unset"},
      {"settings.a < (1 OR 2)", "expected one value"},
      {"settings.a < true", "true and false have no order"},
      {"settings.a < \"A*\"", "inside json wildcards and functions go with =, != or :"},
      {"lower(settings.a) < x", "inside json wildcards and functions go with =, != or :"},
      {"search(settings.a, x)", "search() takes a whole field, nothing inside settings"},
      {"overlaps(settings.a, x)", "overlaps() takes a whole field, nothing inside settings"},
      {"settings..a = 1", "a name right behind the dot"},
      {"blobs.a:1", "character 7: blobs has no fields"},
      {"extra.a = 1", "character 7: extra has no fields"},
      {"attendees.events.settings.a = 1", "attendees is a list; reach its fields with ':'"},
      {"words = x", "cannot be compared; search(words, \"words\") searches it"},
  };
  check_refused(FILTER_OF_REQUEST, cases, LENGTH_OF(cases));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(functions),
      cmocka_unit_test(functions_refused),
      cmocka_unit_test(ranges),
      cmocka_unit_test(ranges_refused),
      cmocka_unit_test(in_annotations),
      cmocka_unit_test(inside_json),
      cmocka_unit_test(inside_json_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

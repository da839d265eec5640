/*
 * test_filter.c - filters that are accepted, as the condition they mean.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "unit/planner/filter_fixture.h"

static void structure(void **state)
{
  static const struct accepted cases[] = {
      {"", ""},
      {" \t\r\n ", ""},
      {"id = 1", "id = 1:int8"},
      {"id=1", "id = 1:int8"},
      {"  id\n=\t1  ", "id = 1:int8"},
      {"(id = 1)", "id = 1:int8"},
      {"((((id = 1))))", "id = 1:int8"},
      {"id = 1 AND seats = 2", "(id = 1:int8 AND seats = 2:int4)"},
      {"id = 1 seats = 2", "(id = 1:int8 AND seats = 2:int4)"},
      {"id = 1 OR seats = 2", "(id = 1:int8 OR seats = 2:int4)"},
      {"id = 1 AND id = 2 OR id = 3", "(id = 1:int8 AND (id = 2:int8 OR id = 3:int8))"},
      {"id = 1 OR id = 2 AND id = 3", "((id = 1:int8 OR id = 2:int8) AND id = 3:int8)"},
      {"id = 1 id = 2 OR id = 3 id = 4", "(id = 1:int8 AND (id = 2:int8 OR id = 3:int8) AND id = 4:int8)"},
      {"(id = 1 AND id = 2) OR id = 3", "((id = 1:int8 AND id = 2:int8) OR id = 3:int8)"},
      {"(id = 1 AND (id = 2 AND id = 3)) id = 4",
       "(id = 1:int8 AND id = 2:int8 AND id = 3:int8 AND id = 4:int8)"},
      {"id = 1 OR (id = 2 OR id = 3)", "(id = 1:int8 OR id = 2:int8 OR id = 3:int8)"},
      {"NOT id = 1", "NOT id = 1:int8"},
      {"-id = 1", "NOT id = 1:int8"},
      {"- id = 1", "NOT id = 1:int8"},
      {"NOT (id = 1 seats = 2)", "NOT (id = 1:int8 AND seats = 2:int4)"},
      {"-(id = 1 OR seats = 2)", "NOT (id = 1:int8 OR seats = 2:int4)"},
      {"NOT (NOT id = 1)", "NOT NOT id = 1:int8"},
      {"NOT id = 1 OR id = 2", "(NOT id = 1:int8 OR id = 2:int8)"},
      {"id = 1 -id = 2", "(id = 1:int8 AND NOT id = 2:int8)"},
      {"id=1 (seats=2)name:x", "(id = 1:int8 AND seats = 2:int4 AND name = \"x\":text)"},
  };
  check_accepted(FILTER_OF_REQUEST, cases, LENGTH_OF(cases));
}

static void comparisons(void **state)
{
  static const struct accepted cases[] = {
      {"id < 1", "id < 1:int8"},
      {"id <= 1", "id <= 1:int8"},
      {"id>1", "id > 1:int8"},
      {"id>=1", "id >= 1:int8"},
      {"id : 1", "id = 1:int8"},
      {"id != 1", "NOT id = 1:int8"},
      {"id = -1", "id = -1:int8"},
      {"id=-1", "id = -1:int8"},
      {"id>-1", "id > -1:int8"},
      {"id:-1", "id = -1:int8"},
      {"id = 9223372036854775807", "id = 9223372036854775807:int8"},
      {"id = -9223372036854775808", "id = -9223372036854775808:int8"},
      {"small = 32767", "small = 32767:int2"},
      {"small = -32768", "small = -32768:int2"},
      {"seats >= 2147483647", "seats >= 2147483647:int4"},
      {"score > 1.5", "score > 1.5:float8"},
      {"score > -1.5e-3", "score > -0.0015:float8"},
      {"score > 1e+5", "score > 100000:float8"},
      {"ratio = 0.25", "ratio = 0.25:float4"},
      {"price = 12.50", "price = \"12.50\":numeric"},
      {"price = \"12.50\"", "price = \"12.50\":numeric"},
      {"price < -0.5e10", "price < \"-0.5e10\":numeric"},
      {"public = true", "public = true:bool"},
      {"public:false", "public = false:bool"},
      {"public != true", "NOT public = true:bool"},
      {"name = Ann", "name = \"Ann\":text"},
      {"name = 42", "name = \"42\":text"},
      {"name = true", "name = \"true\":text"},
      {"name = \"null\"", "name = \"null\":text"},
      {"name = \"\"", "name = \"\":text"},
      {"name > 'm'", "name > \"m\":text"},
      {"name = ann@example", "name = \"ann@example\":text"},
      {"name = a-b", "name = \"a-b\":text"},
      {"code = abc", "code = \"abc\":bpchar"},
      {"token = 123e4567-E89b-12d3-a456-426614174000",
       "token = \"123e4567-E89b-12d3-a456-426614174000\":uuid"},
      {"token = '123e4567-e89b-12d3-a456-426614174000'",
       "token = \"123e4567-e89b-12d3-a456-426614174000\":uuid"},
      {"data = 'AAEC'", "data = b\"\\x00\\x01\\x02\":bytea"},
      {"day > 2024-02-29", "day > \"2024-02-29\":date"},
      {"starts >= \"09:30\"", "starts >= \"09:30:00.000000\":time"},
      {"event_date > \"2024-01-01T00:00:00Z\"", "event_date > \"2024-01-01T00:00:00.000000Z\":timestamptz"},
      {"eventDate > \"2024-01-01T01:30:00.5+01:30\"",
       "event_date > \"2024-01-01T00:00:00.500000Z\":timestamptz"},
      {"local = \"2024-01-01T00:00:00-01:00\"", "local = \"2024-01-01T01:00:00.000000\":timestamp"},
      {"length = 90s", "length = \"0:01:30.000000\":interval"},
      {"length < -1.5s", "length < \"-0:00:01.500000\":interval"},
      {"mood = MOOD_SAD", "mood = \"sad\":mood"},
      {"mood = 'MOOD_VERY_HAPPY'", "mood = \"very happy\":mood"},
      {"mood = \"very happy\"", "mood = \"very happy\":mood"},
      {"mood != MOOD_OK", "NOT mood = \"ok\":mood"},
      {"mood_text = sad", "mood_text = \"sad\":mood"},
      {"address = \"10.0.0.1\"", "address = \"10.0.0.1\":inet"},
      {"and = 1", "and = \"1\":text"},
      {"\"OR\" = 1", "OR = \"1\":text"},
      {"exists = true", "exists = true:bool"},
  };
  check_accepted(FILTER_OF_REQUEST, cases, LENGTH_OF(cases));
}

static void strings(void **state)
{
  static const struct accepted cases[] = {
      {"name = 'it is \"quoted\"'", "name = \"it is \"quoted\"\":text"},
      {"name = \"O'Brien\"", "name = \"O'Brien\":text"},
      {"name = 'O\\'Brien'", "name = \"O'Brien\":text"},
      {"name = \"a\\\\b\"", "name = \"a\\b\":text"},
      {"name = \"a\\nb\\tc\\rd\"", "name = \"a\\x0ab\\x09c\\x0dd\":text"},
      {"name = \"\\u00e9\\u20AC\\u0041\"", "name = \"é€A\":text"},
      {"name = \"été 日本 🎉\"", "name = \"été 日本 🎉\":text"},
      {"name = été", "name = \"été\":text"},
      {"name = \"' OR 1=1 --\"", "name = \"' OR 1=1 --\":text"},
      {"name = \"AND OR NOT (\"", "name = \"AND OR NOT (\":text"},
      {"name = \"100%\"", "name = \"100%\":text"},
      {"name = \"A*\"", "name ~ \"A%\":text"},
      {"name = \"*.foo\"", "name ~ \"%.foo\":text"},
      {"name : A*", "name ~ \"A%\":text"},
      {"name = A*b*", "name ~ \"A%b%\":text"},
      {"name != \"A*\"", "NOT name ~ \"A%\":text"},
      {"name = \"100%_\\\\*\"", "name ~ \"100\\%\\_\\\\%\":text"},
      {"name = \"a\\*b\"", "name = \"a*b\":text"},
      {"name = \"a\\*b*\"", "name ~ \"a*b%\":text"},
      {"name = \"\\u002a\"", "name = \"*\":text"},
      {"name < \"a\\*\"", "name < \"a*\":text"},
      {"code = \"A*\"", "code ~ \"A%\":bpchar"},
      {"creator.mail = \"*@EXAMPLE.com\"", "creator.mail ~ \"%@EXAMPLE.com\":citext"},
      {"creator.mail = \"a@b.c\"", "creator.mail = \"a@b.c\":citext"},
  };
  check_accepted(FILTER_OF_REQUEST, cases, LENGTH_OF(cases));
}

static void lists_of_values(void **state)
{
  static const struct accepted cases[] = {
      {"id = (1 OR 2 OR 3)", "id in [1,2,3]:int8"},
      {"id = (1)", "id = 1:int8"},
      {"id : (1 OR -2)", "id in [1,-2]:int8"},
      {"id = ((1 OR 2) OR 3)", "id in [1,2,3]:int8"},
      {"id != (1 OR 2)", "NOT id in [1,2]:int8"},
      {"score = (1.5 OR -2.5)", "score in [1.5,-2.5]:float8"},
      {"name = ('a' OR b)", "name in [\"a\",\"b\"]:text"},
      {"name = ('a*' OR b OR c)", "(name ~ \"a%\":text OR name in [\"b\",\"c\"]:text)"},
      {"name = ('a*' OR b)", "(name ~ \"a%\":text OR name = \"b\":text)"},
      {"mood = (MOOD_SAD OR MOOD_OK)", "mood in [\"sad\",\"ok\"]:mood"},
      {"creator.id = (1 OR 2)", "creator.id in [1,2]:int8"},
      {"tags:(a OR b)", "(tags @> \"a\":text OR tags @> \"b\":text)"},
  };
  check_accepted(FILTER_OF_REQUEST, cases, LENGTH_OF(cases));
}

static void presence_and_paths(void **state)
{
  static const struct accepted cases[] = {
      {"name:*", "name:*"},
      {"NOT name:*", "NOT name:*"},
      {"name : *", "name:*"},
      {"settings:*", "settings:*"},
      {"during:*", "during:*"},
      {"creator:*", "creator{}"},
      {"NOT creator:*", "NOT creator{}"},
      {"creator.organization:*", "creator.organization{}"},
      {"creator.name = Ann", "creator.name = \"Ann\":text"},
      {"creator.organization.name = ACM", "creator.organization.name = \"ACM\":text"},
      {"creator.name:*", "creator.name:*"},
      {"creator.\"name\" = Ann", "creator.name = \"Ann\":text"},
      {"creator_name = Ann", "creator.name = \"Ann\":text"},
      {"creatorName = \"A*\"", "creator.name ~ \"A%\":text"},
      {"attendee_count > 5", "count(attendees) > 5:int8"},
      {"attendees:*", "attendees{}"},
      {"attendees.name:Ann", "attendees{name = \"Ann\":text}"},
      {"NOT attendees.name:Ann", "NOT attendees{name = \"Ann\":text}"},
      {"attendees.name:\"A*\"", "attendees{name ~ \"A%\":text}"},
      {"attendees.name:(Ann OR Bob)", "attendees{name in [\"Ann\",\"Bob\"]:text}"},
      {"attendees.name:*", "attendees{name:*}"},
      {"attendees.organization.id:5", "attendees{organization.id = 5:int8}"},
      {"attendees.organization:*", "attendees{organization{}}"},
      {"attendees.events.id:5", "attendees{events{id = 5:int8}}"},
      {"attendees.events.creator.name:Ann", "attendees{events{creator.name = \"Ann\":text}}"},
      {"attendees.events.tags:x", "attendees{events{tags @> \"x\":text}}"},
      {"attendees.events.creatorName:Ann", "attendees{events{creator.name = \"Ann\":text}}"},
      {"tags:x", "tags @> \"x\":text"},
      {"NOT tags:x", "NOT tags @> \"x\":text"},
      {"tags:\"a\\*\"", "tags @> \"a*\":text"},
      {"tags:*", "tags > '{}'::_text"},
      {"ratings:5", "ratings @> 5:int4"},
      {"moods:MOOD_SAD", "moods @> \"sad\":mood"},
      {"exists(attendees)", "attendees{}"},
      {"exists(creator)", "creator{}"},
      {"exists(attendees, (name = Ann AND organization.id = 5))",
       "attendees{(name = \"Ann\":text AND organization.id = 5:int8)}"},
      {"exists( attendees ,(age > 5) )", "attendees{age > 5:int4}"},
      {"exists(creator, (name = Ann))", "creator{name = \"Ann\":text}"},
      {"exists(attendees.events, (id = 5))", "attendees{events{id = 5:int8}}"},
      {"exists(creator.organization, (id = 5))", "creator.organization{id = 5:int8}"},
      {"exists(attendees, (exists(events, (public = true))))", "attendees{events{public = true:bool}}"},
      {"NOT exists(attendees, (NOT age > 5))", "NOT attendees{NOT age > 5:int4}"},
      {"exists(attendees, (id = (1 OR 2))) OR id = 3", "(attendees{id in [1,2]:int8} OR id = 3:int8)"},
  };
  check_accepted(FILTER_OF_REQUEST, cases, LENGTH_OF(cases));
}

static void annotations(void **state)
{
  static const struct accepted cases[] = {
      {"id = 1", "id = '1'::int8"},
      {"score = 0.5", "score = '0.5'::float8"},
      {"public = true", "public = 'true'::bool"},
      {"data = AAH_", "data = '\\x0001ff'::bytea"},
      {"name = \"it's\"", "name = 'it's'::text"},
      {"name = \"A*\"", "name ~ 'A%'::text"},
      {"mood = MOOD_SAD", "mood = 'sad'::mood"},
      {"id = (1 OR 2)", "id in '1'::int8,'2'::int8"},
      {"NOT creator:*", "NOT creator{}"},
      {"NOT column('deleted_at'):*", "NOT deleted_at:*"},
      {"column(deleted_at) > '2024-01-01T00:00:00Z'",
       "deleted_at > '2024-01-01T00:00:00.000000Z'::timestamptz"},
      {"column('secret') = x", "secret = 'x'::text"},
      {"column('mood') = sad", "mood = 'sad'::mood"},
      {"column('tags'):x", "tags @> 'x'::text"},
      {"through('rank') <= 3", "junction/rank <= '3'::int4"},
      {"lower(column('secret')) = lower('X')", "lower(secret) = lower('X'::text)"},
      {"search(column('secret'), x)", "to_tsvector('pg_catalog.english'::regconfig, secret) @@ "
                                      "websearch_to_tsquery('pg_catalog.english'::regconfig, 'x'::text)"},
      {"exists(attendees, (column('organization_id') = 5))", "attendees{organization_id = '5'::int8}"},
      {"id = claim('tenant_id')", "id = @tenant_id:int8"},
      {"column('creator_id') = claim(tenant)", "creator_id = @tenant:int8"},
      {"id:claim('tenant_id')", "id = @tenant_id:int8"},
      {"id != claim('tenant_id')", "NOT id = @tenant_id:int8"},
      {"name = claim('https://example.com/name')", "name = @https://example.com/name:text"},
      {"creator.mail = claim('email')", "creator.mail = @email:citext"},
      {"seats <= claim('level')", "seats <= one @level:int4"},
      {"mood = claim('mood') AND public = claim('p')", "(mood = @mood:mood AND public = @p:bool)"},
      {"exists(attendees, (id = claim('sub')))", "attendees{id = @sub:int8}"},
      {"tags:claim('groups')", "tags @> @groups:text"},
      {"through('rank') = claim('rank')", "junction/rank = @rank:int4"},
  };
  check_accepted(FILTER_OF_ANNOTATION, cases, LENGTH_OF(cases));
}

static void a_claim_is_known_by_name_and_type(void **state)
{
  struct fixture fixture;
  struct expr *expr;
  set_up(&fixture, FILTER_OF_ANNOTATION);
  assert_true(
      filter_parse(STR("id = claim('t') AND column('creator_id') = claim('t') AND name = claim('t') AND "
                       "id > claim('t') AND id = claim('u')"),
                   &fixture.context, &expr, &fixture.error));
  assert_int_equal(fixture.claims.n, 4);
  assert_ptr_equal(expr->children[0]->values[0].claim, expr->children[1]->values[0].claim);
  for (unsigned i = 0; i < fixture.claims.n; i++)
    assert_int_equal(fixture.claims.items[i]->index, i);
  tear_down(&fixture);
}

static void there_are_so_many_claims_at_most(void **state)
{
  struct fixture fixture;
  struct expr *expr;
  set_up(&fixture, FILTER_OF_ANNOTATION);
  for (int i = 0; i <= GRAPH_CLAIMS_MOST; i++) {
    const char *text = arena_printf(fixture.arena, "id = claim('c%d')", i);
    assert_int_equal(filter_parse(str_from(text), &fixture.context, &expr, &fixture.error),
                     i < GRAPH_CLAIMS_MOST);
  }
  assert_non_null(strstr(fixture.error.message, "more than 64 claims"));
  tear_down(&fixture);
}

static void an_empty_text_needs_no_bytes(void **state)
{
  struct fixture fixture;
  struct expr *expr = (struct expr *)&fixture;
  set_up(&fixture, FILTER_OF_REQUEST);
  assert_true(filter_parse((struct str){NULL, 0}, &fixture.context, &expr, &fixture.error));
  assert_null(expr);
  tear_down(&fixture);
}

/* A request with two filters numbers its arguments on. */
static void arguments_are_appended(void **state)
{
  struct fixture fixture;
  struct expr *expr;
  set_up(&fixture, FILTER_OF_REQUEST);
  assert_true(filter_parse(STR("id = 1 name = x"), &fixture.context, &expr, &fixture.error));
  assert_true(filter_parse(STR("id = 2"), &fixture.context, &expr, &fixture.error));
  assert_int_equal(fixture.arguments.n, 3);
  assert_int_equal(expr->values[0].argument, 2);
  tear_down(&fixture);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(structure),
      cmocka_unit_test(comparisons),
      cmocka_unit_test(strings),
      cmocka_unit_test(lists_of_values),
      cmocka_unit_test(presence_and_paths),
      cmocka_unit_test(annotations),
      cmocka_unit_test(a_claim_is_known_by_name_and_type),
      cmocka_unit_test(there_are_so_many_claims_at_most),
      cmocka_unit_test(an_empty_text_needs_no_bytes),
      cmocka_unit_test(arguments_are_appended),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

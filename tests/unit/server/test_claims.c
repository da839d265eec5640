/*
 * test_claims.c - payloads as proxies hand them over, and what they become for the types they meet.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/base64url.h"
#include "planner/argument.h"
#include "server/claims.h"
#include "support/graph_world.h"

static const char catalog[] = "enum mood: sad, ok\n"
                              "table things\n"
                              "  id int8 primary key\n"
                              "  small int2\n"
                              "  price numeric\n"
                              "  ratio float8\n"
                              "  name text\n"
                              "  key uuid\n"
                              "  yes bool\n"
                              "  mood mood\n"
                              "  level int4\n";

static const char declarations[] =
    "message Thing {\n"
    "  option (rowan.v1.resource) = {table: \"things\" filter: \"id = claim('id') AND column('small') = "
    "claim('small') AND column('price') = claim('price') AND column('ratio') = claim('ratio') AND "
    "column('name') = claim('name') AND column('key') = claim('key') AND column('yes') = claim('yes') AND "
    "column('mood') = claim('mood') AND column('level') <= claim('level')\"};\n"
    "  int64 id = 1;\n"
    "}\n";

static struct graph_world world;
static struct arena *arena;

static int set_up(void **state)
{
  world = world_from_text(catalog, declarations);
  world_must_be_sound(&world);
  return world.graph->claims.n == 9 ? 0 : -1;
}

static int tear_down(void **state)
{
  world_done(&world);
  return 0;
}

static int begin(void **state)
{
  arena = arena_new(0);
  return 0;
}

static int end(void **state)
{
  arena_free(arena);
  return 0;
}

static const struct claims *claims_of(const char *json)
{
  const struct claims *claims = NULL;
  struct error error = {0};
  if (!claims_from_json(str_from(json), arena, &claims, &error))
    fail_msg("%s: %s", json, error.detail);
  return claims;
}

static unsigned index_of(const char *name)
{
  const struct graph_claims *claims = &world.graph->claims;
  for (unsigned i = 0; i < claims->n; i++)
    if (strcmp(claims->items[i]->name, name) == 0)
      return i;
  fail_msg("no claim %s", name);
  return 0;
}

static struct bound_claims bind_all(const struct claims *claims)
{
  struct bound_claims bound;
  claims_bind(claims, world.graph, world_resource(&world, "Thing")->claims, arena, &bound);
  return bound;
}

/* "5", "[1 2]", or "-" for what is unfit. */
static const char *bound_text(const char *name, const char *json)
{
  struct bound_claims bound = bind_all(claims_of(json));
  unsigned i = index_of(name);
  if (((bound.missing | bound.unfit) >> i & 1) != 0)
    return (bound.missing >> i & 1) != 0 ? "missing" : "unfit";
  const struct argument *argument = &bound.arguments[i];
  assert_int_equal(argument->list, bound.lists >> i & 1);
  const char *text = argument->list ? "[" : "";
  for (size_t value = 0; value < argument->n; value++) {
    struct argument one = {
        .type = argument->type, .form = argument->form, .n = 1, .values = &argument->values[value]};
    struct str literal = argument_to_literal(&one, arena);
    text = arena_printf(arena, "%s%s%.*s", text, value > 0 ? " " : "", (int)literal.len, literal.data);
  }
  return argument->list ? arena_printf(arena, "%s]", text) : text;
}

static void a_value_meets_its_type(void **state)
{
  static const struct {
    const char *claim, *json, *value;
  } cases[] = {
      {"id", "{\"id\": 5}", "5"},
      {"id", "{\"id\": \"5\"}", "5"},
      {"id", "{\"id\": 9223372036854775807}", "9223372036854775807"},
      {"id", "{\"id\": -9223372036854775808}", "-9223372036854775808"},
      {"id", "{\"id\": [1, \"2\", 3]}", "[1 2 3]"},
      {"id", "{\"id\": [7]}", "7"},
      {"id", "{\"id\": []}", "[]"},
      {"id", "{}", "missing"},
      {"id", "{\"ID\": 5}", "missing"},
      {"id", "{\"id\": null}", "missing"},
      {"id", "{\"id\": 5.0}", "unfit"},
      {"id", "{\"id\": 5e0}", "unfit"},
      {"id", "{\"id\": true}", "unfit"},
      {"id", "{\"id\": {\"a\": 1}}", "unfit"},
      {"id", "{\"id\": \"\"}", "unfit"},
      {"id", "{\"id\": \" 5\"}", "unfit"},
      {"id", "{\"id\": \"5 OR true\"}", "unfit"},
      {"id", "{\"id\": \"9223372036854775808\"}", "unfit"},
      {"id", "{\"id\": [1, null]}", "unfit"},
      {"id", "{\"id\": [1, [2]]}", "unfit"},
      {"id", "{\"id\": [1, \"x\"]}", "unfit"},
      {"id", "{\"id\": [[1]]}", "unfit"},
      {"id", "{\"id\": [null]}", "unfit"},
      {"small", "{\"small\": 32767}", "32767"},
      {"small", "{\"small\": 32768}", "unfit"},
      {"price", "{\"price\": 10}", "10"},
      {"price", "{\"price\": \"10.50\"}", "10.50"},
      {"price", "{\"price\": 10.5}", "unfit"},
      {"ratio", "{\"ratio\": 0.5}", "0.5"},
      {"ratio", "{\"ratio\": 2}", "2"},
      {"name", "{\"name\": \"o'neil \\u00e4\"}", "o'neil ä"},
      {"name", "{\"name\": \"\"}", ""},
      {"name", "{\"name\": 5}", "unfit"},
      {"name", "{\"name\": true}", "unfit"},
      {"name", "{\"name\": [\"a\", \"b\"]}", "[a b]"},
      {"key", "{\"key\": \"123e4567-e89b-12d3-a456-426614174000\"}", "123e4567-e89b-12d3-a456-426614174000"},
      {"key", "{\"key\": \"123e4567\"}", "unfit"},
      {"yes", "{\"yes\": true}", "true"},
      {"yes", "{\"yes\": \"false\"}", "false"},
      {"yes", "{\"yes\": 1}", "unfit"},
      {"mood", "{\"mood\": \"ok\"}", "ok"},
      {"mood", "{\"mood\": \"fine\"}", "unfit"},
      {"level", "{\"level\": 3}", "3"},
      {"level", "{\"level\": [3]}", "3"},
      {"level", "{\"level\": [3, 4]}", "unfit"},
      {"level", "{\"level\": []}", "unfit"},
  };
  for (size_t i = 0; i < LENGTH_OF(cases); i++)
    if (strcmp(bound_text(cases[i].claim, cases[i].json), cases[i].value) != 0)
      fail_msg("%s: %s, not %s", cases[i].json, bound_text(cases[i].claim, cases[i].json), cases[i].value);
}

static void what_is_needed_must_be_there(void **state)
{
  struct bound_claims bound = bind_all(claims_of("{\"id\": 5, \"small\": \"x\"}"));
  uint64_t id = 1U << index_of("id"), small = 1U << index_of("small"), name = 1U << index_of("name");
  struct error error = {0};
  assert_true(claims_check(&bound, 0, &error));
  assert_true(claims_check(&bound, id, &error));
  assert_false(claims_check(&bound, id | name, &error));
  assert_int_equal(error.code, ERROR_PERMISSION_DENIED);
  assert_string_equal(error.reason, "CLAIM_MISSING");
  assert_string_equal(error.metadata[0].value, "name");
  assert_false(claims_check(&bound, id | small, &error));
  assert_string_equal(error.reason, "CLAIM_UNFIT");
  assert_string_equal(error.metadata[0].value, "small");
}

static void nobody_has_no_claims(void **state)
{
  struct bound_claims bound = bind_all(NULL);
  struct error error = {0};
  assert_int_equal(bound.missing, bound.wanted);
  assert_false(claims_check(&bound, bound.wanted, &error));
  assert_string_equal(error.reason, "CLAIM_MISSING");
}

/* ---- what tokens are bound to ---- */

static struct strbuf serialized(const char *json, uint64_t which)
{
  struct strbuf text = {0};
  struct bound_claims bound = bind_all(claims_of(json));
  claims_serialize(&bound, which, &text);
  return text;
}

static void other_claims_give_other_bytes(void **state)
{
  static const char *const payloads[] = {
      "{\"id\": 5}",
      "{\"id\": 6}",
      "{\"id\": [5, 6]}",
      "{\"id\": [6, 5]}",
      "{\"id\": []}",
      "{}",
      "{\"name\": \"a\"}",
      "{\"name\": \"ab\"}",
      "{\"name\": [\"a\", \"b\"]}",
      "{\"name\": [\"ab\", \"\"]}",
      "{\"name\": [\"\", \"ab\"]}",
      "{\"yes\": true}",
      "{\"yes\": false}",
  };
  uint64_t all = world_resource(&world, "Thing")->claims;
  for (size_t i = 0; i < LENGTH_OF(payloads); i++)
    for (size_t j = 0; j < LENGTH_OF(payloads); j++) {
      struct strbuf a = serialized(payloads[i], all), b = serialized(payloads[j], all);
      bool same = a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
      if (same != (i == j))
        fail_msg("%s and %s", payloads[i], payloads[j]);
      strbuf_done(&a);
      strbuf_done(&b);
    }
  struct strbuf a = serialized(payloads[0], (uint64_t)1 << index_of("name")),
                b = serialized(payloads[1], (uint64_t)1 << index_of("name")),
                none = serialized(payloads[0], 0);
  assert_int_equal(a.len, b.len);
  assert_memory_equal(a.data, b.data, a.len);
  assert_int_equal(none.len, 0);
  strbuf_done(&a);
  strbuf_done(&b);
}

/* ---- the header ---- */

static void a_header_holds_the_payload(void **state)
{
  static const char json[] = "{\"id\": 57}";
  const char *text = base64url_encode((const uint8_t *)json, sizeof json - 1, arena);
  const struct claims *claims;
  struct error error = {0};
  assert_true(claims_from_header(str_from(text), arena, &claims, &error));
  assert_int_equal(bind_all(claims).arguments[index_of("id")].values[0].i64, 57);
  assert_true(claims_from_header(str_from(arena_printf(arena, "%s==", text)), arena, &claims, &error));
  assert_non_null(claims);
  assert_true(claims_from_header((struct str){0}, arena, &claims, &error));
  assert_null(claims);
}

static void whatever_is_wrong_with_it_has_one_text(void **state)
{
  static const char *const payloads[] = {
      "",
      "5",
      "[]",
      "\"x\"",
      "{",
      "{}x",
      "{\"a\": 1, \"a\": 2}",
      "{\"a\": \"\\u0000\"}",
      "{\"a\": \"\xff\"}",
      "{'a': 1}",
  };
  const char *texts[LENGTH_OF(payloads) + 5];
  size_t n = 0;
  for (; n < LENGTH_OF(payloads); n++)
    texts[n] = base64url_encode((const uint8_t *)payloads[n], strlen(payloads[n]), arena);
  texts[0] = "====";
  texts[n++] = "e30,e30";
  texts[n++] = "e30 ";
  texts[n++] = "e3+/";
  texts[n++] = "eyJ.eyJ9.x";
  char *long_text = arena_alloc_bytes(arena, 7001);
  memset(long_text, 'e', 7000);
  long_text[7000] = '\0';
  texts[n++] = long_text;
  for (size_t i = 0; i < n; i++) {
    struct error error = {0};
    const struct claims *claims;
    if (claims_from_header(str_from(texts[i]), arena, &claims, &error))
      fail_msg("taken: %zu %s", i, texts[i]);
    assert_int_equal(error.code, ERROR_UNAUTHENTICATED);
    assert_string_equal(error.reason, "INVALID_CLAIMS");
    assert_string_equal(error.message, "the caller's claims cannot be read");
    assert_int_not_equal(error.detail[0], '\0');
  }
}

static void a_header_has_a_name_that_headers_have(void **state)
{
  static const char *const good[] = {"", "x-jwt-payload", "x_claims.1"}, *const bad[] = {
                                                                             "X-Jwt-Payload", "claims-bin",
                                                                             "grpc-claims",   ":path",
                                                                             "x claims",      "x-cläims"};
  struct error error = {0};
  for (size_t i = 0; i < LENGTH_OF(good); i++)
    assert_true(claims_header_check(good[i], &error));
  for (size_t i = 0; i < LENGTH_OF(bad); i++) {
    assert_false(claims_header_check(bad[i], &error));
    assert_string_equal(error.reason, "INVALID_SETTING");
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_value_meets_its_type, begin, end),
      cmocka_unit_test_setup_teardown(what_is_needed_must_be_there, begin, end),
      cmocka_unit_test_setup_teardown(nobody_has_no_claims, begin, end),
      cmocka_unit_test_setup_teardown(other_claims_give_other_bytes, begin, end),
      cmocka_unit_test_setup_teardown(a_header_holds_the_payload, begin, end),
      cmocka_unit_test_setup_teardown(whatever_is_wrong_with_it_has_one_text, begin, end),
      cmocka_unit_test(a_header_has_a_name_that_headers_have),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}

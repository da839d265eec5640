/*
 * test_request_json.c - JSON as people write it, held against what it should have become, written down again.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "server/request_json.h"
#include "server/request_value.h"
#include "support/schema_text.h"

static struct schema *schema;
static const struct schema_message *type;

static int set_up(void **state)
{
  schema =
      schema_from_text("enum Mood { MOOD_UNSPECIFIED = 0; MOOD_SAD = 1; MOOD_HAPPY = 2; }\n"
                       "message Inner { int32 deep = 1; Inner inner = 2; }\n"
                       "message Ask {\n"
                       "  int32 small = 1; int64 big = 2; uint32 count = 3; uint64 huge = 4;\n"
                       "  bool yes = 5; double real = 6; string text = 7; bytes blob = 8; Mood mood = 9;\n"
                       "  repeated int64 ids = 10; Inner inner = 11; repeated Inner inners = 12;\n"
                       "  google.protobuf.FieldMask read_mask = 13;\n"
                       "  google.protobuf.Timestamp seen_at = 14; google.protobuf.Duration wait = 15;\n"
                       "  google.protobuf.Int64Value wrapped = 16;\n"
                       "  map<string, rowan.v1.RelationArguments> relation_arguments = 17;\n"
                       "  map<int32, bool> flags = 18;\n"
                       "  oneof by { int64 id = 19; string name = 20; }\n"
                       "  optional int32 maybe = 21; google.protobuf.Struct structure = 22;\n"
                       "}\n");
  type = schema_find_message(schema, "test.v1.Ask");
  return type == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
  schema_unref(schema);
  return 0;
}

/* ---- a message, written down ---- */

static void describe(const struct message_value *message, struct strbuf *ret)
{
  bool first = true;
  for (size_t i = 0; i < message->type->n_fields; i++) {
    const struct schema_field *field = &message->type->fields[i];
    for (size_t j = 0; j < message->fields[i].n; j++) {
      const union value *value = &message->fields[i].items[j];
      strbuf_printf(ret, "%s%s", first ? "" : " ", field->name);
      first = false;
      if (field->type == FIELD_MESSAGE) {
        strbuf_puts(ret, "{");
        describe(value->message, ret);
        strbuf_puts(ret, "}");
      } else if (field->type == FIELD_BYTES) {
        strbuf_printf(ret, "=%.*s", (int)value->bytes.len, value->bytes.data);
      } else {
        strbuf_puts(ret, "=");
        value_describe(field, value, 100, ret);
      }
    }
  }
}

static void json_becomes_a_message(void **state)
{
  static const struct {
    const char *json, *message;
  } cases[] = {
      {"{}", ""},
      {"{\"small\": -5, \"big\": \"-9223372036854775808\", \"count\": 4294967295, \"huge\": "
       "\"18446744073709551615\"}",
       "small=-5 big=-9223372036854775808 count=4294967295 huge=18446744073709551615"},
      {"{\"big\": 9223372036854775807}", "big=9223372036854775807"},
      {"{\"yes\": true, \"real\": 1.5, \"text\": \"a \\\"b\\\" \\u00e4\", \"mood\": \"MOOD_HAPPY\"}",
       "yes=true real=1.5 text=\"a \"b\" ä\" mood=2"},
      {"{\"real\": 3}", "real=3"},
      {"{\"real\": \"2.5\", \"mood\": 1}", "real=2.5 mood=1"},
      {"{\"blob\": \"+/8=\"}", "blob=\xfb\xff"},
      {"{\"blob\": \"-_8\"}", "blob=\xfb\xff"},
      {"{\"blob\": \"\"}", "blob="},
      {"{\"ids\": [1, \"2\", 3]}", "ids=1 ids=2 ids=3"},
      {"{\"ids\": []}", ""},
      {"{\"small\": null, \"inner\": null, \"ids\": null}", ""},
      {"{\"small\": 0, \"text\": \"\", \"maybe\": 0}", "small=0 text=\"\" maybe=0"},
      {"{\"inner\": {\"deep\": 1, \"inner\": {}}, \"inners\": [{\"deep\": 2}, {}]}",
       "inner{deep=1 inner{}} inners{deep=2} inners{}"},
      {"{\"readMask\": \"name,creator.userName\"}", "read_mask{paths=\"name\" paths=\"creator.userName\"}"},
      {"{\"read_mask\": {\"paths\": [\"a\", \"b.*\"]}}", "read_mask{paths=\"a\" paths=\"b.*\"}"},
      {"{\"read_mask\": \"\"}", "read_mask{}"},
      {"{\"seenAt\": \"2024-12-31T23:59:59.25+01:00\"}", "seen_at{seconds=1735685999 nanos=250000000}"},
      {"{\"seenAt\": \"0001-01-01T00:00:00Z\"}", "seen_at{seconds=-62135596800 nanos=0}"},
      {"{\"wait\": \"-90.5s\"}", "wait{seconds=-90 nanos=-500000000}"},
      {"{\"wrapped\": \"7\"}", "wrapped{value=7}"},
      {"{\"wrapped\": 0}", "wrapped{value=0}"},
      {"{\"relation_arguments\": {\"attendees\": {\"pageSize\": 2, \"order_by\": \"name desc\"}, \"b\": {}}}",
       "relation_arguments{key=\"attendees\" value{order_by=\"name desc\" page_size=2}} "
       "relation_arguments{key=\"b\" value{}}"},
      {"{\"flags\": {\"-3\": true}}", "flags{key=-3 value=true}"},
      {"{\"name\": \"x\", \"id\": null}", "name=\"x\""},
  };
  for (size_t i = 0; i < LENGTH_OF(cases); i++) {
    struct arena *arena = arena_new(0);
    struct error error = {0};
    struct message_value *message;
    struct strbuf text = {0};
    if (!request_from_json(type, cases[i].json, arena, &message, &error))
      fail_msg("%s: %s", cases[i].json, error.message);
    describe(message, &text);
    assert_string_equal(strbuf_text(&text), cases[i].message);
    strbuf_done(&text);
    arena_free(arena);
  }
}

static void mistakes_are_told_with_their_place(void **state)
{
  static const struct {
    const char *json, *field, *says;
  } cases[] = {
      {"", "request", "no JSON"},
      {"{", "request", "no JSON"},
      {"{} {}", "request", "no JSON"},
      {"{\"small\": 1, \"small\": 2}", "request", "no JSON"},
      {"[]", "request", "expected an object"},
      {"{\"smal\": 1}", "request", "Ask has no field \"smal\"; did you mean \"small\"?"},
      {"{\"zzzzzzzz\": 1}", "request", "Ask has no field \"zzzzzzzz\""},
      {"{\"read_mask\": \"a\", \"readMask\": \"b\"}", "read_mask", "is given twice"},
      {"{\"id\": 1, \"name\": \"x\"}", "name", "excludes id"},
      {"{\"small\": 2147483648}", "small", "from -2147483648 to 2147483647"},
      {"{\"small\": 1.5}", "small", "expected an integer"},
      {"{\"small\": \" 1\"}", "small", "expected an integer"},
      {"{\"small\": \"1x\"}", "small", "expected an integer"},
      {"{\"small\": true}", "small", "expected an integer"},
      {"{\"count\": -1}", "count", "from 0 to 4294967295"},
      {"{\"huge\": \"18446744073709551616\"}", "huge", "expected an integer"},
      {"{\"big\": \"-9223372036854775809\"}", "big", "expected an integer"},
      {"{\"yes\": \"true\"}", "yes", "true or false"},
      {"{\"real\": \"x\"}", "real", "a number"},
      {"{\"text\": 5}", "text", "a string"},
      {"{\"blob\": \"a\"}", "blob", "base64"},
      {"{\"blob\": 5}", "blob", "base64"},
      {"{\"mood\": \"MOOD_HAPY\"}", "mood", "did you mean \"MOOD_HAPPY\"?"},
      {"{\"ids\": 5}", "ids", "a list"},
      {"{\"ids\": [1, \"x\"]}", "ids[1]", "expected an integer"},
      {"{\"inners\": [{}, {\"deap\": 1}]}", "inners[1]",
       "Inner has no field \"deap\"; did you mean \"deep\"?"},
      {"{\"inner\": 5}", "inner", "an object"},
      {"{\"seen_at\": \"yesterday\"}", "seen_at", "RFC 3339"},
      {"{\"seen_at\": {\"seconds\": 1}}", "seen_at", "RFC 3339"},
      {"{\"wait\": \"1 h\"}", "wait", "1.5s"},
      {"{\"relation_arguments\": {\"attendees\": {\"pagesize\": 2}}}", "relation_arguments.attendees",
       "RelationArguments has no field \"pagesize\"; did you mean \"page_size\"?"},
      {"{\"relation_arguments\": [1]}", "relation_arguments", "an object"},
      {"{\"flags\": {\"x\": true}}", "flags.x", "expected an integer"},
      {"{\"structure\": {}}", "structure", "google.protobuf.Struct stands for nothing"},
  };
  for (size_t i = 0; i < LENGTH_OF(cases); i++) {
    struct arena *arena = arena_new(0);
    struct error error = {0};
    struct message_value *message;
    if (request_from_json(type, cases[i].json, arena, &message, &error))
      fail_msg("%s was taken", cases[i].json);
    assert_int_equal(error.code, ERROR_INVALID_ARGUMENT);
    assert_string_equal(error.reason, "MALFORMED_REQUEST");
    assert_string_equal(error.field, cases[i].field);
    if (strstr(error.message, cases[i].says) == NULL)
      fail_msg("%s: %s", cases[i].json, error.message);
    arena_free(arena);
  }
}

static void nesting_is_bounded(void **state)
{
  struct arena *arena = arena_new(0);
  struct strbuf text = {0};
  struct error error = {0};
  struct message_value *message;
  for (int i = 0; i < 1000; i++)
    strbuf_puts(&text, "{\"inner\":");
  strbuf_puts(&text, "{}");
  for (int i = 0; i < 1000; i++)
    strbuf_puts(&text, "}");
  assert_false(request_from_json(type, strbuf_text(&text), arena, &message, &error));
  assert_non_null(strstr(error.message, "deep"));
  strbuf_done(&text);
  arena_free(arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(json_becomes_a_message),
      cmocka_unit_test(mistakes_are_told_with_their_place),
      cmocka_unit_test(nesting_is_bounded),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}

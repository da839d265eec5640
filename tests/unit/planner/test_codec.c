#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "planner/codec.h"
#include "support/catalog_builder.h"
#include "support/schema_text.h"

/* One column of each type, and one field of each; a pair is named by both. */
#define COLUMNS                                                                                              \
  "enum mood: sad, so-so, Very Happy\n"                                                                      \
  "enum clash: a-b, a_b\n"                                                                                   \
  "domain positive: int4\n"                                                                                  \
  "table t\n"                                                                                                \
  "  bool bool\n  int2 int2\n  int4 int4\n  int8 int8\n  float4 float4\n  float8 float8\n"                   \
  "  numeric numeric\n  text text\n  varchar varchar\n  bpchar bpchar\n  citext citext\n  bytea bytea\n"     \
  "  uuid uuid\n  date date\n  time time\n  timestamp timestamp\n  timestamptz timestamptz\n"                \
  "  interval interval\n  json json\n  jsonb jsonb\n  hstore hstore\n  mood mood\n  clash clash\n"           \
  "  positive positive\n  texts text[]\n  jsonbs jsonb[]\n  moods mood[]\n  positives positive[]\n"          \
  "  inet inet\n  tsrange tsrange\n"

#define FIELDS                                                                                               \
  "message M {\n"                                                                                            \
  "  bool boolean = 1; int32 int32 = 2; int64 int64 = 3; uint32 uint32 = 4; sfixed64 sfixed64 = 5;\n"        \
  "  float float = 6; double double = 7; string string = 8; bytes bytes = 9;\n"                              \
  "  google.protobuf.Timestamp timestamp = 10; google.protobuf.Duration duration = 11;\n"                    \
  "  google.protobuf.Struct struct = 12; google.protobuf.Value value = 13;\n"                                \
  "  google.protobuf.ListValue list_value = 14; google.protobuf.Int64Value int64_value = 15;\n"              \
  "  google.protobuf.StringValue string_value = 16; map<string, string> map = 17;\n"                         \
  "  repeated string strings = 18; repeated int32 int32s = 19; repeated Mood moods = 20;\n"                  \
  "  Mood mood = 21; Short short = 22; Clash clash = 23; Typo typo = 24; M message = 25;\n"                  \
  "  map<string, int32> int_map = 26; repeated google.protobuf.Struct structs = 27;\n"                       \
  "}\n"                                                                                                      \
  "enum Mood { MOOD_UNSPECIFIED = 0; MOOD_SAD = 1; MOOD_SO_SO = 2;\n"                                        \
  "  MOOD_HAPPY = 3 [(rowan.v1.enum_value).label = \"Very Happy\"]; MOOD_FUTURE = 4; }\n"                    \
  "enum Short { SHORT_UNSPECIFIED = 0; SHORT_SAD = 1; SHORT_SO_SO = 2; }\n"                                  \
  "enum Clash { CLASH_UNSPECIFIED = 0; CLASH_A_B = 1; }\n"                                                   \
  "enum Typo { TYPO_UNSPECIFIED = 0; TYPO_SAD = 1; TYPO_SO_SO = 2; TYPO_VERY_HAPPY = 3;\n"                   \
  "  TYPO_X = 4 [(rowan.v1.enum_value).label = \"hapy\"]; }\n"

static struct catalog *catalog;
static struct schema *schema;
static struct arena *arena;

static int setup(void **state)
{
  catalog = catalog_from_text(COLUMNS);
  schema = schema_from_text(FIELDS);
  arena = arena_new(0);
  return 0;
}

static int teardown(void **state)
{
  catalog_free(catalog);
  schema_unref(schema);
  arena_free(arena);
  return 0;
}

static bool resolve(const char *column_name, const char *field_name, struct codec *ret, struct error *error)
{
  const struct catalog_column *column = catalog_find_column(catalog->tables[0], str_from(column_name));
  const struct schema_field *field =
      schema_message_field(schema_find_message(schema, "test.v1.M"), str_from(field_name));
  assert_non_null(column);
  assert_non_null(field);
  return codec_resolve(column->type, field, arena, ret, error);
}

struct fit {
  const char *column, *field;
  enum codec_kind kind;
  bool as_text, array, wrapper;
};

static const struct fit fits[] = {
    {"bool", "boolean", CODEC_BOOL, false, false, false},
    {"int2", "int32", CODEC_INT2, false, false, false},
    {"int4", "uint32", CODEC_INT4, false, false, false},
    {"int8", "int32", CODEC_INT8, false, false, false},
    {"int8", "sfixed64", CODEC_INT8, false, false, false},
    {"int4", "int64_value", CODEC_INT4, false, false, true},
    {"float4", "double", CODEC_FLOAT4, false, false, false},
    {"float4", "float", CODEC_FLOAT4, false, false, false},
    {"float8", "double", CODEC_FLOAT8, false, false, false},
    {"numeric", "string", CODEC_TEXT, true, false, false},
    {"text", "string", CODEC_TEXT, false, false, false},
    {"varchar", "string_value", CODEC_TEXT, false, false, true},
    {"citext", "string", CODEC_TEXT, false, false, false},
    {"bpchar", "string", CODEC_PADDED_TEXT, false, false, false},
    {"bytea", "bytes", CODEC_BYTES, false, false, false},
    {"uuid", "string", CODEC_UUID, false, false, false},
    {"date", "string", CODEC_TEXT, true, false, false},
    {"time", "string", CODEC_TEXT, true, false, false},
    {"timestamptz", "timestamp", CODEC_TIMESTAMP, false, false, false},
    {"timestamp", "timestamp", CODEC_TIMESTAMP, false, false, false},
    {"timestamptz", "string", CODEC_TEXT, true, false, false},
    {"interval", "duration", CODEC_INTERVAL, false, false, false},
    {"json", "struct", CODEC_JSON, false, false, false},
    {"jsonb", "value", CODEC_JSON, true, false, false},
    {"jsonb", "list_value", CODEC_JSON, true, false, false},
    {"json", "string", CODEC_TEXT, false, false, false},
    {"hstore", "map", CODEC_HSTORE, false, false, false},
    {"hstore", "string", CODEC_TEXT, true, false, false},
    {"mood", "mood", CODEC_ENUM, false, false, false},
    {"mood", "string", CODEC_TEXT, false, false, false},
    {"positive", "int32", CODEC_INT4, false, false, false},
    {"texts", "strings", CODEC_TEXT, false, true, false},
    {"positives", "int32s", CODEC_INT4, false, true, false},
    {"moods", "moods", CODEC_ENUM, false, true, false},
    {"jsonbs", "structs", CODEC_JSON, true, true, false},
    {"inet", "string", CODEC_TEXT, true, false, false},
    {"tsrange", "string", CODEC_TEXT, true, false, false},
};

static void pairs_that_lose_nothing_fit(void **state)
{
  for (size_t i = 0; i < LENGTH_OF(fits); i++) {
    const struct fit *fit = &fits[i];
    struct codec codec;
    struct error error = {0};
    if (!resolve(fit->column, fit->field, &codec, &error))
      fail_msg("%s, %s: %s", fit->column, fit->field, error.message);
    if (codec.kind != fit->kind || codec.as_text != fit->as_text || codec.array != fit->array ||
        codec.wrapper != fit->wrapper)
      fail_msg("%s, %s: got kind %d, as_text %d, array %d, wrapper %d", fit->column, fit->field, codec.kind,
               codec.as_text, codec.array, codec.wrapper);
  }
}

static void pairs_that_lose_something_are_refused(void **state)
{
  static const char *const pairs[][3] = {
      {"int8", "string", "type int8 does not fit string: declare it int64"},
      {"float8", "float", "type float8 does not fit float: declare it double"},
      {"numeric", "double", "type numeric does not fit double: declare it string or google.type.Decimal"},
      {"text", "bytes", "type text does not fit bytes: declare it string or an enum"},
      {"text", "strings", "type text does not fit repeated string: declare it string or an enum"},
      {"texts", "string", "type text[] does not fit string: declare it repeated string"},
      {"bool", "int32", "type bool does not fit int32: declare it bool"},
      {"timestamptz", "duration", "declare it google.protobuf.Timestamp or string"},
      {"hstore", "int_map", "type hstore does not fit a map: declare it map<string, string>"},
      {"uuid", "mood", "type uuid does not fit test.v1.Mood: declare it string"},
      {"text", "message", "type text does not fit test.v1.M"},
      {"jsonb", "message", "declare it google.protobuf.Struct"},
      {"int4", "string_value", "does not fit"},
  };
  for (size_t i = 0; i < LENGTH_OF(pairs); i++) {
    struct codec codec;
    struct error error = {0};
    if (resolve(pairs[i][0], pairs[i][1], &codec, &error))
      fail_msg("%s fits %s", pairs[i][0], pairs[i][1]);
    assert_int_equal(error.code, ERROR_FAILED_PRECONDITION);
    if (strstr(error.message, pairs[i][2]) == NULL)
      fail_msg("%s, %s: %s", pairs[i][0], pairs[i][1], error.message);
  }
}

static void enum_labels_are_found_by_folded_names(void **state)
{
  struct codec codec;
  struct error error;
  assert_true(resolve("mood", "mood", &codec, &error));
  assert_int_equal(codec.n_labels, 3);
  assert_string_equal(codec.labels[0].label, "Very Happy");
  assert_int_equal(codec.labels[0].number, 3);
  assert_string_equal(codec.labels[1].label, "sad");
  assert_int_equal(codec.labels[1].number, 1);
  assert_string_equal(codec.labels[2].label, "so-so");
  assert_int_equal(codec.labels[2].number, 2);
}

static void enum_labels_that_do_not_match_are_refused(void **state)
{
  static const char *const pairs[][3] = {
      {"mood", "short", "label \"Very Happy\" of type mood has no value in test.v1.Short"},
      {"clash", "clash", "labels \"a-b\" and \"a_b\" of type clash fit the same value"},
      {"mood", "typo", "TYPO_X is annotated with label \"hapy\", which type mood does not have"},
  };
  for (size_t i = 0; i < LENGTH_OF(pairs); i++) {
    struct codec codec;
    struct error error = {0};
    assert_false(resolve(pairs[i][0], pairs[i][1], &codec, &error));
    if (strstr(error.message, pairs[i][2]) == NULL)
      fail_msg("%s, %s: %s", pairs[i][0], pairs[i][1], error.message);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pairs_that_lose_nothing_fit),
      cmocka_unit_test(pairs_that_lose_something_are_refused),
      cmocka_unit_test(enum_labels_are_found_by_folded_names),
      cmocka_unit_test(enum_labels_that_do_not_match_are_refused),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}

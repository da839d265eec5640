/*
 * test_argument.c - literals and request values, as arguments of a column's type.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>

#include "planner/argument.h"
#include "support/catalog_builder.h"

static struct catalog *catalog;
static struct arena *arena;
static struct error error;

static int set_up(void **state)
{
  arena = arena_new(0);
  catalog = catalog_from_text("enum mood: sad, ok\n"
                              "domain positive: int4\n"
                              "domain email: citext\n"
                              "table t\n"
                              "  id int8 primary key\n");
  return 0;
}

static int tear_down(void **state)
{
  catalog_free(catalog);
  arena_free(arena);
  return 0;
}

static const struct catalog_type *type_named(const char *name)
{
  for (size_t i = 0; i < catalog->n_types; i++)
    if (strcmp(catalog->types[i]->name, name) == 0)
      return catalog->types[i];
  fail_msg("no type %s", name);
  return NULL;
}

/* Form, type and value, as the inline literal has it. */
static const char *print(const struct argument *argument)
{
  static const char *const forms[] = {"null", "integer", "float", "boolean", "text", "binary"};
  struct str literal = argument->form == ARGUMENT_NULL ? STR("") : argument_to_literal(argument, arena);
  return arena_printf(arena, "%s %s %.*s", forms[argument->form], argument->type->name, (int)literal.len,
                      literal.data);
}

static void literals_in_their_forms(void **state)
{
  static const struct {
    const char *type, *text, *argument;
  } cases[] = {
      {"bool", "true", "boolean bool true"},
      {"bool", "false", "boolean bool false"},
      {"int2", "-32768", "integer int2 -32768"},
      {"int4", "007", "integer int4 7"},
      {"int8", "-0", "integer int8 0"},
      {"int8", "-9223372036854775808", "integer int8 -9223372036854775808"},
      {"positive", "5", "integer int4 5"},
      {"email", "A@b.c", "text citext A@b.c"},
      {"float4", "3.4e38", "float float4 3.4e+38"},
      {"float8", "-1.7976931348623157e308", "float float8 -1.7976931348623157e+308"},
      {"float8", "1e-999", "float float8 0"},
      {"numeric", "12345678901234567890.123456789", "text numeric 12345678901234567890.123456789"},
      {"numeric", "1e131071", "text numeric 1e131071"},
      {"text", "", "text text "},
      {"varchar", "é", "text varchar é"},
      {"bytea", "", "binary bytea \\x"},
      {"bytea", "AA", "binary bytea \\x00"},
      {"bytea", "AA==", "binary bytea \\x00"},
      {"bytea", "-_-_", "binary bytea \\xfbffbf"},
      {"bytea", "+/+/", "binary bytea \\xfbffbf"},
      {"bytea", "aGVsbG8=", "binary bytea \\x68656c6c6f"},
      {"uuid", "00000000-0000-0000-0000-000000000000", "text uuid 00000000-0000-0000-0000-000000000000"},
      {"date", "0001-01-01", "text date 0001-01-01"},
      {"date", "2000-02-29", "text date 2000-02-29"},
      {"time", "23:59", "text time 23:59:00.000000"},
      {"time", "23:59:59.123456789", "text time 23:59:59.123456"},
      {"time", "24:00:00", "text time 24:00:00.000000"},
      {"timestamptz", "0001-01-01T00:00:00Z", "text timestamptz 0001-01-01T00:00:00.000000Z"},
      {"timestamptz", "9999-12-31t23:59:59.999999999z", "text timestamptz 9999-12-31T23:59:59.999999Z"},
      {"timestamptz", "2024-03-01T00:30:00+01:00", "text timestamptz 2024-02-29T23:30:00.000000Z"},
      {"timestamp", "2024-12-31T23:30:00.25-01:00", "text timestamp 2025-01-01T00:30:00.250000"},
      {"interval", "0s", "text interval 0:00:00.000000"},
      {"interval", "3661.5s", "text interval 1:01:01.500000"},
      {"interval", "-315576000000s", "text interval -87660000:00:00.000000"},
      {"mood", "sad", "text mood sad"},
      {"inet", "10.0.0.1", "text inet 10.0.0.1"},
  };
  for (size_t i = 0; i < LENGTH_OF(cases); i++) {
    struct argument argument;
    if (!argument_from_text(str_from(cases[i].text), type_named(cases[i].type), arena, &argument, &error))
      fail_msg("%s %s: %s", cases[i].type, cases[i].text, error.message);
    assert_int_equal(argument.n, 1);
    assert_false(argument.list);
    assert_string_equal(print(&argument), cases[i].argument);
  }
}

static void literals_refused(void **state)
{
  static const struct {
    const char *type, *text;
  } cases[] = {
      {"bool", ""},
      {"bool", "TRUE"},
      {"bool", "t"},
      {"int2", "32768"},
      {"int2", "-32769"},
      {"int4", ""},
      {"int4", "-"},
      {"int4", " 1"},
      {"int4", "1 "},
      {"int4", "2147483648"},
      {"int8", "9223372036854775808"},
      {"int8", "18446744073709551617"},
      {"int8", "--1"},
      {"positive", "2147483648"},
      {"float8", ""},
      {"float8", "-"},
      {"float8", "."},
      {"float8", "1."},
      {"float8", ".5"},
      {"float8", "1e"},
      {"float8", "1e+"},
      {"float8", "0x1p3"},
      {"float8", "nan"},
      {"float8", "inf"},
      {"float8", "1e309"},
      {"float4", "1e39"},
      {"numeric", "1,5"},
      {"numeric", "1e131072"},
      {"numeric", "1e-16384"},
      {"numeric", "1e1000000"},
      {"bytea", "A"},
      {"bytea", "AAAAA"},
      {"bytea", "A==="},
      {"bytea", "AA=="
                "AA=="},
      {"bytea", "\\x00"},
      {"uuid", "00000000000000000000000000000000"},
      {"uuid", "00000000-0000-0000-0000-00000000000g"},
      {"uuid", "{0000000-0000-0000-0000-000000000000}"},
      {"date", "2024-1-1"},
      {"date", "0000-01-01"},
      {"date", "2024-00-01"},
      {"date", "2024-01-00"},
      {"date", "2024-04-31"},
      {"date", "1900-02-29"},
      {"date", "2024-01-01T00:00:00Z"},
      {"date", "infinity"},
      {"time", "24:00:01"},
      {"time", "12:60:00"},
      {"time", "12:00:60"},
      {"time", "12:00:00."},
      {"time", "12:00:00Z"},
      {"timestamptz", "2024-01-01"},
      {"timestamptz", "2024-01-01T00:00Z"},
      {"timestamptz", "2024-01-01T00:00:00"},
      {"timestamptz", "2024-01-01T00:00:00+0100"},
      {"timestamptz", "2024-01-01T00:00:00+24:00"},
      {"timestamptz", "2024-01-01T00:00:00Zjunk"},
      {"timestamptz", "infinity"},
      {"timestamp", "0001-01-01T00:00:00+00:01"},
      {"timestamp", "9999-12-31T23:59:59-00:01"},
      {"interval", "1"},
      {"interval", "s"},
      {"interval", "1m"},
      {"interval", "+1s"},
      {"interval", "1.s"},
      {"interval", "315576000000.1s"},
      {"interval", "9999999999999s"},
      {"mood", "SAD"},
      {"mood", ""},
  };
  for (size_t i = 0; i < LENGTH_OF(cases); i++) {
    struct argument argument;
    if (argument_from_text(str_from(cases[i].text), type_named(cases[i].type), arena, &argument, &error))
      fail_msg("%s %s: accepted as %s", cases[i].type, cases[i].text, print(&argument));
    assert_int_equal(error.code, ERROR_INVALID_ARGUMENT);
    assert_string_equal(error.reason, "INVALID_VALUE");
    assert_memory_equal(error.message, "expected ", 9);
  }
}

static void text_must_be_text(void **state)
{
  struct argument argument;
  assert_false(argument_from_text((struct str){"a\0b", 3}, type_named("text"), arena, &argument, &error));
  assert_false(argument_from_text((struct str){"\xff", 1}, type_named("inet"), arena, &argument, &error));
}

/* ---- request fields ---- */

enum { MAX_PARTS = 4 };

/* A message type of up to four fields of one type, numbered from 1. */
struct parts_type {
  struct schema_field fields[MAX_PARTS];
  struct schema_message message;
};

static struct schema_message *message_type(enum well_known_type well_known, enum field_type type)
{
  struct parts_type *parts = ARENA_NEW(arena, struct parts_type);
  parts->message = (struct schema_message){
      .name = "M", .well_known = well_known, .fields = parts->fields, .n_fields = MAX_PARTS};
  for (size_t i = 0; i < MAX_PARTS; i++)
    parts->fields[i] = (struct schema_field){
        .name = "part", .number = (uint32_t)i + 1, .index = i, .type = type, .parent = &parts->message};
  return &parts->message;
}

/* A message whose first n parts are set. */
static union value message_of(const struct schema_message *type, const union value *parts, size_t n)
{
  struct message_value *message = ARENA_NEW(arena, struct message_value);
  message->type = type;
  message->fields = ARENA_ARRAY(arena, struct field_value, MAX_PARTS);
  for (size_t i = 0; i < n; i++)
    message->fields[i] =
        (struct field_value){.n = 1, .items = arena_memdup(arena, &parts[i], sizeof parts[i])};
  return (union value){.message = message};
}

static const char *convert(const struct schema_field *field, union value value, const char *type)
{
  struct field_value values = {.n = 1, .items = &value};
  struct argument argument;
  error = (struct error){0};
  if (argument_from_field(field, &values, false, type_named(type), arena, &argument, &error))
    return print(&argument);
  assert_string_equal(error.field, field->name);
  assert_int_equal(error.code, ERROR_INVALID_ARGUMENT);
  return "refused";
}

static void scalars_of_a_request(void **state)
{
  const struct {
    enum field_type field;
    union value value;
    const char *type, *argument;
  } cases[] = {
      {FIELD_BOOL, {.boolean = true}, "bool", "boolean bool true"},
      {FIELD_BOOL, {.boolean = true}, "int4", "refused"},
      {FIELD_INT64, {.i64 = INT64_MIN}, "int8", "integer int8 -9223372036854775808"},
      {FIELD_INT64, {.i64 = 2147483648}, "int4", "refused"},
      {FIELD_SINT32, {.i64 = -5}, "int2", "integer int2 -5"},
      {FIELD_INT32, {.i64 = 5}, "numeric", "text numeric 5"},
      {FIELD_INT32, {.i64 = 5}, "float8", "float float8 5"},
      {FIELD_INT32, {.i64 = 5}, "positive", "integer int4 5"},
      {FIELD_UINT64, {.u64 = UINT64_MAX}, "int8", "refused"},
      {FIELD_UINT64, {.u64 = INT64_MAX}, "int8", "integer int8 9223372036854775807"},
      {FIELD_FIXED64, {.u64 = UINT64_MAX}, "numeric", "text numeric 18446744073709551615"},
      {FIELD_DOUBLE, {.f64 = 0.1}, "float8", "float float8 0.10000000000000001"},
      {FIELD_DOUBLE, {.f64 = 1e300}, "float4", "refused"},
      {FIELD_DOUBLE, {.f64 = 1e300}, "float8", "float float8 1.0000000000000001e+300"},
      {FIELD_DOUBLE, {.f64 = (double)NAN}, "float8", "refused"},
      {FIELD_DOUBLE, {.f64 = (double)INFINITY}, "float8", "refused"},
      {FIELD_DOUBLE, {.f64 = 1.5}, "int4", "refused"},
      {FIELD_STRING, {.bytes = {"12.50", 5}}, "numeric", "text numeric 12.50"},
      {FIELD_STRING, {.bytes = {"abc", 3}}, "numeric", "refused"},
      {FIELD_STRING, {.bytes = {"abc", 3}}, "text", "text text abc"},
      {FIELD_STRING, {.bytes = {"a\0c", 3}}, "text", "refused"},
      {FIELD_STRING, {.bytes = {"x", 1}}, "uuid", "refused"},
      {FIELD_STRING, {.bytes = {"sad", 3}}, "mood", "text mood sad"},
      {FIELD_BYTES, {.bytes = {"a\0c", 3}}, "bytea", "binary bytea \\x610063"},
      {FIELD_BYTES, {.bytes = {"abc", 3}}, "text", "refused"},
  };
  for (size_t i = 0; i < LENGTH_OF(cases); i++) {
    struct schema_field field = {.name = "creator_id", .type = cases[i].field};
    const char *argument = convert(&field, cases[i].value, cases[i].type);
    if (strcmp(argument, cases[i].argument) != 0)
      fail_msg("case %zu: got %s, expected %s", i, argument, cases[i].argument);
  }
}

static void well_known_messages_of_a_request(void **state)
{
  const struct {
    enum well_known_type message;
    int64_t parts[MAX_PARTS];
    const char *type, *argument;
  } cases[] = {
      {WELL_KNOWN_TIMESTAMP, {0, 0}, "timestamptz", "text timestamptz 1970-01-01T00:00:00.000000Z"},
      {WELL_KNOWN_TIMESTAMP, {-1, 999999999}, "timestamptz", "text timestamptz 1969-12-31T23:59:59.999999Z"},
      {WELL_KNOWN_TIMESTAMP, {1709164800, 1000}, "timestamp", "text timestamp 2024-02-29T00:00:00.000001"},
      {WELL_KNOWN_TIMESTAMP,
       {-62135596800, 0},
       "timestamptz",
       "text timestamptz 0001-01-01T00:00:00.000000Z"},
      {WELL_KNOWN_TIMESTAMP, {-62135596801, 0}, "timestamptz", "refused"},
      {WELL_KNOWN_TIMESTAMP, {253402300800, 0}, "timestamptz", "refused"},
      {WELL_KNOWN_TIMESTAMP, {INT64_MAX, 0}, "timestamptz", "refused"},
      {WELL_KNOWN_TIMESTAMP, {INT64_MIN, 0}, "timestamptz", "refused"},
      {WELL_KNOWN_TIMESTAMP, {0, -1}, "timestamptz", "refused"},
      {WELL_KNOWN_TIMESTAMP, {0, 1000000000}, "timestamptz", "refused"},
      {WELL_KNOWN_TIMESTAMP, {0, 0}, "date", "refused"},
      {WELL_KNOWN_DURATION, {90, 500000000}, "interval", "text interval 0:01:30.500000"},
      {WELL_KNOWN_DURATION, {0, -500000000}, "interval", "text interval -0:00:00.500000"},
      {WELL_KNOWN_DURATION, {-1, -500000000}, "interval", "text interval -0:00:01.500000"},
      {WELL_KNOWN_DURATION, {1, -1}, "interval", "refused"},
      {WELL_KNOWN_DURATION, {INT64_MIN, 0}, "interval", "refused"},
      {WELL_KNOWN_DURATION, {315576000001, 0}, "interval", "refused"},
      {WELL_KNOWN_DATE, {2024, 2, 29}, "date", "text date 2024-02-29"},
      {WELL_KNOWN_DATE, {2023, 2, 29}, "date", "refused"},
      {WELL_KNOWN_DATE, {2023, 2, 0}, "date", "refused"},
      {WELL_KNOWN_DATE, {99999, 2, 1}, "date", "refused"},
      {WELL_KNOWN_TIME_OF_DAY, {9, 5, 1, 250000000}, "time", "text time 09:05:01.250000"},
      {WELL_KNOWN_TIME_OF_DAY, {24, 0, 0, 0}, "time", "text time 24:00:00.000000"},
      {WELL_KNOWN_TIME_OF_DAY, {24, 0, 0, 1}, "time", "refused"},
      {WELL_KNOWN_TIME_OF_DAY, {-1, 0, 0, 0}, "time", "refused"},
      {WELL_KNOWN_TIME_OF_DAY, {100, 0, 0, 0}, "time", "refused"},
      {WELL_KNOWN_WRAPPER, {42}, "int8", "integer int8 42"},
      {WELL_KNOWN_WRAPPER, {42}, "text", "text text 42"},
      {WELL_KNOWN_NONE, {42}, "int8", "refused"},
      {WELL_KNOWN_STRUCT, {42}, "jsonb", "refused"},
  };
  for (size_t i = 0; i < LENGTH_OF(cases); i++) {
    const struct schema_message *type = message_type(cases[i].message, FIELD_INT64);
    struct schema_field field = {.name = "after", .type = FIELD_MESSAGE, .message = type};
    union value parts[MAX_PARTS];
    for (size_t j = 0; j < MAX_PARTS; j++)
      parts[j].i64 = cases[i].parts[j];
    const char *argument = convert(&field, message_of(type, parts, MAX_PARTS), cases[i].type);
    if (strcmp(argument, cases[i].argument) != 0)
      fail_msg("case %zu: got %s, expected %s", i, argument, cases[i].argument);
  }
}

static void parts_that_were_not_sent_are_zero(void **state)
{
  const struct schema_message *wrapper = message_type(WELL_KNOWN_WRAPPER, FIELD_INT64);
  const struct schema_message *text = message_type(WELL_KNOWN_WRAPPER, FIELD_STRING);
  const struct schema_message *timestamp = message_type(WELL_KNOWN_TIMESTAMP, FIELD_INT64);
  const struct schema_message *decimal = message_type(WELL_KNOWN_DECIMAL, FIELD_STRING);
  struct schema_field field = {.name = "f", .type = FIELD_MESSAGE};
  field.message = wrapper;
  assert_string_equal(convert(&field, message_of(wrapper, NULL, 0), "int8"), "integer int8 0");
  field.message = text;
  assert_string_equal(convert(&field, message_of(text, NULL, 0), "text"), "text text ");
  field.message = timestamp;
  assert_string_equal(convert(&field, message_of(timestamp, NULL, 0), "timestamptz"),
                      "text timestamptz 1970-01-01T00:00:00.000000Z");
  field.message = decimal;
  union value number = {.bytes = STR("1.50")};
  assert_string_equal(convert(&field, message_of(decimal, &number, 1), "numeric"), "text numeric 1.50");
  assert_string_equal(convert(&field, message_of(decimal, NULL, 0), "numeric"), "refused");
}

static void enums_become_labels(void **state)
{
  static struct schema_file file = {.name = "t.proto", .package = ""};
  static struct schema_enum_value values[] = {{.name = "MOOD_UNSPECIFIED", .number = 0},
                                              {.name = "MOOD_SAD", .number = 1},
                                              {.name = "MOOD_OK", .number = 2}};
  static struct schema_enum mood = {
      .name = "Mood", .full_name = "Mood", .file = &file, .values = values, .n_values = 3};
  static struct schema_message parent = {.name = "Request", .full_name = "Request", .file = &file};
  struct schema_field field = {.name = "mood", .type = FIELD_ENUM, .enumeration = &mood, .parent = &parent};
  assert_string_equal(convert(&field, (union value){.i64 = 1}, "mood"), "text mood sad");
  assert_string_equal(convert(&field, (union value){.i64 = 0}, "mood"), "refused");
  assert_string_equal(convert(&field, (union value){.i64 = 77}, "mood"), "refused");
  assert_string_equal(convert(&field, (union value){.i64 = 2}, "int4"), "integer int4 2");

  field.repeated = true;
  union value items[] = {{.i64 = 2}, {.i64 = 1}};
  struct field_value list = {.n = 2, .items = items};
  struct argument argument;
  assert_true(argument_from_field(&field, &list, true, type_named("mood"), arena, &argument, &error));
  assert_int_equal(argument.n, 2);
  assert_true(str_equal_text(argument.values[0].bytes, "ok"));
  assert_true(str_equal_text(argument.values[1].bytes, "sad"));
}

static void lists_of_a_request(void **state)
{
  struct schema_field field = {.name = "ids", .type = FIELD_INT64, .repeated = true};
  union value items[] = {{.i64 = 5}, {.i64 = 3000000000}, {.i64 = 7}};
  struct field_value list = {.n = 3, .items = items};
  struct argument argument;
  assert_true(argument_from_field(&field, &list, true, type_named("int8"), arena, &argument, &error));
  assert_true(argument.list);
  assert_int_equal(argument.n, 3);
  assert_int_equal(argument.form, ARGUMENT_INTEGER);
  assert_int_equal(argument.values[1].i64, 3000000000);
  assert_false(argument_from_field(&field, &list, true, type_named("int4"), arena, &argument, &error));
  assert_string_equal(error.field, "ids[1]");

  list.n = 0;
  assert_true(argument_from_field(&field, &list, true, type_named("int8"), arena, &argument, &error));
  assert_true(argument.list);
  assert_int_equal(argument.n, 0);
}

static void an_absent_field_is_null_and_the_last_value_wins(void **state)
{
  struct schema_field field = {.name = "id", .type = FIELD_INT64};
  struct field_value absent = {0};
  struct argument argument;
  assert_true(argument_from_field(&field, &absent, false, type_named("int8"), arena, &argument, &error));
  assert_int_equal(argument.form, ARGUMENT_NULL);
  assert_int_equal(argument.n, 1);
  union value items[] = {{.i64 = 1}, {.i64 = 2}};
  struct field_value twice = {.n = 2, .items = items};
  assert_true(argument_from_field(&field, &twice, false, type_named("int8"), arena, &argument, &error));
  assert_int_equal(argument.values[0].i64, 2);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(literals_in_their_forms),
      cmocka_unit_test(literals_refused),
      cmocka_unit_test(text_must_be_text),
      cmocka_unit_test(scalars_of_a_request),
      cmocka_unit_test(well_known_messages_of_a_request),
      cmocka_unit_test(parts_that_were_not_sent_are_zero),
      cmocka_unit_test(enums_become_labels),
      cmocka_unit_test(lists_of_a_request),
      cmocka_unit_test(an_absent_field_is_null_and_the_last_value_wins),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}

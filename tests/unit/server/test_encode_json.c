/*
 * JSON in, Struct, Value or ListValue out, read back as JSON by a reader that knows nothing of the converter.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "server/encode.h"

static struct schema_message event = {.name = "Event"};
static struct schema_message target = {.name = "Value"};
static struct schema_field field = {
    .name = "data", .number = 3, .type = FIELD_MESSAGE, .parent = &event, .message = &target};
static struct catalog_table table = {.name = "events"};
static struct catalog_column column = {.name = "data", .table = &table};
static struct graph_field graph_field = {
    .kind = GRAPH_FIELD_COLUMN, .field = &field, .column = &column, .codec = {.kind = CODEC_JSON}};

static void print_value(struct str bytes, struct strbuf *out);

static struct wire_reader reader_of(struct str bytes)
{
  return (struct wire_reader){(const uint8_t *)bytes.data, (const uint8_t *)bytes.data + bytes.len};
}

static struct str read_bytes(struct wire_reader *reader, uint32_t expected_number)
{
  uint32_t number;
  enum wire_type type;
  struct str bytes;
  assert_true(wire_read_tag(reader, &number, &type));
  assert_int_equal(number, expected_number);
  assert_int_equal(type, WIRE_BYTES);
  assert_true(wire_read_bytes(reader, &bytes));
  return bytes;
}

static void print_string(struct str text, struct strbuf *out)
{
  strbuf_putc(out, '"');
  for (size_t i = 0; i < text.len; i++)
    if ((unsigned char)text.data[i] < 0x20)
      strbuf_printf(out, "<%02x>", (unsigned)text.data[i]);
    else
      strbuf_putc(out, text.data[i]);
  strbuf_putc(out, '"');
}

static void print_struct(struct str bytes, struct strbuf *out)
{
  struct wire_reader reader = reader_of(bytes);
  strbuf_putc(out, '{');
  for (bool first = true; !wire_at_end(&reader); first = false) {
    struct wire_reader entry = reader_of(read_bytes(&reader, 1));
    strbuf_puts(out, first ? "" : ",");
    print_string(read_bytes(&entry, 1), out);
    strbuf_putc(out, ':');
    print_value(read_bytes(&entry, 2), out);
    assert_true(wire_at_end(&entry));
  }
  strbuf_putc(out, '}');
}

static void print_list(struct str bytes, struct strbuf *out)
{
  struct wire_reader reader = reader_of(bytes);
  strbuf_putc(out, '[');
  for (bool first = true; !wire_at_end(&reader); first = false) {
    strbuf_puts(out, first ? "" : ",");
    print_value(read_bytes(&reader, 1), out);
  }
  strbuf_putc(out, ']');
}

static void print_scalar(uint32_t number, uint64_t value, struct strbuf *out)
{
  double number_value;
  memcpy(&number_value, &value, sizeof(value));
  if (number == 1)
    strbuf_puts(out, value == 0 ? "null" : "?");
  else if (number == 2)
    strbuf_printf(out, "%.17g", number_value);
  else
    strbuf_puts(out, value != 0 ? "true" : "false");
}

static void print_value(struct str bytes, struct strbuf *out)
{
  struct wire_reader reader = reader_of(bytes), start = reader;
  uint32_t number;
  enum wire_type type;
  uint64_t value;
  assert_true(wire_read_tag(&reader, &number, &type));
  if (type == WIRE_BYTES) {
    struct str inner = read_bytes(&start, number);
    (number == 3 ? print_string : number == 5 ? print_struct : print_list)(inner, out);
    assert_true(wire_at_end(&start));
    return;
  }
  assert_true(type == WIRE_VARINT ? wire_read_varint(&reader, &value) : wire_read_fixed64(&reader, &value));
  print_scalar(number, value, out);
  assert_true(wire_at_end(&reader));
}

static bool convert(const char *json, size_t len, enum well_known_type type, struct writer *writer,
                    struct error *error)
{
  struct cell cell = {(const uint8_t *)json, (int32_t)len};
  target.well_known = type;
  writer_init(writer, 1);
  return encode_field(writer, &graph_field, &cell, error);
}

static void expect_as(enum well_known_type type, const char *json, const char *expected)
{
  struct writer writer;
  struct error error = {0};
  struct strbuf out = {0};
  if (!convert(json, strlen(json), type, &writer, &error))
    fail_msg("%s: %s", json, error.message);
  struct wire_reader reader = reader_of(writer_bytes(&writer));
  struct str body = read_bytes(&reader, 3);
  (type == WELL_KNOWN_VALUE    ? print_value
   : type == WELL_KNOWN_STRUCT ? print_struct
                               : print_list)(body, &out);
  assert_string_equal(strbuf_text(&out), expected);
  strbuf_done(&out);
  writer_done(&writer);
}

static void expect_refused(enum well_known_type type, const char *json, const char *reason)
{
  struct writer writer;
  struct error error = {0};
  if (convert(json, strlen(json), type, &writer, &error))
    fail_msg("%s was taken", json);
  assert_string_equal(error.reason, reason);
  writer_done(&writer);
}

static void test_values_of_every_kind(void **state)
{
  static const char *const same[] = {
      "null",
      "true",
      "false",
      "0",
      "-1",
      "1.5",
      "\"\"",
      "\"text\"",
      "{}",
      "[]",
      "[1,2,3]",
      "[[],{},[{}]]",
      "{\"a\":1}",
      "{\"a\":{\"b\":[null,true,\"x\"]},\"c\":[]}",
      "9007199254740992",
      "[\"]\",\"}\",\"{\",\"[,:\"]",
  };
  for (size_t i = 0; i < LENGTH_OF(same); i++)
    expect_as(WELL_KNOWN_VALUE, same[i], same[i]);
  expect_as(WELL_KNOWN_VALUE, " \t\n{ \"a\" : [ 1 , 2 ] , \"b\" : null }\r\n ", "{\"a\":[1,2],\"b\":null}");
  expect_as(WELL_KNOWN_VALUE, "\x01{\"jsonb\": 1}", "{\"jsonb\":1}");
  expect_as(WELL_KNOWN_STRUCT, "{\"a\": {\"b\": 2}}", "{\"a\":{\"b\":2}}");
  expect_as(WELL_KNOWN_STRUCT, "{}", "{}");
  expect_as(WELL_KNOWN_LIST_VALUE, "[[1], {\"a\": 2}]", "[[1],{\"a\":2}]");
  expect_as(WELL_KNOWN_LIST_VALUE, "[]", "[]");
}

static void test_the_outermost_kind_must_fit(void **state)
{
  expect_refused(WELL_KNOWN_STRUCT, "[]", "VALUE_OUT_OF_RANGE");
  expect_refused(WELL_KNOWN_STRUCT, "null", "VALUE_OUT_OF_RANGE");
  expect_refused(WELL_KNOWN_LIST_VALUE, "{}", "VALUE_OUT_OF_RANGE");
}

static void test_escapes(void **state)
{
  expect_as(WELL_KNOWN_VALUE, "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\"\\/<08><0c><0a><0d><09>\"");
  expect_as(WELL_KNOWN_VALUE, "\"\\u0041\\u00e9\\u20ac\\ud83d\\ude00\"",
            "\"A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"");
  expect_as(WELL_KNOWN_VALUE, "\"a\\u0000b\"", "\"a<00>b\"");
  expect_as(WELL_KNOWN_VALUE, "{\"a\\\"b\": \"\\\\\"}", "{\"a\"b\":\"\\\"}");
  expect_as(WELL_KNOWN_VALUE, "[\"\\\\\", \"\\\\\\\"\"]", "[\"\\\",\"\\\"\"]");
  expect_as(WELL_KNOWN_VALUE, "\"\xc3\xa9\"", "\"\xc3\xa9\"");
  expect_refused(WELL_KNOWN_VALUE, "\"\\ud83d\"", "VALUE_OUT_OF_RANGE");
  expect_refused(WELL_KNOWN_VALUE, "\"\\ude00\\ud83d\"", "VALUE_OUT_OF_RANGE");
  expect_refused(WELL_KNOWN_VALUE, "\"\xff\"", "VALUE_OUT_OF_RANGE");
}

static void test_numbers_are_exact_or_refused(void **state)
{
  expect_as(WELL_KNOWN_VALUE, "[0.1, -2.5e-3, 1E2, 123456789012345]",
            "[0.10000000000000001,-0.0025000000000000001,100,123456789012345]");
  expect_as(WELL_KNOWN_VALUE, "-0", "-0");
  expect_as(WELL_KNOWN_VALUE, "-9007199254740992", "-9007199254740992");
  expect_as(WELL_KNOWN_VALUE, "100000000000000000000", "1e+20");
  expect_as(WELL_KNOWN_VALUE, "1.00000000000000000000000000000000000000000000000000000000000000000001", "1");
  expect_refused(WELL_KNOWN_VALUE, "9007199254740993", "VALUE_OUT_OF_RANGE");
  expect_refused(WELL_KNOWN_VALUE, "{\"a\": [-9007199254740993]}", "VALUE_OUT_OF_RANGE");
  expect_refused(WELL_KNOWN_VALUE, "1e400", "VALUE_OUT_OF_RANGE");
}

/* `depth` lists in each other. */
static char *nested(size_t depth)
{
  char *text = calloc(1, depth * 2 + 1);
  memset(text, '[', depth);
  memset(text + depth, ']', depth);
  return text;
}

static void test_depth_is_bounded(void **state)
{
  char *allowed = nested(28), *refused = nested(29), *absurd = nested(1000000);
  expect_as(WELL_KNOWN_VALUE, allowed, allowed);
  expect_refused(WELL_KNOWN_VALUE, refused, "VALUE_OUT_OF_RANGE");
  expect_refused(WELL_KNOWN_VALUE, absurd, "VALUE_OUT_OF_RANGE");
  free(allowed);
  free(refused);
  free(absurd);
}

static void test_what_is_no_json_is_drift(void **state)
{
  static const char *const broken[] = {
      "",          " ",    "nul",     "tru e",      "[",     "]",         "{",     "}",
      "[1,]",      "[,1]", "{\"a\"}", "{\"a\":}",   "{1:2}", "{:1}",      "[1 2]", "[1}",
      "{\"a\":1]", "1,2",  "[]]",     "[[]",        "\"",    "a\"",       "inf",   "nan",
      "0x10",      "[1]x", "x[1]",    "{\"a\":1,}", ":1",    "{\"a\" 1}",
  };
  for (size_t i = 0; i < LENGTH_OF(broken); i++)
    expect_refused(WELL_KNOWN_VALUE, broken[i], "SCHEMA_DRIFT");
}

/* Any bytes are either converted or refused; the sanitizers are the judge. */
static void test_any_bytes_end(void **state)
{
  static const char alphabet[] = "{}[]\",:\\ u0d8e1-.ntf\x01\xff";
  uint64_t seed = 42;
  for (int round = 0; round < 20000; round++) {
    char text[24];
    size_t len = 0;
    for (; len < sizeof(text); len++) {
      seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
      text[len] = alphabet[(seed >> 33) % (sizeof(alphabet) - 1)];
      if ((seed >> 60) == 0)
        break;
    }
    char *exact = malloc(len + 1);
    memcpy(exact, text, len);
    struct writer writer;
    struct error error = {0};
    bool ok = convert(exact, len, WELL_KNOWN_VALUE, &writer, &error);
    assert_true(ok || error.code != ERROR_NONE);
    writer_done(&writer);
    free(exact);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_values_of_every_kind),
      cmocka_unit_test(test_the_outermost_kind_must_fit),
      cmocka_unit_test(test_escapes),
      cmocka_unit_test(test_numbers_are_exact_or_refused),
      cmocka_unit_test(test_depth_is_bounded),
      cmocka_unit_test(test_what_is_no_json_is_drift),
      cmocka_unit_test(test_any_bytes_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

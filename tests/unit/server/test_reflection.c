/*
 * Two schemas that share files, as the user's and Rowan's own do, and requests on them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/wire.h"
#include "server/reflection.h"
#include "support/schema_text.h"

enum { FILES = 4, NUMBERS = 5, SERVICES = 6, ERROR = 7 };
enum { BY_NAME = 3, BY_SYMBOL = 4, BY_EXTENSION = 5, ALL_NUMBERS = 6, LIST = 7 };

static struct schema *user, *builtin;
static struct reflection *reflection;
static struct strbuf answer;

static int setup(void **state)
{
  user = schema_from_file("events.proto");
  builtin = schema_from_text("message Ping { google.protobuf.Timestamp at = 1; }\n"
                             "service Zeal { rpc GetPing(Ping) returns (Ping); }\n"
                             "service Alpha { rpc GetPing(Ping) returns (Ping); }\n");
  reflection = reflection_new(user, builtin);
  return 0;
}

static int teardown(void **state)
{
  reflection_free(reflection);
  schema_unref(user);
  schema_unref(builtin);
  strbuf_done(&answer);
  return 0;
}

/* The (skip + 1)-th field `wanted`, which has bytes; false when there are fewer. */
static bool find(struct str bytes, uint32_t wanted, size_t skip, struct str *ret)
{
  struct wire_reader reader = {(const uint8_t *)bytes.data, (const uint8_t *)bytes.data + bytes.len};
  while (!wire_at_end(&reader)) {
    uint32_t number;
    enum wire_type type;
    assert_true(wire_read_tag(&reader, &number, &type));
    if (number != wanted || type != WIRE_BYTES) {
      assert_true(wire_skip(&reader, type));
      continue;
    }
    assert_true(wire_read_bytes(&reader, ret));
    if (skip-- == 0)
      return true;
  }
  return false;
}

static struct str get(struct str bytes, uint32_t wanted)
{
  struct str value;
  if (!find(bytes, wanted, 0, &value))
    fail_msg("no field %u", wanted);
  return value;
}

/* Asks, checks the echo, and gives the member of the answer that `expected` numbers. */
static struct str ask(struct str request, uint32_t expected)
{
  strbuf_clear(&answer);
  assert_true(reflection_answer(reflection, request, &answer));
  struct str bytes = {answer.data, answer.len};
  assert_true(str_equal(get(bytes, 2), request));
  return get(bytes, expected);
}

static struct str ask_text(uint32_t kind, const char *text, uint32_t expected)
{
  static char request[256];
  size_t len = strlen(text);
  request[0] = (char)(kind << 3 | WIRE_BYTES);
  request[1] = (char)len;
  memcpy(request + 2, text, len);
  return ask((struct str){request, len + 2}, expected);
}

static void expect_first_file(struct str files, const char *name)
{
  struct str file;
  assert_true(find(files, 1, 0, &file));
  if (!str_equal_text(get(file, 1), name))
    fail_msg("%.*s came instead of %s", (int)get(file, 1).len, get(file, 1).data, name);
}

static bool has_file(struct str files, const char *name)
{
  struct str file;
  for (size_t i = 0; find(files, 1, i, &file); i++)
    if (str_equal_text(get(file, 1), name))
      return true;
  return false;
}

static void expect_each_once(struct str files)
{
  struct str a, b;
  for (size_t i = 0; find(files, 1, i, &a); i++)
    for (size_t k = 0; k < i && find(files, 1, k, &b); k++)
      assert_false(str_equal(get(a, 1), get(b, 1)));
}

static void expect_not_found(struct str error)
{
  assert_int_equal(error.data[0], 0x08);
  assert_int_equal(error.data[1], 5);
}

static void test_services_of_both_sorted(void **state)
{
  struct str services = ask_text(LIST, "*", SERVICES), service;
  struct strbuf names = {0};
  for (size_t i = 0; find(services, 1, i, &service); i++) {
    struct str name = get(service, 1);
    strbuf_printf(&names, "%.*s ", (int)name.len, name.data);
  }
  assert_non_null(strstr(names.data, "EventService "));
  assert_non_null(strstr(names.data, "test.v1.Alpha test.v1.Zeal "));
  strbuf_done(&names);
}

static void test_a_symbol_brings_its_file_and_dependencies(void **state)
{
  const char *symbols[] = {"test.v1.Ping", ".test.v1.Ping", "test.v1.Alpha", "test.v1.Alpha.GetPing",
                           "test.v1.Ping.at"};
  for (size_t i = 0; i < LENGTH_OF(symbols); i++) {
    struct str files = ask_text(BY_SYMBOL, symbols[i], FILES);
    expect_first_file(files, "test.proto");
    assert_true(has_file(files, "google/protobuf/timestamp.proto"));
    assert_true(has_file(files, "google/protobuf/descriptor.proto")); /* through the annotations */
    expect_each_once(files);
  }
}

static void test_files_are_the_sets_own_bytes(void **state)
{
  const struct schema_file *expected = user->messages[0]->file;
  struct str files = ask_text(BY_NAME, expected->name, FILES), file;
  assert_true(find(files, 1, 0, &file));
  assert_true(str_equal(file, expected->raw));
}

static void test_a_file_of_both_is_the_users(void **state)
{
  const struct schema_file *expected = schema_find_file(user, "rowan/v1/annotations.proto");
  struct str files = ask_text(BY_NAME, "rowan/v1/annotations.proto", FILES), file;
  assert_non_null(expected);
  assert_true(find(files, 1, 0, &file));
  assert_true(str_equal(file, expected->raw));
}

static void test_extensions(void **state)
{
  struct strbuf request = {0};
  strbuf_add(&request,
             "\x2a\x22\x0a\x1c"
             "google.protobuf.FieldOptions"
             "\x10\xa6\xce\x03",
             36);
  expect_first_file(ask((struct str){request.data, request.len}, FILES), "rowan/v1/annotations.proto");
  request.data[request.len - 1] = 4; /* another number */
  expect_not_found(ask((struct str){request.data, request.len}, ERROR));
  strbuf_done(&request);

  struct str numbers = ask_text(ALL_NUMBERS, "google.protobuf.FieldOptions", NUMBERS);
  assert_true(str_equal_text(get(numbers, 1), "google.protobuf.FieldOptions"));
  assert_true(str_equal(get(numbers, 2), STR("\xa6\xce\x03")));
  struct str none, empty = ask_text(ALL_NUMBERS, "test.v1.Ping", NUMBERS);
  assert_false(find(empty, 2, 0, &none));
}

static void test_misses_are_answers(void **state)
{
  expect_not_found(ask_text(BY_NAME, "none.proto", ERROR));
  expect_not_found(ask_text(BY_SYMBOL, "test.v1.None", ERROR));
  expect_not_found(ask_text(BY_SYMBOL, "", ERROR));
  expect_not_found(ask_text(ALL_NUMBERS, "test.v1.None", ERROR));
  struct str error = ask(STR(""), ERROR);
  assert_int_equal(error.data[1], 3);
}

static void test_the_host_is_echoed(void **state)
{
  ask(STR("\x0a\x01h\x3a\x00"), SERVICES);
  assert_true(str_equal_text(get((struct str){answer.data, answer.len}, 1), "h"));
}

static void test_malformed_requests_end_the_stream(void **state)
{
  struct strbuf out = {0};
  assert_false(reflection_answer(reflection, STR("\x1a\x05x"), &out));
  assert_false(reflection_answer(reflection, STR("\x22\x01\xff"), &out));
  assert_false(reflection_answer(reflection, STR("\x2a\x02\x0a\x05"), &out));
  assert_int_equal(out.len, 0);
  strbuf_done(&out);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_services_of_both_sorted),
      cmocka_unit_test(test_a_symbol_brings_its_file_and_dependencies),
      cmocka_unit_test(test_files_are_the_sets_own_bytes),
      cmocka_unit_test(test_a_file_of_both_is_the_users),
      cmocka_unit_test(test_extensions),
      cmocka_unit_test(test_misses_are_answers),
      cmocka_unit_test(test_the_host_is_echoed),
      cmocka_unit_test(test_malformed_requests_end_the_stream),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}

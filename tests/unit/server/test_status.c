#define _GNU_SOURCE /* memmem */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/wire.h"
#include "server/status.h"

/* The bytes field `number` for the (skip + 1)-th time; empty when there is none. */
static struct str field(struct str bytes, uint32_t wanted, size_t skip)
{
  struct wire_reader reader = {(const uint8_t *)bytes.data, (const uint8_t *)bytes.data + bytes.len};
  while (!wire_at_end(&reader)) {
    uint32_t number;
    enum wire_type type;
    struct str value;
    assert_true(wire_read_tag(&reader, &number, &type));
    if (type != WIRE_BYTES) {
      assert_true(wire_skip(&reader, type));
      continue;
    }
    assert_true(wire_read_bytes(&reader, &value));
    if (number == wanted && skip-- == 0)
      return value;
  }
  return (struct str){NULL, 0};
}

static uint64_t number(struct str bytes, uint32_t wanted)
{
  struct wire_reader reader = {(const uint8_t *)bytes.data, (const uint8_t *)bytes.data + bytes.len};
  while (!wire_at_end(&reader)) {
    uint32_t found;
    enum wire_type type;
    uint64_t value;
    assert_true(wire_read_tag(&reader, &found, &type));
    if (found == wanted && type == WIRE_VARINT) {
      assert_true(wire_read_varint(&reader, &value));
      return value;
    }
    assert_true(wire_skip(&reader, type));
  }
  return 0;
}

static void assert_text(struct str actual, const char *expected)
{
  if (!str_equal_text(actual, expected))
    fail_msg("\"%.*s\" is not \"%s\"", (int)actual.len, actual.data, expected);
}

static struct str serialize(const struct error *error, struct strbuf *buf)
{
  status_serialize(error, buf);
  return (struct str){buf->data, buf->len};
}

static void test_all_details(void **state)
{
  struct error error;
  struct strbuf buf = {0};
  error_set(&error, ERROR_INVALID_ARGUMENT, "INVALID_MASK", "no field \"nmae\"; did you mean \"name\"?");
  error_set_field(&error, "read_mask.paths[2]");
  error_set_detail(&error, "for the log alone");
  error_set_retry(&error, 1500);
  error_add_metadata(&error, "segment", "nmae");
  error_add_metadata(&error, "resource", "Event");
  struct str status = serialize(&error, &buf);

  assert_int_equal(number(status, 1), 3);
  assert_text(field(status, 2, 0), "no field \"nmae\"; did you mean \"name\"?");

  struct str info = field(status, 3, 0), value = field(info, 2, 0);
  assert_text(field(info, 1, 0), "type.googleapis.com/google.rpc.ErrorInfo");
  assert_text(field(value, 1, 0), "INVALID_MASK");
  assert_text(field(value, 2, 0), "rowan");
  assert_text(field(field(value, 3, 0), 1, 0), "segment");
  assert_text(field(field(value, 3, 0), 2, 0), "nmae");
  assert_text(field(field(value, 3, 1), 1, 0), "resource");

  struct str violation = field(field(field(status, 3, 1), 2, 0), 1, 0);
  assert_text(field(field(status, 3, 1), 1, 0), "type.googleapis.com/google.rpc.BadRequest");
  assert_text(field(violation, 1, 0), "read_mask.paths[2]");
  assert_text(field(violation, 2, 0), "no field \"nmae\"; did you mean \"name\"?");

  struct str delay = field(field(field(status, 3, 2), 2, 0), 1, 0);
  assert_text(field(field(status, 3, 2), 1, 0), "type.googleapis.com/google.rpc.RetryInfo");
  assert_int_equal(number(delay, 1), 1);
  assert_int_equal(number(delay, 2), 500000000);

  assert_int_equal(field(status, 3, 3).len, 0);
  assert_null(memmem(status.data, status.len, "for the log", 11));
  strbuf_done(&buf);
}

static void test_only_what_applies(void **state)
{
  struct error error;
  struct strbuf buf = {0};
  error_set(&error, ERROR_NOT_FOUND, "NOT_FOUND", "no such event");
  struct str status = serialize(&error, &buf);
  assert_int_equal(number(status, 1), 5);
  assert_text(field(field(status, 3, 0), 1, 0), "type.googleapis.com/google.rpc.ErrorInfo");
  assert_int_equal(field(status, 3, 1).len, 0);
  strbuf_done(&buf);
}

static void test_the_largest_error_stays_below_4_kib(void **state)
{
  struct error error;
  struct strbuf buf = {0};
  char many[2000];
  memset(many, 'x', sizeof(many) - 1);
  many[sizeof(many) - 1] = '\0';
  error_set(&error, ERROR_INTERNAL, "A_REASON", "%s", many);
  error_set_field(&error, "%s", many);
  error_set_retry(&error, INT32_MAX);
  for (int i = 0; i < ERROR_METADATA_MAX; i++)
    error_add_metadata(&error, "someKey", "%s", many);
  assert_true(serialize(&error, &buf).len <= 4096);
  strbuf_done(&buf);
}

static void test_bytes_that_are_no_text_are_replaced(void **state)
{
  struct error error;
  struct strbuf buf = {0};
  error_set(&error, ERROR_INVALID_ARGUMENT, "INVALID_MASK", "no field \"\xff\xfe\"");
  assert_text(field(serialize(&error, &buf), 2, 0), "no field \"\?\?\"");
  strbuf_done(&buf);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_all_details),
      cmocka_unit_test(test_only_what_applies),
      cmocka_unit_test(test_the_largest_error_stays_below_4_kib),
      cmocka_unit_test(test_bytes_that_are_no_text_are_replaced),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

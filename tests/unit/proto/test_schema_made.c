/* Descriptor sets that no compiler would write, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "proto/builtin.h"
#include "proto/schema.h"
#include "proto/wire.h"

static void a_missing_import_is_named(void **state)
{
  struct error error;
  assert_null(schema_load_file(TEST_SETS "/shop_alone.binpb", &error));
  assert_non_null(strstr(error.message, "shop_alone.binpb"));
  assert_non_null(strstr(error.message, "google/api/field_behavior.proto"));
  assert_non_null(strstr(error.message, "--include_imports"));
}

static void a_missing_file_is_named(void **state)
{
  struct error error;
  assert_null(schema_load_file(TEST_SETS "/none.binpb", &error));
  assert_non_null(strstr(error.message, "none.binpb: No such file"));
  assert_null(schema_load_file(TEST_SETS, &error)); /* a folder */
}

static void an_aggregate_of_two_functions_is_refused(void **state)
{
  struct error error;
  assert_null(schema_load_file(TEST_SETS "/two_functions.binpb", &error));
  assert_non_null(strstr(error.message, "bad.Order.total"));
  assert_non_null(strstr(error.message, "more than one function"));
}

/* A set of one file "a.proto" with the given body, which has been written to `writer` before. */
static struct schema *load_file_of(struct writer *writer, struct error *error)
{
  writer_put_bytes_field(writer, 12, "proto3", 6);
  writer_put_bytes_field(writer, 1, "a.proto", 7);
  writer_close_message(writer, 1, 0);
  struct str set = writer_bytes(writer);
  struct schema *schema = schema_load(set.data, set.len, error);
  writer_done(writer);
  return schema;
}

static void expect_refusal(struct writer *writer, const char *word)
{
  struct error error;
  assert_null(load_file_of(writer, &error));
  assert_int_equal(error.code, ERROR_FAILED_PRECONDITION);
  assert_non_null(strstr(error.message, word));
}

static void an_option_of_the_future_is_refused(void **state)
{
  struct writer writer;
  writer_init(&writer, 0);
  writer_put_varint_field(&writer, 999, 1); /* in ResourceOptions */
  writer_close_message(&writer, 59174, 0);  /* in MessageOptions */
  writer_close_message(&writer, 7, 0);      /* in DescriptorProto */
  writer_put_bytes_field(&writer, 1, "M", 1);
  writer_close_message(&writer, 4, 0);
  expect_refusal(&writer, "option number 999");
}

static void put_field(struct writer *writer, const char *name, uint64_t number, const char *type_name)
{
  size_t mark = writer_size(writer);
  writer_put_bytes_field(writer, 6, type_name, strlen(type_name));
  writer_put_varint_field(writer, 5, type_name[0] == '\0' ? FIELD_INT32 : FIELD_MESSAGE);
  writer_put_varint_field(writer, 3, number);
  writer_put_bytes_field(writer, 1, name, strlen(name));
  writer_close_message(writer, 2, mark);
}

static void put_message_end(struct writer *writer)
{
  writer_put_bytes_field(writer, 1, "M", 1);
  writer_close_message(writer, 4, 0);
}

static void broken_declarations_are_refused(void **state)
{
  struct writer writer;
  writer_init(&writer, 0);
  put_field(&writer, "x", 1, ".b.Missing");
  put_message_end(&writer);
  expect_refusal(&writer, ".b.Missing");

  writer_init(&writer, 0);
  put_field(&writer, "x", 1, ".M.x");
  put_message_end(&writer);
  expect_refusal(&writer, ".M.x"); /* a symbol, but no message */

  writer_init(&writer, 0);
  put_field(&writer, "x", 1, "");
  put_field(&writer, "x", 2, "");
  put_message_end(&writer);
  expect_refusal(&writer, "M.x: is declared twice");

  writer_init(&writer, 0);
  put_field(&writer, "x", 1, "");
  put_field(&writer, "y", 1, "");
  put_message_end(&writer);
  expect_refusal(&writer, "two fields have one number");

  writer_init(&writer, 0);
  put_field(&writer, "x", 0, "");
  put_message_end(&writer);
  expect_refusal(&writer, "no number");

  writer_init(&writer, 0);
  writer_put_bytes_field(&writer, 3, "a.proto", 7);
  expect_refusal(&writer, "imports itself");

  writer_init(&writer, 0);
  writer_put_bytes_field(&writer, 12, "editions", 8);
  writer_put_bytes_field(&writer, 1, "a.proto", 7);
  writer_close_message(&writer, 1, 0);
  struct error error;
  assert_null(schema_load(writer.cursor, writer_size(&writer), &error));
  assert_non_null(strstr(error.message, "editions"));
  writer_done(&writer);
}

static void two_files_of_one_name_are_refused(void **state)
{
  struct writer writer;
  writer_init(&writer, 0);
  writer_put_bytes_field(&writer, 2, "pkg", 3);
  writer_put_bytes_field(&writer, 1, "a.proto", 7);
  writer_close_message(&writer, 1, 0);
  size_t mark = writer_size(&writer);
  writer_put_bytes_field(&writer, 1, "a.proto", 7);
  writer_close_message(&writer, 1, mark);
  struct error error;
  assert_null(schema_load(writer.cursor, writer_size(&writer), &error));
  assert_non_null(strstr(error.message, "a.proto occurs twice"));
  writer_done(&writer);
}

static void json_names_are_made_where_absent(void **state)
{
  struct writer writer;
  struct error error;
  writer_init(&writer, 0);
  put_field(&writer, "created_at_2x", 2, "");
  put_field(&writer, "_a__b_", 1, "");
  put_message_end(&writer);
  struct schema *schema = load_file_of(&writer, &error);
  assert_non_null(schema);
  const struct schema_message *message = schema_find_message(schema, "M");
  assert_string_equal(message->fields[0].json_name, "AB");
  assert_string_equal(message->fields[1].json_name, "createdAt2x");
  schema_unref(schema);
}

static void put_varints(struct writer *writer, uint32_t number, bool packed, const uint64_t *values, size_t n)
{
  size_t mark = writer_size(writer);
  for (size_t i = n; i-- > 0;) {
    if (packed)
      writer_put_varint(writer, values[i]);
    else
      writer_put_varint_field(writer, number, values[i]);
  }
  if (packed)
    writer_close_message(writer, number, mark);
}

/* In a SourceCodeInfo. */
static void put_location(struct writer *writer, bool packed, const uint64_t *path, size_t n, uint64_t line)
{
  size_t mark = writer_size(writer);
  put_varints(writer, 2, packed, (uint64_t[]){line - 1, 2, 10}, 3);
  put_varints(writer, 1, packed, path, n);
  writer_close_message(writer, 1, mark);
}

static void places_are_found_packed_or_not(void **state)
{
  for (int packed = 0; packed <= 1; packed++) {
    struct writer writer;
    struct error error;
    writer_init(&writer, 0);
    put_field(&writer, "x", 1, "");
    put_message_end(&writer);
    size_t mark = writer_size(&writer);
    put_location(&writer, packed, (uint64_t[]){4, 0, 2, 0, 1}, 5, 99); /* the field's name */
    put_location(&writer, packed, (uint64_t[]){4, 0, 2, 0}, 4, 300);
    put_location(&writer, packed, (uint64_t[]){4, 0}, 2, 7);
    put_location(&writer, packed, NULL, 0, 1); /* the file */
    writer_close_message(&writer, 9, mark);
    struct schema *schema = load_file_of(&writer, &error);
    assert_non_null(schema);
    assert_int_equal(schema->messages[0]->line, 7);
    assert_int_equal(schema->messages[0]->fields[0].line, 300);
    assert_int_equal(schema->messages[0]->options_line, 0);
    schema_unref(schema);
  }
}

static void broken_places_are_refused(void **state)
{
  struct writer writer;
  writer_init(&writer, 0);
  writer_put_bytes_field(&writer, 1, "\x0A\x05\x04", 3); /* a path that ends early */
  writer_close_message(&writer, 9, 0);
  expect_refusal(&writer, "a file cannot be read");
}

/* `n` messages of `n_fields` fields, with the places that a compiler writes. */
static void put_large_file(struct writer *writer, uint64_t n, uint64_t n_fields)
{
  char name[32];
  size_t info = writer_size(writer);
  for (uint64_t i = n; i-- > 0;)
    for (uint64_t j = n_fields; j-- > 0;)
      for (uint64_t part = 0; part < 4; part++)
        put_location(writer, true, (uint64_t[]){4, i, 2, j, part}, part == 0 ? 4 : 5, i * n_fields + j + 1);
  writer_close_message(writer, 9, info);
  for (uint64_t i = n; i-- > 0;) {
    size_t message = writer_size(writer);
    for (uint64_t j = n_fields; j-- > 0;) {
      snprintf(name, sizeof name, "the_field_%d", (int)j);
      put_field(writer, name, j + 1, "");
    }
    snprintf(name, sizeof name, "Message%d", (int)i);
    writer_put_bytes_field(writer, 1, name, strlen(name));
    writer_close_message(writer, 4, message);
  }
}

/* Descriptors take some kilobytes a field; they go when what they say has been read. */
static void little_is_kept_of_a_large_set(void **state)
{
  enum { MESSAGES = 300, FIELDS = 10, BYTES_OF_A_FIELD = 400 };
  struct writer writer;
  struct error error;
  writer_init(&writer, 0);
  put_large_file(&writer, MESSAGES, FIELDS);
  struct schema *schema = load_file_of(&writer, &error);
  assert_non_null(schema);
  assert_int_equal(schema->messages[MESSAGES - 1]->fields[FIELDS - 1].line, MESSAGES * FIELDS);
  assert_in_range(arena_used(schema->arena), 0, MESSAGES * FIELDS * BYTES_OF_A_FIELD);
  schema_unref(schema);
}

static void a_set_that_is_the_same_is_not_read_again(void **state)
{
  struct error error;
  struct schema *first = schema_load_file(TEST_SETS "/shop.binpb", &error);
  struct schema *same = schema_load_file_again(TEST_SETS "/shop.binpb", first, &error);
  struct schema *other = schema_load_file_again(TEST_SETS "/shop_bare.binpb", first, &error);
  struct schema *builtin = schema_load_again(builtin_descriptors, builtin_descriptors_size, first, &error);
  assert_ptr_equal(first, same);
  assert_ptr_not_equal(first, other);
  assert_ptr_not_equal(first, builtin);
  schema_unref(first);
  assert_non_null(schema_find_message(same, "shop.v1.Order"));
  schema_unref(same);
  schema_unref(other);
  schema_unref(builtin);
  struct schema *empty = schema_empty();
  assert_null(schema_load_again("", 0, empty, &error));
  schema_unref(empty);
}

static void a_truncated_set_is_refused_or_read_to_a_boundary(void **state)
{
  struct str set = {(const char *)builtin_descriptors, builtin_descriptors_size};
  for (size_t len = 0; len < set.len; len += len < 64 ? 1 : 61) {
    struct error error = {0};
    char *exact = malloc(len == 0 ? 1 : len);
    memcpy(exact, set.data, len);
    struct schema *schema = schema_load(exact, len, &error);
    assert_true(schema != NULL || error.message[0] != '\0');
    schema_unref(schema);
    free(exact);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_missing_import_is_named),
      cmocka_unit_test(a_missing_file_is_named),
      cmocka_unit_test(an_aggregate_of_two_functions_is_refused),
      cmocka_unit_test(an_option_of_the_future_is_refused),
      cmocka_unit_test(broken_declarations_are_refused),
      cmocka_unit_test(two_files_of_one_name_are_refused),
      cmocka_unit_test(json_names_are_made_where_absent),
      cmocka_unit_test(places_are_found_packed_or_not),
      cmocka_unit_test(broken_places_are_refused),
      cmocka_unit_test(little_is_kept_of_a_large_set),
      cmocka_unit_test(a_set_that_is_the_same_is_not_read_again),
      cmocka_unit_test(a_truncated_set_is_refused_or_read_to_a_boundary),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * fuzz_json.c - any bytes as a json column's value: no crash, no leak, no undefined behaviour, and these
 * hold:
 *
 *   a refusal tells the operator of the column or of another type than expected, in words that are UTF-8;
 *   what is written is a message that a strict reader accepts, and nothing stands behind it;
 *   Struct and ListValue take what Value takes, if it is of their kind.
 */
#include "fuzz/fuzz.h"
#include "proto/request.h"
#include "server/encode.h"
#include "support/schema_text.h"

static const char declarations[] =
    "message Holder { google.protobuf.Value value = 1;\n"
    "  google.protobuf.Struct object = 2; google.protobuf.ListValue list = 3; }\n";

static const struct schema_message *holder(void)
{
  static struct schema *schema;
  if (schema == NULL)
    schema = schema_from_text(declarations);
  return schema_find_message(schema, "test.v1.Holder");
}

static void check_readable(struct str bytes, const struct schema_field *declared)
{
  static const struct request_limits limits = {.max_depth = 100, .max_values = 1000000};
  struct arena *arena = arena_new(0);
  struct message_value *message;
  struct error error;
  check(request_read(holder(), bytes.data, bytes.len, &limits, arena, &message, &error));
  check(message_field(message, declared)->n == 1);
  arena_free(arena);
}

static bool encode(const struct cell *cell, size_t index)
{
  static struct catalog_table table = {.name = "events"};
  static struct catalog_column column = {.name = "data", .table = &table};
  const struct schema_field *declared = &holder()->fields[index];
  struct graph_field field = {
      .kind = GRAPH_FIELD_COLUMN, .field = declared, .column = &column, .codec = {.kind = CODEC_JSON}};
  struct error error = {0};
  struct writer writer;
  writer_init(&writer, 16);
  bool accepted = encode_field(&writer, &field, cell, &error);
  if (accepted) {
    check_readable(writer_bytes(&writer), declared);
  } else {
    check(error.code == ERROR_FAILED_PRECONDITION || error.code == ERROR_UNAVAILABLE);
    check(str_is_utf8(error.message, strlen(error.message)));
  }
  writer_done(&writer);
  return accepted;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct cell cell = {data, (int32_t)size};
  bool value = encode(&cell, 0), object = encode(&cell, 1), list = encode(&cell, 2);
  check(!(object && list) && (value || !(object || list)));
  return 0;
}

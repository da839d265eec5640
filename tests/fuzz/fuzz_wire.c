/*
 * fuzz_wire.c - any bytes as a request with a field of each type: no crash, no leak, no undefined behaviour,
 * and these hold:
 *
 *   a refused request is the client's fault, in words that are UTF-8;
 *   an accepted one holds values within the limits, strings that are UTF-8, at most one member of a oneof;
 *   written again and read again it is the same;
 *   memory stays in proportion to the bytes.
 */
#include "fuzz/fuzz.h"
#include "proto/request.h"
#include "proto/wire.h"
#include "support/schema_text.h"

static const char declarations[] =
    "message Everything {\n"
    "  double a_double = 1; float a_float = 2; int64 an_int64 = 3; uint64 a_uint64 = 4; int32 an_int32 = 5;\n"
    "  fixed64 a_fixed64 = 6; fixed32 a_fixed32 = 7; bool a_bool = 8; string a_string = 9; bytes some_bytes "
    "= 12;\n"
    "  uint32 a_uint32 = 13; Mood an_enum = 14; sfixed32 an_sfixed32 = 15; sfixed64 an_sfixed64 = 16;\n"
    "  sint32 an_sint32 = 17; sint64 an_sint64 = 18;\n"
    "  Everything child = 30; repeated Everything children = 31; repeated int64 numbers = 32;\n"
    "  repeated string words = 33; repeated double reals = 34; repeated sint32 signs = 35;\n"
    "  map<string, Everything> by_name = 36; map<int32, string> by_number = 37; map<bool, string> by_truth = "
    "38;\n"
    "  oneof choice { string text = 40; Everything message = 41; int32 count = 42; }\n"
    "  optional int32 maybe = 50; google.protobuf.Value json = 51;\n"
    "  google.protobuf.FieldMask read_mask = 52; map<string, rowan.v1.RelationArguments> arguments = 53; }\n"
    "enum Mood { MOOD_UNSPECIFIED = 0; MOOD_GOOD = 1; }\n";

static void write_message(struct writer *writer, const struct message_value *message);

/* As it stands, in the wire type of the field. */
static void write_value(struct writer *writer, const struct schema_field *field, const union value *value)
{
  float single;
  uint32_t half;
  size_t mark = writer_size(writer);
  switch (field->type) {
  case FIELD_DOUBLE:
  case FIELD_FIXED64:
  case FIELD_SFIXED64:
    writer_put_fixed64(writer, value->u64);
    writer_put_tag(writer, field->number, WIRE_FIXED64);
    return;
  case FIELD_FLOAT:
    single = (float)value->f64;
    memcpy(&half, &single, sizeof(half));
    writer_put_fixed32(writer, half);
    writer_put_tag(writer, field->number, WIRE_FIXED32);
    return;
  case FIELD_FIXED32:
  case FIELD_SFIXED32:
    writer_put_fixed32(writer, (uint32_t)value->u64);
    writer_put_tag(writer, field->number, WIRE_FIXED32);
    return;
  case FIELD_STRING:
  case FIELD_BYTES:
    check(field->type == FIELD_BYTES || str_is_utf8(value->bytes.data, value->bytes.len));
    writer_put_bytes_field(writer, field->number, value->bytes.data, value->bytes.len);
    return;
  case FIELD_MESSAGE:
    write_message(writer, value->message);
    writer_close_message(writer, field->number, mark);
    return;
  case FIELD_SINT32:
  case FIELD_SINT64:
    writer_put_varint_field(writer, field->number, wire_zigzag(value->i64));
    return;
  case FIELD_BOOL:
    writer_put_varint_field(writer, field->number, value->boolean);
    return;
  default:
    writer_put_varint_field(writer, field->number, value->u64);
  }
}

static void write_message(struct writer *writer, const struct message_value *message)
{
  const struct schema_oneof *oneof = NULL;
  for (size_t i = message->type->n_fields; i-- > 0;) {
    const struct schema_field *field = &message->type->fields[i];
    const struct field_value *values = message_field(message, field);
    check(values->n <= 1 || field->repeated);
    for (size_t k = values->n; k-- > 0;)
      write_value(writer, field, &values->items[k]);
    if (values->n > 0 && field->oneof != NULL) {
      check(oneof != field->oneof);
      oneof = field->oneof;
    }
  }
}

static const struct schema_message *everything(void)
{
  static struct schema *schema;
  if (schema == NULL)
    schema = schema_from_text(declarations);
  return schema_find_message(schema, "test.v1.Everything");
}

/* Whether it was accepted, written to `ret` if so. */
static bool read_and_write(const void *data, size_t size, struct writer *ret)
{
  static const struct request_limits limits = {.max_depth = 16, .max_values = 1000};
  struct arena *arena = arena_new(0);
  struct error error = {0};
  struct message_value *message = NULL;
  bool accepted = request_read(everything(), data, size, &limits, arena, &message, &error);
  if (accepted)
    write_message(ret, message);
  else
    check_refusal(&error);
  check(arena_used(arena) < 1000 * 1024 + 64 * size);
  arena_free(arena);
  return accepted;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct writer first, second;
  writer_init(&first, 64);
  writer_init(&second, 64);
  if (read_and_write(data, size, &first)) {
    struct str written = writer_bytes(&first);
    check(read_and_write(written.data, written.len, &second));
    check(str_equal(written, writer_bytes(&second)));
  }
  writer_done(&first);
  writer_done(&second);
  return 0;
}

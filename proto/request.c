/*
 * request.c - a request message read by its descriptor.
 *
 * The bytes are the client's.  What bounds the work: every read is checked against the end of the message it
 * is in; nesting goes no deeper than max_depth, and that is checked before the call that would recurse; every
 * value counts against max_values, unknown ones included; and the arena's budget is looked at for each
 * message, since an empty one costs two bytes on the wire and a row of fields in memory.
 *
 * Rules where one field occurs more than once, as proto3 has them: the last scalar wins, messages merge,
 * repeated fields append; of a oneof the member that came last is set and the others are not; of equal map
 * keys the last entry stays.
 *
 * Stricter than proto3 in one point: a known field with another wire type than its own is an error, not an
 * unknown field.  A client that sends one has another schema in mind, and silence would answer a question it
 * did not ask.
 *
 * A frame names where the reader is; frames form a list on the C stack, and are only read to word an error.
 */
#include "proto/request.h"

#include <assert.h>
#include <stdlib.h>

#include "proto/wire.h"

struct reader {
  const struct request_limits *limits;
  size_t n_values;
  struct arena *arena;
  struct error *error;
};

struct frame {
  const struct frame *parent; /* NULL outermost */
  const struct schema_field *field;
  size_t index; /* among the field's values */
};

static void append_path(const struct frame *frame, struct strbuf *path)
{
  if (frame == NULL)
    return;
  append_path(frame->parent, path);
  strbuf_printf(path, path->len == 0 ? "%s" : ".%s", frame->field->name);
  if (frame->field->repeated)
    strbuf_printf(path, "[%zu]", frame->index);
}

static bool refuse(struct reader *reader, const struct frame *frame, const char *what)
{
  struct strbuf path = {0};
  append_path(frame, &path);
  if (path.len == 0)
    error_set(reader->error, ERROR_INVALID_ARGUMENT, "MALFORMED_REQUEST", "the request %s", what);
  else
    error_set(reader->error, ERROR_INVALID_ARGUMENT, "MALFORMED_REQUEST", "the request's field %s %s",
              strbuf_text(&path), what);
  error_set_field(reader->error, "%s", strbuf_text(&path));
  strbuf_done(&path);
  return false;
}

static bool count_value(struct reader *reader, const struct frame *frame)
{
  if (++reader->n_values <= reader->limits->max_values)
    return true;
  struct strbuf what = {0};
  strbuf_printf(&what, "holds more than the %zu values that are accepted", reader->limits->max_values);
  refuse(reader, frame, strbuf_text(&what));
  strbuf_done(&what);
  return false;
}

static enum wire_type wire_type_of(enum field_type type)
{
  switch (type) {
  case FIELD_DOUBLE:
  case FIELD_FIXED64:
  case FIELD_SFIXED64:
    return WIRE_FIXED64;
  case FIELD_FLOAT:
  case FIELD_FIXED32:
  case FIELD_SFIXED32:
    return WIRE_FIXED32;
  case FIELD_STRING:
  case FIELD_BYTES:
  case FIELD_MESSAGE:
    return WIRE_BYTES;
  case FIELD_GROUP:
    return WIRE_START_GROUP;
  case FIELD_INT64:
  case FIELD_UINT64:
  case FIELD_INT32:
  case FIELD_BOOL:
  case FIELD_UINT32:
  case FIELD_ENUM:
  case FIELD_SINT32:
  case FIELD_SINT64:
    return WIRE_VARINT;
  }
  return WIRE_VARINT;
}

static int64_t unzigzag(uint64_t value)
{
  return (int64_t)(value >> 1 ^ -(value & 1));
}

/* The 32-bit types keep the low half of what was sent, as every implementation of protobuf does. */
static union value varint_value(enum field_type type, uint64_t raw)
{
  switch (type) {
  case FIELD_INT32:
  case FIELD_ENUM:
    return (union value){.i64 = (int32_t)(uint32_t)raw};
  case FIELD_SINT32:
    return (union value){.i64 = unzigzag((uint32_t)raw)};
  case FIELD_SINT64:
    return (union value){.i64 = unzigzag(raw)};
  case FIELD_UINT32:
    return (union value){.u64 = (uint32_t)raw};
  case FIELD_BOOL:
    return (union value){.boolean = raw != 0};
  default:
    return (union value){.u64 = raw};
  }
}

static union value fixed32_value(enum field_type type, uint32_t raw)
{
  float real;
  memcpy(&real, &raw, sizeof real);
  if (type == FIELD_FLOAT)
    return (union value){.f64 = (double)real};
  if (type == FIELD_SFIXED32)
    return (union value){.i64 = (int32_t)raw};
  return (union value){.u64 = raw};
}

static union value fixed64_value(enum field_type type, uint64_t raw)
{
  union value value = {.u64 = raw};
  if (type == FIELD_DOUBLE)
    memcpy(&value.f64, &raw, sizeof value.f64);
  return value;
}

/* One number of the field's own wire type. */
static bool read_number(struct wire_reader *wire, enum field_type type, union value *ret)
{
  uint64_t raw;
  uint32_t half;
  switch (wire_type_of(type)) {
  case WIRE_VARINT:
    if (!wire_read_varint(wire, &raw))
      return false;
    *ret = varint_value(type, raw);
    return true;
  case WIRE_FIXED32:
    if (!wire_read_fixed32(wire, &half))
      return false;
    *ret = fixed32_value(type, half);
    return true;
  default:
    if (!wire_read_fixed64(wire, &raw))
      return false;
    *ret = fixed64_value(type, raw);
    return true;
  }
}

static bool is_number(enum field_type type)
{
  enum wire_type wire_type = wire_type_of(type);
  return wire_type == WIRE_VARINT || wire_type == WIRE_FIXED32 || wire_type == WIRE_FIXED64;
}

/* Appends to a repeated field, replaces the value of another one. */
static void store(struct reader *reader, const struct schema_field *field, struct field_value *values,
                  union value value)
{
  if (!field->repeated)
    values->n = 0;
  VEC_PUSH(reader->arena, values, value);
}

static bool read_packed(struct reader *reader, const struct frame *frame, struct str bytes,
                        struct field_value *values)
{
  struct wire_reader wire = {(const uint8_t *)bytes.data, (const uint8_t *)bytes.data + bytes.len};
  while (!wire_at_end(&wire)) {
    union value value;
    if (!count_value(reader, frame))
      return false;
    if (!read_number(&wire, frame->field->type, &value))
      return refuse(reader, frame, "ends early");
    store(reader, frame->field, values, value);
  }
  return true;
}

/* The order of equal keys is that of the wire, so that the last of them is the one to keep. */
struct map_key {
  struct str bytes;
  size_t index;
};

static int compare_keys(const void *a, const void *b)
{
  const struct map_key *left = a, *right = b;
  size_t shorter = left->bytes.len < right->bytes.len ? left->bytes.len : right->bytes.len;
  int order = shorter == 0 ? 0 : memcmp(left->bytes.data, right->bytes.data, shorter);
  if (order != 0)
    return order;
  if (left->bytes.len != right->bytes.len)
    return left->bytes.len < right->bytes.len ? -1 : 1;
  return (left->index > right->index) - (left->index < right->index);
}

/* The key as bytes that are equal when the keys are; a key that was not sent is its type's zero. */
static struct str key_bytes(const struct message_value *entry)
{
  static const union value zero;
  const struct schema_field *field = &entry->type->fields[0];
  const union value *key = entry->fields[0].n == 0 ? &zero : &entry->fields[0].items[0];
  if (field->type == FIELD_STRING)
    return key->bytes;
  if (field->type == FIELD_BOOL)
    return (struct str){(const char *)&key->boolean, sizeof key->boolean};
  return (struct str){(const char *)&key->u64, sizeof key->u64};
}

static void keep_last_of_equal_keys(struct reader *reader, struct field_value *entries)
{
  size_t n = entries->n;
  struct map_key *keys = ARENA_ARRAY(reader->arena, struct map_key, n);
  for (size_t i = 0; i < n; i++)
    keys[i] = (struct map_key){key_bytes(entries->items[i].message), i};
  qsort(keys, n, sizeof *keys, compare_keys);
  bool *dropped = ARENA_ARRAY(reader->arena, bool, n);
  for (size_t i = 0; i + 1 < n; i++)
    dropped[keys[i].index] = str_equal(keys[i].bytes, keys[i + 1].bytes);
  entries->n = 0;
  for (size_t i = 0; i < n; i++)
    if (!dropped[i])
      entries->items[entries->n++] = entries->items[i];
}

/* Once, after everything was read: sorting at each piece of a message that comes in many would cost their
 * product. */
static void tidy_maps(struct reader *reader, struct message_value *message)
{
  for (size_t i = 0; i < message->type->n_fields; i++) {
    const struct schema_message *type = message->type->fields[i].message;
    struct field_value *values = &message->fields[i];
    if (type == NULL)
      continue;
    if (type->map_entry && values->n > 1)
      keep_last_of_equal_keys(reader, values);
    for (size_t j = 0; j < values->n; j++)
      tidy_maps(reader, values->items[j].message);
  }
}

static bool new_message(struct reader *reader, const struct schema_message *type, struct message_value **ret)
{
  struct message_value *message = ARENA_NEW(reader->arena, struct message_value);
  message->type = type;
  message->fields = ARENA_ARRAY(reader->arena, struct field_value, type->n_fields);
  *ret = message;
  if (!arena_over_budget(reader->arena))
    return true;
  return error_set(reader->error, ERROR_RESOURCE_EXHAUSTED, "REQUEST_TOO_LARGE",
                   "the request needs more memory than it is given; send it in parts");
}

static bool read_message(struct reader *reader, struct message_value *message, struct str bytes,
                         const struct frame *frame, size_t depth);

static bool read_submessage(struct reader *reader, const struct frame *frame, struct str bytes,
                            struct field_value *values, size_t depth)
{
  if (depth >= reader->limits->max_depth)
    return refuse(reader, frame, "is nested too deeply");
  if (!frame->field->repeated && values->n == 1)
    return read_message(reader, values->items[0].message, bytes, frame, depth + 1);
  union value value;
  if (!new_message(reader, frame->field->message, &value.message))
    return false;
  store(reader, frame->field, values, value);
  return read_message(reader, value.message, bytes, frame, depth + 1);
}

static bool read_delimited(struct reader *reader, const struct frame *frame, struct str bytes,
                           struct field_value *values, size_t depth)
{
  const struct schema_field *field = frame->field;
  if (is_number(field->type))
    return read_packed(reader, frame, bytes, values);
  if (!count_value(reader, frame))
    return false;
  if (field->type == FIELD_MESSAGE)
    return read_submessage(reader, frame, bytes, values, depth);
  if (field->type == FIELD_STRING && !str_is_utf8(bytes.data, bytes.len))
    return refuse(reader, frame, "is not valid UTF-8");
  store(reader, field, values, (union value){.bytes = bytes});
  return true;
}

static void clear_other_members(struct message_value *message, const struct schema_field *field)
{
  for (size_t i = 0; i < message->type->n_fields; i++)
    if (i != field->index && message->type->fields[i].oneof == field->oneof)
      message->fields[i].n = 0;
}

static bool read_field(struct reader *reader, struct message_value *message, const struct frame *frame,
                       struct wire_reader *wire, enum wire_type type, size_t depth)
{
  const struct schema_field *field = frame->field;
  struct field_value *values = &message->fields[field->index];
  bool packed = type == WIRE_BYTES && field->repeated && is_number(field->type);
  if (type == WIRE_START_GROUP || type == WIRE_END_GROUP)
    return refuse(reader, frame, "is a group, which is not accepted");
  if (type != wire_type_of(field->type) && !packed)
    return refuse(reader, frame, "was sent with another type than it has");
  if (field->oneof != NULL)
    clear_other_members(message, field);
  if (type == WIRE_BYTES) {
    struct str bytes;
    return wire_read_bytes(wire, &bytes) ? read_delimited(reader, frame, bytes, values, depth)
                                         : refuse(reader, frame, "ends early");
  }
  union value value;
  if (!read_number(wire, field->type, &value))
    return refuse(reader, frame, "ends early");
  store(reader, field, values, value);
  return count_value(reader, frame);
}

static bool skip_unknown(struct reader *reader, const struct frame *frame, struct wire_reader *wire,
                         enum wire_type type)
{
  if (type == WIRE_START_GROUP || type == WIRE_END_GROUP)
    return refuse(reader, frame, "holds a group, which is not accepted");
  if (!wire_skip(wire, type))
    return refuse(reader, frame, "ends early");
  return count_value(reader, frame);
}

static bool read_message(struct reader *reader, struct message_value *message, struct str bytes,
                         const struct frame *frame, size_t depth)
{
  struct wire_reader wire = {(const uint8_t *)bytes.data, (const uint8_t *)bytes.data + bytes.len};
  while (!wire_at_end(&wire)) {
    uint32_t number;
    enum wire_type type;
    if (!wire_read_tag(&wire, &number, &type))
      return refuse(reader, frame, "is malformed or ends early");
    const struct schema_field *field = schema_message_field_by_number(message->type, number);
    if (field == NULL) {
      if (!skip_unknown(reader, frame, &wire, type))
        return false;
      continue;
    }
    struct frame inner = {frame, field, message->fields[field->index].n};
    if (!read_field(reader, message, &inner, &wire, type, depth))
      return false;
  }
  return true;
}

bool request_read(const struct schema_message *type, const void *data, size_t len,
                  const struct request_limits *limits, struct arena *arena,
                  struct message_value **ret_message, struct error *error)
{
  struct reader reader = {.limits = limits, .arena = arena, .error = error};
  struct message_value *message;
  if (limits->max_depth == 0)
    return refuse(&reader, NULL, "is nested too deeply");
  if (!new_message(&reader, type, &message) ||
      !read_message(&reader, message, (struct str){data, len}, NULL, 1))
    return false;
  tidy_maps(&reader, message);
  *ret_message = message;
  return true;
}

const struct field_value *message_field(const struct message_value *message, const struct schema_field *field)
{
  assert(field->parent == message->type);
  return &message->fields[field->index];
}

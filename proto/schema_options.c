/*
 * schema_options.c - annotations from unknown fields.
 *
 * A message that is written in several pieces is the concatenation of the pieces: that is how protobuf
 * merges, and why it does not matter whether a compiler wrote one occurrence for each option line or one for
 * all.
 *
 * Two things that unpacking would swallow are errors here.  An option that this version does not know might
 * be a filter or a scope: a server that ignored it would show what was meant to be hidden.  And an aggregate
 * of two functions: protoc accepts it on two option lines, and the last one would win without a word.
 */
#include "proto/schema_options.h"

#include "base/str.h"
#include "proto/wire.h"

enum { FIELD_BEHAVIOR_REQUIRED = 2 };

static void *allocate(void *arena, size_t size)
{
  return arena_alloc(arena, size);
}

static void release(void *arena, void *memory) {}

ProtobufCAllocator schema_allocator(struct arena *arena)
{
  return (ProtobufCAllocator){.alloc = allocate, .free = release, .allocator_data = arena};
}

/* protobuf-c keeps the length prefix in front of an unknown length-delimited value. */
static bool read_payload(const ProtobufCMessageUnknownField *field, struct str *ret_payload)
{
  struct wire_reader reader = {field->data, field->data + field->len};
  return wire_read_bytes(&reader, ret_payload);
}

/* The payload of the next occurrence of Rowan's extension from *i on; *i becomes the one behind it. */
static bool next_occurrence(const ProtobufCMessage *options, unsigned *i, struct str *ret_payload)
{
  while (*i < options->n_unknown_fields) {
    const ProtobufCMessageUnknownField *field = &options->unknown_fields[(*i)++];
    if (field->tag == SCHEMA_ROWAN_EXTENSION && field->wire_type == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED &&
        read_payload(field, ret_payload))
      return true;
  }
  return false;
}

/* Most options have one occurrence, which is its own concatenation. */
static struct str concatenate(struct arena *arena, const ProtobufCMessage *options, bool *ret_found)
{
  struct str payload, whole = {"", 0};
  unsigned i = 0;
  *ret_found = next_occurrence(options, &i, &payload);
  if (*ret_found)
    whole = payload;
  while (next_occurrence(options, &i, &payload)) {
    char *longer = arena_alloc_bytes(arena, whole.len + payload.len);
    memcpy(longer, whole.data, whole.len);
    memcpy(longer + whole.len, payload.data, payload.len);
    whole = (struct str){longer, whole.len + payload.len};
  }
  return whole;
}

static bool check_known(const ProtobufCMessage *message, const char *where, struct error *error)
{
  if (message == NULL || message->n_unknown_fields == 0)
    return true;
  return error_set(
      error, ERROR_FAILED_PRECONDITION, "UNKNOWN_ANNOTATION",
      "%s: option number %u of %s is not known to this version; ignoring it could show what it hides", where,
      message->unknown_fields[0].tag, message->descriptor->name);
}

/* *ret is NULL when the options do not hold the extension. */
static bool read_annotation(struct arena *arena, const ProtobufCMessage *options,
                            const ProtobufCMessageDescriptor *type, const char *where, ProtobufCMessage **ret,
                            struct error *error)
{
  bool found = false;
  struct str bytes = options == NULL ? (struct str){0} : concatenate(arena, options, &found);
  *ret = NULL;
  if (!found)
    return true;
  ProtobufCAllocator allocator = schema_allocator(arena);
  *ret = protobuf_c_message_unpack(type, &allocator, bytes.len, (const uint8_t *)bytes.data);
  if (*ret == NULL)
    return error_set(error, ERROR_FAILED_PRECONDITION, "INVALID_DESCRIPTOR_SET", "%s: its %s are malformed",
                     where, type->name);
  return check_known(*ret, where, error);
}

bool schema_read_resource(struct arena *arena, const Google__Protobuf__MessageOptions *options,
                          const char *where, const Rowan__V1__ResourceOptions **ret, struct error *error)
{
  ProtobufCMessage *message;
  if (!read_annotation(arena, (const ProtobufCMessage *)options, &rowan__v1__resource_options__descriptor,
                       where, &message, error))
    return false;
  *ret = (const Rowan__V1__ResourceOptions *)message;
  return true;
}

bool schema_read_oneof(struct arena *arena, const Google__Protobuf__OneofOptions *options, const char *where,
                       const Rowan__V1__OneofOptions **ret, struct error *error)
{
  ProtobufCMessage *message;
  if (!read_annotation(arena, (const ProtobufCMessage *)options, &rowan__v1__oneof_options__descriptor, where,
                       &message, error))
    return false;
  *ret = (const Rowan__V1__OneofOptions *)message;
  return true;
}

bool schema_read_enum_value(struct arena *arena, const Google__Protobuf__EnumValueOptions *options,
                            const char *where, const Rowan__V1__EnumValueOptions **ret, struct error *error)
{
  ProtobufCMessage *message;
  if (!read_annotation(arena, (const ProtobufCMessage *)options, &rowan__v1__enum_value_options__descriptor,
                       where, &message, error))
    return false;
  *ret = (const Rowan__V1__EnumValueOptions *)message;
  return true;
}

bool schema_read_method(struct arena *arena, const Google__Protobuf__MethodOptions *options,
                        const char *where, const Rowan__V1__MethodOptions **ret, struct error *error)
{
  ProtobufCMessage *message;
  if (!read_annotation(arena, (const ProtobufCMessage *)options, &rowan__v1__method_options__descriptor,
                       where, &message, error))
    return false;
  *ret = (const Rowan__V1__MethodOptions *)message;
  return true;
}

/* Adds to *seen a bit for each member of Aggregate.function that occurs in the serialized Aggregate. */
static void note_functions(struct str aggregate, unsigned *seen)
{
  struct wire_reader reader = {(const uint8_t *)aggregate.data,
                               (const uint8_t *)aggregate.data + aggregate.len};
  uint32_t number;
  enum wire_type type;
  while (!wire_at_end(&reader) && wire_read_tag(&reader, &number, &type) && wire_skip(&reader, type))
    if (number <= ROWAN__V1__AGGREGATE__FUNCTION_EXISTS)
      *seen |= 1u << number;
}

static bool has_one_function(struct str options)
{
  enum { AGGREGATE = 4 };
  unsigned seen = 0;
  struct wire_reader reader = {(const uint8_t *)options.data, (const uint8_t *)options.data + options.len};
  uint32_t number;
  enum wire_type type;
  while (!wire_at_end(&reader) && wire_read_tag(&reader, &number, &type)) {
    struct wire_reader value = reader;
    struct str aggregate;
    if (!wire_skip(&reader, type))
      break;
    if (number == AGGREGATE && type == WIRE_BYTES && wire_read_bytes(&value, &aggregate))
      note_functions(aggregate, &seen);
  }
  return (seen & (seen - 1)) == 0;
}

bool schema_read_field(struct arena *arena, const Google__Protobuf__FieldOptions *options, const char *where,
                       const Rowan__V1__FieldOptions **ret, struct error *error)
{
  ProtobufCMessage *message;
  if (!read_annotation(arena, (const ProtobufCMessage *)options, &rowan__v1__field_options__descriptor, where,
                       &message, error))
    return false;
  const Rowan__V1__FieldOptions *field = (const Rowan__V1__FieldOptions *)message;
  *ret = field;
  if (field == NULL)
    return true;
  bool found;
  if (field->aggregate != NULL && !has_one_function(concatenate(arena, &options->base, &found)))
    return error_set(error, ERROR_FAILED_PRECONDITION, "INVALID_ANNOTATION",
                     "%s: its aggregate names more than one function; declare a field for each", where);
  const Rowan__V1__Relation *relation = field->relation;
  return check_known((const ProtobufCMessage *)relation, where, error) &&
         check_known(relation == NULL ? NULL : (const ProtobufCMessage *)relation->through, where, error) &&
         check_known((const ProtobufCMessage *)field->aggregate, where, error) &&
         check_known((const ProtobufCMessage *)field->embed, where, error);
}

/* The extension is repeated; whether it is packed depends on the version of field_behavior.proto. */
static bool holds_required(const ProtobufCMessageUnknownField *field)
{
  struct wire_reader reader = {field->data, field->data + field->len};
  uint64_t value;
  if (field->wire_type == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED && !wire_read_varint(&reader, &value))
    return false;
  while (!wire_at_end(&reader)) {
    if (!wire_read_varint(&reader, &value))
      return false;
    if (value == FIELD_BEHAVIOR_REQUIRED)
      return true;
  }
  return false;
}

bool schema_field_is_required(const Google__Protobuf__FieldOptions *options)
{
  if (options == NULL)
    return false;
  for (unsigned i = 0; i < options->base.n_unknown_fields; i++) {
    const ProtobufCMessageUnknownField *field = &options->base.unknown_fields[i];
    if (field->tag == SCHEMA_FIELD_BEHAVIOR_EXTENSION && holds_required(field))
      return true;
  }
  return false;
}

#include "planner/graph_raw.h"

#include "proto/wire.h"

/* Numbers of google/protobuf/descriptor.proto and rowan/v1/annotations.proto. */
enum {
  FILE_MESSAGE = 4,
  MESSAGE_NAME = 1,
  MESSAGE_FIELD = 2,
  MESSAGE_NESTED = 3,
  FIELD_OPTIONS = 8,
  OPTIONS_ROWAN = 59174,
  ROWAN_AGGREGATE = 4,
  AGGREGATE_FUNCTION_MAX = 6,
};

/* The next length-delimited value with this number; false at the end. */
static bool next_bytes(struct wire_reader *reader, uint32_t wanted, struct str *ret)
{
  while (!wire_at_end(reader)) {
    uint32_t number;
    enum wire_type type;
    if (!wire_read_tag(reader, &number, &type))
      return false;
    if (number == wanted && type == WIRE_BYTES)
      return wire_read_bytes(reader, ret);
    if (!wire_skip(reader, type))
      return false;
  }
  return false;
}

static struct wire_reader reader_from(struct str bytes)
{
  return (struct wire_reader){(const uint8_t *)bytes.data, (const uint8_t *)bytes.data + bytes.len};
}

/* The element with this number whose own name (its field 1) is `name`; empty when there is none. */
static struct str find_named(struct str bytes, uint32_t number, struct str name)
{
  struct wire_reader reader = reader_from(bytes);
  struct str element, its_name;
  while (next_bytes(&reader, number, &element)) {
    struct wire_reader inner = reader_from(element);
    if (next_bytes(&inner, MESSAGE_NAME, &its_name) && str_equal(its_name, name))
      return element;
  }
  return (struct str){0};
}

static struct str find_message(const struct schema_message *message)
{
  size_t package = strlen(message->file->package);
  const char *rest = message->full_name + (package > 0 ? package + 1 : 0);
  struct str bytes = message->file->raw;
  for (uint32_t number = FILE_MESSAGE; rest != NULL; number = MESSAGE_NESTED) {
    const char *dot = strchr(rest, '.');
    bytes = find_named(bytes, number, (struct str){rest, dot == NULL ? strlen(rest) : (size_t)(dot - rest)});
    rest = dot == NULL ? NULL : dot + 1;
  }
  return bytes;
}

static uint32_t functions_of(struct str aggregate)
{
  struct wire_reader reader = reader_from(aggregate);
  uint32_t number, functions = 0;
  enum wire_type type;
  while (!wire_at_end(&reader) && wire_read_tag(&reader, &number, &type) && wire_skip(&reader, type))
    if (number <= AGGREGATE_FUNCTION_MAX)
      functions |= 1U << number;
  return functions;
}

bool aggregate_has_two_functions(const struct schema_field *field)
{
  struct str bytes = find_named(find_message(field->parent), MESSAGE_FIELD, str_from(field->name));
  struct wire_reader of_field = reader_from(bytes);
  struct str options, rowan, aggregate;
  uint32_t functions = 0;
  while (next_bytes(&of_field, FIELD_OPTIONS, &options)) {
    struct wire_reader of_options = reader_from(options);
    while (next_bytes(&of_options, OPTIONS_ROWAN, &rowan)) {
      struct wire_reader of_rowan = reader_from(rowan);
      while (next_bytes(&of_rowan, ROWAN_AGGREGATE, &aggregate))
        functions |= functions_of(aggregate);
    }
  }
  return (functions & (functions - 1)) != 0;
}

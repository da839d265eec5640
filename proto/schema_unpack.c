#include "proto/schema_unpack.h"

#include "proto/schema_options.h"
#include "proto/wire.h"

struct piece {
  char *data;
  size_t len;
};

static void append(struct piece *piece, const uint8_t *from, const uint8_t *to)
{
  memcpy(piece->data + piece->len, from, (size_t)(to - from));
  piece->len += (size_t)(to - from);
}

/* Most of a file are the places of its declarations: unpacked as messages they would take ten times their
 * size. */
static bool split(struct str raw, struct piece *ret_places, struct piece *ret_rest)
{
  enum { SOURCE_CODE_INFO = 9 };
  struct wire_reader reader = {(const uint8_t *)raw.data, (const uint8_t *)raw.data + raw.len};
  while (!wire_at_end(&reader)) {
    const uint8_t *start = reader.p;
    uint32_t number;
    enum wire_type type;
    struct str value;
    if (!wire_read_tag(&reader, &number, &type))
      return false;
    if (number == SOURCE_CODE_INFO && type == WIRE_BYTES) {
      if (!wire_read_bytes(&reader, &value))
        return false;
      append(ret_places, reader.p - value.len, reader.p);
    } else {
      if (!wire_skip(&reader, type))
        return false;
      append(ret_rest, start, reader.p);
    }
  }
  return true;
}

bool schema_unpack(struct str raw, struct arena *scratch, struct unpacked_file *ret)
{
  struct piece places = {arena_alloc_bytes(scratch, raw.len), 0};
  struct piece rest = {arena_alloc_bytes(scratch, raw.len), 0};
  if (!split(raw, &places, &rest))
    return false;
  ProtobufCAllocator allocator = schema_allocator(scratch);
  ret->descriptor =
      google__protobuf__file_descriptor_proto__unpack(&allocator, rest.len, (const uint8_t *)rest.data);
  ret->places = schema_places_new(scratch, (struct str){places.data, places.len});
  return ret->descriptor != NULL && ret->places != NULL;
}

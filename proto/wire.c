/*
 * wire.c - protobuf's wire format, byte by byte.
 *
 * Reader: every read is checked against `end` before it happens.  A varint has at most ten bytes and fits 64
 * bits; a tag has a field number from 1 to 2^29-1 and one of the six wire types.  A length is compared with
 * what is left as an unsigned number, so that no length can wrap a pointer.
 *
 * Writer: [start, cursor) is free, [cursor, end) is written.  Growing moves what is written to the end of a
 * larger buffer; `end` is therefore not stable, and a mark is a size (writer_size), never a pointer.
 */
#include "proto/wire.h"

#include <endian.h>
#include <stdlib.h>

enum { FIELD_NUMBER_MAX = (1 << 29) - 1, VARINT_BYTES_MAX = 10 };

bool wire_read_varint(struct wire_reader *reader, uint64_t *ret_value)
{
  uint64_t value = 0;
  for (unsigned shift = 0; reader->p < reader->end; shift += 7) {
    uint8_t byte = *reader->p++;
    if (shift == 63 && byte > 1)
      return false;
    value |= (uint64_t)(byte & 0x7F) << shift;
    if (byte < 0x80) {
      *ret_value = value;
      return true;
    }
  }
  return false;
}

bool wire_read_tag(struct wire_reader *reader, uint32_t *ret_number, enum wire_type *ret_type)
{
  uint64_t tag;
  if (!wire_read_varint(reader, &tag))
    return false;
  uint64_t number = tag >> 3, type = tag & 7;
  if (number == 0 || number > FIELD_NUMBER_MAX || type > WIRE_FIXED32)
    return false;
  *ret_number = (uint32_t)number;
  *ret_type = (enum wire_type)type;
  return true;
}

static size_t left(const struct wire_reader *reader)
{
  return (size_t)(reader->end - reader->p);
}

bool wire_read_fixed32(struct wire_reader *reader, uint32_t *ret_value)
{
  uint32_t value;
  if (left(reader) < sizeof value)
    return false;
  memcpy(&value, reader->p, sizeof value);
  reader->p += sizeof value;
  *ret_value = le32toh(value);
  return true;
}

bool wire_read_fixed64(struct wire_reader *reader, uint64_t *ret_value)
{
  uint64_t value;
  if (left(reader) < sizeof value)
    return false;
  memcpy(&value, reader->p, sizeof value);
  reader->p += sizeof value;
  *ret_value = le64toh(value);
  return true;
}

bool wire_read_bytes(struct wire_reader *reader, struct str *ret_bytes)
{
  uint64_t len;
  if (!wire_read_varint(reader, &len) || len > left(reader))
    return false;
  *ret_bytes = (struct str){(const char *)reader->p, (size_t)len};
  reader->p += len;
  return true;
}

bool wire_skip(struct wire_reader *reader, enum wire_type type)
{
  uint64_t number;
  uint32_t half;
  struct str bytes;
  switch (type) {
  case WIRE_VARINT:
    return wire_read_varint(reader, &number);
  case WIRE_FIXED64:
    return wire_read_fixed64(reader, &number);
  case WIRE_BYTES:
    return wire_read_bytes(reader, &bytes);
  case WIRE_FIXED32:
    return wire_read_fixed32(reader, &half);
  case WIRE_START_GROUP:
  case WIRE_END_GROUP:
    return false;
  }
  return false;
}

void writer_init(struct writer *writer, size_t capacity)
{
  capacity = capacity < 64 ? 64 : capacity;
  writer->start = malloc(capacity);
  if (writer->start == NULL)
    abort();
  writer->end = writer->start + capacity;
  writer->cursor = writer->end;
}

void writer_done(struct writer *writer)
{
  free(writer->start);
  *writer = (struct writer){0};
}

void writer_grow(struct writer *writer, size_t size)
{
  size_t written = writer_size(writer);
  size_t capacity = (size_t)(writer->end - writer->start);
  while (capacity - written < size) {
    if (capacity > SIZE_MAX / 4)
      abort();
    capacity *= 2;
  }
  struct writer larger;
  writer_init(&larger, capacity);
  larger.cursor -= written;
  memcpy(larger.cursor, writer->cursor, written);
  free(writer->start);
  *writer = larger;
}

/* The length is known from the highest bit set, so the bytes go where they belong, first to last. */
void writer_put_varint_slow(struct writer *writer, uint64_t value)
{
  size_t n = (size_t)(64 - __builtin_clzll(value | 1) + 6) / 7;
  writer_reserve(writer, n);
  writer->cursor -= n;
  uint8_t *p = writer->cursor;
  for (; value >= 0x80; value >>= 7)
    *p++ = (uint8_t)(value | 0x80);
  *p = (uint8_t)value;
}

void writer_put_fixed32(struct writer *writer, uint32_t value)
{
  uint32_t little = htole32(value);
  writer_put_raw(writer, &little, sizeof little);
}

void writer_put_fixed64(struct writer *writer, uint64_t value)
{
  uint64_t little = htole64(value);
  writer_put_raw(writer, &little, sizeof little);
}

void writer_put_bytes_field(struct writer *writer, uint32_t number, const void *data, size_t len)
{
  writer_put_raw(writer, data, len);
  writer_put_varint(writer, len);
  writer_put_tag(writer, number, WIRE_BYTES);
}

void writer_put_varint_field(struct writer *writer, uint32_t number, uint64_t value)
{
  writer_put_varint(writer, value);
  writer_put_tag(writer, number, WIRE_VARINT);
}

void writer_close_message(struct writer *writer, uint32_t number, size_t mark)
{
  writer_put_varint(writer, writer_size(writer) - mark);
  writer_put_tag(writer, number, WIRE_BYTES);
}

/*
 * wire.h - protobuf's wire format: a reader that cannot overrun and a writer that works backwards.
 *
 * Encoding rules: https://protobuf.dev/programming-guides/encoding/
 *
 * The writer fills its buffer from the end towards the start, last field first.  When a submessage's length
 * prefix is due, its body has been written, so lengths are known for free and nothing is encoded twice.  The
 * price: fields and repeated elements must be handed over in reverse.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/attributes.h"
#include "base/str.h"

enum wire_type {
  WIRE_VARINT = 0,
  WIRE_FIXED64 = 1,
  WIRE_BYTES = 2,
  WIRE_START_GROUP = 3,
  WIRE_END_GROUP = 4,
  WIRE_FIXED32 = 5,
};

struct wire_reader {
  const uint8_t *p, *end;
};

/* Each returns false when the input ends early or is malformed; the reader must not be used after that. */
NODISCARD bool wire_read_tag(struct wire_reader *reader, uint32_t *ret_number, enum wire_type *ret_type);
NODISCARD bool wire_read_varint(struct wire_reader *reader, uint64_t *ret_value);
NODISCARD bool wire_read_fixed32(struct wire_reader *reader, uint32_t *ret_value);
NODISCARD bool wire_read_fixed64(struct wire_reader *reader, uint64_t *ret_value);
NODISCARD bool wire_read_bytes(struct wire_reader *reader, struct str *ret_bytes);
/* Skips a value of the given type; refuses groups. */
NODISCARD bool wire_skip(struct wire_reader *reader, enum wire_type type);

static inline bool wire_at_end(const struct wire_reader *reader)
{
  return reader->p == reader->end;
}

/*
 * The bytes written so far are [cursor, end).  The buffer grows by doubling; it is the writer's until
 * writer_done.
 */
struct writer {
  uint8_t *start, *cursor, *end;
};

void writer_init(struct writer *writer, size_t capacity);
void writer_done(struct writer *writer);

/* Makes room for `size` more bytes in front of the cursor (slow path of writer_reserve). */
void writer_grow(struct writer *writer, size_t size);

static inline void writer_reserve(struct writer *writer, size_t size)
{
  if ((size_t)(writer->cursor - writer->start) < size)
    writer_grow(writer, size);
}

/* Bytes written so far; the difference of two calls is the length of what was written between them. */
static inline size_t writer_size(const struct writer *writer)
{
  return (size_t)(writer->end - writer->cursor);
}

/* What was written; valid until the next write. */
static inline struct str writer_bytes(const struct writer *writer)
{
  return (struct str){(const char *)writer->cursor, writer_size(writer)};
}

static inline void writer_put_raw(struct writer *writer, const void *data, size_t len)
{
  if (len == 0)
    return;
  writer_reserve(writer, len);
  writer->cursor -= len;
  memcpy(writer->cursor, data, len);
}

void writer_put_varint_slow(struct writer *writer, uint64_t value);

static inline void writer_put_varint(struct writer *writer, uint64_t value)
{
  if (value < 0x80 && writer->cursor > writer->start)
    *--writer->cursor = (uint8_t)value;
  else
    writer_put_varint_slow(writer, value);
}

static inline void writer_put_tag(struct writer *writer, uint32_t number, enum wire_type type)
{
  writer_put_varint(writer, (uint64_t)number << 3 | type);
}

void writer_put_fixed32(struct writer *writer, uint32_t value);
void writer_put_fixed64(struct writer *writer, uint64_t value);

/* A whole length-delimited field: tag, length, bytes. */
void writer_put_bytes_field(struct writer *writer, uint32_t number, const void *data, size_t len);
/* A whole varint field. */
void writer_put_varint_field(struct writer *writer, uint32_t number, uint64_t value);

/* Closes a submessage whose body was written since writer_size returned `mark`: puts its length and tag in
 * front. */
void writer_close_message(struct writer *writer, uint32_t number, size_t mark);

static inline uint64_t wire_zigzag(int64_t value)
{
  return ((uint64_t)value << 1) ^ (uint64_t)(value >> 63);
}

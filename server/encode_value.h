/*
 * encode_value.h - the parts of encode.c: what one value of one codec becomes.
 *
 * All of them write a whole field, tag included, under the given number, and nothing on failure that matters:
 * an answer with an error is thrown away.
 */
#pragma once

#include "server/encode.h"

static inline uint16_t read_be16(const uint8_t *p)
{
  return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t read_be32(const uint8_t *p)
{
  uint32_t value;
  memcpy(&value, p, sizeof(value));
  return __builtin_bswap32(value);
}

static inline uint64_t read_be64(const uint8_t *p)
{
  uint64_t value;
  memcpy(&value, p, sizeof(value));
  return __builtin_bswap64(value);
}

/* VALUE_OUT_OF_RANGE: "Event.count (column events.count): …".  Returns false. */
bool encode_refuse(const struct graph_field *field, struct error *error, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* The value's bytes are not what the catalog promised: the column has another type than when it was read. */
bool encode_drifted(const struct graph_field *field, struct error *error);

/* One value that is no NULL, by field->codec.kind, as field `target` (the field itself, or a wrapper's
 * `value`); a zero is left out unless keep_zero. */
NODISCARD bool encode_value(struct writer *writer, const struct graph_field *field,
                            const struct schema_field *target, const struct cell *cell, bool keep_zero,
                            struct error *error);

/* A value of a scalar field, decoded: what follows the tag. */
struct scalar {
  enum wire_type wire; /* WIRE_VARINT, WIRE_FIXED32, WIRE_FIXED64 */
  uint64_t bits;       /* zigzagged where the type says so */
};

NODISCARD bool encode_scalar(const struct graph_field *field, const struct schema_field *target,
                             const struct cell *cell, struct scalar *ret, struct error *error);
void encode_put_scalar(struct writer *writer, struct scalar scalar);

/* encode_time.c: messages of date and time. */
NODISCARD bool encode_timestamp(struct writer *writer, const struct graph_field *field, uint32_t number,
                                const struct cell *cell, struct error *error);
NODISCARD bool encode_date(struct writer *writer, const struct graph_field *field, uint32_t number,
                           const struct cell *cell, struct error *error);
NODISCARD bool encode_time_of_day(struct writer *writer, const struct graph_field *field, uint32_t number,
                                  const struct cell *cell, struct error *error);
NODISCARD bool encode_duration(struct writer *writer, const struct graph_field *field, uint32_t number,
                               const struct cell *cell, struct error *error);

/* encode_json.c: JSON text as Struct, Value or ListValue, whichever `target` is. */
NODISCARD bool encode_json(struct writer *writer, const struct graph_field *field,
                           const struct schema_field *target, const struct cell *cell, struct error *error);

/* encode_array.c: containers. */
NODISCARD bool encode_array(struct writer *writer, const struct graph_field *field, const struct cell *cell,
                            struct error *error);
NODISCARD bool encode_hstore(struct writer *writer, const struct graph_field *field, const struct cell *cell,
                             struct error *error);

/*
 * encode.c - which codec's code runs, and the scalars.
 *
 * A value arrives exactly or not at all: what a field cannot hold is an error that names field and column.
 * The rules by type stand in VALUES.md.
 *
 * Zeros follow proto3: a field without presence leaves them out; one with presence (optional, a oneof's
 * member) writes them; a wrapper is written for every value that is not NULL, empty for a zero.
 *
 * A cell whose size is not its type's means that the column was altered since the catalog was read: the
 * answer is SCHEMA_DRIFT, which asks the client to come again after the reload.
 */
#include "server/encode.h"

#include <stdarg.h>
#include <stdio.h>

#include "planner/codec_labels.h"
#include "server/encode_value.h"

bool encode_refuse(const struct graph_field *field, struct error *error, const char *format, ...)
{
  char what[256];
  va_list args;
  va_start(args, format);
  vsnprintf(what, sizeof(what), format, args);
  va_end(args);
  const struct catalog_column *column = field->column;
  const char *derived = field->function != NULL ? "a function" : "an aggregate";
  return error_set(error, ERROR_FAILED_PRECONDITION, "VALUE_OUT_OF_RANGE", "%s.%s (%s%s%s%s): %s",
                   field->field->parent->name, field->field->name, column == NULL ? derived : "column ",
                   column == NULL ? "" : column->table->name, column == NULL ? "" : ".",
                   column == NULL ? "" : column->name, what);
}

bool encode_drifted(const struct graph_field *field, struct error *error)
{
  error_set(error, ERROR_UNAVAILABLE, "SCHEMA_DRIFT",
            "%s.%s: its column is of another type than when the schema was read", field->field->parent->name,
            field->field->name);
  error_set_retry(error, 1000);
  return false;
}

/* ---- scalars ---- */

static bool decode_integer(const struct graph_field *field, const struct cell *cell, int64_t *ret,
                           struct error *error)
{
  switch (field->codec.kind) {
  case CODEC_INT2:
    if (cell->len != 2)
      return encode_drifted(field, error);
    *ret = (int16_t)read_be16(cell->data);
    return true;
  case CODEC_INT4:
    if (cell->len != 4)
      return encode_drifted(field, error);
    *ret = (int32_t)read_be32(cell->data);
    return true;
  default:
    if (cell->len != 8)
      return encode_drifted(field, error);
    *ret = (int64_t)read_be64(cell->data);
    return true;
  }
}

static bool refuse_integer(const struct graph_field *field, int64_t value, const char *type,
                           const char *wider, struct error *error)
{
  encode_refuse(field, error, "a value does not fit %s; %s would hold it", type, wider);
  error_set_detail(error, "value %lld", (long long)value);
  return false;
}

static bool encode_integer(const struct graph_field *field, const struct schema_field *target,
                           const struct cell *cell, struct scalar *ret, struct error *error)
{
  int64_t value = 0;
  if (!decode_integer(field, cell, &value, error))
    return false;

  switch (target->type) {
  case FIELD_INT32:
  case FIELD_SINT32:
  case FIELD_SFIXED32:
  case FIELD_ENUM: /* open: a number without a name travels too */
    if (value < INT32_MIN || value > INT32_MAX)
      return refuse_integer(field, value, target->type == FIELD_ENUM ? "an enum" : "int32", "int64", error);
    break;
  case FIELD_UINT32:
  case FIELD_FIXED32:
    if (value < 0 || value > UINT32_MAX)
      return refuse_integer(field, value, "uint32", "int64", error);
    break;
  case FIELD_UINT64:
  case FIELD_FIXED64:
    if (value < 0)
      return refuse_integer(field, value, "uint64", "int64", error);
    break;
  default:
    break;
  }

  switch (target->type) {
  case FIELD_SINT32:
  case FIELD_SINT64:
    *ret = (struct scalar){WIRE_VARINT, wire_zigzag(value)};
    return true;
  case FIELD_SFIXED32:
  case FIELD_FIXED32:
    *ret = (struct scalar){WIRE_FIXED32, (uint32_t)value};
    return true;
  case FIELD_SFIXED64:
  case FIELD_FIXED64:
    *ret = (struct scalar){WIRE_FIXED64, (uint64_t)value};
    return true;
  default:
    *ret = (struct scalar){WIRE_VARINT, (uint64_t)value};
    return true;
  }
}

/* The bits travel as they are: NaN keeps its payload, and -0 is no zero. */
static bool encode_float(const struct graph_field *field, const struct schema_field *target,
                         const struct cell *cell, struct scalar *ret, struct error *error)
{
  bool wide = field->codec.kind == CODEC_FLOAT8;
  if (cell->len != (wide ? 8 : 4))
    return encode_drifted(field, error);
  if (wide) {
    *ret = (struct scalar){WIRE_FIXED64, read_be64(cell->data)};
    return true;
  }
  uint32_t narrow_bits = read_be32(cell->data);
  *ret = (struct scalar){WIRE_FIXED32, narrow_bits};
  if (target->type == FIELD_DOUBLE) {
    float narrow;
    memcpy(&narrow, &narrow_bits, sizeof(narrow));
    double value = (double)narrow;
    ret->wire = WIRE_FIXED64;
    memcpy(&ret->bits, &value, sizeof(value));
  }
  return true;
}

static bool encode_label(const struct graph_field *field, const struct cell *cell, struct scalar *ret,
                         struct error *error)
{
  int32_t number;
  struct str label = {(const char *)cell->data, (size_t)cell->len};
  if (!codec_find_number(&field->codec, label, &number)) {
    encode_refuse(field, error, "the enum has no value for what stands in the database; add one, or a label");
    error_set_detail(error, "label %.*s", (int)label.len, label.data);
    return false;
  }
  /* Negative numbers are sign-extended to ten bytes, as for int32. */
  *ret = (struct scalar){WIRE_VARINT, (uint64_t)(int64_t)number};
  return true;
}

bool encode_scalar(const struct graph_field *field, const struct schema_field *target,
                   const struct cell *cell, struct scalar *ret, struct error *error)
{
  switch (field->codec.kind) {
  case CODEC_BOOL:
    if (cell->len != 1)
      return encode_drifted(field, error);
    *ret = (struct scalar){WIRE_VARINT, cell->data[0] != 0};
    return true;
  case CODEC_FLOAT4:
  case CODEC_FLOAT8:
    return encode_float(field, target, cell, ret, error);
  case CODEC_ENUM:
    return encode_label(field, cell, ret, error);
  default:
    return encode_integer(field, target, cell, ret, error);
  }
}

void encode_put_scalar(struct writer *writer, struct scalar scalar)
{
  if (scalar.wire == WIRE_VARINT)
    writer_put_varint(writer, scalar.bits);
  else if (scalar.wire == WIRE_FIXED32)
    writer_put_fixed32(writer, (uint32_t)scalar.bits);
  else
    writer_put_fixed64(writer, scalar.bits);
}

/* ---- strings ---- */

/* Most text is ASCII: look at eight bytes at a time before asking properly. */
static bool is_text(const uint8_t *data, size_t len)
{
  size_t i = 0;
  for (; i + 8 <= len; i += 8) {
    uint64_t eight;
    memcpy(&eight, data + i, sizeof(eight));
    if ((eight & UINT64_C(0x8080808080808080)) != 0)
      return str_is_utf8(data, len);
  }
  for (; i < len; i++)
    if (data[i] >= 0x80)
      return str_is_utf8(data, len);
  return true;
}

/* A database in SQL_ASCII sends whatever was stored; clients would fail on the whole message. */
static bool encode_text(struct writer *writer, const struct graph_field *field, uint32_t number,
                        const struct cell *cell, bool keep_zero, struct error *error)
{
  size_t len = (size_t)cell->len;
  if (field->codec.kind == CODEC_PADDED_TEXT)
    while (len > 0 && cell->data[len - 1] == ' ')
      len--;
  if (!is_text(cell->data, len))
    return encode_refuse(field, error, "a value is not UTF-8; a bytea column in a bytes field would hold it");
  if (len > 0 || keep_zero)
    writer_put_bytes_field(writer, number, cell->data, len);
  return true;
}

static bool encode_uuid(struct writer *writer, const struct graph_field *field, uint32_t number,
                        const struct cell *cell, struct error *error)
{
  static const char hex[] = "0123456789abcdef";
  if (cell->len != 16)
    return encode_drifted(field, error);
  char text[36];
  char *p = text;
  for (size_t i = 0; i < 16; i++) {
    if (i == 4 || i == 6 || i == 8 || i == 10)
      *p++ = '-';
    *p++ = hex[cell->data[i] >> 4];
    *p++ = hex[cell->data[i] & 15];
  }
  writer_put_bytes_field(writer, number, text, sizeof(text));
  return true;
}

/* google.type.Decimal's grammar has digits only. */
static bool encode_decimal(struct writer *writer, const struct graph_field *field, uint32_t number,
                           const struct cell *cell, struct error *error)
{
  size_t len = (size_t)cell->len;
  if (len == 0 || (cell->data[len - 1] < '0' || cell->data[len - 1] > '9'))
    return encode_refuse(field, error,
                         "google.type.Decimal has no NaN and no infinity; a string field would hold it");
  size_t mark = writer_size(writer);
  writer_put_bytes_field(writer, 1, cell->data, len);
  writer_close_message(writer, number, mark);
  return true;
}

/* ---- one value ---- */

static bool encode_scalar_field(struct writer *writer, const struct graph_field *field,
                                const struct schema_field *target, const struct cell *cell, bool keep_zero,
                                struct error *error)
{
  struct scalar scalar;
  if (!encode_scalar(field, target, cell, &scalar, error))
    return false;
  if (scalar.bits == 0 && !keep_zero)
    return true;
  encode_put_scalar(writer, scalar);
  writer_put_tag(writer, target->number, scalar.wire);
  return true;
}

bool encode_value(struct writer *writer, const struct graph_field *field, const struct schema_field *target,
                  const struct cell *cell, bool keep_zero, struct error *error)
{
  switch (field->codec.kind) {
  case CODEC_BOOL:
  case CODEC_INT2:
  case CODEC_INT4:
  case CODEC_INT8:
  case CODEC_FLOAT4:
  case CODEC_FLOAT8:
  case CODEC_ENUM:
    return encode_scalar_field(writer, field, target, cell, keep_zero, error);
  case CODEC_TEXT:
  case CODEC_PADDED_TEXT:
    return encode_text(writer, field, target->number, cell, keep_zero, error);
  case CODEC_BYTES:
    if (cell->len > 0 || keep_zero)
      writer_put_bytes_field(writer, target->number, cell->data, (size_t)cell->len);
    return true;
  case CODEC_UUID:
    return encode_uuid(writer, field, target->number, cell, error);
  case CODEC_TIMESTAMP:
    return encode_timestamp(writer, field, target->number, cell, error);
  case CODEC_DATE:
    return encode_date(writer, field, target->number, cell, error);
  case CODEC_TIME:
    return encode_time_of_day(writer, field, target->number, cell, error);
  case CODEC_INTERVAL:
    return encode_duration(writer, field, target->number, cell, error);
  case CODEC_DECIMAL:
    return encode_decimal(writer, field, target->number, cell, error);
  case CODEC_JSON:
    return encode_json(writer, field, target, cell, error);
  case CODEC_HSTORE:
    return encode_hstore(writer, field, cell, error);
  case CODEC_NONE:
    break;
  }
  return encode_drifted(field, error);
}

static bool encode_wrapper(struct writer *writer, const struct graph_field *field, const struct cell *cell,
                           struct error *error)
{
  size_t mark = writer_size(writer);
  if (!encode_value(writer, field, &field->field->message->fields[0], cell, false, error))
    return false;
  writer_close_message(writer, field->field->number, mark);
  return true;
}

bool encode_field(struct writer *writer, const struct graph_field *field, const struct cell *cell,
                  struct error *error)
{
  if (cell->len < 0)
    return true;
  if (field->codec.array)
    return encode_array(writer, field, cell, error);
  if (field->codec.wrapper)
    return encode_wrapper(writer, field, cell, error);
  const struct schema_field *target = field->field;
  return encode_value(writer, field, target, cell, target->optional || target->oneof != NULL, error);
}

/*
 * encode_array.c - arrays → repeated fields, hstore → map<string, string>.
 *
 * Both formats are sequences of (length, bytes) to be read forwards, and the writer goes backwards.  So a
 * first pass checks the lengths and notes where each item starts, and a second one writes from the last to
 * the first.  Short sequences, which most are, are noted on the stack.
 *
 * A list in protobuf can hold no NULL and only one dimension: either is refused rather than flattened or
 * dropped. Formats: array_send of PostgreSQL, hstore_send of contrib/hstore.
 */
#include <stdlib.h>

#include "server/encode_value.h"

#define SHORT_SEQUENCE 64

struct sequence {
  struct cell *items;
  size_t n;
  struct cell few[SHORT_SEQUENCE];
};

/* Notes `n` items of `p`; false when the bytes end early or go on.  A sequence that was read is to be
 * released. */
static bool sequence_read(struct sequence *sequence, const uint8_t *p, const uint8_t *end, size_t n)
{
  if (n > (size_t)(end - p) / 4)
    return false;
  sequence->n = n;
  sequence->items = sequence->few;
  if (n > SHORT_SEQUENCE) {
    sequence->items = malloc(n * sizeof(struct cell));
    if (sequence->items == NULL)
      abort();
  }
  for (size_t i = 0; i < n; i++) {
    if (end - p < 4)
      return false;
    int32_t len = (int32_t)read_be32(p);
    p += 4;
    if (len > end - p)
      return false;
    sequence->items[i] = (struct cell){p, len};
    p += len < 0 ? 0 : len;
  }
  return p == end;
}

static void sequence_release(struct sequence *sequence)
{
  if (sequence->items != sequence->few)
    free(sequence->items);
}

static bool has_null(const struct sequence *sequence)
{
  for (size_t i = 0; i < sequence->n; i++)
    if (sequence->items[i].len < 0)
      return true;
  return false;
}

static bool is_scalar(enum codec_kind kind)
{
  return kind == CODEC_BOOL || kind == CODEC_INT2 || kind == CODEC_INT4 || kind == CODEC_INT8 ||
         kind == CODEC_FLOAT4 || kind == CODEC_FLOAT8 || kind == CODEC_ENUM;
}

static bool encode_packed(struct writer *writer, const struct graph_field *field,
                          const struct sequence *sequence, struct error *error)
{
  size_t mark = writer_size(writer);
  for (size_t i = sequence->n; i-- > 0;) {
    struct scalar scalar;
    if (!encode_scalar(field, field->field, &sequence->items[i], &scalar, error))
      return false;
    encode_put_scalar(writer, scalar);
  }
  writer_close_message(writer, field->field->number, mark);
  return true;
}

static bool encode_element(struct writer *writer, const struct graph_field *field, const struct cell *cell,
                           struct error *error)
{
  if (!field->codec.wrapper)
    return encode_value(writer, field, field->field, cell, true, error);
  size_t mark = writer_size(writer);
  if (!encode_value(writer, field, &field->field->message->fields[0], cell, false, error))
    return false;
  writer_close_message(writer, field->field->number, mark);
  return true;
}

static bool encode_elements(struct writer *writer, const struct graph_field *field,
                            const struct sequence *sequence, struct error *error)
{
  if (has_null(sequence))
    return encode_refuse(field, error, "an array has a NULL element, which a repeated field cannot hold");
  if (field->field->packed && !field->codec.wrapper && is_scalar(field->codec.kind))
    return encode_packed(writer, field, sequence, error);
  for (size_t i = sequence->n; i-- > 0;)
    if (!encode_element(writer, field, &sequence->items[i], error))
      return false;
  return true;
}

bool encode_array(struct writer *writer, const struct graph_field *field, const struct cell *cell,
                  struct error *error)
{
  const uint8_t *end = cell->data + cell->len;
  if (cell->len < 12)
    return encode_drifted(field, error);
  uint32_t n_dimensions = read_be32(cell->data);
  if (n_dimensions == 0)
    return true;
  if (n_dimensions != 1)
    return encode_refuse(field, error, "an array has %u dimensions; a repeated field has one", n_dimensions);
  if (cell->len < 20)
    return encode_drifted(field, error);

  struct sequence sequence = {.items = sequence.few};
  bool ok = sequence_read(&sequence, cell->data + 20, end, read_be32(cell->data + 12))
                ? encode_elements(writer, field, &sequence, error)
                : encode_drifted(field, error);
  sequence_release(&sequence);
  return ok;
}

static bool encode_entries(struct writer *writer, const struct graph_field *field,
                           const struct sequence *sequence, struct error *error)
{
  if (has_null(sequence))
    return encode_refuse(field, error, "an hstore has a NULL value, which map<string, string> cannot hold");
  for (size_t i = sequence->n; i > 0; i -= 2) {
    const struct cell *key = &sequence->items[i - 2], *value = &sequence->items[i - 1];
    if (!str_is_utf8(key->data, (size_t)key->len) || !str_is_utf8(value->data, (size_t)value->len))
      return encode_refuse(field, error, "a value is not UTF-8");
    size_t mark = writer_size(writer);
    writer_put_bytes_field(writer, 2, value->data, (size_t)value->len);
    writer_put_bytes_field(writer, 1, key->data, (size_t)key->len);
    writer_close_message(writer, field->field->number, mark);
  }
  return true;
}

bool encode_hstore(struct writer *writer, const struct graph_field *field, const struct cell *cell,
                   struct error *error)
{
  if (cell->len < 4)
    return encode_drifted(field, error);
  struct sequence sequence = {.items = sequence.few};
  size_t n_pairs = read_be32(cell->data);
  bool ok = sequence_read(&sequence, cell->data + 4, cell->data + cell->len, n_pairs * 2)
                ? encode_entries(writer, field, &sequence, error)
                : encode_drifted(field, error);
  sequence_release(&sequence);
  return ok;
}

#include "server/request_value.h"

#include <inttypes.h>

static bool is_text(const struct schema_field *field)
{
  return field->type == FIELD_STRING || field->type == FIELD_BYTES;
}

/* The bits of a scalar, whichever member holds it. */
static uint64_t bits_of(const struct schema_field *field, const union value *value)
{
  return field->type == FIELD_BOOL ? value->boolean : value->u64;
}

bool value_is_sent(const struct schema_field *field, const struct field_value *value)
{
  if (value->n == 0)
    return false;
  if (field->repeated || field->optional || field->oneof != NULL || field->type == FIELD_MESSAGE)
    return true;
  const union value *last = &value->items[value->n - 1];
  return is_text(field) ? last->bytes.len > 0 : bits_of(field, last) != 0;
}

bool value_equal(const struct schema_field *field, const union value *a, const union value *b)
{
  if (field->type == FIELD_MESSAGE)
    return false;
  return is_text(field) ? str_equal(a->bytes, b->bytes) : bits_of(field, a) == bits_of(field, b);
}

uint64_t value_hash(const struct schema_field *field, const union value *value, uint64_t seed)
{
  if (field->type == FIELD_MESSAGE)
    return seed;
  if (is_text(field))
    return hash_bytes(value->bytes.data, value->bytes.len, seed);
  uint64_t bits = bits_of(field, value);
  return hash_bytes(&bits, sizeof bits, seed);
}

static void describe_text(struct str text, size_t most, struct strbuf *ret)
{
  size_t len = text.len < most ? text.len : most;
  while (len > 0 && len < text.len && ((unsigned char)text.data[len] & 0xc0) == 0x80)
    len--;
  strbuf_printf(ret, "\"%.*s%s\"", (int)len, text.data, len < text.len ? "…" : "");
}

void value_describe(const struct schema_field *field, const union value *value, size_t most,
                    struct strbuf *ret)
{
  switch (field->type) {
  case FIELD_STRING:
    describe_text(value->bytes, most, ret);
    break;
  case FIELD_BYTES:
    strbuf_printf(ret, "%zu bytes", value->bytes.len);
    break;
  case FIELD_MESSAGE:
  case FIELD_GROUP:
    strbuf_puts(ret, field->message->name);
    break;
  case FIELD_BOOL:
    strbuf_puts(ret, value->boolean ? "true" : "false");
    break;
  case FIELD_DOUBLE:
  case FIELD_FLOAT:
    strbuf_printf(ret, "%.17g", value->f64);
    break;
  case FIELD_UINT64:
  case FIELD_UINT32:
  case FIELD_FIXED64:
  case FIELD_FIXED32:
    strbuf_printf(ret, "%" PRIu64, value->u64);
    break;
  case FIELD_ENUM:
  case FIELD_INT64:
  case FIELD_INT32:
  case FIELD_SFIXED32:
  case FIELD_SFIXED64:
  case FIELD_SINT32:
  case FIELD_SINT64:
    strbuf_printf(ret, "%" PRId64, value->i64);
    break;
  }
}

void value_serialize_text(struct str text, struct strbuf *ret)
{
  strbuf_add(ret, &text.len, sizeof text.len);
  strbuf_add(ret, text.data, text.len);
}

static void serialize_message(const struct message_value *message, struct strbuf *ret)
{
  for (size_t i = 0; i < message->type->n_fields; i++)
    value_serialize(&message->type->fields[i], &message->fields[i], ret);
}

void value_serialize(const struct schema_field *field, const struct field_value *value, struct strbuf *ret)
{
  strbuf_add(ret, &value->n, sizeof value->n);
  for (size_t i = 0; i < value->n; i++) {
    uint64_t bits;
    if (field->type == FIELD_MESSAGE) {
      serialize_message(value->items[i].message, ret);
    } else if (is_text(field)) {
      value_serialize_text(value->items[i].bytes, ret);
    } else {
      bits = bits_of(field, &value->items[i]);
      strbuf_add(ret, &bits, sizeof bits);
    }
  }
}

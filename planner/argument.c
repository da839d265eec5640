/*
 * argument.c - values of requests and of filters as what a column's type takes.
 *
 * A request field is written out as the text that a filter would hold in its place and read by the same
 * forms, so that `creator_id: 5` and `filter: "creator.id = 5"` cannot differ.  Bytes and enums alone have
 * ways of their own: bytes would be encoded only to be decoded, and an enum's value has a label in the
 * database.
 */
#include "planner/argument.h"

#include <time.h>

#include "planner/argument_text.h"
#include "planner/codec_labels.h"

static bool refuse(struct error *error, const char *expected)
{
  return error_set(error, ERROR_INVALID_ARGUMENT, "INVALID_VALUE", "expected %s", expected);
}

static bool read_one(struct str text, const struct catalog_type *type, struct arena *arena,
                     enum argument_form *ret_form, union value *ret_value, struct error *error)
{
  const char *expected;
  if (!argument_read(text, type, arena, ret_form, ret_value, &expected))
    return refuse(error, expected);
  return true;
}

bool argument_from_text(struct str text, const struct catalog_type *type, struct arena *arena,
                        struct argument *ret, struct error *error)
{
  struct argument argument = {.type = catalog_base_type(type), .n = 1};
  union value value;
  if (!read_one(text, argument.type, arena, &argument.form, &value, error))
    return false;
  argument.values = arena_memdup(arena, &value, sizeof value);
  *ret = argument;
  return true;
}

static int64_t part(const struct message_value *message, uint32_t number)
{
  const struct schema_field *field = schema_message_field_by_number(message->type, number);
  const struct field_value *value = field ? message_field(message, field) : NULL;
  return value && value->n > 0 ? value->items[value->n - 1].i64 : 0;
}

static struct str text_part(const struct message_value *message, uint32_t number)
{
  const struct schema_field *field = schema_message_field_by_number(message->type, number);
  const struct field_value *value = field ? message_field(message, field) : NULL;
  return value && value->n > 0 ? value->items[value->n - 1].bytes : STR("");
}

static bool timestamp_text(const struct message_value *message, struct arena *arena, struct str *ret)
{
  time_t seconds = (time_t)part(message, 1);
  int64_t nanos = part(message, 2);
  struct tm utc;
  /* The forms check the year; here it only has to print as four digits. */
  if (nanos < 0 || nanos > 999999999 || !gmtime_r(&seconds, &utc) || utc.tm_year < -1899 ||
      utc.tm_year > 8099)
    return false;
  *ret = str_from(arena_printf(arena, "%04d-%02d-%02dT%02d:%02d:%02d.%09dZ", utc.tm_year + 1900,
                               utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, (int)nanos));
  return true;
}

static bool duration_text(const struct message_value *message, struct arena *arena, struct str *ret)
{
  int64_t seconds = part(message, 1), nanos = part(message, 2);
  bool negative = seconds < 0 || nanos < 0;
  if ((negative && (seconds > 0 || nanos > 0)) || seconds == INT64_MIN || nanos < -999999999 ||
      nanos > 999999999)
    return false;
  *ret = str_from(arena_printf(arena, "%s%lld.%09ds", negative ? "-" : "",
                               (long long)(negative ? -seconds : seconds), (int)(negative ? -nanos : nanos)));
  return true;
}

static bool time_of_day_text(const struct message_value *message, struct arena *arena, struct str *ret)
{
  int64_t parts[4];
  for (uint32_t i = 0; i < 4; i++) {
    parts[i] = part(message, i + 1);
    if (parts[i] < 0 || parts[i] > 999999999)
      return false;
  }
  *ret = str_from(
      arena_printf(arena, "%02d:%02d:%02d.%09d", (int)parts[0], (int)parts[1], (int)parts[2], (int)parts[3]));
  if (parts[0] == 24 && parts[1] == 0 && parts[2] == 0 && parts[3] == 0)
    *ret = STR("24:00:00");
  return true;
}

static bool date_text(const struct message_value *message, struct arena *arena, struct str *ret)
{
  int64_t year = part(message, 1), month = part(message, 2), day = part(message, 3);
  if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 1 || day > 31)
    return false;
  *ret = str_from(arena_printf(arena, "%04d-%02d-%02d", (int)year, (int)month, (int)day));
  return true;
}

/* A well-known message as the text that stands for it in a filter; false for one without. */
static bool message_text(const struct message_value *message, struct arena *arena, struct str *ret)
{
  switch (message->type->well_known) {
  case WELL_KNOWN_TIMESTAMP:
    return timestamp_text(message, arena, ret);
  case WELL_KNOWN_DURATION:
    return duration_text(message, arena, ret);
  case WELL_KNOWN_DATE:
    return date_text(message, arena, ret);
  case WELL_KNOWN_TIME_OF_DAY:
    return time_of_day_text(message, arena, ret);
  case WELL_KNOWN_DECIMAL:
    *ret = text_part(message, 1);
    return true;
  default:
    return false;
  }
}

static bool scalar_text(const struct schema_field *field, union value value, struct arena *arena,
                        struct str *ret)
{
  switch (field->type) {
  case FIELD_BOOL:
    *ret = value.boolean ? STR("true") : STR("false");
    return true;
  case FIELD_DOUBLE:
  case FIELD_FLOAT:
    *ret = str_from(arena_printf(arena, "%.17g", value.f64));
    return true;
  case FIELD_UINT64:
  case FIELD_UINT32:
  case FIELD_FIXED64:
  case FIELD_FIXED32:
    *ret = str_from(arena_printf(arena, "%llu", (unsigned long long)value.u64));
    return true;
  case FIELD_STRING:
    *ret = value.bytes;
    return true;
  case FIELD_MESSAGE:
    return message_text(value.message, arena, ret);
  case FIELD_GROUP:
  case FIELD_BYTES:
    return false;
  default:
    *ret = str_from(arena_printf(arena, "%lld", (long long)value.i64));
    return true;
  }
}

#define LABEL_EXPECTED "a value of the enum that has a label in the database"

static bool enum_label(const struct schema_field *field, int64_t number, const struct catalog_type *type,
                       struct arena *arena, struct str *ret, struct error *error)
{
  struct schema_field single = *field;
  single.repeated = false; /* each value meets the type alone */
  struct codec codec;
  bool folded;
  if (!codec_resolve(type, &single, arena, &codec, error))
    return false;
  const char *label = codec_find_label(&codec, (int32_t)number, &folded);
  if (label == NULL || folded)
    return refuse(error, LABEL_EXPECTED);
  *ret = str_from(label);
  return true;
}

static bool is_called_by_label(const struct catalog_type *type)
{
  switch (type->class) {
  case TYPE_ENUM:
  case TYPE_TEXT:
  case TYPE_CITEXT:
  case TYPE_BPCHAR:
    return true;
  default:
    return false;
  }
}

/* The field and the value that count: of a wrapper, those inside. */
static void unwrap(const struct schema_field **field, union value *value)
{
  if ((*field)->type != FIELD_MESSAGE || (*field)->message->well_known != WELL_KNOWN_WRAPPER)
    return;
  const struct schema_field *inner = schema_message_field_by_number((*field)->message, 1);
  const struct field_value *inside = message_field(value->message, inner);
  *value = inside->n > 0 ? inside->items[inside->n - 1] : (union value){0};
  *field = inner;
}

static bool convert(const struct schema_field *field, union value value, const struct catalog_type *type,
                    struct arena *arena, struct argument *argument, union value *ret, struct error *error)
{
  unwrap(&field, &value);
  if (field->type == FIELD_BYTES && type->class == TYPE_BYTEA) {
    argument->form = ARGUMENT_BINARY;
    *ret = value;
    return true;
  }
  struct str text;
  if (field->type == FIELD_ENUM && is_called_by_label(type)) {
    if (!enum_label(field, value.i64, type, arena, &text, error))
      return false;
  } else if (!scalar_text(field, value, arena, &text)) {
    return refuse(error, "a value that the column can hold");
  }
  return read_one(text, type, arena, &argument->form, ret, error);
}

/* Of a request field's value, or of the one in a list that is wrong. */
static void set_error_field(struct error *error, const struct schema_field *field, bool list, size_t i)
{
  if (list)
    error_set_field(error, "%s[%zu]", field->name, i);
  else
    error_set_field(error, "%s", field->name);
}

bool argument_from_field(const struct schema_field *field, const struct field_value *value, bool list,
                         const struct catalog_type *type, struct arena *arena, struct argument *ret,
                         struct error *error)
{
  struct argument argument = {.type = catalog_base_type(type), .list = list, .n = list ? value->n : 1};
  if (list)
    argument.form = ARGUMENT_TEXT; /* of no values; else the values' */
  size_t first = list || value->n == 0 ? 0 : value->n - 1;
  union value *values = ARENA_ARRAY(arena, union value, argument.n);
  for (size_t i = 0; first + i < value->n; i++) {
    if (convert(field, value->items[first + i], argument.type, arena, &argument, &values[i], error))
      continue;
    set_error_field(error, field, list, i);
    return false;
  }
  argument.values = values;
  *ret = argument;
  return true;
}

bool argument_from_labels(const struct schema_field *field, const struct field_value *value, bool list,
                          const struct codec *codec, const struct catalog_type *type, struct arena *arena,
                          struct argument *ret_exact, struct argument *ret_folded, struct error *error)
{
  size_t first = list || value->n == 0 ? 0 : value->n - 1, n[2] = {0};
  union value *values[2] = {ARENA_ARRAY(arena, union value, value->n),
                            ARENA_ARRAY(arena, union value, value->n)};
  for (size_t i = first; i < value->n; i++) {
    bool folded;
    const char *label = codec_find_label(codec, (int32_t)value->items[i].i64, &folded);
    if (label == NULL) {
      (void)refuse(error, LABEL_EXPECTED);
      set_error_field(error, field, list, i);
      return false;
    }
    values[folded][n[folded]++].bytes = str_from(label);
  }
  struct argument argument = {.form = ARGUMENT_TEXT, .list = list};
  *ret_exact = *ret_folded = argument;
  ret_exact->type = catalog_base_type(type);
  ret_exact->n = n[false];
  ret_exact->values = values[false];
  ret_folded->type = &catalog_text;
  ret_folded->n = n[true];
  ret_folded->values = values[true];
  return true;
}

static struct str bytea_literal(struct str bytes, struct arena *arena)
{
  static const char digits[] = "0123456789abcdef";
  char *text = arena_alloc_bytes(arena, 2 + 2 * bytes.len);
  text[0] = '\\';
  text[1] = 'x';
  for (size_t i = 0; i < bytes.len; i++) {
    unsigned char byte = (unsigned char)bytes.data[i];
    text[2 + 2 * i] = digits[byte >> 4];
    text[3 + 2 * i] = digits[byte & 0xF];
  }
  return (struct str){text, 2 + 2 * bytes.len};
}

static struct str scalar_literal(enum argument_form form, const union value *value, struct arena *arena)
{
  switch (form) {
  case ARGUMENT_INTEGER:
    return str_from(arena_printf(arena, "%lld", (long long)value->i64));
  case ARGUMENT_FLOAT:
    return str_from(arena_printf(arena, "%.17g", value->f64));
  case ARGUMENT_BOOLEAN:
    return value->boolean ? STR("true") : STR("false");
  case ARGUMENT_BINARY:
    return bytea_literal(value->bytes, arena);
  default:
    return value->bytes;
  }
}

/* {"a","b\"c"} */
static struct str list_literal(const struct argument *argument, struct arena *arena)
{
  struct strbuf text = {0};
  strbuf_putc(&text, '{');
  for (size_t i = 0; i < argument->n; i++) {
    strbuf_puts(&text, i > 0 ? "," : "");
    argument_add_quoted(scalar_literal(argument->form, &argument->values[i], arena), &text);
  }
  strbuf_putc(&text, '}');
  struct str literal = {arena_strndup(arena, text.data, text.len), text.len};
  strbuf_done(&text);
  return literal;
}

struct str argument_to_literal(const struct argument *argument, struct arena *arena)
{
  if (argument->list)
    return list_literal(argument, arena);
  return scalar_literal(argument->form, &argument->values[0], arena);
}

/*
 * request_json.c - protobuf's JSON mapping, for the messages that requests are made of.
 *
 * The text is an operator's own, from the command line, so what counts is that a mistake is told and placed,
 * not how long it takes.  Stricter than the mapping in what could only be a slip: an object that has a key
 * twice, two members of one oneof, a number that its type cannot hold.  Struct, Value and ListValue have no
 * meaning in a request and are refused by name.
 *
 * A place is a list of names on the C stack, read only to word an error.
 */
#include "server/request_json.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/base64url.h"
#include "planner/argument_time.h"

#define DEPTH_MOST 16

struct place {
  const struct place *above; /* NULL for the message itself */
  const char *name;          /* of a field or a key; NULL for an element */
  size_t index;
};

struct reading {
  struct arena *arena;
  struct error *error;
  unsigned depth;
};

static void add_place(const struct place *place, struct strbuf *ret)
{
  if (place == NULL)
    return;
  add_place(place->above, ret);
  if (place->name == NULL)
    strbuf_printf(ret, "[%zu]", place->index);
  else
    strbuf_printf(ret, ret->len == 0 ? "%s" : ".%s", place->name);
}

static bool refuse(const struct reading *reading, const struct place *place, const char *format, ...)
    PRINTF_LIKE(3, 4);

static bool refuse(const struct reading *reading, const struct place *place, const char *format, ...)
{
  struct strbuf text = {0}, path = {0};
  va_list args;
  va_start(args, format);
  strbuf_vprintf(&text, format, args);
  va_end(args);
  add_place(place, &path);
  error_set(reading->error, ERROR_INVALID_ARGUMENT, "MALFORMED_REQUEST", "%s", strbuf_text(&text));
  error_set_field(reading->error, "%s", path.len == 0 ? "request" : strbuf_text(&path));
  strbuf_done(&text);
  strbuf_done(&path);
  return false;
}

static bool expect(const struct reading *reading, const struct place *place, const char *expected)
{
  return refuse(reading, place, "expected %s", expected);
}

static struct str text_of(const json_t *json)
{
  return (struct str){json_string_value(json), json_string_length(json)};
}

static struct str keep(const struct reading *reading, struct str text)
{
  return (struct str){arena_strndup(reading->arena, text.len > 0 ? text.data : "", text.len), text.len};
}

/* ---- scalars ---- */

struct range {
  int64_t low;
  uint64_t high;
};

static struct range range_of(enum field_type type)
{
  switch (type) {
  case FIELD_UINT64:
  case FIELD_FIXED64:
    return (struct range){0, UINT64_MAX};
  case FIELD_UINT32:
  case FIELD_FIXED32:
    return (struct range){0, UINT32_MAX};
  case FIELD_INT32:
  case FIELD_SINT32:
  case FIELD_SFIXED32:
  case FIELD_ENUM:
    return (struct range){INT32_MIN, INT32_MAX};
  default:
    return (struct range){INT64_MIN, INT64_MAX};
  }
}

/* Digits, as a number or as a string of them. */
static const char *digits_of(const struct reading *reading, const json_t *json)
{
  if (json_is_integer(json))
    return arena_printf(reading->arena, "%" JSON_INTEGER_FORMAT, json_integer_value(json));
  const char *text = json_is_string(json) ? json_string_value(json) : "";
  return text[text[0] == '-'] >= '0' && text[text[0] == '-'] <= '9' ? text : "";
}

static bool read_integer(const struct reading *reading, const struct place *place, enum field_type type,
                         const json_t *json, union value *ret)
{
  struct range range = range_of(type);
  const char *text = digits_of(reading, json);
  char *end;
  bool fits;
  errno = 0;
  if (text[0] == '-') {
    ret->i64 = strtoll(text, &end, 10);
    fits = ret->i64 >= range.low;
  } else {
    ret->u64 = strtoull(text, &end, 10);
    fits = ret->u64 <= range.high;
  }
  if (fits && end != text && *end == '\0' && errno == 0)
    return true;
  return refuse(reading, place, "expected an integer from %" PRId64 " to %" PRIu64, range.low, range.high);
}

static bool read_enum(const struct reading *reading, const struct place *place,
                      const struct schema_enum *enumeration, const json_t *json, union value *ret)
{
  if (!json_is_string(json))
    return read_integer(reading, place, FIELD_ENUM, json, ret);
  const char **names = ARENA_ARRAY(reading->arena, const char *, enumeration->n_values);
  for (size_t i = 0; i < enumeration->n_values; i++) {
    names[i] = enumeration->values[i].name;
    if (!str_equal_text(text_of(json), names[i]))
      continue;
    ret->i64 = enumeration->values[i].number;
    return true;
  }
  const char *nearest = str_nearest(text_of(json), names, enumeration->n_values);
  return refuse(reading, place, "enum %s has no value \"%.64s\"%s%s%s", enumeration->name,
                json_string_value(json), nearest == NULL ? "" : "; did you mean \"",
                nearest == NULL ? "" : nearest, nearest == NULL ? "" : "\"?");
}

static bool read_float(const struct reading *reading, const struct place *place, const json_t *json,
                       union value *ret)
{
  const char *text = json_is_string(json) ? json_string_value(json) : "";
  char *end;
  ret->f64 = json_is_number(json) ? json_number_value(json) : strtod(text, &end);
  return json_is_number(json) || (end != text && *end == '\0') || expect(reading, place, "a number");
}

/* Either alphabet, padded or not. */
static bool read_bytes(const struct reading *reading, const struct place *place, const json_t *json,
                       union value *ret)
{
  struct str text = keep(reading, text_of(json));
  uint8_t *bytes;
  size_t n;
  for (int i = 0; i < 2 && text.len % 4 != 1 && text.len > 0 && text.data[text.len - 1] == '='; i++)
    text.len--;
  for (char *p = (char *)(uintptr_t)text.data; *p != '\0'; p++)
    *p = *p == '+' ? '-' : *p == '/' ? '_' : *p;
  if (!json_is_string(json) || !base64url_decode(text, reading->arena, &bytes, &n))
    return expect(reading, place, "bytes in base64");
  ret->bytes = (struct str){(const char *)bytes, n};
  return true;
}

static bool read_message(struct reading *reading, const struct place *place,
                         const struct schema_message *type, const json_t *json, union value *ret);

static bool read_value(struct reading *reading, const struct place *place, const struct schema_field *field,
                       const json_t *json, union value *ret)
{
  switch (field->type) {
  case FIELD_BOOL:
    ret->boolean = json_is_true(json);
    return json_is_boolean(json) || expect(reading, place, "true or false");
  case FIELD_STRING:
    ret->bytes = keep(reading, text_of(json));
    return json_is_string(json) || expect(reading, place, "a string");
  case FIELD_BYTES:
    return read_bytes(reading, place, json, ret);
  case FIELD_DOUBLE:
  case FIELD_FLOAT:
    return read_float(reading, place, json, ret);
  case FIELD_ENUM:
    return read_enum(reading, place, field->enumeration, json, ret);
  case FIELD_MESSAGE:
  case FIELD_GROUP:
    return read_message(reading, place, field->message, json, ret);
  default:
    return read_integer(reading, place, field->type, json, ret);
  }
}

/* ---- fields ---- */

static bool read_list(struct reading *reading, const struct place *place, const struct schema_field *field,
                      const json_t *json, struct field_value *ret)
{
  if (!json_is_array(json))
    return expect(reading, place, "a list");
  for (size_t i = 0; i < json_array_size(json); i++) {
    struct place at = {.above = place, .index = i};
    union value value = {0};
    if (!read_value(reading, &at, field, json_array_get(json, i), &value))
      return false;
    VEC_PUSH(reading->arena, ret, value);
  }
  return true;
}

static struct message_value *new_message(const struct reading *reading, const struct schema_message *type)
{
  struct message_value *message = ARENA_NEW(reading->arena, struct message_value);
  message->type = type;
  message->fields = ARENA_ARRAY(reading->arena, struct field_value, type->n_fields);
  return message;
}

static void set(const struct reading *reading, struct message_value *message, uint32_t number,
                union value value)
{
  const struct schema_field *field = schema_message_field_by_number(message->type, number);
  VEC_PUSH(reading->arena, &message->fields[field->index], value);
}

/* The keys of an object are strings, whatever type a map's are. */
static bool read_key(struct reading *reading, const struct place *place, const struct schema_field *field,
                     const char *key, union value *ret)
{
  json_t *json = field->type == FIELD_BOOL ? json_boolean(strcmp(key, "true") == 0) : json_string(key);
  bool ok = read_value(reading, place, field, json, ret);
  json_decref(json);
  return ok;
}

static bool read_map(struct reading *reading, const struct place *place, const struct schema_field *field,
                     const json_t *json, struct field_value *ret)
{
  const struct schema_message *type = field->message;
  const char *key;
  json_t *member;
  if (!json_is_object(json))
    return expect(reading, place, "an object");
  json_object_foreach((json_t *)(uintptr_t)json, key, member)
  {
    struct place at = {.above = place, .name = key};
    struct message_value *entry = new_message(reading, type);
    union value name = {0}, value = {0};
    if (!read_key(reading, &at, schema_message_field_by_number(type, 1), key, &name) ||
        !read_value(reading, &at, schema_message_field_by_number(type, 2), member, &value))
      return false;
    set(reading, entry, 1, name);
    set(reading, entry, 2, value);
    VEC_PUSH(reading->arena, ret, ((union value){.message = entry}));
  }
  return true;
}

static bool unknown_field(const struct reading *reading, const struct place *place,
                          const struct schema_message *type, const char *name)
{
  const char **names = ARENA_ARRAY(reading->arena, const char *, type->n_fields);
  for (size_t i = 0; i < type->n_fields; i++)
    names[i] = type->fields[i].name;
  const char *nearest = str_nearest(str_from(name), names, type->n_fields);
  return refuse(reading, place, "%s has no field \"%.64s\"%s%s%s", type->name, name,
                nearest == NULL ? "" : "; did you mean \"", nearest == NULL ? "" : nearest,
                nearest == NULL ? "" : "\"?");
}

static bool is_free(const struct reading *reading, const struct place *place,
                    const struct message_value *message, const struct schema_field *field)
{
  for (size_t i = 0; i < message->type->n_fields; i++) {
    const struct schema_field *other = &message->type->fields[i];
    bool meets = other == field || (field->oneof != NULL && other->oneof == field->oneof);
    if (meets && message->fields[i].n > 0)
      return other == field ? refuse(reading, place, "is given twice")
                            : refuse(reading, place, "excludes %s: one of them at most", other->name);
  }
  return true;
}

static bool read_field(struct reading *reading, const struct place *place, struct message_value *message,
                       const struct schema_field *field, const json_t *json)
{
  struct field_value *values = &message->fields[field->index];
  union value value = {0};
  if (json_is_null(json))
    return true;
  if (!is_free(reading, place, message, field))
    return false;
  if (field->type == FIELD_MESSAGE && field->message->map_entry)
    return read_map(reading, place, field, json, values);
  if (field->repeated)
    return read_list(reading, place, field, json, values);
  if (!read_value(reading, place, field, json, &value))
    return false;
  VEC_PUSH(reading->arena, values, value);
  return true;
}

static bool read_fields(struct reading *reading, const struct place *place, const json_t *json,
                        struct message_value *message)
{
  const char *name;
  json_t *member;
  if (!json_is_object(json))
    return expect(reading, place, "an object");
  json_object_foreach((json_t *)(uintptr_t)json, name, member)
  {
    const struct schema_field *field = schema_message_field(message->type, str_from(name));
    if (field == NULL)
      return unknown_field(reading, place, message->type, name);
    struct place at = {.above = place, .name = field->name};
    if (!read_field(reading, &at, message, field, member))
      return false;
  }
  return true;
}

/* ---- messages with a form of their own ---- */

static void read_paths(const struct reading *reading, struct str text, struct message_value *message)
{
  for (size_t start = 0; start < text.len;) {
    const char *comma = memchr(text.data + start, ',', text.len - start);
    size_t end = comma == NULL ? text.len : (size_t)(comma - text.data);
    set(reading, message, 1, (union value){.bytes = {text.data + start, end - start}});
    start = end + 1;
  }
}

static bool read_timestamp(const struct reading *reading, const struct place *place, struct str text,
                           struct message_value *message)
{
  struct str utc;
  struct tm tm = {0};
  int micros;
  if (!time_rewrite_timestamp(text, true, reading->arena, &utc) ||
      sscanf(utc.data, "%d-%d-%dT%d:%d:%d.%6d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min,
             &tm.tm_sec, &micros) != 7)
    return expect(reading, place, "a timestamp of RFC 3339, like 2024-12-31T23:59:59Z");
  tm.tm_year -= 1900;
  tm.tm_mon -= 1;
  set(reading, message, 1, (union value){.i64 = timegm(&tm)});
  set(reading, message, 2, (union value){.i64 = micros * 1000});
  return true;
}

static bool read_duration(const struct reading *reading, const struct place *place, struct str text,
                          struct message_value *message)
{
  struct str parts;
  long long hours;
  int minutes, seconds, micros;
  if (!time_rewrite_duration(text, reading->arena, &parts) ||
      sscanf(parts.data + (parts.data[0] == '-'), "%lld:%d:%d.%6d", &hours, &minutes, &seconds, &micros) != 4)
    return expect(reading, place, "a duration in seconds, like 1.5s");
  int64_t sign = parts.data[0] == '-' ? -1 : 1;
  set(reading, message, 1, (union value){.i64 = sign * ((hours * 60 + minutes) * 60 + seconds)});
  set(reading, message, 2, (union value){.i64 = sign * micros * 1000});
  return true;
}

static bool read_content(struct reading *reading, const struct place *place, const json_t *json,
                         struct message_value *message)
{
  struct str text = json_is_string(json) ? keep(reading, text_of(json)) : STR("");
  switch (message->type->well_known) {
  case WELL_KNOWN_FIELD_MASK:
    if (!json_is_string(json))
      return read_fields(reading, place, json, message);
    read_paths(reading, text, message);
    return true;
  case WELL_KNOWN_TIMESTAMP:
    return read_timestamp(reading, place, text, message);
  case WELL_KNOWN_DURATION:
    return read_duration(reading, place, text, message);
  case WELL_KNOWN_WRAPPER:
    return read_field(reading, place, message, schema_message_field_by_number(message->type, 1), json);
  case WELL_KNOWN_STRUCT:
  case WELL_KNOWN_VALUE:
  case WELL_KNOWN_LIST_VALUE:
    return refuse(reading, place, "%s stands for nothing in a request", message->type->full_name);
  default:
    return read_fields(reading, place, json, message);
  }
}

static bool read_message(struct reading *reading, const struct place *place,
                         const struct schema_message *type, const json_t *json, union value *ret)
{
  ret->message = new_message(reading, type);
  if (reading->depth == DEPTH_MOST)
    return refuse(reading, place, "is nested more than %d deep", DEPTH_MOST);
  reading->depth++;
  bool ok = read_content(reading, place, json, ret->message);
  reading->depth--;
  return ok;
}

bool request_from_json(const struct schema_message *type, const char *text, struct arena *arena,
                       struct message_value **ret, struct error *error)
{
  struct reading reading = {.arena = arena, .error = error};
  json_error_t fault;
  union value value;
  json_t *json = json_loads(text, JSON_REJECT_DUPLICATES, &fault);
  if (json == NULL)
    return refuse(&reading, NULL, "no JSON: %s in line %d, column %d", fault.text, fault.line, fault.column);
  bool ok = read_message(&reading, NULL, type, json, &value);
  json_decref(json);
  if (ok)
    *ret = value.message;
  return ok;
}

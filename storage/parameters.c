/*
 * parameters.c - values as libpq takes them.
 *
 * Whether a value travels in binary is decided by the parameter's type and the value's form together:
 *
 *   integer → int2, int4, int8    binary, of the type's width (the planner has checked the range)
 *   float   → float4, float8      binary
 *   boolean → bool                binary
 *   text    → a string type       binary: the bytes, which the server checks
 *   binary  → any type            binary: as a row brought it
 *   all other pairs               the text that the type's input function takes
 *
 * A list is an array in binary where all of its elements are, else an array literal.  Keys are cells of the
 * parent's rows, so they are binary arrays without exception.
 *
 * A binary array is a header (dimensions, a flag for NULLs, the element's OID), for its one dimension the
 * number of elements and the lower bound, and then each element behind its length; an empty one has no
 * dimension.
 */
#include "storage/parameters.h"

#include <inttypes.h>
#include <stdio.h>

#define FORMAT_TEXT 0
#define FORMAT_BINARY 1

#define OID_CHAR 18 /* "char": one byte in binary, and none stands for a NUL in text */
#define OID_NAME 19 /* in binary too long a name is an error, in text it is cut as everywhere */

struct encoded {
  const char *data; /* NUL-terminated where the format is text; NULL: SQL NULL */
  size_t len;
  int format;
};

static void put_big_endian(char *to, uint64_t value, size_t size)
{
  for (size_t i = 0; i < size; i++)
    to[i] = (char)(value >> 8 * (size - 1 - i));
}

static struct encoded encode_number(uint64_t bits, size_t size, struct arena *arena)
{
  char *data = arena_alloc_bytes(arena, size);
  put_big_endian(data, bits, size);
  return (struct encoded){data, size, FORMAT_BINARY};
}

static struct encoded encode_text(const char *text)
{
  return (struct encoded){text, strlen(text), FORMAT_TEXT};
}

static struct encoded encode_integer(int64_t value, const struct catalog_type *type, struct arena *arena)
{
  switch (type->class) {
  case TYPE_INT2:
    return encode_number((uint64_t)value, 2, arena);
  case TYPE_INT4:
    return encode_number((uint64_t)value, 4, arena);
  case TYPE_INT8:
    return encode_number((uint64_t)value, 8, arena);
  default:
    return encode_text(arena_printf(arena, "%" PRId64, value));
  }
}

static struct encoded encode_float(double value, const struct catalog_type *type, struct arena *arena)
{
  uint64_t bits;
  uint32_t short_bits;
  float narrow = (float)value;
  switch (type->class) {
  case TYPE_FLOAT4:
    memcpy(&short_bits, &narrow, sizeof short_bits);
    return encode_number(short_bits, 4, arena);
  case TYPE_FLOAT8:
    memcpy(&bits, &value, sizeof bits);
    return encode_number(bits, 8, arena);
  default:
    return encode_text(arena_printf(arena, "%.17g", value));
  }
}

static struct encoded encode_boolean(bool value, const struct catalog_type *type, struct arena *arena)
{
  if (type->class == TYPE_BOOL)
    return encode_number(value, 1, arena);
  return encode_text(value ? "true" : "false");
}

static bool is_string(const struct catalog_type *type)
{
  return (type->class == TYPE_TEXT && type->oid != OID_CHAR && type->oid != OID_NAME) ||
         type->class == TYPE_CITEXT || type->class == TYPE_BPCHAR;
}

static struct encoded encode_string(struct str value, const struct catalog_type *type, struct arena *arena)
{
  const char *data = arena_strndup(arena, value.len > 0 ? value.data : "", value.len);
  return (struct encoded){data, value.len, is_string(type) ? FORMAT_BINARY : FORMAT_TEXT};
}

static bool has_nul(struct str value)
{
  return value.len > 0 && memchr(value.data, '\0', value.len);
}

static bool encode_value(enum argument_form form, union value value, const struct catalog_type *type,
                         struct arena *arena, struct encoded *ret, struct error *error)
{
  switch (form) {
  case ARGUMENT_NULL:
    *ret = (struct encoded){0};
    break;
  case ARGUMENT_INTEGER:
    *ret = encode_integer(value.i64, type, arena);
    break;
  case ARGUMENT_FLOAT:
    *ret = encode_float(value.f64, type, arena);
    break;
  case ARGUMENT_BOOLEAN:
    *ret = encode_boolean(value.boolean, type, arena);
    break;
  case ARGUMENT_TEXT:
    if (has_nul(value.bytes))
      return error_set(error, ERROR_INVALID_ARGUMENT, "INVALID_VALUE", "a text value holds a NUL byte");
    *ret = encode_string(value.bytes, type, arena);
    break;
  case ARGUMENT_BINARY:
    *ret = encode_string(value.bytes, type, arena);
    ret->format = FORMAT_BINARY;
    break;
  }
  return true;
}

#define ARRAY_HEADER 20
#define ARRAY_HEADER_EMPTY 12

static struct encoded encode_binary_array(const struct encoded *elements, size_t n, uint32_t element_type,
                                          struct arena *arena)
{
  size_t size = n > 0 ? ARRAY_HEADER : ARRAY_HEADER_EMPTY;
  bool has_null = false;
  for (size_t i = 0; i < n; i++) {
    size += 4 + elements[i].len;
    has_null = has_null || !elements[i].data;
  }
  char *data = arena_alloc_bytes(arena, size), *at = data + ARRAY_HEADER;
  put_big_endian(data, n > 0, 4);
  put_big_endian(data + 4, has_null, 4);
  put_big_endian(data + 8, element_type, 4);
  if (n > 0) {
    put_big_endian(data + 12, n, 4);
    put_big_endian(data + 16, 1, 4);
  }
  for (size_t i = 0; i < n; i++) {
    put_big_endian(at, elements[i].data ? elements[i].len : UINT32_MAX, 4);
    if (elements[i].len > 0)
      memcpy(at + 4, elements[i].data, elements[i].len);
    at += 4 + elements[i].len;
  }
  return (struct encoded){data, size, FORMAT_BINARY};
}

static void add_quoted(struct strbuf *text, const char *element)
{
  strbuf_putc(text, '"');
  for (const char *at = element; *at; at++) {
    if (*at == '"' || *at == '\\')
      strbuf_putc(text, '\\');
    strbuf_putc(text, *at);
  }
  strbuf_putc(text, '"');
}

/* {"a","b\"c",NULL} */
static struct encoded encode_text_array(const struct encoded *elements, size_t n, struct arena *arena)
{
  struct strbuf text = {0};
  strbuf_putc(&text, '{');
  for (size_t i = 0; i < n; i++) {
    strbuf_puts(&text, i > 0 ? "," : "");
    if (elements[i].data)
      add_quoted(&text, elements[i].data);
    else
      strbuf_puts(&text, "NULL");
  }
  strbuf_putc(&text, '}');
  struct encoded encoded = {arena_strndup(arena, text.data, text.len), text.len, FORMAT_TEXT};
  strbuf_done(&text);
  return encoded;
}

static bool encode_list(const struct argument *argument, const struct catalog_type *type, struct arena *arena,
                        struct encoded *ret, struct error *error)
{
  struct encoded *elements = ARENA_ARRAY(arena, struct encoded, argument->n);
  bool binary = true;
  for (size_t i = 0; i < argument->n; i++) {
    if (!encode_value(argument->form, argument->values[i], type, arena, &elements[i], error))
      return false;
    binary = binary && (!elements[i].data || elements[i].format == FORMAT_BINARY);
  }
  *ret = binary ? encode_binary_array(elements, argument->n, type->oid, arena)
                : encode_text_array(elements, argument->n, arena);
  return true;
}

static bool encode_argument(const struct argument *argument, const struct catalog_type *type,
                            struct arena *arena, struct encoded *ret, struct error *error)
{
  if (argument->list)
    return encode_list(argument, type, arena, ret, error);
  if (argument->form == ARGUMENT_NULL) {
    *ret = (struct encoded){0};
    return true;
  }
  return encode_value(argument->form, argument->values[0], type, arena, ret, error);
}

static struct encoded encode_keys(const struct cell *keys, size_t n, const struct catalog_type *type,
                                  struct arena *arena)
{
  struct encoded *elements = ARENA_ARRAY(arena, struct encoded, n);
  for (size_t i = 0; i < n; i++)
    elements[i] = (struct encoded){keys[i].len > 0 ? (const char *)keys[i].data : "", (size_t)keys[i].len,
                                   FORMAT_BINARY};
  return encode_binary_array(elements, n, type->oid, arena);
}

static bool encode_bind(const struct bind *bind, const struct parameter_source *source, struct arena *arena,
                        struct encoded *ret, struct error *error)
{
  switch (bind->kind) {
  case BIND_ARGUMENT:
    return encode_argument(&source->arguments[bind->index], bind->value_type, arena, ret, error);
  case BIND_CLAIM:
    return encode_argument(&source->claims[bind->index], bind->value_type, arena, ret, error);
  case BIND_KEYS:
    *ret = encode_keys(source->keys[bind->index], source->n_keys, bind->value_type, arena);
    break;
  case BIND_LIMIT:
    *ret = encode_number(source->limit, 8, arena);
    break;
  case BIND_LIMIT_AHEAD:
    *ret = encode_number((uint64_t)source->limit + 1, 8, arena);
    break;
  }
  return true;
}

bool parameters_encode(const struct statement *statement, const struct parameter_source *source,
                       struct arena *arena, struct parameters *ret, struct error *error)
{
  size_t n = statement->n_binds;
  uint32_t *types = ARENA_ARRAY(arena, uint32_t, n);
  const char **values = ARENA_ARRAY(arena, const char *, n);
  int *lengths = ARENA_ARRAY(arena, int, n), *formats = ARENA_ARRAY(arena, int, n);
  for (size_t i = 0; i < n; i++) {
    struct encoded encoded = {0};
    if (!encode_bind(&statement->binds[i], source, arena, &encoded, error))
      return false;
    types[i] = statement->binds[i].type;
    values[i] = encoded.data;
    lengths[i] = (int)encoded.len;
    formats[i] = encoded.format;
  }
  *ret = (struct parameters){(int)n, types, values, lengths, formats};
  return true;
}

/*
 * encode_json.c - JSON text → google.protobuf.Struct, Value or ListValue, read from its end towards its
 * start.
 *
 * The writer fills its buffer backwards, and JSON can be read backwards just as well: a container announces
 * itself by its closing bracket, and a string's opening quote is the next one that no odd number of
 * backslashes precedes.  So one pass does, with no tree and no allocation; what is open stands on a stack of
 * fixed depth.
 *
 * A value's message begins, seen from the end, where the value begins; so one mark closes the container, the
 * Value around it and the map entry around that:
 *
 *     { "k" : [ … ] }      entry{ key, Value{ ListValue{ … } } }      all three end at ']'
 *
 * Depth: each level of objects is three levels of messages, and most clients refuse messages nested more than
 * 100 deep. Deeper JSON is refused here, where the cause can be named.
 *
 * Numbers are doubles in Value.  An integer that no double equals is refused; a fraction becomes the nearest
 * double, as in every JSON reader; what exceeds the doubles is refused.
 *
 * Postgres has checked the text when it was stored, so that malformed input means another type than expected,
 * not a client's mistake; nothing here trusts that, though.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "server/encode_value.h"

#define DEPTH_MAX 28

/* Field numbers of google/protobuf/struct.proto. */
enum { VALUE_NULL = 1, VALUE_NUMBER = 2, VALUE_STRING = 3, VALUE_BOOL = 4, VALUE_STRUCT = 5, VALUE_LIST = 6 };
enum { STRUCT_FIELDS = 1, ENTRY_KEY = 1, ENTRY_VALUE = 2, LIST_VALUES = 1 };

struct frame {
  bool object;
  size_t mark; /* the writer's size where the container begins */
};

struct converter {
  struct writer *writer;
  const struct graph_field *field;
  struct error *error;
  const char *start, *p; /* what is left to read: [start, p) */
  struct frame frames[DEPTH_MAX];
  size_t depth;
  bool bare; /* the outermost container is the field itself, not a Value */
};

static void skip_space(struct converter *c)
{
  while (c->p > c->start && strchr(" \t\n\r", c->p[-1]) != NULL && c->p[-1] != '\0')
    c->p--;
}

/* The last character that is left, 0 at the end. */
static char look(struct converter *c)
{
  skip_space(c);
  return c->p > c->start ? c->p[-1] : '\0';
}

static bool refuse_syntax(struct converter *c)
{
  return encode_drifted(c->field, c->error);
}

/* ---- strings ---- */

static bool read_hex4(const char *p, const char *end, uint32_t *ret)
{
  uint32_t value = 0;
  if (end - p < 4)
    return false;
  for (int i = 0; i < 4; i++) {
    char digit = p[i];
    uint32_t nibble;
    if (digit >= '0' && digit <= '9')
      nibble = (uint32_t)(digit - '0');
    else if ((digit | 32) >= 'a' && (digit | 32) <= 'f')
      nibble = (uint32_t)((digit | 32) - 'a' + 10);
    else
      return false;
    value = value << 4 | nibble;
  }
  *ret = value;
  return true;
}

static uint8_t *put_utf8(uint8_t *out, uint32_t point)
{
  if (point < 0x80) {
    *out++ = (uint8_t)point;
  } else if (point < 0x800) {
    *out++ = (uint8_t)(0xc0 | point >> 6);
    *out++ = (uint8_t)(0x80 | (point & 63));
  } else if (point < 0x10000) {
    *out++ = (uint8_t)(0xe0 | point >> 12);
    *out++ = (uint8_t)(0x80 | (point >> 6 & 63));
    *out++ = (uint8_t)(0x80 | (point & 63));
  } else {
    *out++ = (uint8_t)(0xf0 | point >> 18);
    *out++ = (uint8_t)(0x80 | (point >> 12 & 63));
    *out++ = (uint8_t)(0x80 | (point >> 6 & 63));
    *out++ = (uint8_t)(0x80 | (point & 63));
  }
  return out;
}

/* \uXXXX after its "\u"; two of them for what lies above U+FFFF.  A surrogate alone is no character. */
static bool read_unicode_escape(const char **p, const char *end, uint32_t *ret_point)
{
  uint32_t high, low;
  if (!read_hex4(*p, end, &high))
    return false;
  *p += 4;
  *ret_point = high;
  if (high < 0xd800 || high > 0xdfff)
    return true;
  if (high > 0xdbff || end - *p < 6 || (*p)[0] != '\\' || (*p)[1] != 'u' || !read_hex4(*p + 2, end, &low) ||
      low < 0xdc00 || low > 0xdfff)
    return false;
  *p += 6;
  *ret_point = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
  return true;
}

/* One escape, `*p` after its backslash. */
static bool read_escape(const char **p, const char *end, uint32_t *ret_point)
{
  static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
  if (*p == end)
    return false;
  char letter = *(*p)++;
  if (letter == 'u')
    return read_unicode_escape(p, end, ret_point);
  const char *found = letter == '\0' ? NULL : strchr(letters, letter);
  if (found == NULL)
    return false;
  *ret_point = (uint32_t)meanings[found - letters];
  return true;
}

/* Escapes only ever shrink, so the raw length is room enough; the result is then moved to the writer's
 * cursor. */
static bool put_unescaped(struct writer *writer, struct str raw)
{
  writer_reserve(writer, raw.len);
  uint8_t *begin = writer->cursor - raw.len, *out = begin;
  const char *p = raw.data, *end = raw.data + raw.len;
  while (p < end) {
    if (*p != '\\') {
      *out++ = (uint8_t)*p++;
      continue;
    }
    uint32_t point;
    p++;
    if (!read_escape(&p, end, &point))
      return false;
    out = put_utf8(out, point);
  }
  size_t len = (size_t)(out - begin);
  memmove(writer->cursor - len, begin, len);
  writer->cursor -= len;
  return true;
}

/* The string whose closing quote is the last character left. */
static bool take_string(struct converter *c, struct str *ret_raw)
{
  const char *end = c->p - 1;
  for (const char *quote = end; quote > c->start;) {
    quote--;
    if (*quote != '"')
      continue;
    const char *before = quote;
    while (before > c->start && before[-1] == '\\')
      before--;
    if ((quote - before) % 2 == 0) {
      *ret_raw = (struct str){quote + 1, (size_t)(end - quote - 1)};
      c->p = quote;
      return true;
    }
  }
  return refuse_syntax(c);
}

static bool put_string(struct converter *c, uint32_t number)
{
  struct str raw = {0};
  if (!take_string(c, &raw))
    return false;
  size_t mark = writer_size(c->writer);
  if (raw.len == 0 || memchr(raw.data, '\\', raw.len) == NULL)
    writer_put_raw(c->writer, raw.data, raw.len);
  else if (!put_unescaped(c->writer, raw))
    return encode_refuse(c->field, c->error,
                         "JSON has an escape that is no Unicode character; a string field would hold it");
  writer_close_message(c->writer, number, mark);
  return true;
}

/* ---- numbers and words ---- */

static bool is_integer(struct str text)
{
  for (size_t i = text.data[0] == '-'; i < text.len; i++)
    if (text.data[i] < '0' || text.data[i] > '9')
      return false;
  return true;
}

/* Whether the integer `text` and the double are the same number: printf writes every digit of it. */
static bool is_exact(struct str text, double value)
{
  char digits[400];
  int n = snprintf(digits, sizeof(digits), "%.0f", value);
  return n >= 0 && (size_t)n == text.len && memcmp(digits, text.data, text.len) == 0;
}

/* strtod also reads hexadecimal, "inf" and "nan". */
static bool has_json_digits(struct str text)
{
  for (size_t i = 0; i < text.len; i++)
    if (memchr("0123456789-+.eE", text.data[i], 15) == NULL)
      return false;
  return true;
}

static bool parse_number(struct converter *c, struct str text, double *ret)
{
  char few[64];
  char *copy = text.len < sizeof(few) ? few : malloc(text.len + 1);
  if (copy == NULL)
    abort();
  memcpy(copy, text.data, text.len);
  copy[text.len] = '\0';
  char *end;
  *ret = strtod(copy, &end);
  bool whole = end == copy + text.len;
  if (copy != few)
    free(copy);

  if (!whole || !has_json_digits(text))
    return refuse_syntax(c);
  if (!isfinite(*ret))
    return encode_refuse(c->field, c->error,
                         "JSON has a number beyond the doubles; a string field would hold it");
  if (text.len > 15 && is_integer(text) && !is_exact(text, *ret))
    return encode_refuse(c->field, c->error,
                         "JSON has an integer that no double equals; a string field would hold it");
  return true;
}

static bool put_number(struct converter *c, struct str text)
{
  double value;
  uint64_t bits;
  if (!parse_number(c, text, &value))
    return false;
  memcpy(&bits, &value, sizeof(bits));
  writer_put_fixed64(c->writer, bits);
  writer_put_tag(c->writer, VALUE_NUMBER, WIRE_FIXED64);
  return true;
}

/* What has neither quotes nor brackets. */
static bool put_word(struct converter *c)
{
  const char *end = c->p;
  while (c->p > c->start && memchr(" \t\n\r,:[{\"]}", c->p[-1], 11) == NULL)
    c->p--;
  struct str word = {c->p, (size_t)(end - c->p)};
  if (word.len == 0)
    return refuse_syntax(c);
  if (str_equal(word, STR("null")))
    writer_put_varint_field(c->writer, VALUE_NULL, 0);
  else if (str_equal(word, STR("true")))
    writer_put_varint_field(c->writer, VALUE_BOOL, 1);
  else if (str_equal(word, STR("false")))
    writer_put_varint_field(c->writer, VALUE_BOOL, 0);
  else
    return put_number(c, word);
  return true;
}

/* ---- structure ---- */

/* A Value has been written from `mark` on: puts what the container around it wants in front. */
static bool finish_value(struct converter *c, size_t mark)
{
  if (c->depth == 0)
    return true;
  if (!c->frames[c->depth - 1].object) {
    writer_close_message(c->writer, LIST_VALUES, mark);
    return true;
  }
  writer_close_message(c->writer, ENTRY_VALUE, mark);
  if (look(c) != ':')
    return refuse_syntax(c);
  c->p--;
  if (look(c) != '"')
    return refuse_syntax(c);
  if (!put_string(c, ENTRY_KEY))
    return false;
  writer_close_message(c->writer, STRUCT_FIELDS, mark);
  return true;
}

static bool open_container(struct converter *c)
{
  if (c->depth == DEPTH_MAX)
    return encode_refuse(c->field, c->error, "JSON is nested more than %d deep; a string field would hold it",
                         DEPTH_MAX);
  c->frames[c->depth++] = (struct frame){.object = c->p[-1] == '}', .mark = writer_size(c->writer)};
  c->p--;
  return true;
}

static bool close_container(struct converter *c)
{
  struct frame frame = c->frames[--c->depth];
  c->p--;
  if (c->depth > 0 || !c->bare)
    writer_close_message(c->writer, frame.object ? VALUE_STRUCT : VALUE_LIST, frame.mark);
  return finish_value(c, frame.mark);
}

static bool put_simple_value(struct converter *c)
{
  size_t mark = writer_size(c->writer);
  bool ok = look(c) == '"' ? put_string(c, VALUE_STRING) : put_word(c);
  return ok && finish_value(c, mark);
}

/* Whether the next character opens, seen forwards, the innermost container. */
static bool at_opening(struct converter *c)
{
  return c->depth > 0 && look(c) == (c->frames[c->depth - 1].object ? '{' : '[');
}

/* After a value: a comma and another one, or the containers that begin here. */
static bool leave_value(struct converter *c, bool *ret_more)
{
  while (at_opening(c))
    if (!close_container(c))
      return false;
  *ret_more = c->depth > 0;
  if (!*ret_more)
    return true;
  if (look(c) != ',')
    return refuse_syntax(c);
  c->p--;
  return true;
}

static bool convert(struct converter *c)
{
  for (bool more = true; more;) {
    char last = look(c);
    if (last == '}' || last == ']') {
      if (!open_container(c))
        return false;
      if (!at_opening(c))
        continue;
    } else if (!put_simple_value(c)) {
      return false;
    }
    if (!leave_value(c, &more))
      return false;
  }
  return look(c) == '\0' && c->p == c->start ? true : refuse_syntax(c);
}

/* jsonb's binary form is a version byte, 1, and the text; 1 begins no JSON text. */
static struct str text_of(const struct cell *cell)
{
  struct str text = {(const char *)cell->data, (size_t)cell->len};
  if (text.len > 0 && text.data[0] == 1)
    text = (struct str){text.data + 1, text.len - 1};
  return text;
}

bool encode_json(struct writer *writer, const struct graph_field *field, const struct schema_field *target,
                 const struct cell *cell, struct error *error)
{
  struct str text = text_of(cell);
  if (!str_is_utf8(text.data, text.len))
    return encode_refuse(field, error, "JSON is not UTF-8");
  struct converter c = {.writer = writer, .field = field, .error = error, .start = text.data};
  c.p = text.data + text.len;
  enum well_known_type type = target->message->well_known;
  c.bare = type != WELL_KNOWN_VALUE;
  char last = look(&c);
  if (type == WELL_KNOWN_STRUCT && last != '}')
    return encode_refuse(field, error, "JSON is no object; a google.protobuf.Value would hold it");
  if (type == WELL_KNOWN_LIST_VALUE && last != ']')
    return encode_refuse(field, error, "JSON is no array; a google.protobuf.Value would hold it");

  size_t mark = writer_size(writer);
  if (!convert(&c))
    return false;
  writer_close_message(writer, target->number, mark);
  return true;
}

/*
 * argument_text.c - the forms that literals of each type have.
 *
 * One row of the table at the end per type.  What is accepted is narrower than what Postgres' input functions
 * take: nothing that depends on a setting (dates with slashes), nothing that is no value of protobuf
 * (infinity, NaN), and one spelling where Postgres has several (true, not yes), so that equal filters look
 * equal.
 */
#include "planner/argument_text.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "planner/argument_range.h"
#include "planner/argument_time.h"

/* What a numeric holds: https://www.postgresql.org/docs/current/datatype-numeric.html */
enum { NUMERIC_BEFORE_POINT = 131072, NUMERIC_AFTER_POINT = 16383 };

struct reading {
  struct str text;
  const struct catalog_type *type;
  struct arena *arena;
  enum argument_form form;
  union value value;
  const char *expected; /* set by readers that say it better than the table */
};

static bool read_as_text(struct reading *reading, struct str text)
{
  reading->form = ARGUMENT_TEXT;
  reading->value.bytes = text;
  return true;
}

static bool read_bool(struct reading *reading)
{
  reading->form = ARGUMENT_BOOLEAN;
  reading->value.boolean = str_equal(reading->text, STR("true"));
  return reading->value.boolean || str_equal(reading->text, STR("false"));
}

/* Digits with an optional minus, within [-max - 1, max]. */
static bool read_integer(struct reading *reading, int64_t max)
{
  struct str text = reading->text;
  bool negative = text.len > 0 && text.data[0] == '-';
  uint64_t bound = (uint64_t)max + negative, number = 0;
  if (text.len == negative)
    return false;
  for (size_t i = negative; i < text.len; i++) {
    if (text.data[i] < '0' || text.data[i] > '9')
      return false;
    uint64_t digit = (uint64_t)(text.data[i] - '0');
    if (number > (bound - digit) / 10)
      return false;
    number = number * 10 + digit;
  }
  reading->form = ARGUMENT_INTEGER;
  reading->value.i64 = (int64_t)(negative ? 0 - number : number);
  return true;
}

static bool read_int2(struct reading *reading)
{
  return read_integer(reading, INT16_MAX);
}

static bool read_int4(struct reading *reading)
{
  return read_integer(reading, INT32_MAX);
}

static bool read_int8(struct reading *reading)
{
  return read_integer(reading, INT64_MAX);
}

struct decimal {
  size_t before, after; /* digits on each side of the point */
  long exponent;
};

static size_t skip_digits(struct str text, size_t *at)
{
  size_t start = *at;
  while (*at < text.len && text.data[*at] >= '0' && text.data[*at] <= '9')
    ++*at;
  return *at - start;
}

/* [-] digits [. digits] [e [+-] digits] */
static bool scan_decimal(struct str text, struct decimal *ret)
{
  size_t at = text.len > 0 && text.data[0] == '-';
  struct decimal decimal = {.before = skip_digits(text, &at)};
  if (decimal.before == 0)
    return false;
  if (at < text.len && text.data[at] == '.') {
    at++;
    decimal.after = skip_digits(text, &at);
    if (decimal.after == 0)
      return false;
  }
  if (at < text.len && (text.data[at] == 'e' || text.data[at] == 'E')) {
    at++;
    bool negative = at < text.len && text.data[at] == '-';
    at += at < text.len && (text.data[at] == '-' || text.data[at] == '+');
    size_t start = at, n = skip_digits(text, &at);
    if (n == 0 || n > 6)
      return false;
    for (size_t i = start; i < at; i++)
      decimal.exponent = decimal.exponent * 10 + (text.data[i] - '0');
    decimal.exponent = negative ? -decimal.exponent : decimal.exponent;
  }
  *ret = decimal;
  return at == text.len;
}

/* The digits of a decimal from the first that is no zero, and how many of its places stand before the point.
 */
static struct str significant(struct str text, char *digits, long *ret_places)
{
  struct decimal decimal = {0};
  size_t n = 0, zeros = 0;
  (void)scan_decimal(text, &decimal);
  for (size_t i = text.data[0] == '-'; i < text.len && text.data[i] != 'e' && text.data[i] != 'E'; i++) {
    if (text.data[i] == '.')
      continue;
    zeros += n == 0 && text.data[i] == '0';
    if (n > 0 || text.data[i] != '0')
      digits[n++] = text.data[i];
  }
  while (n > 0 && digits[n - 1] == '0')
    n--;
  *ret_places = (long)decimal.before + decimal.exponent - (long)zeros;
  return (struct str){digits, n};
}

static int compare_magnitudes(struct str a, long a_places, struct str b, long b_places)
{
  if (a.len == 0 || b.len == 0)
    return (a.len > 0) - (b.len > 0);
  if (a_places != b_places)
    return a_places > b_places ? 1 : -1;
  int order = memcmp(a.data, b.data, a.len < b.len ? a.len : b.len);
  return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

int argument_compare_decimals(struct str a, struct str b)
{
  struct arena *scratch = arena_new(0);
  long a_places, b_places;
  struct str x = significant(a, arena_alloc_bytes(scratch, a.len), &a_places);
  struct str y = significant(b, arena_alloc_bytes(scratch, b.len), &b_places);
  bool a_negative = a.data[0] == '-' && x.len > 0, b_negative = b.data[0] == '-' && y.len > 0;
  int order = a_negative && b_negative ? compare_magnitudes(y, b_places, x, a_places)
              : a_negative             ? -1
              : b_negative             ? 1
                                       : compare_magnitudes(x, a_places, y, b_places);
  arena_free(scratch);
  return order;
}

static bool read_float(struct reading *reading, double max)
{
  struct decimal decimal;
  if (!scan_decimal(reading->text, &decimal))
    return false;
  const char *text = arena_strndup(reading->arena, reading->text.data, reading->text.len);
  reading->form = ARGUMENT_FLOAT;
  reading->value.f64 = strtod(text, NULL);
  return fabs(reading->value.f64) <= max;
}

static bool read_float4(struct reading *reading)
{
  return read_float(reading, (double)FLT_MAX);
}

static bool read_float8(struct reading *reading)
{
  return read_float(reading, DBL_MAX);
}

static bool read_numeric(struct reading *reading)
{
  struct decimal decimal;
  if (!scan_decimal(reading->text, &decimal))
    return false;
  if ((long)decimal.before + decimal.exponent > NUMERIC_BEFORE_POINT ||
      (long)decimal.after - decimal.exponent > NUMERIC_AFTER_POINT)
    return false;
  return read_as_text(reading, reading->text);
}

static bool read_text(struct reading *reading)
{
  struct str text = reading->text;
  if (!str_is_utf8(text.data, text.len) || (text.len > 0 && memchr(text.data, '\0', text.len)))
    return false;
  return read_as_text(reading, text);
}

static int base64_digit(char c)
{
  if (c >= 'A' && c <= 'Z')
    return c - 'A';
  if (c >= 'a' && c <= 'z')
    return c - 'a' + 26;
  if (c >= '0' && c <= '9')
    return c - '0' + 52;
  if (c == '+' || c == '-')
    return 62;
  return c == '/' || c == '_' ? 63 : -1;
}

static bool read_bytea(struct reading *reading)
{
  struct str text = reading->text;
  bool padded = text.len > 0 && text.len % 4 == 0;
  for (int i = 0; padded && i < 2 && text.data[text.len - 1] == '='; i++)
    text.len--;
  char *bytes = arena_alloc_bytes(reading->arena, text.len);
  size_t n = 0;
  uint32_t bits = 0;
  for (size_t i = 0; i < text.len; i++) {
    int digit = base64_digit(text.data[i]);
    if (digit < 0)
      return false;
    bits = bits << 6 | (uint32_t)digit;
    if (i % 4 != 0)
      bytes[n++] = (char)(bits >> (6 - 2 * (i % 4)) & 0xFF);
  }
  reading->form = ARGUMENT_BINARY;
  reading->value.bytes = (struct str){bytes, n};
  return text.len % 4 != 1;
}

static bool is_hex(char c)
{
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool read_uuid(struct reading *reading)
{
  struct str text = reading->text;
  if (text.len != 36)
    return false;
  for (size_t i = 0; i < text.len; i++) {
    bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    if (hyphen ? text.data[i] != '-' : !is_hex(text.data[i]))
      return false;
  }
  return read_as_text(reading, text);
}

static bool read_date(struct reading *reading)
{
  struct str text;
  return time_rewrite_date(reading->text, reading->arena, &text) && read_as_text(reading, text);
}

static bool read_time(struct reading *reading)
{
  struct str text;
  return time_rewrite_time(reading->text, reading->arena, &text) && read_as_text(reading, text);
}

static bool read_timestamp(struct reading *reading)
{
  struct str text;
  bool with_zone = reading->type->class == TYPE_TIMESTAMPTZ;
  return time_rewrite_timestamp(reading->text, with_zone, reading->arena, &text) &&
         read_as_text(reading, text);
}

static bool read_interval(struct reading *reading)
{
  struct str text;
  return time_rewrite_duration(reading->text, reading->arena, &text) && read_as_text(reading, text);
}

static bool read_label(struct reading *reading)
{
  for (size_t i = 0; i < reading->type->n_labels; i++)
    if (str_equal_text(reading->text, reading->type->labels[i]))
      return read_as_text(reading, str_from(reading->type->labels[i]));
  return false;
}

void argument_add_quoted(struct str text, struct strbuf *ret)
{
  strbuf_putc(ret, '"');
  for (size_t i = 0; i < text.len; i++) {
    if (text.data[i] == '"' || text.data[i] == '\\')
      strbuf_putc(ret, '\\');
    strbuf_putc(ret, text.data[i]);
  }
  strbuf_putc(ret, '"');
}

static bool read_range(struct reading *reading)
{
  struct str text;
  return range_rewrite(reading->text, reading->type, reading->arena, &text, &reading->expected) &&
         read_as_text(reading, text);
}

static const struct form {
  bool (*read)(struct reading *reading);
  const char *expected;
} forms[] = {
    [TYPE_OTHER] = {read_text, "text without NUL"},
    [TYPE_BOOL] = {read_bool, "true or false"},
    [TYPE_INT2] = {read_int2, "an integer from -32768 to 32767"},
    [TYPE_INT4] = {read_int4, "an integer from -2147483648 to 2147483647"},
    [TYPE_INT8] = {read_int8, "an integer from -9223372036854775808 to 9223372036854775807"},
    [TYPE_FLOAT4] = {read_float4, "a finite number of single precision"},
    [TYPE_FLOAT8] = {read_float8, "a finite number"},
    [TYPE_NUMERIC] = {read_numeric, "a decimal number"},
    [TYPE_BYTEA] = {read_bytea, "bytes in base64"},
    [TYPE_UUID] = {read_uuid, "a UUID like 123e4567-e89b-12d3-a456-426614174000"},
    [TYPE_DATE] = {read_date, "a date like 2024-12-31"},
    [TYPE_TIME] = {read_time, "a time of day like 23:59:59"},
    [TYPE_TIMESTAMP] = {read_timestamp, "a timestamp of RFC 3339, like 2024-12-31T23:59:59Z"},
    [TYPE_TIMESTAMPTZ] = {read_timestamp, "a timestamp of RFC 3339, like 2024-12-31T23:59:59Z"},
    [TYPE_INTERVAL] = {read_interval, "a duration in seconds, like 1.5s"},
    [TYPE_ENUM] = {read_label, "a label of the enum"},
    [TYPE_RANGE] = {read_range, "a range like [a,b)"},
};

static const struct form *form_of(const struct catalog_type *type)
{
  bool known = (size_t)type->class < LENGTH_OF(forms) && forms[type->class].read;
  return &forms[known ? type->class : TYPE_OTHER];
}

const char *argument_expected(const struct catalog_type *type)
{
  return form_of(type)->expected;
}

bool argument_read(struct str text, const struct catalog_type *type, struct arena *arena,
                   enum argument_form *ret_form, union value *ret_value, const char **ret_expected)
{
  const struct form *form = form_of(type);
  struct reading reading = {.text = text, .type = type, .arena = arena};
  if (!form->read(&reading)) {
    *ret_expected = reading.expected ? reading.expected : form->expected;
    return false;
  }
  *ret_form = reading.form;
  *ret_value = reading.value;
  return true;
}

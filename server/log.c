/*
 * log.c - one JSON object a line, one write a line.
 *
 * The format of the fields is read twice: by the compiler, which checks the arguments against it as for
 * printf, and here, where each "name=%conversion" becomes a member.  Only the conversions that a log needs
 * are known: s, d, i, u, x, f, g with the usual lengths, and a precision.  Anything else is our mistake and
 * asserts.
 *
 * Text may come from a client, so it is escaped to stay on its line and inside its quotes; bytes that are no
 * UTF-8 are written as U+FFFD, since a reader of JSON would reject the whole line for them.
 */
#include "server/log.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

static _Atomic int threshold = LOG_INFO;

static const char *const level_names[] = {"debug", "info", "warning", "error"};

void log_set_level(enum log_level level)
{
  atomic_store(&threshold, (int)level);
}

bool log_level_parse(const char *text, enum log_level *ret_level)
{
  for (size_t i = 0; i < LENGTH_OF(level_names); i++)
    if (strcmp(text, level_names[i]) == 0) {
      *ret_level = (enum log_level)i;
      return true;
    }
  return false;
}

/* Length of the well-formed UTF-8 sequence at `text`, 0 when there is none. */
static size_t sequence_length(const char *text, size_t len)
{
  for (size_t n = 1; n <= 4 && n <= len; n++)
    if (str_is_utf8(text, n))
      return n;
  return 0;
}

static void add_escaped(struct strbuf *out, const char *text, size_t len)
{
  strbuf_putc(out, '"');
  for (size_t i = 0; i < len;) {
    unsigned char c = (unsigned char)text[i];
    size_t n = c < 0x80 ? 1 : sequence_length(text + i, len - i);
    if (n == 0)
      strbuf_puts(out, "\xEF\xBF\xBD");
    else if (c < 0x20 || c == 0x7f)
      strbuf_printf(out, "\\u%04x", c);
    else {
      if (c == '"' || c == '\\')
        strbuf_putc(out, '\\');
      strbuf_add(out, text + i, n);
    }
    i += n == 0 ? 1 : n;
  }
  strbuf_putc(out, '"');
}

static void add_time(struct strbuf *out, int64_t real_us)
{
  time_t seconds = (time_t)(real_us / 1000000);
  struct tm tm;
  gmtime_r(&seconds, &tm);
  char text[32];
  strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
  strbuf_printf(out, "\"%s.%06dZ\"", text, (int)(real_us % 1000000));
}

/* One conversion of a format, "%.3f": read apart, so that its argument can be taken by its type. */
struct conversion {
  int precision; /* -1: none; -2: an argument */
  enum { LENGTH_INT, LENGTH_LONG, LENGTH_LONG_LONG, LENGTH_SIZE } length;
  char letter;
};

static const char *read_conversion(const char *p, struct conversion *ret)
{
  *ret = (struct conversion){.precision = -1};
  assert(*p == '%');
  p++;
  if (*p == '.') {
    p++;
    if (*p == '*') {
      ret->precision = -2;
      p++;
    } else {
      ret->precision = (int)strtol(p, (char **)&p, 10);
    }
  }
  if (*p == 'z') {
    ret->length = LENGTH_SIZE;
    p++;
  }
  for (; *p == 'l'; p++)
    ret->length = ret->length == LENGTH_INT ? LENGTH_LONG : LENGTH_LONG_LONG;
  ret->letter = *p;
  return p + 1;
}

static void add_text_argument(struct strbuf *out, const struct conversion *conversion, va_list *args)
{
  int precision = conversion->precision == -2 ? va_arg(*args, int) : conversion->precision;
  const char *text = va_arg(*args, const char *);
  if (text == NULL)
    strbuf_puts(out, "null");
  else
    add_escaped(out, text, precision >= 0 ? strnlen(text, (size_t)precision) : strlen(text));
}

static void add_float_argument(struct strbuf *out, const struct conversion *conversion, va_list *args)
{
  double value = va_arg(*args, double);
  if (!isfinite(value))
    strbuf_puts(out, "null");
  else if (conversion->letter == 'f')
    strbuf_printf(out, "%.*f", conversion->precision < 0 ? 6 : conversion->precision, value);
  else
    strbuf_printf(out, "%.*g", conversion->precision < 0 ? 6 : conversion->precision, value);
}

static void add_signed_argument(struct strbuf *out, const struct conversion *conversion, va_list *args)
{
  long long value = 0;
  switch (conversion->length) {
  case LENGTH_INT:
    value = va_arg(*args, int);
    break;
  case LENGTH_LONG:
    value = va_arg(*args, long);
    break;
  case LENGTH_LONG_LONG:
    value = va_arg(*args, long long);
    break;
  case LENGTH_SIZE:
    value = va_arg(*args, ssize_t);
    break;
  }
  strbuf_printf(out, "%lld", value);
}

static void add_unsigned_argument(struct strbuf *out, const struct conversion *conversion, va_list *args)
{
  unsigned long long value = 0;
  switch (conversion->length) {
  case LENGTH_INT:
    value = va_arg(*args, unsigned);
    break;
  case LENGTH_LONG:
    value = va_arg(*args, unsigned long);
    break;
  case LENGTH_LONG_LONG:
    value = va_arg(*args, unsigned long long);
    break;
  case LENGTH_SIZE:
    value = va_arg(*args, size_t);
    break;
  }
  if (conversion->letter == 'x')
    strbuf_printf(out, "\"%llx\"", value);
  else
    strbuf_printf(out, "%llu", value);
}

static void add_argument(struct strbuf *out, const struct conversion *conversion, va_list *args)
{
  switch (conversion->letter) {
  case 's':
    add_text_argument(out, conversion, args);
    break;
  case 'd':
  case 'i':
    add_signed_argument(out, conversion, args);
    break;
  case 'u':
  case 'x':
    add_unsigned_argument(out, conversion, args);
    break;
  case 'f':
  case 'g':
    add_float_argument(out, conversion, args);
    break;
  default:
    assert(!"a conversion that log_event does not know");
  }
}

static void add_fields(struct strbuf *out, const char *fields, va_list *args)
{
  for (const char *p = fields + strspn(fields, " "); *p != '\0'; p += strspn(p, " ")) {
    size_t name_length = strcspn(p, "=");
    assert(p[name_length] == '=');
    strbuf_putc(out, ',');
    add_escaped(out, p, name_length);
    strbuf_putc(out, ':');
    struct conversion conversion;
    p = read_conversion(p + name_length + 1, &conversion);
    add_argument(out, &conversion, args);
  }
}

void log_format(struct strbuf *ret, int64_t real_us, enum log_level level, const char *message,
                const char *fields, va_list args)
{
  strbuf_puts(ret, "{\"time\":");
  add_time(ret, real_us);
  strbuf_printf(ret, ",\"level\":\"%s\",\"message\":", level_names[level]);
  add_escaped(ret, message, strlen(message));
  /* A copy of our own: an array parameter's address would be that of a pointer on this ABI. */
  va_list copy;
  va_copy(copy, args);
  add_fields(ret, fields, &copy);
  va_end(copy);
  strbuf_putc(ret, '}');
}

/* One write, so that lines of several threads do not mix; a partial write (a full pipe) is finished. */
static void write_line(const struct strbuf *line)
{
  const char *p = line->data;
  size_t left = line->len;
  while (left > 0) {
    ssize_t n = write(STDOUT_FILENO, p, left);
    if (n < 0 && errno != EINTR)
      return;
    if (n > 0) {
      p += n;
      left -= (size_t)n;
    }
  }
}

static void log_unchecked(enum log_level level, const char *message, const char *fields, va_list args)
{
  if ((int)level < atomic_load(&threshold))
    return;
  struct strbuf line = {0};
  log_format(&line, clock_real_us(), level, message, fields, args);
  strbuf_putc(&line, '\n');
  write_line(&line);
  strbuf_done(&line);
}

void log_event(enum log_level level, const char *message, const char *fields, ...)
{
  va_list args;
  va_start(args, fields);
  log_unchecked(level, message, fields, args);
  va_end(args);
}

/* A call without arguments for the format "": the compiler would warn of log_event(…, ""). */
static void log_no_fields(enum log_level level, const char *message, ...)
{
  va_list args;
  va_start(args, message);
  log_unchecked(level, message, "", args);
  va_end(args);
}

void log_message(enum log_level level, const char *message)
{
  log_no_fields(level, message);
}

void log_failure(enum log_level level, const char *message, const struct error *error)
{
  log_event(level, message, "code=%s reason=%s error=%s field=%s detail=%s", error_code_name(error->code),
            error->reason, error->message, error->field[0] == '\0' ? NULL : error->field,
            error->detail[0] == '\0' ? NULL : error->detail);
}

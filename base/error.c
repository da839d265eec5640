#include "base/error.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* vsnprintf cuts at a byte; a client's UTF-8 decoder must not see half a character, so the cut moves before
 * it. */
static void drop_broken_tail(char *text, size_t length)
{
  size_t start = length;
  while (start > 0 && length - start < 3 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
    start--;
  if (start == 0 || (unsigned char)text[start - 1] < 0xC0)
    return;
  unsigned char lead = (unsigned char)text[start - 1];
  size_t wanted = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (length - (start - 1) < wanted)
    text[start - 1] = '\0';
}

/* By way of a copy: the arguments may be text of the very error that is being filled. */
static void format_into(char *buffer, size_t size, const char *format, va_list args)
{
  char text[sizeof((struct error *)NULL)->message];
  assert(size <= sizeof text);
  int length = vsnprintf(text, size, format, args);
  if (length < 0)
    text[0] = '\0';
  else if ((size_t)length >= size)
    drop_broken_tail(text, size - 1);
  memcpy(buffer, text, strlen(text) + 1);
}

bool error_set(struct error *error, enum error_code code, const char *reason, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  format_into(error->message, sizeof error->message, format, args);
  va_end(args);
  error->code = code;
  error->reason = reason;
  error->field[0] = '\0';
  error->detail[0] = '\0';
  error->retry_ms = -1;
  error->n_metadata = 0;
  return false;
}

void error_set_field(struct error *error, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  format_into(error->field, sizeof error->field, format, args);
  va_end(args);
}

void error_set_detail(struct error *error, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  format_into(error->detail, sizeof error->detail, format, args);
  va_end(args);
}

void error_set_retry(struct error *error, int64_t retry_ms)
{
  error->retry_ms = retry_ms;
}

void error_add_metadata(struct error *error, const char *key, const char *format, ...)
{
  assert(error->n_metadata < ERROR_METADATA_MAX);
  if (error->n_metadata == ERROR_METADATA_MAX)
    return;
  struct error_metadata *entry = &error->metadata[error->n_metadata++];
  entry->key = key;
  va_list args;
  va_start(args, format);
  format_into(entry->value, sizeof entry->value, format, args);
  va_end(args);
}

const char *error_code_name(enum error_code code)
{
  static const char *const names[] = {
      [ERROR_NONE] = "OK",
      [ERROR_CANCELLED] = "CANCELLED",
      [ERROR_INVALID_ARGUMENT] = "INVALID_ARGUMENT",
      [ERROR_DEADLINE_EXCEEDED] = "DEADLINE_EXCEEDED",
      [ERROR_NOT_FOUND] = "NOT_FOUND",
      [ERROR_PERMISSION_DENIED] = "PERMISSION_DENIED",
      [ERROR_RESOURCE_EXHAUSTED] = "RESOURCE_EXHAUSTED",
      [ERROR_FAILED_PRECONDITION] = "FAILED_PRECONDITION",
      [ERROR_ABORTED] = "ABORTED",
      [ERROR_UNIMPLEMENTED] = "UNIMPLEMENTED",
      [ERROR_INTERNAL] = "INTERNAL",
      [ERROR_UNAVAILABLE] = "UNAVAILABLE",
      [ERROR_UNAUTHENTICATED] = "UNAUTHENTICATED",
  };
  if ((size_t)code >= LENGTH_OF(names) || names[code] == NULL)
    return "UNKNOWN";
  return names[code];
}

#include "planner/filter_source.h"

#include <stdio.h>

#include "planner/limits.h"

enum { EXCERPT_BYTES = 48 };

struct str filter_slice(const struct filter_source *source, size_t start, size_t end)
{
  return (struct str){source->text.data + start, end - start};
}

static bool continues_character(char c)
{
  return ((unsigned char)c & 0xC0) == 0x80;
}

size_t filter_excerpt(struct str text)
{
  if (text.len <= EXCERPT_BYTES)
    return text.len;
  size_t n = EXCERPT_BYTES;
  while (n > 0 && continues_character(text.data[n]))
    n--;
  return n;
}

bool filter_refuse(const struct filter_source *source, size_t at, const char *format, ...)
{
  char message[400];
  va_list args;
  va_start(args, format);
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  size_t character = 1;
  for (size_t i = 0; i < at && i < source->text.len; i++)
    character += !continues_character(source->text.data[i]);
  error_set(source->error, ERROR_INVALID_ARGUMENT, "INVALID_FILTER", "character %zu: %s", character, message);
  error_set_field(source->error, "%s", source->field);
  return false;
}

bool filter_too_complex(const struct filter_source *source, const char *setting, const char *noun,
                        uint64_t value, uint64_t limit)
{
  struct error *error = source->error;
  error_set(error, ERROR_INVALID_ARGUMENT, "REQUEST_TOO_COMPLEX", "the filter has more than %llu %s",
            (unsigned long long)limit, noun);
  error_set_field(error, "%s", source->field);
  limit_describe(error, limit, value, setting);
  return false;
}

#include "planner/init_text.h"

const char *text_option(const struct text_options *options, const char *path)
{
  for (size_t i = 0; i < options->n; i++)
    if (strcmp(options->items[i].path, path) == 0)
      return options->items[i].value;
  return NULL;
}

size_t text_option_count(const struct text_options *options, const char *path)
{
  size_t n = 0;
  for (size_t i = 0; i < options->n; i++)
    n += strcmp(options->items[i].path, path) == 0;
  return n;
}

static bool is_taken(const struct text_numbers *numbers, int32_t number)
{
  for (size_t i = 0; i < numbers->n; i++)
    if (numbers->items[i].first <= number && number <= numbers->items[i].last)
      return true;
  return false;
}

/* Those that protobuf keeps to itself, in messages. */
static int32_t past_reserved(int32_t number, int32_t limit)
{
  return limit == TEXT_FIELD_NUMBER_MAX && number >= 19000 && number <= 19999 ? 20000 : number;
}

int32_t text_take_number(struct text_numbers *numbers, int32_t limit, struct arena *arena)
{
  int32_t highest = 0;
  for (size_t i = 0; i < numbers->n; i++)
    if (numbers->items[i].last < limit && numbers->items[i].last > highest)
      highest = numbers->items[i].last;
  int32_t number = past_reserved(highest + 1, limit);
  if (is_taken(numbers, number))
    number = 1;
  while (is_taken(numbers, number))
    number = past_reserved(number + 1, limit);
  struct text_range range = {number, number};
  VEC_PUSH(arena, numbers, range);
  return number;
}

bool text_has_name(const struct text_names *names, const char *name)
{
  for (size_t i = 0; i < names->n; i++)
    if (strcmp(names->items[i], name) == 0)
      return true;
  return false;
}

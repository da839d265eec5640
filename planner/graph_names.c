#include "planner/graph_names.h"

#include <ctype.h>

static bool is_upper(char c)
{
  return c >= 'A' && c <= 'Z';
}

/* A word begins at a capital that follows a small letter or a digit, and at the last capital of an acronym.
 */
static bool word_begins(const char *name, size_t i)
{
  if (i == 0 || !is_upper(name[i]) || name[i - 1] == '_')
    return false;
  return !is_upper(name[i - 1]) || islower((unsigned char)name[i + 1]);
}

static const char *separate_words(struct arena *arena, const char *name, int (*letter)(int c))
{
  size_t len = strlen(name), n = 0;
  char *text = arena_alloc_bytes(arena, 2 * len + 1);
  for (size_t i = 0; i < len; i++) {
    if (word_begins(name, i))
      text[n++] = '_';
    text[n++] = (char)letter((unsigned char)name[i]);
  }
  text[n] = '\0';
  return text;
}

const char *name_snake(struct arena *arena, const char *name)
{
  return separate_words(arena, name, tolower);
}

const char *name_upper_snake(struct arena *arena, const char *name)
{
  return separate_words(arena, name, toupper);
}

static bool ends_with(const char *name, size_t len, const char *end)
{
  size_t end_len = strlen(end);
  return len > end_len && memcmp(name + len - end_len, end, end_len) == 0;
}

/* Whether the plural of a word with this ending takes "es". */
static bool takes_es(const char *name, size_t len)
{
  return ends_with(name, len, "s") || ends_with(name, len, "x") || ends_with(name, len, "z") ||
         ends_with(name, len, "ch") || ends_with(name, len, "sh");
}

const char *name_plural(struct arena *arena, const char *name)
{
  size_t len = strlen(name);
  if (ends_with(name, len, "y") && strchr("aeiou", name[len - 2]) == NULL)
    return arena_printf(arena, "%.*sies", (int)(len - 1), name);
  return arena_printf(arena, "%s%s", name, takes_es(name, len) ? "es" : "s");
}

const char *name_singular(struct arena *arena, const char *name)
{
  size_t len = strlen(name);
  if (ends_with(name, len, "ies"))
    return arena_printf(arena, "%.*sy", (int)(len - 3), name);
  if (ends_with(name, len, "es") && takes_es(name, len - 2))
    return arena_strndup(arena, name, len - 2);
  if (ends_with(name, len, "s") && !ends_with(name, len, "ss"))
    return arena_strndup(arena, name, len - 1);
  return arena_strdup(arena, name);
}

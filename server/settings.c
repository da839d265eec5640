/*
 * settings.c - flags and environment variables by one table.
 *
 * A value is taken from the most particular place that has one: default, environment, command line.
 * Everything is checked against its range where it is read, so that the message can name the flag or the
 * variable as it was written. What concerns two settings at once is checked last.
 */
#include "server/settings.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "server/claims.h"
#include "server/plan_settings.h"

enum setting_kind { KIND_TEXT, KIND_INTEGER, KIND_FLAG };

struct setting {
  const char *flag;
  size_t offset; /* in struct settings */
  enum setting_kind kind;
  const char *text; /* TEXT: default */
  int64_t fallback, low, high;
  const char *unit;
  const char *prose;
};

static const struct setting table[] = {
#define SETTING_TEXT(member, flag_, fallback_, prose_)                                                       \
  {.flag = flag_,                                                                                            \
   .offset = offsetof(struct settings, member),                                                              \
   .kind = KIND_TEXT,                                                                                        \
   .text = fallback_,                                                                                        \
   .prose = prose_},
#define SETTING_INTEGER(member, flag_, fallback_, low_, high_, unit_, prose_)                                \
  {.flag = flag_,                                                                                            \
   .offset = offsetof(struct settings, member),                                                              \
   .kind = KIND_INTEGER,                                                                                     \
   .fallback = fallback_,                                                                                    \
   .low = low_,                                                                                              \
   .high = high_,                                                                                            \
   .unit = unit_,                                                                                            \
   .prose = prose_},
#define SETTING_FLAG(member, flag_, prose_)                                                                  \
  {.flag = flag_, .offset = offsetof(struct settings, member), .kind = KIND_FLAG, .prose = prose_},
#include "server/settings.inc"
#undef SETTING_TEXT
#undef SETTING_INTEGER
#undef SETTING_FLAG
};

#define N_SETTINGS LENGTH_OF(table)
#define VARIABLE_MAX 64

/* "page-size" → "ROWAN_PAGE_SIZE" */
static void variable_name(const struct setting *setting, char ret[static VARIABLE_MAX])
{
  size_t n = (size_t)snprintf(ret, VARIABLE_MAX, "ROWAN_%s", setting->flag);
  for (size_t i = 0; i < n; i++)
    ret[i] = ret[i] == '-' ? '_' : (char)toupper((unsigned char)ret[i]);
}

/* Asking for help is for the command line alone. */
static bool has_variable(const struct setting *setting)
{
  return setting->offset != offsetof(struct settings, help);
}

static void *member_of(struct settings *settings, const struct setting *setting)
{
  return (char *)settings + setting->offset;
}

static bool parse_integer(const struct setting *setting, const char *name, const char *text, int64_t *ret,
                          struct error *error)
{
  char *end;
  errno = 0;
  long long value = strtoll(text, &end, 10);
  if (end == text || *end != '\0' || errno != 0 || value < setting->low || value > setting->high)
    return error_set(error, ERROR_INVALID_ARGUMENT, "INVALID_SETTING",
                     "%s: \"%.64s\" is not an integer from %" PRId64 " to %" PRId64 "%s%s", name, text,
                     setting->low, setting->high, setting->unit[0] != '\0' ? " " : "", setting->unit);
  *ret = value;
  return true;
}

static bool parse_flag(const char *name, const char *text, bool *ret, struct error *error)
{
  bool yes = strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
  bool no = strcmp(text, "false") == 0 || strcmp(text, "0") == 0;
  if (!yes && !no)
    return error_set(error, ERROR_INVALID_ARGUMENT, "INVALID_SETTING",
                     "%s: \"%.64s\" is neither true nor false", name, text);
  *ret = yes;
  return true;
}

static bool set_from_text(struct settings *settings, const struct setting *setting, const char *name,
                          const char *text, struct error *error)
{
  void *member = member_of(settings, setting);
  switch (setting->kind) {
  case KIND_TEXT:
    *(const char **)member = text;
    return true;
  case KIND_INTEGER:
    return parse_integer(setting, name, text, member, error);
  case KIND_FLAG:
    return parse_flag(name, text, member, error);
  }
  return true;
}

static void set_defaults(struct settings *settings)
{
  for (size_t i = 0; i < N_SETTINGS; i++) {
    void *member = member_of(settings, &table[i]);
    if (table[i].kind == KIND_TEXT)
      *(const char **)member = table[i].text;
    else if (table[i].kind == KIND_INTEGER)
      *(int64_t *)member = table[i].fallback;
    else
      *(bool *)member = false;
  }
}

/* An empty variable counts as unset, as deployment templates leave them. */
static bool set_from_environment(struct settings *settings, struct error *error)
{
  for (size_t i = 0; i < N_SETTINGS; i++) {
    char name[VARIABLE_MAX];
    variable_name(&table[i], name);
    const char *text = has_variable(&table[i]) ? getenv(name) : NULL;
    if (text != NULL && text[0] != '\0' && !set_from_text(settings, &table[i], name, text, error))
      return false;
  }
  return true;
}

struct parser {
  struct settings *settings;
  const struct command_option *options;
  size_t n_options;
  char **argv;
  int argc, next;
};

static const struct setting *find_setting(struct str flag)
{
  for (size_t i = 0; i < N_SETTINGS; i++)
    if (str_equal_text(flag, table[i].flag))
      return &table[i];
  return NULL;
}

static const struct command_option *find_option(const struct parser *parser, struct str flag)
{
  for (size_t i = 0; i < parser->n_options; i++)
    if (str_equal_text(flag, parser->options[i].flag))
      return &parser->options[i];
  return NULL;
}

static bool unknown_flag(const struct parser *parser, struct str flag, struct error *error)
{
  const char *names[N_SETTINGS + 16];
  size_t n = 0;
  for (; n < N_SETTINGS; n++)
    names[n] = table[n].flag;
  for (size_t i = 0; i < parser->n_options && n < LENGTH_OF(names); i++)
    names[n++] = parser->options[i].flag;
  const char *nearest = str_nearest(flag, names, n);
  return error_set(error, ERROR_INVALID_ARGUMENT, "UNKNOWN_FLAG", "unknown flag --%.*s%s%s%s", (int)flag.len,
                   flag.data, nearest == NULL ? "" : "; did you mean --", nearest == NULL ? "" : nearest,
                   nearest == NULL ? "" : "?");
}

/* The value after "=", or the next argument. */
static bool take_value(struct parser *parser, struct str flag, const char *equals, const char **ret,
                       struct error *error)
{
  if (equals != NULL)
    *ret = equals + 1;
  else if (parser->next < parser->argc)
    *ret = parser->argv[parser->next++];
  else
    return error_set(error, ERROR_INVALID_ARGUMENT, "INVALID_SETTING", "--%.*s needs a value", (int)flag.len,
                     flag.data);
  return true;
}

static bool add_value(struct parser *parser, const struct command_option *option, struct str flag,
                      const char *equals, struct error *error)
{
  struct command_values *values = option->values;
  if (values->n == COMMAND_VALUES_MAX)
    return error_set(error, ERROR_INVALID_ARGUMENT, "INVALID_SETTING", "--%.*s is given more than %d times",
                     (int)flag.len, flag.data, COMMAND_VALUES_MAX);
  return take_value(parser, flag, equals, &values->items[values->n++], error);
}

static bool parse_argument(struct parser *parser, const char *argument, struct error *error)
{
  const char *equals = strchr(argument, '=');
  struct str flag = str_from(argument + 2);
  if (equals != NULL)
    flag.len = (size_t)(equals - flag.data);
  const struct command_option *option = find_option(parser, flag);
  if (option != NULL && option->value != NULL)
    return take_value(parser, flag, equals, option->value, error);
  if (option != NULL && option->values != NULL)
    return add_value(parser, option, flag, equals, error);
  if (option != NULL) {
    const char *text = equals != NULL ? equals + 1 : "true";
    return parse_flag(argument, text, option->given, error);
  }
  const struct setting *setting = find_setting(flag);
  if (setting == NULL)
    return unknown_flag(parser, flag, error);

  const char *value = "true";
  if ((setting->kind != KIND_FLAG || equals != NULL) && !take_value(parser, flag, equals, &value, error))
    return false;
  char name[VARIABLE_MAX];
  snprintf(name, sizeof(name), "--%s", setting->flag);
  return set_from_text(parser->settings, setting, name, value, error);
}

static bool set_from_arguments(struct parser *parser, int *ret_n_positional, struct error *error)
{
  int n_positional = 0;
  bool flags_end = false;
  while (parser->next < parser->argc) {
    char *argument = parser->argv[parser->next++];
    if (!flags_end && strcmp(argument, "--") == 0)
      flags_end = true;
    else if (!flags_end && strcmp(argument, "-h") == 0)
      parser->settings->help = true;
    else if (flags_end || argument[0] != '-' || argument[1] == '\0')
      parser->argv[1 + n_positional++] = argument;
    else if (argument[1] != '-')
      return error_set(error, ERROR_INVALID_ARGUMENT, "UNKNOWN_FLAG",
                       "unknown flag %.64s; flags begin with --", argument);
    else if (!parse_argument(parser, argument, error))
      return false;
  }
  *ret_n_positional = n_positional;
  return true;
}

bool settings_parse(struct settings *settings, int argc, char **argv, const struct command_option *options,
                    size_t n_options, char ***ret_positional, int *ret_n_positional, struct error *error)
{
  set_defaults(settings);
  if (!set_from_environment(settings, error))
    return false;
  struct parser parser = {settings, options, n_options, argv, argc, 1};
  if (!set_from_arguments(&parser, ret_n_positional, error))
    return false;
  *ret_positional = argv + 1;
  if (settings->page_size > settings->max_page_size)
    return error_set(error, ERROR_INVALID_ARGUMENT, "INVALID_SETTING",
                     "page-size (%" PRId64 ") exceeds max-page-size (%" PRId64 ")", settings->page_size,
                     settings->max_page_size);
  if (settings->introspect && settings->descriptor_set[0] != '\0')
    return error_set(error, ERROR_INVALID_ARGUMENT, "INVALID_SETTING",
                     "introspect and descriptor-set (\"%.64s\") exclude each other",
                     settings->descriptor_set);
  return plan_settings_check(settings, error) && claims_header_check(settings->claims_header, error);
}

#define HELP_WIDTH 100
#define HELP_INDENT 6

/* Words of `text`, broken into indented lines. */
static void add_wrapped(struct strbuf *out, const char *text)
{
  size_t column = 0;
  while (*text != '\0') {
    size_t len = strcspn(text, " ");
    if (column == 0 || column + 1 + len > HELP_WIDTH) {
      strbuf_printf(out, "%s%*s", column == 0 ? "" : "\n", HELP_INDENT, "");
      column = HELP_INDENT;
    } else {
      strbuf_putc(out, ' ');
      column++;
    }
    strbuf_add(out, text, len);
    column += len;
    text += len + strspn(text + len, " ");
  }
  strbuf_putc(out, '\n');
}

static void add_setting(struct strbuf *out, const struct setting *setting)
{
  char variable[VARIABLE_MAX];
  variable_name(setting, variable);
  strbuf_printf(out, "  --%s", setting->flag);
  const char *space = setting->unit != NULL && setting->unit[0] != '\0' ? " " : "";
  if (setting->kind == KIND_TEXT)
    strbuf_printf(out, " TEXT%s%s%s", setting->text[0] != '\0' ? "  (default " : "", setting->text,
                  setting->text[0] != '\0' ? ")" : "");
  else if (setting->kind == KIND_INTEGER)
    strbuf_printf(out, " N  (default %" PRId64 "%s%s, from %" PRId64 " to %" PRId64 ")", setting->fallback,
                  space, setting->unit, setting->low, setting->high);
  if (has_variable(setting))
    strbuf_printf(out, "  [%s]", variable);
  strbuf_putc(out, '\n');
  add_wrapped(out, setting->prose);
}

void settings_help(const struct command_option *options, size_t n_options, struct strbuf *ret)
{
  for (size_t i = 0; i < n_options; i++) {
    strbuf_printf(ret, "  --%s%s\n", options[i].flag, options[i].given == NULL ? " TEXT" : "");
    add_wrapped(ret, options[i].prose);
  }
  for (size_t i = 0; i < N_SETTINGS; i++)
    add_setting(ret, &table[i]);
}

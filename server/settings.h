/*
 * settings.h - every setting, written once (settings.inc): name, type, default, range, unit, prose.
 *
 * The command line (--page-size 50), the environment (ROWAN_PAGE_SIZE=50), --help and the reference in the
 * documentation are made from the one table.  The command line wins over the environment.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

struct settings {
#define SETTING_TEXT(member, flag, fallback, prose) const char *member;
#define SETTING_INTEGER(member, flag, fallback, low, high, unit, prose) int64_t member;
#define SETTING_FLAG(member, flag, prose) bool member;
#include "server/settings.inc"
#undef SETTING_TEXT
#undef SETTING_INTEGER
#undef SETTING_FLAG
};

#define COMMAND_VALUES_MAX 64

/* What a flag that may be given again and again was given, in that order. */
struct command_values {
  const char *items[COMMAND_VALUES_MAX];
  size_t n;
};

/* A flag that only one command takes, and only from the command line: explain's --read-mask. */
struct command_option {
  const char *flag;
  const char **value; /* set where the flag is given; NULL for a flag without text */
  const char *prose;
  bool *given;                   /* of a flag without text: set to true where it is given */
  struct command_values *values; /* of a flag that may be repeated; `value` is NULL then */
};

/* Defaults, then ROWAN_… variables, then the flags of argv (from argv[1] on).  Positional arguments are
 * collected into *ret_positional (of *ret_n_positional), an array inside argv, which is reordered for it.
 * Texts point into argv and the environment.  INVALID_ARGUMENT names the flag or the variable, the value and
 * the range. */
NODISCARD bool settings_parse(struct settings *settings, int argc, char **argv,
                              const struct command_option *options, size_t n_options, char ***ret_positional,
                              int *ret_n_positional, struct error *error);

/* The table as --help prints it; the command's own options first. */
void settings_help(const struct command_option *options, size_t n_options, struct strbuf *ret);

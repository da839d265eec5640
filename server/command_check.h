/*
 * command_check.h - rowan check: every disagreement between a descriptor set and a database, at once.
 */
#pragma once

#include "server/settings.h"

struct check_arguments {
  const char *against; /* an older descriptor set; NULL when the flag was not given */
};

/* Prints problems and a summary to stdout, then what would break clients of the older set; 0 when none is an
 * error and nothing breaks, else 1. */
int command_check(const struct settings *settings, const struct check_arguments *arguments);

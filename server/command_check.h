/*
 * command_check.h - rowan check: every disagreement between a descriptor set and a database, at once.
 */
#pragma once

#include "server/settings.h"

/* Prints problems and a summary to stdout; 0 when none is an error, else 1. */
int command_check(const struct settings *settings);

/*
 * command_init.h - rowan init: .proto files for a database that is there already.
 */
#pragma once

#include "server/settings.h"

/* Beside the settings that introspection has as well. */
struct init_arguments {
  const char *out; /* NULL where it was not given */
  bool update;
};

/* Writes the files and names them on stdout, with notes on stderr; 0 on success, 1 with the reason on stderr.
 */
int command_init(const struct settings *settings, const struct init_arguments *arguments);

/*
 * command_init.h - rowan init: .proto files for a database that is there already.
 */
#pragma once

#include "server/settings.h"

/* Texts may be NULL where the flag was not given. */
struct init_arguments {
  const char *schemas, *tables; /* comma-separated */
  const char *references;       /* comma-separated */
  const char *package;
  const char *out;
  bool no_reverse, update;
};

/* Writes the files and names them on stdout, with notes on stderr; 0 on success, 1 with the reason on stderr.
 */
int command_init(const struct settings *settings, const struct init_arguments *arguments);

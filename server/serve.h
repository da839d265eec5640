/*
 * serve.h - the server's life, from its settings to its exit code.
 */
#pragma once

#include "server/settings.h"

/* Serves until SIGTERM or SIGINT, then lets calls under way end.  0 after a clean drain, 1 when it could not
 * start. */
int serve_run(const struct settings *settings);

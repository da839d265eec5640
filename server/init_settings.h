/*
 * init_settings.h - the settings of `rowan init` and of introspection, as the planner takes them.
 */
#pragma once

#include "planner/init.h"
#include "server/settings.h"

/* `database` names the package where no setting does.  INVALID_ARGUMENT, reason INVALID_SETTING, for a
 * package that is none.  What *ret points to is the arena's. */
NODISCARD bool init_settings_options(const struct settings *settings, const char *database,
                                     struct arena *arena, struct init_options *ret, struct error *error);

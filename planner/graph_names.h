/*
 * graph_names.h - how names in .proto files and names in databases correspond: events.v1.UserGroup is
 * user_groups.
 */
#pragma once

#include "base/arena.h"
#include "base/str.h"

/* "UserGroup" → "user_group", "HTTPMethod" → "http_method". */
const char *name_snake(struct arena *arena, const char *name);

/* The same in capitals: what an enum's values begin with, before the underscore. */
const char *name_upper_snake(struct arena *arena, const char *name);

/* "event" → "events", "box" → "boxes", "city" → "cities". */
const char *name_plural(struct arena *arena, const char *name);

/* The way back; a name that is no plural stays as it is. */
const char *name_singular(struct arena *arena, const char *name);

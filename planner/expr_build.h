/*
 * expr_build.h - conditions made from conditions.
 */
#pragma once

#include "base/arena.h"
#include "planner/expr.h"

/* a AND b, a OR b, in `arena`; the children are shared, not copied.  expr_and takes NULL as true. */
const struct expr *expr_and(const struct expr *a, const struct expr *b, struct arena *arena);
const struct expr *expr_or(const struct expr *a, const struct expr *b, struct arena *arena);

/* A deep copy, but for what belongs to the graph (relations, columns, types).  NULL gives NULL. */
struct expr *expr_copy(const struct expr *expr, struct arena *arena);

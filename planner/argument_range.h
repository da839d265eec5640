/*
 * argument_range.h - ranges in filters and requests.
 */
#pragma once

#include "planner/expr.h"

/* Whether the text is meant as a range, and not as a value in one. */
bool range_is_literal(struct str text);

/* "[a,b)" with any brackets, either bound left out or in double quotes; "empty".  Each bound must be of the
 * form that its type has in filters.  *ret is what Postgres reads.  On failure *ret_expected says what would
 * do. */
NODISCARD bool range_rewrite(struct str text, const struct catalog_type *type, struct arena *arena,
                             struct str *ret, const char **ret_expected);

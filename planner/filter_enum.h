/*
 * filter_enum.h - names of an enum's values in filters.
 */
#pragma once

#include "planner/filter_value.h"

/* Whether its values are named by an enum: a Postgres enum, or a column shown by a field that is one. */
bool filter_target_is_enum(const struct filter_target *target);

/* What the value that the literal names is called in the database, as the target's type takes it or
 * (*ret_folded) as the target's texts fold to.  A label of the database stands for its value too. */
NODISCARD bool filter_enum_label(const struct filter_scope *scope, const struct filter_target *target,
                                 const struct filter_literal *literal, struct str *ret, bool *ret_folded);

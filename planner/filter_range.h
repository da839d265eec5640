/*
 * filter_range.h - comparisons with ranges.
 */
#pragma once

#include "planner/filter_member.h"

/* Whether the type is a range or holds several. */
bool filter_is_range(const struct catalog_type *type);

/* For a target that is one: `range:value` and `range:"[a,b)"` hold where the range contains it, = and !=
 * where ranges are equal. */
NODISCARD bool filter_compare_range(const struct filter_scope *scope, const struct filter_target *target,
                                    struct filter_comparator comparator, const struct filter_term *right,
                                    struct expr **ret);

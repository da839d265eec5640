/*
 * filter_compare.h - `target comparator literals` as a condition.
 */
#pragma once

#include "planner/filter_value.h"

/* For a target that has a value, no relation. */
NODISCARD bool filter_compare(const struct filter_scope *scope, const struct filter_target *target,
                              struct filter_comparator comparator, const struct filter_term *right,
                              struct expr **ret);

/* Whether the term is the bare star of x:*. */
bool filter_is_star(const struct filter_source *source, const struct filter_term *term);

/* Whether values of the type can be told from each other. */
bool filter_has_operators(const struct catalog_type *type);

struct expr *filter_not(struct expr *expr, struct arena *arena);

/* Any of n > 0 conditions. */
struct expr *filter_or(struct expr **items, size_t n, struct arena *arena);

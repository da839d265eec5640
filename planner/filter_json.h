/*
 * filter_json.h - comparisons with what lies inside json.
 */
#pragma once

#include "planner/filter_member.h"

/* The SQL of "some text that the path %2 leads to in %1 is like %3", where the text stands between before and
 * after. */
#define FILTER_JSON_LIKE(before, after)                                                                      \
  "EXISTS (SELECT 1 FROM pg_catalog.jsonb_path_query(%1, %2, '{}', true) AS v (item)"                        \
  " WHERE pg_catalog.jsonb_typeof(v.item) = 'string' AND " before "(v.item #>> '{}')" after " LIKE %3)"

bool filter_is_json(const struct catalog_type *type);

/* For a target with keys. */
NODISCARD bool filter_compare_json(const struct filter_scope *scope, const struct filter_target *target,
                                   struct filter_comparator comparator, const struct filter_term *right,
                                   struct expr **ret);

/*
 * filter_bind.h - a filter's syntax as a condition on the graph.
 */
#pragma once

#include "planner/filter_parser.h"
#include "planner/filter_scope.h"

NODISCARD bool filter_bind(const struct filter_scope *scope, const struct filter_node *node,
                           struct expr **ret);

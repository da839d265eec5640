/*
 * filter_scope.h - where names are looked up while a filter meets the graph.
 */
#pragma once

#include "planner/filter.h"
#include "planner/filter_source.h"

/* The resource of the filter, or inside exists() the one that its relation leads to. */
struct filter_scope {
  const struct filter_source *source;
  const struct filter_context *context;
  const struct graph_resource *resource;
  const struct catalog_table *through; /* as filter_context.through; NULL inside exists() */
};

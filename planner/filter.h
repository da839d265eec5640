/*
 * filter.h - the filter language, AIP-160's grammar (https://google.aip.dev/160), typed against the graph.
 *
 * One language for annotations and requests.  Annotations may also name what is no field:
 * column('deleted_at') and through('rank'), and compare with claim('tenant_id'), which is the caller's; their
 * literals are inlined, requests' literals become arguments.
 *
 * OR binds tighter than AND; juxtaposition is AND; NOT and - are the same.  x:* asks whether x is set,
 * visible or not empty; a field behind a to-many is reached with : or exists() only.  `x = (1 OR 2)` is
 * any-of.  * in a string is a wildcard, \* a star.  Bare literals are refused.  Functions are the rows of
 * filter_functions.c; json.key goes inside json (filter_json.c), range:value inside ranges (filter_range.c).
 */
#pragma once

#include "base/error.h"
#include "planner/argument.h"
#include "planner/expr.h"
#include "planner/graph.h"
#include "planner/limits.h"

enum filter_origin { FILTER_OF_ANNOTATION, FILTER_OF_REQUEST };

struct filter_context {
  const struct graph *graph;
  const struct graph_resource *resource; /* whose fields the filter names */
  const struct catalog_table *through;   /* the junction that through('…') names; NULL when there is none */
  enum filter_origin origin;
  const struct planner_limits *limits; /* NULL: the defaults */
  const char *field;                   /* the request field for errors, "filter" */
  struct arena *arena;                 /* owns the result */
  struct arguments *arguments;         /* FILTER_OF_REQUEST: literals are appended here */
  struct graph_claims *claims;         /* FILTER_OF_ANNOTATION: claims are interned here */
};

/* An empty or blank text gives *ret_expr = NULL: no condition.  Errors are INVALID_ARGUMENT, reason
 * INVALID_FILTER (REQUEST_TOO_COMPLEX over a limit), with the offset and what was expected. */
NODISCARD bool filter_parse(struct str text, const struct filter_context *context, struct expr **ret_expr,
                            struct error *error);

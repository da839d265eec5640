/*
 * request_mask.h - the one field mask of a request, out of the three places where it may stand.
 *
 *   read_mask          a field of the request: paths relative to the resource
 *   rowan-read-mask    a header: the same as text, separated by commas
 *   x-goog-fieldmask   a header: relative to the response, so that a list's paths begin with its items field
 *
 * An empty mask is none.  Several may stand together when they select the same.
 */
#pragma once

#include "base/arena.h"
#include "planner/graph.h"
#include "planner/limits.h"
#include "planner/selection.h"
#include "proto/request.h"

struct mask_headers {
  struct str read_mask, google_field_mask; /* empty where the header is absent */
};

/* *ret has no path when no mask stands anywhere.  INVALID_ARGUMENT, reason INVALID_MASK, for masks that
 * differ. */
NODISCARD bool request_mask(const struct graph *graph, const struct graph_method *method,
                            const struct message_value *request, const struct mask_headers *headers,
                            const struct planner_limits *limits, struct arena *arena, struct mask *ret,
                            struct error *error);

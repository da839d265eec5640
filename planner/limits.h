/*
 * limits.h - what a request may ask of the planner.  Filled from the settings; the defaults stand there.
 */
#pragma once

#include <stdint.h>

#include "base/error.h"

struct planner_limits {
  uint32_t mask_paths; /* paths in one mask */
  uint32_t mask_depth; /* segments in one path */
  uint32_t mask_nodes; /* relations selected in all */
  uint32_t filter_bytes;
  uint32_t filter_terms;
  uint32_t filter_depth;
};

/* Adds to a REQUEST_TOO_COMPLEX what a client needs to mend the request, and an operator to allow it. */
void limit_describe(struct error *error, uint64_t limit, uint64_t value, const char *setting);

#define PLANNER_LIMITS_DEFAULT                                                                               \
  ((struct planner_limits){.mask_paths = 200,                                                                \
                           .mask_depth = 10,                                                                 \
                           .mask_nodes = 50,                                                                 \
                           .filter_bytes = 16384,                                                            \
                           .filter_terms = 200,                                                              \
                           .filter_depth = 32})

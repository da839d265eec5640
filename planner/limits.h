/*
 * limits.h - what a request may ask of the planner.  Filled from the settings; the defaults stand there.
 */
#pragma once

#include <stdint.h>

struct planner_limits {
  uint32_t mask_paths; /* paths in one mask */
  uint32_t mask_depth; /* segments in one path */
  uint32_t mask_nodes; /* relations selected in all */
  uint32_t filter_bytes;
  uint32_t filter_terms;
  uint32_t filter_depth;
};

#define PLANNER_LIMITS_DEFAULT                                                                               \
  ((struct planner_limits){.mask_paths = 200,                                                                \
                           .mask_depth = 10,                                                                 \
                           .mask_nodes = 50,                                                                 \
                           .filter_bytes = 16384,                                                            \
                           .filter_terms = 200,                                                              \
                           .filter_depth = 32})

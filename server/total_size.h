/*
 * total_size.h - how many resources a list has over all pages, from what its plan brought.
 */
#pragma once

#include "planner/plan.h"
#include "storage/rows.h"

/* The page at hand. */
struct total_page {
  uint64_t skipped;
  uint64_t n;
  bool more;
  bool after_cursor;
};

/* A count as it is.  An estimate is never less than what this page proves, and is exact where the page holds
 * everything.  0 for a plan without a total. */
int64_t total_size(const struct plan *plan, const struct fetch_rows *fetches, struct total_page page);

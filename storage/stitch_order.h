/*
 * stitch_order.h - the rows of each group in the order of their fetch, where the database was not asked for
 * it.
 *
 * Each group's chain is cut into runs that are in order already, and those are merged two by two.  A chain
 * that came in order, as most do, is one run and costs one comparison of neighbours for each row.  What comes
 * in any other order costs O(n log n), with neither recursion nor memory.  Equal rows stay as they came.
 */
#pragma once

#include "planner/plan.h"
#include "storage/rows.h"

/* By fetch->sort_terms.  The chains are there, and remain chains from the last row to the first. */
void stitch_order(const struct plan_fetch *fetch, struct fetch_rows *fetch_rows);

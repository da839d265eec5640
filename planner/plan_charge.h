/*
 * plan_charge.h - how many rows Postgres may have to read for a plan: what a limit is held against before any
 * query.
 *
 * Rows by statistics and fan-out, level by level.  What no index serves is charged with the rows of the table
 * that is scanned.  Charged is what a request asks for: a filter, an order or a count that is declared is
 * the operator's choice, and costs every request the same.
 */
#pragma once

#include "planner/plan.h"

/* The plan's fetches must be complete. */
double plan_charge(const struct plan_request *request, const struct plan *plan);

/*
 * plan_sort.h - who puts a list in order: the database, or Rowan when it hangs the rows on their parents.
 *
 * Rows find their parents by hash, so of what an ORDER BY does only the order within each parent's list is of
 * use, and such lists are short.  To put all rows of all lists in order the database would sort them by
 * (parent, term, …): a join by hash gives up whatever order there was.
 */
#pragma once

#include "planner/plan_fetch.h"

/* Once the fetch's users are known: sets its sort_terms where Rowan can put its lists in order. */
void plan_sort(struct plan_builder *builder, struct fetch_build *fetch);

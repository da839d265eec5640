/*
 * stitch.h - which child row belongs to which parent row, by hash of the link key.
 *
 * A group is a distinct not-NULL link key of the parent's rows, numbered in order of first appearance.  The
 * groups' keys are what a keyed statement is sent with, so a child's ordinal is its group's number plus one.
 *
 * In a tree the rows have groups below them as well, in the same numbering behind the parents'.
 *
 * A parent's row whose oneof has another member has no group.
 *
 * Keys are compared bytewise, except integers: int2, int4 and int8 compare by value, since a foreign key may
 * be narrower than the key it refers to.
 */
#pragma once

#include "planner/plan.h"
#include "storage/rows.h"

struct stitch_groups {
  size_t n;                 /* groups */
  unsigned n_columns;       /* of the key */
  struct cell **keys;       /* by part: n cells; they point where the parent's cells do */
  int32_t *group_of_parent; /* by parent row; ROW_NONE where a part of the key is NULL */
  uint32_t *slots;          /* open addressing: group + 1, 0 is free; mask + 1 entries */
  uint32_t mask;
  bool *integers; /* by part: compared by value */
};

/* Finds the groups of `parent` for `fetch`, which is not the root. */
void stitch_groups(const struct plan_fetch *fetch, const struct rows *parent, struct arena *arena,
                   struct stitch_groups *ret);

/* Fills the members of *fetch_rows beside `rows`.  A row that belongs to no group is left out of every chain.
 * The rows of a group are in the order in which they came, or in the fetch's own. */
void stitch_rows(const struct plan_fetch *fetch, const struct stitch_groups *groups, struct arena *arena,
                 struct fetch_rows *fetch_rows);

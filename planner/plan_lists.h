/*
 * plan_lists.h - which rows a relation stands for in a plan: what is declared and what the request adds.
 */
#pragma once

#include "planner/list_arguments.h"
#include "planner/plan.h"

/* The rows of a relation under its parent.  Equal for a list and its has_more: compared by pointer. */
struct plan_list {
  const struct graph_relation *relation;
  const struct list_arguments *arguments; /* NULL: as declared */
  const struct expr *filter;              /* declared and requested; NULL when there is none */
  const struct order *order;
  uint32_t limit; /* rows a parent; 0: all */
  uint32_t depth; /* levels, where the relation recurs; else 0 */
  struct plan_cursor cursor;
};

struct plan_lists {
  struct arena *arena; /* the plan's: everything of the request is copied there */
  struct plan_list **items;
  size_t n, cap;
};

/* `item` selects the relation, or the has_more or token of its list. */
const struct plan_list *plan_list_of(struct plan_lists *lists, const struct graph_relation *relation,
                                     const struct selection_item *item);

/* Whether the rows of `b` can come with those of a fetch opened for `a`.  A limit counts after the filter, so
 * limited lists share only when all else is the same too. */
bool plan_list_can_share(const struct plan_list *a, const struct plan_list *b);

/* How the limit is kept for about n_parents parents. */
enum plan_limiting plan_list_limiting(const struct plan_list *list, double n_parents);

/* Whether a filter of the request takes part in some list, and whether some list goes on after a cursor. */
bool plan_lists_filter(const struct plan_lists *lists);
bool plan_lists_have_pattern(const struct plan_lists *lists);
bool plan_lists_go_on(const struct plan_lists *lists);

/* A deep copy, but for what belongs to the graph. */
struct order plan_copy_order(const struct order *order, struct arena *arena);

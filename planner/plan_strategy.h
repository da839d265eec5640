/*
 * plan_strategy.h - which of the equivalent ways a relation is fetched, and why.
 */
#pragma once

#include "planner/plan.h"

/* A choice and the words that explain shows for it. */
struct to_one_choice {
  bool join;
  const char *reason; /* in the arena given */
};

struct to_many_choice {
  enum plan_strategy strategy;
  const char *reason;
};

/* Rows that the rules reckon with for a page, whatever its size: were they to follow page_size, the number of
 * statements would change with it. */
#define PLAN_NOMINAL_PAGE 50.0

/* The same for a stream, where all but the first chunks are as large as memory allows. */
#define PLAN_NOMINAL_CHUNK 5000.0

/* `n_rows` refer to a target of which `selection` is wanted. */
struct to_one_choice choose_to_one(const struct graph_relation *relation, const struct selection *selection,
                                   double n_rows, enum plan_pin_to_one pin, struct arena *arena);

/* `under_root`: the parent's rows are the root's own, so the root's query can be embedded.  `asked`: and they
 * are those of this unique key's values that the request names, and nothing but the key decides; else NULL.
 */
struct to_many_choice choose_to_many(const struct graph_link *link, bool under_root,
                                     const struct graph_lookup *asked, enum plan_pin_to_many pin);

/* How `link`'s children are fetched by their parents' keys: PLAN_KEYS, or PLAN_KEYS_ORDINAL where bytes do
 * not tell. */
enum plan_strategy keys_strategy(const struct graph_link *link);

/* Whether the keys on both sides are equal exactly when their bytes are (integers: their values). */
bool link_compares_by_bytes(const struct graph_link *link);
/* A column that spoils it; NULL when none does. */
const struct catalog_column *link_inexact_column(const struct graph_link *link);

/* How a limit per parent is kept for about n_parents parents. */
enum plan_limiting choose_limiting(const struct graph_link *link, const struct order *order,
                                   double n_parents);

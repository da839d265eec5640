/*
 * explain_nodes.h - the messages of an answer as a tree, each with the fetch that its row comes from.
 */
#pragma once

#include "planner/plan.h"

struct explain_node {
  const char *path;   /* field names from the root, "attendees.organization"; "" for the root */
  const char *branch; /* the tree's lines left of it, and its name */
  unsigned fetch;     /* index in plan->fetches */
  bool introduces;    /* the fetch stands here first: its figures are this node's */
  const char *how;    /* "keys: organizations" */
  const char *reason; /* why so; NULL where there was nothing to choose */
};

struct explain_nodes {
  struct explain_node *items;
  size_t n, cap;
};

/* Depth first, in the order of the fields, the root first; the number of all resources last, where the plan
 * has one.  Texts are in the arena or the plan. */
void explain_nodes(const struct plan *plan, struct arena *arena, struct explain_nodes *ret);

/* The names of the caller's claims that the statements are bound to, each once. */
struct explain_claims {
  const char *names[GRAPH_CLAIMS_MOST];
  size_t n;
};
struct explain_claims explain_claims(const struct plan *plan);

/* "embed root" … */
const char *explain_strategy_name(enum plan_strategy strategy);

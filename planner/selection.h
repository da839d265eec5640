/*
 * selection.h - a field mask, resolved: which fields of which resources a request wants.
 *
 * Paths are relative to the resource, in proto or JSON names.  `*` means every field that is no relation; a
 * path that ends at a relation means its target's default mask, else its `*` (inside a default mask: its
 * `*`).  No mask, or an empty one, means the method's default mask, else the resource's, else `*`.  `a.b`
 * goes through repeated fields and `a.*.b` is `a.b`; overlapping paths are united; the order of paths never
 * matters.  Selecting a to-many field selects its has_more and next_page_token.  Rules: AIP-157 and AIP-161,
 * except where CONTRACT says so above.
 */
#pragma once

#include "base/error.h"
#include "planner/graph.h"
#include "planner/limits.h"

struct list_arguments; /* planner/list_arguments.h */

struct selection_item {
  const struct graph_field *field;
  struct selection *child; /* of a relation or an embedded message; NULL for other fields */
  /* A relation to its own kind, so many levels deep: `child` stands for each of them.  Its has_more alike. */
  uint32_t depth;
  bool again; /* the relation that this selection is a level of (or its has_more), one level further down */
  const struct list_arguments *arguments; /* of a list, its has_more and token; NULL: as declared */
};

struct selection {
  const struct graph_resource *resource;
  struct selection_item *items; /* by field number, each field once */
  size_t n_items;
};

struct mask {
  const struct str *paths;
  size_t n_paths;
  const char *field; /* for errors: "read_mask.paths", the header's name … */
};

/* INVALID_ARGUMENT, reason INVALID_MASK: error field "read_mask.paths[2]", the message names the segment that
 * does not resolve and the nearest field.  UNAVAILABLE, SCHEMA_DRIFT for a field that is declared and does
 * not fit the database.  REQUEST_TOO_COMPLEX over a limit. */
NODISCARD bool selection_build(const struct graph *graph, const struct graph_method *method,
                               const struct mask *mask, const struct planner_limits *limits,
                               struct arena *arena, struct selection **ret_selection, struct error *error);

/* The same without a method, for a default mask's check and for tests. */
NODISCARD bool selection_build_for(const struct graph *graph, const struct graph_resource *resource,
                                   const struct mask *mask, const struct planner_limits *limits,
                                   struct arena *arena, struct selection **ret_selection,
                                   struct error *error);

/* "id,name,creator{id,username}": equal for equal selections; appended to `ret`. */
void selection_fingerprint(const struct selection *selection, struct strbuf *ret);

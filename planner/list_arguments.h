/*
 * list_arguments.h - what a request says of its nested lists: filter, order, page size and position for each
 * path.
 *
 * Arguments shape what a parent's list holds; which parents come and what is counted never depends on them.
 * The request's filter is added to the declared one, its order takes the place of the declared one, its page
 * size is kept within the declared most.
 *
 * Lists are in the order of their paths, whatever order they came in, so that equal requests share a plan.
 */
#pragma once

#include "base/error.h"
#include "planner/graph.h"
#include "planner/limits.h"

/* One list's arguments as they came. */
struct list_request {
  struct str path; /* "attendees.orders", in proto or JSON names */
  struct str filter, order_by;
  int64_t page_size, max_depth;
};

/* The same against the graph. */
struct list_arguments {
  const char *path; /* in proto names */
  const char *name; /* relation_arguments["attendees"], for errors */
  unsigned index;   /* among the request's lists */
  size_t request;   /* which of the requests this was */
  const struct graph_field **steps;
  size_t n_steps;            /* the last one is the list */
  const struct expr *filter; /* the request's alone; NULL when there is none */
  const struct order *order;
  uint32_t limit; /* rows a parent; 0: all */
  uint32_t depth; /* levels of a recursive relation; 0: as declared */

  /* Where the list goes on: behind the values that stand among the request's arguments, one for each term of
   * the order that is not NULL there. */
  bool after_cursor;
  uint64_t cursor_nulls;
  unsigned first_cursor_argument;
};

struct selection;

/* Rows a parent's list has when the request does not say; 0: all. */
uint32_t list_default_limit(const struct graph_relation *relation);

/* Resolves `n` requests for lists below `resource`; `field` is the request's, "relation_arguments".  Literals
 * of filters are appended to `arguments`.  INVALID_ARGUMENT naming field["path"] and its member. */
NODISCARD bool list_arguments_resolve(const struct graph *graph, const struct graph_resource *resource,
                                      const char *field, const struct list_request *requests, size_t n,
                                      const struct planner_limits *limits, struct arena *arena,
                                      struct arguments *arguments, struct list_arguments **ret,
                                      struct error *error);

/* Hangs the lists on the items that select them, and on their has_more and token.  INVALID_ARGUMENT where a
 * path is not selected.  The selection refers to `lists` from then on. */
NODISCARD bool list_arguments_apply(const struct list_arguments *lists, size_t n, struct selection *selection,
                                    struct error *error);

/* Equal for lists that differ in argument values only; appended to `ret`. */
void list_arguments_fingerprint(const struct list_arguments *list, struct strbuf *ret);

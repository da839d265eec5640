/*
 * request_lists.h - what a request says of nested lists, and the tokens with which such a list goes on.
 *
 * A list's token holds its parent's key and the order terms' values of the last row that was shown.  It is
 * bound to the parent's resource and the claims that it depends on, the list, the filter and the order, not
 * to the method: wherever the list was met, a Get (or a BatchGet of one) of its parent goes on with it.
 * Whether the parent that was asked for is the token's is known when its row is there.
 */
#pragma once

#include "planner/list_arguments.h"
#include "planner/plan.h"
#include "server/claims.h"
#include "server/page_token.h"

struct request_list {
  struct str filter;             /* as it came */
  const struct cell *parent_key; /* that the token is for; NULL without a token */
};

struct request_lists {
  struct list_arguments *items;  /* in the order of their paths */
  struct request_list *requests; /* parallel */
  size_t n;
};

struct request_lists_context {
  const struct graph *graph;
  const struct graph_method *method;
  const struct planner_limits *limits;
  const struct page_token_keys *token_keys;
  const struct bound_claims *claims; /* tokens are bound to theirs */
  bool one_parent;                   /* one resource is asked for by its key: tokens are accepted */
};

/* Values that statements need are appended to `arguments`. */
NODISCARD bool request_lists_read(const struct request_lists_context *context,
                                  const struct message_value *request, struct arena *arena,
                                  struct arguments *arguments, struct request_lists *ret,
                                  struct error *error);

/* Whether the root's row `row` is the parent that the tokens are for: INVALID_PAGE_TOKEN where not. */
NODISCARD bool request_lists_check_parent(const struct request_lists *lists, const struct plan *plan,
                                          const struct rows *rows, size_t row, struct error *error);

/* Appends what plans are found by. */
void request_lists_shape(const struct request_lists *lists, struct strbuf *ret);

/* The token of a list that was cut: `slot` is the token's, `parent` a row of its shape's fetch, `last` the
 * last row that was shown. */
const char *request_list_token(const struct request_lists *lists, const struct page_token_keys *keys,
                               const struct bound_claims *claims, const struct plan_slot *slot,
                               const struct cell *parent, const struct cell *last, struct arena *arena);

/* Appends an order so that different orders give different bytes. */
void token_add_order(const struct order *order, struct strbuf *ret);

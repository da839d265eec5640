/*
 * request_binding.h - a request, understood: which rows and which fields it asks for, in the planner's terms.
 *
 * Knows nothing of gRPC: a request is a message read by its descriptor and the few headers that count.
 * Everything a binding holds lies in the arena it was made with, or in the graph.
 */
#pragma once

#include "base/arena.h"
#include "planner/plan.h"
#include "server/claims.h"
#include "server/page_token.h"
#include "server/request_keys.h"
#include "server/request_lists.h"
#include "server/request_mask.h"
#include "server/settings.h"

struct binding_context {
  const struct graph *graph; /* outlives the binding, as all of this does */
  const struct graph_method *method;
  const struct settings *settings;
  const struct planner_limits *limits;
  const struct page_token_keys *token_keys;
  struct mask_headers headers;
  const struct claims *claims; /* the caller's; NULL for none */
  /* To explain a request that is not run: */
  bool without_keys;   /* none are given: the method's first lookup */
  bool without_claims; /* those that are missing do not matter */
  bool unlimited;      /* whatever it would cost */
};

/* A position in an order: the terms' values of the row before.  No values: the start. */
struct cursor {
  const struct cell *values;
  unsigned n_values;
};

struct binding {
  const struct binding_context *context;
  struct mask mask;
  enum plan_root_kind root;
  struct requested_keys keys; /* ROOT_ONE, ROOT_MANY */
  struct bound_claims claims; /* whichever its answer may depend on */

  struct request_lists lists;
  struct arguments filter_arguments; /* of the filter, then of the lists */

  /* ROOT_PAGE */
  const struct expr *filter; /* conditions and filter; NULL when there is none */
  struct str order_text;
  struct order order;
  uint32_t page_size;   /* default applied, at most the maximum; 0 for a stream that does not say */
  uint32_t skip;        /* rows before the page's first, behind the cursor */
  bool show_deleted;    /* what is deleted comes too */
  struct cursor cursor; /* of the page token */
  struct str token_binding;
};

NODISCARD bool binding_make(const struct binding_context *context, const struct message_value *request,
                            struct arena *arena, struct binding *ret, struct error *error);

/* The cursor that stands at a row of a plan's root. */
struct cursor binding_cursor_at(const struct plan *plan, const struct rows *rows, size_t row,
                                struct arena *arena);

/* The page token for it. */
const char *binding_token(const struct binding *binding, struct cursor cursor, struct arena *arena);

/*
 * claims.h - who the caller is, as far as the annotations' claim('…') asks.
 *
 * Somebody else has verified it: a proxy or sidecar that checked a token and hands its JSON payload over in a
 * header (--claims-header).  A claim is a string, a number, a bool, or a list of these, which means any of
 * them.
 */
#pragma once

#include "base/error.h"
#include "planner/graph.h"

struct claims; /* what the caller said of itself, by name */

/* Of a header's value: base64url, padded or not, of a JSON object.  Empty: no claims, *ret is NULL.  On
 * failure UNAUTHENTICATED, reason INVALID_CLAIMS, with one text whatever is wrong; the cause is the log's. */
NODISCARD bool claims_from_header(struct str value, struct arena *arena, const struct claims **ret,
                                  struct error *error);

/* Of the JSON object itself, as an operator writes it. */
NODISCARD bool claims_from_json(struct str json, struct arena *arena, const struct claims **ret,
                                struct error *error);

/* The claims that a graph's filters compare with, in the types that they are compared as. */
struct bound_claims {
  const struct graph *graph;
  uint64_t wanted;                  /* those that were looked at; others are not set */
  uint64_t lists;                   /* any of several values (none, or more than one) */
  uint64_t missing, unfit;          /* without an argument: the caller has none; it is of another type */
  const struct argument *arguments; /* by index in the graph; NULL where it has no claims */
};

/* `claims` may be NULL: all are missing.  Never fails: what is missing matters to who needs it. */
void claims_bind(const struct claims *claims, const struct graph *graph, uint64_t wanted, struct arena *arena,
                 struct bound_claims *ret);

/* PERMISSION_DENIED, reason CLAIM_MISSING or CLAIM_UNFIT, with the claim's name, unless all of `needed`,
 * which were wanted, are there. */
NODISCARD bool claims_check(const struct bound_claims *claims, uint64_t needed, struct error *error);

/* Those of `which`, all of them wanted, with their values, or that they are not there, as bytes that differ
 * when any of this does; of none nothing. */
void claims_serialize(const struct bound_claims *claims, uint64_t which, struct strbuf *ret);

/* INVALID_ARGUMENT, reason INVALID_SETTING, for a --claims-header that no header can be called; empty is
 * fine. */
NODISCARD bool claims_header_check(const char *name, struct error *error);

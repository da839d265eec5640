/*
 * statement.h - the SQL of a plan: one statement a fetch, its parameters, and what binds them.
 *
 * Identifiers come from the catalog and are always quoted; values of a request are parameters, without
 * exception. Inline literals are those of annotations, quoted as literals.
 */
#pragma once

#include "planner/plan.h"

enum bind_kind {
  BIND_ARGUMENT, /* argument `index` of the request */
  BIND_CLAIM,    /* claim `index` of the graph, as the caller has it */
  BIND_KEYS,  /* the distinct not-NULL link keys of the parent's rows, column `index` of the link, as an array
               */
  BIND_LIMIT, /* int8: rows of the page */
  BIND_LIMIT_AHEAD /* int8: one more, to learn whether there is another page */
};

struct bind {
  enum bind_kind kind;
  unsigned index;
  uint32_t type;                         /* OID of the parameter: the array type's for lists */
  const struct catalog_type *value_type; /* of the value or of each element; NULL for the limits */
};

struct statement {
  const char *text;
  struct bind *binds;
  unsigned n_binds;
  const uint32_t *types; /* by output: OID that the column must have, 0 for any; NULL: any for all */
};

/* Writes the statements of all fetches into plan->arena and sets plan->statements and plan->claims.  To be
 * called once, before the plan is shared; of plan->many first. */
void statement_compile(struct plan *plan);

/*
 * plan.h - how a request will be answered: which statements, in which waves, and how their rows become
 * messages.
 *
 * A plan has two halves.  *Fetches* say what is read: each is one statement over one table and the to-one
 * targets joined to it, and knows the fetch whose rows give it its keys.  *Shapes* say what is written: each
 * tells how one message is made from one row of a fetch, slot by slot, by field number.  Two shapes may read
 * the same fetch (a filtered relation beside its full set); a boolean output then tells which rows are whose.
 *
 * Fetches whose inputs are known together form a wave: they are sent in one flush.  The number of statements
 * is the number of fetches, whatever the data: it follows from the request's shape.
 *
 * Plans are immutable, reference-counted and shared between threads.  They hold no value of any request:
 * values are arguments, by number.
 *
 *   ListEvents { id, name, creator { username }, attendees { name, organization { name } } }
 *
 *   fetch 0  wave 0  root         events ⟕ users                      → shape Event ─ creator: shape User
 * (same row) fetch 1  wave 0  embed root   attendees via event_attendees       → shape Attendee (children of
 * fetch 0's rows) fetch 2  wave 1  keys         organizations = ANY(distinct keys)  → shape Organization
 */
#pragma once

#include "base/error.h"
#include "planner/graph.h"
#include "planner/selection.h"

enum plan_strategy {
  PLAN_ROOT,         /* the requested resource itself */
  PLAN_ASKED_KEYS,   /* key = the one, or ANY of those, that the request asks for: sent with the root too */
  PLAN_EMBED_ROOT,   /* joined to the root's query, repeated inside: sent with the root, in wave 0 */
  PLAN_KEYS,         /* key = ANY(the parents' distinct keys): single keys whose equality is bytewise */
  PLAN_KEYS_ORDINAL, /* join unnest(the parents' distinct keys) WITH ORDINALITY: composite keys, and types
                        whose equality is the database's alone (citext, numeric, char(n), nondeterministic
                        collations) */
  PLAN_RECURSIVE,    /* the rows of the parents' distinct keys, and theirs, level by level: bytewise keys */
  PLAN_COUNT,        /* how many rows the root has over all pages: one row with one integer */
  PLAN_ESTIMATE,     /* the same as Postgres reckons: its plan for them as JSON, nothing is run */
};

enum plan_root_kind {
  PLAN_ROOT_ONE,  /* Get: by one value of a unique key */
  PLAN_ROOT_MANY, /* BatchGet: by a list of values of a unique key; rows carry the ordinal of theirs */
  PLAN_ROOT_PAGE, /* List, and a chunk of Stream: in order, after a cursor, at most limit rows */
};

/* How a limit per parent is kept; n + 1 rows are fetched to learn whether there are more. */
enum plan_limiting { PLAN_LIMIT_NONE, PLAN_LIMIT_LATERAL, PLAN_LIMIT_ROW_NUMBER };

/* Where a list goes on within its parent: behind the order terms' values that stand among the arguments from
 * `first_argument` on, one for each term that is not NULL there. */
struct plan_cursor {
  bool present;
  uint64_t nulls; /* bit i: the value of order term i is NULL, and has no argument */
  unsigned first_argument;
};

/* A table in a fetch.  [0] is the fetch's own; the others are to-one targets LEFT JOINed to an earlier one.
 */
struct plan_table {
  const struct catalog_table *table;
  const struct graph_relation *relation; /* by which it is joined; NULL for [0] */
  unsigned parent;                       /* index of the table it is joined to */
};

enum plan_output_kind {
  OUTPUT_COLUMN,  /* a column of tables[table] */
  OUTPUT_LINK,    /* part `part` of the link key: what groups this row under its parent (not for ORDINAL) */
  OUTPUT_ORDINAL, /* int8, 1-based: the position of the parent's key (or of the requested key, PLAN_ROOT_MANY)
                   */
  OUTPUT_CONDITION, /* whether the condition is true, on tables[0] and the junction */
  OUTPUT_AGGREGATE, /* a correlated aggregate of tables[table] */
  OUTPUT_ANY_SET,   /* whether any column of an embedded message of tables[table] is not NULL */
  OUTPUT_FUNCTION,  /* a function of the row of tables[table] */
  OUTPUT_TOTAL,     /* see plan_total: the column of a COUNT or ESTIMATE, or the root's for a TABLE */
};

struct plan_output {
  enum plan_output_kind kind;
  unsigned table;
  const struct catalog_column *column; /* COLUMN */
  bool as_text;                        /* COLUMN, AGGREGATE, FUNCTION: selected by ::text */
  unsigned part;                       /* LINK */
  const struct expr *condition;        /* CONDITION */
  const struct graph_aggregate *aggregate;
  const struct graph_resource *embedded;   /* ANY_SET */
  const struct catalog_function *function; /* FUNCTION */
};

/* A term of the order that stitching puts each parent's rows in. */
struct plan_sort_term {
  unsigned output;
  bool is_integer; /* of two's complement, big-endian; else the bytes tell */
  bool descending; /* NULL is above all values either way, as in Postgres */
};

struct plan_fetch {
  unsigned index; /* in plan->fetches */
  unsigned wave;
  enum plan_strategy strategy;
  const char *path;   /* field names from the root, "attendees.organization"; "" for the root */
  const char *reason; /* why this strategy, for explain */

  /* How its rows hang on the parent's; all unset for the root. */
  const struct plan_fetch *parent;
  const struct graph_link *link;
  const unsigned
      *parent_outputs;          /* link->n_columns outputs of the parent: the values of link->from_columns */
  const unsigned *link_outputs; /* outputs of this fetch that name the group: n_columns LINKs or key COLUMNs,
                                   or one ORDINAL */
  unsigned
      n_link_outputs; /* PLAN_ROOT_MANY's root: one, the ORDINAL of the requested key; other roots: none */
  bool to_one;
  /* RECURSIVE: how many levels, and the outputs that name the group below a row: the values of
   * link->from_columns.  All levels are rows of this one fetch, each edge once, whatever leads to it. */
  uint32_t depth;
  const unsigned *next_outputs;
  /* A member of a oneof: only from rows of the parent whose output `variant_output` is this text; NULL: all.
   */
  const char *variant_value;
  unsigned variant_output;

  /* Which rows. */
  const struct expr *filter;         /* on tables[0] (junction columns allowed); NULL when none */
  const struct expr *through_filter; /* on the junction; NULL when none */
  const struct order *order; /* of children within a parent, of the page; NULL where at most one row comes */
  bool order_asked;          /* by the request: it is not the declared one */
  uint32_t per_parent_limit; /* 0: none; the statement fetches one more */
  enum plan_limiting limiting;
  struct plan_cursor cursor; /* of a to-many fetch; LATERAL then, also without a limit */
  /* `order` by outputs: rows come in any order, and stitching puts those of each parent in this one; NULL:
   * they come in `order`. */
  const struct plan_sort_term *sort_terms;
  unsigned n_sort_terms;

  /* Which columns.  Every to-one step of `order` is among the tables. */
  struct plan_table *tables;
  unsigned n_tables;
  struct plan_output *outputs;
  unsigned n_outputs;

  double estimated_rows;
};

/* Whether its statement is sent with the parents' distinct keys, and not at all when there are none. */
static inline bool plan_fetch_is_keyed(const struct plan_fetch *fetch)
{
  return fetch->strategy == PLAN_KEYS || fetch->strategy == PLAN_KEYS_ORDINAL ||
         fetch->strategy == PLAN_RECURSIVE;
}

struct plan_shape;

enum plan_slot_kind {
  SLOT_VALUE,           /* cell `output`, by the field's codec; NULL leaves the field unset */
  SLOT_JOINED,          /* a message of the same row; set when cell `output` (the target's key) is not NULL */
  SLOT_ONE,             /* a message: the row of `shape->fetch` that this row's link values lead to, if any */
  SLOT_MANY,            /* messages: the rows of `shape->fetch` under this row, in their order */
  SLOT_HAS_MORE,        /* whether the SLOT_MANY of the same fetch was cut at its limit */
  SLOT_NEXT_PAGE_TOKEN, /* where it goes on, when it was cut */
  SLOT_EMBEDDED,        /* a message of columns of the same row; set when cell `output` is true */
};

struct plan_slot {
  enum plan_slot_kind kind;
  const struct graph_field *field;
  unsigned output;                /* VALUE, JOINED, EMBEDDED: of this shape's fetch */
  const struct plan_shape *shape; /* JOINED, EMBEDDED, ONE, MANY, HAS_MORE, NEXT_PAGE_TOKEN (the MANY's) */
  /* Of a recursive fetch: how many levels there are, in the slot that enters it; the slots that go on, level
   * by level, have the shape that they stand in.  A row does not go on into a group that it was reached
   * through. At the last level HAS_MORE is cell `output` of this shape's fetch. */
  uint32_t depth;
  bool again;
  int subset;                  /* MANY: output of shape->fetch that must be true; -1: every row is ours */
  uint32_t limit;              /* MANY, HAS_MORE, NEXT_PAGE_TOKEN: rows per parent; 0: all */
  const char *reason;          /* JOINED: why, for explain */
  int list;                    /* NEXT_PAGE_TOKEN: index of the list's arguments in the request; -1: none */
  const unsigned *key_outputs; /* NEXT_PAGE_TOKEN: of this shape's fetch: this resource's key */
  /* ONE that enters a recursive fetch: the key of the row that the chain begins with, in this shape's fetch,
   * and of each row that follows, in shape->fetch. */
  const unsigned *start_key_outputs, *next_key_outputs;
  const unsigned *cursor_outputs; /* NEXT_PAGE_TOKEN: of shape->fetch: its order's terms */
};

struct plan_shape {
  const struct graph_resource *resource;
  const struct plan_fetch *fetch;
  struct plan_slot *slots; /* by field number */
  size_t n_slots;
};

/* A oneof of which some member is selected, and where its discriminator is, as text. */
struct plan_oneof {
  const struct graph_oneof *oneof;
  const struct plan_fetch *fetch;
  unsigned output;
};

struct statement; /* storage/statement.h */

/* Where the number of all rows is found.  TABLE: an integer that every row of the root has, the rows of the
 * table as Postgres last counted them; for an estimate without any condition. */
enum plan_total_kind { PLAN_TOTAL_NONE, PLAN_TOTAL_COUNT, PLAN_TOTAL_ESTIMATE, PLAN_TOTAL_TABLE };

struct plan_total {
  enum plan_total_kind kind;
  unsigned fetch, output;
};

struct plan {
  const struct graph *graph; /* a reference */
  const struct graph_resource *resource;
  enum plan_root_kind root;
  const struct graph_lookup *lookup; /* ROOT_ONE, ROOT_MANY */
  struct order order;                /* ROOT_PAGE: ends with the key */
  uint32_t limit_bucket;             /* ROOT_PAGE: literal upper bound of limit + 1 lookahead row */
  bool limit_exact;                  /* ROOT_PAGE: and the limit itself, so that no parameter is needed */
  bool after_cursor;                 /* ROOT_PAGE: starts after the cursor given as arguments */
  uint64_t cursor_nulls;          /* bit i: the cursor's value of order term i is NULL, and has no argument */
  const unsigned *cursor_outputs; /* ROOT_PAGE: the root's outputs that hold the order terms' values */
  const unsigned
      *key_outputs;        /* where a list goes on after a cursor: the root's that hold its key; else NULL */
  struct plan_total total; /* ROOT_PAGE */
  bool skips;              /* ROOT_PAGE: rows are skipped, as many as the last argument says */
  bool user_filter;        /* a request's filter takes part: statements are planned as Postgres sees fit */
  bool user_pattern;    /* and it has a pattern, whose beginning only a plan for it can look up: each time */
  uint64_t list_claims; /* claims of the graph that are several values here: any of them */

  /* Arguments: first those of the filters and the cursors of lists, by the numbers in the exprs; then, from
   * `first_key_argument` on, the lookup's values in the order of its columns, or the cursor's not-NULL values
   * in the order of the terms; last, where the plan skips, how many rows. */
  unsigned n_arguments;
  unsigned first_key_argument;

  struct plan_fetch **fetches; /* parents before children; [0] is the root */
  unsigned n_fetches;          /* the most statements that a run sends */
  unsigned n_waves;
  const char *drift;              /* why it must not be run, see drift.h; NULL: it may */
  double charged_rows;            /* about so many may have to be read, see plan_charge.h */
  const struct plan_shape *shape; /* of the root's messages */
  const struct plan_oneof *oneofs;
  size_t n_oneofs;

  struct plan
      *many; /* ROOT_ONE: the same question for a list of keys, a reference; NULL where nobody made it */
  const struct statement *statements; /* n_fetches; written once by storage before the plan is shared */
  uint64_t claims;     /* those that the statements are bound to, of `many` as well; written with them */
  struct arena *arena; /* owns all of it */
};

/* Pins for tests, explain and the operator; AUTO leaves the choice to the cost rules.  The bytes of an answer
 * never depend on them. */
enum plan_pin_to_one { PIN_TO_ONE_AUTO, PIN_TO_ONE_JOIN, PIN_TO_ONE_KEYS };
enum plan_pin_to_many { PIN_TO_MANY_AUTO, PIN_TO_MANY_EMBED, PIN_TO_MANY_KEYS, PIN_TO_MANY_ORDINAL };

struct plan_options {
  double round_trip_us; /* to the database; frozen with the graph */
  enum plan_pin_to_one to_one;
  enum plan_pin_to_many to_many;
};

struct plan_request {
  const struct graph *graph;
  const struct graph_resource *resource;
  enum plan_root_kind root;
  const struct graph_lookup *lookup;
  const struct selection *selection;
  const struct expr *filter; /* the request's, conditions included; NULL when none */
  size_t n_filter_arguments; /* those of lists included */
  const struct order *order; /* ROOT_PAGE */
  uint32_t limit_bucket;     /* ROOT_PAGE, see plan_limit_bucket */
  bool limit_exact;          /* limit_bucket is the limit, and nothing is skipped */
  bool show_deleted;         /* ROOT_PAGE: what is deleted comes too; by key it does in any case */
  bool after_cursor;
  uint64_t cursor_nulls;
  bool skips;    /* limit_bucket holds what is skipped as well */
  bool streamed; /* ROOT_PAGE: one of the chunks of a stream, of which the last ones are large */
  enum total_kind total;
  uint64_t list_claims; /* of the caller's claims those that are several values */
  struct plan_options options;
};

/* Everything that the plan keeps of the request is copied, but graph (referenced).  Never fails: what can be
 * wrong with a request was refused while its parts were resolved.  plan->statements is NULL. */
struct plan *plan_build(const struct plan_request *request);

struct plan *plan_ref(const struct plan *plan);
void plan_unref(struct plan *plan); /* NULL is allowed */

/* The most statements that a run sends, together with others or alone: known from the request's shape, before
 * the first is sent. */
static inline unsigned plan_most_statements(const struct plan *plan)
{
  return plan->many != NULL && plan->many->n_fetches > plan->n_fetches ? plan->many->n_fetches
                                                                       : plan->n_fetches;
}

/* The smallest bucket (1, 10, 50, 200, 1000, 5000, then the value itself) that holds `limit` rows. */
uint32_t plan_limit_bucket(uint32_t limit);

/* What makes two requests share a plan, as bytes appended to `ret`. */
void plan_fingerprint(const struct plan_request *request, struct strbuf *ret);

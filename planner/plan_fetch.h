/*
 * plan_fetch.h - one fetch of a plan while it is built: its tables, its outputs and who uses its rows.
 *
 * Outputs and joins are added on demand and never twice, so two shapes over one fetch share what both need.
 *
 * Siblings that share a fetch differ in their filters only, declared or requested.  Which rows the fetch must
 * bring, and which output tells a subset's rows from the others, is known once all its users are:
 * fetch_finish settles it.
 */
#pragma once

#include "planner/plan_lists.h"

/* A slot that takes its messages from a fetch, and the filter that says which. */
struct fetch_user {
  struct plan_slot *slot;
  const struct expr *filter;
};

struct fetch_build {
  struct plan_fetch fetch;
  unsigned parent_table;        /* of the parent's fetch: where the link's from-columns are */
  const struct plan_list *list; /* that it was opened for; NULL for the root */
  double nominal_rows;          /* for choosing; fetch.estimated_rows follows the page size, this does not */
  struct {
    struct plan_table *items;
    size_t n, cap;
  } tables;
  struct {
    struct plan_output *items;
    size_t n, cap;
  } outputs;
  struct {
    struct fetch_user *items;
    size_t n, cap;
  } users;
};

struct plan_builder {
  const struct plan_request *request;
  struct arena *arena;
  struct plan_lists lists;
  struct {
    struct plan_oneof *items;
    size_t n, cap;
  } oneofs;
  struct {
    struct fetch_build **items;
    size_t n, cap;
  } fetches;
};

/* Where in the plan a message's row is found. */
struct place {
  struct fetch_build *fetch;
  unsigned table;
  const char *path;               /* of field names, "" for the root */
  const struct plan_shape *shape; /* that is being filled */
};

/* A fetch of a table, not yet linked to a parent. */
struct fetch_build *fetch_new(struct plan_builder *builder, const struct catalog_table *table,
                              const char *path);

/* The fetch that was opened at the place for rows that `list` can share; NULL when there is none. */
struct fetch_build *fetch_find(const struct plan_builder *builder, struct place place,
                               const struct plan_list *list);

/* A fetch of the list's rows below those of the place. */
struct fetch_build *fetch_open(struct plan_builder *builder, struct place place, const struct plan_list *list,
                               const char *path, enum plan_strategy strategy, const char *reason);

/* The slot takes its messages from the fetch: all that belong to `list`. */
void fetch_use(struct plan_builder *builder, struct fetch_build *fetch, struct plan_slot *slot,
               const struct plan_list *list);

/* Once all users are known. */
void fetch_finish(struct plan_builder *builder, struct fetch_build *fetch);

/* Each gives the output's number. */
unsigned fetch_add_output(struct plan_builder *builder, struct fetch_build *fetch, struct plan_output output);
unsigned fetch_add_column(struct plan_builder *builder, struct fetch_build *fetch, unsigned table,
                          const struct catalog_column *column, bool as_text);

/* The table that `relation`, or the last of `steps`, leads to from `table`, joined now unless it already is.
 */
unsigned fetch_join(struct plan_builder *builder, struct fetch_build *fetch, unsigned table,
                    const struct graph_relation *relation);
unsigned fetch_join_steps(struct plan_builder *builder, struct fetch_build *fetch, unsigned table,
                          const struct graph_relation *const *steps, size_t n_steps);

/* The outputs that hold the values of an order's terms, and of a key. */
const unsigned *fetch_add_order(struct plan_builder *builder, struct fetch_build *fetch,
                                const struct order *order);
const unsigned *fetch_add_key(struct plan_builder *builder, struct fetch_build *fetch, unsigned table,
                              const struct catalog_key *key);

/*
 * hand_plan.h - plans written by hand: SQL as it stands, int8 keys, no graph.  What `hand_estimated_rows`
 * says decides whether rows come one at a time or all at once.
 */
#pragma once

#include <stdlib.h>

#include "storage/statement.h"

struct hand_plan {
  struct plan plan;
  struct plan_fetch fetches[4];
  struct plan_fetch *fetch_pointers[4];
  struct statement statements[4];
  struct bind binds[4][2];
  unsigned outputs[4];
};

static const struct catalog_type hand_int8_array = {.oid = 1016, .name = "_int8", .class = TYPE_ARRAY};
static const struct catalog_type hand_int8 = {
    .oid = 20, .name = "int8", .class = TYPE_INT8, .array = &hand_int8_array};
static const struct catalog_type hand_text = {.oid = 25, .name = "text", .class = TYPE_TEXT};
static const struct catalog_column hand_column = {.name = "id", .type = &hand_int8};
static const struct catalog_column *hand_columns[] = {&hand_column};
static const struct graph_link hand_link = {
    .from_columns = hand_columns, .to_columns = hand_columns, .n_columns = 1};

static double hand_estimated_rows = 1e6;

static inline struct plan_fetch *hand_fetch(struct hand_plan *hand, const char *sql, unsigned n_outputs)
{
  unsigned i = hand->plan.n_fetches++;
  struct plan_fetch *fetch = &hand->fetches[i];
  *fetch = (struct plan_fetch){.index = i, .n_outputs = n_outputs, .estimated_rows = hand_estimated_rows};
  hand->fetch_pointers[i] = fetch;
  hand->statements[i] = (struct statement){.text = sql, .binds = hand->binds[i]};
  return fetch;
}

/* A plan of one statement. */
static inline struct hand_plan *hand_plan_new(const char *sql, unsigned n_outputs)
{
  struct hand_plan *hand = calloc(1, sizeof *hand);
  hand->plan.fetches = hand->fetch_pointers;
  hand->plan.statements = hand->statements;
  hand->plan.n_waves = 1;
  hand_fetch(hand, sql, n_outputs);
  return hand;
}

/* Argument 0 is parameter $1 of the root, of the given type. */
static inline void hand_argument(struct hand_plan *hand, const struct catalog_type *type)
{
  hand->binds[0][0] = (struct bind){.kind = BIND_ARGUMENT, .type = type->oid, .value_type = type};
  hand->statements[0].n_binds = 1;
  hand->plan.n_arguments = 1;
}

/* A child of `parent`, whose output 0 is the key and whose own output 0 is the link. */
static inline void hand_child(struct hand_plan *hand, unsigned parent, enum plan_strategy strategy,
                              const char *sql, unsigned n_outputs)
{
  struct plan_fetch *fetch = hand_fetch(hand, sql, n_outputs);
  bool keyed = strategy != PLAN_EMBED_ROOT;
  fetch->strategy = strategy;
  fetch->parent = &hand->fetches[parent];
  fetch->link = &hand_link;
  fetch->wave = keyed ? fetch->parent->wave + 1 : fetch->parent->wave;
  fetch->parent_outputs = fetch->link_outputs = &hand->outputs[fetch->index];
  fetch->n_link_outputs = 1;
  if (keyed) {
    hand->binds[fetch->index][0] =
        (struct bind){.kind = BIND_KEYS, .type = hand_int8_array.oid, .value_type = &hand_int8};
    hand->statements[fetch->index].n_binds = 1;
  }
  if (hand->plan.n_waves < fetch->wave + 1)
    hand->plan.n_waves = fetch->wave + 1;
}

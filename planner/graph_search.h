/*
 * graph_search.h - the search for the rows that one message field leads to: what the catalog offers, what the
 * annotation says, and the candidates that both leave.
 */
#pragma once

#include "planner/graph_build.h"

struct candidate {
  struct graph_link link;
  const char *fix; /* the annotation that chooses it */
};

/* The search for one field. */
struct search {
  struct graph_build *build;
  struct graph_field *field;
  const Rowan__V1__Relation *options; /* NULL when not annotated */
  const struct graph_resource *source, *target;
  const char *key_name; /* "creator_id" for a field creator or creators */
  struct {
    struct candidate *items;
    size_t n, cap;
  } candidates;
  bool reported; /* a problem was told: no candidates need no further word */
};

struct columns {
  const struct catalog_column **items;
  size_t n, cap;
};

/* Tells a problem of the field that is searched for. */
#define REPORT(search, fix, ...)                                                                             \
  do {                                                                                                       \
    (search)->reported = true;                                                                               \
    problem_of_field((search)->build, (search)->field, (fix), __VA_ARGS__);                                  \
  } while (0)

/* One side of a junction: its columns, and those of the outer table that they refer to. */
struct side {
  struct columns columns, references;
};

/* ---- graph_search.c: candidates from foreign keys ---- */

struct side side_from(const struct catalog_foreign_key *key);

/* The key from the table that has it to the one it refers to, and the way back. */
void add_forward(struct search *search, const struct catalog_foreign_key *key);
void add_reverse(struct search *search, const struct catalog_foreign_key *key);
void add_junction(struct search *search, const struct catalog_table *junction, const struct side *source,
                  const struct side *target);
void add_candidate(struct search *search, struct graph_link link, const char *fix);

bool is_forward(const struct search *search, const struct catalog_foreign_key *key);
bool is_reverse(const struct search *search, const struct catalog_foreign_key *key);

/* What the catalog alone offers. */
void infer_to_one(struct search *search);
void infer_to_many(struct search *search);

/* ---- graph_annotated.c: candidates that the annotation leaves ---- */

void by_foreign_key(struct search *search);
void by_columns(struct search *search);
void by_junction(struct search *search);

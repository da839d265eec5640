/*
 * filter_member.h - dotted names as what they stand for in the graph.
 */
#pragma once

#include "planner/filter_parser.h"
#include "planner/filter_scope.h"

/*
 * What can be compared, or a relation.  A path ends at a relation when that is its last name, or when the
 * relation is to-many: the names behind it, from n_used on, belong to its target.
 */
struct filter_target {
  struct str name; /* for messages */
  size_t at;
  size_t n_used; /* names of the path that led here */
  struct expr_operand operand;
  const struct graph_relation *relation; /* the last of operand.steps; NULL for what has a value */
  const struct catalog_type *type;       /* of the value, domains resolved; of a list's elements */
  bool list;                             /* an array column */
  const struct filter_name *keys;        /* what is inside json, by n_keys of objects; 0: the value itself */
  size_t n_keys;
  const struct expr_function *json_like; /* with keys: compares what a function makes of the text there */
  const struct graph_field *field;       /* knows an enum's names; NULL for column() and through() */
};

/* The names behind json are keys of objects.  False where the target has nothing inside. */
bool filter_take_keys(const struct filter_name *names, size_t n, struct filter_target *target);

/* INVALID_FILTER, with the nearest name, when a name is unknown or nothing that a filter can use. */
NODISCARD bool filter_resolve(const struct filter_scope *scope, const struct filter_name *names,
                              size_t n_names, struct filter_target *ret);

/* Types that compare as text and take wildcards. */
bool filter_is_text(const struct catalog_type *type);

/* Makes the target that column, of the scope's table or (of_through) its junction. */
void filter_target_column(const struct catalog_column *column, bool of_through, struct filter_target *target);

/*
 * filter_value.h - literals of a filter as values of a column's type.
 */
#pragma once

#include "planner/filter_member.h"

struct filter_literal {
  struct str text;    /* without quotes and escapes */
  struct str pattern; /* the same for LIKE, when it has a wildcard */
  bool wildcard, quoted;
  size_t at;
  const struct expr_function *function; /* applied to the text: lower("Ann"); NULL: none */
};

struct filter_literals {
  struct filter_literal *items;
  size_t n, cap;
};

/* The literal that a term is, or the literals of `(1 OR 2)`. */
NODISCARD bool filter_literals_of(const struct filter_scope *scope, const struct filter_term *term,
                                  struct filter_literals *ret);

/* Checks a literal against the target's type; a function's is a text. */
NODISCARD bool filter_check_literal(const struct filter_scope *scope, const struct filter_target *target,
                                    const struct filter_literal *literal, struct argument *ret);

/* The argument as a value of a condition: inline in annotations, by number in requests. */
struct expr_value filter_value_of(const struct filter_scope *scope, const struct argument *argument);

/* The same of a literal for the target, with the literal's function. */
struct expr_value filter_literal_value(const struct filter_scope *scope, const struct filter_target *target,
                                       const struct filter_literal *literal, const struct argument *argument);

/*
 * filter_functions.h - the functions of the filter language.
 *
 * A new one is a row of the table in filter_functions.c: name, arguments, result, SQL.  Its first argument is
 * a field, which may lie behind relations; behind a to-many one, what is said of it holds for some row there.
 */
#pragma once

#include "planner/filter_member.h"

enum filter_function_kind {
  FILTER_FUNCTION_VALUE,     /* gives a value of a field or a literal, on either side of a comparison */
  FILTER_FUNCTION_CONDITION, /* of a field; stands alone */
  FILTER_FUNCTION_EXISTS,    /* of a relation; stands alone */
  FILTER_FUNCTION_COLUMN,    /* names what is no field, in annotations; on the left of a comparison */
  FILTER_FUNCTION_THROUGH,
  FILTER_FUNCTION_CLAIM, /* the caller's, in annotations; on the right of a comparison: see filter_claim.h */
};

enum filter_argument {
  FILTER_ARGUMENT_NONE,
  /* the first: a field of such a type, … */
  FILTER_FIELD_TEXT,
  FILTER_FIELD_TSVECTOR,
  FILTER_FIELD_JSON,
  FILTER_FIELD_RANGE,
  FILTER_FIELD_LIST,
  /* … or what is no value */
  FILTER_RELATION,
  FILTER_COLUMN_NAME,
  FILTER_CLAIM_NAME,
  /* further ones */
  FILTER_WORDS,               /* a text */
  FILTER_RANGE,               /* of the field's type */
  FILTER_VALUES,              /* one or several, of the type that the list has */
  FILTER_MAYBE_CONFIGURATION, /* of text search, by name; else the database's default */
  FILTER_MAYBE_CONDITION,
};

enum { FILTER_ARGUMENTS_MAX = 3 };

/* One name may have several rows, side by side, that differ in the first argument's type. */
struct filter_function {
  const char *name;
  const char *usage;
  enum filter_function_kind kind;
  enum filter_argument arguments[FILTER_ARGUMENTS_MAX];
  struct expr_function function;  /* VALUE and CONDITION */
  struct expr_function json_like; /* VALUE of a text: the same of a text inside json, see filter_json.h */
};

/* The (first) row of the function that is called, with as many arguments as it takes; NULL with the error
 * set. */
const struct filter_function *filter_function_find(const struct filter_scope *scope,
                                                   const struct filter_term *call);

/* column() and through(): the column that is named. */
NODISCARD bool filter_function_column(const struct filter_scope *scope,
                                      const struct filter_function *function, const struct filter_term *call,
                                      struct filter_target *ret);

/* A function that gives a value, applied to the target. */
NODISCARD bool filter_function_apply(const struct filter_scope *scope, const struct filter_function *function,
                                     struct filter_target *target);

/* A function that is a condition, on the target and the call's further arguments. */
NODISCARD bool filter_function_condition(const struct filter_scope *scope,
                                         const struct filter_function *function,
                                         const struct filter_term *call, const struct filter_target *target,
                                         struct expr **ret);

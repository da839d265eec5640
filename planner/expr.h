/*
 * expr.h - a condition on a resource, resolved against the graph.
 *
 * Made by filter.c from the filter language (annotations and requests alike), by method binding from request
 * fields, and turned into SQL by storage.  Two-valued: a comparison with a NULL, or through an unset to-one,
 * is false; EXPR_NOT is true where its child is not true.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"
#include "planner/catalog.h"
#include "proto/request.h"

struct graph_relation;
struct graph_aggregate;
struct graph_claim;

enum expr_kind {
  EXPR_AND,      /* children; none: true */
  EXPR_OR,       /* children; none: false */
  EXPR_NOT,      /* children[0] */
  EXPR_COMPARE,  /* operand op values[0] */
  EXPR_ANY_OF,   /* operand equals one of values[0], an argument that is a list, or of the inline values */
  EXPR_LIKE,     /* operand matches the pattern values[0] (LIKE syntax, escape character backslash) */
  EXPR_IS_SET,   /* operand is not NULL */
  EXPR_CONTAINS, /* operand, an array, contains values[0] */
  EXPR_CALL,     /* function holds for the operand and the values */
  EXPR_EXISTS,   /* some row reached by operand.steps (the last one may be to-many) satisfies body (NULL: any
                    row) */
};

enum compare_op { COMPARE_EQ, COMPARE_NE, COMPARE_LT, COMPARE_LE, COMPARE_GT, COMPARE_GE };

/*
 * What a function of the filter language is in SQL.  %1 stands for the operand (or, where the function is
 * applied to a value, for that), %2, %3 … for the values, %T for the operand's type.  Text of every kind is
 * handed over as text, json as jsonb.  The texts are constants: nothing of a request ever stands in one.
 */
struct expr_function {
  const char *sql;
  const struct catalog_type *result; /* NULL: it is a condition */
};

/* A value in a condition: an annotation's literal is inline text, a request's is the plan's argument number;
 * a claim is the caller's, and is compared by = or contained where it may be several values: any of them. */
struct expr_value {
  bool inline_literal;
  struct str text;                 /* inline: the literal as the type's input function takes it */
  const struct graph_claim *claim; /* of an annotation's claim('…'); else NULL */
  size_t argument;                 /* else: index into the plan's arguments */
  /* What it is compared as; an argument that is a list has its array's type, for EXPR_ANY_OF the element's.
   */
  const struct catalog_type *type;
  const struct expr_function *function; /* applied to the value, which is then a text; NULL: as it is */
};

/* What is compared: a column (or an aggregate, or a function of the row) of the resource that the steps lead
 * to; no steps: of the resource. */
struct expr_operand {
  const struct graph_relation **steps;
  size_t n_steps;
  const struct catalog_column *column;     /* else NULL; all three are for EXPR_EXISTS */
  const struct graph_aggregate *aggregate; /* else NULL */
  const struct catalog_function *function; /* else NULL */
  bool of_through;                         /* column is of the junction table: through('rank') */
  bool folded; /* what its texts fold to is compared, as an enum's names are: see codec_labels.c */
  const struct expr_function *applied; /* what this makes of it is compared; NULL: the value itself */
};

struct expr {
  enum expr_kind kind;
  enum compare_op op;
  struct expr **children;
  size_t n_children;
  struct expr_operand operand;
  struct expr_value *values;
  size_t n_values;
  struct expr *body;
  const struct expr_function *function; /* EXPR_CALL */
};

/* One value for a statement's parameter, supplied per request. */
enum argument_form {
  ARGUMENT_NULL = 0,
  ARGUMENT_INTEGER, /* value.i64 */
  ARGUMENT_FLOAT,   /* value.f64 */
  ARGUMENT_BOOLEAN, /* value.boolean */
  ARGUMENT_TEXT,    /* value.bytes: what the type's input function takes */
  ARGUMENT_BINARY,  /* value.bytes: the type's binary send format, as a row brought it; bytea's bytes as well
                     */
};

struct argument {
  const struct catalog_type *type; /* of the value, or of each in a list */
  enum argument_form form;
  bool list; /* passed as an array of type->array */
  size_t n;  /* 1 unless list */
  const union value *values;
};

struct arguments {
  struct argument *items;
  size_t n, cap;
};

/* The type of what is compared, for operands that have a value. */
const struct catalog_type *expr_operand_type(const struct expr_operand *operand);

/* Whether something in it is matched with a pattern of the request's.  NULL has nothing. */
bool expr_has_pattern(const struct expr *expr);

/* A text that is equal for two conditions exactly when they differ in argument values only; appended to
 * `ret`. */
void expr_fingerprint(const struct expr *expr, struct strbuf *ret);

/*
 * filter_parser.h - a filter as a tree of syntax, by AIP-160's grammar; nothing is looked up yet.
 *
 *   expression  = sequence {"AND" sequence}          sequence = factor {factor}
 *   factor      = term {"OR" term}                   term     = ["NOT" | "-"] simple
 *   simple      = "(" expression ")" | comparable [comparator argument]
 *   comparable  = name {"." name} | name {"." name} "(" [argument {"," argument}] ")"
 *   argument    = comparable | "(" expression ")"
 */
#pragma once

#include "planner/filter_lexer.h"

struct filter_node;

/* A name between dots. */
struct filter_name {
  struct str text;
  size_t at;
};

enum filter_term_kind {
  FILTER_TERM_VALUE,     /* a field or a literal: which of them, the place where it stands decides */
  FILTER_TERM_CALL,      /* names is the function's name */
  FILTER_TERM_COMPOSITE, /* an expression in parentheses, as argument */
};

struct filter_term {
  enum filter_term_kind kind;
  size_t start, end; /* bytes of the text */
  bool quoted;       /* VALUE: some name of it stands in quotes */
  struct filter_name *names;
  size_t n_names;
  struct filter_term *arguments; /* CALL */
  size_t n_arguments;
  struct filter_node *expression; /* COMPOSITE */
};

enum filter_node_kind {
  FILTER_NODE_AND,
  FILTER_NODE_OR,
  FILTER_NODE_NOT,
  FILTER_NODE_COMPARISON, /* left comparator right */
  FILTER_NODE_TERM,       /* left alone: a call, or a literal in a list */
};

struct filter_node {
  enum filter_node_kind kind;
  size_t start;
  struct filter_node **children; /* AND, OR: two or more; NOT: one */
  size_t n_children;
  struct filter_term left, right;
  struct filter_comparator comparator;
};

/* Bounded in terms and depth by the source's limits; *ret is NULL for a blank text. */
NODISCARD bool filter_parse_text(const struct filter_source *source, struct filter_node **ret);

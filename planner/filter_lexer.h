/*
 * filter_lexer.h - a filter's text as tokens.
 */
#pragma once

#include "planner/expr.h"
#include "planner/filter_source.h"

enum filter_token_kind {
  FILTER_TOKEN_END,
  FILTER_TOKEN_WORD,   /* names and unquoted literals; may hold - inside, and * */
  FILTER_TOKEN_STRING, /* with its quotes; its escapes are well-formed */
  FILTER_TOKEN_COMPARATOR,
  FILTER_TOKEN_DOT,
  FILTER_TOKEN_COMMA,
  FILTER_TOKEN_OPEN,
  FILTER_TOKEN_CLOSE,
  FILTER_TOKEN_MINUS, /* in front of a word or a term */
  FILTER_TOKEN_AND,
  FILTER_TOKEN_OR,
  FILTER_TOKEN_NOT,
};

struct filter_comparator {
  bool has; /* : */
  enum compare_op op;
};

struct filter_token {
  enum filter_token_kind kind;
  struct filter_comparator comparator;
  size_t start, end; /* bytes of the text */
};

/* The token at or after byte `at`. */
NODISCARD bool filter_next_token(const struct filter_source *source, size_t at, struct filter_token *ret);

/* The characters of a string token, without quotes and escapes; stars stay. */
struct str filter_unquote(const struct filter_source *source, size_t start, size_t end);

/* A literal as a LIKE pattern: stars become %, what LIKE would take for a wildcard is escaped.  False when it
 * holds no star but escaped ones. */
bool filter_to_pattern(const struct filter_source *source, size_t start, size_t end, struct str *ret);

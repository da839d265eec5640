/*
 * init_lexer.h - a .proto file as tokens with their places; comments are passed over, but for what they tell
 * us.
 */
#pragma once

#include "planner/init_text.h"

enum token_kind {
  TOKEN_END,
  TOKEN_NAME, /* with dots: google.protobuf.Timestamp, .relation */
  TOKEN_NUMBER,
  TOKEN_STRING, /* with its quotes */
  TOKEN_SYMBOL, /* one character */
};

struct token {
  enum token_kind kind;
  struct text_span span;
};

struct tokens {
  struct token *items; /* the last one is TOKEN_END */
  size_t n, cap;
};

/* Fills *ret_tokens, and file->left_out from comments.  `file` has path and text. */
NODISCARD bool tokens_read(struct text_file *file, struct arena *arena, struct tokens *ret_tokens,
                           struct error *error);

/* The text of a string token, its escapes resolved. */
const char *token_string(const struct text_file *file, const struct token *token, struct arena *arena);

/* "path:line: …"; returns false. */
bool text_error(const struct text_file *file, size_t position, struct error *error, const char *expected);

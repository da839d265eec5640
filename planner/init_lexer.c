#include "planner/init_lexer.h"

#include <ctype.h>
#include <stdlib.h>

struct lexer {
  struct text_file *file;
  struct arena *arena;
  const char *text;
  size_t len, at;
};

bool text_error(const struct text_file *file, size_t position, struct error *error, const char *expected)
{
  size_t line = 1;
  for (size_t i = 0; i < position && i < file->text.len; i++)
    line += file->text.data[i] == '\n';
  return error_set(error, ERROR_FAILED_PRECONDITION, "UNREADABLE_PROTO", "%s:%zu: expected %s", file->path,
                   line, expected);
}

static char peek(const struct lexer *lexer, size_t ahead)
{
  return lexer->at + ahead < lexer->len ? lexer->text[lexer->at + ahead] : '\0';
}

/* ---- comments ---- */

#define LEAVE_OUT "rowan init: leave out "

static bool is_table_name(char c)
{
  return isalnum((unsigned char)c) || c == '_' || c == '.' || (c & 0x80) != 0;
}

/* The tables that a comment names, separated by commas. */
static void read_comment(struct lexer *lexer, struct text_span comment)
{
  const char *start = lexer->text + comment.start, *end = lexer->text + comment.end;
  const char *p = strstr(start, LEAVE_OUT);
  if (p == NULL || p > end)
    return;
  for (p += strlen(LEAVE_OUT); p < end; p++) {
    const char *name = p;
    while (p < end && is_table_name(*p))
      p++;
    if (p > name)
      VEC_PUSH(lexer->arena, &lexer->file->left_out, arena_strndup(lexer->arena, name, (size_t)(p - name)));
    if (p == end || (*p != ',' && *p != ' '))
      return;
  }
}

static void skip_line_comment(struct lexer *lexer)
{
  size_t start = lexer->at;
  while (lexer->at < lexer->len && lexer->text[lexer->at] != '\n')
    lexer->at++;
  read_comment(lexer, (struct text_span){start, lexer->at});
}

static bool skip_block_comment(struct lexer *lexer)
{
  const char *end = strstr(lexer->text + lexer->at + 2, "*/");
  if (end == NULL)
    return false;
  lexer->at = (size_t)(end - lexer->text) + 2;
  return true;
}

static bool skip_blanks(struct lexer *lexer, struct error *error)
{
  while (lexer->at < lexer->len) {
    if (isspace((unsigned char)peek(lexer, 0))) {
      lexer->at++;
    } else if (peek(lexer, 0) == '/' && peek(lexer, 1) == '/') {
      skip_line_comment(lexer);
    } else if (peek(lexer, 0) == '/' && peek(lexer, 1) == '*') {
      if (!skip_block_comment(lexer))
        return text_error(lexer->file, lexer->at, error, "the end of the comment");
    } else {
      return true;
    }
  }
  return true;
}

/* ---- tokens ---- */

static bool is_name_start(char c)
{
  return isalpha((unsigned char)c) || c == '_' || c == '.';
}

static bool is_name(char c)
{
  return is_name_start(c) || isdigit((unsigned char)c);
}

/* Numbers end where a name would; a sign inside belongs to an exponent. */
static void skip_number(struct lexer *lexer)
{
  while (is_name(peek(lexer, 0)) || (strchr("+-", peek(lexer, 0)) != NULL && peek(lexer, 0) != '\0' &&
                                     strchr("eE", lexer->text[lexer->at - 1]) != NULL))
    lexer->at++;
}

static bool skip_string(struct lexer *lexer)
{
  char quote = peek(lexer, 0);
  lexer->at++;
  while (lexer->at < lexer->len && peek(lexer, 0) != quote && peek(lexer, 0) != '\n')
    lexer->at += peek(lexer, 0) == '\\' ? 2 : 1;
  if (peek(lexer, 0) != quote)
    return false;
  lexer->at++;
  return true;
}

static bool read_token(struct lexer *lexer, struct token *ret, struct error *error)
{
  char c = peek(lexer, 0);
  size_t start = lexer->at;
  enum token_kind kind = TOKEN_SYMBOL;
  if (lexer->at >= lexer->len) {
    kind = TOKEN_END;
  } else if (is_name_start(c) && !(c == '.' && isdigit((unsigned char)peek(lexer, 1)))) {
    kind = TOKEN_NAME;
    while (is_name(peek(lexer, 0)))
      lexer->at++;
  } else if (isdigit((unsigned char)c) || c == '.') {
    kind = TOKEN_NUMBER;
    skip_number(lexer);
  } else if (c == '"' || c == '\'') {
    kind = TOKEN_STRING;
    if (!skip_string(lexer))
      return text_error(lexer->file, start, error, "the end of the string");
  } else {
    lexer->at++;
  }
  *ret = (struct token){kind, {start, lexer->at}};
  return true;
}

bool tokens_read(struct text_file *file, struct arena *arena, struct tokens *ret_tokens, struct error *error)
{
  struct lexer lexer = {file, arena, file->text.data, file->text.len, 0};
  struct tokens tokens = {0};
  struct token token;
  do {
    if (!skip_blanks(&lexer, error) || !read_token(&lexer, &token, error))
      return false;
    VEC_PUSH(arena, &tokens, token);
  } while (token.kind != TOKEN_END);
  *ret_tokens = tokens;
  return true;
}

/* ---- strings ---- */

/* The byte that an escape stands for; *p is behind the backslash and is left behind the escape. */
static char read_escape(const char **p)
{
  static const char letters[] = "abfnrtv", bytes[] = "\a\b\f\n\r\t\v";
  char c = *(*p)++;
  const char *letter = strchr(letters, c);
  if (letter != NULL)
    return bytes[letter - letters];
  int base = c == 'x' || c == 'X' ? 16 : c >= '0' && c <= '7' ? 8 : 0;
  if (base == 0)
    return c;
  char digits[4] = {0};
  size_t n = 0, limit = base == 16 ? 2 : 3;
  if (base == 8)
    (*p)--;
  while (n < limit && isxdigit((unsigned char)**p) && (base == 16 || (**p >= '0' && **p <= '7')))
    digits[n++] = *(*p)++;
  return (char)strtoul(digits, NULL, base);
}

const char *token_string(const struct text_file *file, const struct token *token, struct arena *arena)
{
  const char *p = file->text.data + token->span.start + 1, *end = file->text.data + token->span.end - 1;
  char *text = arena_alloc_bytes(arena, (size_t)(end - p) + 1);
  size_t n = 0;
  while (p < end)
    if (*p != '\\') {
      text[n++] = *p++;
    } else {
      p++;
      text[n++] = read_escape(&p);
    }
  text[n] = '\0';
  return text;
}

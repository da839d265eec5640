/*
 * filter_lexer.c - a filter's text as tokens.
 *
 * A word is whatever stands between spaces and the language's own characters, so that dates, e-mail addresses
 * and wildcards need no quotes; only what holds a comma, a colon, a dot beside a space, a quote or a
 * parenthesis does.
 *
 * Escapes are checked here, once: those who decode a string token later cannot fail.  The text is known to be
 * UTF-8, and every character that means something is ASCII, so bytes are as good as characters.
 */
#include "planner/filter_lexer.h"

static bool is_space(char c)
{
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The first byte of a word cannot be a minus, which is a token of its own. */
static bool is_word(char c)
{
  return (unsigned char)c > ' ' && c != 0x7F && !strchr("().,:=!<>\"'\\", c);
}

static int hex_digit(char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Four hex digits at `p`; 0 when they are not there, or name no character that a text may hold. */
static unsigned code_point(const char *p, size_t space)
{
  unsigned code = 0;
  for (size_t i = 0; i < 4; i++) {
    int digit = i < space ? hex_digit(p[i]) : -1;
    if (digit < 0)
      return 0;
    code = code << 4 | (unsigned)digit;
  }
  return code >= 0xD800 && code <= 0xDFFF ? 0 : code;
}

static bool lex_escape(const struct filter_source *source, size_t backslash, size_t *at)
{
  struct str text = source->text;
  size_t after = backslash + 1;
  if (after < text.len && text.data[after] == 'u' &&
      code_point(text.data + after + 1, text.len - after - 1)) {
    *at = after + 5;
    return true;
  }
  if (after < text.len && text.data[after] && strchr("\\\"'*nrt", text.data[after])) {
    *at = after + 1;
    return true;
  }
  return filter_refuse(
      source, backslash,
      "an unknown escape; there are \\\\ \\\" \\' \\* \\n \\r \\t and \\uXXXX (no surrogates)");
}

static bool lex_string(const struct filter_source *source, struct filter_token *token)
{
  struct str text = source->text;
  char quote = text.data[token->start];
  size_t at = token->start + 1;
  while (at < text.len && text.data[at] != quote) {
    if (text.data[at] != '\\')
      at++;
    else if (!lex_escape(source, at, &at))
      return false;
  }
  if (at == text.len)
    return filter_refuse(source, token->start, "the string that starts here has no end; expected %c", quote);
  token->kind = FILTER_TOKEN_STRING;
  token->end = at + 1;
  return true;
}

static void lex_word(const struct filter_source *source, struct filter_token *token)
{
  size_t at = token->start;
  while (at < source->text.len && is_word(source->text.data[at]))
    at++;
  token->end = at;
  struct str word = filter_slice(source, token->start, at);
  token->kind = str_equal(word, STR("AND"))   ? FILTER_TOKEN_AND
                : str_equal(word, STR("OR"))  ? FILTER_TOKEN_OR
                : str_equal(word, STR("NOT")) ? FILTER_TOKEN_NOT
                                              : FILTER_TOKEN_WORD;
}

static const struct {
  const char *text;
  enum filter_token_kind kind;
  struct filter_comparator comparator;
} symbols[] = {
    /* the longer ones first */
    {"<=", FILTER_TOKEN_COMPARATOR, {.op = COMPARE_LE}},
    {">=", FILTER_TOKEN_COMPARATOR, {.op = COMPARE_GE}},
    {"!=", FILTER_TOKEN_COMPARATOR, {.op = COMPARE_NE}},
    {"<", FILTER_TOKEN_COMPARATOR, {.op = COMPARE_LT}},
    {">", FILTER_TOKEN_COMPARATOR, {.op = COMPARE_GT}},
    {"=", FILTER_TOKEN_COMPARATOR, {.op = COMPARE_EQ}},
    {":", FILTER_TOKEN_COMPARATOR, {.has = true}},
    {".", FILTER_TOKEN_DOT, {0}},
    {",", FILTER_TOKEN_COMMA, {0}},
    {"(", FILTER_TOKEN_OPEN, {0}},
    {")", FILTER_TOKEN_CLOSE, {0}},
    {"-", FILTER_TOKEN_MINUS, {0}},
};

static bool lex_symbol(const struct filter_source *source, struct filter_token *token)
{
  struct str rest = filter_slice(source, token->start, source->text.len);
  for (size_t i = 0; i < LENGTH_OF(symbols); i++) {
    size_t len = strlen(symbols[i].text);
    if (rest.len < len || memcmp(rest.data, symbols[i].text, len) != 0)
      continue;
    token->kind = symbols[i].kind;
    token->comparator = symbols[i].comparator;
    token->end = token->start + len;
    return true;
  }
  return false;
}

bool filter_next_token(const struct filter_source *source, size_t at, struct filter_token *ret)
{
  struct str text = source->text;
  while (at < text.len && is_space(text.data[at]))
    at++;
  *ret = (struct filter_token){.kind = FILTER_TOKEN_END, .start = at, .end = at};
  if (at == text.len)
    return true;
  char c = text.data[at];
  if (c == '"' || c == '\'')
    return lex_string(source, ret);
  if (lex_symbol(source, ret))
    return true;
  if (!is_word(c))
    return filter_refuse(source, at, "a character that means nothing here; put text in quotes");
  lex_word(source, ret);
  return true;
}

struct decoded {
  char bytes[4];
  size_t n;
  size_t length; /* in the source */
  bool escaped;
};

static void encode_utf8(unsigned code, struct decoded *decoded)
{
  char *bytes = decoded->bytes;
  if (code < 0x80) {
    bytes[decoded->n++] = (char)code;
    return;
  }
  if (code < 0x800) {
    bytes[decoded->n++] = (char)(0xC0 | code >> 6);
  } else {
    bytes[decoded->n++] = (char)(0xE0 | code >> 12);
    bytes[decoded->n++] = (char)(0x80 | (code >> 6 & 0x3F));
  }
  bytes[decoded->n++] = (char)(0x80 | (code & 0x3F));
}

/* The next byte of a string, or what an escape stands for. */
static struct decoded decode_next(const char *p)
{
  struct decoded decoded = {.length = 1};
  if (*p != '\\') {
    decoded.bytes[decoded.n++] = *p;
    return decoded;
  }
  decoded.length = 2;
  decoded.escaped = true;
  switch (p[1]) {
  case 'n':
    decoded.bytes[decoded.n++] = '\n';
    break;
  case 'r':
    decoded.bytes[decoded.n++] = '\r';
    break;
  case 't':
    decoded.bytes[decoded.n++] = '\t';
    break;
  case 'u':
    decoded.length = 6;
    encode_utf8(code_point(p + 2, 4), &decoded);
    break;
  default:
    decoded.bytes[decoded.n++] = p[1];
    break;
  }
  return decoded;
}

struct str filter_unquote(const struct filter_source *source, size_t start, size_t end)
{
  const char *data = source->text.data;
  char *text = arena_alloc_bytes(source->arena, end - start);
  size_t n = 0;
  for (size_t at = start + 1; at < end - 1;) {
    struct decoded decoded = decode_next(data + at);
    memcpy(text + n, decoded.bytes, decoded.n);
    n += decoded.n;
    at += decoded.length;
  }
  return (struct str){text, n};
}

bool filter_to_pattern(const struct filter_source *source, size_t start, size_t end, struct str *ret)
{
  const char *data = source->text.data;
  bool quoted = data[start] == '"' || data[start] == '\'';
  char *pattern = arena_alloc_bytes(source->arena, 2 * (end - start));
  size_t n = 0;
  bool found = false;
  for (size_t at = start + quoted; at < end - quoted;) {
    struct decoded decoded = decode_next(data + at);
    at += decoded.length;
    char c = decoded.bytes[0];
    bool star = c == '*' && !decoded.escaped;
    found |= star;
    if (c == '%' || c == '_' || c == '\\')
      pattern[n++] = '\\';
    if (star)
      decoded.bytes[0] = '%';
    memcpy(pattern + n, decoded.bytes, decoded.n);
    n += decoded.n;
  }
  *ret = (struct str){pattern, n};
  return found;
}

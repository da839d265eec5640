/*
 * filter_parser.c - a filter as a tree of syntax.
 *
 * Recursive descent with one token of look-ahead.  The functions call themselves only through a parenthesis,
 * and each parenthesis is counted against filter_depth before it is entered, so the stack is bounded by a
 * setting; the binder, which walks the tree, inherits the bound.  Terms are counted, and each dot as one
 * more, since a step through a relation costs the database as much as a comparison.
 *
 * A minus in front of a digit belongs to the number: no field begins with a digit, and (1 OR -2) should mean
 * what it says.
 */
#include "planner/filter_parser.h"

struct parser {
  const struct filter_source *source;
  struct filter_token token; /* the one that comes next */
  size_t previous_end;       /* where the one before it ended */
  size_t depth, n_terms;
};

struct nodes {
  struct filter_node **items;
  size_t n, cap;
};

static bool parse_expression(struct parser *parser, struct filter_node **ret);
static bool parse_argument(struct parser *parser, struct filter_term *ret);

static bool advance(struct parser *parser)
{
  parser->previous_end = parser->token.end;
  return filter_next_token(parser->source, parser->token.end, &parser->token);
}

static bool at_token(const struct parser *parser, enum filter_token_kind kind)
{
  return parser->token.kind == kind;
}

/* Whether no space stands in front of the next token. */
static bool is_adjacent(const struct parser *parser)
{
  return parser->token.start == parser->previous_end;
}

static bool expected(const struct parser *parser, const char *what)
{
  struct str found = filter_slice(parser->source, parser->token.start, parser->token.end);
  if (at_token(parser, FILTER_TOKEN_END))
    return filter_refuse(parser->source, parser->token.start, "expected %s, found the end", what);
  return filter_refuse(parser->source, parser->token.start, "expected %s, found %.*s", what,
                       FILTER_EXCERPT(found));
}

static bool starts_term(const struct parser *parser)
{
  switch (parser->token.kind) {
  case FILTER_TOKEN_WORD:
  case FILTER_TOKEN_STRING:
  case FILTER_TOKEN_OPEN:
  case FILTER_TOKEN_MINUS:
  case FILTER_TOKEN_NOT:
    return true;
  default:
    return false;
  }
}

static struct filter_node *make_node(const struct parser *parser, enum filter_node_kind kind, size_t start)
{
  struct filter_node *node = ARENA_NEW(parser->source->arena, struct filter_node);
  node->kind = kind;
  node->start = start;
  return node;
}

/* The only one of `nodes`, or all of them under a node of the kind. */
static struct filter_node *gather(const struct parser *parser, enum filter_node_kind kind,
                                  const struct nodes *nodes)
{
  if (nodes->n == 1)
    return nodes->items[0];
  struct filter_node *node = make_node(parser, kind, nodes->items[0]->start);
  node->children = nodes->items;
  node->n_children = nodes->n;
  return node;
}

static bool count_term(struct parser *parser)
{
  uint32_t limit = parser->source->limits->filter_terms;
  if (++parser->n_terms > limit)
    return filter_too_complex(parser->source, "filter-terms", "terms", parser->n_terms, limit);
  return true;
}

static bool enter(struct parser *parser)
{
  uint32_t limit = parser->source->limits->filter_depth;
  if (++parser->depth > limit)
    return filter_too_complex(parser->source, "filter-depth", "levels of nesting", parser->depth, limit);
  return true;
}

static bool parse_parenthesis(struct parser *parser, struct filter_node **ret)
{
  if (!enter(parser) || !advance(parser) || !parse_expression(parser, ret))
    return false;
  if (!at_token(parser, FILTER_TOKEN_CLOSE))
    return expected(parser, "AND, OR or )");
  parser->depth--;
  return advance(parser);
}

struct names {
  struct filter_name *items;
  size_t n, cap;
};

static bool push_name(struct parser *parser, size_t start, struct names *names, bool *quoted)
{
  const struct filter_source *source = parser->source;
  struct filter_token token = parser->token;
  uint32_t limit = source->limits->filter_depth;
  if (names->n == limit)
    return filter_too_complex(source, "filter-depth", "names in a path", names->n + 1, limit);
  if (names->n > 0 && !count_term(parser))
    return false;
  struct filter_name name = {.at = start};
  if (token.kind == FILTER_TOKEN_STRING) {
    name.text = filter_unquote(source, token.start, token.end);
    *quoted = true;
  } else {
    name.text = filter_slice(source, start, token.end);
  }
  VEC_PUSH(source->arena, names, name);
  return advance(parser);
}

static bool at_name(const struct parser *parser)
{
  return at_token(parser, FILTER_TOKEN_WORD) || at_token(parser, FILTER_TOKEN_STRING);
}

/* Behind a dot the keywords are names like others. */
static bool at_name_behind_dot(const struct parser *parser)
{
  return at_name(parser) || at_token(parser, FILTER_TOKEN_AND) || at_token(parser, FILTER_TOKEN_OR) ||
         at_token(parser, FILTER_TOKEN_NOT);
}

static bool parse_names(struct parser *parser, struct filter_term *ret)
{
  struct names names = {0};
  ret->start = parser->token.start;
  if (at_token(parser, FILTER_TOKEN_MINUS)) {
    if (!advance(parser))
      return false;
    if (!at_token(parser, FILTER_TOKEN_WORD) || !is_adjacent(parser))
      return expected(parser, "a value right behind -");
  }
  if (!push_name(parser, ret->start, &names, &ret->quoted))
    return false;
  while (at_token(parser, FILTER_TOKEN_DOT)) {
    bool adjacent = is_adjacent(parser);
    if (!advance(parser))
      return false;
    if (!adjacent || !is_adjacent(parser) || !at_name_behind_dot(parser))
      return expected(parser, "a name right behind the dot");
    if (!push_name(parser, parser->token.start, &names, &ret->quoted))
      return false;
  }
  ret->end = parser->previous_end;
  ret->names = names.items;
  ret->n_names = names.n;
  return true;
}

static bool parse_call_arguments(struct parser *parser, struct filter_term *ret)
{
  struct {
    struct filter_term *items;
    size_t n, cap;
  } arguments = {0};
  if (!enter(parser) || !advance(parser))
    return false;
  while (!at_token(parser, FILTER_TOKEN_CLOSE)) {
    struct filter_term argument;
    if (!count_term(parser) || !parse_argument(parser, &argument))
      return false;
    VEC_PUSH(parser->source->arena, &arguments, argument);
    if (at_token(parser, FILTER_TOKEN_CLOSE))
      break;
    if (!at_token(parser, FILTER_TOKEN_COMMA))
      return expected(parser, "a comma or ) (a condition as argument needs parentheses of its own)");
    if (!advance(parser))
      return false;
    if (at_token(parser, FILTER_TOKEN_CLOSE))
      return expected(parser, "an argument");
  }
  ret->kind = FILTER_TERM_CALL;
  ret->arguments = arguments.items;
  ret->n_arguments = arguments.n;
  ret->end = parser->token.end;
  parser->depth--;
  return advance(parser);
}

static bool parse_comparable(struct parser *parser, struct filter_term *ret)
{
  *ret = (struct filter_term){.kind = FILTER_TERM_VALUE};
  if (!parse_names(parser, ret))
    return false;
  if (at_token(parser, FILTER_TOKEN_OPEN) && is_adjacent(parser) && !ret->quoted)
    return parse_call_arguments(parser, ret);
  return true;
}

static bool parse_argument(struct parser *parser, struct filter_term *ret)
{
  if (at_name(parser) || at_token(parser, FILTER_TOKEN_MINUS))
    return parse_comparable(parser, ret);
  if (!at_token(parser, FILTER_TOKEN_OPEN))
    return expected(parser, "a value");
  *ret = (struct filter_term){.kind = FILTER_TERM_COMPOSITE, .start = parser->token.start};
  if (!parse_parenthesis(parser, &ret->expression))
    return false;
  ret->end = parser->previous_end;
  return true;
}

static bool parse_restriction(struct parser *parser, struct filter_node **ret)
{
  struct filter_node *node = make_node(parser, FILTER_NODE_TERM, parser->token.start);
  if (!count_term(parser) || !parse_comparable(parser, &node->left))
    return false;
  if (at_token(parser, FILTER_TOKEN_COMPARATOR)) {
    node->kind = FILTER_NODE_COMPARISON;
    node->comparator = parser->token.comparator;
    if (!advance(parser) || !parse_argument(parser, &node->right))
      return false;
  }
  *ret = node;
  return true;
}

/* Whether the minus that comes next is the sign of a number. */
static bool at_negative_number(const struct parser *parser)
{
  struct str text = parser->source->text;
  size_t after = parser->token.end;
  return at_token(parser, FILTER_TOKEN_MINUS) && after < text.len && text.data[after] >= '0' &&
         text.data[after] <= '9';
}

static bool parse_simple(struct parser *parser, struct filter_node **ret)
{
  if (at_token(parser, FILTER_TOKEN_OPEN))
    return parse_parenthesis(parser, ret);
  if (at_name(parser) || at_negative_number(parser))
    return parse_restriction(parser, ret);
  return expected(parser, "a condition");
}

static bool parse_term(struct parser *parser, struct filter_node **ret)
{
  if (at_negative_number(parser) ||
      !(at_token(parser, FILTER_TOKEN_NOT) || at_token(parser, FILTER_TOKEN_MINUS)))
    return parse_simple(parser, ret);
  struct filter_node *node = make_node(parser, FILTER_NODE_NOT, parser->token.start);
  node->children = ARENA_NEW(parser->source->arena, struct filter_node *);
  node->n_children = 1;
  *ret = node;
  return advance(parser) && parse_simple(parser, &node->children[0]);
}

static bool parse_factor(struct parser *parser, struct filter_node **ret)
{
  struct nodes nodes = {0};
  for (;;) {
    struct filter_node *node;
    if (!parse_term(parser, &node))
      return false;
    VEC_PUSH(parser->source->arena, &nodes, node);
    if (!at_token(parser, FILTER_TOKEN_OR))
      break;
    if (!advance(parser))
      return false;
  }
  *ret = gather(parser, FILTER_NODE_OR, &nodes);
  return true;
}

/* Sequences side by side and sequences joined by AND mean the same, so one loop reads both. */
static bool parse_expression(struct parser *parser, struct filter_node **ret)
{
  struct nodes nodes = {0};
  do {
    if (nodes.n > 0 && at_token(parser, FILTER_TOKEN_AND) && !advance(parser))
      return false;
    struct filter_node *node;
    if (!parse_factor(parser, &node))
      return false;
    VEC_PUSH(parser->source->arena, &nodes, node);
  } while (at_token(parser, FILTER_TOKEN_AND) || starts_term(parser));
  *ret = gather(parser, FILTER_NODE_AND, &nodes);
  return true;
}

bool filter_parse_text(const struct filter_source *source, struct filter_node **ret)
{
  struct parser parser = {.source = source};
  struct filter_node *node = NULL;
  if (!filter_next_token(source, 0, &parser.token))
    return false;
  if (!at_token(&parser, FILTER_TOKEN_END) && !parse_expression(&parser, &node))
    return false;
  if (at_token(&parser, FILTER_TOKEN_COMPARATOR))
    return expected(&parser, "AND, OR or the end (a value with such a character needs quotes)");
  if (!at_token(&parser, FILTER_TOKEN_END))
    return expected(&parser, "AND, OR or the end");
  *ret = node;
  return true;
}

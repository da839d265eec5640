/*
 * filter_json.c - comparisons with what lies inside json.
 *
 *   payload.a.b = v     what the keys lead to, object by object, is v; a list there is no v
 *   payload.a.b:v       the same, and lists on the way and at the end stand for each of their items
 *   payload.a.b:*       there is something that is not null
 *
 * A literal's own form is its type, since no column says what is inside: quotes make a text, true and false
 * are booleans, a decimal is a number, any other word is a text.  What has another type than the literal is
 * not equal to it, nor less or greater.  A missing key and null are both unset, so comparisons with them are
 * false.
 *
 * All of this is one jsonpath, a parameter like any value: strict for =, lax for ':'.  Keys and literals are
 * quoted in it as in json; nothing of them is a jsonpath of its own.  GIN indexes know jsonpaths with
 * equalities.  Errors of a path (a missing key, a key of a list) are suppressed by @? and mean that nothing
 * was found.  A text with wildcards, or in small letters, is nothing that a jsonpath can ask for: it leads to
 * the texts, and LIKE decides.
 */
#include "planner/filter_json.h"

#include "planner/filter_compare.h"

static const struct expr_function path_exists = {.sql = "%1 @? %2"};
static const struct expr_function text_like = {.sql = FILTER_JSON_LIKE("", "")};

bool filter_is_json(const struct catalog_type *type)
{
  return type->class == TYPE_JSON || type->class == TYPE_JSONB;
}

/* ---- jsonpaths ---- */

static void add_string(struct strbuf *path, struct str text)
{
  strbuf_putc(path, '"');
  for (size_t i = 0; i < text.len; i++) {
    unsigned char c = (unsigned char)text.data[i];
    if (c == '"' || c == '\\')
      strbuf_printf(path, "\\%c", c);
    else if (c < ' ')
      strbuf_printf(path, "\\u%04x", c);
    else
      strbuf_putc(path, (char)c);
  }
  strbuf_putc(path, '"');
}

static void begin_path(const struct filter_target *target, bool lax, struct strbuf *ret)
{
  strbuf_puts(ret, lax ? "lax $" : "strict $");
  for (size_t i = 0; i < target->n_keys; i++) {
    strbuf_putc(ret, '.');
    add_string(ret, target->keys[i].text);
  }
}

static bool has_nul(struct str text)
{
  return text.len > 0 && memchr(text.data, '\0', text.len);
}

static bool check_keys(const struct filter_scope *scope, const struct filter_target *target)
{
  for (size_t i = 0; i < target->n_keys; i++)
    if (has_nul(target->keys[i].text))
      return filter_refuse(scope->source, target->keys[i].at, "expected a key without NUL");
  return true;
}

enum json_type { JSON_TEXT, JSON_NUMBER, JSON_BOOLEAN };

static enum json_type type_of(const struct filter_literal *literal, struct arena *arena)
{
  static const struct catalog_type number = {.class = TYPE_NUMERIC};
  struct argument argument;
  struct error error;
  if (literal->quoted)
    return JSON_TEXT;
  if (str_equal(literal->text, STR("true")) || str_equal(literal->text, STR("false")))
    return JSON_BOOLEAN;
  return argument_from_text(literal->text, &number, arena, &argument, &error) ? JSON_NUMBER : JSON_TEXT;
}

/* A jsonpath's number has no zeros in front. */
static void add_number(struct strbuf *path, struct str text)
{
  size_t at = text.data[0] == '-';
  strbuf_puts(path, at ? "-" : "");
  while (at + 1 < text.len && text.data[at] == '0' && text.data[at + 1] >= '0' && text.data[at + 1] <= '9')
    at++;
  strbuf_add(path, text.data + at, text.len - at);
}

static bool add_literal(const struct filter_scope *scope, const struct filter_literal *literal,
                        struct strbuf *path)
{
  switch (type_of(literal, scope->source->arena)) {
  case JSON_NUMBER:
    add_number(path, literal->text);
    return true;
  case JSON_BOOLEAN:
    strbuf_add(path, literal->text.data, literal->text.len);
    return true;
  case JSON_TEXT:
    break;
  }
  if (has_nul(literal->text))
    return filter_refuse(scope->source, literal->at, "expected text without NUL");
  add_string(path, literal->text);
  return true;
}

/* ---- conditions ---- */

static struct expr_value text_value(const struct filter_scope *scope, const struct catalog_type *type,
                                    struct str text)
{
  union value value = {.bytes = {arena_strndup(scope->context->arena, text.data, text.len), text.len}};
  struct argument argument = {.type = type, .form = ARGUMENT_TEXT, .n = 1};
  argument.values = arena_memdup(scope->context->arena, &value, sizeof value);
  return filter_value_of(scope, &argument);
}

/* A call with the path as its first value; the path is freed. */
static struct expr *call_with_path(const struct filter_scope *scope, const struct filter_target *target,
                                   const struct expr_function *function, struct strbuf *path)
{
  struct arena *arena = scope->context->arena;
  struct expr *expr = ARENA_NEW(arena, struct expr);
  expr->kind = EXPR_CALL;
  expr->function = function;
  expr->operand = target->operand;
  expr->values = ARENA_ARRAY(arena, struct expr_value, 2);
  expr->values[expr->n_values++] =
      text_value(scope, &catalog_jsonpath, (struct str){strbuf_text(path), path->len});
  strbuf_done(path);
  return expr;
}

static struct expr *has_something(const struct filter_scope *scope, const struct filter_target *target)
{
  struct strbuf path = {0};
  begin_path(target, true, &path);
  strbuf_puts(&path, " ? (@ != null)");
  return call_with_path(scope, target, &path_exists, &path);
}

/* Lists in lists are looked into as deep as by the lax comparison of a jsonpath. */
static bool like(const struct filter_scope *scope, const struct filter_target *target, bool lax,
                 const struct filter_literal *literal, struct expr **ret)
{
  struct strbuf path = {0};
  if (has_nul(literal->text))
    return filter_refuse(scope->source, literal->at, "expected text without NUL");
  begin_path(target, lax, &path);
  strbuf_puts(&path, lax ? "[*][*]" : "");
  *ret = call_with_path(scope, target, target->json_like ? target->json_like : &text_like, &path);
  struct expr_value pattern = text_value(scope, &catalog_text, literal->pattern);
  pattern.function = literal->function;
  (*ret)->values[(*ret)->n_values++] = pattern;
  return true;
}

/* Whether LIKE is needed, or the literal can stand in the jsonpath. */
static bool needs_like(const struct filter_scope *scope, const struct filter_target *target,
                       const struct filter_literal *literal)
{
  if (literal->function || target->json_like)
    return true;
  return literal->wildcard && type_of(literal, scope->source->arena) == JSON_TEXT;
}

static bool equals(const struct filter_scope *scope, const struct filter_target *target, bool lax,
                   const struct filter_literals *literals, struct expr **ret)
{
  struct arena *arena = scope->context->arena;
  struct expr **items = ARENA_ARRAY(arena, struct expr *, literals->n + 1);
  struct strbuf path = {0};
  size_t n = 0, n_in_path = 0;
  bool ok = true;
  begin_path(target, lax, &path);
  for (size_t i = 0; ok && i < literals->n; i++) {
    if (needs_like(scope, target, &literals->items[i])) {
      ok = like(scope, target, lax, &literals->items[i], &items[n++]);
      continue;
    }
    strbuf_puts(&path, n_in_path++ == 0 ? " ? (@ == " : " || @ == ");
    ok = add_literal(scope, &literals->items[i], &path);
  }
  strbuf_puts(&path, ")");
  if (ok && n_in_path > 0)
    items[n++] = call_with_path(scope, target, &path_exists, &path);
  strbuf_done(&path);
  *ret = ok ? filter_or(items, n, arena) : NULL;
  return ok;
}

static bool ordered(const struct filter_scope *scope, const struct filter_target *target, enum compare_op op,
                    const struct filter_literals *literals, struct expr **ret)
{
  static const char *const operators[] = {
      [COMPARE_LT] = "<", [COMPARE_LE] = "<=", [COMPARE_GT] = ">", [COMPARE_GE] = ">="};
  const struct filter_literal *literal = &literals->items[0];
  if (literals->n > 1)
    return filter_refuse(scope->source, literal->at, "expected one value; a list goes with = or !=");
  if (needs_like(scope, target, literal))
    return filter_refuse(scope->source, literal->at,
                         "inside json wildcards and functions go with =, != or :; write \\* for a star");
  if (type_of(literal, scope->source->arena) == JSON_BOOLEAN)
    return filter_refuse(scope->source, literal->at, "true and false have no order; use = or !=");
  struct strbuf path = {0};
  begin_path(target, false, &path);
  strbuf_printf(&path, " ? (@ %s ", operators[op]);
  bool ok = add_literal(scope, literal, &path);
  strbuf_puts(&path, ")");
  if (ok)
    *ret = call_with_path(scope, target, &path_exists, &path);
  strbuf_done(&path);
  return ok;
}

bool filter_compare_json(const struct filter_scope *scope, const struct filter_target *target,
                         struct filter_comparator comparator, const struct filter_term *right,
                         struct expr **ret)
{
  struct filter_literals literals;
  if (!check_keys(scope, target))
    return false;
  if (comparator.has && filter_is_star(scope->source, right)) {
    *ret = has_something(scope, target);
    return true;
  }
  if (!filter_literals_of(scope, right, &literals))
    return false;
  if (!comparator.has && comparator.op != COMPARE_EQ && comparator.op != COMPARE_NE)
    return ordered(scope, target, comparator.op, &literals, ret);
  if (!equals(scope, target, comparator.has, &literals, ret))
    return false;
  if (!comparator.has && comparator.op == COMPARE_NE)
    *ret = filter_not(*ret, scope->context->arena);
  return true;
}

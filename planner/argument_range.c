/*
 * argument_range.c - ranges in filters and requests.
 *
 * A range is taken apart, each bound is read as a value of the range's subtype is anywhere else, and what is
 * sent is put together anew: so bounds have one form, whether they stand alone or in a range, and Postgres is
 * never given a range that it would refuse.  What it refuses beside malformed bounds is a lower bound above
 * the upper one, and a last integer that has no successor; where we cannot tell how values compare (texts,
 * types of extensions), its refusal is an INVALID_ARGUMENT by storage's table of failures.
 */
#include "planner/argument_range.h"

#include "planner/argument.h"
#include "planner/argument_text.h"

struct bound {
  bool given, inclusive;
  struct str text; /* as written, unquoted */
  enum argument_form form;
  union value value;
  struct str canonical;
};

bool range_is_literal(struct str text)
{
  return (text.len > 0 && (text.data[0] == '[' || text.data[0] == '(')) || str_equal(text, STR("empty"));
}

/* ---- apart ---- */

static void skip_spaces(struct str text, size_t *at)
{
  while (*at < text.len && text.data[*at] == ' ')
    ++*at;
}

/* In quotes, where a quote is doubled or behind a backslash. */
static bool take_quoted(struct str text, struct arena *arena, size_t *at, struct str *ret)
{
  char *bytes = arena_alloc_bytes(arena, text.len);
  size_t n = 0;
  for (++*at; *at < text.len; ++*at) {
    char c = text.data[*at], next = *at + 1 < text.len ? text.data[*at + 1] : '\0';
    bool escaped = c == '\\' || (c == '"' && next == '"');
    if (c == '"' && !escaped) {
      ++*at;
      *ret = (struct str){bytes, n};
      return true;
    }
    *at += escaped;
    bytes[n++] = escaped ? next : c;
  }
  return false;
}

static struct str take_plain(struct str text, size_t *at)
{
  size_t start = *at;
  while (*at < text.len && !strchr(",()[]\"\\", text.data[*at]))
    ++*at;
  size_t end = *at;
  while (end > start && text.data[end - 1] == ' ')
    end--;
  return (struct str){text.data + start, end - start};
}

static bool take_bound(struct str text, struct arena *arena, size_t *at, struct bound *bound)
{
  skip_spaces(text, at);
  if (*at < text.len && text.data[*at] == '"') {
    bound->given = true;
    if (!take_quoted(text, arena, at, &bound->text))
      return false;
    skip_spaces(text, at);
    return true;
  }
  bound->text = take_plain(text, at);
  bound->given = bound->text.len > 0;
  return true;
}

static bool take_character(struct str text, size_t *at, const char *either, char *ret)
{
  if (*at >= text.len || !text.data[*at] || !strchr(either, text.data[*at]))
    return false;
  *ret = text.data[(*at)++];
  return true;
}

static bool split(struct str text, struct arena *arena, struct bound *lower, struct bound *upper)
{
  size_t at = 0;
  char open, comma, close;
  if (!take_character(text, &at, "[(", &open) || !take_bound(text, arena, &at, lower) ||
      !take_character(text, &at, ",", &comma) || !take_bound(text, arena, &at, upper) ||
      !take_character(text, &at, "])", &close) || at != text.len)
    return false;
  lower->inclusive = open == '[';
  upper->inclusive = close == ']';
  return true;
}

/* ---- bounds ---- */

static bool read_bound(struct bound *bound, const struct catalog_type *type, struct arena *arena)
{
  const char *expected;
  if (!bound->given)
    return true;
  if (!argument_read(bound->text, type, arena, &bound->form, &bound->value, &expected))
    return false;
  struct argument argument = {.type = type, .form = bound->form, .n = 1, .values = &bound->value};
  bound->canonical = argument_to_literal(&argument, arena);
  return true;
}

static int compare_numbers(double a, double b)
{
  return (a > b) - (a < b);
}

static int compare_texts(struct str a, struct str b)
{
  int order = memcmp(a.data, b.data, a.len < b.len ? a.len : b.len);
  return order != 0 ? order : compare_numbers((double)a.len, (double)b.len);
}

/* Times are rewritten with as many digits as any other, so that their texts sort as they do. */
static bool compare_bounds(const struct catalog_type *type, const struct bound *a, const struct bound *b,
                           int *ret)
{
  switch (type->class) {
  case TYPE_INT2:
  case TYPE_INT4:
  case TYPE_INT8:
    *ret = (a->value.i64 > b->value.i64) - (a->value.i64 < b->value.i64);
    return true;
  case TYPE_FLOAT4:
  case TYPE_FLOAT8:
    *ret = compare_numbers(a->value.f64, b->value.f64);
    return true;
  case TYPE_NUMERIC:
    *ret = argument_compare_decimals(a->canonical, b->canonical);
    return true;
  case TYPE_DATE:
  case TYPE_TIME:
  case TYPE_TIMESTAMP:
  case TYPE_TIMESTAMPTZ:
    *ret = compare_texts(a->canonical, b->canonical);
    return true;
  default:
    return false;
  }
}

/* Ranges of integers are kept as [a,b): the last one cannot be included, nor the first behind it be. */
static bool has_successor(const struct catalog_type *type, const struct bound *lower,
                          const struct bound *upper)
{
  int64_t last = type->class == TYPE_INT8 ? INT64_MAX : INT32_MAX;
  if (type->class != TYPE_INT4 && type->class != TYPE_INT8)
    return true;
  return !(lower->given && !lower->inclusive && lower->value.i64 == last) &&
         !(upper->given && upper->inclusive && upper->value.i64 == last);
}

/* ---- together ---- */

static void add_bound(const struct bound *bound, struct strbuf *out)
{
  if (bound->given)
    argument_add_quoted(bound->canonical, out);
}

static struct str join(const struct bound *lower, const struct bound *upper, struct arena *arena)
{
  struct strbuf text = {0};
  strbuf_putc(&text, lower->inclusive ? '[' : '(');
  add_bound(lower, &text);
  strbuf_putc(&text, ',');
  add_bound(upper, &text);
  strbuf_putc(&text, upper->inclusive ? ']' : ')');
  struct str joined = {arena_strndup(arena, text.data, text.len), text.len};
  strbuf_done(&text);
  return joined;
}

bool range_rewrite(struct str text, const struct catalog_type *type, struct arena *arena, struct str *ret,
                   const char **ret_expected)
{
  const struct catalog_type *subtype = catalog_base_type(type->element);
  struct bound lower = {0}, upper = {0};
  int order = 0;
  if (str_equal(text, STR("empty"))) {
    *ret = text;
    return true;
  }
  if (!split(text, arena, &lower, &upper) || !read_bound(&lower, subtype, arena) ||
      !read_bound(&upper, subtype, arena)) {
    *ret_expected = arena_printf(arena, "a range like [a,b), where a and b are left out or each %s",
                                 argument_expected(subtype));
    return false;
  }
  if (lower.given && upper.given && compare_bounds(subtype, &lower, &upper, &order) && order > 0) {
    *ret_expected = "a range whose lower bound is not above its upper one";
    return false;
  }
  if (!has_successor(subtype, &lower, &upper)) {
    *ret_expected = "a range that does not include the last integer; leave the bound out";
    return false;
  }
  *ret = join(&lower, &upper, arena);
  return true;
}

/*
 * order.c - order_by as terms.
 *
 * A page must be able to start after any row, so a term's value must be one that the database compares and
 * that a token can carry: arrays, ranges and json are refused.  So is what a float adds up to: the sum
 * follows the order in which the rows are met, and a page that starts after a value of before may skip rows
 * or show them twice.
 */
#include "planner/order.h"

#include <ctype.h>
#include <strings.h>

#include "planner/graph_build.h"

/* Which types have an order that a page may follow. */
static bool is_orderable(const struct catalog_type *type)
{
  switch (catalog_base_type(type)->class) {
  case TYPE_OTHER:
  case TYPE_JSON:
  case TYPE_JSONB:
  case TYPE_HSTORE:
  case TYPE_ARRAY:
  case TYPE_RANGE:
  case TYPE_MULTIRANGE:
  case TYPE_COMPOSITE:
    return false;
  default:
    return true;
  }
}

static bool refuse(struct error *error, const char *field, const char *format, ...) PRINTF_LIKE(3, 4);

static bool refuse(struct error *error, const char *field, const char *format, ...)
{
  struct strbuf text = {0};
  va_list args;
  va_start(args, format);
  strbuf_vprintf(&text, format, args);
  va_end(args);
  error_set(error, ERROR_INVALID_ARGUMENT, "INVALID_ORDER", "%s", strbuf_text(&text));
  error_set_field(error, "%s", field);
  strbuf_done(&text);
  return false;
}

/* Client text for a message. */
static const char *quoted(struct arena *arena, struct str text)
{
  char *copy = arena_strndup(arena, text.len > 0 ? text.data : "", text.len < 80 ? text.len : 80);
  for (char *p = copy; *p != '\0'; p++)
    if (iscntrl((unsigned char)*p) || (unsigned char)*p >= 0x80 || *p == '"')
      *p = '?';
  return copy;
}

static struct str trim(struct str text)
{
  while (text.len > 0 && isspace((unsigned char)text.data[0]))
    text = (struct str){text.data + 1, text.len - 1};
  while (text.len > 0 && isspace((unsigned char)text.data[text.len - 1]))
    text.len--;
  return text;
}

/* Takes what stands before the first `separator`, or all. */
static struct str take_until(struct str *rest, char separator, bool *ret_last)
{
  const char *end = rest->len > 0 ? memchr(rest->data, separator, rest->len) : NULL;
  struct str part = {rest->data, end == NULL ? rest->len : (size_t)(end - rest->data)};
  *ret_last = end == NULL;
  *rest = end == NULL ? (struct str){0} : (struct str){end + 1, rest->len - part.len - 1};
  return part;
}

/* Splits "name desc" into its words. */
static bool split_direction(struct str term, struct str *ret_path, bool *ret_descending)
{
  size_t len = 0;
  while (len < term.len && !isspace((unsigned char)term.data[len]))
    len++;
  *ret_path = (struct str){term.data, len};
  struct str direction = trim((struct str){term.data + len, term.len - len});
  *ret_descending = direction.len == 4 && strncasecmp(direction.data, "desc", 4) == 0;
  return direction.len == 0 || *ret_descending ||
         (direction.len == 3 && strncasecmp(direction.data, "asc", 3) == 0);
}

struct steps {
  const struct graph_relation **items;
  size_t n, cap;
};

static bool any_step_unset(const struct steps *steps)
{
  for (size_t i = 0; i < steps->n; i++)
    if (steps->items[i]->may_be_unset)
      return true;
  return false;
}

static bool is_key_column(const struct graph_resource *resource, const struct catalog_column *column)
{
  if (resource->key == NULL)
    return false;
  for (size_t i = 0; i < resource->key->n_columns; i++)
    if (resource->key->columns[i] == column)
      return true;
  return false;
}

const struct catalog_type *order_term_type(const struct order_term *term)
{
  if (term->column != NULL)
    return term->column->type;
  return term->derived->kind == GRAPH_FIELD_AGGREGATE ? term->derived->aggregate->type
                                                      : term->derived->function->type;
}

static bool is_derived(const struct graph_field *field)
{
  return field->kind == GRAPH_FIELD_AGGREGATE || field->kind == GRAPH_FIELD_FUNCTION;
}

/* Without rows there is neither sum nor extreme; a function may give anything. */
static bool value_may_be_null(const struct graph_field *field)
{
  if (field->kind == GRAPH_FIELD_FUNCTION)
    return true;
  if (field->kind == GRAPH_FIELD_AGGREGATE)
    return field->aggregate->function != AGGREGATE_COUNT && field->aggregate->function != AGGREGATE_EXISTS;
  bool of_key = field->kind == GRAPH_FIELD_COLUMN && is_key_column(field->resource, field->column);
  return !field->column->not_null && !of_key;
}

/* Adding floats in another order gives another sum. */
static bool is_inexact(const struct graph_field *field)
{
  if (field->kind != GRAPH_FIELD_AGGREGATE ||
      (field->aggregate->function != AGGREGATE_SUM && field->aggregate->function != AGGREGATE_AVG))
    return false;
  enum type_class class = catalog_base_type(field->aggregate->type)->class;
  return class == TYPE_FLOAT4 || class == TYPE_FLOAT8;
}

/* The term that ends at `field` of `resource`, which the steps so far lead to. */
static bool end_term(const struct graph_field *field, struct steps *steps, struct arena *arena,
                     const char *error_field, struct order_term *term, struct error *error)
{
  const char *name = field->field->name, *message = field->resource->message->name;
  if (field->kind == GRAPH_FIELD_SOURCE)
    for (size_t i = 0; i < field->n_steps; i++)
      VEC_PUSH(arena, steps, field->steps[i]);
  if (field->kind != GRAPH_FIELD_COLUMN && field->kind != GRAPH_FIELD_SOURCE && !is_derived(field))
    return refuse(error, error_field, "field %s of %s cannot order: it is no single value", name, message);
  if (is_inexact(field))
    return refuse(error, error_field,
                  "field %s of %s cannot order: what floats add up to depends on the order in which they are "
                  "met, which no page could follow",
                  name, message);
  term->steps = steps->items;
  term->n_steps = steps->n;
  term->column = field->column;
  term->derived = is_derived(field) ? field : NULL;
  term->nullable = any_step_unset(steps) || value_may_be_null(field);
  const struct catalog_type *type = catalog_base_type(order_term_type(term));
  bool array = type->class == TYPE_ARRAY;
  if (!is_orderable(type))
    return refuse(error, error_field,
                  "field %s of %s cannot order: type %s%s has no order that a page could follow", name,
                  message, array ? type->element->name : order_term_type(term)->name, array ? "[]" : "");
  return true;
}

static bool unknown(const struct graph_resource *resource, struct str segment, struct arena *arena,
                    const char *field, struct error *error)
{
  const char *nearest = nearest_field(arena, resource, segment);
  if (nearest != NULL)
    return refuse(error, field, "%s has no field \"%s\"; did you mean \"%s\"?", resource->message->name,
                  quoted(arena, segment), nearest);
  return refuse(error, field, "%s has no field \"%s\"", resource->message->name, quoted(arena, segment));
}

static bool resolve_path(struct str path, const struct graph_resource *resource, const char *error_field,
                         struct arena *arena, struct order_term *term, struct error *error)
{
  struct steps steps = {0};
  for (;;) {
    bool last;
    struct str segment = take_until(&path, '.', &last);
    const struct graph_field *field = served_field(resource, segment);
    if (field == NULL)
      return unknown(resource, segment, arena, error_field, error);
    if (last)
      return end_term(field, &steps, arena, error_field, term, error);
    if (graph_field_target(field) == NULL || field->field->repeated)
      return refuse(error, error_field, "an order cannot go through %s of %s: it is no single message",
                    field->field->name, resource->message->name);
    if (field->kind == GRAPH_FIELD_RELATION)
      VEC_PUSH(arena, &steps, field->relation);
    resource = graph_field_target(field);
  }
}

bool order_same_value(const struct order_term *a, const struct order_term *b)
{
  return a->column == b->column && a->derived == b->derived && a->n_steps == b->n_steps &&
         (a->n_steps == 0 || memcmp(a->steps, b->steps, a->n_steps * sizeof(*a->steps)) == 0);
}

bool order_equal(const struct order *a, const struct order *b)
{
  if (a->n_terms != b->n_terms)
    return false;
  for (size_t i = 0; i < a->n_terms; i++)
    if (!order_same_value(&a->terms[i], &b->terms[i]) || a->terms[i].descending != b->terms[i].descending)
      return false;
  return true;
}

struct terms {
  struct order_term *items;
  size_t n, cap;
};

static bool holds(const struct terms *terms, const struct order_term *term)
{
  for (size_t i = 0; i < terms->n; i++)
    if (order_same_value(&terms->items[i], term))
      return true;
  return false;
}

static bool parse_term(struct str text, const struct graph_resource *resource, const char *field,
                       struct arena *arena, struct terms *terms, struct error *error)
{
  struct order_term term = {0};
  struct str path;
  text = trim(text);
  if (text.len == 0)
    return refuse(error, field, "%s", "a field is missing: write \"name, age desc\"");
  if (!split_direction(text, &path, &term.descending))
    return refuse(error, field, "in \"%s\" the direction is neither asc nor desc", quoted(arena, text));
  if (!resolve_path(path, resource, field, arena, &term, error))
    return false;
  if (holds(terms, &term))
    return refuse(error, field, "\"%s\" is ordered by twice", quoted(arena, path));
  VEC_PUSH(arena, terms, term);
  return true;
}

static void append_key(const struct graph_resource *resource, struct arena *arena, struct terms *terms)
{
  bool descending = terms->n > 0 && terms->items[terms->n - 1].descending;
  for (size_t i = 0; i < resource->key->n_columns; i++) {
    struct order_term term = {.column = resource->key->columns[i], .descending = descending};
    if (!holds(terms, &term))
      VEC_PUSH(arena, terms, term);
  }
}

/* A term costs a join and a comparison in each page; nobody sorts by more. */
#define TERMS_MAX 32

bool order_parse(struct str text, const struct graph_resource *resource, const char *field,
                 struct arena *arena, struct order *ret, struct error *error)
{
  struct terms terms = {0};
  text = trim(text);
  for (bool last = text.len == 0; !last;) {
    struct str part = take_until(&text, ',', &last);
    if (terms.n == TERMS_MAX)
      return refuse(error, field, "an order has at most %d fields", TERMS_MAX);
    if (!parse_term(part, resource, field, arena, &terms, error))
      return false;
  }
  append_key(resource, arena, &terms);
  *ret = (struct order){terms.items, terms.n};
  return true;
}

/* By names rather than pointers: page tokens are bound to it across processes. */
void order_fingerprint(const struct order *order, struct strbuf *ret)
{
  for (size_t i = 0; i < order->n_terms; i++) {
    const struct order_term *term = &order->terms[i];
    if (i > 0)
      strbuf_putc(ret, ',');
    for (size_t j = 0; j < term->n_steps; j++) {
      const struct schema_field *field = term->steps[j]->field->field;
      strbuf_printf(ret, "%s.%s>", field->parent->full_name, field->name);
    }
    if (term->derived != NULL)
      strbuf_printf(ret, "%s.%s()", term->derived->resource->message->full_name, term->derived->field->name);
    else
      strbuf_puts(ret, term->column->name);
    strbuf_puts(ret, term->descending ? " desc" : "");
  }
}

#include "server/request_lists.h"

#include "planner/order.h"
#include "server/request_value.h"

/* Fields of rowan.v1.RelationArguments. */
enum { FIELD_FILTER = 1, FIELD_ORDER_BY = 2, FIELD_PAGE_SIZE = 3, FIELD_PAGE_TOKEN = 4, FIELD_MAX_DEPTH = 5 };

/* ---- reading ---- */

static const union value *member(const struct message_value *message, uint32_t number)
{
  if (message == NULL)
    return NULL;
  const struct schema_field *field = schema_message_field_by_number(message->type, number);
  const struct field_value *value = field == NULL ? NULL : message_field(message, field);
  return value == NULL || value->n == 0 ? NULL : &value->items[0];
}

static struct str text_member(const struct message_value *message, uint32_t number)
{
  const union value *value = member(message, number);
  return value == NULL ? (struct str){0} : value->bytes;
}

static int64_t integer_member(const struct message_value *message, uint32_t number)
{
  const union value *value = member(message, number);
  return value == NULL ? 0 : value->i64;
}

static const struct message_value *entry_arguments(const struct message_value *entry)
{
  const union value *value = member(entry, 2);
  return value == NULL ? NULL : value->message;
}

static struct list_request read_entry(const struct message_value *entry)
{
  const struct message_value *arguments = entry_arguments(entry);
  return (struct list_request){.path = text_member(entry, 1),
                               .filter = text_member(arguments, FIELD_FILTER),
                               .order_by = text_member(arguments, FIELD_ORDER_BY),
                               .page_size = integer_member(arguments, FIELD_PAGE_SIZE),
                               .max_depth = integer_member(arguments, FIELD_MAX_DEPTH)};
}

/* ---- tokens ---- */

void token_add_order(const struct order *order, struct strbuf *ret)
{
  for (size_t i = 0; i < order->n_terms; i++) {
    const struct order_term *term = &order->terms[i];
    for (size_t step = 0; step < term->n_steps; step++)
      value_serialize_text(str_from(term->steps[step]->target->message->full_name), ret);
    value_serialize_text(str_from(term->derived != NULL ? term->derived->field->name : term->column->name),
                         ret);
    value_serialize_text(str_from(order_term_type(term)->name), ret);
    strbuf_putc(ret, term->derived != NULL ? 'f' : 'c');
    strbuf_putc(ret, term->descending ? 'd' : 'a');
  }
}

static struct str list_binding(const struct graph_field *list, struct str filter, const struct order *order,
                               const struct bound_claims *claims, struct arena *arena)
{
  struct strbuf text = {0};
  value_serialize_text(STR("list"), &text);
  value_serialize_text(str_from(list->resource->message->full_name), &text);
  value_serialize_text(str_from(list->field->name), &text);
  value_serialize_text(filter, &text);
  token_add_order(order, &text);
  claims_serialize(claims, list->resource->claims, &text);
  struct str copy = {arena_memdup(arena, strbuf_text(&text), text.len), text.len};
  strbuf_done(&text);
  return copy;
}

static bool refuse_token(const struct list_arguments *list, struct error *error, const char *message)
{
  error_set(error, ERROR_INVALID_ARGUMENT, "INVALID_PAGE_TOKEN", "%s", message);
  error_set_field(error, "%s.page_token", list->name);
  return false;
}

/* The cursor's values become arguments, but for NULLs. */
static void go_on_after(struct list_arguments *list, const struct cell *values, struct arena *arena,
                        struct arguments *arguments)
{
  list->after_cursor = true;
  list->first_cursor_argument = (unsigned)arguments->n;
  for (size_t i = 0; i < list->order->n_terms; i++) {
    if (values[i].len < 0) {
      list->cursor_nulls |= (uint64_t)1 << i;
      continue;
    }
    union value *value = ARENA_NEW(arena, union value);
    value->bytes = (struct str){(const char *)values[i].data, (size_t)values[i].len};
    struct argument argument = {
        .type = order_term_type(&list->order->terms[i]), .form = ARGUMENT_BINARY, .n = 1, .values = value};
    VEC_PUSH(arena, arguments, argument);
  }
}

static bool open_token(const struct request_lists_context *context, struct list_arguments *list,
                       struct request_list *request, struct str token, struct arena *arena,
                       struct arguments *arguments, struct error *error)
{
  const struct graph_field *field = list->steps[list->n_steps - 1];
  unsigned n_key = (unsigned)field->resource->key->n_columns;
  const struct cell *values;
  if (!context->one_parent || list->n_steps > 1)
    return refuse_token(list, error,
                        "a nested list goes on in a Get of its parent alone, by the parent's key");
  if (!page_token_open(context->token_keys,
                       list_binding(field, request->filter, list->order, context->claims, arena), token,
                       n_key + (unsigned)list->order->n_terms, arena, &values, error)) {
    error_set_field(error, "%s.page_token", list->name);
    return false;
  }
  request->parent_key = values;
  go_on_after(list, values + n_key, arena, arguments);
  return true;
}

const char *request_list_token(const struct request_lists *lists, const struct page_token_keys *keys,
                               const struct bound_claims *claims, const struct plan_slot *slot,
                               const struct cell *parent, const struct cell *last, struct arena *arena)
{
  const struct graph_field *list = slot->field->of;
  const struct order *order = slot->shape->fetch->order;
  size_t n_key = list->resource->key->n_columns;
  struct cell *values = ARENA_ARRAY(arena, struct cell, n_key + order->n_terms);
  for (size_t i = 0; i < n_key; i++)
    values[i] = parent[slot->key_outputs[i]];
  for (size_t i = 0; i < order->n_terms; i++)
    values[n_key + i] = last[slot->cursor_outputs[i]];
  struct str filter = slot->list < 0 ? (struct str){0} : lists->requests[slot->list].filter;
  return page_token_seal(keys, list_binding(list, filter, order, claims, arena), values,
                         (unsigned)(n_key + order->n_terms), arena);
}

static bool is_key(const struct plan *plan, const struct cell *row, const struct cell *key)
{
  for (size_t i = 0; i < plan->resource->key->n_columns; i++) {
    const struct cell *cell = &row[plan->key_outputs[i]];
    if (cell->len != key[i].len || (cell->len > 0 && memcmp(cell->data, key[i].data, (size_t)cell->len) != 0))
      return false;
  }
  return true;
}

bool request_lists_check_parent(const struct request_lists *lists, const struct plan *plan,
                                const struct rows *rows, size_t row, struct error *error)
{
  for (size_t i = 0; i < lists->n; i++) {
    const struct cell *key = lists->requests[i].parent_key;
    if (key != NULL && !is_key(plan, rows_at(rows, row), key))
      return refuse_token(&lists->items[i], error,
                          "the page token is not valid for this request; begin again without one");
  }
  return true;
}

/* ---- all of them ---- */

bool request_lists_read(const struct request_lists_context *context, const struct message_value *request,
                        struct arena *arena, struct arguments *arguments, struct request_lists *ret,
                        struct error *error)
{
  const struct schema_field *field = context->method->relation_arguments;
  const struct field_value *entries = field == NULL ? NULL : message_field(request, field);
  struct request_lists lists = {.n = entries == NULL ? 0 : entries->n};
  struct list_request *texts = ARENA_ARRAY(arena, struct list_request, lists.n);
  for (size_t i = 0; i < lists.n; i++)
    texts[i] = read_entry(entries->items[i].message);
  if (lists.n > 0 && !list_arguments_resolve(context->graph, context->method->resource, field->name, texts,
                                             lists.n, context->limits, arena, arguments, &lists.items, error))
    return false;
  lists.requests = ARENA_ARRAY(arena, struct request_list, lists.n);
  for (size_t i = 0; i < lists.n; i++) {
    size_t entry = lists.items[i].request;
    struct str token = text_member(entry_arguments(entries->items[entry].message), FIELD_PAGE_TOKEN);
    lists.requests[i].filter = texts[entry].filter;
    if (token.len > 0 &&
        !open_token(context, &lists.items[i], &lists.requests[i], token, arena, arguments, error))
      return false;
  }
  *ret = lists;
  return true;
}

void request_lists_shape(const struct request_lists *lists, struct strbuf *ret)
{
  for (size_t i = 0; i < lists->n; i++) {
    value_serialize_text(str_from(lists->items[i].path), ret);
    list_arguments_fingerprint(&lists->items[i], ret);
  }
}

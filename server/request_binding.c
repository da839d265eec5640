/*
 * request_binding.c - from request fields to conditions, order, page and keys.
 *
 * What can be wrong with a request is found here or in the planner's parsers, before any query, and names the
 * request field.
 */
#include "server/request_binding.h"

#include "planner/expr_build.h"
#include "planner/filter.h"
#include "planner/order.h"
#include "proto/request_required.h"
#include "server/request_conditions.h"
#include "server/request_value.h"

/* ---- the filter ---- */

static struct str text_of(const struct schema_field *field, const struct message_value *request)
{
  const struct field_value *value = field == NULL ? NULL : message_field(request, field);
  return value == NULL || value->n == 0 ? (struct str){0} : value->items[0].bytes;
}

static bool bind_filter(const struct binding_context *context, const struct message_value *request,
                        struct arena *arena, struct binding *ret, struct error *error)
{
  const struct graph_method *method = context->method;
  if (!request_conditions(method, request, arena, &ret->filter_arguments, &ret->filter, error))
    return false;
  if (method->filter != NULL) {
    struct filter_context filter = {.graph = context->graph,
                                    .resource = method->resource,
                                    .origin = FILTER_OF_REQUEST,
                                    .limits = context->limits,
                                    .field = method->filter->name,
                                    .arena = arena,
                                    .arguments = &ret->filter_arguments};
    struct expr *expr = NULL;
    if (!filter_parse(text_of(method->filter, request), &filter, &expr, error))
      return false;
    ret->filter = expr_and(ret->filter, expr, arena);
  }
  return true;
}

/* ---- order and page ---- */

static bool is_blank(struct str text)
{
  for (size_t i = 0; i < text.len; i++)
    if (text.data[i] != ' ' && text.data[i] != '\t')
      return false;
  return true;
}

static bool bind_order(const struct binding_context *context, const struct message_value *request,
                       struct arena *arena, struct binding *ret, struct error *error)
{
  const struct graph_method *method = context->method;
  ret->order_text = text_of(method->order_by, request);
  if (is_blank(ret->order_text)) {
    ret->order_text = (struct str){0};
    ret->order = method->resource->order;
    return true;
  }
  return order_parse(ret->order_text, method->resource, method->order_by->name, arena, &ret->order, error);
}

static uint32_t largest_page(const struct binding_context *context)
{
  uint32_t most = context->method->max_page_size;
  return most > 0 ? most : (uint32_t)context->settings->max_page_size;
}

static uint32_t default_page(const struct binding_context *context)
{
  uint32_t size = context->method->default_page_size;
  return size > 0 ? size : (uint32_t)context->settings->page_size;
}

static bool bind_page_size(const struct binding_context *context, const struct message_value *request,
                           struct binding *ret, struct error *error)
{
  const struct schema_field *field = context->method->page_size;
  const struct field_value *value = field == NULL ? NULL : message_field(request, field);
  int64_t wanted = value == NULL || value->n == 0 ? 0 : value->items[0].i64;
  uint32_t most = largest_page(context);
  if (wanted < 0) {
    error_set(error, ERROR_INVALID_ARGUMENT, "INVALID_PAGE_SIZE", "page_size is negative");
    error_set_field(error, "%s", field->name);
    return false;
  }
  if (wanted == 0)
    wanted = context->method->kind == METHOD_STREAM ? 0 : default_page(context);
  ret->page_size = wanted > most ? most : (uint32_t)wanted;
  return true;
}

static bool refuse_skip(const struct schema_field *field, int64_t skip, int64_t most, struct error *error)
{
  if (skip < 0) {
    error_set(error, ERROR_INVALID_ARGUMENT, "INVALID_SKIP", "skip is negative");
  } else {
    error_set(error, ERROR_INVALID_ARGUMENT, "REQUEST_TOO_COMPLEX",
              "skip is more than %lld; page_token goes on from anywhere", (long long)most);
    error_add_metadata(error, "limit", "%lld", (long long)most);
    error_add_metadata(error, "value", "%lld", (long long)skip);
    error_add_metadata(error, "setting", "max-skip");
  }
  error_set_field(error, "%s", field->name);
  return false;
}

static bool bind_skip(const struct binding_context *context, const struct message_value *request,
                      struct binding *ret, struct error *error)
{
  const struct schema_field *field = context->method->skip;
  const struct field_value *value = field == NULL ? NULL : message_field(request, field);
  int64_t skip = value == NULL || value->n == 0 ? 0 : value->items[0].i64;
  if (skip < 0 || skip > context->settings->max_skip)
    return refuse_skip(field, skip, context->settings->max_skip, error);
  ret->skip = (uint32_t)skip;
  return true;
}

static bool bind_show_deleted(const struct binding_context *context, const struct message_value *request)
{
  const struct schema_field *field = context->method->show_deleted;
  const struct field_value *value = field == NULL ? NULL : message_field(request, field);
  return value != NULL && value->n > 0 && value->items[value->n - 1].boolean;
}

/* Everything that must be equal for a token to be good: the walk, but not how fast it is walked. */
static struct str token_binding(const struct binding *binding, const struct message_value *request,
                                struct arena *arena)
{
  const struct graph_method *method = binding->context->method;
  struct strbuf text = {0};
  value_serialize_text(str_from(method->method->path), &text);
  value_serialize_text(text_of(method->filter, request), &text);
  token_add_order(&binding->order, &text);
  value_serialize_text(binding->order_text, &text);
  if (binding->show_deleted)
    value_serialize_text(STR("show_deleted"), &text);
  for (size_t i = 0; i < method->n_conditions; i++) {
    const struct schema_field *field = method->conditions[i].field;
    const struct field_value *value = message_field(request, field);
    strbuf_printf(&text, "%u%c", field->number, value_is_sent(field, value) ? '=' : '-');
    if (value_is_sent(field, value))
      value_serialize(field, value, &text);
  }
  claims_serialize(&binding->claims, binding->claims.wanted, &text);
  struct str copy = {arena_memdup(arena, strbuf_text(&text), text.len), text.len};
  strbuf_done(&text);
  return copy;
}

static bool bind_page(const struct binding_context *context, const struct message_value *request,
                      struct arena *arena, struct binding *ret, struct error *error)
{
  ret->root = PLAN_ROOT_PAGE;
  if (!bind_page_size(context, request, ret, error) || !bind_skip(context, request, ret, error) ||
      !bind_filter(context, request, arena, ret, error) || !bind_order(context, request, arena, ret, error))
    return false;
  ret->show_deleted = bind_show_deleted(context, request);
  ret->token_binding = token_binding(ret, request, arena);
  struct str token = text_of(context->method->page_token, request);
  if (token.len == 0)
    return true;
  ret->cursor.n_values = (unsigned)ret->order.n_terms;
  return page_token_open(context->token_keys, ret->token_binding, token, ret->cursor.n_values, arena,
                         &ret->cursor.values, error);
}

/* ---- the whole ---- */

static bool bind_lists(const struct binding_context *context, const struct message_value *request,
                       struct arena *arena, struct binding *ret, struct error *error)
{
  struct request_lists_context lists = {
      .graph = context->graph,
      .method = context->method,
      .limits = context->limits,
      .token_keys = context->token_keys,
      .claims = &ret->claims,
      .one_parent = ret->root == PLAN_ROOT_ONE || (ret->root == PLAN_ROOT_MANY && ret->keys.n_unique == 1)};
  return request_lists_read(&lists, request, arena, &ret->filter_arguments, &ret->lists, error);
}

/* A plan does not depend on the keys' values. */
static bool bind_no_keys(const struct binding_context *context, struct binding *ret)
{
  ret->keys = (struct requested_keys){.lookup = &context->method->lookups[0]};
  return true;
}

static bool bind_rows(const struct binding_context *context, const struct message_value *request,
                      struct arena *arena, struct binding *ret, struct error *error)
{
  switch (context->method->kind) {
  case METHOD_GET:
    ret->root = PLAN_ROOT_ONE;
    if (context->without_keys)
      return bind_no_keys(context, ret);
    return requested_key(context->method, request, arena, &ret->keys, error);
  case METHOD_BATCH_GET:
    ret->root = PLAN_ROOT_MANY;
    if (context->without_keys)
      return bind_no_keys(context, ret);
    return requested_batch(context->method, request, (size_t)context->settings->max_batch, arena, &ret->keys,
                           error);
  case METHOD_LIST:
  case METHOD_STREAM:
    break;
  }
  return bind_page(context, request, arena, ret, error);
}

bool binding_make(const struct binding_context *context, const struct message_value *request,
                  struct arena *arena, struct binding *ret, struct error *error)
{
  struct binding binding = {.context = context};
  if (!context->without_keys && !request_required_check(request, error))
    return false;
  claims_bind(context->claims, context->graph, context->method->resource->claims, arena, &binding.claims);
  if (!request_mask(context->graph, context->method, request, &context->headers, context->limits, arena,
                    &binding.mask, error) ||
      !bind_rows(context, request, arena, &binding, error) ||
      !bind_lists(context, request, arena, &binding, error))
    return false;
  *ret = binding;
  return true;
}

/* ---- where it goes on ---- */

struct cursor binding_cursor_at(const struct plan *plan, const struct rows *rows, size_t row,
                                struct arena *arena)
{
  unsigned n = (unsigned)plan->order.n_terms;
  struct cell *values = ARENA_ARRAY(arena, struct cell, n);
  for (unsigned i = 0; i < n; i++)
    values[i] = rows_at(rows, row)[plan->cursor_outputs[i]];
  return (struct cursor){values, n};
}

const char *binding_token(const struct binding *binding, struct cursor cursor, struct arena *arena)
{
  return page_token_seal(binding->context->token_keys, binding->token_binding, cursor.values, cursor.n_values,
                         arena);
}

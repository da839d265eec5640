/*
 * explain_plan.c - the method's own request message is made from the texts, field by field, and bound by the
 * same code that binds what comes over the wire; so is the plan the one that a client's request gets.
 *
 * A Get's or BatchGet's keys go to the first lookup whose fields take them.
 */
#include "server/explain_plan.h"

#include <errno.h>
#include <stdlib.h>

#include "planner/explain.h"
#include "server/stream.h"
#include "storage/statement.h"

struct making {
  const struct explain_request *request;
  const struct graph_method *method;
  struct arena *arena;
  struct message_value *message;
};

/* ---- the method ---- */

static bool is_called(const struct schema_method *method, struct str name)
{
  if (name.len > 0 && name.data[0] == '/')
    name = (struct str){name.data + 1, name.len - 1};
  return str_equal_text(name, method->path + 1) || str_equal_text(name, method->name);
}

static bool no_method(const struct graph *graph, struct str name, struct arena *arena, struct error *error)
{
  const char **names = ARENA_ARRAY(arena, const char *, graph->n_methods);
  bool in_full = name.len > 0 && memchr(name.data, '/', name.len) != NULL;
  for (size_t i = 0; i < graph->n_methods; i++)
    names[i] = in_full ? graph->methods[i]->method->path + 1 : graph->methods[i]->method->name;
  const char *nearest = str_nearest(name, names, graph->n_methods);
  return error_set(error, ERROR_NOT_FOUND, "UNKNOWN_METHOD", "no method \"%.*s\"%s%s%s",
                   (int)(name.len < 100 ? name.len : 100), name.data,
                   nearest == NULL ? "" : "; did you mean ", nearest == NULL ? "" : nearest,
                   nearest == NULL ? "" : "?");
}

static bool find_method(const struct graph *graph, struct str name, struct arena *arena,
                        const struct graph_method **ret, struct error *error)
{
  const struct graph_method *found = NULL;
  for (size_t i = 0; i < graph->n_methods; i++) {
    const struct graph_method *method = graph->methods[i];
    if (!is_called(method->method, name))
      continue;
    if (found != NULL)
      return error_set(error, ERROR_INVALID_ARGUMENT, "UNKNOWN_METHOD",
                       "%s and %s are both called so; name one in full", found->method->path + 1,
                       method->method->path + 1);
    found = method;
  }
  if (found == NULL)
    return no_method(graph, name, arena, error);
  if (found->ignored)
    return error_set(error, ERROR_UNIMPLEMENTED, "UNKNOWN_METHOD", "%s is ignored by its annotation",
                     found->method->path + 1);
  if (found->broken)
    return error_set(error, ERROR_FAILED_PRECONDITION, "SCHEMA_DRIFT",
                     "%s cannot be served; rowan check says why", found->method->path + 1);
  *ret = found;
  return true;
}

/* ---- the message ---- */

static struct message_value *new_message(const struct schema_message *type, struct arena *arena)
{
  struct message_value *message = ARENA_NEW(arena, struct message_value);
  message->type = type;
  message->fields = ARENA_ARRAY(arena, struct field_value, type->n_fields);
  return message;
}

static void add_value(const struct making *making, struct message_value *message,
                      const struct schema_field *field, union value value)
{
  VEC_PUSH(making->arena, &message->fields[field->index], value);
}

static bool no_field(const struct making *making, const char *what, struct error *error)
{
  error_set(error, ERROR_INVALID_ARGUMENT, "INVALID_EXPLAIN", "%s takes no %s",
            making->method->method->path + 1, what);
  error_set_field(error, "%s", what);
  return false;
}

static bool set_text(const struct making *making, const struct schema_field *field, const char *what,
                     struct str text, struct error *error)
{
  if (text.len == 0)
    return true;
  if (field == NULL)
    return no_field(making, what, error);
  add_value(making, making->message, field, (union value){.bytes = text});
  return true;
}

static bool set_page_size(const struct making *making, struct error *error)
{
  const struct schema_field *field = making->method->page_size;
  if (making->request->page_size == 0)
    return true;
  if (field == NULL)
    return no_field(making, "page_size", error);
  add_value(making, making->message, field, (union value){.i64 = making->request->page_size});
  return true;
}

static bool set_mask(const struct making *making, struct error *error)
{
  const struct schema_field *field = making->method->read_mask;
  if (making->request->n_mask == 0)
    return true;
  if (field == NULL)
    return no_field(making, "read_mask", error);
  struct message_value *mask = new_message(field->message, making->arena);
  const struct schema_field *paths = schema_message_field_by_number(field->message, 1);
  for (size_t i = 0; i < making->request->n_mask; i++)
    add_value(making, mask, paths, (union value){.bytes = making->request->mask[i]});
  add_value(making, making->message, field, (union value){.message = mask});
  return true;
}

/* Binding reads the entries by field numbers, which are the same in every schema. */
static bool set_relation_arguments(const struct making *making, struct error *error)
{
  const struct field_value *entries = making->request->relation_arguments;
  const struct schema_field *field = making->method->relation_arguments;
  if (entries == NULL || entries->n == 0)
    return true;
  if (field == NULL)
    return no_field(making, "relation_arguments", error);
  making->message->fields[field->index] = *entries;
  return true;
}

/* ---- keys ---- */

static bool read_enum(const struct schema_enum *enumeration, struct str text, int64_t *ret)
{
  for (size_t i = 0; i < enumeration->n_values; i++)
    if (str_equal_text(text, enumeration->values[i].name)) {
      *ret = enumeration->values[i].number;
      return true;
    }
  return false;
}

static bool read_integer(const char *text, bool is_signed, union value *ret)
{
  char *end;
  errno = 0;
  if (is_signed)
    ret->i64 = strtoll(text, &end, 10);
  else
    ret->u64 = strtoull(text, &end, 10);
  return end != text && *end == '\0' && errno == 0;
}

static bool read_float(const char *text, double *ret)
{
  char *end;
  *ret = strtod(text, &end);
  return end != text && *end == '\0';
}

static bool read_key(const struct making *making, const struct schema_field *field, struct str text,
                     union value *ret)
{
  const char *copy = arena_strndup(making->arena, text.data, text.len);
  switch (field->type) {
  case FIELD_STRING:
  case FIELD_BYTES:
    ret->bytes = text;
    return true;
  case FIELD_BOOL:
    ret->boolean = str_equal_text(text, "true");
    return ret->boolean || str_equal_text(text, "false");
  case FIELD_DOUBLE:
  case FIELD_FLOAT:
    return read_float(copy, &ret->f64);
  case FIELD_ENUM:
    return read_enum(field->enumeration, text, &ret->i64);
  case FIELD_MESSAGE:
  case FIELD_GROUP:
    return false;
  case FIELD_UINT64:
  case FIELD_UINT32:
  case FIELD_FIXED64:
  case FIELD_FIXED32:
    return read_integer(copy, false, ret);
  case FIELD_INT64:
  case FIELD_INT32:
  case FIELD_SFIXED32:
  case FIELD_SFIXED64:
  case FIELD_SINT32:
  case FIELD_SINT64:
    break;
  }
  return read_integer(copy, true, ret);
}

static bool takes_keys(const struct making *making, const struct graph_lookup *lookup)
{
  const struct explain_request *request = making->request;
  size_t n = lookup->n_columns;
  bool batch = making->method->kind == METHOD_BATCH_GET;
  if (batch ? request->n_keys % n != 0 : request->n_keys != n)
    return false;
  for (size_t i = 0; i < request->n_keys; i++) {
    union value value;
    if (!read_key(making, lookup->fields[i % n], request->keys[i], &value))
      return false;
  }
  return true;
}

/* One after the other into the request's fields, or into an element of `requests` for each key. */
static void put_keys(const struct making *making, const struct graph_lookup *lookup)
{
  const struct schema_field *requests = making->method->requests;
  struct message_value *to = making->message;
  for (size_t i = 0; i < making->request->n_keys; i++) {
    const struct schema_field *field = lookup->fields[i % lookup->n_columns];
    union value value = {0};
    if (requests != NULL && i % lookup->n_columns == 0) {
      to = new_message(requests->message, making->arena);
      add_value(making, making->message, requests, (union value){.message = to});
    }
    (void)read_key(making, field, making->request->keys[i], &value);
    add_value(making, to, field, value);
  }
}

static bool set_keys(const struct making *making, struct error *error)
{
  const struct graph_method *method = making->method;
  if (making->request->n_keys == 0)
    return true;
  for (size_t i = 0; i < method->n_lookups; i++)
    if (takes_keys(making, &method->lookups[i])) {
      put_keys(making, &method->lookups[i]);
      return true;
    }
  if (method->n_lookups == 0)
    return no_field(making, "keys", error);
  error_set(error, ERROR_INVALID_ARGUMENT, "INVALID_KEY", "no key of %s takes these values",
            method->method->path + 1);
  error_set_field(error, "keys");
  return false;
}

/* ---- the whole ---- */

static uint32_t limit_of(const struct binding *binding)
{
  return binding->page_size == 0 ? STREAM_FIRST_CHUNK : binding->page_size;
}

bool explain_plan(const struct explain_request *request, struct plan_cache *plans, struct arena *arena,
                  struct explained *ret, struct error *error)
{
  struct making making = {.request = request, .arena = arena};
  if (!find_method(ret->context.graph, request->method, arena, &making.method, error))
    return false;
  making.message = new_message(making.method->method->input, arena);
  ret->context.method = making.method;
  ret->context.unlimited = !request->analyze;
  ret->context.without_keys = making.method->n_lookups > 0 && request->n_keys == 0 && !request->analyze;
  if (!set_mask(&making, error) || !set_keys(&making, error) || !set_page_size(&making, error) ||
      !set_text(&making, making.method->filter, "filter", request->filter, error) ||
      !set_text(&making, making.method->order_by, "order_by", request->order_by, error) ||
      !set_relation_arguments(&making, error) ||
      !binding_make(&ret->context, making.message, arena, &ret->binding, error))
    return false;
  ret->limit = limit_of(&ret->binding);
  return binding_plan(&ret->binding, plans, ret->binding.cursor, ret->limit, arena, &ret->plan,
                      &ret->arguments, error);
}

bool explain_run(struct explained *explained, int64_t timeout_ms, const atomic_bool *cancelled,
                 struct arena *arena, struct error *error)
{
  struct analyze_request request = {.database = explained->context.settings->database,
                                    .plan = explained->plan,
                                    .arguments = explained->arguments,
                                    .limit = explained->limit,
                                    .statement_timeout_ms = timeout_ms,
                                    .cancelled = cancelled};
  struct analyzed_fetch *analyzed = ARENA_ARRAY(arena, struct analyzed_fetch, explained->plan->n_fetches);
  if (!analyze(&request, arena, analyzed, error))
    return false;
  explained->analyzed = analyzed;
  return true;
}

void explain_text(const struct explained *explained, struct arena *arena, struct strbuf *ret)
{
  const struct plan *plan = explained->plan;
  const char **texts = ARENA_ARRAY(arena, const char *, plan->n_fetches);
  struct explain_measure *measures = ARENA_ARRAY(arena, struct explain_measure, plan->n_fetches);
  for (unsigned i = 0; i < plan->n_fetches; i++) {
    const struct analyzed_fetch *fetch = explained->analyzed == NULL ? NULL : &explained->analyzed[i];
    texts[i] = plan->statements[i].text;
    if (fetch != NULL)
      measures[i] = (struct explain_measure){fetch->ran, fetch->rows, (double)fetch->us / 1000, fetch->plan};
  }
  plan_explain(plan, texts, explained->analyzed == NULL ? NULL : measures, ret);
}

/*
 * explain_request.c - the method's own request message, made from what the caller said.
 *
 * A whole request (JSON, or a message as it would have come over the wire) is the message; texts are set in
 * it field by field, and nothing may be said twice.  A Get's or BatchGet's keys go to the first lookup whose
 * fields take them.
 */
#include "server/explain_request.h"

#include <errno.h>
#include <stdlib.h>

#include "server/request_json.h"
#include "server/request_value.h"

struct making {
  const struct explain_request *request;
  const struct graph_method *method;
  struct arena *arena;
  struct message_value *message;
};

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

static bool is_free(const struct making *making, const struct schema_field *field, struct error *error)
{
  if (making->message->fields[field->index].n == 0)
    return true;
  error_set(error, ERROR_INVALID_ARGUMENT, "INVALID_EXPLAIN", "%s is set in the request already",
            field->name);
  error_set_field(error, "%s", field->name);
  return false;
}

static bool set_text(const struct making *making, const struct schema_field *field, const char *what,
                     struct str text, struct error *error)
{
  if (text.len == 0)
    return true;
  if (field == NULL)
    return no_field(making, what, error);
  if (!is_free(making, field, error))
    return false;
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
  if (!is_free(making, field, error))
    return false;
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
  if (!is_free(making, field, error))
    return false;
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
  if (!is_free(making, field, error))
    return false;
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

/* Whether the message has any of what a lookup is made of. */
static bool has_keys(const struct graph_method *method, const struct message_value *message)
{
  if (method->requests != NULL)
    return message_field(message, method->requests)->n > 0;
  for (size_t i = 0; i < method->n_lookups; i++)
    for (size_t j = 0; j < method->lookups[i].n_columns; j++)
      if (message_field(message, method->lookups[i].fields[j])->n > 0)
        return true;
  return false;
}

static bool set_keys(const struct making *making, struct error *error)
{
  const struct graph_method *method = making->method;
  if (making->request->n_keys == 0)
    return true;
  if (has_keys(method, making->message)) {
    error_set(error, ERROR_INVALID_ARGUMENT, "INVALID_EXPLAIN", "the request has keys already");
    error_set_field(error, "keys");
    return false;
  }
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

/* What the last slash of a type URL leaves. */
static struct str type_name(struct str url)
{
  size_t start = url.len;
  while (start > 0 && url.data[start - 1] != '/')
    start--;
  return (struct str){url.data + start, url.len - start};
}

static bool read_packed(const struct making *making, struct message_value **ret, struct error *error)
{
  const struct explain_request *request = making->request;
  const struct schema_message *type = making->method->method->input;
  struct str name = type_name(request->packed_type);
  if (str_equal_text(name, type->full_name))
    return request_read(type, request->packed.data, request->packed.len, &REQUEST_LIMITS_DEFAULT,
                        making->arena, ret, error);
  error_set(error, ERROR_INVALID_ARGUMENT, "INVALID_EXPLAIN", "%s takes a %s, not a %.*s",
            making->method->method->path + 1, type->full_name, (int)(name.len < 100 ? name.len : 100),
            name.data);
  error_set_field(error, "request");
  return false;
}

static bool begin(struct making *making, struct error *error)
{
  const struct schema_message *type = making->method->method->input;
  if (making->request->packed_type.len > 0)
    return read_packed(making, &making->message, error);
  if (making->request->json != NULL)
    return request_from_json(type, making->request->json, making->arena, &making->message, error);
  making->message = new_message(type, making->arena);
  return true;
}

bool explain_request_message(const struct explain_request *request, const struct graph_method *method,
                             struct arena *arena, const struct message_value **ret, bool *ret_has_keys,
                             struct error *error)
{
  struct making making = {.request = request, .method = method, .arena = arena};
  if (!begin(&making, error) || !set_mask(&making, error) || !set_keys(&making, error) ||
      !set_page_size(&making, error) ||
      !set_text(&making, method->filter, "filter", request->filter, error) ||
      !set_text(&making, method->order_by, "order_by", request->order_by, error) ||
      !set_relation_arguments(&making, error))
    return false;
  *ret = making.message;
  *ret_has_keys = has_keys(method, making.message);
  return true;
}

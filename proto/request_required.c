#include "proto/request_required.h"

static bool has_presence(const struct schema_field *field)
{
  return field->repeated || field->optional || field->oneof != NULL || field->type == FIELD_MESSAGE;
}

static bool is_zero(const struct schema_field *field, const union value *value)
{
  switch (field->type) {
  case FIELD_STRING:
  case FIELD_BYTES:
    return value->bytes.len == 0;
  case FIELD_BOOL:
    return !value->boolean;
  case FIELD_DOUBLE:
  case FIELD_FLOAT:
    return value->f64 == 0;
  default:
    return value->u64 == 0;
  }
}

static bool is_set(const struct schema_field *field, const struct field_value *values)
{
  return values->n > 0 && (has_presence(field) || !is_zero(field, &values->items[0]));
}

/* The way to the message at hand; the path is written out only where one is missing. */
struct trail {
  const struct trail *above; /* NULL in the outermost message */
  const struct schema_field *field;
  size_t index;
};

static void add_path(const struct trail *trail, struct strbuf *path)
{
  if (trail == NULL)
    return;
  add_path(trail->above, path);
  strbuf_puts(path, trail->field->name);
  if (trail->field->repeated)
    strbuf_printf(path, "[%zu]", trail->index);
  strbuf_putc(path, '.');
}

static bool refuse(const struct schema_field *field, const struct trail *trail, struct error *error)
{
  struct strbuf path = {0};
  add_path(trail, &path);
  strbuf_puts(&path, field->name);
  error_set(error, ERROR_INVALID_ARGUMENT, "REQUIRED_FIELD_MISSING", "%s is required", path.data);
  error_set_field(error, "%s", path.data);
  error_add_metadata(error, "message", "%s", field->parent->full_name);
  strbuf_done(&path);
  return false;
}

static bool check(const struct message_value *message, const struct trail *trail, struct error *error)
{
  for (size_t i = 0; i < message->type->n_fields; i++) {
    const struct schema_field *field = &message->type->fields[i];
    const struct field_value *values = message_field(message, field);
    if (field->required && !is_set(field, values))
      return refuse(field, trail, error);
    if (field->type != FIELD_MESSAGE)
      continue;
    for (size_t k = 0; k < values->n; k++)
      if (!check(values->items[k].message, &(struct trail){trail, field, k}, error))
        return false;
  }
  return true;
}

bool request_required_check(const struct message_value *message, struct error *error)
{
  return check(message, NULL, error);
}

#include "server/response.h"

#include <assert.h>

static void put_token(const struct assembly *assembly, const struct schema_field *field, const char *token)
{
  if (field != NULL && token[0] != '\0')
    writer_put_bytes_field(assembly->writer, field->number, token, strlen(token));
}

/* A 32-bit field shows its greatest value where the number does not fit. */
static void put_total(const struct assembly *assembly, const struct schema_field *field, int64_t total)
{
  if (field == NULL || total <= 0)
    return;
  if (field->type == FIELD_INT32 && total > INT32_MAX)
    total = INT32_MAX;
  if (field->type == FIELD_UINT32 && total > UINT32_MAX)
    total = UINT32_MAX;
  writer_put_varint_field(assembly->writer, field->number, (uint64_t)total);
}

static bool stands_behind(const struct schema_field *field, const struct schema_field *other)
{
  return field != NULL && (other == NULL || field->number > other->number);
}

/* The fields behind the items, or those in front of them, the last first. */
static void put_tail(const struct assembly *assembly, const struct graph_method *method,
                     struct response_tail tail, bool behind)
{
  const struct schema_field *token = method->next_page_token, *total = method->total_size;
  if (stands_behind(token, method->items) != behind)
    token = NULL;
  if (stands_behind(total, method->items) != behind)
    total = NULL;
  if (stands_behind(total, token))
    put_total(assembly, total, tail.total);
  put_token(assembly, token, tail.token);
  if (!stands_behind(total, token))
    put_total(assembly, total, tail.total);
}

static bool put_item(const struct assembly *assembly, const struct schema_field *items, size_t row,
                     struct error *error)
{
  size_t mark = writer_size(assembly->writer);
  if (!assemble_message(assembly, assembly->plan->shape, row, error))
    return false;
  writer_close_message(assembly->writer, items->number, mark);
  return true;
}

bool response_write(const struct assembly *assembly, const struct graph_method *method,
                    struct response_rows rows, struct response_tail tail, struct error *error)
{
  if (method->items == NULL) {
    assert(rows.n == 1);
    return assemble_message(assembly, assembly->plan->shape, rows.first, error);
  }
  put_tail(assembly, method, tail, true);
  for (size_t i = rows.n; i-- > 0;) {
    size_t row = rows.rows == NULL ? rows.first + i : (size_t)rows.rows[i];
    if (!put_item(assembly, method->items, row, error))
      return false;
  }
  put_tail(assembly, method, tail, false);
  return true;
}

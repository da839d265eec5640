#include "server/response.h"

#include <assert.h>

static void put_token(const struct assembly *assembly, const struct schema_field *field, const char *token)
{
  if (field != NULL && token[0] != '\0')
    writer_put_bytes_field(assembly->writer, field->number, token, strlen(token));
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
                    struct response_rows rows, const char *token, struct error *error)
{
  const struct schema_field *items = method->items, *next = method->next_page_token;
  if (items == NULL) {
    assert(rows.n == 1);
    return assemble_message(assembly, assembly->plan->shape, rows.first, error);
  }
  bool token_last = next != NULL && next->number > items->number;
  if (token_last)
    put_token(assembly, next, token);
  for (size_t i = rows.n; i-- > 0;) {
    size_t row = rows.rows == NULL ? rows.first + i : (size_t)rows.rows[i];
    if (!put_item(assembly, items, row, error))
      return false;
  }
  if (!token_last)
    put_token(assembly, next, token);
  return true;
}

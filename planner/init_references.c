/*
 * init_references.c - foreign keys that the database does not declare, as the options give them:
 * "payment.rental_id=rental.rental_id", or for several columns
 * "payment(shop_id,rental_id)=rental(shop_id,id)".
 */
#include "planner/init_model.h"

#define EXAMPLES "payment.rental_id=rental.rental_id or payment(shop_id,rental_id)=rental(shop_id,id)"

/* One side of a reference. */
struct named_columns {
  const struct catalog_table *table;
  const struct catalog_column **items;
  size_t n, cap;
};

static struct str trimmed(struct str text)
{
  while (text.len > 0 && *text.data == ' ')
    text = (struct str){text.data + 1, text.len - 1};
  while (text.len > 0 && text.data[text.len - 1] == ' ')
    text.len--;
  return text;
}

static bool fail(struct error *error, const char *text, struct str what)
{
  return error_set(error, ERROR_FAILED_PRECONDITION, "UNKNOWN_COLUMN",
                   "references: \"%.120s\": there is no %.*s; write " EXAMPLES, text, (int)what.len,
                   what.data == NULL ? "" : what.data);
}

static size_t last_dot(struct str name)
{
  size_t dot = name.len;
  while (dot > 0 && name.data[dot - 1] != '.')
    dot--;
  return dot == 0 ? 0 : dot - 1;
}

/* "table.column", "schema.table.column", "table(column,column)" as a table's name and its columns' names. */
static void take_apart(struct str side, struct str *ret_table, struct str *ret_columns)
{
  const char *open = side.len > 0 ? memchr(side.data, '(', side.len) : NULL;
  size_t len = open != NULL ? (size_t)(open - side.data) : last_dot(side);
  size_t rest = len < side.len ? side.len - len - 1 : 0;
  bool closed = open != NULL && side.data[side.len - 1] == ')';
  *ret_table = (struct str){side.data, len};
  *ret_columns = (struct str){side.data + (len < side.len ? len + 1 : len), rest - (closed ? 1 : 0)};
}

static bool read_side(struct init_build *build, const char *text, struct str side, struct named_columns *ret,
                      struct error *error)
{
  struct str table, names;
  take_apart(trimmed(side), &table, &names);
  ret->table = table.len == 0 ? NULL : catalog_find_table(build->catalog, trimmed(table));
  if (ret->table == NULL)
    return fail(error, text, side);
  while (names.len > 0) {
    const char *comma = memchr(names.data, ',', names.len);
    size_t len = comma == NULL ? names.len : (size_t)(comma - names.data);
    struct str name = trimmed((struct str){names.data, len});
    const struct catalog_column *column = catalog_find_column(ret->table, name);
    if (column == NULL)
      return fail(error, text, side);
    VEC_PUSH(build->arena, ret, column);
    len += comma != NULL;
    names = (struct str){names.data + len, names.len - len};
  }
  return ret->n > 0 || fail(error, text, side);
}

static const char *column_list(struct init_build *build, const struct named_columns *columns)
{
  const char *list = "";
  for (size_t i = 0; i < columns->n; i++)
    list = arena_printf(build->arena, "%s%s%s", list, i > 0 ? ", " : "", columns->items[i]->name);
  return list;
}

static bool read_reference(struct init_build *build, const char *text, struct error *error)
{
  size_t equals = strcspn(text, "=");
  struct named_columns from = {0}, to = {0};
  struct str target = str_from(text[equals] == '=' ? text + equals + 1 : "");
  if (!read_side(build, text, (struct str){text, equals}, &from, error) ||
      !read_side(build, text, target, &to, error))
    return false;
  if (from.n != to.n)
    return error_set(error, ERROR_FAILED_PRECONDITION, "UNKNOWN_COLUMN",
                     "references: \"%.120s\": %zu and %zu columns; a reference has as many on either side",
                     text, from.n, to.n);
  if (!catalog_is_unique(to.table, to.items, to.n))
    return error_set(error, ERROR_FAILED_PRECONDITION, "UNKNOWN_COLUMN",
                     "references: \"%.120s\": the database does not keep %s unique in %s", text,
                     column_list(build, &to), to.table->name);
  struct catalog_foreign_key key = {.name = "",
                                    .table = from.table,
                                    .columns = from.items,
                                    .references = to.table,
                                    .reference_columns = to.items,
                                    .n_columns = from.n};
  VEC_PUSH(build->arena, &build->references, key);
  return true;
}

bool init_read_references(struct init_build *build, struct error *error)
{
  for (size_t i = 0; i < build->options->n_references; i++)
    if (!read_reference(build, build->options->references[i], error))
      return false;
  return true;
}

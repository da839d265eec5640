#include "storage/statement_builder.h"

#include <assert.h>
#include <stdio.h>

#define OID_INT8 20

struct alias alias_of_table(unsigned index)
{
  struct alias alias;
  snprintf(alias.text, sizeof alias.text, "t%u", index);
  return alias;
}

struct alias alias_fresh(struct statement_builder *builder)
{
  struct alias alias;
  snprintf(alias.text, sizeof alias.text, "e%u", ++builder->n_aliases);
  return alias;
}

void builder_line(struct statement_builder *builder, const char *text)
{
  strbuf_printf(&builder->text, "\n%*s%s", (int)(2 * builder->depth), "", text);
}

void builder_open(struct statement_builder *builder, const char *text)
{
  builder_line(builder, text);
  strbuf_putc(&builder->text, '(');
  builder->depth++;
  builder_line(builder, "");
}

void builder_close(struct statement_builder *builder, const char *tail)
{
  builder->depth--;
  builder_line(builder, ")");
  strbuf_puts(&builder->text, tail);
}

void builder_comma(struct statement_builder *builder, bool *first)
{
  if (!*first)
    strbuf_puts(&builder->text, ", ");
  *first = false;
}

void clause_next(struct statement_builder *builder, struct clause *clause)
{
  builder_line(builder, clause->lead);
  strbuf_putc(&builder->text, ' ');
  clause->lead = "  AND";
}

static size_t bind_number(struct statement_builder *builder, struct bind bind)
{
  for (size_t i = 0; i < builder->binds.n; i++) {
    const struct bind *other = &builder->binds.items[i];
    if (other->kind == bind.kind && other->index == bind.index && other->type == bind.type)
      return i + 1;
  }
  VEC_PUSH(builder->arena, &builder->binds, bind);
  return builder->binds.n;
}

void builder_bind(struct statement_builder *builder, enum bind_kind kind, unsigned index,
                  const struct catalog_type *type, bool list)
{
  const struct catalog_type *base = catalog_base_type(type);
  assert(!list || base->array);
  struct bind bind = {kind, index, list ? base->array->oid : base->oid, base};
  strbuf_printf(&builder->text, "$%zu::", bind_number(builder, bind));
  sql_type(&builder->text, base);
  strbuf_puts(&builder->text, list ? "[]" : "");
}

void builder_bind_limit(struct statement_builder *builder, enum bind_kind kind)
{
  struct bind bind = {kind, 0, OID_INT8, NULL};
  strbuf_printf(&builder->text, "$%zu", bind_number(builder, bind));
}

void builder_bind_integer(struct statement_builder *builder, unsigned argument)
{
  static const struct catalog_type int8 = {
      .oid = OID_INT8, .schema = "pg_catalog", .name = "int8", .class = TYPE_INT8};
  struct bind bind = {BIND_ARGUMENT, argument, OID_INT8, &int8};
  strbuf_printf(&builder->text, "$%zu", bind_number(builder, bind));
}

void builder_row(struct statement_builder *builder, const struct catalog_table *table, const char *alias)
{
  strbuf_printf(&builder->text, "%s.*::", alias);
  sql_table(&builder->text, table);
}

void builder_function_name(struct statement_builder *builder, const struct catalog_function *function)
{
  sql_identifier(&builder->text, function->schema);
  strbuf_putc(&builder->text, '.');
  sql_identifier(&builder->text, function->name);
}

void builder_function(struct statement_builder *builder, const struct catalog_function *function,
                      const char *alias)
{
  builder_function_name(builder, function);
  strbuf_putc(&builder->text, '(');
  builder_row(builder, function->table, alias);
  strbuf_putc(&builder->text, ')');
}

static void add_equals(struct statement_builder *builder, const struct catalog_column *left,
                       const struct catalog_column *right)
{
  strbuf_putc(&builder->text, ' ');
  sql_operator(&builder->text, "=", left->type, right->type);
  strbuf_putc(&builder->text, ' ');
}

void builder_equal_columns(struct statement_builder *builder, const char *left,
                           const struct catalog_column *const *left_columns, const char *right,
                           const struct catalog_column *const *right_columns, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    strbuf_puts(&builder->text, i > 0 ? " AND " : "");
    sql_column(&builder->text, left, left_columns[i]);
    add_equals(builder, left_columns[i], right_columns[i]);
    sql_column(&builder->text, right, right_columns[i]);
  }
}

void builder_equal_names(struct statement_builder *builder, const char *left,
                         const struct catalog_column *const *left_columns, const char *right,
                         const char *prefix, const struct catalog_column *const *right_types, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    strbuf_puts(&builder->text, i > 0 ? " AND " : "");
    sql_column(&builder->text, left, left_columns[i]);
    add_equals(builder, left_columns[i], right_types[i]);
    strbuf_printf(&builder->text, "%s.%s%zu", right, prefix, i);
  }
}

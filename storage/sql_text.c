#include "storage/sql_text.h"

static void add_doubled(struct strbuf *out, const char *text, size_t len, const char *doubled)
{
  for (size_t i = 0; i < len; i++) {
    if (strchr(doubled, text[i]))
      strbuf_putc(out, text[i]);
    strbuf_putc(out, text[i]);
  }
}

void sql_identifier(struct strbuf *out, const char *name)
{
  strbuf_putc(out, '"');
  add_doubled(out, name, strlen(name), "\"");
  strbuf_putc(out, '"');
}

void sql_literal(struct strbuf *out, struct str text)
{
  bool escaped = text.len > 0 && memchr(text.data, '\\', text.len);
  strbuf_puts(out, escaped ? "E'" : "'");
  add_doubled(out, text.data, text.len, escaped ? "'\\" : "'");
  strbuf_putc(out, '\'');
}

void sql_table(struct strbuf *out, const struct catalog_table *table)
{
  sql_identifier(out, table->schema);
  strbuf_putc(out, '.');
  sql_identifier(out, table->name);
}

void sql_column(struct strbuf *out, const char *alias, const struct catalog_column *column)
{
  strbuf_printf(out, "%s.", alias);
  sql_identifier(out, column->name);
}

static bool is_plain_word(const char *name)
{
  return *name >= 'a' && *name <= 'z' && name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

void sql_type(struct strbuf *out, const struct catalog_type *type)
{
  if (type->class == TYPE_ARRAY && type->element) {
    sql_type(out, type->element);
    strbuf_puts(out, "[]");
  } else if (strcmp(type->schema, "pg_catalog") == 0 && is_plain_word(type->name)) {
    strbuf_printf(out, "pg_catalog.%s", type->name);
  } else {
    sql_identifier(out, type->schema);
    strbuf_putc(out, '.');
    sql_identifier(out, type->name);
  }
}

bool sql_has_system_operators(const struct catalog_type *type)
{
  const struct catalog_type *base = catalog_base_type(type);
  switch (base->class) {
  case TYPE_OTHER:
  case TYPE_CITEXT:
  case TYPE_HSTORE:
    return strcmp(base->schema, "pg_catalog") == 0;
  default:
    return true;
  }
}

void sql_operator(struct strbuf *out, const char *name, const struct catalog_type *left,
                  const struct catalog_type *right)
{
  const struct catalog_type *base = catalog_base_type(left);
  if (base != catalog_base_type(right) || sql_has_system_operators(base)) {
    strbuf_puts(out, name);
    return;
  }
  strbuf_puts(out, "OPERATOR(");
  sql_identifier(out, base->schema);
  strbuf_printf(out, ".%s)", name);
}

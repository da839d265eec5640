#include "storage/statement_operand.h"

#include "storage/statement_expr.h"

/* What the text of a function speaks of. */
struct call {
  const struct expr_operand *operand; /* %1, %T */
  const struct expr_value *values;    /* %2, %3, … */
  struct scope scope;
};

static void add_value_of_row(struct statement_builder *builder, const struct expr_operand *operand,
                             struct scope scope)
{
  if (operand->column)
    sql_column(&builder->text, operand->of_through ? scope.through : scope.row, operand->column);
  else if (operand->aggregate)
    aggregate_add(builder, operand->aggregate, scope.row);
  else
    builder_function(builder, operand->function, scope.row);
}

/* Small letters and digits stay, other characters of ASCII are underscores: as codec_labels.c folds. */
#define FOLD_BEGIN "pg_catalog.regexp_replace(pg_catalog.lower("
#define FOLD_END                                                                                             \
  "::pg_catalog.text COLLATE \"C\"), E'[\\\\x01-\\\\x2f\\\\x3a-\\\\x60\\\\x7b-\\\\x7f]', '_', 'g')"

static void add_folded(struct statement_builder *builder, const struct expr_operand *operand,
                       struct scope scope)
{
  bool list = expr_operand_type(operand)->class == TYPE_ARRAY;
  strbuf_puts(&builder->text,
              list ? "ARRAY(SELECT " FOLD_BEGIN "v.v" FOLD_END " FROM pg_catalog.unnest(" : FOLD_BEGIN);
  add_value_of_row(builder, operand, scope);
  strbuf_puts(&builder->text, list ? ") v(v))" : FOLD_END);
}

/* Functions are written for text and for jsonb; what is one of their kin is cast. */
static void add_cast(struct statement_builder *builder, const struct catalog_type *type)
{
  const struct catalog_type *base = catalog_base_type(type);
  bool text = base->class == TYPE_TEXT || base->class == TYPE_BPCHAR || base->class == TYPE_CITEXT;
  if (text && base->oid != catalog_text.oid)
    strbuf_puts(&builder->text, "::pg_catalog.text");
  else if (base->class == TYPE_JSON)
    strbuf_puts(&builder->text, "::pg_catalog.jsonb");
}

static void add_part(struct statement_builder *builder, const struct call *call, char part)
{
  if (part == 'T') {
    sql_type(&builder->text, catalog_base_type(expr_operand_type(call->operand)));
  } else if (part == '1') {
    operand_add(builder, call->operand, call->scope);
    add_cast(builder, expr_operand_type(call->operand));
  } else {
    value_add(builder, &call->values[part - '2'], call->operand);
  }
}

static void add_filled_in(struct statement_builder *builder, const struct expr_function *function,
                          const struct call *call)
{
  for (const char *p = function->sql; *p; p++)
    if (*p == '%')
      add_part(builder, call, *++p);
    else
      strbuf_putc(&builder->text, *p);
}

void operand_add(struct statement_builder *builder, const struct expr_operand *operand, struct scope scope)
{
  if (operand->applied) {
    struct expr_operand bare = *operand;
    bare.applied = NULL;
    add_filled_in(builder, operand->applied, &(struct call){.operand = &bare, .scope = scope});
  } else if (operand->folded) {
    add_folded(builder, operand, scope);
  } else {
    add_value_of_row(builder, operand, scope);
  }
}

void call_add(struct statement_builder *builder, const struct expr *expr, struct scope scope)
{
  add_filled_in(builder, expr->function,
                &(struct call){.operand = &expr->operand, .values = expr->values, .scope = scope});
}

bool value_is_list(const struct statement_builder *builder, const struct expr_value *value)
{
  return value->claim && (builder->plan->list_claims >> value->claim->index & 1) != 0;
}

static void add_bare_value(struct statement_builder *builder, const struct expr_value *value,
                           const struct catalog_type *type)
{
  if (value->claim) {
    builder_bind(builder, BIND_CLAIM, value->claim->index, type, value_is_list(builder, value));
    return;
  }
  if (!value->inline_literal && catalog_base_type(type)->class == TYPE_ARRAY) {
    builder_bind(builder, BIND_ARGUMENT, (unsigned)value->argument, catalog_base_type(type)->element, true);
    return;
  }
  if (!value->inline_literal) {
    builder_bind(builder, BIND_ARGUMENT, (unsigned)value->argument, type, false);
    return;
  }
  sql_literal(&builder->text, value->text);
  strbuf_puts(&builder->text, "::");
  sql_type(&builder->text, catalog_base_type(type));
}

/* A literal has the database's collation, so that lower('É') and lower(column) could follow different rules.
 */
static void add_collation(struct statement_builder *builder, const struct catalog_column *column)
{
  if (!column || !column->collation)
    return;
  strbuf_puts(&builder->text, " COLLATE ");
  sql_identifier(&builder->text, column->collation_schema);
  strbuf_putc(&builder->text, '.');
  sql_identifier(&builder->text, column->collation);
}

static void add_value_inside(struct statement_builder *builder, const struct expr_value *value,
                             const struct expr_operand *against)
{
  add_bare_value(builder, value, &catalog_text);
  add_collation(builder, against->column);
}

void value_add(struct statement_builder *builder, const struct expr_value *value,
               const struct expr_operand *against)
{
  if (!value->function) {
    add_bare_value(builder, value, value->type);
    return;
  }
  for (const char *p = value->function->sql; *p; p++)
    if (*p == '%' && *++p == '1')
      add_value_inside(builder, value, against);
    else
      strbuf_putc(&builder->text, *p);
  if (catalog_base_type(value->type)->oid == catalog_text.oid)
    return;
  strbuf_puts(&builder->text, "::");
  sql_type(&builder->text, catalog_base_type(value->type));
}

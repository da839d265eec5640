#include "storage/statement_expr.h"
#include "storage/statement_path.h"

static const char *function_name(enum aggregate_function function)
{
  switch (function) {
  case AGGREGATE_SUM:
    return "sum";
  case AGGREGATE_AVG:
    return "avg";
  case AGGREGATE_MIN:
    return "min";
  case AGGREGATE_MAX:
    return "max";
  default:
    return "count";
  }
}

/* Whether min() and max() exist for the type and equal values are the same bytes, so that any of them will
 * do. */
static bool has_exact_extremes(const struct catalog_column *column)
{
  switch (catalog_base_type(column->type)->class) {
  case TYPE_INT2:
  case TYPE_INT4:
  case TYPE_INT8:
  case TYPE_DATE:
  case TYPE_TIMESTAMP:
  case TYPE_TIMESTAMPTZ:
    return true;
  default:
    return false;
  }
}

/* Of equal values (1.0 and 1.00) that of the row with the least key, so that the answer does not follow the
 * scan. */
static void add_extreme(struct statement_builder *builder, const struct graph_aggregate *aggregate,
                        const char *row, const char *from)
{
  struct strbuf *text = &builder->text;
  const struct catalog_key *key = aggregate->relation->target->key;
  strbuf_puts(text, "(SELECT ");
  sql_column(text, row, aggregate->column);
  strbuf_puts(text, from);
  strbuf_puts(text, " AND ");
  sql_column(text, row, aggregate->column);
  strbuf_puts(text, " IS NOT NULL ORDER BY ");
  sql_column(text, row, aggregate->column);
  strbuf_puts(text, aggregate->function == AGGREGATE_MAX ? " DESC" : "");
  for (size_t i = 0; key && i < key->n_columns; i++) {
    strbuf_puts(text, ", ");
    sql_column(text, row, key->columns[i]);
  }
  strbuf_puts(text, " LIMIT 1)");
}

static void add_function(struct statement_builder *builder, const struct graph_aggregate *aggregate,
                         const char *row, const char *from)
{
  struct strbuf *text = &builder->text;
  bool counts = aggregate->function == AGGREGATE_COUNT;
  strbuf_printf(text, "(SELECT %s(", function_name(aggregate->function));
  if (counts)
    strbuf_putc(text, '*');
  else
    sql_column(text, row, aggregate->column);
  strbuf_printf(text, ")%s)", from);
  if (aggregate->function == AGGREGATE_SUM || aggregate->function == AGGREGATE_AVG) {
    strbuf_puts(text, "::");
    sql_type(text, catalog_base_type(aggregate->type));
  }
}

/* The rows are written first, for their alias, and stand behind what is selected of them. */
void aggregate_add(struct statement_builder *builder, const struct graph_aggregate *aggregate,
                   const char *row)
{
  struct strbuf before = builder->text;
  builder->text = (struct strbuf){0};
  struct scope end = path_add_distinct(builder, aggregate->relation, aggregate->filter, row);
  struct strbuf from = builder->text;
  builder->text = before;

  enum aggregate_function function = aggregate->function;
  bool extreme = function == AGGREGATE_MIN || function == AGGREGATE_MAX;
  if (function == AGGREGATE_EXISTS)
    strbuf_printf(&builder->text, "EXISTS (SELECT 1%s)", strbuf_text(&from));
  else if (extreme && !has_exact_extremes(aggregate->column))
    add_extreme(builder, aggregate, end.row, strbuf_text(&from));
  else
    add_function(builder, aggregate, end.row, strbuf_text(&from));
  strbuf_done(&from);
}

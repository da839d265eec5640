/*
 * statement_page.c - where the requested resource's rows come from: one key, many keys, or a page.
 *
 * A page is two selects.  The inner one reads the table in order, after the cursor, up to a literal limit, of
 * which there are few, so that plans are few; Postgres plans a limit that is a parameter for a tenth of the
 * table.  The outer one takes the true number of rows from it, joins what the outputs need and keeps the
 * order:
 *
 *     SELECT t0."id", t1."username"
 *     FROM (
 *       SELECT t0."id", t0."creator_id" FROM "public"."events" t0 WHERE t0."id" > $1
 *       ORDER BY t0."id" LIMIT 51
 *     ) t0
 *     LEFT JOIN "public"."users" t1 ON t1."id" = t0."creator_id"
 *     ORDER BY t0."id" LIMIT $2
 *
 * Where the literal is the true number itself, the outer one takes all it gets: its parameter would make
 * Postgres expect a tenth of the page, and join what is many as if it were few.
 *
 * What follows the cursor is a row comparison or a union of ranges: see statement_cursor.c.
 */
#include "storage/statement_page.h"

#include <inttypes.h>

#include "storage/statement_cursor.h"
#include "storage/statement_expr.h"

static struct statement_cursor page_cursor(const struct plan *plan)
{
  return (struct statement_cursor){&plan->order,
                                   {plan->after_cursor, plan->cursor_nulls, plan->first_key_argument}};
}

static void add_order_line(const struct select *select)
{
  bool first = true;
  builder_line(select->builder, "ORDER BY ");
  select_add_order(select, &first);
}

/* One walk of the table: the whole of it, or one range after the cursor. */
static void add_walk(const struct select *select, const struct column_set *columns,
                     const struct cursor_range *range, uint32_t limit)
{
  struct statement_builder *builder = select->builder;
  struct statement_cursor cursor = page_cursor(builder->plan);
  struct clause where = {"WHERE"};
  struct select by_name = *select;
  by_name.exported = true;
  strbuf_puts(&builder->text, "SELECT ");
  select_add_exports(select, columns);
  builder_line(builder, "FROM ");
  sql_table(&builder->text, select->fetch->tables[0].table);
  strbuf_puts(&builder->text, " t0");
  select_add_joins(select, false, true);
  expr_add_lines(builder, &where, select->fetch->filter, (struct scope){"t0", NULL});
  if (cursor.at.present)
    cursor_add_condition(select, &cursor, &where, range);
  add_order_line(&by_name);
  builder_line(builder, "LIMIT ");
  strbuf_printf(&builder->text, "%" PRIu32, limit);
}

static void add_union(const struct select *select, const struct column_set *columns,
                      struct cursor_ranges ranges, uint32_t limit)
{
  struct statement_builder *builder = select->builder;
  struct select by_name = *select;
  by_name.order = ORIGIN_NAME;
  for (size_t i = 0; i < ranges.n; i++) {
    strbuf_puts(&builder->text, i > 0 ? " UNION ALL (" : "(");
    builder->depth++;
    builder_line(builder, "");
    add_walk(select, columns, &ranges.items[i], limit);
    builder_close(builder, "");
  }
  add_order_line(&by_name);
  builder_line(builder, "LIMIT ");
  strbuf_printf(&builder->text, "%" PRIu32, limit);
}

static void add_page_rows(const struct select *inner, const struct column_set *columns, uint32_t limit)
{
  struct statement_builder *builder = inner->builder;
  struct statement_cursor cursor = page_cursor(builder->plan);
  if (!cursor.at.present || cursor_is_row_comparable(&cursor)) {
    add_walk(inner, columns, NULL, limit);
    return;
  }
  struct cursor_ranges ranges = cursor_ranges(builder, &cursor);
  if (ranges.n > 1)
    add_union(inner, columns, ranges, limit);
  else
    add_walk(inner, columns, ranges.items, limit);
}

/* FROM the page, as t0; the order and the true limit are the caller's, by add_page_end. */
static void add_page(struct statement_builder *builder, const struct plan_fetch *root,
                     const struct column_set *columns, uint32_t limit)
{
  struct select inner = {builder, root, .order = ORIGIN_TABLE};
  builder_open(builder, "FROM ");
  add_page_rows(&inner, columns, limit);
  builder_close(builder, " t0");
}

static void add_page_end(const struct select *outer, enum bind_kind limit)
{
  const struct plan *plan = outer->builder->plan;
  add_order_line(outer);
  if (plan->limit_exact)
    return;
  builder_line(outer->builder, "LIMIT ");
  builder_bind_limit(outer->builder, limit);
  if (!plan->skips)
    return;
  strbuf_puts(&outer->builder->text, " OFFSET ");
  builder_bind_integer(outer->builder, plan->n_arguments - 1);
}

static void add_one(const struct select *select, bool with_joins)
{
  struct statement_builder *builder = select->builder;
  const struct graph_lookup *lookup = builder->plan->lookup;
  struct clause where = {"WHERE"};
  builder_line(builder, "FROM ");
  sql_table(&builder->text, select->fetch->tables[0].table);
  strbuf_puts(&builder->text, " t0");
  select_add_joins(select, with_joins, false);
  for (size_t i = 0; i < lookup->n_columns; i++) {
    const struct catalog_column *column = lookup->columns[i];
    clause_next(builder, &where);
    sql_column(&builder->text, "t0", column);
    strbuf_putc(&builder->text, ' ');
    sql_operator(&builder->text, "=", column->type, column->type);
    strbuf_putc(&builder->text, ' ');
    builder_bind(builder, BIND_ARGUMENT, builder->plan->first_key_argument + (unsigned)i, column->type,
                 false);
  }
  expr_add_lines(builder, &where, select->fetch->filter, (struct scope){"t0", NULL});
}

static void add_requested_keys(struct statement_builder *builder)
{
  const struct graph_lookup *lookup = builder->plan->lookup;
  builder_line(builder, "FROM unnest(");
  for (size_t i = 0; i < lookup->n_columns; i++) {
    strbuf_puts(&builder->text, i > 0 ? ", " : "");
    builder_bind(builder, BIND_ARGUMENT, builder->plan->first_key_argument + (unsigned)i,
                 lookup->columns[i]->type, true);
  }
  strbuf_puts(&builder->text, ") WITH ORDINALITY k(");
  for (size_t i = 0; i < lookup->n_columns; i++)
    strbuf_printf(&builder->text, "c%zu, ", i);
  strbuf_puts(&builder->text, "ord)");
}

static void add_many(const struct select *select, bool with_joins)
{
  struct statement_builder *builder = select->builder;
  const struct graph_lookup *lookup = builder->plan->lookup;
  const struct catalog_column *const *columns = (const struct catalog_column *const *)lookup->columns;
  struct clause where = {"WHERE"};
  add_requested_keys(builder);
  builder_line(builder, "JOIN ");
  sql_table(&builder->text, select->fetch->tables[0].table);
  strbuf_puts(&builder->text, " t0 ON ");
  builder_equal_names(builder, "t0", columns, "k", "c", columns, lookup->n_columns);
  select_add_joins(select, with_joins, false);
  expr_add_lines(builder, &where, select->fetch->filter, (struct scope){"t0", NULL});
}

void root_add(struct statement_builder *builder, const struct plan_fetch *root)
{
  bool page = builder->plan->root == PLAN_ROOT_PAGE;
  struct select select = {builder, root, .order = page ? ORIGIN_DERIVED : ORIGIN_TABLE};
  strbuf_puts(&builder->text, "SELECT ");
  select_add_outputs(&select);
  switch (builder->plan->root) {
  case PLAN_ROOT_ONE:
    add_one(&select, true);
    break;
  case PLAN_ROOT_MANY:
    add_many(&select, true);
    builder_line(builder, "ORDER BY k.ord");
    break;
  case PLAN_ROOT_PAGE: {
    struct column_set columns = select_columns(&select);
    add_page(builder, root, &columns, builder->plan->limit_bucket + 1);
    select_add_joins(&select, true, false);
    add_page_end(&select, BIND_LIMIT_AHEAD);
    break;
  }
  }
}

static void add_keys(struct statement_builder *builder, const struct graph_link *link)
{
  for (size_t i = 0; i < link->n_columns; i++) {
    strbuf_puts(&builder->text, i > 0 ? ", " : "");
    sql_column(&builder->text, "t0", link->from_columns[i]);
    strbuf_printf(&builder->text, " AS k%zu", i);
  }
}

/* A key that was asked for twice is one parent: DISTINCT, for many keys.  Other roots' rows have distinct
 * keys, since only a unique key is embedded. */
void root_add_embedded(struct statement_builder *builder, const struct plan_fetch *root,
                       const struct graph_link *link)
{
  struct select select = {builder, root, .order = ORIGIN_DERIVED};
  struct column_set columns = {0};
  builder_open(builder, "FROM ");
  strbuf_puts(&builder->text, builder->plan->root == PLAN_ROOT_MANY ? "SELECT DISTINCT " : "SELECT ");
  add_keys(builder, link);
  switch (builder->plan->root) {
  case PLAN_ROOT_ONE:
    add_one(&select, false);
    break;
  case PLAN_ROOT_MANY:
    add_many(&select, false);
    break;
  case PLAN_ROOT_PAGE:
    for (size_t i = 0; i < link->n_columns; i++)
      column_set_add(builder, &columns, link->from_columns[i]);
    select_add_order_columns(&select, &columns);
    add_page(builder, root, &columns, builder->plan->limit_bucket);
    if (!builder->plan->limit_exact)
      add_page_end(&select, BIND_LIMIT);
    break;
  }
  builder_close(builder, " r");
}

void total_add(struct statement_builder *builder, const struct plan_fetch *fetch)
{
  struct clause where = {"WHERE"};
  strbuf_puts(&builder->text,
              fetch->strategy == PLAN_COUNT ? "SELECT count(*)" : "EXPLAIN (FORMAT JSON) SELECT 1");
  builder_line(builder, "FROM ");
  sql_table(&builder->text, fetch->tables[0].table);
  strbuf_puts(&builder->text, " t0");
  expr_add_lines(builder, &where, fetch->filter, (struct scope){"t0", NULL});
}

/*
 * statement_page.c - where the requested resource's rows come from: one key, many keys, or a page.
 *
 * A page is two selects.  The inner one reads the table in order, after the cursor, up to a literal limit:
 * Postgres plans a limit that is a parameter for a tenth of the table.  The outer one takes the true number
 * of rows from it, joins what the outputs need and keeps the order:
 *
 *     SELECT t0."id", t1."username"
 *     FROM (
 *       SELECT t0."id", t0."creator_id" FROM "public"."events" t0 WHERE t0."id" > $1 ORDER BY t0."id" LIMIT
 * 51 ) t0 LEFT JOIN "public"."users" t1 ON t1."id" = t0."creator_id" ORDER BY t0."id" LIMIT $2
 *
 * What follows the cursor (a, b, id) is a row comparison where all terms run in one direction and none can be
 * NULL.  Else it is the union of ranges that an index can walk: same a, same b, later id; same a, later b;
 * later a; each term's NULLs a range of their own.  NULLs stand where Postgres puts them by default: last
 * ascending, first descending.
 */
#include "storage/statement_page.h"

#include <assert.h>
#include <inttypes.h>

#include "storage/statement_expr.h"

/* A range of rows after the cursor: those that equal it in the terms before `term` and come later there. */
struct range {
  size_t term;
  bool nulls; /* the term is NULL, and NULLs come later */
};

struct ranges {
  struct range *items;
  size_t n, cap;
};

static bool cursor_is_null(const struct plan *plan, size_t term)
{
  return plan->cursor_nulls >> term & 1;
}

static void add_cursor_value(struct statement_builder *builder, size_t term)
{
  const struct plan *plan = builder->plan;
  unsigned argument = plan->first_key_argument;
  for (size_t i = 0; i < term; i++)
    argument += !cursor_is_null(plan, i);
  builder_bind(builder, BIND_ARGUMENT, argument, plan->order.terms[term].column->type, false);
}

/* An operator of an extension's type would be looked up by name alone in a row comparison. */
static bool is_row_comparable(const struct order *order)
{
  for (size_t i = 0; i < order->n_terms; i++) {
    const struct order_term *term = &order->terms[i];
    if (term->nullable || term->descending != order->terms[0].descending ||
        !sql_has_system_operators(term->column->type))
      return false;
  }
  return true;
}

static void add_row_comparison(const struct select *select)
{
  struct statement_builder *builder = select->builder;
  const struct order *order = &builder->plan->order;
  strbuf_putc(&builder->text, '(');
  for (size_t i = 0; i < order->n_terms; i++) {
    strbuf_puts(&builder->text, i > 0 ? ", " : "");
    select_add_term(select, i);
  }
  strbuf_puts(&builder->text, order->terms[0].descending ? ") < (" : ") > (");
  for (size_t i = 0; i < order->n_terms; i++) {
    strbuf_puts(&builder->text, i > 0 ? ", " : "");
    add_cursor_value(builder, i);
  }
  strbuf_putc(&builder->text, ')');
}

/* The nearest range first: it shares the longest prefix with the cursor. */
static struct ranges ranges_after_cursor(struct statement_builder *builder)
{
  const struct plan *plan = builder->plan;
  struct ranges ranges = {0};
  for (size_t i = plan->order.n_terms; i-- > 0;) {
    const struct order_term *term = &plan->order.terms[i];
    bool at_null = cursor_is_null(plan, i);
    struct range later = {i, false}, nulls = {i, true};
    if (!at_null || term->descending)
      VEC_PUSH(builder->arena, &ranges, later);
    if (!at_null && term->nullable && !term->descending)
      VEC_PUSH(builder->arena, &ranges, nulls);
  }
  return ranges;
}

static void add_term_and_operator(const struct select *select, size_t term, const char *operator)
{
  struct statement_builder *builder = select->builder;
  const struct catalog_type *type = builder->plan->order.terms[term].column->type;
  select_add_term(select, term);
  strbuf_putc(&builder->text, ' ');
  sql_operator(&builder->text, operator, type, type);
  strbuf_putc(&builder->text, ' ');
  add_cursor_value(builder, term);
}

static void add_range(const struct select *select, struct clause *clause, struct range range)
{
  struct statement_builder *builder = select->builder;
  const struct plan *plan = builder->plan;
  for (size_t i = 0; i <= range.term; i++) {
    bool is_null = i < range.term ? cursor_is_null(plan, i) : range.nulls;
    bool not_null = i == range.term && cursor_is_null(plan, i);
    clause_next(builder, clause);
    if (is_null || not_null) {
      select_add_term(select, i);
      strbuf_puts(&builder->text, is_null ? " IS NULL" : " IS NOT NULL");
    } else if (i < range.term) {
      add_term_and_operator(select, i, "=");
    } else {
      add_term_and_operator(select, i, plan->order.terms[i].descending ? "<" : ">");
    }
  }
}

static void add_order_line(const struct select *select)
{
  bool first = true;
  builder_line(select->builder, "ORDER BY ");
  select_add_order(select, &first);
}

/* One walk of the table: the whole of it, or one range after the cursor. */
static void add_walk(const struct select *select, const struct column_set *columns, const struct range *range,
                     uint32_t limit)
{
  struct statement_builder *builder = select->builder;
  struct clause where = {"WHERE"};
  strbuf_puts(&builder->text, "SELECT ");
  select_add_exports(select, columns);
  builder_line(builder, "FROM ");
  sql_table(&builder->text, select->fetch->tables[0].table);
  strbuf_puts(&builder->text, " t0");
  select_add_joins(select, false, true);
  expr_add_lines(builder, &where, select->fetch->filter, (struct scope){"t0", NULL});
  if (range) {
    add_range(select, &where, *range);
  } else if (builder->plan->after_cursor) {
    clause_next(builder, &where);
    add_row_comparison(select);
  }
  add_order_line(select);
  builder_line(builder, "LIMIT ");
  strbuf_printf(&builder->text, "%" PRIu32, limit);
}

static void add_union(const struct select *select, const struct column_set *columns, uint32_t limit)
{
  struct statement_builder *builder = select->builder;
  struct ranges ranges = ranges_after_cursor(builder);
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

/* A cursor whose every term is NULL and last has nothing behind it: only a key that can be NULL makes it so.
 */
static void add_nothing(const struct select *select, const struct column_set *columns)
{
  struct statement_builder *builder = select->builder;
  strbuf_puts(&builder->text, "SELECT ");
  select_add_exports(select, columns);
  builder_line(builder, "FROM ");
  sql_table(&builder->text, select->fetch->tables[0].table);
  strbuf_puts(&builder->text, " t0");
  select_add_joins(select, false, true);
  builder_line(builder, "WHERE false");
}

static void add_page_rows(const struct select *inner, const struct column_set *columns, uint32_t limit)
{
  struct statement_builder *builder = inner->builder;
  struct ranges ranges = {0};
  if (!builder->plan->after_cursor || is_row_comparable(&builder->plan->order)) {
    add_walk(inner, columns, NULL, limit);
    return;
  }
  ranges = ranges_after_cursor(builder);
  if (ranges.n == 0)
    add_nothing(inner, columns);
  else if (ranges.n == 1)
    add_walk(inner, columns, &ranges.items[0], limit);
  else
    add_union(inner, columns, limit);
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
  add_order_line(outer);
  builder_line(outer->builder, "LIMIT ");
  builder_bind_limit(outer->builder, limit);
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
    add_page_end(&select, BIND_LIMIT);
    break;
  }
  builder_close(builder, " r");
}

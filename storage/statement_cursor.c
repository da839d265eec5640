/*
 * statement_cursor.c - what comes after a position in an order.
 *
 * After the cursor (a, b, id) comes what a row comparison says where all terms run in one direction and none
 * can be NULL.  Else it is the union of ranges that an index can walk: same a, same b, later id; same a,
 * later b; later a; each term's NULLs a range of their own.  NULLs stand where Postgres puts them by default:
 * last ascending, first descending.
 */
#include "storage/statement_cursor.h"

#include "planner/order.h"

static bool is_null_at(const struct statement_cursor *cursor, size_t term)
{
  return cursor->at.nulls >> term & 1;
}

static void add_value(struct statement_builder *builder, const struct statement_cursor *cursor, size_t term)
{
  unsigned argument = cursor->at.first_argument;
  for (size_t i = 0; i < term; i++)
    argument += !is_null_at(cursor, i);
  builder_bind(builder, BIND_ARGUMENT, argument, order_term_type(&cursor->order->terms[term]), false);
}

/* An operator of an extension's type would be looked up by name alone in a row comparison. */
bool cursor_is_row_comparable(const struct statement_cursor *cursor)
{
  const struct order *order = cursor->order;
  for (size_t i = 0; i < order->n_terms; i++) {
    const struct order_term *term = &order->terms[i];
    if (term->nullable || term->descending != order->terms[0].descending ||
        !sql_has_system_operators(order_term_type(term)))
      return false;
  }
  return true;
}

static void add_row_comparison(const struct select *select, const struct statement_cursor *cursor)
{
  struct statement_builder *builder = select->builder;
  const struct order *order = cursor->order;
  strbuf_putc(&builder->text, '(');
  for (size_t i = 0; i < order->n_terms; i++) {
    strbuf_puts(&builder->text, i > 0 ? ", " : "");
    select_add_term(select, i);
  }
  strbuf_puts(&builder->text, order->terms[0].descending ? ") < (" : ") > (");
  for (size_t i = 0; i < order->n_terms; i++) {
    strbuf_puts(&builder->text, i > 0 ? ", " : "");
    add_value(builder, cursor, i);
  }
  strbuf_putc(&builder->text, ')');
}

/* The nearest range first: it shares the longest prefix with the cursor. */
struct cursor_ranges cursor_ranges(struct statement_builder *builder, const struct statement_cursor *cursor)
{
  struct cursor_ranges ranges = {0};
  for (size_t i = cursor->order->n_terms; i-- > 0;) {
    const struct order_term *term = &cursor->order->terms[i];
    bool at_null = is_null_at(cursor, i);
    struct cursor_range later = {i, false}, nulls = {i, true};
    if (!at_null || term->descending)
      VEC_PUSH(builder->arena, &ranges, later);
    if (!at_null && term->nullable && !term->descending)
      VEC_PUSH(builder->arena, &ranges, nulls);
  }
  return ranges;
}

static void add_term_and_operator(const struct select *select, const struct statement_cursor *cursor,
                                  size_t term, const char *operator)
{
  struct statement_builder *builder = select->builder;
  const struct catalog_type *type = order_term_type(&cursor->order->terms[term]);
  select_add_term(select, term);
  strbuf_putc(&builder->text, ' ');
  sql_operator(&builder->text, operator, type, type);
  strbuf_putc(&builder->text, ' ');
  add_value(builder, cursor, term);
}

static void add_range(const struct select *select, const struct statement_cursor *cursor,
                      struct clause *clause, struct cursor_range range)
{
  struct statement_builder *builder = select->builder;
  for (size_t i = 0; i <= range.term; i++) {
    bool is_null = i < range.term ? is_null_at(cursor, i) : range.nulls;
    bool not_null = i == range.term && is_null_at(cursor, i);
    clause_next(builder, clause);
    if (is_null || not_null) {
      select_add_term(select, i);
      strbuf_puts(&builder->text, is_null ? " IS NULL" : " IS NOT NULL");
    } else if (i < range.term) {
      add_term_and_operator(select, cursor, i, "=");
    } else {
      add_term_and_operator(select, cursor, i, cursor->order->terms[i].descending ? "<" : ">");
    }
  }
}

void cursor_add_condition(const struct select *select, const struct statement_cursor *cursor,
                          struct clause *clause, const struct cursor_range *range)
{
  if (range) {
    add_range(select, cursor, clause, *range);
    return;
  }
  clause_next(select->builder, clause);
  if (cursor_is_row_comparable(cursor))
    add_row_comparison(select, cursor);
  else
    strbuf_puts(&select->builder->text, "false");
}

/*
 * statement_select.h - what a statement selects, joins and orders by, whatever its FROM looks like.
 *
 * A fetch's own rows are t0: the table itself, or a sub-select that limits it.  A sub-select hands on t0's
 * columns under their own names, and whatever else is needed under generated ones: o0 a term of the order
 * that lies behind a to-one or is derived of the row, f0 a condition, k0 a part of the link, n the rank, w
 * the row that functions take.  Generated names that stand beside columns end with more underscores than any
 * of the columns does, so no column can be taken for one.
 */
#pragma once

#include "storage/statement_builder.h"

enum origin {
  ORIGIN_TABLE,   /* computed here, from the tables */
  ORIGIN_GROUPED, /* from j, a junction grouped into pairs, as j.k0 and j.f0 */
  ORIGIN_DERIVED, /* from the sub-select t0, as t0.k0_, t0.f0_ and t0.o0_ */
  ORIGIN_NAME,    /* order only: by the names of a UNION's columns */
};

struct select {
  struct statement_builder *builder;
  const struct plan_fetch *fetch;
  enum origin links, conditions, order;
  bool exported; /* order only: what is derived goes by the name under which this select hands it on */
};

struct column_set {
  const struct catalog_column **items;
  size_t n, cap;
};

/* The order in which the fetch's rows must come; NULL where any will do. */
const struct order *fetch_order(const struct plan_fetch *fetch);

/* How the limit per parent is kept; PLAN_LIMIT_NONE where there is none. */
enum plan_limiting fetch_limiting(const struct plan_fetch *fetch);

/* Adds the column unless it is there. */
void column_set_add(struct statement_builder *builder, struct column_set *set,
                    const struct catalog_column *column);

/* Columns of tables[0] that outputs and joins read, and those that the order names. */
struct column_set select_columns(const struct select *select);
void select_add_order_columns(const struct select *select, struct column_set *set);

/* The outputs, in order. */
void select_add_outputs(const struct select *select);

/* What a sub-select hands on: the columns, the order's terms and the conditions. */
void select_add_exports(const struct select *select, const struct column_set *columns);

/* The link's parts; named k0, k1 … with `mark` behind them unless it is NULL. */
void select_add_links(const struct select *select, const char *mark);

/* One LEFT JOIN a line, of the tables that outputs or the order need. */
void select_add_joins(const struct select *select, bool for_outputs, bool for_order);

/* The terms of the order, with commas; nothing when there is no order.  *first as in builder_comma. */
void select_add_order(const struct select *select, bool *first);

/* One term without its direction. */
void select_add_term(const struct select *select, size_t i);

/* What ends the generated names: one underscore more than any column of tables[0] ends with. */
const char *select_mark(const struct select *select);

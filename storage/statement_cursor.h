/*
 * statement_cursor.h - what comes after a position in an order: a row comparison, or ranges that an index can
 * walk.
 */
#pragma once

#include "storage/statement_select.h"

/* A position: the order's terms and, among the request's arguments, their values there. */
struct statement_cursor {
  const struct order *order;
  struct plan_cursor at;
};

/* A range of rows after the cursor: those that equal it in the terms before `term` and come later there. */
struct cursor_range {
  size_t term;
  bool nulls; /* the term is NULL, and NULLs come later */
};

struct cursor_ranges {
  struct cursor_range *items;
  size_t n, cap;
};

/* Whether one row comparison says it all: the terms run in one direction and none can be NULL. */
bool cursor_is_row_comparable(const struct statement_cursor *cursor);

/* Else: the ranges, the nearest first.  There is none, and `items` is NULL, when nothing comes after the
 * cursor: every term is NULL there and last, which only a view's key can be. */
struct cursor_ranges cursor_ranges(struct statement_builder *builder, const struct statement_cursor *cursor);

/* Adds to the clause what rows after the cursor satisfy: those of the range where one is given. */
void cursor_add_condition(const struct select *select, const struct statement_cursor *cursor,
                          struct clause *clause, const struct cursor_range *range);

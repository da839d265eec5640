/*
 * cost.h - what the planner expects of the data, from the catalog's statistics.
 *
 * Only ratios matter: the estimates choose between strategies that all give the same bytes.  Tables never
 * analyzed count as 1000 rows.  The rules and the measurements behind them stand in planner/README.md.
 */
#pragma once

#include "planner/graph.h"

/* Rows of a table, at least one. */
double cost_rows(const struct catalog_table *table);

/* Rows per row of the from side: min(rows/n_distinct(keys), rows(to)/rows(from)), at least 1 for a to-one; a
 * relation's declared filter is not estimated. */
double cost_fan_out(const struct graph_link *link, bool to_many);

/* Different targets expected among n rows that each refer to one of the target table's. */
double cost_distinct(const struct graph_link *link, double n);

/* Distinct values of a set of columns, as far as the statistics tell: at least those of its most varied
 * column, at most one a row. */
double cost_distinct_keys(const struct catalog_table *table, const struct catalog_column *const *columns,
                          size_t n);

/* Average bytes of the given columns in a row. */
double cost_width(const struct catalog_column *const *columns, size_t n);

/* Whether an index on `table` leads with these columns, in any order, followed by the order's terms. */
bool cost_has_index(const struct catalog_table *table, const struct catalog_column *const *columns, size_t n,
                    const struct order *order);

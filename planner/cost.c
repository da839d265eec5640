#include "planner/cost.h"

#include <math.h>

double cost_rows(const struct catalog_table *table)
{
  return fmax(table->rows, 1);
}

double cost_distinct_keys(const struct catalog_table *table, const struct catalog_column *const *columns,
                          size_t n)
{
  double rows = cost_rows(table);
  double distinct = 0;
  for (size_t i = 0; i < n; i++) {
    double d = columns[i]->n_distinct;
    if (d < 0)
      d = -d * rows;
    else if (d == 0)
      d = rows / 10;
    distinct = fmax(distinct, d);
  }
  return fmin(fmax(distinct, 1), rows);
}

double cost_fan_out(const struct graph_link *link, bool to_many)
{
  if (!to_many)
    return 1;
  const struct catalog_table *child = link->through ? link->through : link->to;
  const struct catalog_column *const *columns =
      (const struct catalog_column *const *)(link->through ? link->source_columns : link->to_columns);
  double by_keys = cost_rows(child) / cost_distinct_keys(child, columns, link->n_columns);
  /* n_distinct is often far too low on large tables, which inflates by_keys: parents set an upper bound. */
  double by_parents = cost_rows(child) / cost_rows(link->from);
  return fmin(by_keys, by_parents);
}

double cost_distinct(const struct graph_link *link, double n)
{
  double targets = cost_rows(link->to);
  return targets * (1 - exp(-n / targets));
}

double cost_width(const struct catalog_column *const *columns, size_t n)
{
  double width = 0;
  for (size_t i = 0; i < n; i++)
    width += columns[i]->average_width;
  return width;
}

static bool is_among(const struct catalog_column *column, const struct catalog_column *const *columns,
                     size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (columns[i] == column)
      return true;
  return false;
}

static bool index_serves(const struct catalog_index *index, const struct catalog_column *const *columns,
                         size_t n, const struct order *order)
{
  size_t n_terms = order ? order->n_terms : 0;
  if (index->n_columns < n)
    return false;
  for (size_t i = 0; i < n; i++)
    if (!is_among(index->columns[i], columns, n))
      return false;
  for (size_t i = 0; i < n_terms && n + i < index->n_columns; i++)
    if (order->terms[i].n_steps != 0 || order->terms[i].column != index->columns[n + i])
      return false;
  return index->n_columns > n || n_terms == 0;
}

bool cost_has_index(const struct catalog_table *table, const struct catalog_column *const *columns, size_t n,
                    const struct order *order)
{
  for (size_t i = 0; i < table->n_indexes; i++)
    if (index_serves(&table->indexes[i], columns, n, order))
      return true;
  return false;
}

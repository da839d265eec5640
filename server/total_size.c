#define _GNU_SOURCE /* memmem */
#include "server/total_size.h"

#include <string.h>

/* The rows of the topmost node, which EXPLAIN writes first. */
static int64_t rows_of_json(const struct cell *cell)
{
  static const char key[] = "\"Plan Rows\":";
  int64_t rows = 0;
  if (cell->len <= 0)
    return 0;
  const char *end = (const char *)cell->data + cell->len;
  const char *p = memmem(cell->data, (size_t)cell->len, key, sizeof key - 1);
  for (p = p == NULL ? end : p + sizeof key - 1; p < end && *p == ' '; p++)
    ;
  for (; p < end && *p >= '0' && *p <= '9' && rows < INT64_MAX / 100; p++)
    rows = rows * 10 + (*p - '0');
  return rows;
}

static int64_t total_of(const struct plan *plan, const struct fetch_rows *fetches)
{
  const struct rows *rows = &fetches[plan->total.fetch].rows;
  const struct cell *cell = rows->n == 0 ? NULL : rows_at(rows, 0) + plan->total.output;
  if (cell == NULL)
    return plan->total.kind == PLAN_TOTAL_TABLE ? (int64_t)plan->resource->table->rows : 0;
  return plan->total.kind == PLAN_TOTAL_ESTIMATE ? rows_of_json(cell) : cell_integer(cell);
}

int64_t total_size(const struct plan *plan, const struct fetch_rows *fetches, struct total_page page)
{
  int64_t proved = (int64_t)(page.n + page.more + (page.n > 0 ? page.skipped : 0));
  if (plan->total.kind == PLAN_TOTAL_NONE)
    return 0;
  int64_t total = total_of(plan, fetches);
  if (plan->total.kind == PLAN_TOTAL_COUNT)
    return total;
  bool whole = !page.after_cursor && !page.more && (page.n > 0 || page.skipped == 0);
  return whole || proved > total ? proved : total;
}

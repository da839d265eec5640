#include "storage/stitch_order.h"

/* Merging runs two by two, each bin holds about twice as much as the one before. */
#define BINS 32

struct chains {
  const struct plan_sort_term *terms;
  unsigned n_terms;
  const struct rows *rows;
  int32_t *previous;
};

/* Below zero, zero or above, as Postgres orders them: NULL is above all values. */
static int compare_cells(const struct plan_sort_term *term, const struct cell *a, const struct cell *b)
{
  if (a->len < 0 || b->len < 0)
    return (a->len < 0) - (b->len < 0);
  if (term->is_integer) {
    int64_t x = cell_integer(a), y = cell_integer(b);
    return (x > y) - (x < y);
  }
  return memcmp(a->data, b->data, (size_t)(a->len < b->len ? a->len : b->len));
}

static bool may_follow_by_all(const struct chains *chains, const struct cell *x, const struct cell *y)
{
  for (unsigned i = 0; i < chains->n_terms; i++) {
    const struct plan_sort_term *term = &chains->terms[i];
    int order = compare_cells(term, &x[term->output], &y[term->output]);
    if (order != 0)
      return (order > 0) != term->descending;
  }
  return true;
}

/* Whether row `a`, which stands behind row `b`, may.  Most often an int8 tells, which is looked at in line.
 */
static inline bool may_follow(const struct chains *chains, int32_t a, int32_t b)
{
  const struct plan_sort_term *first = &chains->terms[0];
  const struct cell *x = rows_at(chains->rows, (size_t)a), *y = rows_at(chains->rows, (size_t)b);
  const struct cell *p = &x[first->output], *q = &y[first->output];
  if (first->is_integer && p->len == 8 && q->len == 8) {
    int64_t i = cell_integer(p), k = cell_integer(q);
    if (i != k)
      return (i > k) != first->descending;
  }
  return may_follow_by_all(chains, x, y);
}

/* Cuts off the longest beginning of the chain that is in order. */
static int32_t take_run(const struct chains *chains, int32_t *chain)
{
  int32_t run = *chain, end = run, next = chains->previous[end];
  while (next != ROW_NONE && may_follow(chains, end, next)) {
    end = next;
    next = chains->previous[end];
  }
  chains->previous[end] = ROW_NONE;
  *chain = next;
  return run;
}

/* One run of two.  The rows of `behind` came behind those of `before`, and among equals they stay there. */
static int32_t merge(const struct chains *chains, int32_t behind, int32_t before)
{
  int32_t merged = ROW_NONE, *end = &merged;
  while (behind != ROW_NONE && before != ROW_NONE) {
    int32_t *from = may_follow(chains, behind, before) ? &behind : &before;
    *end = *from;
    end = &chains->previous[*from];
    *from = *end;
  }
  *end = behind != ROW_NONE ? behind : before;
  return merged;
}

/* Merges the runs of a chain as binary numbers are counted: a run joins the bin that is free, and those that
 * are not carry over. */
static int32_t merge_runs(const struct chains *chains, int32_t run, int32_t rest)
{
  int32_t bins[BINS];
  for (unsigned i = 0; i < BINS; i++)
    bins[i] = ROW_NONE;
  for (;;) {
    unsigned i = 0;
    for (; bins[i] != ROW_NONE; i++) {
      run = merge(chains, bins[i], run);
      bins[i] = ROW_NONE;
    }
    bins[i] = run;
    if (rest == ROW_NONE)
      break;
    run = take_run(chains, &rest);
  }
  int32_t all = ROW_NONE;
  for (unsigned i = 0; i < BINS; i++)
    all = merge(chains, bins[i], all);
  return all;
}

void stitch_order(const struct plan_fetch *fetch, struct fetch_rows *fetch_rows)
{
  struct chains chains = {fetch->sort_terms, fetch->n_sort_terms, &fetch_rows->rows, fetch_rows->previous};
  for (size_t group = 0; group < fetch_rows->n_groups; group++) {
    int32_t rest = fetch_rows->last_of_group[group];
    if (fetch_rows->count_of_group[group] < 2)
      continue;
    int32_t run = take_run(&chains, &rest);
    fetch_rows->last_of_group[group] = rest == ROW_NONE ? run : merge_runs(&chains, run, rest);
  }
}

/*
 * rows.h - what the statements of a plan brought, and which rows belong to which.
 *
 * Cells point into the run's arena and are in Postgres' binary format (big-endian).
 */
#pragma once

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "planner/plan.h"

struct cell {
  const uint8_t *data;
  int32_t len; /* -1: NULL */
};

/* What an int2, int4 or int8 holds, and what is sent as one. */
static inline int64_t cell_integer(const struct cell *cell)
{
  uint64_t wide;
  uint32_t word;
  uint16_t half;
  switch (cell->len) {
  case 8:
    memcpy(&wide, cell->data, sizeof wide);
    return (int64_t)be64toh(wide);
  case 4:
    memcpy(&word, cell->data, sizeof word);
    return (int32_t)be32toh(word);
  case 2:
    memcpy(&half, cell->data, sizeof half);
    return (int16_t)be16toh(half);
  default:
    return 0;
  }
}

struct rows {
  struct cell *cells; /* row-major, n_columns a row */
  size_t n;
  size_t cap;
  unsigned n_columns;
};

#define ROW_NONE (-1)

/*
 * The rows of one fetch and how they hang on the parent's.  A group is a distinct link key of the parent's
 * rows. Children of a group are chained from the last to the first, since messages are written backwards.
 */
struct fetch_rows {
  struct rows rows;
  int32_t *group_of_parent; /* by the parent's row: its group, ROW_NONE for a NULL key; NULL for the root */
  int32_t *last_of_group;   /* by group: its last row here, ROW_NONE when it has none */
  int32_t *count_of_group;  /* by group: rows */
  int32_t *previous;        /* by row: the one before it in its group, ROW_NONE at the first */
  size_t n_groups;
  int32_t
      *group_of_row; /* recursive fetches, by row: the group below it, ROW_NONE for a NULL key; else NULL */
};

static inline const struct cell *rows_at(const struct rows *rows, size_t row)
{
  return rows->cells + row * rows->n_columns;
}

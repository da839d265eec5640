#include "storage/stitch.h"

#include <string.h>

#include "storage/stitch_order.h"

/*
 * The table is open addressing over 32-bit group numbers, sized once to at most half full: one allocation, no
 * links, and the keys stay where the rows have them.  A general hash table would cost a node for each key on
 * the hottest path there is.  The keys come from the database, so nobody can choose them to collide within
 * one request.
 */

static bool type_is_integer(const struct catalog_column *column)
{
  enum type_class class = catalog_base_type(column->type)->class;
  return class == TYPE_INT2 || class == TYPE_INT4 || class == TYPE_INT8;
}

/* The column that the child's LINK cells hold. */
static const struct catalog_column *child_column(const struct graph_link *link, size_t part)
{
  return link->through != NULL ? link->source_columns[part] : link->to_columns[part];
}

static uint64_t mix(uint64_t x)
{
  x ^= x >> 32;
  x *= UINT64_C(0xd6e8feb86659fd93);
  x ^= x >> 32;
  return x;
}

/* False when a part is NULL: such a key matches nothing. */
static bool key_hash(const struct stitch_groups *groups, const struct cell *row, const unsigned *outputs,
                     uint64_t *ret_hash)
{
  uint64_t hash = 0;
  for (unsigned i = 0; i < groups->n_columns; i++) {
    const struct cell *cell = &row[outputs[i]];
    if (cell->len < 0)
      return false;
    if (groups->integers[i])
      hash = mix(hash ^ (uint64_t)cell_integer(cell));
    else
      hash = hash_bytes(cell->data, (size_t)cell->len, hash + 1);
  }
  *ret_hash = hash;
  return true;
}

static bool key_equal(const struct stitch_groups *groups, size_t group, const struct cell *row,
                      const unsigned *outputs)
{
  for (unsigned i = 0; i < groups->n_columns; i++) {
    const struct cell *cell = &row[outputs[i]], *key = &groups->keys[i][group];
    bool equal = groups->integers[i]
                     ? cell_integer(cell) == cell_integer(key)
                     : cell->len == key->len && memcmp(cell->data, key->data, (size_t)cell->len) == 0;
    if (!equal)
      return false;
  }
  return true;
}

/* The slot that holds the row's key, or the free one where it belongs. */
static uint32_t *slot_of(const struct stitch_groups *groups, const struct cell *row, const unsigned *outputs,
                         uint64_t hash)
{
  uint32_t at = (uint32_t)hash & groups->mask;
  while (groups->slots[at] != 0 && !key_equal(groups, groups->slots[at] - 1, row, outputs))
    at = (at + 1) & groups->mask;
  return &groups->slots[at];
}

static uint32_t table_size(size_t n)
{
  uint32_t size = 8;
  while (size < 2 * n)
    size *= 2;
  return size;
}

/* Whether the parent's row leads here at all: of a oneof's members it has one. */
static bool is_of_variant(const struct plan_fetch *fetch, const struct cell *row)
{
  if (fetch->variant_value == NULL)
    return true;
  const struct cell *cell = &row[fetch->variant_output];
  return cell->len >= 0 &&
         str_equal_text((struct str){(const char *)cell->data, (size_t)cell->len}, fetch->variant_value);
}

/* No groups yet, and room for `most`. */
static void groups_init(const struct plan_fetch *fetch, size_t most, struct arena *arena,
                        struct stitch_groups *ret)
{
  unsigned n_columns = (unsigned)fetch->link->n_columns;
  uint32_t size = table_size(most);
  *ret = (struct stitch_groups){
      .n_columns = n_columns,
      .keys = ARENA_ARRAY(arena, struct cell *, n_columns),
      .slots = ARENA_ARRAY(arena, uint32_t, size),
      .mask = size - 1,
      .integers = ARENA_ARRAY(arena, bool, n_columns),
  };
  for (unsigned i = 0; i < n_columns; i++) {
    ret->keys[i] = ARENA_ARRAY(arena, struct cell, most);
    ret->integers[i] =
        type_is_integer(fetch->link->from_columns[i]) && type_is_integer(child_column(fetch->link, i));
  }
}

/* The group of the row's key, which may be new; ROW_NONE where a part of it is NULL. */
static int32_t groups_add(struct stitch_groups *groups, const struct cell *row, const unsigned *outputs)
{
  uint64_t hash;
  if (!key_hash(groups, row, outputs, &hash))
    return ROW_NONE;
  uint32_t *slot = slot_of(groups, row, outputs, hash);
  if (*slot == 0) {
    for (unsigned i = 0; i < groups->n_columns; i++)
      groups->keys[i][groups->n] = row[outputs[i]];
    *slot = (uint32_t)++groups->n;
  }
  return (int32_t)(*slot - 1);
}

void stitch_groups(const struct plan_fetch *fetch, const struct rows *parent, struct arena *arena,
                   struct stitch_groups *ret)
{
  groups_init(fetch, parent->n, arena, ret);
  ret->group_of_parent = ARENA_ARRAY_UNSET(arena, int32_t, parent->n);
  for (size_t row = 0; row < parent->n; row++) {
    const struct cell *cells = rows_at(parent, row);
    ret->group_of_parent[row] =
        is_of_variant(fetch, cells) ? groups_add(ret, cells, fetch->parent_outputs) : ROW_NONE;
  }
}

/* A tree's groups: those of the parents, which keep their numbers, and those of its own rows. */
static void add_own_groups(const struct plan_fetch *fetch, const struct stitch_groups *groups,
                           struct arena *arena, struct fetch_rows *fetch_rows, struct stitch_groups *ret)
{
  const struct rows *rows = &fetch_rows->rows;
  struct cell *key = ARENA_ARRAY(arena, struct cell, groups->n_columns);
  unsigned *parts = ARENA_ARRAY(arena, unsigned, groups->n_columns);
  groups_init(fetch, groups->n + rows->n, arena, ret);
  ret->group_of_parent = groups->group_of_parent;
  for (size_t group = 0; group < groups->n; group++) {
    for (unsigned i = 0; i < groups->n_columns; i++) {
      key[i] = groups->keys[i][group];
      parts[i] = i;
    }
    groups_add(ret, key, parts);
  }
  fetch_rows->group_of_row = ARENA_ARRAY(arena, int32_t, rows->n);
  for (size_t row = 0; row < rows->n; row++)
    fetch_rows->group_of_row[row] = groups_add(ret, rows_at(rows, row), fetch->next_outputs);
}

static int32_t group_of_child(const struct plan_fetch *fetch, const struct stitch_groups *groups,
                              const struct cell *row)
{
  if (fetch->strategy == PLAN_KEYS_ORDINAL) {
    const struct cell *ordinal = &row[fetch->link_outputs[0]];
    int64_t group = ordinal->len == 8 ? cell_integer(ordinal) - 1 : ROW_NONE;
    return group >= 0 && (uint64_t)group < groups->n ? (int32_t)group : ROW_NONE;
  }
  uint64_t hash;
  if (!key_hash(groups, row, fetch->link_outputs, &hash))
    return ROW_NONE;
  return (int32_t)*slot_of(groups, row, fetch->link_outputs, hash) - 1;
}

/* Children of one parent come one after the other, as a rule: what was found for the row before is looked at
 * first. */
static bool is_sibling(const struct plan_fetch *fetch, const struct cell *row, const struct cell *before)
{
  for (unsigned i = 0; i < fetch->n_link_outputs; i++) {
    const struct cell *a = &row[fetch->link_outputs[i]], *b = &before[fetch->link_outputs[i]];
    if (a->len != b->len || a->len < 0 || memcmp(a->data, b->data, (size_t)a->len) != 0)
      return false;
  }
  return true;
}

void stitch_rows(const struct plan_fetch *fetch, const struct stitch_groups *groups, struct arena *arena,
                 struct fetch_rows *fetch_rows)
{
  const struct rows *rows = &fetch_rows->rows;
  struct stitch_groups all = *groups;
  if (fetch->strategy == PLAN_RECURSIVE)
    add_own_groups(fetch, groups, arena, fetch_rows, &all);
  groups = &all;
  fetch_rows->n_groups = groups->n;
  fetch_rows->group_of_parent = groups->group_of_parent;
  fetch_rows->last_of_group = ARENA_ARRAY(arena, int32_t, groups->n);
  fetch_rows->count_of_group = ARENA_ARRAY(arena, int32_t, groups->n);
  fetch_rows->previous = ARENA_ARRAY_UNSET(arena, int32_t, rows->n);
  for (size_t i = 0; i < groups->n; i++)
    fetch_rows->last_of_group[i] = ROW_NONE;

  int32_t group = ROW_NONE;
  for (size_t row = 0; row < rows->n; row++) {
    const struct cell *cells = rows_at(rows, row);
    if (row == 0 || !is_sibling(fetch, cells, rows_at(rows, row - 1)))
      group = group_of_child(fetch, groups, cells);
    fetch_rows->previous[row] = ROW_NONE;
    if (group == ROW_NONE)
      continue;
    fetch_rows->previous[row] = fetch_rows->last_of_group[group];
    fetch_rows->last_of_group[group] = (int32_t)row;
    fetch_rows->count_of_group[group]++;
  }
  if (fetch->n_sort_terms > 0)
    stitch_order(fetch, fetch_rows);
}

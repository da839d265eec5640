/*
 * assemble.c - the shapes of a plan over its rows.
 *
 * A message's slots are walked from the highest field number down and its children from the last one up,
 * since the writer works backwards; when a child's length is due its body stands, so nothing is measured and
 * nothing is kept between. No allocation but the writer's growth: a row costs its cells and no more.
 *
 * Recursion follows the shapes, whose depth the planner bounds by the mask's, and in a tree its levels.  A
 * tree's rows are edges that every way down shares, so what was met on this way is kept on the stack.  A row
 * that was met before closes a circle: it comes, and nothing below it.  In a tree of lists the group below a
 * row tells the row, the first one's included; in a chain the group that a row came in does, and the first
 * row, which came in none, is known by its key.
 *
 * A limit per parent: the statement brought one row more than the limit where there are more.  Storage counts
 * per group, so the surplus is the last rows of the chain, and those are passed over.  With a subset the
 * shape's own rows are the ones whose condition holds, and its limit counts among them alone; so its rows are
 * counted first.
 */
#include "server/assemble.h"

#include "server/encode.h"

/* The way down a tree to the row at hand: the groups it was reached through, and the levels still to come. */
struct trail {
  const struct trail *above; /* NULL in the first level */
  int32_t group;
  uint32_t left;
  const struct plan_slot *entry; /* by which the tree was entered */
  const struct cell *start;      /* the row that it was entered from */
};

static bool put_row(const struct assembly *assembly, const struct plan_shape *shape, size_t row,
                    const struct trail *trail, struct error *error);

static bool put_message(const struct assembly *assembly, const struct plan_slot *slot, size_t row,
                        const struct trail *trail, struct error *error)
{
  size_t mark = writer_size(assembly->writer);
  if (!put_row(assembly, slot->shape, row, trail, error))
    return false;
  writer_close_message(assembly->writer, slot->field->field->number, mark);
  return true;
}

static bool is_true(const struct cell *cell)
{
  return cell->len == 1 && cell->data[0] != 0;
}

static bool is_ours(const struct plan_slot *slot, const struct fetch_rows *fetched, int32_t row)
{
  if (slot->subset < 0)
    return true;
  return is_true(rows_at(&fetched->rows, (size_t)row) + slot->subset);
}

/* The rows of `slot` in a group. */
static size_t count_ours(const struct plan_slot *slot, const struct fetch_rows *fetched, int32_t group)
{
  if (slot->subset < 0)
    return (size_t)fetched->count_of_group[group];
  size_t n = 0;
  for (int32_t row = fetched->last_of_group[group]; row != ROW_NONE; row = fetched->previous[row])
    n += is_ours(slot, fetched, row);
  return n;
}

static const struct fetch_rows *rows_of(const struct assembly *assembly, const struct plan_slot *slot)
{
  return &assembly->fetches[slot->shape->fetch->index];
}

static bool has_group(const struct trail *trail, int32_t group)
{
  for (; trail != NULL; trail = trail->above)
    if (trail->group == group)
      return true;
  return false;
}

static bool is_start(const struct trail *trail, const struct cell *cells)
{
  size_t n = trail->entry->shape->resource->key->n_columns;
  for (size_t i = 0; i < n; i++) {
    const struct cell *start = &trail->start[trail->entry->start_key_outputs[i]];
    const struct cell *cell = &cells[trail->entry->next_key_outputs[i]];
    if (start->len != cell->len || memcmp(start->data, cell->data, (size_t)cell->len) != 0)
      return false;
  }
  return true;
}

/* Whether the row was met before on its way. */
static bool closes_circle(const struct plan_slot *slot, const struct fetch_rows *fetched, size_t row,
                          const struct trail *trail)
{
  if (slot->kind != SLOT_ONE)
    return has_group(trail, fetched->group_of_row[row]);
  return has_group(trail->above, trail->group) || is_start(trail, rows_at(&fetched->rows, row));
}

/* The group below a row; ROW_NONE also where a tree goes no further: at its last level, or in a circle. */
static int32_t group_below(const struct plan_slot *slot, const struct fetch_rows *fetched, size_t row,
                           const struct trail *trail)
{
  if (!slot->again)
    return fetched->group_of_parent[row];
  bool ends = trail->left == 0 || closes_circle(slot, fetched, row, trail);
  return ends ? ROW_NONE : fetched->group_of_row[row];
}

/* `cells` are the row's at hand. */
static struct trail trail_into(const struct plan_slot *slot, int32_t group, const struct cell *cells,
                               const struct trail *trail)
{
  if (slot->again)
    return (struct trail){trail, group, trail->left - 1, trail->entry, trail->start};
  return (struct trail){NULL, group, slot->depth > 0 ? slot->depth - 1 : 0, slot, cells};
}

static bool put_one(const struct assembly *assembly, const struct plan_slot *slot, const struct cell *cells,
                    size_t row, const struct trail *trail, struct error *error)
{
  const struct fetch_rows *fetched = rows_of(assembly, slot);
  int32_t group = group_below(slot, fetched, row, trail);
  int32_t target = group == ROW_NONE ? ROW_NONE : fetched->last_of_group[group];
  if (target == ROW_NONE)
    return true;
  /* Where nothing makes the target unique, the first in its order is the one. */
  while (fetched->previous[target] != ROW_NONE)
    target = fetched->previous[target];
  struct trail below = trail_into(slot, group, cells, trail);
  return put_message(assembly, slot, (size_t)target, &below, error);
}

static bool put_many(const struct assembly *assembly, const struct plan_slot *slot, const struct cell *cells,
                     size_t row, const struct trail *trail, struct error *error)
{
  const struct fetch_rows *fetched = rows_of(assembly, slot);
  int32_t group = group_below(slot, fetched, row, trail);
  if (group == ROW_NONE)
    return true;
  struct trail below = trail_into(slot, group, cells, trail);
  size_t surplus = 0;
  if (slot->limit > 0) {
    size_t n = count_ours(slot, fetched, group);
    surplus = n > slot->limit ? n - slot->limit : 0;
  }
  for (int32_t child = fetched->last_of_group[group]; child != ROW_NONE; child = fetched->previous[child]) {
    if (!is_ours(slot, fetched, child))
      continue;
    if (surplus > 0)
      surplus--;
    else if (!put_message(assembly, slot, (size_t)child, &below, error))
      return false;
  }
  return true;
}

/* The last row of `slot` that is shown under a parent's row; ROW_NONE when all are. */
static int32_t cut_after(const struct plan_slot *slot, const struct fetch_rows *fetched, size_t row,
                         const struct trail *trail)
{
  int32_t group = group_below(slot, fetched, row, trail);
  size_t n = slot->limit == 0 || group == ROW_NONE ? 0 : count_ours(slot, fetched, group);
  if (n <= slot->limit)
    return ROW_NONE;
  size_t surplus = n - slot->limit;
  int32_t child = fetched->last_of_group[group];
  for (; !is_ours(slot, fetched, child) || surplus-- > 0; child = fetched->previous[child])
    ;
  return child;
}

static void put_has_more(const struct assembly *assembly, const struct plan_slot *slot,
                         const struct cell *cells, size_t row, const struct trail *trail)
{
  const struct fetch_rows *fetched = rows_of(assembly, slot);
  bool more = cut_after(slot, fetched, row, trail) != ROW_NONE;
  if (slot->again && trail->left == 0)
    more = is_true(&cells[slot->output]) && !closes_circle(slot, fetched, row, trail);
  if (more)
    writer_put_varint_field(assembly->writer, slot->field->field->number, 1);
}

static void put_token(const struct assembly *assembly, const struct plan_slot *slot,
                      const struct cell *parent, size_t row, const struct trail *trail)
{
  const struct fetch_rows *fetched = rows_of(assembly, slot);
  int32_t last = cut_after(slot, fetched, row, trail);
  if (last == ROW_NONE)
    return;
  const struct binding *binding = assembly->binding;
  const char *token =
      request_list_token(&binding->lists, binding->context->token_keys, &binding->claims, slot, parent,
                         rows_at(&fetched->rows, (size_t)last), assembly->arena);
  writer_put_bytes_field(assembly->writer, slot->field->field->number, token, strlen(token));
}

static bool put_slot(const struct assembly *assembly, const struct plan_slot *slot, const struct cell *cells,
                     size_t row, const struct trail *trail, struct error *error)
{
  switch (slot->kind) {
  case SLOT_VALUE:
    return encode_field(assembly->writer, slot->field, &cells[slot->output], error);
  case SLOT_JOINED:
    return cells[slot->output].len < 0 || put_message(assembly, slot, row, NULL, error);
  case SLOT_EMBEDDED:
    return !is_true(&cells[slot->output]) || put_message(assembly, slot, row, NULL, error);
  case SLOT_ONE:
    return put_one(assembly, slot, cells, row, trail, error);
  case SLOT_MANY:
    return put_many(assembly, slot, cells, row, trail, error);
  case SLOT_HAS_MORE:
    put_has_more(assembly, slot, cells, row, trail);
    return true;
  case SLOT_NEXT_PAGE_TOKEN:
    put_token(assembly, slot, cells, row, trail);
    return true;
  }
  return true;
}

static bool refuse_size(const struct assembly *assembly, struct error *error)
{
  error_set(error, ERROR_RESOURCE_EXHAUSTED, "RESULT_TOO_LARGE",
            "the answer exceeds %zu bytes; ask for less with page_size or a narrower mask",
            assembly->max_bytes);
  error_add_metadata(error, "maxBytes", "%zu", assembly->max_bytes);
  return false;
}

static bool put_row(const struct assembly *assembly, const struct plan_shape *shape, size_t row,
                    const struct trail *trail, struct error *error)
{
  const struct cell *cells = rows_at(&assembly->fetches[shape->fetch->index].rows, row);
  for (size_t i = shape->n_slots; i-- > 0;)
    if (!put_slot(assembly, &shape->slots[i], cells, row, trail, error))
      return false;
  return writer_size(assembly->writer) <= assembly->max_bytes || refuse_size(assembly, error);
}

bool assemble_message(const struct assembly *assembly, const struct plan_shape *shape, size_t row,
                      struct error *error)
{
  return put_row(assembly, shape, row, NULL, error);
}

#include "support/plan_runner.h"

#include <stdio.h>
#include <stdlib.h>

#include "storage/stitch.h"

static void read_rows(const struct plan_runner *runner, const struct plan_fetch *fetch,
                      const PGresult *result, struct rows *rows)
{
  rows->n = rows->cap = (size_t)PQntuples(result);
  rows->n_columns = fetch->n_outputs;
  rows->cells = ARENA_ARRAY(runner->arena, struct cell, rows->n * rows->n_columns);
  for (size_t i = 0; i < rows->n * rows->n_columns; i++) {
    int row = (int)(i / rows->n_columns), column = (int)(i % rows->n_columns);
    struct cell *cell = &rows->cells[i];
    cell->len = PQgetisnull(result, row, column) ? -1 : PQgetlength(result, row, column);
    if (cell->len >= 0)
      cell->data = arena_memdup(runner->arena, PQgetvalue(result, row, column), (size_t)cell->len);
  }
}

static void execute(const struct plan_runner *runner, const struct plan *plan, const struct plan_fetch *fetch,
                    const struct stitch_groups *groups, struct rows *rows)
{
  const struct statement *statement = &plan->statements[fetch->index];
  struct parameter_source source = {.arguments = runner->arguments,
                                    .keys = (const struct cell *const *)groups->keys,
                                    .n_keys = groups->n,
                                    .limit = runner->limit};
  struct parameters parameters;
  struct error error;
  if (!parameters_encode(statement, &source, runner->arena, &parameters, &error))
    abort();
  PGresult *result = PQexecParams(runner->connection, statement->text, parameters.n, parameters.types,
                                  parameters.values, parameters.lengths, parameters.formats, 1);
  if (PQresultStatus(result) != PGRES_TUPLES_OK || PQnfields(result) != (int)fetch->n_outputs) {
    fprintf(stderr, "%s\n%s", statement->text, PQerrorMessage(runner->connection));
    abort();
  }
  read_rows(runner, fetch, result, rows);
  PQclear(result);
}

void plan_run(struct plan_runner *runner, const struct plan *plan)
{
  runner->fetches = ARENA_ARRAY(runner->arena, struct fetch_rows, plan->n_fetches);
  for (unsigned i = 0; i < plan->n_fetches; i++) {
    const struct plan_fetch *fetch = plan->fetches[i];
    struct fetch_rows *rows = &runner->fetches[i];
    struct stitch_groups groups = {0};
    if (fetch->parent)
      stitch_groups(fetch, &runner->fetches[fetch->parent->index].rows, runner->arena, &groups);
    execute(runner, plan, fetch, &groups, &rows->rows);
    if (fetch->parent)
      stitch_rows(fetch, &groups, runner->arena, rows);
  }
}

static int64_t big_endian(const struct cell *cell)
{
  int64_t value = cell->len > 0 && cell->data[0] & 0x80 ? -1 : 0;
  for (int32_t i = 0; i < cell->len; i++)
    value = (int64_t)((uint64_t)value << 8 | cell->data[i]);
  return value;
}

static void print_value(const struct cell *cell, const struct catalog_type *type, bool as_text,
                        struct strbuf *ret)
{
  switch (as_text ? TYPE_TEXT : catalog_base_type(type)->class) {
  case TYPE_INT2:
  case TYPE_INT4:
  case TYPE_INT8:
    strbuf_printf(ret, "%lld", (long long)big_endian(cell));
    break;
  case TYPE_BOOL:
    strbuf_puts(ret, cell->data[0] ? "true" : "false");
    break;
  case TYPE_TEXT:
  case TYPE_CITEXT:
  case TYPE_BPCHAR:
  case TYPE_ENUM:
    strbuf_add(ret, cell->data, (size_t)cell->len);
    break;
  default:
    for (int32_t i = 0; i < cell->len; i++)
      strbuf_printf(ret, "%02x", cell->data[i]);
  }
}

/* The way down a tree: groups met, levels to come. */
struct way {
  const struct way *above;
  int32_t group;
  uint32_t left;
};

static void print_shape(const struct plan_runner *runner, const struct plan_shape *shape, size_t row,
                        const struct way *way, struct strbuf *ret);

static bool closes_circle(const struct way *way, int32_t group)
{
  for (; way; way = way->above)
    if (way->group == group)
      return true;
  return false;
}

static int32_t group_below(const struct plan_slot *slot, const struct fetch_rows *rows, size_t row,
                           const struct way *way)
{
  if (!slot->again)
    return rows->group_of_parent[row];
  int32_t group = rows->group_of_row[row];
  return way->left == 0 || closes_circle(way, group) ? ROW_NONE : group;
}

static struct way way_into(const struct plan_slot *slot, int32_t group, const struct way *way)
{
  if (slot->again)
    return (struct way){way, group, way->left - 1};
  return (struct way){NULL, group, slot->depth > 0 ? slot->depth - 1 : 0};
}

static const struct cell *cell_of(const struct plan_runner *runner, const struct plan_fetch *fetch,
                                  size_t row, unsigned output)
{
  return &rows_at(&runner->fetches[fetch->index].rows, row)[output];
}

/* The rows of `slot` below `row`, in order; returns how many there are. */
static size_t children(const struct plan_runner *runner, const struct plan_slot *slot, size_t row,
                       const struct way *way, int32_t **ret, struct way *ret_below)
{
  const struct plan_fetch *fetch = slot->shape->fetch;
  const struct fetch_rows *rows = &runner->fetches[fetch->index];
  int32_t group = group_below(slot, rows, row, way);
  size_t n = 0, cap = rows->rows.n;
  *ret = ARENA_ARRAY(runner->arena, int32_t, cap + 1);
  if (group == ROW_NONE)
    return 0;
  *ret_below = way_into(slot, group, way);
  int32_t *reversed = ARENA_ARRAY(runner->arena, int32_t, cap + 1);
  for (int32_t child = rows->last_of_group[group]; child != ROW_NONE; child = rows->previous[child])
    if (slot->subset < 0 || cell_of(runner, fetch, (size_t)child, (unsigned)slot->subset)->data[0])
      reversed[n++] = child;
  for (size_t i = 0; i < n; i++)
    (*ret)[i] = reversed[n - 1 - i];
  return n;
}

static void print_many(const struct plan_runner *runner, const struct plan_slot *slot, size_t row,
                       const struct way *way, struct strbuf *ret)
{
  int32_t *rows;
  struct way below;
  size_t n = children(runner, slot, row, way, &rows, &below);
  strbuf_printf(ret, "%s[", slot->field->field->name);
  for (size_t i = 0; i < n && (slot->limit == 0 || i < slot->limit); i++) {
    strbuf_puts(ret, i > 0 ? " " : "");
    print_shape(runner, slot->shape, (size_t)rows[i], &below, ret);
  }
  strbuf_putc(ret, ']');
}

static void print_one(const struct plan_runner *runner, const struct plan_slot *slot, size_t row,
                      const struct way *way, struct strbuf *ret)
{
  int32_t *rows;
  struct way below;
  if (children(runner, slot, row, way, &rows, &below) == 0)
    return;
  strbuf_puts(ret, slot->field->field->name);
  print_shape(runner, slot->shape, (size_t)rows[0], &below, ret);
}

static void print_scalar(const struct plan_slot *slot, const struct plan_output *output,
                         const struct cell *cell, struct strbuf *ret)
{
  const struct catalog_type *type = output->kind == OUTPUT_AGGREGATE  ? output->aggregate->type
                                    : output->kind == OUTPUT_FUNCTION ? output->function->type
                                                                      : output->column->type;
  if (cell->len < 0)
    return;
  strbuf_printf(ret, "%s=", slot->field->field->name);
  print_value(cell, type, output->as_text, ret);
}

static bool has_more(const struct plan_runner *runner, const struct plan_shape *shape,
                     const struct plan_slot *slot, size_t row, const struct way *way)
{
  struct way below;
  int32_t *rows;
  if (!slot->again || way->left > 0)
    return slot->limit > 0 && children(runner, slot, row, way, &rows, &below) > slot->limit;
  int32_t group = runner->fetches[shape->fetch->index].group_of_row[row];
  return cell_of(runner, shape->fetch, row, slot->output)->data[0] && !closes_circle(way, group);
}

static void print_slot(const struct plan_runner *runner, const struct plan_shape *shape,
                       const struct plan_slot *slot, size_t row, const struct way *way, struct strbuf *ret)
{
  struct way below;
  int32_t *rows;
  switch (slot->kind) {
  case SLOT_VALUE:
    print_scalar(slot, &shape->fetch->outputs[slot->output], cell_of(runner, shape->fetch, row, slot->output),
                 ret);
    break;
  case SLOT_JOINED:
    if (cell_of(runner, shape->fetch, row, slot->output)->len < 0)
      break;
    strbuf_puts(ret, slot->field->field->name);
    print_shape(runner, slot->shape, row, NULL, ret);
    break;
  case SLOT_EMBEDDED:
    if (!cell_of(runner, shape->fetch, row, slot->output)->data[0])
      break;
    strbuf_puts(ret, slot->field->field->name);
    print_shape(runner, slot->shape, row, NULL, ret);
    break;
  case SLOT_ONE:
    print_one(runner, slot, row, way, ret);
    break;
  case SLOT_MANY:
    print_many(runner, slot, row, way, ret);
    break;
  case SLOT_HAS_MORE:
    if (has_more(runner, shape, slot, row, way))
      strbuf_printf(ret, "%s=true", slot->field->field->name);
    break;
  case SLOT_NEXT_PAGE_TOKEN:
    if (slot->limit > 0 && children(runner, slot, row, way, &rows, &below) > slot->limit)
      strbuf_printf(ret, "%s=…", slot->field->field->name);
    break;
  }
}

static void print_shape(const struct plan_runner *runner, const struct plan_shape *shape, size_t row,
                        const struct way *way, struct strbuf *ret)
{
  strbuf_putc(ret, '{');
  size_t start = ret->len;
  for (size_t i = 0; i < shape->n_slots; i++) {
    size_t before = ret->len;
    if (before > start)
      strbuf_putc(ret, ' ');
    size_t after = ret->len;
    print_slot(runner, shape, &shape->slots[i], row, way, ret);
    if (ret->len == after && before < after)
      ret->data[ret->len = before] = '\0';
  }
  strbuf_putc(ret, '}');
}

void plan_print(const struct plan_runner *runner, const struct plan *plan, struct strbuf *ret)
{
  size_t n = runner->fetches[0].rows.n;
  if (plan->root == PLAN_ROOT_PAGE && n > runner->limit)
    n = runner->limit;
  for (size_t i = 0; i < n; i++) {
    print_shape(runner, plan->shape, i, NULL, ret);
    strbuf_putc(ret, '\n');
  }
}

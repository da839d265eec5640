/*
 * canned_rows.c - a small world in which every id leads to all the rest.
 *
 * Event e was created by user e mod 1000 and has the attendees 10 e, 10 e + 1 …  Every fifth attendee has no
 * organization; the others share a hundred.  So a row is known by the ids in it, and a cell by the table, the
 * column and the id: whatever strategy the planner takes, its outputs can be made up.
 */
#include "bench/canned_rows.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "storage/statement.h"

#define N_USERS 1000
#define N_ORGANIZATIONS 100
#define MOST_TABLES 8

/* The ids of one row; 0 is NULL. */
struct entity {
  int64_t id;      /* of the fetch's own table */
  int64_t event;   /* under which it stands */
  int64_t ordinal; /* of that event among those asked for */
};

struct entities {
  struct entity *items;
  size_t n;
};

static _Noreturn void give_up(const char *what, const char *which)
{
  fprintf(stderr, "canned rows: no %s %s\n", what, which);
  abort();
}

static int64_t creator_of(int64_t event)
{
  return event % N_USERS + 1;
}

static int64_t organization_of(int64_t attendee)
{
  return attendee % 5 == 0 ? 0 : attendee % N_ORGANIZATIONS + 1;
}

/* ---- rows ---- */

static void add_attendees(struct entities *rows, struct entity event, unsigned n, bool unaffiliated)
{
  for (unsigned i = 0; i < n; i++) {
    int64_t id = event.id * n + i;
    if (!unaffiliated || organization_of(id) == 0)
      rows->items[rows->n++] = (struct entity){id, event.id, event.ordinal};
  }
}

static void add_all(struct entities *rows, int64_t n)
{
  for (int64_t id = 1; id <= n; id++)
    rows->items[rows->n++] = (struct entity){.id = id};
}

static struct entities rows_of(const struct plan_fetch *fetch, int64_t first_event, size_t n_events,
                               unsigned n_attendees)
{
  const char *table = fetch->tables[0].table->name;
  struct entities rows = {calloc(n_events * n_attendees + N_USERS, sizeof(struct entity)), 0};
  if (rows.items == NULL)
    abort();
  if (strcmp(table, "users") == 0)
    add_all(&rows, N_USERS);
  else if (strcmp(table, "organizations") == 0)
    add_all(&rows, N_ORGANIZATIONS);
  for (size_t i = 0; i < n_events; i++) {
    int64_t id = first_event + (int64_t)i;
    struct entity event = {id, id, (int64_t)i + 1};
    if (strcmp(table, "events") == 0)
      rows.items[rows.n++] = event;
    else if (strcmp(table, "attendees") == 0)
      add_attendees(&rows, event, n_attendees, fetch->filter != NULL);
  }
  return rows;
}

/* ---- cells ---- */

struct canned_value {
  char bytes[64];
  int length; /* -1: NULL */
};

static struct canned_value number(int64_t id)
{
  struct canned_value value = {.length = 8};
  uint64_t wire = htobe64((uint64_t)id);
  memcpy(value.bytes, &wire, sizeof wire);
  return value;
}

static struct canned_value reference(int64_t id)
{
  return id == 0 ? (struct canned_value){.length = -1} : number(id);
}

static struct canned_value boolean(bool is)
{
  return (struct canned_value){.bytes = {(char)is}, .length = 1};
}

static struct canned_value column_value(const struct catalog_column *column, int64_t id)
{
  struct canned_value value = {.length = -1};
  if (id == 0)
    return value;
  if (strcmp(column->name, "id") == 0)
    return number(id);
  if (strcmp(column->name, "creator_id") == 0)
    return number(creator_of(id));
  if (strcmp(column->name, "organization_id") == 0)
    return reference(organization_of(id));
  if (strcmp(column->name, "event_date") == 0)
    return number(800000000000000 + id * 3600000000);
  if (column->type->class != TYPE_TEXT)
    give_up("column", column->name);
  value.length = snprintf(value.bytes, sizeof value.bytes, "%s of %s %lld", column->name, column->table->name,
                          (long long)id);
  return value;
}

/* The id of each table of the fetch in this row. */
static void find_ids(const struct plan_fetch *fetch, const struct entity *row, int64_t ids[MOST_TABLES])
{
  ids[0] = row->id;
  for (unsigned i = 1; i < fetch->n_tables; i++) {
    const char *name = fetch->tables[i].table->name;
    int64_t parent = ids[fetch->tables[i].parent];
    if (strcmp(name, "users") == 0)
      ids[i] = creator_of(parent);
    else if (strcmp(name, "organizations") == 0)
      ids[i] = organization_of(parent);
    else
      give_up("to-one table", name);
  }
}

static struct canned_value output_value(const struct plan_output *output, const struct entity *row,
                                        const int64_t ids[MOST_TABLES])
{
  switch (output->kind) {
  case OUTPUT_COLUMN:
    return column_value(output->column, ids[output->table]);
  case OUTPUT_LINK:
    return number(row->event);
  case OUTPUT_ORDINAL:
    return number(row->ordinal);
  case OUTPUT_CONDITION:
    return boolean(organization_of(row->id) == 0);
  default:
    give_up("output", "of this kind");
  }
}

/* ---- the result ---- */

static PGresult *empty_result(const struct plan *plan, unsigned fetch)
{
  unsigned n = plan->fetches[fetch]->n_outputs;
  const uint32_t *types = plan->statements[fetch].types;
  PGresAttDesc *columns = calloc(n, sizeof *columns);
  char name[] = "column";
  if (columns == NULL)
    abort();
  for (unsigned i = 0; i < n; i++)
    columns[i] = (PGresAttDesc){.name = name, .format = 1, .typid = types == NULL ? 0 : types[i]};
  PGresult *result = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
  if (result == NULL || !PQsetResultAttrs(result, (int)n, columns))
    abort();
  free(columns);
  return result;
}

PGresult *canned_rows(const struct plan *plan, unsigned fetch, int64_t first_event, size_t n_events,
                      unsigned n_attendees)
{
  const struct plan_fetch *of = plan->fetches[fetch];
  struct entities rows = rows_of(of, first_event, n_events, n_attendees);
  PGresult *result = empty_result(plan, fetch);
  int64_t ids[MOST_TABLES];
  if (rows.n == 0 || of->n_tables > MOST_TABLES)
    give_up("rows of", of->tables[0].table->name);
  for (size_t row = 0; row < rows.n; row++) {
    find_ids(of, &rows.items[row], ids);
    for (unsigned i = 0; i < of->n_outputs; i++) {
      struct canned_value value = output_value(&of->outputs[i], &rows.items[row], ids);
      if (!PQsetvalue(result, (int)row, (int)i, value.length < 0 ? NULL : value.bytes, value.length))
        abort();
    }
  }
  free(rows.items);
  return result;
}

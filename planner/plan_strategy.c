#include "planner/plan_strategy.h"

#include "planner/cost.h"

/* Measured: up to about this width a joined target costs no more than fetching each distinct one once. */
#define NARROW_BYTES 200.0

/* Measured: below this many rows an additional statement costs more than repeated targets. */
#define FEW_ROWS 100.0

/* Measured: without an index that matches, one scan and a window beat a scan for each parent from here on. */
#define MANY_PARENTS 10.0

static double selected_width(const struct selection *selection, struct arena *arena)
{
  const struct catalog_column **columns =
      ARENA_ARRAY(arena, const struct catalog_column *, selection->n_items);
  size_t n = 0;
  double embedded = 0;
  for (size_t i = 0; i < selection->n_items; i++) {
    const struct selection_item *item = &selection->items[i];
    if (item->field->kind == GRAPH_FIELD_COLUMN)
      columns[n++] = item->field->column;
    if (item->field->kind == GRAPH_FIELD_EMBED)
      embedded += selected_width(item->child, arena);
  }
  return cost_width(columns, n) + embedded;
}

struct to_one_choice choose_to_one(const struct graph_relation *relation, const struct selection *selection,
                                   double n_rows, enum plan_pin_to_one pin, struct arena *arena)
{
  const struct graph_link *link = relation->link;
  if (!link->to_unique || link->through)
    return (struct to_one_choice){false, "no unique index on the target's key: a join could repeat rows"};
  if (relation->variants)
    return (struct to_one_choice){false, "one of several: fetched for the rows whose discriminator names it"};
  if (pin != PIN_TO_ONE_AUTO)
    return (struct to_one_choice){pin == PIN_TO_ONE_JOIN, "pinned"};
  double width = selected_width(selection, arena);
  if (width > NARROW_BYTES)
    return (struct to_one_choice){
        false, arena_printf(arena, "wide target (%.0f bytes): each distinct one is fetched once", width)};
  if (n_rows < FEW_ROWS)
    return (struct to_one_choice){true, arena_printf(arena, "narrow target, few rows (~%.0f)", n_rows)};
  double repeats = n_rows / cost_distinct(link, n_rows);
  if (repeats < 2)
    return (struct to_one_choice){true, arena_printf(arena, "narrow target, each met ~%.1f times", repeats)};
  return (struct to_one_choice){
      false, arena_printf(arena, "each target met ~%.0f times: each distinct one is fetched once", repeats)};
}

static bool is_integer(enum type_class class)
{
  return class == TYPE_INT2 || class == TYPE_INT4 || class == TYPE_INT8;
}

static bool has_bytewise_equality(const struct catalog_column *column)
{
  switch (catalog_base_type(column->type)->class) {
  case TYPE_BOOL:
  case TYPE_INT2:
  case TYPE_INT4:
  case TYPE_INT8:
  case TYPE_BYTEA:
  case TYPE_UUID:
  case TYPE_DATE:
  case TYPE_TIMESTAMP:
  case TYPE_TIMESTAMPTZ:
  case TYPE_ENUM:
    return true;
  case TYPE_TEXT:
    return column->deterministic;
  default:
    return false;
  }
}

/* Whether two columns are equal exactly when their binary values are (integers: after widening). */
static bool comparable_by_bytes(const struct catalog_column *a, const struct catalog_column *b)
{
  const struct catalog_type *type_a = catalog_base_type(a->type);
  const struct catalog_type *type_b = catalog_base_type(b->type);
  if (!has_bytewise_equality(a) || !has_bytewise_equality(b))
    return false;
  return type_a == type_b || (is_integer(type_a->class) && is_integer(type_b->class)) ||
         (type_a->class == TYPE_TEXT && type_b->class == TYPE_TEXT);
}

const struct catalog_column *link_inexact_column(const struct graph_link *link)
{
  const struct catalog_column **near = link->through ? link->source_columns : link->to_columns;
  for (size_t i = 0; i < link->n_columns; i++)
    if (!comparable_by_bytes(link->from_columns[i], near[i]))
      return has_bytewise_equality(link->from_columns[i]) ? near[i] : link->from_columns[i];
  return NULL;
}

bool link_compares_by_bytes(const struct graph_link *link)
{
  return link_inexact_column(link) == NULL;
}

enum plan_strategy keys_strategy(const struct graph_link *link)
{
  if (link->n_columns != 1)
    return PLAN_KEYS_ORDINAL;
  return link_compares_by_bytes(link) ? PLAN_KEYS : PLAN_KEYS_ORDINAL;
}

static const char *keys_reason(const struct graph_link *link, enum plan_strategy strategy)
{
  if (strategy == PLAN_KEYS)
    return "by the parents' distinct keys";
  return link->n_columns > 1 ? "composite key: by the parents' distinct keys, with their ordinals"
                             : "the key's equality is the database's: by distinct keys, with their ordinals";
}

static bool is_asked(const struct graph_link *link, const struct graph_lookup *asked)
{
  return asked != NULL && asked->n_columns == 1 && asked->columns[0] == link->from_columns[0] &&
         keys_strategy(link) == PLAN_KEYS;
}

struct to_many_choice choose_to_many(const struct graph_link *link, bool under_root,
                                     const struct graph_lookup *asked, enum plan_pin_to_many pin)
{
  /* Parents that share a key would each bring the same children: only a unique key may be embedded. */
  bool embeddable =
      under_root && catalog_is_unique(link->from, (const struct catalog_column *const *)link->from_columns,
                                      link->n_columns);
  enum plan_strategy by_keys = keys_strategy(link);
  if (pin == PIN_TO_MANY_AUTO && is_asked(link, asked))
    return (struct to_many_choice){PLAN_ASKED_KEYS, "by the keys asked for: sent with the root in one flush"};
  if (embeddable && (pin == PIN_TO_MANY_AUTO || pin == PIN_TO_MANY_EMBED))
    return (struct to_many_choice){PLAN_EMBED_ROOT, "below the root: sent with it in one flush"};
  if (pin == PIN_TO_MANY_ORDINAL)
    by_keys = PLAN_KEYS_ORDINAL;
  return (struct to_many_choice){by_keys, pin == PIN_TO_MANY_AUTO ? keys_reason(link, by_keys) : "pinned"};
}

enum plan_limiting choose_limiting(const struct graph_link *link, const struct order *order, double n_parents)
{
  const struct catalog_table *child = link->through ? link->through : link->to;
  const struct catalog_column *const *columns =
      (const struct catalog_column *const *)(link->through ? link->source_columns : link->to_columns);
  const struct order *indexed = link->through ? NULL : order;
  if (n_parents < MANY_PARENTS || cost_has_index(child, columns, link->n_columns, indexed))
    return PLAN_LIMIT_LATERAL;
  return PLAN_LIMIT_ROW_NUMBER;
}

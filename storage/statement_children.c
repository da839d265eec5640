/*
 * statement_children.c - the rows below given parents.
 *
 * The parents' keys come in one of three ways: as an array that the child's key must be in (PLAN_KEYS, and
 * PLAN_ASKED_KEYS where the request names them), as arrays that are unnested into rows k(c0, c1, …, ord)
 * (PLAN_KEYS_ORDINAL), or as the root's own rows r(k0, k1, …) (PLAN_EMBED_ROOT).  Of a tree they are those
 * that came and, level by level, those of the rows below them (PLAN_RECURSIVE).  From there a junction j,
 * where there is one, leads to the child t0.
 *
 * A junction that may hold a pair twice is grouped first, so that a child stands under a parent once:
 *
 *     JOIN (SELECT j."event_id" AS k0, j."attendee_id" AS m0, bool_or(…) AS f3 FROM … GROUP BY 1, 2) j
 *
 * with the filters inside, since they may name the junction's columns, and with a subset's condition true of
 * the pair when it is true of any of its rows.
 *
 * A limit per parent is kept by one sub-select for each parent (LATERAL), where an index hands out the first
 * rows, or by ranking all children of all parents (ROW_NUMBER).  One row more than the limit comes, to learn
 * whether there are more.  A list that goes on after a cursor is one parent's and always lateral.
 */
#include "storage/statement_children.h"

#include <inttypes.h>

#include "storage/statement_cursor.h"
#include "storage/statement_expr.h"
#include "storage/statement_page.h"

#define OID_TEXT 25
#define OID_VARCHAR 1043

/* How a FROM gets at the parents. */
enum parents {
  PARENTS_FILTER, /* WHERE key = ANY(array) */
  PARENTS_ROWS,   /* FROM k or r, the rest joined to it */
  PARENTS_OUTER,  /* k or r stand outside of this sub-select */
};

static bool needs_grouping(const struct plan_fetch *fetch)
{
  return fetch->link->through && !fetch->link->through_unique;
}

/* The columns that meet the parents' keys: the junction's, or the child's. */
static const struct catalog_column *const *near_columns(const struct graph_link *link)
{
  return (const struct catalog_column *const *)(link->through ? link->source_columns : link->to_columns);
}

static const char *near_alias(const struct graph_link *link)
{
  return link->through ? "j" : "t0";
}

static void add_tree_parents(struct statement_builder *builder, const struct plan_fetch *fetch);

static void add_key_arrays(struct statement_builder *builder, const struct graph_link *link)
{
  builder_line(builder, "FROM unnest(");
  for (unsigned i = 0; i < link->n_columns; i++) {
    strbuf_puts(&builder->text, i > 0 ? ", " : "");
    builder_bind(builder, BIND_KEYS, i, link->from_columns[i]->type, true);
  }
}

static void add_parents(struct statement_builder *builder, const struct plan_fetch *fetch)
{
  const struct graph_link *link = fetch->link;
  bool ordinal = fetch->strategy == PLAN_KEYS_ORDINAL;
  if (fetch->strategy == PLAN_EMBED_ROOT) {
    root_add_embedded(builder, fetch->parent, link);
    return;
  }
  if (fetch->strategy == PLAN_RECURSIVE) {
    add_tree_parents(builder, fetch);
    return;
  }
  add_key_arrays(builder, link);
  strbuf_puts(&builder->text, ordinal ? ") WITH ORDINALITY k(" : ") k(");
  for (size_t i = 0; i < link->n_columns; i++)
    strbuf_printf(&builder->text, "%sc%zu", i > 0 ? ", " : "", i);
  strbuf_puts(&builder->text, ordinal ? ", ord)" : ")");
}

static void add_near_equals_parents(struct statement_builder *builder, const struct plan_fetch *fetch)
{
  const struct graph_link *link = fetch->link;
  bool embedded = fetch->strategy == PLAN_EMBED_ROOT;
  builder_equal_names(builder, near_alias(link), near_columns(link), embedded ? "r" : "k",
                      embedded ? "k" : "c", (const struct catalog_column *const *)link->from_columns,
                      link->n_columns);
}

static void add_near_in_array(struct statement_builder *builder, const struct plan_fetch *fetch)
{
  const struct graph_link *link = fetch->link;
  const struct catalog_column *near = near_columns(link)[0];
  sql_column(&builder->text, near_alias(link), near);
  strbuf_putc(&builder->text, ' ');
  sql_operator(&builder->text, "=", near->type, link->from_columns[0]->type);
  strbuf_putc(&builder->text, ' ');
  if (fetch->strategy == PLAN_ASKED_KEYS && builder->plan->root == PLAN_ROOT_ONE) {
    builder_bind(builder, BIND_ARGUMENT, builder->plan->first_key_argument, link->from_columns[0]->type,
                 false);
    return;
  }
  strbuf_puts(&builder->text, "ANY (");
  if (fetch->strategy == PLAN_ASKED_KEYS)
    builder_bind(builder, BIND_ARGUMENT, builder->plan->first_key_argument, link->from_columns[0]->type,
                 true);
  else
    builder_bind(builder, BIND_KEYS, 0, link->from_columns[0]->type, true);
  strbuf_putc(&builder->text, ')');
}

static void add_aliased_table(struct statement_builder *builder, const char *lead,
                              const struct catalog_table *table, const char *alias)
{
  builder_line(builder, lead);
  sql_table(&builder->text, table);
  strbuf_printf(&builder->text, " %s", alias);
}

static void add_child_by_junction(struct statement_builder *builder, const struct graph_link *link)
{
  add_aliased_table(builder, "JOIN ", link->to, "t0");
  strbuf_puts(&builder->text, " ON ");
  builder_equal_columns(builder, "t0", (const struct catalog_column *const *)link->to_columns, "j",
                        (const struct catalog_column *const *)link->target_columns, link->n_target_columns);
}

/* FROM [parents] [junction] child. */
static void add_tables(struct statement_builder *builder, const struct plan_fetch *fetch,
                       enum parents parents)
{
  const struct graph_link *link = fetch->link;
  if (parents == PARENTS_ROWS)
    add_parents(builder, fetch);
  add_aliased_table(builder, parents == PARENTS_ROWS ? "JOIN " : "FROM ",
                    link->through ? link->through : link->to, near_alias(link));
  if (parents == PARENTS_ROWS) {
    strbuf_puts(&builder->text, " ON ");
    add_near_equals_parents(builder, fetch);
  }
  if (link->through)
    add_child_by_junction(builder, link);
}

static void add_filters(struct statement_builder *builder, const struct plan_fetch *fetch,
                        struct clause *where)
{
  const char *junction = fetch->link->through ? "j" : NULL;
  expr_add_lines(builder, where, fetch->through_filter, (struct scope){junction, junction});
  expr_add_lines(builder, where, fetch->filter, (struct scope){"t0", junction});
}

static void add_where(struct statement_builder *builder, const struct plan_fetch *fetch, enum parents parents,
                      struct clause *where)
{
  if (parents != PARENTS_ROWS) {
    clause_next(builder, where);
    (parents == PARENTS_FILTER ? add_near_in_array : add_near_equals_parents)(builder, fetch);
  }
  add_filters(builder, fetch, where);
}

/* c0, c1 … of `alias`; without one, the names alone. */
static void add_key_names(struct statement_builder *builder, const struct graph_link *link, const char *alias)
{
  for (size_t i = 0; i < link->n_columns; i++)
    strbuf_printf(&builder->text, "%s%s%sc%zu", i > 0 ? ", " : "", alias, *alias ? "." : "", i);
}

/* A column of texts may have a collation of its own, and a recursive query wants one for all levels. */
static void add_next_key(struct statement_builder *builder, const struct catalog_column *column)
{
  const struct catalog_type *type = catalog_base_type(column->type);
  bool collatable = type->oid == OID_TEXT || type->oid == OID_VARCHAR;
  sql_column(&builder->text, "t0", column);
  strbuf_puts(&builder->text, collatable ? " COLLATE pg_catalog.\"default\"" : "");
}

/* The rows below w, a level further down. */
static void add_next_level(struct statement_builder *builder, const struct plan_fetch *fetch)
{
  const struct graph_link *link = fetch->link;
  struct clause where = {"WHERE"};
  builder_line(builder, "UNION SELECT ");
  for (size_t i = 0; i < link->n_columns; i++) {
    add_next_key(builder, link->from_columns[i]);
    strbuf_puts(&builder->text, ", ");
  }
  strbuf_puts(&builder->text, "w.level + 1");
  builder_line(builder, "FROM w");
  add_aliased_table(builder, "JOIN ", link->through ? link->through : link->to, near_alias(link));
  strbuf_puts(&builder->text, " ON ");
  builder_equal_names(builder, near_alias(link), near_columns(link), "w", "c",
                      (const struct catalog_column *const *)link->from_columns, link->n_columns);
  if (link->through)
    add_child_by_junction(builder, link);
  clause_next(builder, &where);
  strbuf_printf(&builder->text, "w.level < %" PRIu32, fetch->depth);
  add_filters(builder, fetch, &where);
}

/* Each key from which some row leads on, once: a key that several levels reach is walked once a level, so a
 * cycle ends with the levels. */
static void add_tree_parents(struct statement_builder *builder, const struct plan_fetch *fetch)
{
  const struct graph_link *link = fetch->link;
  builder_open(builder, "FROM ");
  strbuf_puts(&builder->text, "WITH RECURSIVE w(");
  add_key_names(builder, link, "");
  strbuf_puts(&builder->text, ", level) AS (");
  builder->depth++;
  builder_line(builder, "SELECT ");
  add_key_names(builder, link, "k");
  strbuf_puts(&builder->text, ", 1");
  add_key_arrays(builder, link);
  strbuf_puts(&builder->text, ") k(");
  add_key_names(builder, link, "");
  strbuf_putc(&builder->text, ')');
  add_next_level(builder, fetch);
  builder_close(builder, "");
  builder_line(builder, "SELECT DISTINCT ");
  add_key_names(builder, link, "");
  strbuf_puts(&builder->text, " FROM w");
  builder_close(builder, " k");
}

static void add_pair_conditions(struct statement_builder *builder, const struct plan_fetch *fetch)
{
  for (unsigned i = 0; i < fetch->n_outputs; i++) {
    if (fetch->outputs[i].kind != OUTPUT_CONDITION)
      continue;
    strbuf_puts(&builder->text, ", bool_or");
    expr_add_truth(builder, fetch->outputs[i].condition, (struct scope){"t0", "j"});
    strbuf_printf(&builder->text, " AS f%u", i);
  }
}

/* (SELECT link, target's key, conditions … GROUP BY link, target's key) j */
static void add_pairs(const struct select *select, enum parents parents)
{
  struct statement_builder *builder = select->builder;
  const struct plan_fetch *fetch = select->fetch;
  const struct graph_link *link = fetch->link;
  struct select plain = *select;
  struct clause where = {"WHERE"};
  plain.links = ORIGIN_TABLE;
  bool with_links = parents != PARENTS_OUTER;
  builder_open(builder, "FROM ");
  strbuf_puts(&builder->text, "SELECT ");
  if (with_links) {
    select_add_links(&plain, "");
    strbuf_puts(&builder->text, ", ");
  }
  for (size_t i = 0; i < link->n_target_columns; i++) {
    strbuf_puts(&builder->text, i > 0 ? ", " : "");
    sql_column(&builder->text, "j", link->target_columns[i]);
    strbuf_printf(&builder->text, " AS m%zu", i);
  }
  add_pair_conditions(builder, fetch);
  add_tables(builder, fetch, parents);
  add_where(builder, fetch, parents, &where);
  builder_line(builder, "GROUP BY ");
  size_t n = link->n_target_columns + (with_links ? fetch->n_link_outputs : 0);
  for (size_t i = 1; i <= n; i++)
    strbuf_printf(&builder->text, "%s%zu", i > 1 ? ", " : "", i);
  builder_close(builder, " j");
}

/* FROM, the joins that `select` needs, WHERE, whose further conditions go to `where`. */
static void add_rows(const struct select *select, enum parents parents, bool for_outputs,
                     struct clause *where)
{
  struct statement_builder *builder = select->builder;
  const struct graph_link *link = select->fetch->link;
  if (!needs_grouping(select->fetch)) {
    add_tables(builder, select->fetch, parents);
    select_add_joins(select, for_outputs, true);
    add_where(builder, select->fetch, parents, where);
    return;
  }
  add_pairs(select, parents);
  add_aliased_table(builder, "JOIN ", link->to, "t0");
  strbuf_puts(&builder->text, " ON ");
  builder_equal_names(builder, "t0", (const struct catalog_column *const *)link->to_columns, "j", "m",
                      (const struct catalog_column *const *)link->target_columns, link->n_target_columns);
  select_add_joins(select, for_outputs, true);
}

static void add_order_line(const struct select *select, bool with_links)
{
  bool first = !with_links;
  if (!fetch_order(select->fetch))
    return;
  builder_line(select->builder, "ORDER BY ");
  if (with_links)
    select_add_links(select, NULL);
  select_add_order(select, &first);
}

static enum parents parents_of(const struct plan_fetch *fetch)
{
  bool filter = fetch->strategy == PLAN_KEYS || fetch->strategy == PLAN_ASKED_KEYS;
  return filter ? PARENTS_FILTER : PARENTS_ROWS;
}

static struct select select_from_tables(struct statement_builder *builder, const struct plan_fetch *fetch)
{
  enum origin origin = needs_grouping(fetch) ? ORIGIN_GROUPED : ORIGIN_TABLE;
  return (struct select){builder, fetch, .links = origin, .conditions = origin, .order = ORIGIN_TABLE};
}

static void add_unlimited(struct statement_builder *builder, const struct plan_fetch *fetch)
{
  struct select select = select_from_tables(builder, fetch);
  struct clause where = {"WHERE"};
  strbuf_puts(&builder->text, "SELECT ");
  select_add_outputs(&select);
  add_rows(&select, parents_of(fetch), true, &where);
  add_order_line(&select, true);
}

static void add_limit(struct statement_builder *builder, const struct plan_fetch *fetch)
{
  if (fetch->per_parent_limit == 0)
    return;
  builder_line(builder, "LIMIT ");
  strbuf_printf(&builder->text, "%" PRIu32, fetch->per_parent_limit + 1);
}

/* One walk of a parent's children in order: all of them, or those after the cursor, or one range of those. */
static void add_walk(const struct select *select, const struct column_set *columns,
                     const struct statement_cursor *cursor, const struct cursor_range *range)
{
  struct statement_builder *builder = select->builder;
  struct clause where = {"WHERE"};
  struct select by_name = *select;
  by_name.exported = true;
  strbuf_puts(&builder->text, "SELECT ");
  select_add_exports(select, columns);
  add_rows(select, PARENTS_OUTER, false, &where);
  if (cursor->at.present)
    cursor_add_condition(select, cursor, &where, range);
  add_order_line(&by_name, false);
  add_limit(builder, select->fetch);
}

static void add_walk_of_ranges(const struct select *select, const struct column_set *columns,
                               const struct statement_cursor *cursor, struct cursor_ranges ranges)
{
  struct statement_builder *builder = select->builder;
  struct select by_name = *select;
  by_name.order = ORIGIN_NAME;
  for (size_t i = 0; i < ranges.n; i++) {
    strbuf_puts(&builder->text, i > 0 ? " UNION ALL (" : "(");
    builder->depth++;
    builder_line(builder, "");
    add_walk(select, columns, cursor, &ranges.items[i]);
    builder_close(builder, "");
  }
  add_order_line(&by_name, false);
  add_limit(builder, select->fetch);
}

static void add_walks(const struct select *select, const struct column_set *columns)
{
  const struct plan_fetch *fetch = select->fetch;
  struct statement_cursor cursor = {fetch->order, fetch->cursor};
  if (!cursor.at.present || cursor_is_row_comparable(&cursor)) {
    add_walk(select, columns, &cursor, NULL);
    return;
  }
  struct cursor_ranges ranges = cursor_ranges(select->builder, &cursor);
  if (ranges.n > 1)
    add_walk_of_ranges(select, columns, &cursor, ranges);
  else
    add_walk(select, columns, &cursor, ranges.items);
}

static void add_lateral(struct statement_builder *builder, const struct plan_fetch *fetch)
{
  struct select inner = select_from_tables(builder, fetch);
  struct select outer = {builder, fetch, .links = ORIGIN_TABLE, .conditions = ORIGIN_DERIVED,
                         .order = ORIGIN_DERIVED};
  struct column_set columns = select_columns(&outer);
  strbuf_puts(&builder->text, "SELECT ");
  select_add_outputs(&outer);
  add_parents(builder, fetch);
  builder_open(builder, "CROSS JOIN LATERAL ");
  add_walks(&inner, &columns);
  builder_close(builder, " t0");
  select_add_joins(&outer, true, false);
  add_order_line(&outer, true);
}

static void add_rank(const struct select *select, const char *mark)
{
  struct statement_builder *builder = select->builder;
  bool first = true;
  strbuf_puts(&builder->text, ", row_number() OVER (PARTITION BY ");
  select_add_links(select, NULL);
  if (fetch_order(select->fetch)) {
    strbuf_puts(&builder->text, " ORDER BY ");
    select_add_order(select, &first);
  }
  strbuf_printf(&builder->text, ") AS n%s", mark);
}

static void add_ranked(struct statement_builder *builder, const struct plan_fetch *fetch)
{
  struct select inner = select_from_tables(builder, fetch);
  struct select outer = {builder, fetch, .links = ORIGIN_DERIVED, .conditions = ORIGIN_DERIVED,
                         .order = ORIGIN_DERIVED};
  struct clause where = {"WHERE"};
  struct column_set columns = select_columns(&outer);
  const char *mark = select_mark(&outer);
  strbuf_puts(&builder->text, "SELECT ");
  select_add_outputs(&outer);
  builder_open(builder, "FROM ");
  strbuf_puts(&builder->text, "SELECT ");
  select_add_exports(&inner, &columns);
  strbuf_puts(&builder->text, ", ");
  select_add_links(&inner, mark);
  add_rank(&inner, mark);
  add_rows(&inner, parents_of(fetch), false, &where);
  builder_close(builder, " t0");
  select_add_joins(&outer, true, false);
  builder_line(builder, "WHERE ");
  strbuf_printf(&builder->text, "t0.n%s <= %" PRIu32, mark, fetch->per_parent_limit + 1);
  add_order_line(&outer, true);
}

void children_add(struct statement_builder *builder, const struct plan_fetch *fetch)
{
  switch (fetch_limiting(fetch)) {
  case PLAN_LIMIT_NONE:
    add_unlimited(builder, fetch);
    break;
  case PLAN_LIMIT_LATERAL:
    add_lateral(builder, fetch);
    break;
  case PLAN_LIMIT_ROW_NUMBER:
    add_ranked(builder, fetch);
    break;
  }
}

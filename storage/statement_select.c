#include "storage/statement_select.h"

#include <assert.h>
#include <stdint.h>

#include "storage/statement_expr.h"

const struct order *fetch_order(const struct plan_fetch *fetch)
{
  bool at_most_one = fetch->to_one && fetch->link->to_unique && !fetch->link->through;
  return at_most_one || fetch->n_sort_terms > 0 ? NULL : fetch->order;
}

enum plan_limiting fetch_limiting(const struct plan_fetch *fetch)
{
  return fetch->per_parent_limit > 0 || fetch->cursor.present ? fetch->limiting : PLAN_LIMIT_NONE;
}

/* ---- the order's terms ---- */

/* Whether a sub-select hands it on under a name of its own. */
static bool is_carried(const struct order_term *term)
{
  return term->n_steps > 0 || term->derived != NULL;
}

static unsigned joined_table(const struct plan_fetch *fetch, unsigned parent,
                             const struct graph_relation *relation)
{
  for (unsigned i = 1; i < fetch->n_tables; i++)
    if (fetch->tables[i].parent == parent && fetch->tables[i].relation == relation)
      return i;
  assert(!"every to-one step of the order is among the tables");
  return 0;
}

static unsigned table_of_term(const struct plan_fetch *fetch, const struct order_term *term)
{
  unsigned table = 0;
  for (size_t i = 0; i < term->n_steps; i++)
    table = joined_table(fetch, table, term->steps[i]);
  return table;
}

#define NO_TERM SIZE_MAX

/* The term of the order that is the output's value: where a sub-select hands it on, it is not computed again.
 */
static size_t term_of_output(const struct plan_fetch *fetch, const struct plan_output *output)
{
  const struct order *order = fetch_order(fetch);
  for (size_t i = 0; order && i < order->n_terms; i++) {
    const struct graph_field *field = order->terms[i].derived;
    bool same = field && (output->kind == OUTPUT_AGGREGATE  ? field->aggregate == output->aggregate
                          : output->kind == OUTPUT_FUNCTION ? field->function == output->function
                                                            : false);
    if (same && table_of_term(fetch, &order->terms[i]) == output->table)
      return i;
  }
  return NO_TERM;
}

/* ---- columns ---- */

void column_set_add(struct statement_builder *builder, struct column_set *set,
                    const struct catalog_column *column)
{
  for (size_t i = 0; i < set->n; i++)
    if (set->items[i] == column)
      return;
  VEC_PUSH(builder->arena, set, column);
}

static void add_link_columns(struct statement_builder *builder, struct column_set *set,
                             const struct graph_link *link)
{
  for (size_t i = 0; i < link->n_columns; i++)
    column_set_add(builder, set, link->from_columns[i]);
}

/* What joining `relation` reads of the row that it leads from. */
static void add_join_columns(struct statement_builder *builder, struct column_set *set,
                             const struct graph_relation *relation)
{
  add_link_columns(builder, set, relation->link);
  if (!relation->variants)
    return;
  if (relation->variants->n_steps > 0)
    add_join_columns(builder, set, relation->variants->steps[0]);
  else
    column_set_add(builder, set, relation->variants->column);
}

static void add_embedded_columns(struct statement_builder *builder, struct column_set *set,
                                 const struct graph_resource *embedded)
{
  for (size_t i = 0; i < embedded->n_fields; i++)
    if (embedded->fields[i].kind == GRAPH_FIELD_COLUMN)
      column_set_add(builder, set, embedded->fields[i].column);
}

struct column_set select_columns(const struct select *select)
{
  const struct plan_fetch *fetch = select->fetch;
  struct column_set set = {0};
  for (unsigned i = 0; i < fetch->n_outputs; i++) {
    const struct plan_output *output = &fetch->outputs[i];
    if (output->table == 0 && output->kind == OUTPUT_COLUMN)
      column_set_add(select->builder, &set, output->column);
    if (output->table == 0 && output->kind == OUTPUT_ANY_SET)
      add_embedded_columns(select->builder, &set, output->embedded);
    if (output->table == 0 && output->kind == OUTPUT_AGGREGATE && term_of_output(fetch, output) == NO_TERM)
      add_link_columns(select->builder, &set, output->aggregate->relation->link);
  }
  for (unsigned i = 1; i < fetch->n_tables; i++)
    if (fetch->tables[i].parent == 0)
      add_join_columns(select->builder, &set, fetch->tables[i].relation);
  select_add_order_columns(select, &set);
  return set;
}

void select_add_order_columns(const struct select *select, struct column_set *set)
{
  const struct order *order = fetch_order(select->fetch);
  for (size_t i = 0; order && i < order->n_terms; i++)
    if (!is_carried(&order->terms[i]))
      column_set_add(select->builder, set, order->terms[i].column);
}

static size_t trailing_underscores(const char *name)
{
  size_t end = strlen(name), n = 0;
  while (n < end && name[end - 1 - n] == '_')
    n++;
  return n;
}

const char *select_mark(const struct select *select)
{
  const struct catalog_table *table = select->fetch->tables[0].table;
  size_t longest = 0;
  for (size_t i = 0; i < table->n_columns; i++) {
    size_t n = trailing_underscores(table->columns[i].name);
    longest = n > longest ? n : longest;
  }
  char *mark = arena_alloc(select->builder->arena, longest + 2);
  memset(mark, '_', longest + 1);
  return mark;
}

/* The parent's key as it came, the column that equals it, or its position. */
static void add_plain_link(const struct select *select, unsigned part)
{
  const struct plan_fetch *fetch = select->fetch;
  struct strbuf *text = &select->builder->text;
  if (fetch->strategy == PLAN_KEYS_ORDINAL)
    strbuf_puts(text, "k.ord");
  else if (fetch->strategy == PLAN_EMBED_ROOT)
    strbuf_printf(text, "r.k%u", part);
  else if (fetch->strategy == PLAN_RECURSIVE || fetch_limiting(fetch) == PLAN_LIMIT_LATERAL)
    strbuf_printf(text, "k.c%u", part);
  else if (fetch->link->through)
    sql_column(text, "j", fetch->link->source_columns[part]);
  else
    sql_column(text, "t0", fetch->link->to_columns[part]);
}

static void add_link(const struct select *select, unsigned part)
{
  struct strbuf *text = &select->builder->text;
  if (select->fetch->strategy == PLAN_ROOT)
    strbuf_puts(text, "k.ord");
  else if (select->links == ORIGIN_GROUPED)
    strbuf_printf(text, "j.k%u", part);
  else if (select->links == ORIGIN_DERIVED)
    strbuf_printf(text, "t0.k%u%s", part, select_mark(select));
  else
    add_plain_link(select, part);
}

void select_add_links(const struct select *select, const char *mark)
{
  bool first = true;
  for (unsigned i = 0; i < select->fetch->n_link_outputs; i++) {
    builder_comma(select->builder, &first);
    add_link(select, i);
    if (mark)
      strbuf_printf(&select->builder->text, " AS k%u%s", i, mark);
  }
}

static void add_condition(const struct select *select, unsigned output)
{
  struct strbuf *text = &select->builder->text;
  const struct plan_fetch *fetch = select->fetch;
  if (select->conditions == ORIGIN_GROUPED) {
    strbuf_printf(text, "j.f%u", output);
  } else if (select->conditions == ORIGIN_DERIVED) {
    strbuf_printf(text, "t0.f%u%s", output, select_mark(select));
  } else {
    bool junction = fetch->link && fetch->link->through;
    expr_add_truth(select->builder, fetch->outputs[output].condition,
                   (struct scope){"t0", junction ? "j" : NULL});
  }
}

static void add_text_cast(const struct select *select, const struct catalog_type *type)
{
  bool array = type && catalog_base_type(type)->class == TYPE_ARRAY;
  strbuf_puts(&select->builder->text, array ? "::pg_catalog.text[]" : "::pg_catalog.text");
}

/* IS NOT NULL would look into a composite value; this counts values. */
static void add_any_set(const struct select *select, const struct graph_resource *embedded, const char *alias)
{
  struct strbuf *text = &select->builder->text;
  bool first = true;
  strbuf_puts(text, "(pg_catalog.num_nonnulls(");
  for (size_t i = 0; i < embedded->n_fields; i++)
    if (embedded->fields[i].kind == GRAPH_FIELD_COLUMN) {
      builder_comma(select->builder, &first);
      sql_column(text, alias, embedded->fields[i].column);
    }
  strbuf_puts(text, ") > 0)");
}

static void add_function(const struct select *select, const struct plan_output *output)
{
  if (output->table > 0 || select->order != ORIGIN_DERIVED) {
    builder_function(select->builder, output->function, alias_of_table(output->table).text);
    return;
  }
  builder_function_name(select->builder, output->function);
  strbuf_printf(&select->builder->text, "(t0.w%s)", select_mark(select));
}

static bool needs_row(const struct plan_fetch *fetch)
{
  for (unsigned i = 0; i < fetch->n_outputs; i++) {
    const struct plan_output *output = &fetch->outputs[i];
    if (output->kind == OUTPUT_FUNCTION && output->table == 0 && term_of_output(fetch, output) == NO_TERM)
      return true;
  }
  return false;
}

/* Read where it is kept, each time: it is fresher than the catalog that was read at the start. */
static void add_table_rows(const struct select *select)
{
  struct strbuf name = {0}, *text = &select->builder->text;
  sql_table(&name, select->fetch->tables[0].table);
  strbuf_puts(text, "(SELECT c.reltuples::pg_catalog.int8 FROM pg_catalog.pg_class c WHERE c.oid = ");
  sql_literal(text, (struct str){name.data, name.len});
  strbuf_puts(text, "::pg_catalog.regclass)");
  strbuf_done(&name);
}

static void add_output(const struct select *select, unsigned index)
{
  const struct plan_output *output = &select->fetch->outputs[index];
  struct alias alias = alias_of_table(output->table);
  size_t term = select->order == ORIGIN_DERIVED ? term_of_output(select->fetch, output) : NO_TERM;
  switch (output->kind) {
  case OUTPUT_COLUMN:
    sql_column(&select->builder->text, alias.text, output->column);
    if (output->as_text)
      add_text_cast(select, output->column->type);
    break;
  case OUTPUT_LINK:
  case OUTPUT_ORDINAL:
    add_link(select, output->part);
    break;
  case OUTPUT_CONDITION:
    add_condition(select, index);
    break;
  case OUTPUT_AGGREGATE:
    if (term != NO_TERM)
      select_add_term(select, term);
    else
      aggregate_add(select->builder, output->aggregate, alias.text);
    if (output->as_text)
      add_text_cast(select, output->aggregate->type);
    break;
  case OUTPUT_TOTAL:
    add_table_rows(select);
    break;
  case OUTPUT_ANY_SET:
    add_any_set(select, output->embedded, alias.text);
    break;
  case OUTPUT_FUNCTION:
    if (term != NO_TERM)
      select_add_term(select, term);
    else
      add_function(select, output);
    if (output->as_text)
      add_text_cast(select, output->function->type);
    break;
  }
}

void select_add_outputs(const struct select *select)
{
  bool first = true;
  for (unsigned i = 0; i < select->fetch->n_outputs; i++) {
    builder_comma(select->builder, &first);
    add_output(select, i);
  }
}

void select_add_exports(const struct select *select, const struct column_set *columns)
{
  struct strbuf *text = &select->builder->text;
  const struct plan_fetch *fetch = select->fetch;
  const struct order *order = fetch_order(fetch);
  const char *mark = select_mark(select);
  bool first = true;
  for (size_t i = 0; i < columns->n; i++) {
    builder_comma(select->builder, &first);
    sql_column(text, "t0", columns->items[i]);
  }
  for (size_t i = 0; order && i < order->n_terms; i++)
    if (is_carried(&order->terms[i])) {
      builder_comma(select->builder, &first);
      select_add_term(select, i);
      strbuf_printf(text, " AS o%zu%s", i, mark);
    }
  for (unsigned i = 0; i < fetch->n_outputs; i++)
    if (fetch->outputs[i].kind == OUTPUT_CONDITION) {
      builder_comma(select->builder, &first);
      add_condition(select, i);
      strbuf_printf(text, " AS f%u%s", i, mark);
    }
  if (needs_row(fetch)) {
    builder_comma(select->builder, &first);
    builder_row(select->builder, fetch->tables[0].table, "t0");
    strbuf_printf(text, " AS w%s", mark);
  }
}

/* What is derived of a row that is not there is unset, whatever a function would say of it. */
static void add_term_value(const struct select *select, const struct order_term *term)
{
  struct strbuf *text = &select->builder->text;
  struct alias alias = alias_of_table(table_of_term(select->fetch, term));
  if (term->column != NULL) {
    sql_column(text, alias.text, term->column);
    return;
  }
  if (term->n_steps > 0) {
    strbuf_puts(text, "CASE WHEN ");
    sql_column(text, alias.text, term->steps[term->n_steps - 1]->link->to_columns[0]);
    strbuf_puts(text, " IS NOT NULL THEN ");
  }
  if (term->derived->kind == GRAPH_FIELD_AGGREGATE)
    aggregate_add(select->builder, term->derived->aggregate, alias.text);
  else
    builder_function(select->builder, term->derived->function, alias.text);
  strbuf_puts(text, term->n_steps > 0 ? " END" : "");
}

void select_add_term(const struct select *select, size_t i)
{
  struct strbuf *text = &select->builder->text;
  const struct order_term *term = &fetch_order(select->fetch)->terms[i];
  bool exported = select->exported && term->derived, by_name = select->order == ORIGIN_NAME || exported;
  if (select->order == ORIGIN_TABLE && !exported)
    add_term_value(select, term);
  else if (is_carried(term))
    strbuf_printf(text, "%so%zu%s", by_name ? "" : "t0.", i, select_mark(select));
  else if (by_name)
    sql_identifier(text, term->column->name);
  else
    sql_column(text, "t0", term->column);
}

void select_add_order(const struct select *select, bool *first)
{
  const struct order *order = fetch_order(select->fetch);
  for (size_t i = 0; order && i < order->n_terms; i++) {
    builder_comma(select->builder, first);
    select_add_term(select, i);
    strbuf_puts(&select->builder->text, order->terms[i].descending ? " DESC" : "");
  }
}

static void want(const struct plan_fetch *fetch, bool *wanted, unsigned table)
{
  for (; table > 0; table = fetch->tables[table].parent)
    wanted[table] = true;
}

static void add_join(struct statement_builder *builder, const struct plan_fetch *fetch, unsigned index)
{
  const struct plan_table *table = &fetch->tables[index];
  const struct graph_link *link = table->relation->link;
  struct alias alias = alias_of_table(index), parent = alias_of_table(table->parent);
  assert(!link->through);
  builder_line(builder, "LEFT JOIN ");
  sql_table(&builder->text, table->table);
  strbuf_printf(&builder->text, " %s ON ", alias.text);
  builder_equal_columns(builder, alias.text, (const struct catalog_column *const *)link->to_columns,
                        parent.text, (const struct catalog_column *const *)link->from_columns,
                        link->n_columns);
  expr_add_and(builder, table->relation->when, (struct scope){parent.text, NULL});
  expr_add_and(builder, table->relation->target->filter, (struct scope){alias.text, NULL});
  expr_add_and(builder, table->relation->filter, (struct scope){alias.text, NULL});
}

void select_add_joins(const struct select *select, bool for_outputs, bool for_order)
{
  const struct plan_fetch *fetch = select->fetch;
  const struct order *order = fetch_order(fetch);
  bool *wanted = ARENA_ARRAY(select->builder->arena, bool, fetch->n_tables);
  for (unsigned i = 0; for_outputs && i < fetch->n_outputs; i++)
    if (for_order || term_of_output(fetch, &fetch->outputs[i]) == NO_TERM)
      want(fetch, wanted, fetch->outputs[i].table);
  for (size_t i = 0; for_order && order && i < order->n_terms; i++)
    want(fetch, wanted, table_of_term(fetch, &order->terms[i]));
  for (unsigned i = 1; i < fetch->n_tables; i++)
    if (wanted[i])
      add_join(select->builder, fetch, i);
}

#include "storage/statement_path.h"

#include "storage/statement_expr.h"

/* One step: where it starts, the junction it passes, the rows it ends at. */
struct step {
  const struct graph_relation *relation;
  const char *from;
  const char *through; /* NULL without a junction */
  const char *row;
};

static const char *keep_fresh(struct statement_builder *builder)
{
  return arena_strdup(builder->arena, alias_fresh(builder).text);
}

static struct step new_step(struct statement_builder *builder, const struct graph_relation *relation,
                            const char *from)
{
  struct step step = {.relation = relation, .from = from};
  if (relation->link->through)
    step.through = keep_fresh(builder);
  step.row = keep_fresh(builder);
  return step;
}

static void add_table(struct statement_builder *builder, const char *lead, const struct catalog_table *table,
                      const char *alias)
{
  strbuf_puts(&builder->text, lead);
  sql_table(&builder->text, table);
  strbuf_printf(&builder->text, " %s", alias);
}

/* The junction's row, or the target's where there is none, belongs to the row the step starts from. */
static void add_near_link(struct statement_builder *builder, const struct step *step)
{
  const struct graph_link *link = step->relation->link;
  const struct catalog_column **near = link->through ? link->source_columns : link->to_columns;
  builder_equal_columns(builder, step->through ? step->through : step->row,
                        (const struct catalog_column *const *)near, step->from,
                        (const struct catalog_column *const *)link->from_columns, link->n_columns);
}

/* The target's row belongs to the junction's. */
static void add_far_link(struct statement_builder *builder, const struct step *step)
{
  const struct graph_link *link = step->relation->link;
  builder_equal_columns(builder, step->row, (const struct catalog_column *const *)link->to_columns,
                        step->through, (const struct catalog_column *const *)link->target_columns,
                        link->n_target_columns);
}

static void add_step_tables(struct statement_builder *builder, const struct step *step, bool first)
{
  const struct graph_link *link = step->relation->link;
  add_table(builder, first ? " FROM " : " JOIN ", link->through ? link->through : link->to,
            step->through ? step->through : step->row);
  if (!first) {
    strbuf_puts(&builder->text, " ON ");
    add_near_link(builder, step);
  }
  if (step->through) {
    add_table(builder, " JOIN ", link->to, step->row);
    strbuf_puts(&builder->text, " ON ");
    add_far_link(builder, step);
  }
}

static void add_step_filters(struct statement_builder *builder, const struct step *step)
{
  const struct graph_relation *relation = step->relation;
  expr_add_and(builder, relation->through_filter, (struct scope){step->through, step->through});
  expr_add_and(builder, relation->filter, (struct scope){step->row, step->through});
  expr_add_and(builder, relation->target->filter, (struct scope){step->row, NULL});
}

struct scope path_add(struct statement_builder *builder, const struct graph_relation *const *relations,
                      size_t n, const char *from)
{
  struct step *steps = ARENA_ARRAY(builder->arena, struct step, n);
  for (size_t i = 0; i < n; i++) {
    steps[i] = new_step(builder, relations[i], i > 0 ? steps[i - 1].row : from);
    add_step_tables(builder, &steps[i], i == 0);
  }
  strbuf_puts(&builder->text, " WHERE ");
  add_near_link(builder, &steps[0]);
  for (size_t i = 0; i < n; i++) {
    expr_add_and(builder, steps[i].relation->when, (struct scope){steps[i].from, NULL});
    add_step_filters(builder, &steps[i]);
  }
  return (struct scope){steps[n - 1].row, steps[n - 1].through};
}

/* A junction that may hold a pair twice only says whether it holds it. */
static struct scope add_by_pairs(struct statement_builder *builder, const struct step *step,
                                 const struct expr *condition)
{
  const struct graph_relation *relation = step->relation;
  struct scope both = {step->row, step->through};
  add_table(builder, " FROM ", relation->link->to, step->row);
  add_table(builder, " WHERE EXISTS (SELECT 1 FROM ", relation->link->through, step->through);
  strbuf_puts(&builder->text, " WHERE ");
  add_near_link(builder, step);
  strbuf_puts(&builder->text, " AND ");
  add_far_link(builder, step);
  expr_add_and(builder, relation->through_filter, (struct scope){step->through, step->through});
  expr_add_and(builder, relation->filter, both);
  expr_add_and(builder, condition, both);
  strbuf_putc(&builder->text, ')');
  expr_add_and(builder, relation->target->filter, (struct scope){step->row, NULL});
  return both;
}

struct scope path_add_distinct(struct statement_builder *builder, const struct graph_relation *relation,
                               const struct expr *condition, const char *from)
{
  const struct graph_link *link = relation->link;
  if (link->through && !link->through_unique) {
    struct step step = new_step(builder, relation, from);
    return add_by_pairs(builder, &step, condition);
  }
  struct scope end = path_add(builder, &relation, 1, from);
  expr_add_and(builder, condition, end);
  return end;
}

#include "storage/statement.h"

#include "storage/statement_children.h"
#include "storage/statement_page.h"

/* A column whose type was changed would be read as what it no longer is. */
static const uint32_t *output_types(const struct plan *plan, const struct plan_fetch *fetch)
{
  uint32_t *types = ARENA_ARRAY(plan->arena, uint32_t, fetch->n_outputs);
  for (unsigned i = 0; i < fetch->n_outputs; i++) {
    const struct plan_output *output = &fetch->outputs[i];
    const struct catalog_type *type = output->kind == OUTPUT_COLUMN     ? output->column->type
                                      : output->kind == OUTPUT_FUNCTION ? output->function->type
                                                                        : NULL;
    types[i] = type == NULL || output->as_text ? 0 : catalog_base_type(type)->oid;
  }
  return types;
}

static struct statement compile(struct plan *plan, const struct plan_fetch *fetch)
{
  struct statement_builder builder = {.plan = plan, .arena = plan->arena};
  if (fetch->strategy == PLAN_ROOT)
    root_add(&builder, fetch);
  else if (fetch->strategy == PLAN_COUNT || fetch->strategy == PLAN_ESTIMATE)
    total_add(&builder, fetch);
  else
    children_add(&builder, fetch);
  struct statement statement = {arena_strndup(plan->arena, builder.text.data, builder.text.len),
                                builder.binds.items, (unsigned)builder.binds.n, output_types(plan, fetch)};
  strbuf_done(&builder.text);
  return statement;
}

static uint64_t claims_of(const struct statement *statement)
{
  uint64_t claims = 0;
  for (unsigned i = 0; i < statement->n_binds; i++)
    if (statement->binds[i].kind == BIND_CLAIM)
      claims |= (uint64_t)1 << statement->binds[i].index;
  return claims;
}

void statement_compile(struct plan *plan)
{
  struct statement *statements = ARENA_ARRAY(plan->arena, struct statement, plan->n_fetches);
  plan->claims = plan->many == NULL ? 0 : plan->many->claims;
  for (unsigned i = 0; i < plan->n_fetches; i++) {
    statements[i] = compile(plan, plan->fetches[i]);
    plan->claims |= claims_of(&statements[i]);
  }
  plan->statements = statements;
}

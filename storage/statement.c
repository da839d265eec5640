#include "storage/statement.h"

#include "storage/statement_children.h"
#include "storage/statement_page.h"

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
                                builder.binds.items, (unsigned)builder.binds.n};
  strbuf_done(&builder.text);
  return statement;
}

void statement_compile(struct plan *plan)
{
  struct statement *statements = ARENA_ARRAY(plan->arena, struct statement, plan->n_fetches);
  for (unsigned i = 0; i < plan->n_fetches; i++)
    statements[i] = compile(plan, plan->fetches[i]);
  plan->statements = statements;
}

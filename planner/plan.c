#include "planner/plan.h"

#include <stdatomic.h>

#include "planner/order.h"
#include "planner/plan_build.h"

static const uint32_t limit_buckets[] = {1, 10, 50, 200, 1000, 5000};

uint32_t plan_limit_bucket(uint32_t limit)
{
  for (size_t i = 0; i < LENGTH_OF(limit_buckets); i++)
    if (limit <= limit_buckets[i])
      return limit_buckets[i];
  return limit;
}

struct plan *plan_ref(const struct plan *plan)
{
  struct plan_counted *counted = (struct plan_counted *)(uintptr_t)plan;
  atomic_fetch_add_explicit(&counted->references, 1, memory_order_relaxed);
  return &counted->plan;
}

void plan_unref(struct plan *plan)
{
  struct plan_counted *counted = (struct plan_counted *)plan;
  if (!plan || atomic_fetch_sub_explicit(&counted->references, 1, memory_order_acq_rel) != 1)
    return;
  struct graph *graph = (struct graph *)(uintptr_t)plan->graph;
  plan_unref(plan->many);
  arena_free(plan->arena);
  graph_unref(graph);
}

void plan_fingerprint(const struct plan_request *request, struct strbuf *ret)
{
  strbuf_printf(ret, "%llu %s %d", (unsigned long long)request->graph->id,
                request->resource->message->full_name, (int)request->root);
  if (request->root == PLAN_ROOT_PAGE)
    strbuf_printf(ret, " %u %d %d %llx %d %d %d %d", request->limit_bucket, request->limit_exact,
                  request->after_cursor, (unsigned long long)request->cursor_nulls, request->skips,
                  request->streamed, (int)request->total, request->show_deleted);
  else
    strbuf_printf(ret, " %p", (const void *)request->lookup);
  if (request->list_claims != 0)
    strbuf_printf(ret, " claims %llx", (unsigned long long)request->list_claims);
  strbuf_printf(ret, " %d %d %zu {", (int)request->options.to_one, (int)request->options.to_many,
                request->n_filter_arguments);
  selection_fingerprint(request->selection, ret);
  strbuf_puts(ret, "}");
  if (request->filter) {
    strbuf_puts(ret, " where ");
    expr_fingerprint(request->filter, ret);
  }
  if (request->order) {
    strbuf_puts(ret, " order ");
    order_fingerprint(request->order, ret);
  }
}

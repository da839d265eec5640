/*
 * explain.c - a plan as a tree of its messages, then its statements.
 *
 * The tree follows the shapes, since that is what the client asked for: every line is a message of the answer
 * and says where its rows come from.  The statements follow, numbered as the tree refers to them.
 */
#include "planner/explain.h"

#include <stdlib.h>

struct explainer {
  const struct plan *plan;
  struct strbuf *out;
  struct strbuf prefix; /* the branches of the tree left of the current node */
  bool *described;      /* by fetch: a line has introduced it */
};

static const char *const strategy_names[] = {
    [PLAN_ROOT] = "root",           [PLAN_EMBED_ROOT] = "embed root",
    [PLAN_KEYS] = "keys",           [PLAN_KEYS_ORDINAL] = "keys with ordinals",
    [PLAN_COUNT] = "count",         [PLAN_ESTIMATE] = "estimate",
    [PLAN_RECURSIVE] = "recursive",
};

static void put_rows(struct explainer *explainer, double rows)
{
  if (rows >= 10)
    strbuf_printf(explainer->out, "~%.0f rows", rows);
  else
    strbuf_printf(explainer->out, "~%.2g rows", rows);
}

static void put_limit(struct explainer *explainer, const struct plan_fetch *fetch)
{
  if (fetch->per_parent_limit > 0)
    strbuf_printf(explainer->out, ", %u a parent by %s", fetch->per_parent_limit,
                  fetch->limiting == PLAN_LIMIT_LATERAL ? "lateral" : "row number");
}

static void put_fetch(struct explainer *explainer, const struct plan_fetch *fetch)
{
  struct strbuf *out = explainer->out;
  strbuf_printf(out, "[%u] %s", fetch->index, strategy_names[fetch->strategy]);
  strbuf_printf(out, " on %s", fetch->tables[0].table->name);
  if (fetch->link && fetch->link->through)
    strbuf_printf(out, " through %s", fetch->link->through->name);
  strbuf_printf(out, ", wave %u, ", fetch->wave);
  if (fetch->depth > 0)
    strbuf_printf(out, "%u level%s, ", fetch->depth, fetch->depth == 1 ? "" : "s");
  put_rows(explainer, fetch->estimated_rows);
  put_limit(explainer, fetch);
  strbuf_printf(out, "; %s", fetch->reason);
}

static void put_source(struct explainer *explainer, const struct plan_slot *slot)
{
  const struct plan_fetch *fetch = slot->shape->fetch;
  if (slot->again) {
    strbuf_printf(explainer->out, "[%u] the next level, alike", fetch->index);
    return;
  }
  if (slot->kind == SLOT_EMBEDDED) {
    strbuf_printf(explainer->out, "[%u] columns of the same row", fetch->index);
    return;
  }
  if (slot->kind == SLOT_JOINED) {
    const struct graph_relation *relation = slot->field->relation;
    strbuf_printf(explainer->out, "[%u] joined %s", fetch->index, relation->link->to->name);
    return;
  }
  if (explainer->described[fetch->index])
    strbuf_printf(explainer->out, "[%u] same rows as %s", fetch->index, fetch->path);
  else
    put_fetch(explainer, fetch);
  if (slot->subset >= 0)
    strbuf_printf(explainer->out, ", those where column %d is true", slot->subset + 1);
  explainer->described[fetch->index] = true;
}

static bool is_message(const struct plan_slot *slot)
{
  return slot->kind == SLOT_JOINED || slot->kind == SLOT_EMBEDDED || slot->kind == SLOT_ONE ||
         slot->kind == SLOT_MANY;
}

static void put_children(struct explainer *explainer, const struct plan_shape *shape)
{
  size_t left = 0;
  for (size_t i = 0; i < shape->n_slots; i++)
    left += is_message(&shape->slots[i]);
  for (size_t i = 0; i < shape->n_slots; i++) {
    const struct plan_slot *slot = &shape->slots[i];
    if (!is_message(slot))
      continue;
    left--;
    strbuf_printf(explainer->out, "%s%s %s  ", strbuf_text(&explainer->prefix), left ? "├─" : "└─",
                  slot->field->field->name);
    put_source(explainer, slot);
    strbuf_putc(explainer->out, '\n');
    size_t length = explainer->prefix.len;
    strbuf_puts(&explainer->prefix, left ? "│  " : "   ");
    if (!slot->again)
      put_children(explainer, slot->shape);
    explainer->prefix.len = length;
    explainer->prefix.data[length] = '\0';
  }
}

static void put_total(struct explainer *explainer)
{
  const struct plan_total *total = &explainer->plan->total;
  const struct plan_fetch *fetch = explainer->plan->fetches[total->fetch];
  if (total->kind == PLAN_TOTAL_NONE)
    return;
  strbuf_puts(explainer->out, "total_size  ");
  if (total->kind == PLAN_TOTAL_TABLE)
    strbuf_printf(explainer->out, "[%u] the rows of %s as last counted by ANALYZE", fetch->index,
                  fetch->tables[0].table->name);
  else
    put_fetch(explainer, fetch);
  strbuf_putc(explainer->out, '\n');
}

static void put_statements(struct explainer *explainer, const char *const *texts)
{
  for (unsigned i = 0; i < explainer->plan->n_fetches; i++) {
    if (!texts[i])
      continue;
    strbuf_printf(explainer->out, "\n[%u]\n%s\n", i, texts[i]);
  }
}

void plan_explain(const struct plan *plan, const char *const *texts, struct strbuf *ret)
{
  struct explainer explainer = {
      .plan = plan,
      .out = ret,
      .described = calloc(plan->n_fetches, sizeof(bool)),
  };
  if (!explainer.described)
    abort();
  strbuf_printf(ret, "%u statement%s in %u wave%s\n\n", plan->n_fetches, plan->n_fetches == 1 ? "" : "s",
                plan->n_waves, plan->n_waves == 1 ? "" : "s");
  strbuf_printf(ret, "%s  ", plan->resource->message->name);
  put_fetch(&explainer, plan->fetches[0]);
  strbuf_putc(ret, '\n');
  put_children(&explainer, plan->shape);
  put_total(&explainer);
  if (texts)
    put_statements(&explainer, texts);
  strbuf_done(&explainer.prefix);
  free(explainer.described);
}

/*
 * explain_nodes.c - the tree follows the shapes, since that is what the client asked for: every node is a
 * message of the answer and says where its row comes from.
 */
#include "planner/explain_nodes.h"

struct walk {
  const struct plan *plan;
  struct arena *arena;
  struct explain_nodes *nodes;
  bool *introduced; /* by fetch */
};

/* Where in the tree the walk is. */
struct spot {
  const char *path;
  const char *lines; /* left of what stands below */
};

static const char *const strategy_names[] = {
    [PLAN_ROOT] = "root",           [PLAN_EMBED_ROOT] = "embed root",
    [PLAN_KEYS] = "keys",           [PLAN_KEYS_ORDINAL] = "keys with ordinals",
    [PLAN_COUNT] = "count",         [PLAN_ESTIMATE] = "estimate",
    [PLAN_RECURSIVE] = "recursive", [PLAN_ASKED_KEYS] = "asked keys",
};

const char *explain_strategy_name(enum plan_strategy strategy)
{
  return strategy_names[strategy];
}

static const char *limit_text(const struct walk *walk, const struct plan_fetch *fetch)
{
  if (fetch->per_parent_limit == 0)
    return "";
  return arena_printf(walk->arena, ", %u each by %s", fetch->per_parent_limit,
                      fetch->limiting == PLAN_LIMIT_LATERAL ? "lateral" : "row number");
}

static const char *depth_text(const struct walk *walk, const struct plan_fetch *fetch)
{
  if (fetch->depth == 0)
    return "";
  return arena_printf(walk->arena, ", %u level%s", fetch->depth, fetch->depth == 1 ? "" : "s");
}

static const char *fetch_text(const struct walk *walk, const struct plan_fetch *fetch)
{
  bool through = fetch->link != NULL && fetch->link->through != NULL;
  return arena_printf(walk->arena, "%s: %s%s%s%s%s", strategy_names[fetch->strategy],
                      fetch->tables[0].table->name, through ? " via " : "",
                      through ? fetch->link->through->name : "", depth_text(walk, fetch),
                      limit_text(walk, fetch));
}

static void describe_rows(const struct walk *walk, const struct plan_slot *slot, struct explain_node *node)
{
  const struct plan_fetch *fetch = slot->shape->fetch;
  node->introduces = !walk->introduced[fetch->index];
  walk->introduced[fetch->index] = true;
  node->how =
      node->introduces ? fetch_text(walk, fetch) : arena_printf(walk->arena, "the rows of %s", fetch->path);
  if (slot->subset >= 0)
    node->how = arena_printf(walk->arena, "%s, those where column %d is true", node->how, slot->subset + 1);
  node->reason = node->introduces ? fetch->reason : "the same rows, fewer of them: one statement for both";
}

static void describe(const struct walk *walk, const struct plan_slot *slot, struct explain_node *node)
{
  node->fetch = slot->shape->fetch->index;
  if (slot->again) {
    node->how = "the next level, alike";
  } else if (slot->kind == SLOT_EMBEDDED) {
    node->how = "columns of the same row";
  } else if (slot->kind == SLOT_JOINED) {
    node->how = arena_printf(walk->arena, "joined: %s", slot->field->relation->link->to->name);
    node->reason = slot->reason;
  } else {
    describe_rows(walk, slot, node);
  }
}

static bool is_message(const struct plan_slot *slot)
{
  return slot->kind == SLOT_JOINED || slot->kind == SLOT_EMBEDDED || slot->kind == SLOT_ONE ||
         slot->kind == SLOT_MANY;
}

static void add_children(struct walk *walk, const struct plan_shape *shape, struct spot spot)
{
  size_t left = 0;
  for (size_t i = 0; i < shape->n_slots; i++)
    left += is_message(&shape->slots[i]);
  for (size_t i = 0; i < shape->n_slots; i++) {
    const struct plan_slot *slot = &shape->slots[i];
    if (!is_message(slot))
      continue;
    left--;
    const char *name = slot->field->field->name;
    struct explain_node node = {
        .path = arena_printf(walk->arena, "%s%s%s", spot.path, spot.path[0] == '\0' ? "" : ".", name),
        .branch = arena_printf(walk->arena, "%s%s %s", spot.lines, left > 0 ? "├─" : "└─", name),
    };
    describe(walk, slot, &node);
    VEC_PUSH(walk->arena, walk->nodes, node);
    struct spot below = {node.path, arena_printf(walk->arena, "%s%s", spot.lines, left > 0 ? "│  " : "   ")};
    if (!slot->again)
      add_children(walk, slot->shape, below);
  }
}

static void add_root(struct walk *walk)
{
  const struct plan_fetch *fetch = walk->plan->fetches[0];
  struct explain_node node = {
      .path = "",
      .branch = walk->plan->resource->message->name,
      .introduces = true,
      .how = fetch_text(walk, fetch),
      .reason = fetch->reason,
  };
  walk->introduced[0] = true;
  VEC_PUSH(walk->arena, walk->nodes, node);
}

static void add_total(struct walk *walk)
{
  const struct plan_total *total = &walk->plan->total;
  const struct plan_fetch *fetch = walk->plan->fetches[total->fetch];
  struct explain_node node = {.path = "total_size", .branch = "total_size", .fetch = fetch->index};
  if (total->kind == PLAN_TOTAL_NONE)
    return;
  if (total->kind == PLAN_TOTAL_TABLE) {
    node.how = "a column of the root's rows";
    node.reason = "no condition: the table's rows as ANALYZE last counted them";
  } else {
    node.introduces = true;
    node.how = fetch_text(walk, fetch);
    node.reason = fetch->reason;
  }
  VEC_PUSH(walk->arena, walk->nodes, node);
}

/* A name stands for as many claims as it is compared with types. */
struct explain_claims explain_claims(const struct plan *plan)
{
  struct explain_claims claims = {.n = 0};
  for (uint64_t left = plan->claims; left != 0; left &= left - 1) {
    const char *name = plan->graph->claims.items[__builtin_ctzll(left)]->name;
    size_t i = 0;
    while (i < claims.n && strcmp(claims.names[i], name) != 0)
      i++;
    if (i == claims.n)
      claims.names[claims.n++] = name;
  }
  return claims;
}

void explain_nodes(const struct plan *plan, struct arena *arena, struct explain_nodes *ret)
{
  struct walk walk = {plan, arena, ret, ARENA_ARRAY(arena, bool, plan->n_fetches)};
  add_root(&walk);
  add_children(&walk, plan->shape, (struct spot){"", ""});
  add_total(&walk);
}

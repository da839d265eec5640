#include "planner/plan_lists.h"

#include "planner/expr_build.h"
#include "planner/order.h"
#include "planner/plan_strategy.h"

struct order plan_copy_order(const struct order *order, struct arena *arena)
{
  struct order copy = {arena_memdup(arena, order->terms, order->n_terms * sizeof(*order->terms)),
                       order->n_terms};
  for (size_t i = 0; i < copy.n_terms; i++)
    copy.terms[i].steps =
        arena_memdup(arena, copy.terms[i].steps, copy.terms[i].n_steps * sizeof(*copy.terms[i].steps));
  return copy;
}

static void add_arguments(struct plan_list *list, const struct list_arguments *arguments, struct arena *arena)
{
  struct order *order = ARENA_NEW(arena, struct order);
  *order = plan_copy_order(arguments->order, arena);
  list->order = order;
  list->filter = expr_and(list->filter, expr_copy(arguments->filter, arena), arena);
  list->limit = arguments->limit;
  list->cursor = (struct plan_cursor){arguments->after_cursor, arguments->cursor_nulls,
                                      arguments->first_cursor_argument};
}

const struct plan_list *plan_list_of(struct plan_lists *lists, const struct graph_relation *relation,
                                     const struct selection_item *item)
{
  const struct list_arguments *arguments = item->arguments;
  for (size_t i = 0; i < lists->n; i++)
    if (lists->items[i]->relation == relation && lists->items[i]->arguments == arguments &&
        lists->items[i]->depth == item->depth)
      return lists->items[i];
  struct plan_list *list = ARENA_NEW(lists->arena, struct plan_list);
  list->relation = relation;
  list->arguments = arguments;
  list->filter = relation->filter;
  list->depth = item->depth;
  list->order = relation->to_many ? &relation->order : &relation->target->order;
  list->limit = relation->to_many ? list_default_limit(relation) : 0;
  if (arguments != NULL)
    add_arguments(list, arguments, lists->arena);
  VEC_PUSH(lists->arena, lists, list);
  return list;
}

static bool is_whole(const struct plan_list *list)
{
  return list->limit == 0 && list->depth == 0 && !list->cursor.present;
}

bool plan_list_can_share(const struct plan_list *a, const struct plan_list *b)
{
  const struct graph_relation *x = a->relation, *y = b->relation;
  if (a == b)
    return true;
  return x->to_many && y->to_many && x->link == y->link && x->target == y->target &&
         x->through_filter == y->through_filter && is_whole(a) && is_whole(b) &&
         order_equal(a->order, b->order);
}

enum plan_limiting plan_list_limiting(const struct plan_list *list, double n_parents)
{
  if (list->cursor.present)
    return PLAN_LIMIT_LATERAL; /* there is one parent alone */
  return list->limit > 0 ? choose_limiting(list->relation->link, list->order, n_parents) : PLAN_LIMIT_NONE;
}

bool plan_lists_filter(const struct plan_lists *lists)
{
  for (size_t i = 0; i < lists->n; i++)
    if (lists->items[i]->arguments != NULL && lists->items[i]->arguments->filter != NULL)
      return true;
  return false;
}

bool plan_lists_have_pattern(const struct plan_lists *lists)
{
  for (size_t i = 0; i < lists->n; i++)
    if (lists->items[i]->arguments != NULL && expr_has_pattern(lists->items[i]->arguments->filter))
      return true;
  return false;
}

bool plan_lists_go_on(const struct plan_lists *lists)
{
  for (size_t i = 0; i < lists->n; i++)
    if (lists->items[i]->cursor.present)
      return true;
  return false;
}

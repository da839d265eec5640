#include "planner/list_arguments.h"

#include <ctype.h>
#include <stdlib.h>

#include "planner/filter.h"
#include "planner/graph_build.h"
#include "planner/order.h"
#include "planner/selection.h"

#define QUOTED_MAX 80

struct resolver {
  const struct graph *graph;
  const struct graph_resource *resource;
  const char *field;
  const struct planner_limits *limits;
  struct arena *arena;
  struct arguments *arguments;
  struct error *error;
};

/* ---- errors ---- */

/* Client text for a message. */
static const char *quoted(struct arena *arena, struct str text)
{
  size_t len = text.len < QUOTED_MAX ? text.len : QUOTED_MAX;
  char *copy = arena_strndup(arena, text.data == NULL ? "" : text.data, len);
  for (size_t i = 0; i < len; i++)
    if (iscntrl((unsigned char)copy[i]) || (unsigned char)copy[i] >= 0x80 || copy[i] == '"')
      copy[i] = '?';
  return copy;
}

static bool refuse(const struct list_arguments *list, struct error *error, const char *format, ...)
    PRINTF_LIKE(3, 4);

static bool refuse(const struct list_arguments *list, struct error *error, const char *format, ...)
{
  struct strbuf text = {0};
  va_list args;
  va_start(args, format);
  strbuf_vprintf(&text, format, args);
  va_end(args);
  error_set(error, ERROR_INVALID_ARGUMENT, "INVALID_RELATION_ARGUMENTS", "%s", strbuf_text(&text));
  error_set_field(error, "%s", list->name);
  strbuf_done(&text);
  return false;
}

static bool unknown_segment(const struct resolver *resolver, const struct list_arguments *list,
                            const struct graph_resource *resource, struct str segment)
{
  const char *nearest = nearest_field(resolver->arena, resource, segment);
  return refuse(list, resolver->error, "%s has no field \"%s\"%s%s%s", resource->message->name,
                quoted(resolver->arena, segment), nearest == NULL ? "" : "; did you mean \"",
                nearest == NULL ? "" : nearest, nearest == NULL ? "" : "\"?");
}

/* ---- one list ---- */

static bool add_step(const struct resolver *resolver, struct list_arguments *list, struct str segment,
                     const struct graph_resource **resource)
{
  const struct graph_field *field = served_field(*resource, segment);
  if (field == NULL)
    return unknown_segment(resolver, list, *resource, segment);
  if (field->kind != GRAPH_FIELD_RELATION)
    return refuse(list, resolver->error, "%s of %s is no relation", field->field->name,
                  (*resource)->message->name);
  list->steps[list->n_steps++] = field;
  *resource = field->relation->target;
  return true;
}

static const char *canonical_path(const struct list_arguments *list, struct arena *arena)
{
  const char *path = "";
  for (size_t i = 0; i < list->n_steps; i++)
    path = arena_printf(arena, "%s%s%s", path, i > 0 ? "." : "", list->steps[i]->field->name);
  return path;
}

static bool resolve_path(const struct resolver *resolver, struct str path, struct list_arguments *list)
{
  const struct graph_resource *resource = resolver->resource;
  uint32_t depth = resolver->limits->mask_depth;
  list->steps = ARENA_ARRAY(resolver->arena, const struct graph_field *, depth);
  for (bool last = false; !last;) {
    const char *dot = path.len > 0 ? memchr(path.data, '.', path.len) : NULL;
    struct str segment = {path.data, dot == NULL ? path.len : (size_t)(dot - path.data)};
    last = dot == NULL;
    if (list->n_steps == depth) {
      error_set(resolver->error, ERROR_INVALID_ARGUMENT, "REQUEST_TOO_COMPLEX",
                "the path has more than %u segments", depth);
      limit_describe(resolver->error, depth, list->n_steps + 1, "mask-depth");
      error_set_field(resolver->error, "%s", list->name);
      return false;
    }
    if (!add_step(resolver, list, segment, &resource))
      return false;
    if (!last)
      path = (struct str){dot + 1, path.len - segment.len - 1};
  }
  const struct graph_field *end = list->steps[list->n_steps - 1];
  if (!end->relation->to_many)
    return refuse(list, resolver->error, "%s of %s is no list", end->field->name,
                  end->resource->message->name);
  list->path = canonical_path(list, resolver->arena);
  return true;
}

static const struct graph_relation *relation_of(const struct list_arguments *list)
{
  return list->steps[list->n_steps - 1]->relation;
}

static bool resolve_filter(const struct resolver *resolver, struct str text, struct list_arguments *list)
{
  struct filter_context context = {.graph = resolver->graph,
                                   .resource = relation_of(list)->target,
                                   .origin = FILTER_OF_REQUEST,
                                   .limits = resolver->limits,
                                   .field = arena_printf(resolver->arena, "%s.filter", list->name),
                                   .arena = resolver->arena,
                                   .arguments = resolver->arguments};
  struct expr *expr = NULL;
  if (!filter_parse(text, &context, &expr, resolver->error))
    return false;
  list->filter = expr;
  return true;
}

static bool is_blank(struct str text)
{
  for (size_t i = 0; i < text.len; i++)
    if (!isspace((unsigned char)text.data[i]))
      return false;
  return true;
}

static bool resolve_order(const struct resolver *resolver, struct str text, struct list_arguments *list)
{
  const struct graph_relation *relation = relation_of(list);
  list->order = &relation->order;
  if (is_blank(text))
    return true;
  struct order *order = ARENA_NEW(resolver->arena, struct order);
  list->order = order;
  return order_parse(text, relation->target, arena_printf(resolver->arena, "%s.order_by", list->name),
                     resolver->arena, order, resolver->error);
}

uint32_t list_default_limit(const struct graph_relation *relation)
{
  return relation->page_size > 0 ? relation->page_size : relation->max_page_size;
}

static bool resolve_limit(const struct resolver *resolver, int64_t page_size, struct list_arguments *list)
{
  const struct graph_relation *relation = relation_of(list);
  uint32_t most = relation->max_page_size;
  if (page_size < 0) {
    error_set(resolver->error, ERROR_INVALID_ARGUMENT, "INVALID_PAGE_SIZE", "page_size is negative");
    error_set_field(resolver->error, "%s.page_size", list->name);
    return false;
  }
  if (page_size == 0)
    list->limit = list_default_limit(relation);
  else
    list->limit = most > 0 && page_size > most ? most : (uint32_t)page_size;
  return true;
}

static bool resolve_depth(const struct resolver *resolver, int64_t max_depth, struct list_arguments *list)
{
  uint32_t most = relation_of(list)->max_depth;
  if (max_depth == 0)
    return true;
  if (max_depth > 0 && most > 0) {
    list->depth = max_depth < most ? (uint32_t)max_depth : most;
    return true;
  }
  refuse(list, resolver->error, "%s has one level: max_depth is for relations that declare it", list->path);
  error_set_field(resolver->error, "%s.max_depth", list->name);
  return false;
}

/* ---- all of them ---- */

static int compare_lists(const void *a, const void *b)
{
  return strcmp(((const struct list_arguments *)a)->path, ((const struct list_arguments *)b)->path);
}

/* A path may come in proto and in JSON names. */
static bool order_lists(struct list_arguments *lists, size_t n, struct error *error)
{
  if (n > 1)
    qsort(lists, n, sizeof *lists, compare_lists);
  for (size_t i = 0; i < n; i++) {
    lists[i].index = (unsigned)i;
    if (i > 0 && strcmp(lists[i - 1].path, lists[i].path) == 0)
      return refuse(&lists[i], error, "%s has arguments twice", lists[i].path);
  }
  return true;
}

bool list_arguments_resolve(const struct graph *graph, const struct graph_resource *resource,
                            const char *field, const struct list_request *requests, size_t n,
                            const struct planner_limits *limits, struct arena *arena,
                            struct arguments *arguments, struct list_arguments **ret, struct error *error)
{
  struct resolver resolver = {graph, resource, field, limits, arena, arguments, error};
  struct list_arguments *lists = ARENA_ARRAY(arena, struct list_arguments, n);
  if (n > limits->mask_nodes) {
    error_set(error, ERROR_INVALID_ARGUMENT, "REQUEST_TOO_COMPLEX", "arguments for more than %u lists",
              limits->mask_nodes);
    limit_describe(error, limits->mask_nodes, n, "mask-nodes");
    error_set_field(error, "%s", field);
    return false;
  }
  for (size_t i = 0; i < n; i++) {
    lists[i].name = arena_printf(arena, "%s[\"%s\"]", field, quoted(arena, requests[i].path));
    lists[i].request = i;
    if (!resolve_path(&resolver, requests[i].path, &lists[i]) ||
        !resolve_limit(&resolver, requests[i].page_size, &lists[i]) ||
        !resolve_depth(&resolver, requests[i].max_depth, &lists[i]))
      return false;
  }
  if (!order_lists(lists, n, error))
    return false;
  for (size_t i = 0; i < n; i++)
    if (!resolve_filter(&resolver, requests[lists[i].request].filter, &lists[i]) ||
        !resolve_order(&resolver, requests[lists[i].request].order_by, &lists[i]))
      return false;
  *ret = lists;
  return true;
}

/* ---- on a selection ---- */

static struct selection_item *item_of(struct selection *selection, const struct graph_field *field)
{
  for (size_t i = 0; i < selection->n_items; i++)
    if (selection->items[i].field == field)
      return &selection->items[i];
  return NULL;
}

static bool apply(const struct list_arguments *list, struct selection *selection, struct error *error)
{
  const struct graph_field *end = list->steps[list->n_steps - 1];
  for (size_t i = 0; i + 1 < list->n_steps && selection != NULL; i++) {
    const struct selection_item *item = item_of(selection, list->steps[i]);
    selection = item == NULL ? NULL : item->child;
  }
  if (selection == NULL || item_of(selection, end) == NULL)
    return refuse(list, error, "%s is not selected: name it in the read mask", list->path);
  const struct selection_item *item = item_of(selection, end);
  if (item->again)
    return refuse(list, error, "%s is a level of a list above it, whose arguments hold for all its levels",
                  list->path);
  if (list->after_cursor && item->depth > 1 && list->depth != 1)
    return refuse(list, error, "a list goes on one level deep: page_token needs max_depth 1");
  for (size_t i = 0; i < selection->n_items; i++) {
    const struct graph_field *field = selection->items[i].field;
    if (field != end && field->of != end)
      continue;
    selection->items[i].arguments = list;
    if (list->depth > 0 && selection->items[i].depth > 0)
      selection->items[i].depth = list->depth;
  }
  return true;
}

bool list_arguments_apply(const struct list_arguments *lists, size_t n, struct selection *selection,
                          struct error *error)
{
  for (size_t i = 0; i < n; i++)
    if (!apply(&lists[i], selection, error))
      return false;
  return true;
}

void list_arguments_fingerprint(const struct list_arguments *list, struct strbuf *ret)
{
  strbuf_printf(ret, "[%u %u^%u", list->index, list->limit, list->depth);
  if (list->after_cursor)
    strbuf_printf(ret, " after %u/%llx", list->first_cursor_argument, (unsigned long long)list->cursor_nulls);
  if (list->filter != NULL) {
    strbuf_puts(ret, " where ");
    expr_fingerprint(list->filter, ret);
  }
  strbuf_puts(ret, " order ");
  order_fingerprint(list->order, ret);
  strbuf_putc(ret, ']');
}

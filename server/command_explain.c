/*
 * command_explain.c - a request is resolved and planned just as the server would do it, but never run.
 *
 * Values do not matter to a plan, so a Get or BatchGet needs no key here: the first way to find the resource
 * is shown.
 */
#include "server/command_explain.h"

#include <stdio.h>

#include "planner/explain.h"
#include "planner/filter.h"
#include "planner/order.h"
#include "planner/plan.h"
#include "planner/selection.h"
#include "server/command_graph.h"
#include "server/plan_settings.h"
#include "storage/statement.h"

struct explanation {
  const struct settings *settings;
  const struct explain_arguments *asked;
  const struct graph *graph;
  const struct graph_method *method;
  struct planner_limits limits;
  struct arena *arena;
};

/* ---- the method ---- */

static bool is_called(const struct schema_method *method, const char *name)
{
  const char *path = method->path + 1; /* without its slash */
  return strcmp(path, name[0] == '/' ? name + 1 : name) == 0 || strcmp(method->name, name) == 0;
}

static bool no_method(const struct explanation *explanation, struct error *error)
{
  const struct graph *graph = explanation->graph;
  const char **names = ARENA_ARRAY(explanation->arena, const char *, graph->n_methods);
  bool in_full = strchr(explanation->asked->method, '/') != NULL;
  for (size_t i = 0; i < graph->n_methods; i++)
    names[i] = in_full ? graph->methods[i]->method->path + 1 : graph->methods[i]->method->name;
  const char *nearest = str_nearest(str_from(explanation->asked->method), names, graph->n_methods);
  return error_set(error, ERROR_NOT_FOUND, "UNKNOWN_METHOD", "no method \"%s\"%s%s%s",
                   explanation->asked->method, nearest == NULL ? "" : "; did you mean ",
                   nearest == NULL ? "" : nearest, nearest == NULL ? "" : "?");
}

static bool find_method(struct explanation *explanation, struct error *error)
{
  const struct graph_method *found = NULL;
  for (size_t i = 0; i < explanation->graph->n_methods; i++) {
    const struct graph_method *method = explanation->graph->methods[i];
    if (!is_called(method->method, explanation->asked->method))
      continue;
    if (found != NULL)
      return error_set(error, ERROR_INVALID_ARGUMENT, "UNKNOWN_METHOD",
                       "%s and %s are both called so; name one in full", found->method->path + 1,
                       method->method->path + 1);
    found = method;
  }
  if (found == NULL)
    return no_method(explanation, error);
  if (found->ignored)
    return error_set(error, ERROR_UNIMPLEMENTED, "UNKNOWN_METHOD", "%s is ignored by its annotation",
                     found->method->path + 1);
  if (found->broken)
    return error_set(error, ERROR_FAILED_PRECONDITION, "SCHEMA_DRIFT",
                     "%s cannot be served; rowan check says why", found->method->path + 1);
  explanation->method = found;
  return true;
}

/* ---- the request ---- */

static bool build_selection(const struct explanation *explanation, struct selection **ret,
                            struct error *error)
{
  struct {
    struct str *items;
    size_t n, cap;
  } paths = {0};
  const char *text = explanation->asked->read_mask;
  for (const char *p = text; p != NULL && *p != '\0';) {
    size_t len = strcspn(p, ",");
    VEC_PUSH(explanation->arena, &paths, ((struct str){p, len}));
    p += len + (p[len] == ',');
  }
  struct mask mask = {paths.items, paths.n, "--read-mask"};
  return selection_build(explanation->graph, explanation->method, &mask, &explanation->limits,
                         explanation->arena, ret, error);
}

static bool parse_filter(const struct explanation *explanation, struct arguments *arguments,
                         struct expr **ret, struct error *error)
{
  struct filter_context context = {
      .graph = explanation->graph,
      .resource = explanation->method->resource,
      .origin = FILTER_OF_REQUEST,
      .limits = &explanation->limits,
      .field = "--filter",
      .arena = explanation->arena,
      .arguments = arguments,
  };
  return filter_parse(str_from(explanation->asked->filter), &context, ret, error);
}

static bool parse_order(const struct explanation *explanation, struct order *ret, struct error *error)
{
  const struct graph_resource *resource = explanation->method->resource;
  *ret = resource->order;
  return explanation->asked->order_by == NULL || order_parse(str_from(explanation->asked->order_by), resource,
                                                             "--order-by", explanation->arena, ret, error);
}

static enum plan_root_kind root_of(const struct graph_method *method)
{
  switch (method->kind) {
  case METHOD_GET:
    return PLAN_ROOT_ONE;
  case METHOD_BATCH_GET:
    return PLAN_ROOT_MANY;
  case METHOD_LIST:
  case METHOD_STREAM:
    break;
  }
  return PLAN_ROOT_PAGE;
}

static uint32_t limit_bucket(const struct explanation *explanation)
{
  uint32_t page_size = explanation->method->default_page_size;
  if (page_size == 0)
    page_size = (uint32_t)explanation->settings->page_size;
  return plan_limit_bucket(page_size);
}

static bool build_plan(const struct explanation *explanation, struct plan **ret, struct error *error)
{
  const struct graph_method *method = explanation->method;
  struct selection *selection;
  struct arguments arguments = {0};
  struct expr *filter = NULL;
  struct order order;
  if (!build_selection(explanation, &selection, error) ||
      !parse_filter(explanation, &arguments, &filter, error) || !parse_order(explanation, &order, error))
    return false;
  struct plan_request request = {
      .graph = explanation->graph,
      .resource = method->resource,
      .root = root_of(method),
      .selection = selection,
      .filter = filter,
      .n_filter_arguments = arguments.n,
      .options = plan_settings_options(explanation->settings),
  };
  if (request.root == PLAN_ROOT_PAGE) {
    request.order = &order;
    request.limit_bucket = limit_bucket(explanation);
  } else {
    request.lookup = &method->lookups[0];
  }
  *ret = plan_build(&request);
  statement_compile(*ret);
  return true;
}

/* ---- the command ---- */

static void print_plan(const struct explanation *explanation, const struct plan *plan)
{
  const char **texts = ARENA_ARRAY(explanation->arena, const char *, plan->n_fetches);
  for (unsigned i = 0; i < plan->n_fetches; i++)
    texts[i] = plan->statements[i].text;
  struct strbuf out = {0};
  plan_explain(plan, texts, NULL, &out);
  fputs(strbuf_text(&out), stdout);
  strbuf_done(&out);
}

static struct planner_limits limits_of(const struct settings *settings)
{
  return (struct planner_limits){
      .mask_paths = (uint32_t)settings->mask_paths,
      .mask_depth = (uint32_t)settings->mask_depth,
      .mask_nodes = (uint32_t)settings->mask_nodes,
      .filter_bytes = (uint32_t)settings->filter_bytes,
      .filter_terms = (uint32_t)settings->filter_terms,
      .filter_depth = (uint32_t)settings->filter_depth,
  };
}

int command_explain(const struct settings *settings, const struct explain_arguments *arguments)
{
  struct problems problems;
  struct graph *graph = command_graph_load(settings, &problems);
  if (graph == NULL)
    return 1;
  struct explanation explanation = {
      .settings = settings,
      .asked = arguments,
      .graph = graph,
      .limits = limits_of(settings),
      .arena = arena_new(0),
  };
  struct error error;
  struct plan *plan = NULL;
  bool ok = find_method(&explanation, &error) && build_plan(&explanation, &plan, &error);
  if (ok)
    print_plan(&explanation, plan);
  else
    command_print_error(&error);
  plan_unref(plan);
  arena_free(explanation.arena);
  graph_unref(graph);
  arena_free(problems.arena);
  return ok ? 0 : 1;
}

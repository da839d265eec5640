/*
 * command_explain.c - one request, planned as the server would plan it, and run where that is asked for.
 *
 * Values do not matter to a plan, so a Get or BatchGet that is not run needs no key: the first way to find
 * the resource is shown.
 */
#include "server/command_explain.h"

#include <stdio.h>

#include "server/command_load.h"
#include "server/explain_plan.h"
#include "server/plan_cache.h"
#include "server/plan_settings.h"

static void split_mask(const char *text, struct arena *arena, struct explain_request *ret)
{
  struct {
    struct str *items;
    size_t n, cap;
  } paths = {0};
  for (const char *p = text; p != NULL && *p != '\0';) {
    size_t len = strcspn(p, ",");
    VEC_PUSH(arena, &paths, ((struct str){p, len}));
    p += len + (p[len] == ',');
  }
  ret->mask = paths.items;
  ret->n_mask = paths.n;
}

/* Claims on the command line are the operator's word. */
static bool take_claims(const struct explain_arguments *asked, struct arena *arena, const struct claims **ret,
                        struct error *error)
{
  if (asked->claims == NULL || claims_from_json(str_from(asked->claims), arena, ret, error))
    return true;
  error_set(error, ERROR_INVALID_ARGUMENT, "INVALID_CLAIMS",
            "--claims is no JSON object: {\"tenant_id\": 5}");
  return false;
}

static bool explain(const struct explain_arguments *asked, struct explained *explained, struct arena *arena,
                    struct error *error)
{
  struct explain_request request = {.method = str_from(asked->method),
                                    .filter = str_from(asked->filter),
                                    .order_by = str_from(asked->order_by),
                                    .json = asked->request,
                                    .analyze = asked->analyze};
  split_mask(asked->read_mask, arena, &request);
  request.keys = ARENA_ARRAY(arena, struct str, asked->keys.n);
  request.n_keys = asked->keys.n;
  for (size_t i = 0; i < asked->keys.n; i++)
    request.keys[i] = str_from(asked->keys.items[i]);
  if (!take_claims(asked, arena, &explained->context.claims, error))
    return false;
  struct plan_cache *plans = plan_cache_new(1);
  bool planned = explain_plan(&request, plans, arena, explained, error);
  plan_cache_free(plans);
  return planned && (!asked->analyze || explain_run(explained, explained->context.settings->statement_timeout,
                                                    NULL, arena, error));
}

static void print(const struct explained *explained, struct arena *arena)
{
  struct strbuf text = {0};
  explain_text(explained, arena, &text);
  fputs(strbuf_text(&text), stdout);
  strbuf_done(&text);
}

int command_explain(const struct settings *settings, const struct explain_arguments *arguments)
{
  struct problems problems;
  struct error error;
  struct graph *graph = command_load(settings, &problems);
  if (graph == NULL)
    return 1;
  struct arena *arena = arena_new((size_t)settings->max_run_bytes);
  struct planner_limits limits = plan_settings_limits(settings);
  struct page_token_keys *keys = page_token_keys_new(settings->token_keys, settings->token_lifetime, &error);
  struct explained explained = {
      .context = {.graph = graph, .settings = settings, .limits = &limits, .token_keys = keys}};
  bool ok = keys != NULL && explain(arguments, &explained, arena, &error);
  if (ok)
    print(&explained, arena);
  else
    command_print_error(&error);
  plan_unref(explained.plan);
  page_token_keys_free(keys);
  arena_free(arena);
  graph_unref(graph);
  arena_free(problems.arena);
  return ok ? 0 : 1;
}

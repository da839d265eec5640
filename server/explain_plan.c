/*
 * explain_plan.c - the method's own request message is bound and planned by the code that binds and plans
 * what comes over the wire; so is the plan the one that a client's request gets.
 */
#include "server/explain_plan.h"

#include "planner/explain.h"
#include "server/request_plan.h"
#include "server/stream.h"
#include "storage/statement.h"

/* ---- the method ---- */

static bool is_called(const struct schema_method *method, struct str name)
{
  if (name.len > 0 && name.data[0] == '/')
    name = (struct str){name.data + 1, name.len - 1};
  return str_equal_text(name, method->path + 1) || str_equal_text(name, method->name);
}

static bool no_method(const struct graph *graph, struct str name, struct arena *arena, struct error *error)
{
  const char **names = ARENA_ARRAY(arena, const char *, graph->n_methods);
  bool in_full = name.len > 0 && memchr(name.data, '/', name.len) != NULL;
  for (size_t i = 0; i < graph->n_methods; i++)
    names[i] = in_full ? graph->methods[i]->method->path + 1 : graph->methods[i]->method->name;
  const char *nearest = str_nearest(name, names, graph->n_methods);
  return error_set(error, ERROR_NOT_FOUND, "UNKNOWN_METHOD", "no method \"%.*s\"%s%s%s",
                   (int)(name.len < 100 ? name.len : 100), name.data,
                   nearest == NULL ? "" : "; did you mean ", nearest == NULL ? "" : nearest,
                   nearest == NULL ? "" : "?");
}

static bool find_method(const struct graph *graph, struct str name, struct arena *arena,
                        const struct graph_method **ret, struct error *error)
{
  const struct graph_method *found = NULL;
  for (size_t i = 0; i < graph->n_methods; i++) {
    const struct graph_method *method = graph->methods[i];
    if (!is_called(method->method, name))
      continue;
    if (found != NULL)
      return error_set(error, ERROR_INVALID_ARGUMENT, "UNKNOWN_METHOD",
                       "%s and %s are both called so; name one in full", found->method->path + 1,
                       method->method->path + 1);
    found = method;
  }
  if (found == NULL)
    return no_method(graph, name, arena, error);
  if (found->ignored)
    return error_set(error, ERROR_UNIMPLEMENTED, "UNKNOWN_METHOD", "%s is ignored by its annotation",
                     found->method->path + 1);
  if (found->broken)
    return error_set(error, ERROR_FAILED_PRECONDITION, "SCHEMA_DRIFT",
                     "%s cannot be served; rowan check says why", found->method->path + 1);
  *ret = found;
  return true;
}

/* ---- the whole ---- */

static uint32_t limit_of(const struct binding *binding)
{
  return binding->page_size == 0 ? STREAM_FIRST_CHUNK : binding->page_size;
}

bool explain_plan(const struct explain_request *request, struct plan_cache *plans, struct arena *arena,
                  struct explained *ret, struct error *error)
{
  const struct message_value *message;
  bool has_keys;
  if (!find_method(ret->context.graph, request->method, arena, &ret->context.method, error) ||
      !explain_request_message(request, ret->context.method, arena, &message, &has_keys, error))
    return false;
  ret->context.unlimited = ret->context.without_claims = !request->analyze;
  ret->context.without_keys = ret->context.method->n_lookups > 0 && !has_keys && !request->analyze;
  if (!binding_make(&ret->context, message, arena, &ret->binding, error))
    return false;
  ret->limit = limit_of(&ret->binding);
  return request_plan(&ret->binding, plans, ret->binding.cursor, ret->limit, arena, &ret->plan,
                      &ret->arguments, error);
}

bool explain_run(struct explained *explained, int64_t timeout_ms, const atomic_bool *cancelled,
                 struct arena *arena, struct error *error)
{
  struct analyze_request request = {.database = explained->context.settings->database,
                                    .plan = explained->plan,
                                    .arguments = explained->arguments,
                                    .claims = explained->binding.claims.arguments,
                                    .limit = explained->limit,
                                    .statement_timeout_ms = timeout_ms,
                                    .cancelled = cancelled};
  struct analyzed_fetch *analyzed = ARENA_ARRAY(arena, struct analyzed_fetch, explained->plan->n_fetches);
  if (!analyze(&request, arena, analyzed, error))
    return false;
  explained->analyzed = analyzed;
  return true;
}

void explain_text(const struct explained *explained, struct arena *arena, struct strbuf *ret)
{
  const struct plan *plan = explained->plan;
  const char **texts = ARENA_ARRAY(arena, const char *, plan->n_fetches);
  struct explain_measure *measures = ARENA_ARRAY(arena, struct explain_measure, plan->n_fetches);
  for (unsigned i = 0; i < plan->n_fetches; i++) {
    const struct analyzed_fetch *fetch = explained->analyzed == NULL ? NULL : &explained->analyzed[i];
    texts[i] = plan->statements[i].text;
    if (fetch != NULL)
      measures[i] = (struct explain_measure){fetch->ran, fetch->rows, (double)fetch->us / 1000, fetch->plan};
  }
  plan_explain(plan, texts, explained->analyzed == NULL ? NULL : measures, ret);
}

/*
 * explain_service.c - plans at once; runs on the analyzer's thread.
 *
 * The plan comes from the same cache as those of requests, so that what is shown is what runs.
 */
#include "server/explain_service.h"

#include "server/analyzer.h"
#include "server/explain_message.h"
#include "server/message.h"

#define FIRST_CAPACITY 16384
#define BUSY_RETRY_MS 1000

struct explanation {
  struct analyzer_job job; /* the first member */
  struct call *call;
  struct explained explained;
  atomic_bool cancelled;
};

static void answer(struct explanation *explanation)
{
  struct call *call = explanation->call;
  struct writer *writer = message_begin(FIRST_CAPACITY);
  explain_message_write(&explanation->explained, call->arena, writer);
  call_succeed(call, message_take(writer));
}

static void release_plan(void *plan)
{
  plan_unref(plan);
}

static bool is_served(struct call *call, struct error *error)
{
  if (!call->server->settings->explain)
    return error_set(error, ERROR_UNIMPLEMENTED, "UNKNOWN_METHOD", "this server does not explain: --explain");
  if (call->graph != NULL)
    return true;
  error_set(error, ERROR_UNAVAILABLE, "DATABASE_UNAVAILABLE", "the database has not been reached yet");
  error_set_retry(error, BUSY_RETRY_MS);
  return false;
}

static bool make_plan(struct explanation *explanation, struct str message, bool *ret_analyze,
                      struct error *error)
{
  struct call *call = explanation->call;
  struct server *server = call->server;
  const struct schema_message *type = schema_find_message(server->builtin, "rowan.v1.ExplainRequest");
  struct message_value *value;
  explanation->explained.context = (struct binding_context){.graph = call->graph,
                                                            .settings = server->settings,
                                                            .limits = &server->limits,
                                                            .token_keys = server->token_keys};
  if (!call_claims(call, &explanation->explained.context.claims, error) ||
      !request_read(type, message.data, message.len, &REQUEST_LIMITS_DEFAULT, call->arena, &value, error))
    return false;
  struct explain_request request = explain_message_read(value, call->arena);
  if (!explain_plan(&request, server->plans, call->arena, &explanation->explained, error))
    return false;
  arena_defer(call->arena, release_plan, explanation->explained.plan);
  *ret_analyze = request.analyze;
  return true;
}

/* On the analyzer's thread. */
static void run_and_answer(struct analyzer_job *job, bool stopping)
{
  struct explanation *explanation = (struct explanation *)job;
  struct call *call = explanation->call;
  struct error error;
  bool done = false;
  if (stopping || atomic_load(&explanation->cancelled))
    error_set(&error, ERROR_CANCELLED, "CANCELLED", "the call was cancelled");
  else
    done = explain_run(&explanation->explained, call->server->settings->statement_timeout,
                       &explanation->cancelled, call->arena, &error);
  if (done)
    answer(explanation);
  else
    call_fail(call, &error);
  call_unref(call);
}

/* The client may have gone before there was anything to tell. */
static void publish(struct explanation *explanation)
{
  struct call *call = explanation->call;
  pthread_mutex_lock(&call->mutex);
  call->state = explanation;
  atomic_store(&explanation->cancelled, call->cancelled);
  pthread_mutex_unlock(&call->mutex);
}

static bool analyze_later(struct explanation *explanation, struct error *error)
{
  struct call *call = explanation->call;
  explanation->job.run = run_and_answer;
  publish(explanation);
  call_ref(call);
  if (analyzer_submit(call->server->analyzer, &explanation->job))
    return true;
  call_unref(call);
  error_set(error, ERROR_RESOURCE_EXHAUSTED, "QUEUE_FULL", "too many requests are being analyzed");
  error_set_retry(error, BUSY_RETRY_MS);
  return false;
}

static void on_message(struct call *call, struct str message)
{
  struct explanation *explanation = ARENA_NEW(call->arena, struct explanation);
  struct error error;
  bool analyze = false;
  explanation->call = call;
  if (!is_served(call, &error) || !make_plan(explanation, message, &analyze, &error) ||
      (analyze && !analyze_later(explanation, &error)))
    call_fail(call, &error);
  else if (!analyze)
    answer(explanation);
}

static void on_end(struct call *call)
{
  struct error error;
  error_set(&error, ERROR_INVALID_ARGUMENT, "MALFORMED_REQUEST", "the call carried no request");
  call_fail(call, &error);
}

static void on_cancel(struct call *call)
{
  pthread_mutex_lock(&call->mutex);
  struct explanation *explanation = call->state;
  if (explanation != NULL)
    atomic_store(&explanation->cancelled, true);
  pthread_mutex_unlock(&call->mutex);
}

const struct call_handler explain_handler = {
    .on_message = on_message,
    .on_end = on_end,
    .on_cancel = on_cancel,
};

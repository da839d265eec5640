#include "server/reflection_calls.h"

#include "server/explain_service.h"
#include "server/message.h"
#include "server/reflection.h"

static struct reflection *new_reflection(const struct server *server, const struct graph *graph)
{
  struct reflection *reflection =
      reflection_new(graph != NULL ? graph->schema : server->schema, server->builtin);
  if (!server->settings->explain)
    reflection_hide(reflection, EXPLAIN_SERVICE);
  return reflection;
}

/* Made with the first question, from the set that was served when the call came: all its answers agree. */
static const struct reflection *reflection_of(struct call *call)
{
  const struct server *server = call->server;
  if (call->state == NULL)
    call->state = new_reflection(server, call->graph);
  return call->state;
}

static void forget_reflection(struct call *call)
{
  reflection_free(call->state);
}

static void on_question(struct call *call, struct str message)
{
  struct strbuf answer = {0};
  struct error error;
  if (reflection_answer(reflection_of(call), message, &answer)) {
    call_send(call, message_copy((struct str){strbuf_text(&answer), answer.len}), false);
  } else {
    error_set(&error, ERROR_INVALID_ARGUMENT, "MALFORMED_REQUEST", "this is no ServerReflectionRequest");
    call_fail(call, &error);
  }
  strbuf_done(&answer);
  if (!call->watching)
    call_watch(call);
}

static void on_answered(struct call *call, bool ok)
{
  struct error error;
  if (ok && !atomic_load(&call->finished)) {
    call_receive(call);
    return;
  }
  error_set(&error, ERROR_CANCELLED, "CANCELLED", "the client went away");
  call_fail(call, &error);
}

static void on_no_more_questions(struct call *call)
{
  call_succeed(call, NULL);
}

/* Between two questions nothing is owed to the client. */
static void visit_reflection(struct call *call, int64_t now_us)
{
  struct error error;
  if (atomic_load(&call->server->stage) == SERVER_SERVING)
    return;
  error_set(&error, ERROR_UNAVAILABLE, "DRAINING", "the server is going away");
  call_fail(call, &error);
}

const struct call_handler reflection_handler = {
    .on_message = on_question,
    .on_end = on_no_more_questions,
    .on_sent = on_answered,
    .visit = visit_reflection,
    .on_free = forget_reflection,
};

/*
 * unary.c - one request, one run, one batch.
 *
 * The completion queue's thread reads and binds the request, finds the plan and hands the run over.  The
 * shard's thread that has the last row writes the answer and starts the reply itself: the rows are warm in
 * its cache, and nobody waits.
 *
 * A cancel and the end of the run meet under the call's mutex: storage may be asked to cancel a run only
 * while it is not done.
 */
#include "server/unary.h"

#include <assert.h>

#include "base/clock.h"
#include "server/message.h"
#include "server/request_plan.h"
#include "server/resource_call.h"
#include "server/response.h"
#include "server/total_size.h"
#include "server/variants.h"

#define FIRST_CAPACITY 16384

struct unary {
  struct call *call;
  struct resource_call request;
  struct run run;
  bool running; /* guarded by the call's mutex */
};

static void release_plan(void *plan)
{
  plan_unref(plan);
}

static struct assembly assembly_of(const struct unary *unary, struct writer *writer)
{
  return (struct assembly){.plan = unary->run.rows_plan,
                           .fetches = unary->run.fetches,
                           .writer = writer,
                           .binding = &unary->request.binding,
                           .arena = unary->run.arena,
                           .max_bytes = (size_t)unary->call->server->settings->max_result_bytes};
}

static bool refuse_missing(const struct unary *unary, size_t i, bool batch, struct error *error)
{
  const struct graph_resource *resource = unary->call->method->resource;
  const struct requested_keys *keys = &unary->request.binding.keys;
  const char *text = requested_key_text(keys, i, unary->call->arena);
  error_set(error, ERROR_NOT_FOUND, "NOT_FOUND", "no %s with %s", resource->message->name, text);
  error_add_metadata(error, "resource", "%s", resource->message->full_name);
  error_add_metadata(error, "key", "%s", text);
  if (batch) {
    const struct schema_field *field =
        unary->call->method->requests == NULL ? keys->lookup->fields[0] : unary->call->method->requests;
    error_set_field(error, "%s[%zu]", field->name, i);
    error_add_metadata(error, "index", "%zu", i);
  }
  return false;
}

static bool write_one(const struct unary *unary, const struct assembly *assembly, struct error *error)
{
  const struct rows *rows = &unary->run.fetches[0].rows;
  if (unary->run.root_rows[0] == ROW_NONE)
    return refuse_missing(unary, 0, false, error);
  size_t row = (size_t)unary->run.root_rows[0];
  if (!request_lists_check_parent(&unary->request.binding.lists, assembly->plan, rows, row, error))
    return false;
  return assemble_message(assembly, assembly->plan->shape, row, error);
}

static bool write_many(const struct unary *unary, const struct assembly *assembly, struct error *error)
{
  const struct requested_keys *keys = &unary->request.binding.keys;
  int32_t *rows = ARENA_ARRAY(unary->call->arena, int32_t, keys->n);
  for (size_t i = 0; i < keys->n; i++) {
    rows[i] = unary->run.root_rows[keys->unique_of[i]];
    if (rows[i] == ROW_NONE)
      return refuse_missing(unary, i, true, error);
  }
  if (!request_lists_check_parent(&unary->request.binding.lists, assembly->plan, &unary->run.fetches[0].rows,
                                  (size_t)rows[0], error))
    return false;
  return response_write(assembly, unary->call->method, (struct response_rows){rows, 0, keys->n},
                        (struct response_tail){"", 0}, error);
}

static bool write_page(const struct unary *unary, const struct assembly *assembly, struct error *error)
{
  const struct rows *rows = &unary->run.fetches[0].rows;
  bool more = rows->n > unary->run.limit;
  size_t n = more ? unary->run.limit : rows->n;
  const char *token = "";
  if (more && unary->call->method->next_page_token != NULL)
    token =
        binding_token(&unary->request.binding,
                      binding_cursor_at(assembly->plan, rows, n - 1, unary->call->arena), unary->call->arena);
  struct total_page page = {unary->request.binding.skip, n, more, unary->request.binding.cursor.n_values > 0};
  struct response_tail tail = {token, total_size(assembly->plan, unary->run.fetches, page)};
  return response_write(assembly, unary->call->method, (struct response_rows){NULL, 0, n}, tail, error);
}

static bool write_answer(const struct unary *unary, struct writer *writer, struct error *error)
{
  struct assembly assembly = assembly_of(unary, writer);
  switch (unary->request.binding.root) {
  case PLAN_ROOT_ONE:
    return write_one(unary, &assembly, error);
  case PLAN_ROOT_MANY:
    return write_many(unary, &assembly, error);
  case PLAN_ROOT_PAGE:
    break;
  }
  return write_page(unary, &assembly, error);
}

static void answer(struct unary *unary)
{
  struct call *call = unary->call;
  struct error error;
  int64_t start_us = clock_monotonic_us();
  struct writer *writer = message_begin(FIRST_CAPACITY);
  bool written = write_answer(unary, writer, &error);
  variants_warn(&unary->run);
  if (resource_call_wants_stats(call))
    resource_call_add_stats(call, &unary->run.stats, clock_monotonic_us() - start_us);
  if (written) {
    call_succeed(call, message_take(writer));
  } else {
    message_drop(writer);
    call_fail(call, &error);
  }
}

/* On the shard's thread. */
static void on_run_done(struct run *run)
{
  struct unary *unary = run->user;
  struct call *call = unary->call;
  pthread_mutex_lock(&call->mutex);
  unary->running = false;
  pthread_mutex_unlock(&call->mutex);
  assert(run->stats.statements <= plan_most_statements(run->plan));
  access_add_run(&call->access, &run->stats);
  if (run->error.code == ERROR_NONE)
    answer(unary);
  else
    call_fail(call, &run->error);
  call_unref(call);
}

static bool prepare_run(struct unary *unary, struct str message, struct error *error)
{
  struct call *call = unary->call;
  struct plan *plan;
  if (!resource_call_bind(call, message, &unary->request, error))
    return false;
  const struct binding *binding = &unary->request.binding;
  unary->run = (struct run){.arena = call->arena,
                            .limit = binding->page_size,
                            .deadline_us = call->deadline_us,
                            .done = on_run_done,
                            .user = unary};
  if (!request_plan(binding, call->server->plans, binding->cursor, binding->page_size, call->arena, &plan,
                    &unary->run.arguments, error))
    return false;
  unary->run.plan = plan;
  unary->run.claims = binding->claims.arguments;
  arena_defer(call->arena, release_plan, plan);
  return true;
}

/* The run may be done before storage_queue returns; its done waits for the mutex. */
static bool start_run(struct unary *unary, struct error *error)
{
  struct call *call = unary->call;
  bool started = false;
  call_ref(call);
  pthread_mutex_lock(&call->mutex);
  if (call->cancelled)
    error_set(error, ERROR_CANCELLED, "CANCELLED", "the client went away");
  else
    started = unary->running = storage_queue(call->server->storage, &unary->run, error);
  pthread_mutex_unlock(&call->mutex);
  if (!started)
    call_unref(call);
  return started;
}

static void on_message(struct call *call, struct str message)
{
  struct unary *unary = ARENA_NEW(call->arena, struct unary);
  struct error error;
  unary->call = call;
  call->state = unary;
  if (!prepare_run(unary, message, &error) || !start_run(unary, &error))
    call_fail(call, &error);
}

static void on_cancel(struct call *call)
{
  struct unary *unary = call->state;
  pthread_mutex_lock(&call->mutex);
  if (unary != NULL && unary->running)
    run_cancel(call->server->storage, &unary->run);
  pthread_mutex_unlock(&call->mutex);
}

const struct call_handler unary_handler = {
    .on_message = on_message,
    .on_end = resource_call_end,
    .on_cancel = on_cancel,
};

/*
 * request_path.c - what unary.c, resource_call.c and dispatch.c do for a call, one after the other on one
 * thread.
 *
 * A call owns its arena, which holds everything between its bytes and its answer; the plan is the cache's.
 * Its answer is written in its run's `done`, as in the server: rows of a group stand no longer than that.
 * Nothing here may fail: a refusal means that the path has changed, and ends the program with the refusal's
 * own words.
 */
#include "bench/request_path.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "server/response.h"
#include "storage/group.h"

#define STATEMENT_CACHE 256
#define PLAN_CACHE 100
#define FIRST_CAPACITY 16384

static _Noreturn void give_up(const char *what, const struct error *error)
{
  fprintf(stderr, "request path: %s: %s\n", what, error->message);
  abort();
}

/* ---- the pipeline's owner: an execution is settled at once, and freed when it is off the pipeline ---- */

static void when_settled(void *user, struct execution *execution)
{
  if (execution->failed)
    give_up("a run failed", &execution->error);
  struct run *run = execution_finish(execution, clock_monotonic_us());
  run->done(run);
}

static void when_outgrown(void *user, struct execution *execution)
{
  give_up("a run was outgrown", &execution->error);
}

static void when_ended(void *user, struct execution *execution)
{
  execution_free(execution);
}

/* ---- the path ---- */

struct request_path *request_path_new(void)
{
  static const struct pipeline_owner owner = {when_settled, when_outgrown, when_ended, NULL};
  char *arguments[] = {"bench", NULL}, **positional;
  int n_positional;
  struct error error;
  struct request_path *path = calloc(1, sizeof *path);
  if (path == NULL)
    abort();
  path->world = events_world();
  world_must_be_sound(&path->world);
  path->limits = PLANNER_LIMITS_DEFAULT;
  if (!settings_parse(&path->settings, 1, arguments, NULL, 0, &positional, &n_positional, &error))
    give_up("settings", &error);
  path->token_keys = page_token_keys_new("", 3600, &error);
  if (path->token_keys == NULL)
    give_up("token keys", &error);
  path->plans = plan_cache_new(PLAN_CACHE);
  path->postgres = canned_postgres_new();
  pipeline_init(&path->pipeline, &canned_calls, canned_connection(path->postgres), STATEMENT_CACHE, &owner);
  return path;
}

void request_path_free(struct request_path *path)
{
  pipeline_done(&path->pipeline);
  canned_postgres_free(path->postgres);
  plan_cache_free(path->plans);
  page_token_keys_free(path->token_keys);
  world_done(&path->world);
  free(path);
}

/* ---- requests ---- */

static void put_varint(struct strbuf *bytes, uint64_t value)
{
  for (; value >= 0x80; value >>= 7)
    strbuf_putc(bytes, (char)(value | 0x80));
  strbuf_putc(bytes, (char)value);
}

static uint32_t number_of(const struct path_request *request, const char *field)
{
  return schema_message_field(request->method->method->input, str_from(field))->number;
}

static void put_number(struct path_request *request, const char *field, uint64_t value)
{
  put_varint(&request->bytes, (uint64_t)number_of(request, field) << 3);
  put_varint(&request->bytes, value);
}

static void put_bytes(struct strbuf *bytes, uint32_t number, const char *data, size_t len)
{
  put_varint(bytes, (uint64_t)number << 3 | WIRE_BYTES);
  put_varint(bytes, len);
  strbuf_add(bytes, data, len);
}

static void put_tree(struct path_request *request)
{
  static const char *const paths[] = {"id",
                                      "name",
                                      "event_date",
                                      "creator",
                                      "attendees.id",
                                      "attendees.name",
                                      "attendees.organization.id",
                                      "attendees.organization.name",
                                      "unaffiliated_attendees.id",
                                      "unaffiliated_attendees.name"};
  struct strbuf mask = {0};
  for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
    put_bytes(&mask, 1, paths[i], strlen(paths[i]));
  put_bytes(&request->bytes, number_of(request, "read_mask"), mask.data, mask.len);
  strbuf_done(&mask);
}

struct path_request path_request_event(const struct request_path *path, int64_t id)
{
  struct path_request request = {.method = world_method(&path->world, "GetEvent")};
  put_number(&request, "id", (uint64_t)id);
  put_tree(&request);
  return request;
}

/* The token behind an event, as the page before would have given it. */
static void put_token(struct request_path *path, struct path_request *request, int64_t behind)
{
  uint64_t id = htobe64((uint64_t)behind);
  struct cell cell = {(const uint8_t *)&id, sizeof id};
  struct path_call call;
  path_bind(&call, path, request);
  const char *token = binding_token(&call.binding, (struct cursor){&cell, 1}, call.arena);
  put_bytes(&request->bytes, number_of(request, "page_token"), token, strlen(token));
  arena_free(call.arena);
}

struct path_request path_request_page(struct request_path *path, uint32_t page_size, int64_t behind)
{
  struct path_request request = {.method = world_method(&path->world, "ListEvents")};
  put_number(&request, "page_size", page_size);
  put_tree(&request);
  put_token(path, &request, behind);
  return request;
}

void path_request_done(struct path_request *request)
{
  strbuf_done(&request->bytes);
}

/* ---- from bytes to a plan ---- */

void path_bind(struct path_call *call, struct request_path *path, const struct path_request *request)
{
  struct message_value *message;
  struct error error;
  *call = (struct path_call){.path = path, .request = request};
  call->arena = arena_new((size_t)path->settings.max_result_bytes);
  call->context = (struct binding_context){.graph = path->world.graph,
                                           .method = request->method,
                                           .settings = &path->settings,
                                           .limits = &path->limits,
                                           .token_keys = path->token_keys};
  if (!request_read(request->method->method->input, request->bytes.data, request->bytes.len,
                    &REQUEST_LIMITS_DEFAULT, call->arena, &message, &error) ||
      !binding_make(&call->context, message, call->arena, &call->binding, &error))
    give_up("a request was refused", &error);
}

static void release_plan(void *plan)
{
  plan_unref(plan);
}

static void when_done(struct run *run)
{
  if (run->error.code != ERROR_NONE)
    give_up("a run failed", &run->error);
  path_write(run->user);
}

void path_plan(struct path_call *call)
{
  const struct binding *binding = &call->binding;
  struct plan *plan;
  struct error error;
  call->run = (struct run){.arena = call->arena,
                           .limit = binding->page_size,
                           .deadline_us = CLOCK_NEVER,
                           .done = when_done,
                           .user = call};
  if (!request_plan(binding, call->path->plans, binding->cursor, binding->page_size, call->arena, &plan,
                    &call->run.arguments, &error))
    give_up("a request was not planned", &error);
  call->run.plan = plan;
  arena_defer(call->arena, release_plan, plan);
}

/* A page brings the first row of the next one too. */
void path_learn(struct path_call *call, size_t n)
{
  struct plan *plan = call->run.plan;
  size_t n_events = plan->root == PLAN_ROOT_PAGE ? (size_t)call->run.limit + 1 : 1;
  canned_postgres_learn(call->path->postgres, plan, 1, n_events);
  if (n > 1)
    canned_postgres_learn(call->path->postgres, plan->many, 1, n);
}

/* ---- from a plan to bytes ---- */

static struct execution *in_a_group(struct path_call *calls, size_t n)
{
  int64_t now_us = clock_monotonic_us();
  struct execution *first = execution_new(&calls[0].run, now_us);
  struct group *group = group_new(first, (unsigned)n);
  for (size_t i = 0; i < n; i++)
    if (!group_add(group, i == 0 ? first : execution_new(&calls[i].run, now_us)))
      give_up("a group took no more", &(struct error){.message = "it has limits of its own"});
  return group_execution(group, now_us);
}

void path_run(struct path_call *calls, size_t n)
{
  struct pipeline *pipeline = &calls[0].path->pipeline;
  struct execution *execution =
      n == 1 ? execution_new(&calls[0].run, clock_monotonic_us()) : in_a_group(calls, n);
  bool progress;
  pipeline_start(pipeline, execution, NULL, clock_monotonic_us());
  while (!pipeline_idle(pipeline))
    if (!pipeline_read(pipeline, &progress))
      give_up("the pipeline", &(struct error){.message = "lost its connection"});
}

static bool write_page(const struct path_call *call, const struct assembly *assembly, struct error *error)
{
  const struct rows *rows = &call->run.fetches[0].rows;
  size_t n = rows->n > call->run.limit ? call->run.limit : rows->n;
  const char *token =
      binding_token(&call->binding, binding_cursor_at(assembly->plan, rows, n - 1, call->arena), call->arena);
  return response_write(assembly, call->request->method, (struct response_rows){NULL, 0, n},
                        (struct response_tail){token, 0}, error);
}

void path_write(struct path_call *call)
{
  struct writer writer;
  struct error error;
  struct assembly assembly = {.plan = call->run.rows_plan,
                              .fetches = call->run.fetches,
                              .writer = &writer,
                              .binding = &call->binding,
                              .arena = call->arena,
                              .max_bytes = (size_t)call->path->settings.max_result_bytes};
  writer_init(&writer, FIRST_CAPACITY);
  bool written =
      call->binding.root == PLAN_ROOT_PAGE
          ? write_page(call, &assembly, &error)
          : assemble_message(&assembly, assembly.plan->shape, (size_t)call->run.root_rows[0], &error);
  if (!written)
    give_up("an answer was not written", &error);
  call->answer_bytes = writer_size(&writer);
  writer_done(&writer);
}

void path_end(struct path_call *call)
{
  arena_free(call->arena);
}

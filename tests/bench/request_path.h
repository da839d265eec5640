/*
 * request_path.h - what Rowan does for a request, without a network and without Postgres.
 *
 * From the request's bytes to the answer's: reading and binding, the plan from the cache, parameters, the
 * pipeline over canned answers, stitching, writing.  The same calls in the same order as in the server, where
 * completion queues, threads and sockets stand between them.
 */
#pragma once

#include "bench/canned_postgres.h"
#include "proto/wire.h"
#include "server/request_plan.h"
#include "storage/pipeline.h"
#include "storage/storage.h"
#include "support/graph_world.h"

struct request_path {
  struct graph_world world; /* the events example */
  struct settings settings;
  struct planner_limits limits;
  struct page_token_keys *token_keys;
  struct plan_cache *plans;
  struct canned_postgres *postgres;
  struct pipeline pipeline;
};

/* A request's bytes, as a client would send them. */
struct path_request {
  const struct graph_method *method;
  struct strbuf bytes;
};

/* A request on its way.  It must stay where it is until path_end. */
struct path_call {
  struct request_path *path;
  const struct path_request *request;
  struct arena *arena;
  struct binding_context context;
  struct binding binding;
  struct run run;
  size_t answer_bytes; /* 0: not answered yet */
};

struct request_path *request_path_new(void);
void request_path_free(struct request_path *path);

/* The benchmark's tree of events, behind a single event's id or behind a page token. */
struct path_request path_request_event(const struct request_path *path, int64_t id);
struct path_request path_request_page(struct request_path *path, uint32_t page_size, int64_t behind);
void path_request_done(struct path_request *request);

/* Whatever is refused here ends the program with the refusal: requests and rows are our own. */
void path_bind(struct path_call *call, struct request_path *path, const struct path_request *request);
void path_plan(struct path_call *call);

/* Runs the calls, several as a group, and writes their answers. */
void path_run(struct path_call *calls, size_t n);

/* Writes the answer of a call that was run alone once more. */
void path_write(struct path_call *call);
void path_end(struct path_call *call);

/* Has Postgres know the plan of a planned call, and that of groups of n such calls. */
void path_learn(struct path_call *call, size_t n);

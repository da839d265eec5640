/*
 * call.h - one call, from the core's notice of it to its last completion.
 *
 * A call is counted by references: one for each batch under way in the core (receiving the close, receiving a
 * message, sending, finishing) and one for each run under way in storage.  Whoever drops the last one frees
 * it.
 *
 * What a call does is its handler's; what every call must do right (close, cancel, status, trailers) is done
 * here. Handlers' functions come from the thread of the call's completion queue, but for visit, which comes
 * from the watchdog's.
 */
#pragma once

#include <grpc/grpc.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/arena.h"
#include "base/error.h"
#include "planner/graph.h"
#include "server/access_log.h"
#include "server/claims.h"
#include "server/server.h"

struct call;

/* What a completion queue hands back. */
struct tag {
  void (*complete)(void *object, bool ok);
  void *object;
};

struct call_handler {
  /* A message has come.  It stands until the next call_receive. */
  void (*on_message)(struct call *call, struct str message);
  /* The client will send no (further) message. */
  void (*on_end)(struct call *call);
  /* call_send has ended; false when the client is gone. */
  void (*on_sent)(struct call *call, bool ok);
  /* The client went away, or its deadline passed.  NULL when there is nothing to stop. */
  void (*on_cancel)(struct call *call);
  /* After call_watch: once in a while.  NULL for calls that need no looking after. */
  void (*visit)(struct call *call, int64_t now_us);
  /* The call is about to be freed: no other thread knows it any more. */
  void (*on_free)(struct call *call);
};

#define CALL_TRAILERS_MAX 4

struct call {
  struct server *server;
  const struct call_handler *handler;
  void *state; /* the handler's; usually in the arena */
  struct arena *arena;
  const struct graph *graph;         /* a reference; NULL for calls that need none */
  const struct graph_method *method; /* of the graph; NULL likewise */
  int64_t deadline_us;               /* monotonic; CLOCK_NEVER for none */
  pthread_mutex_t mutex;             /* for the handler's state, and for: */
  bool cancelled;                    /* the client went away, or its deadline passed */
  struct access access;              /* handlers add their runs, before they end the call */

  grpc_call *handle;
  grpc_call_details details;
  grpc_metadata_array headers;
  struct queue *queue; /* the listener's, which posted it */
  struct tag accepted;

  /* call.c's own */
  atomic_uint references;
  atomic_bool finished; /* the status is on its way */
  bool admitted;
  bool metadata_sent;
  bool watching;
  struct watched watched;
  int client_gone;
  grpc_byte_buffer *incoming;
  grpc_slice message;
  grpc_metadata trailers[CALL_TRAILERS_MAX];
  size_t n_trailers;
  struct tag closed, received, sent, ended;
};

/* A call that the core will fill: grpc_server_request_call takes handle, details and headers. */
struct call *call_new(struct server *server);

/* The core has filled the call: counts it in and listens for its end.  The caller holds one reference. */
void call_accept(struct call *call);

void call_ref(struct call *call);
void call_unref(struct call *call);

/* Gives the call to its handler and asks for the first message. */
void call_begin(struct call *call, const struct call_handler *handler);

/* Has the call visited by the watchdog until it is freed. */
void call_watch(struct call *call);

/* Asks for the next message: on_message or on_end.  At most one at a time. */
void call_receive(struct call *call);

/* Sends a message of a stream (takes it): on_sent.  At most one at a time.  `more`: another is at hand and
 * will follow at once, so that the core need not flush for this one. */
void call_send(struct call *call, grpc_byte_buffer *message, bool more);

/* Adds a trailer, to go out with the status.  The value is copied. */
void call_add_trailer(struct call *call, const char *static_key, struct str value);

/* Ends the call: with OK after `last` (may be NULL; taken), or with an error.  Only the first end counts, and
 * whether this was it is the result. */
bool call_succeed(struct call *call, grpc_byte_buffer *last);
bool call_fail(struct call *call, const struct error *error);

/* Ends a call whose client takes nothing, so that no status could be queued behind what it leaves unread. */
void call_abort(struct call *call, const struct error *error);

/* What the caller's claims are, by --claims-header; NULL where there are none.  UNAUTHENTICATED when they
 * cannot be read. */
NODISCARD bool call_claims(struct call *call, const struct claims **ret, struct error *error);

/* The values of a header, joined by commas; empty when there is none. */
struct str call_header(struct call *call, const char *key);

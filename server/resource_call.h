/*
 * resource_call.h - what unary calls and streams begin with: the request, read and bound.
 */
#pragma once

#include "server/call.h"
#include "server/request_binding.h"

struct resource_call {
  struct binding_context context;
  struct binding binding;
};

/* Reads and binds the first message, all in the call's arena. */
NODISCARD bool resource_call_bind(struct call *call, struct str message, struct resource_call *ret,
                                  struct error *error);

/* Whether the client asked for statistics in the trailers; and the trailer. */
bool resource_call_wants_stats(struct call *call);
void resource_call_add_stats(struct call *call, const struct run_stats *stats, int64_t encode_us);

/* A client that went away, or ended its side without a message. */
void resource_call_end(struct call *call);

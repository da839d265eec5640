/*
 * explain_request.h - a request to be explained: a whole one, a few texts, or some of both.
 */
#pragma once

#include "planner/graph.h"
#include "proto/request.h"

/* Texts are empty where nothing was said. */
struct explain_request {
  struct str method; /* "events.v1.EventService/ListEvents", or a method's name that is unique */
  /* The method's request: one of the two, or neither. */
  const char *json;               /* as people write it; NULL for none */
  struct str packed, packed_type; /* its bytes, and the URL of its type; no URL for none */
  struct str *mask;               /* paths */
  size_t n_mask;
  struct str filter, order_by;
  int64_t page_size;
  struct str *keys; /* Get, BatchGet: values of a lookup, in its order */
  size_t n_keys;
  const struct field_value *relation_arguments; /* of a message of any schema; NULL for none */
  bool analyze;
};

/* The method's request message; whether it says which resource it asks for.  What was said twice, and what
 * the method's request has no field for, is INVALID_ARGUMENT, reason INVALID_EXPLAIN. */
NODISCARD bool explain_request_message(const struct explain_request *request,
                                       const struct graph_method *method, struct arena *arena,
                                       const struct message_value **ret, bool *ret_has_keys,
                                       struct error *error);

/*
 * request_conditions.h - request fields that filter a List or Stream, as conditions.
 */
#pragma once

#include "planner/argument.h"
#include "planner/graph.h"
#include "proto/request.h"

/* All conditions of the fields that are sent, together; *ret is NULL when none is.  Their values are appended
 * to `arguments`.  INVALID_ARGUMENT, error field the request's, for a value that the column cannot hold. */
NODISCARD bool request_conditions(const struct graph_method *method, const struct message_value *request,
                                  struct arena *arena, struct arguments *arguments, const struct expr **ret,
                                  struct error *error);

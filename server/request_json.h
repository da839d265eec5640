/*
 * request_json.h - a request as people write it: protobuf's JSON, as grpcurl and buf take it.
 */
#pragma once

#include "base/error.h"
#include "proto/request.h"

/*
 * A message of `type` in `arena`, with what its wire form would have given.  Fields go by their proto or JSON
 * names; 64-bit integers are numbers or strings; a field mask is "a,b.c" or {"paths": ["a", "b.c"]}; null
 * leaves a field unset.  INVALID_ARGUMENT, reason MALFORMED_REQUEST, with the path of what is wrong: an
 * unknown field with the nearest one.
 */
NODISCARD bool request_from_json(const struct schema_message *type, const char *text, struct arena *arena,
                                 struct message_value **ret, struct error *error);

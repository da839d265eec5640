/*
 * request_keys.h - which resources a Get or BatchGet asks for.
 *
 * A key asked for twice is looked up once; the answer keeps the request's order all the same.
 */
#pragma once

#include "base/arena.h"
#include "planner/argument.h"
#include "planner/graph.h"
#include "proto/request.h"

struct requested_keys {
  const struct graph_lookup *lookup;
  size_t n;                  /* as in the request; 1 for Get */
  const uint32_t *unique_of; /* by position in the request: which of the distinct keys */
  size_t n_unique;
  struct field_value *columns; /* by column of the lookup: the distinct keys' values */
};

/* Get: the value as sent where there is one lookup, exactly one set where there are several. */
NODISCARD bool requested_key(const struct graph_method *method, const struct message_value *request,
                             struct arena *arena, struct requested_keys *ret, struct error *error);

/* BatchGet: at least one key and at most `most`. */
NODISCARD bool requested_batch(const struct graph_method *method, const struct message_value *request,
                               size_t most, struct arena *arena, struct requested_keys *ret,
                               struct error *error);

/* Appends one argument a column, lists for a batch. */
NODISCARD bool requested_arguments(const struct requested_keys *keys, bool list, struct arena *arena,
                                   struct arguments *arguments, struct error *error);

/* "id = 7, name = \"x\"": the key at a position of the request, for a message to the client. */
const char *requested_key_text(const struct requested_keys *keys, size_t i, struct arena *arena);

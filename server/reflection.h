/*
 * reflection.h - grpc.reflection, v1 and v1alpha (one wire format): one answer to one request of the stream.
 *
 * Misses are answered inside the stream (error_response), never by failing it.  Files are the descriptor
 * set's own bytes, so custom options survive; Rowan's own services (health, reflection, error details) are
 * known too.
 */
#pragma once

#include "base/str.h"
#include "proto/schema.h"

struct reflection;

/* `schema` must outlive it.  `builtin` are Rowan's own contracts: health, both reflections, error_details. */
struct reflection *reflection_new(const struct schema *schema, const struct schema *builtin);
/* Leaves a service out of the list, before the first question. */
void reflection_hide(struct reflection *reflection, const char *service);
void reflection_free(struct reflection *reflection);

/* Appends the ServerReflectionResponse for the serialized ServerReflectionRequest; false when that is
 * malformed. */
bool reflection_answer(const struct reflection *reflection, struct str request, struct strbuf *ret);

/*
 * encode.h - one column's binary value → one field's wire bytes, by the codec chosen with the graph.
 *
 * Binary formats: the send functions of PostgreSQL's data types (src/backend/utils/adt).
 */
#pragma once

#include "base/error.h"
#include "planner/graph.h"
#include "proto/wire.h"
#include "storage/rows.h"

/* Writes the field; nothing for NULL, and nothing for a zero value where the field has no presence. */
NODISCARD bool encode_field(struct writer *writer, const struct graph_field *field, const struct cell *cell,
                            struct error *error);

/*
 * graph_raw.h - what unpacking an annotation loses.
 */
#pragma once

#include "proto/schema.h"

/* Whether a field's aggregate names more than one function.  Each of several option lines may name its own;
 * unpacked, the last one wins and the others leave no trace, so this looks at the descriptor's bytes. */
bool aggregate_has_two_functions(const struct schema_field *field);

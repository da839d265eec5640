/*
 * compatibility.h - what clients of one descriptor set would miss in another: rowan check --against.
 *
 * Wire, names and behaviour: a field's number, name and type, since masks, filters and JSON name fields; and
 * the defaults that a client relies on without naming them.  Additions break nobody.
 */
#pragma once

#include "planner/graph.h"

/* Adds to *problems (initialised by the caller with an arena) everything that a client made for `before`
 * would notice of `after`, in order.  Both must outlive the problems. */
void compatibility_check(const struct schema *before, const struct schema *after, struct problems *problems);

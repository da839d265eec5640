/*
 * methods.h - which handler serves a path.
 */
#pragma once

#include "server/call.h"

/* Begins an admitted call, or refuses it at once.  Takes the reference to the graph; NULL while there is
 * none. */
void methods_dispatch(struct call *call, const struct graph *graph);

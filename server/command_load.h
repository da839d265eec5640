/*
 * command_load.h - what check, explain and graph begin with: the declarations met with the database.
 */
#pragma once

#include "planner/graph.h"
#include "server/settings.h"

/* Loads the set, reads the catalog and builds the graph; *problems is initialised, its arena to be freed by
 * the caller. NULL after the reason was printed to stderr; *problems is then untouched. */
struct graph *command_load(const struct settings *settings, struct problems *problems);

/* "rowan: …" on stderr, with the detail where there is one: here the operator is the reader. */
void command_print_error(const struct error *error);

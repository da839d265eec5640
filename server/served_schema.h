/*
 * served_schema.h - the declarations that are served: those of the descriptor set, or with --introspect those
 * that `rowan init` would write for the database.
 */
#pragma once

#include "planner/catalog.h"
#include "planner/init.h"
#include "server/settings.h"

/* NULL and *error when there are none to be had; a reference to `before` (NULL is allowed) where they are the
 * same.  *ret_notes tells what introspection left out, in `arena`. */
struct schema *served_schema_load(const struct settings *settings, const struct catalog *catalog,
                                  const struct schema *before, struct arena *arena,
                                  struct init_notes *ret_notes, struct error *error);

/* What can be told of it without the database: nothing, with --introspect. */
struct schema *served_schema_without_catalog(const struct settings *settings, struct error *error);

/*
 * catalog_reader.h - reads the database's catalog, in a handful of queries over one connection of its own.
 */
#pragma once

#include "base/error.h"
#include "planner/catalog.h"

/* Connects (blocking), reads everything in one read-only snapshot, disconnects.  UNAVAILABLE with libpq's
 * message in `detail` and a summary for the operator in `message`. */
NODISCARD struct catalog *catalog_read(const char *database, struct error *error);

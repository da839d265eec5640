/*
 * scratch_database.h - a database of a test's own, in the cluster of ROWAN_TEST_DATABASE.
 */
#pragma once

#include <libpq-fe.h>

struct scratch_database {
  PGconn *connection; /* to the database */
  char conninfo[512]; /* the same, for who connects by himself */
  char name[64];
};

/* Creates the database and runs the SQL in it.  NULL when ROWAN_TEST_DATABASE is not set, with a word on
 * stderr; aborts when anything fails. */
struct scratch_database *scratch_database_new(const char *sql);

/* Drops it.  NULL is allowed. */
void scratch_database_free(struct scratch_database *database);

/*
 * test_catalog_watch.c - what is heard of a change, and what a fingerprint tells.  Skipped without
 * ROWAN_TEST_DATABASE.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

#include "storage/catalog_reader.h"
#include "storage/catalog_watch.h"
#include "support/scratch_database.h"

static const char world_sql[] =
    "CREATE TYPE mood AS ENUM ('sad', 'happy');"
    "CREATE TABLE things (id int PRIMARY KEY, name text);"
    "CREATE TABLE rows (id int);"
    "CREATE FUNCTION twice(rows) RETURNS int LANGUAGE sql STABLE RETURN $1.id * 2;";

static void run_sql(struct scratch_database *database, const char *sql)
{
  PGresult *result = PQexec(database->connection, sql);
  if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK)
    fail_msg("%s: %s", sql, PQerrorMessage(database->connection));
  PQclear(result);
}

/* ---- the fingerprint ---- */

static char *fingerprint_of(struct scratch_database *database)
{
  struct error error;
  struct catalog *catalog = catalog_read(database->conninfo, &error);
  assert_non_null(catalog);
  char *fingerprint = strdup(catalog->fingerprint);
  catalog_free(catalog);
  return fingerprint;
}

/* Whether the fingerprint is another after the SQL. */
static bool differs(struct scratch_database *database, const char *sql)
{
  char *before = fingerprint_of(database);
  run_sql(database, sql);
  char *after = fingerprint_of(database);
  bool different = strcmp(before, after) != 0;
  free(before);
  free(after);
  return different;
}

static void test_definitions_change_the_fingerprint(void **state)
{
  static const char *const definitions[] = {
      "ALTER TABLE things ADD COLUMN size int",
      "ALTER TABLE things ALTER COLUMN size TYPE bigint",
      "ALTER TABLE things ALTER COLUMN size SET NOT NULL",
      "ALTER TABLE things RENAME COLUMN size TO extent",
      "ALTER TABLE things DROP COLUMN extent",
      "ALTER TABLE things ADD UNIQUE (name)",
      "ALTER TABLE things RENAME TO items",
      "ALTER TYPE mood ADD VALUE 'so so'",
      "GRANT SELECT (name) ON items TO pg_monitor",
      "CREATE TABLE others (id int PRIMARY KEY, item int REFERENCES items)",
      "CREATE VIEW all_others AS SELECT * FROM others",
      "ALTER FUNCTION twice(rows) VOLATILE",
      "DROP FUNCTION twice(rows)",
      "ALTER TABLE items ENABLE ROW LEVEL SECURITY",
      "DROP TABLE others CASCADE",
  };
  for (size_t i = 0; i < LENGTH_OF(definitions); i++)
    if (!differs(*state, definitions[i]))
      fail_msg("unnoticed: %s", definitions[i]);
}

static void test_other_work_leaves_the_fingerprint(void **state)
{
  static const char *const work[] = {
      "INSERT INTO things SELECT i, 'x' FROM generate_series(1, 100) i",
      "ANALYZE things",
      "VACUUM FULL things",
      "TRUNCATE things",
      "CREATE TEMPORARY TABLE passing (id int)",
      "REINDEX TABLE things",
  };
  for (size_t i = 0; i < LENGTH_OF(work); i++)
    if (differs(*state, work[i]))
      fail_msg("a change of the schema?  %s", work[i]);
}

/* ---- the watch ---- */

struct heard {
  pthread_mutex_t mutex;
  pthread_cond_t change;
  unsigned n_notified, n_seen, n_troubles;
};

static void count(struct heard *heard, unsigned *counter)
{
  pthread_mutex_lock(&heard->mutex);
  ++*counter;
  pthread_cond_broadcast(&heard->change);
  pthread_mutex_unlock(&heard->mutex);
}

static void on_notified(void *user)
{
  struct heard *heard = user;
  count(heard, &heard->n_notified);
}

static void on_seen(void *user, const char *fingerprint)
{
  struct heard *heard = user;
  count(heard, &heard->n_seen);
}

static void on_trouble(void *user, const char *text, int64_t retry_ms)
{
  struct heard *heard = user;
  count(heard, &heard->n_troubles);
}

/* However long it takes on a machine that has other work: what never comes is the runner's time limit to end.
 */
static void wait_for(struct heard *heard, const unsigned *counter, unsigned least)
{
  pthread_mutex_lock(&heard->mutex);
  while (*counter < least)
    pthread_cond_wait(&heard->change, &heard->mutex);
  pthread_mutex_unlock(&heard->mutex);
}

#define HEARD                                                                                                \
  {                                                                                                          \
    PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, 0                                             \
  }

static struct catalog_watch *watch_new(const char *conninfo, int64_t poll_ms, struct heard *heard)
{
  struct catalog_watch_listener listener = {on_notified, on_seen, on_trouble, heard};
  struct catalog_watch *watch = catalog_watch_new(conninfo, poll_ms, &listener);
  catalog_watch_wait_first(watch);
  return watch;
}

static void test_notifications_are_heard(void **state)
{
  struct scratch_database *database = *state;
  struct heard heard = HEARD;
  struct catalog_watch *watch = watch_new(database->conninfo, 0, &heard);
  for (unsigned i = 1; i <= 3; i++) {
    run_sql(database, "NOTIFY rowan");
    wait_for(&heard, &heard.n_notified, i);
  }
  run_sql(database, "NOTIFY others");
  catalog_watch_free(watch);
  assert_int_equal(heard.n_notified, 3);
  assert_int_equal(heard.n_seen, 0);
}

static void test_the_fingerprint_is_polled(void **state)
{
  struct scratch_database *database = *state;
  struct heard heard = HEARD;
  struct catalog_watch *watch = watch_new(database->conninfo, 10, &heard);
  wait_for(&heard, &heard.n_seen, 3);
  run_sql(database, "NOTIFY rowan");
  wait_for(&heard, &heard.n_notified, 1);
  catalog_watch_free(watch);
}

static void test_after_a_lost_connection_the_fingerprint_is_read(void **state)
{
  struct scratch_database *database = *state;
  struct heard heard = HEARD;
  struct catalog_watch *watch = watch_new(database->conninfo, 0, &heard);
  run_sql(database, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()");
  wait_for(&heard, &heard.n_troubles, 1);
  wait_for(&heard, &heard.n_seen, 1);
  run_sql(database, "NOTIFY rowan");
  wait_for(&heard, &heard.n_notified, 1);
  catalog_watch_free(watch);
}

static void test_a_database_that_is_not_there_is_tried_again(void **state)
{
  struct heard heard = HEARD;
  struct catalog_watch *watch = watch_new("host=/nonexistent", 0, &heard);
  wait_for(&heard, &heard.n_troubles, 2);
  catalog_watch_free(watch);
  assert_int_equal(heard.n_notified + heard.n_seen, 0);
}

static int make_database(void **state)
{
  *state = scratch_database_new(world_sql);
  return *state == NULL;
}

static int drop_database(void **state)
{
  scratch_database_free(*state);
  return 0;
}

int main(void)
{
  if (getenv("ROWAN_TEST_DATABASE") == NULL) {
    fputs("skipped: ROWAN_TEST_DATABASE is not set\n", stderr);
    return 77;
  }
#define WITH_DATABASE(test) cmocka_unit_test_setup_teardown(test, make_database, drop_database)
  const struct CMUnitTest tests[] = {
      WITH_DATABASE(test_definitions_change_the_fingerprint),
      WITH_DATABASE(test_other_work_leaves_the_fingerprint),
      WITH_DATABASE(test_notifications_are_heard),
      WITH_DATABASE(test_the_fingerprint_is_polled),
      WITH_DATABASE(test_after_a_lost_connection_the_fingerprint_is_read),
      cmocka_unit_test(test_a_database_that_is_not_there_is_tried_again),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

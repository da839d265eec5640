/*
 * storage_probe.h - a storage, runs that can be waited for, and the database from beside.
 *
 * A statement that is to take its time waits at a gate: an advisory lock that the test holds from beside,
 * until it has seen what it wants to see.  Whether a statement has come that far is asked of Postgres,
 * whether a run has come to the queue of the storage's thread.  Time decides nothing but when to give up.
 */
#pragma once

#include <endian.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <libpq-fe.h>

#include "base/clock.h"
#include "proto/request.h"
#include "storage/storage.h"
#include "unit/storage/hand_plan.h"

#define SECOND_US INT64_C(1000000)

/* After which something is taken for never to come. */
#define PATIENCE_S 60

static const char *database;
static PGconn *admin;
static char app_name[32];

/* ---- a storage that counts its events ---- */

static struct events {
  atomic_int by_kind[STORAGE_NOT_READY + 1];
} events;

static inline void count_event(void *user, const struct storage_event *event)
{
  atomic_fetch_add(&events.by_kind[event->kind], 1);
  if (getenv("ROWAN_TEST_VERBOSE") != NULL)
    fprintf(stderr, "event %d %s %s\n", event->kind, event->sqlstate, event->text);
}

static inline int count_of(enum storage_event_kind kind)
{
  return atomic_load(&events.by_kind[kind]);
}

static inline struct storage_options options_default(void)
{
  return (struct storage_options){.database = database,
                                  .connections = 1,
                                  .stream_connections = 1,
                                  .shards = 1,
                                  .pipeline_depth = 16,
                                  .queue_limit = 1000,
                                  .statement_timeout_ms = 60000,
                                  .wave_timeout_ms = 60000,
                                  .statement_cache = 64,
                                  .on_event = count_event};
}

static inline struct storage *storage_with(const struct storage_options *options)
{
  struct error error;
  memset(&events, 0, sizeof events);
  struct storage *storage = storage_new(options, &error);
  assert_non_null(storage);
  return storage;
}

static inline struct storage *storage_default(void)
{
  struct storage_options options = options_default();
  return storage_with(&options);
}

static inline void pause_ms(long ms)
{
  struct timespec wait = {ms / 1000, ms % 1000 * 1000000};
  nanosleep(&wait, NULL);
}

static inline void wait_ready(const struct storage *storage)
{
  for (int i = 0; i < 100 * PATIENCE_S && !storage_ready(storage); i++)
    pause_ms(10);
  assert_true(storage_ready(storage));
}

/* Until a storage of options_default() but for so many connections has them all, and the one for sessions. */
static inline void wait_connected(unsigned connections)
{
  for (int i = 0; i < 100 * PATIENCE_S && count_of(STORAGE_CONNECTED) <= (int)connections; i++)
    pause_ms(10);
  assert_true(count_of(STORAGE_CONNECTED) > (int)connections);
}

/* ---- a run that can be waited for ---- */

struct probe {
  struct run run;
  union value value;
  struct argument argument;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  int n_done;
};

static inline void when_done(struct run *run)
{
  struct probe *probe = run->user;
  pthread_mutex_lock(&probe->lock);
  probe->n_done++;
  pthread_cond_signal(&probe->changed);
  pthread_mutex_unlock(&probe->lock);
}

static inline struct probe *probe_new(struct hand_plan *hand)
{
  struct probe *probe = calloc(1, sizeof *probe);
  pthread_mutex_init(&probe->lock, NULL);
  pthread_cond_init(&probe->changed, NULL);
  probe->run = (struct run){.plan = &hand->plan,
                            .arena = arena_new(0),
                            .deadline_us = clock_monotonic_us() + PATIENCE_S * SECOND_US,
                            .done = when_done,
                            .user = probe};
  return probe;
}

static inline void probe_argument(struct probe *probe, int64_t value)
{
  probe->value.i64 = value;
  probe->argument =
      (struct argument){.type = &hand_int8, .form = ARGUMENT_INTEGER, .n = 1, .values = &probe->value};
  probe->run.arguments = &probe->argument;
}

static inline void probe_text(struct probe *probe, const char *text)
{
  probe->value.bytes = str_from(text);
  probe->argument =
      (struct argument){.type = &hand_text, .form = ARGUMENT_TEXT, .n = 1, .values = &probe->value};
  probe->run.arguments = &probe->argument;
}

static inline void probe_start(struct probe *probe, struct storage *storage)
{
  struct error error = {0};
  bool taken = storage_run(storage, &probe->run, &error);
  if (!taken)
    print_error("refused: %s %s\n", error.reason, error.message);
  assert_true(taken);
}

static inline void probe_wait(struct probe *probe)
{
  pthread_mutex_lock(&probe->lock);
  while (probe->n_done == 0)
    pthread_cond_wait(&probe->changed, &probe->lock);
  pthread_mutex_unlock(&probe->lock);
  assert_int_equal(probe->n_done, 1);
}

static inline void probe_free(struct probe *probe)
{
  assert_int_equal(probe->n_done, 1);
  arena_free(probe->run.arena);
  pthread_mutex_destroy(&probe->lock);
  pthread_cond_destroy(&probe->changed);
  free(probe);
}

static inline void assert_good(const struct probe *probe)
{
  if (probe->run.error.code != ERROR_NONE)
    print_error("%s: %s (%s)\n", probe->run.error.reason, probe->run.error.message, probe->run.error.detail);
  assert_int_equal(probe->run.error.code, ERROR_NONE);
}

static inline void assert_error(const struct probe *probe, enum error_code code, const char *reason)
{
  assert_int_equal(probe->run.error.code, code);
  assert_string_equal(probe->run.error.reason, reason);
}

static inline int64_t integer_at(const struct probe *probe, unsigned fetch, size_t row, unsigned column)
{
  const struct rows *rows = &probe->run.fetches[fetch].rows;
  assert_true(row < rows->n);
  assert_int_equal(rows_at(rows, row)[column].len, 8);
  return cell_integer(&rows_at(rows, row)[column]);
}

static inline struct str text_at(const struct probe *probe, unsigned fetch, size_t row, unsigned column)
{
  const struct rows *rows = &probe->run.fetches[fetch].rows;
  assert_true(row < rows->n);
  const struct cell *cell = &rows_at(rows, row)[column];
  return (struct str){(const char *)cell->data, (size_t)cell->len};
}

/* Runs a plan to its end; the caller frees. */
static inline struct probe *run_now(struct storage *storage, struct hand_plan *hand)
{
  struct probe *probe = probe_new(hand);
  probe_start(probe, storage);
  probe_wait(probe);
  return probe;
}

static inline int64_t run_for_integer(struct storage *storage, const char *sql)
{
  struct hand_plan *hand = hand_plan_new(sql, 1);
  struct probe *probe = run_now(storage, hand);
  assert_good(probe);
  int64_t value = integer_at(probe, 0, 0, 0);
  probe_free(probe);
  free(hand);
  return value;
}

/* ---- the database from beside ---- */

static inline char *admin_text(const char *sql)
{
  static char text[256];
  PGresult *result = PQexec(admin, sql);
  if (PQresultStatus(result) != PGRES_TUPLES_OK && PQresultStatus(result) != PGRES_COMMAND_OK)
    fail_msg("%s: %s", sql, PQerrorMessage(admin));
  snprintf(text, sizeof text, "%s", PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "");
  PQclear(result);
  return text;
}

/* How many rows a query of one count finds, once it is `n`. */
static inline void wait_count(const char *sql, int n)
{
  for (int i = 0; i < 100 * PATIENCE_S && atoi(admin_text(sql)) != n; i++)
    pause_ms(10);
  assert_int_equal(atoi(admin_text(sql)), n);
}

static inline void wait_backends(const char *condition, int n)
{
  char sql[256];
  snprintf(sql, sizeof sql, "SELECT count(*) FROM pg_stat_activity WHERE application_name = '%s' AND %s",
           app_name, condition);
  wait_count(sql, n);
}

/* ---- gates ---- */

/* What a statement calls that is to wait: a function that returns void, as pg_sleep does.  The process id
 * tells the gates of tests apart that run at the same time. */
#define AT_GATE(gate) AT_GATE_NUMBERED(gate)
#define AT_GATE_NUMBERED(number)                                                                             \
  "pg_advisory_xact_lock_shared(split_part(current_setting('application_name'), '-', 3)::int4, " #number ")"

#define WAITING_AT_GATE                                                                                      \
  "FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND classid = %d AND objid = %d"

/* Waits for transactions that have passed it: a session's stands until the session is closed. */
static inline void gate_close(int gate)
{
  char sql[64];
  snprintf(sql, sizeof sql, "SELECT pg_advisory_lock(%d, %d)", (int)getpid(), gate);
  admin_text(sql);
}

static inline void gate_open(int gate)
{
  char sql[64];
  snprintf(sql, sizeof sql, "SELECT pg_advisory_unlock(%d, %d)", (int)getpid(), gate);
  assert_string_equal(admin_text(sql), "t");
}

/* Until as many statements wait at the gate. */
static inline void wait_at_gate(int gate, int n)
{
  char sql[256];
  snprintf(sql, sizeof sql, "SELECT count(*) " WAITING_AT_GATE, (int)getpid(), gate);
  wait_count(sql, n);
}

/* Waits for the one that comes to the gate, and for the end of its backend. */
static inline void terminate_at_gate(int gate)
{
  char sql[256];
  wait_at_gate(gate, 1);
  snprintf(sql, sizeof sql, "SELECT pg_terminate_backend(pid, %d) " WAITING_AT_GATE, PATIENCE_S * 1000,
           (int)getpid(), gate);
  assert_string_equal(admin_text(sql), "t");
}

/* Until all runs that were started before are in the queue, or further: one that comes too late for its
 * deadline is told so when its turn comes to be queued. */
static inline void wait_queued(struct storage *storage)
{
  struct hand_plan *hand = hand_plan_new("SELECT 1::int8", 1);
  struct probe *late = probe_new(hand);
  late->run.deadline_us = 0;
  probe_start(late, storage);
  probe_wait(late);
  assert_error(late, ERROR_DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED");
  assert_int_equal(late->run.stats.statements, 0);
  probe_free(late);
  free(hand);
}

/* Until all runs that were started before are on a connection, as far as one takes them: what is queued in
 * one turn of the storage's thread is sent before the next. */
static inline void wait_sent(struct storage *storage)
{
  wait_queued(storage);
  wait_queued(storage);
}

static inline int connect_admin(void **state)
{
  snprintf(app_name, sizeof app_name, "rowan-unit-%d", (int)getpid());
  admin = PQconnectdb(database);
  if (PQstatus(admin) != CONNECTION_OK)
    return -1;
  admin_text("SET client_min_messages = error");
  return setenv("PGAPPNAME", app_name, 1);
}

static inline int disconnect_admin(void **state)
{
  PQfinish(admin);
  return unsetenv("PGAPPNAME");
}

/* Runs the tests while few rows are expected and while many are, by *expected: then they come one at a time.
 */
#define RUN_BOTH_WAYS(tests, expected, set_up, tear_down)                                                    \
  run_both_ways(tests, sizeof tests / sizeof *tests, expected, set_up, tear_down)

static inline int run_both_ways(const struct CMUnitTest *tests, size_t n, double *expected,
                                CMFixtureFunction set_up, CMFixtureFunction tear_down)
{
  database = getenv("ROWAN_TEST_DATABASE");
  if (database == NULL) {
    puts("skipped: ROWAN_TEST_DATABASE names no database");
    return 77;
  }
  int failed = _cmocka_run_group_tests("row by row", tests, n, set_up, tear_down);
  *expected = 1;
  return failed + _cmocka_run_group_tests("whole results", tests, n, set_up, tear_down);
}

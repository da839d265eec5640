/*
 * test_storage_ending.c - runs that do not come to their end: cancelled, too late, too large, one too many.
 *
 * What is under way waits at a gate meanwhile.  Runs twice: with rows that come one at a time, and with whole
 * results.
 */
#include "unit/storage/storage_probe.h"

#define GATE 1        /* where `slow_plan` waits */
#define GATE_BEHIND 2 /* where what comes after it does */

static struct hand_plan *slow_plan(void)
{
  return hand_plan_new("SELECT " AT_GATE(GATE) "::text", 1);
}

/* Closes the gate and waits until the run has come to it. */
static struct probe *start_waiting(struct storage *storage, struct hand_plan *slow)
{
  struct probe *probe = probe_new(slow);
  gate_close(GATE);
  probe_start(probe, storage);
  wait_at_gate(GATE, 1);
  return probe;
}

/* One run at a time, two that wait. */
static struct storage *storage_of_depth_one(void)
{
  struct storage_options options = options_default();
  options.pipeline_depth = 1;
  options.queue_limit = 2;
  return storage_with(&options);
}

static void cancel_frees_the_connection(void **state)
{
  struct storage *storage = storage_default();
  struct hand_plan *slow = slow_plan();
  struct hand_plan *quick = hand_plan_new("SELECT 7::int8", 1);
  struct probe *waiting = start_waiting(storage, slow), *behind = probe_new(quick);
  probe_start(behind, storage);
  wait_sent(storage);
  run_cancel(storage, &waiting->run);
  probe_wait(waiting);
  assert_error(waiting, ERROR_CANCELLED, "CANCELLED");
  probe_wait(behind);
  assert_good(behind);
  wait_at_gate(GATE, 0);
  gate_open(GATE);
  assert_int_equal(run_for_integer(storage, "SELECT 3::int8"), 3);
  assert_int_equal(count_of(STORAGE_CONNECTION_LOST), 0);
  probe_free(waiting);
  probe_free(behind);
  storage_free(storage);
  free(slow);
  free(quick);
}

static void a_cancelled_run_behind_another_waits_its_turn(void **state)
{
  struct storage *storage = storage_default();
  struct hand_plan *slow = slow_plan();
  struct hand_plan *late = hand_plan_new("SELECT 1::text FROM " AT_GATE(GATE_BEHIND), 1);
  struct probe *waiting = start_waiting(storage, slow), *behind = probe_new(late);
  gate_close(GATE_BEHIND);
  probe_start(behind, storage);
  wait_sent(storage);
  run_cancel(storage, &behind->run);
  probe_wait(behind);
  assert_error(behind, ERROR_CANCELLED, "CANCELLED");
  gate_open(GATE);
  probe_wait(waiting);
  assert_good(waiting);
  assert_int_equal(run_for_integer(storage, "SELECT 3::int8"), 3);
  gate_open(GATE_BEHIND);
  assert_int_equal(count_of(STORAGE_CONNECTION_LOST), 0);
  probe_free(waiting);
  probe_free(behind);
  storage_free(storage);
  free(slow);
  free(late);
}

/* Every other run is cancelled while all of them share one connection: the others must not notice.  The
 * pauses vary what a cancel meets. */
static void cancels_hit_nobody_else(void **state)
{
  enum { N = 60 };
  struct storage *storage = storage_default();
  struct hand_plan *slow = slow_plan();
  struct hand_plan *quick = hand_plan_new("SELECT $1::int8 FROM pg_sleep(0.001)", 1);
  hand_argument(quick, &hand_int8);
  struct probe *probes[N];
  gate_close(GATE);
  for (int i = 0; i < N; i++) {
    probes[i] = probe_new(i % 2 == 0 ? slow : quick);
    probe_argument(probes[i], i);
    probe_start(probes[i], storage);
  }
  for (int i = 0; i < N; i += 2) {
    pause_ms(5);
    run_cancel(storage, &probes[i]->run);
  }
  for (int i = 0; i < N; i++) {
    probe_wait(probes[i]);
    if (i % 2 == 0) {
      assert_error(probes[i], ERROR_CANCELLED, "CANCELLED");
    } else {
      assert_good(probes[i]);
      assert_int_equal(integer_at(probes[i], 0, 0, 0), i);
    }
    probe_free(probes[i]);
  }
  gate_open(GATE);
  assert_int_equal(count_of(STORAGE_CONNECTION_LOST), 0);
  storage_free(storage);
  free(slow);
  free(quick);
}

/* How many statements were sent for a run that waits until its deadline ends it. */
static unsigned end_by_deadline(struct storage *storage, struct hand_plan *slow, int64_t deadline_us)
{
  struct probe *probe = probe_new(slow);
  probe->run.deadline_us = clock_monotonic_us() + deadline_us;
  probe_start(probe, storage);
  probe_wait(probe);
  assert_error(probe, ERROR_DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED");
  unsigned n_sent = probe->run.stats.statements;
  probe_free(probe);
  return n_sent;
}

static void deadlines_bind_what_is_under_way(void **state)
{
  struct storage *storage = storage_default();
  struct hand_plan *slow = slow_plan();
  gate_close(GATE);
  wait_ready(storage);
  int64_t deadline_us = SECOND_US / 10;
  while (end_by_deadline(storage, slow, deadline_us) == 0 && deadline_us < PATIENCE_S * SECOND_US)
    deadline_us *= 2;
  assert_true(deadline_us < PATIENCE_S * SECOND_US);
  assert_int_equal(run_for_integer(storage, "SELECT 3::int8"), 3);
  assert_int_equal(count_of(STORAGE_CONNECTION_LOST), 0);
  gate_open(GATE);
  storage_free(storage);
  free(slow);
}

static void deadlines_bind_what_is_queued(void **state)
{
  struct storage *storage = storage_of_depth_one();
  struct hand_plan *slow = slow_plan();
  struct probe *waiting = start_waiting(storage, slow);
  assert_int_equal(end_by_deadline(storage, slow, SECOND_US / 10), 0);
  assert_int_equal(waiting->n_done, 0);
  gate_open(GATE);
  probe_wait(waiting);
  assert_good(waiting);
  probe_free(waiting);
  storage_free(storage);
  free(slow);
}

static struct storage *root_arrived_at;

static void cancel_run(struct run *run)
{
  run_cancel(root_arrived_at, run);
}

/* And in them: at the root's statement, when the root's rows are there, at the child's statement. */
static void cancel_between_waves(void **state)
{
  static const struct {
    int gate;
    bool between;
  } cases[] = {{GATE, false}, {GATE_BEHIND, true}, {GATE_BEHIND, false}};
  struct storage *storage = root_arrived_at = storage_default();
  struct hand_plan *hand = hand_plan_new("SELECT 1::int8, " AT_GATE(GATE) "::text", 2);
  hand_child(hand, 0, PLAN_KEYS, "SELECT unnest($1), " AT_GATE(GATE_BEHIND) "::text", 2);
  for (size_t i = 0; i < LENGTH_OF(cases); i++) {
    struct probe *probe = probe_new(hand);
    gate_close(cases[i].gate);
    if (cases[i].between)
      probe->run.root_arrived = cancel_run;
    probe_start(probe, storage);
    if (!cases[i].between) {
      wait_at_gate(cases[i].gate, 1);
      run_cancel(storage, &probe->run);
    }
    probe_wait(probe);
    assert_error(probe, ERROR_CANCELLED, "CANCELLED");
    assert_int_equal(run_for_integer(storage, "SELECT 3::int8"), 3);
    gate_open(cases[i].gate);
    probe_free(probe);
  }
  assert_int_equal(count_of(STORAGE_CONNECTION_LOST), 0);
  storage_free(storage);
  free(hand);
}

static void statement_timeout_is_a_deadline(void **state)
{
  struct storage_options options = options_default();
  options.statement_timeout_ms = 200;
  struct storage *storage = storage_with(&options);
  struct hand_plan *slow = slow_plan();
  gate_close(GATE);
  struct probe *probe = run_now(storage, slow);
  assert_error(probe, ERROR_DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED");
  gate_open(GATE);
  probe_free(probe);
  storage_free(storage);
  free(slow);
}

/* Whether a run is answered; with connections that are closed so soon, a busy machine may need several. */
static bool serves(struct storage *storage, struct hand_plan *hand)
{
  struct probe *probe = run_now(storage, hand);
  bool good = probe->run.error.code == ERROR_NONE;
  if (!good)
    assert_error(probe, ERROR_UNAVAILABLE, "DATABASE_LOST");
  probe_free(probe);
  return good;
}

static void a_silent_connection_is_closed(void **state)
{
  struct storage_options options = options_default();
  options.wave_timeout_ms = 300;
  struct storage *storage = storage_with(&options);
  struct hand_plan *slow = slow_plan(), *quick = hand_plan_new("SELECT 3::int8", 1);
  gate_close(GATE);
  struct probe *probe = run_now(storage, slow);
  assert_error(probe, ERROR_UNAVAILABLE, "DATABASE_LOST");
  assert_true(probe->run.error.retry_ms >= 0);
  assert_int_equal(count_of(STORAGE_CONNECTION_LOST), 1); /* not tried again: it has waited long enough */
  wait_at_gate(GATE, 0);
  gate_open(GATE);
  int n_attempts = 1;
  while (!serves(storage, quick) && n_attempts < 100)
    n_attempts++;
  assert_in_range(n_attempts, 1, 99);
  probe_free(probe);
  storage_free(storage);
  free(slow);
  free(quick);
}

/* Postgres makes the rows as it sends them: of one long series it would first put all aside. */
static void the_budget_binds_while_rows_arrive(void **state)
{
  struct storage *storage = storage_default();
  struct hand_plan *hand = hand_plan_new(
      "SELECT repeat('x', 1000) FROM generate_series(1, 7000) a, generate_series(1, 7000) b", 1);
  struct probe *probe = probe_new(hand);
  arena_free(probe->run.arena);
  probe->run.arena = arena_new(100000);
  probe_start(probe, storage);
  probe_wait(probe);
  assert_error(probe, ERROR_RESOURCE_EXHAUSTED, "RESULT_TOO_LARGE");
  assert_true(arena_used(probe->run.arena) < 200000);
  assert_int_equal(run_for_integer(storage, "SELECT 3::int8"), 3);
  assert_int_equal(count_of(STORAGE_CONNECTION_LOST), 0);
  probe_free(probe);
  storage_free(storage);
  free(hand);
}

static void the_queue_is_bounded(void **state)
{
  struct storage *storage = storage_of_depth_one();
  struct hand_plan *slow = slow_plan();
  struct probe *probes[4] = {start_waiting(storage, slow)};
  for (int i = 1; i < 4; i++)
    probes[i] = probe_new(slow);
  probe_start(probes[1], storage);
  probe_start(probes[2], storage);
  struct error error = {0};
  assert_false(storage_run(storage, &probes[3]->run, &error));
  assert_int_equal(error.code, ERROR_RESOURCE_EXHAUSTED);
  assert_string_equal(error.reason, "QUEUE_FULL");
  gate_open(GATE);
  for (int i = 0; i < 3; i++) {
    probe_wait(probes[i]);
    assert_good(probes[i]);
  }
  probe_start(probes[3], storage);
  probe_wait(probes[3]);
  assert_good(probes[3]);
  for (int i = 0; i < 4; i++)
    probe_free(probes[i]);
  storage_free(storage);
  free(slow);
}

static void freeing_cancels_what_is_under_way(void **state)
{
  struct storage *storage = storage_of_depth_one();
  struct hand_plan *slow = slow_plan();
  struct probe *running = start_waiting(storage, slow), *queued = probe_new(slow);
  probe_start(queued, storage);
  storage_free(storage);
  probe_wait(running);
  probe_wait(queued);
  assert_error(running, ERROR_CANCELLED, "CANCELLED");
  assert_error(queued, ERROR_CANCELLED, "CANCELLED");
  wait_at_gate(GATE, 0);
  gate_open(GATE);
  probe_free(running);
  probe_free(queued);
  free(slow);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(cancel_frees_the_connection),
      cmocka_unit_test(a_cancelled_run_behind_another_waits_its_turn),
      cmocka_unit_test(cancels_hit_nobody_else),
      cmocka_unit_test(deadlines_bind_what_is_under_way),
      cmocka_unit_test(deadlines_bind_what_is_queued),
      cmocka_unit_test(cancel_between_waves),
      cmocka_unit_test(statement_timeout_is_a_deadline),
      cmocka_unit_test(a_silent_connection_is_closed),
      cmocka_unit_test(the_budget_binds_while_rows_arrive),
      cmocka_unit_test(the_queue_is_bounded),
      cmocka_unit_test(freeing_cancels_what_is_under_way),
  };
  return RUN_BOTH_WAYS(tests, &hand_estimated_rows, connect_admin, disconnect_admin);
}

/*
 * test_storage_sessions.c - connections of one's own, against a real Postgres.  All of it runs twice: with
 * rows that come one at a time, and with whole results.
 */
#include "unit/storage/storage_probe.h"

#define GATE 1
#define GATE_SECOND 2 /* the first cannot be closed while a transaction stands that has passed it */

static int64_t session_integer(struct storage *storage, struct session *session, struct hand_plan *hand)
{
  struct probe *probe = probe_new(hand);
  probe->run.session = session;
  probe_start(probe, storage);
  probe_wait(probe);
  assert_good(probe);
  int64_t value = integer_at(probe, 0, 0, 0);
  probe_free(probe);
  return value;
}

static void a_session_sees_one_snapshot(void **state)
{
  struct storage *storage = storage_default();
  struct hand_plan *count = hand_plan_new("SELECT count(*) FROM unit_sessions.items", 1);
  struct session *session = session_open(storage);
  int64_t before = session_integer(storage, session, count);
  for (int i = 1; i <= 3; i++) {
    admin_text("INSERT INTO unit_sessions.items VALUES (100)");
    assert_int_equal(session_integer(storage, session, count), before);
    assert_int_equal(run_for_integer(storage, count->statements[0].text), before + i);
  }
  session_close(session);
  session = session_open(storage); /* waits for the one connection that the first gives back */
  assert_int_equal(session_integer(storage, session, count), before + 3);
  session_close(session);
  storage_free(storage);
  free(count);
}

static void sessions_wait_for_a_connection(void **state)
{
  struct storage *storage = storage_default();
  struct hand_plan *one = hand_plan_new("SELECT 1::int8", 1);
  struct session *first = session_open(storage), *second = session_open(storage),
                 *unused = session_open(storage);
  assert_int_equal(session_integer(storage, first, one), 1);
  struct probe *waiting = probe_new(one);
  waiting->run.session = second;
  probe_start(waiting, storage);
  assert_int_equal(session_integer(storage, first, one), 1); /* overtakes the one that waits */
  assert_int_equal(waiting->n_done, 0);
  session_close(first);
  probe_wait(waiting);
  assert_good(waiting);
  session_close(second);
  session_close(unused);
  session_close(NULL);
  probe_free(waiting);
  storage_free(storage);
  free(one);
}

static void closing_a_session_cancels_its_run(void **state)
{
  struct storage *storage = storage_default();
  struct hand_plan *slow = hand_plan_new("SELECT 1::int8 FROM " AT_GATE(GATE), 1);
  struct hand_plan *one = hand_plan_new("SELECT 1::int8", 1);
  struct session *session = session_open(storage);
  struct probe *probe = probe_new(slow);
  probe->run.session = session;
  gate_close(GATE);
  probe_start(probe, storage);
  wait_at_gate(GATE, 1);
  session_close(session);
  probe_wait(probe);
  assert_error(probe, ERROR_CANCELLED, "CANCELLED");
  session = session_open(storage);
  assert_int_equal(session_integer(storage, session, one), 1);
  session_close(session);
  wait_backends("state <> 'idle'", 0);
  gate_open(GATE);
  assert_int_equal(count_of(STORAGE_CONNECTION_LOST), 0);
  probe_free(probe);
  storage_free(storage);
  free(slow);
  free(one);
}

static void a_lost_session_stays_lost(void **state)
{
  struct storage *storage = storage_default();
  struct hand_plan *slow = hand_plan_new("SELECT 1::int8 FROM " AT_GATE(GATE), 1);
  struct hand_plan *slow_too = hand_plan_new("SELECT 1::int8 FROM " AT_GATE(GATE_SECOND), 1);
  struct hand_plan *one = hand_plan_new("SELECT 1::int8", 1);
  struct session *session = session_open(storage);
  struct probe *first = probe_new(slow);
  first->run.session = session;
  gate_close(GATE);
  probe_start(first, storage);
  terminate_at_gate(GATE); /* nobody has seen the snapshot yet: another is as good */
  gate_open(GATE);
  probe_wait(first);
  assert_good(first);
  struct probe *second = probe_new(slow_too);
  second->run.session = session;
  gate_close(GATE_SECOND);
  probe_start(second, storage);
  terminate_at_gate(GATE_SECOND);
  gate_open(GATE_SECOND);
  probe_wait(second);
  assert_error(second, ERROR_UNAVAILABLE, "DATABASE_LOST");
  struct probe *third = probe_new(one);
  third->run.session = session;
  probe_start(third, storage);
  probe_wait(third);
  assert_error(third, ERROR_UNAVAILABLE, "DATABASE_LOST");
  session_close(session);
  session = session_open(storage);
  assert_int_equal(session_integer(storage, session, one), 1);
  session_close(session);
  probe_free(first);
  probe_free(second);
  probe_free(third);
  storage_free(storage);
  free(slow);
  free(slow_too);
  free(one);
}

static int make_schema(void **state)
{
  if (connect_admin(state) != 0)
    return -1;
  admin_text("DROP SCHEMA IF EXISTS unit_sessions CASCADE; CREATE SCHEMA unit_sessions;"
             "CREATE TABLE unit_sessions.items AS SELECT 1::int8 AS id");
  return 0;
}

static int drop_schema(void **state)
{
  admin_text("DROP SCHEMA unit_sessions CASCADE");
  return disconnect_admin(state);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_session_sees_one_snapshot),
      cmocka_unit_test(sessions_wait_for_a_connection),
      cmocka_unit_test(closing_a_session_cancels_its_run),
      cmocka_unit_test(a_lost_session_stays_lost),
  };
  return RUN_BOTH_WAYS(tests, &hand_estimated_rows, make_schema, drop_schema);
}

/*
 * test_storage.c - runs against a real Postgres, named by ROWAN_TEST_DATABASE.  All of it runs twice: with
 * rows that come one at a time, and with whole results.
 */
#include "unit/storage/storage_probe.h"

#define GATE 1

/* ---- runs ---- */

static void one_statement(void **state)
{
  struct storage *storage = storage_default();
  struct hand_plan *hand = hand_plan_new("SELECT $1::int8 * 2, 'x'::text, NULL::text, ''::text", 4);
  hand_argument(hand, &hand_int8);
  struct probe *probe = probe_new(hand);
  probe_argument(probe, 21);
  probe_start(probe, storage);
  probe_wait(probe);
  assert_good(probe);
  assert_int_equal(probe->run.fetches[0].rows.n, 1);
  assert_int_equal(integer_at(probe, 0, 0, 0), 42);
  assert_true(str_equal_text(text_at(probe, 0, 0, 1), "x"));
  assert_int_equal(rows_at(&probe->run.fetches[0].rows, 0)[2].len, -1);
  assert_int_equal(rows_at(&probe->run.fetches[0].rows, 0)[3].len, 0);
  assert_int_equal(probe->run.stats.statements, 1);
  assert_int_equal(probe->run.stats.waves, 1);
  assert_int_equal(probe->run.stats.rows, 1);
  probe_free(probe);
  storage_free(storage);
  free(hand);
}

static void many_runs_share_a_connection(void **state)
{
  enum { N = 300 };
  struct storage *storage = storage_default();
  struct hand_plan *hand = hand_plan_new("SELECT $1::int8", 1);
  hand_argument(hand, &hand_int8);
  struct probe *probes[N];
  for (int i = 0; i < N; i++) {
    probes[i] = probe_new(hand);
    probe_argument(probes[i], i);
    probe_start(probes[i], storage);
  }
  for (int i = 0; i < N; i++) {
    probe_wait(probes[i]);
    assert_good(probes[i]);
    assert_int_equal(integer_at(probes[i], 0, 0, 0), i);
    probe_free(probes[i]);
  }
  assert_int_equal(run_for_integer(storage, "SELECT count(*) FROM pg_prepared_statements WHERE NOT from_sql"),
                   2);
  storage_free(storage);
  free(hand);
}

static void session_settings(void **state)
{
  static const struct {
    const char *name, *value;
  } cases[] = {
      {"transaction_isolation", "repeatable read"},
      {"transaction_read_only", "on"},
      {"plan_cache_mode", "force_generic_plan"},
      {"DateStyle", "ISO, YMD"},
      {"TimeZone", "UTC"},
      {"jit", "off"},
      {"statement_timeout", "1min"},
      {"application_name", app_name},
  };
  struct storage *storage = storage_default();
  struct hand_plan *hand = hand_plan_new("SELECT current_setting($1)", 1);
  hand_argument(hand, &hand_text);
  for (size_t i = 0; i < LENGTH_OF(cases); i++) {
    struct probe *probe = probe_new(hand);
    probe_text(probe, cases[i].name);
    probe_start(probe, storage);
    probe_wait(probe);
    assert_good(probe);
    assert_true(str_equal_text(text_at(probe, 0, 0, 0), cases[i].value));
    probe_free(probe);
  }
  storage_free(storage);
  free(hand);
}

static void values_larger_than_any_buffer(void **state)
{
  enum { SIZE = 20000000 };
  struct storage *storage = storage_default();
  struct hand_plan *hand = hand_plan_new("SELECT length($1)::int8, $1", 2);
  hand_argument(hand, &hand_text);
  char *text = calloc(1, SIZE + 1);
  memset(text, 'x', SIZE);
  struct probe *probe = probe_new(hand);
  probe_text(probe, text);
  probe_start(probe, storage);
  probe_wait(probe);
  assert_good(probe);
  assert_int_equal(integer_at(probe, 0, 0, 0), SIZE);
  assert_true(str_equal_text(text_at(probe, 0, 0, 1), text));
  probe_free(probe);
  storage_free(storage);
  free(text);
  free(hand);
}

static void user_filters_plan_as_postgres_sees_fit(void **state)
{
  struct storage *storage = storage_default();
  struct hand_plan *hand = hand_plan_new("SELECT current_setting('plan_cache_mode')", 1);
  static const char *const expected[] = {"force_generic_plan", "auto", "force_custom_plan",
                                         "force_generic_plan"};
  for (size_t i = 0; i < LENGTH_OF(expected); i++) {
    hand->plan.user_filter = i == 1 || i == 2;
    hand->plan.user_pattern = i == 2;
    struct probe *probe = run_now(storage, hand);
    assert_good(probe);
    assert_true(str_equal_text(text_at(probe, 0, 0, 0), expected[i]));
    assert_int_equal(probe->run.stats.statements, 1);
    probe_free(probe);
  }
  storage_free(storage);
  free(hand);
}

/* Root 1, 2, NULL, 2; children of 2 are 20, 21, of 1 is 10. */
static struct hand_plan *tree_plan(enum plan_strategy strategy)
{
  static const char *const by_strategy[] = {
      [PLAN_EMBED_ROOT] = "SELECT x, y FROM (VALUES (1::int8, 10::int8), (2, 20), (2, 21)) v(x, y)",
      [PLAN_KEYS] = "SELECT x, y FROM (VALUES (1::int8, 10::int8), (2, 20), (2, 21), (3, 30)) v(x, y) WHERE "
                    "x = ANY ($1)",
      [PLAN_KEYS_ORDINAL] = "SELECT k.ord, y FROM unnest($1) WITH ORDINALITY k(x, ord)"
                            " JOIN (VALUES (1::int8, 10::int8), (2, 20), (2, 21)) v(x, y) USING (x)"
                            " ORDER BY ord, y"};
  struct hand_plan *hand =
      hand_plan_new("SELECT x FROM (VALUES (1, 1::int8), (2, 2), (3, NULL), (4, 2)) v(o, x) ORDER BY o", 1);
  hand_child(hand, 0, strategy, by_strategy[strategy], 2);
  return hand;
}

static void children_hang_on_their_parents(void **state)
{
  struct storage *storage = storage_default();
  for (enum plan_strategy strategy = PLAN_EMBED_ROOT; strategy <= PLAN_KEYS_ORDINAL; strategy++) {
    struct hand_plan *hand = tree_plan(strategy);
    struct probe *probe = run_now(storage, hand);
    assert_good(probe);
    const struct fetch_rows *child = &probe->run.fetches[1];
    static const int32_t groups[] = {0, 1, ROW_NONE, 1};
    assert_memory_equal(child->group_of_parent, groups, sizeof groups);
    assert_int_equal(child->n_groups, 2);
    assert_int_equal(child->count_of_group[0], 1);
    assert_int_equal(child->count_of_group[1], 2);
    assert_int_equal(integer_at(probe, 1, (size_t)child->last_of_group[0], 1), 10);
    int32_t last = child->last_of_group[1];
    assert_int_equal(integer_at(probe, 1, (size_t)last, 1), 21);
    assert_int_equal(integer_at(probe, 1, (size_t)child->previous[last], 1), 20);
    assert_int_equal(child->previous[child->previous[last]], ROW_NONE);
    assert_int_equal(probe->run.stats.statements, 2);
    assert_int_equal(probe->run.stats.waves, strategy == PLAN_EMBED_ROOT ? 1 : 2);
    assert_int_equal(probe->run.stats.rows, 7);
    probe_free(probe);
    free(hand);
  }
  storage_free(storage);
}

static void without_keys_nothing_is_sent(void **state)
{
  struct storage *storage = storage_default();
  struct hand_plan *hand = hand_plan_new("SELECT NULL::int8", 1);
  hand_child(hand, 0, PLAN_KEYS, "SELECT unnest($1), 1::int8", 2);
  hand_child(hand, 1, PLAN_KEYS, "SELECT unnest($1), 1::int8", 2);
  struct probe *probe = run_now(storage, hand);
  assert_good(probe);
  assert_int_equal(probe->run.stats.statements, 1);
  assert_int_equal(probe->run.stats.waves, 1);
  assert_int_equal(probe->run.fetches[1].rows.n, 0);
  assert_int_equal(probe->run.fetches[1].group_of_parent[0], ROW_NONE);
  assert_int_equal(probe->run.fetches[2].n_groups, 0);
  probe_free(probe);
  storage_free(storage);
  free(hand);
}

static void waves_and_single_runs_mix(void **state)
{
  enum { N = 200 };
  struct storage_options options = options_default();
  options.connections = 3;
  options.shards = 2;
  struct storage *storage = storage_with(&options);
  struct hand_plan *tree = tree_plan(PLAN_KEYS), *single = hand_plan_new("SELECT $1::int8", 1);
  hand_argument(single, &hand_int8);
  struct probe *probes[N];
  for (int i = 0; i < N; i++) {
    probes[i] = probe_new(i % 2 == 0 ? tree : single);
    probe_argument(probes[i], i);
    probe_start(probes[i], storage);
  }
  for (int i = 0; i < N; i++) {
    probe_wait(probes[i]);
    assert_good(probes[i]);
    if (i % 2 == 0)
      assert_int_equal(probes[i]->run.fetches[1].rows.n, 3);
    else
      assert_int_equal(integer_at(probes[i], 0, 0, 0), i);
    probe_free(probes[i]);
  }
  storage_free(storage);
  free(tree);
  free(single);
}

static void waves_see_one_snapshot(void **state)
{
  struct storage *storage = storage_default();
  struct hand_plan *hand =
      hand_plan_new("SELECT 1::int8, pg_current_snapshot()::text, " AT_GATE(GATE) "::text", 3);
  hand_child(hand, 0, PLAN_KEYS, "SELECT unnest($1), pg_current_snapshot()::text", 2);
  struct probe *probe = probe_new(hand);
  gate_close(GATE);
  probe_start(probe, storage);
  wait_at_gate(GATE, 1);
  admin_text("SELECT txid_current()");
  gate_open(GATE);
  probe_wait(probe);
  assert_good(probe);
  assert_true(str_equal(text_at(probe, 0, 0, 1), text_at(probe, 1, 0, 1)));
  probe_free(probe);
  storage_free(storage);
  free(hand);
}

/* ---- failures ---- */

static void a_lost_connection_is_hidden_once(void **state)
{
  struct storage *storage = storage_default();
  struct hand_plan *slow = hand_plan_new("SELECT " AT_GATE(GATE) "::text", 1);
  struct probe *probe = probe_new(slow);
  gate_close(GATE);
  probe_start(probe, storage);
  terminate_at_gate(GATE);
  gate_open(GATE);
  probe_wait(probe);
  assert_good(probe);
  assert_int_equal(probe->run.stats.statements, 1);
  assert_int_equal(count_of(STORAGE_CONNECTION_LOST), 1);
  assert_int_equal(count_of(STORAGE_NOT_READY), 1);
  assert_int_equal(count_of(STORAGE_READY), 2);
  probe_free(probe);

  probe = probe_new(slow);
  gate_close(GATE);
  probe_start(probe, storage);
  terminate_at_gate(GATE);
  terminate_at_gate(GATE);
  gate_open(GATE);
  probe_wait(probe);
  assert_error(probe, ERROR_UNAVAILABLE, "DATABASE_LOST");
  assert_true(probe->run.error.retry_ms >= 0);
  assert_int_equal(run_for_integer(storage, "SELECT 3::int8"), 3);
  probe_free(probe);
  storage_free(storage);
  free(slow);
}

static void database_errors_are_told_apart(void **state)
{
  static const struct {
    const char *sql;
    enum error_code code;
    const char *reason;
  } cases[] = {
      {"SELECT * FROM unit_storage.nowhere", ERROR_UNAVAILABLE, "SCHEMA_DRIFT"},
      {"SELECT nowhere FROM unit_storage.items", ERROR_UNAVAILABLE, "SCHEMA_DRIFT"},
      {"SELECT ('canary' || pg_sleep(0)::text)::int8", ERROR_INVALID_ARGUMENT, "INVALID_VALUE"},
      {"SELECT 9223372036854775807 + (pg_sleep(0)::text || '1')::int8", ERROR_INVALID_ARGUMENT,
       "INVALID_VALUE"},
      {"SELECT 1 / length(pg_sleep(0)::text)", ERROR_INTERNAL, "DATABASE_ERROR"},
      {"INSERT INTO unit_storage.items VALUES (9) RETURNING id", ERROR_INTERNAL, "DATABASE_ERROR"},
  };
  struct storage *storage = storage_default();
  for (size_t i = 0; i < LENGTH_OF(cases); i++) {
    struct hand_plan *hand = hand_plan_new(cases[i].sql, 1);
    struct probe *probe = run_now(storage, hand);
    assert_error(probe, cases[i].code, cases[i].reason);
    assert_null(strstr(probe->run.error.message, "canary"));
    assert_null(strstr(probe->run.error.message, "nowhere"));
    assert_int_equal(count_of(STORAGE_STATEMENT_FAILED), i + 1);
    probe_free(probe);
    free(hand);
  }
  assert_int_equal(run_for_integer(storage, "SELECT 3::int8"), 3);
  assert_int_equal(count_of(STORAGE_CONNECTION_LOST), 0);
  storage_free(storage);
}

static void a_failed_wave_ends_the_run(void **state)
{
  struct storage *storage = storage_default();
  struct hand_plan *hand = tree_plan(PLAN_KEYS);
  hand_child(hand, 0, PLAN_EMBED_ROOT, "SELECT id, 1 / length(pg_sleep(0)::text) FROM unit_storage.items", 2);
  struct probe *probe = run_now(storage, hand);
  assert_error(probe, ERROR_INTERNAL, "DATABASE_ERROR");
  assert_int_equal(probe->run.stats.waves, 1);
  assert_int_equal(run_for_integer(storage, "SELECT 3::int8"), 3);
  probe_free(probe);
  storage_free(storage);
  free(hand);
}

static void a_changed_result_type_is_hidden(void **state)
{
  struct storage *storage = storage_default();
  admin_text(
      "DROP TABLE IF EXISTS unit_storage.drift; CREATE TABLE unit_storage.drift AS SELECT 1::int4 AS id");
  struct hand_plan *hand = hand_plan_new("SELECT id FROM unit_storage.drift", 1);
  static const int lengths[] = {4, 8};
  for (int i = 0; i < 2; i++) {
    struct probe *probe = run_now(storage, hand);
    assert_good(probe);
    assert_int_equal(rows_at(&probe->run.fetches[0].rows, 0)[0].len, lengths[i]);
    probe_free(probe);
    admin_text("ALTER TABLE unit_storage.drift ALTER id TYPE int8");
  }
  run_for_integer(storage, "SELECT 1::int8");
  assert_int_equal(run_for_integer(storage, "SELECT count(*) FROM pg_prepared_statements WHERE NOT from_sql"),
                   3);
  storage_free(storage);
  free(hand);
}

static void a_missing_prepared_statement_is_hidden(void **state)
{
  struct storage *storage = storage_default();
  struct hand_plan *forget = hand_plan_new("DEALLOCATE ALL", 1);
  assert_int_equal(run_for_integer(storage, "SELECT 5::int8"), 5);
  probe_free(run_now(storage, forget));
  assert_int_equal(run_for_integer(storage, "SELECT 5::int8"), 5);
  storage_free(storage);
  free(forget);
}

static void least_recently_used_statements_go(void **state)
{
  struct storage_options options = options_default();
  options.statement_cache = 3;
  struct storage *storage = storage_with(&options);
  char sql[8][32];
  for (int round = 0; round < 2; round++)
    for (int i = 0; i < 8; i++) {
      snprintf(sql[i], sizeof sql[i], "SELECT %d::int8", i);
      assert_int_equal(run_for_integer(storage, sql[i]), i);
    }
  assert_in_range(run_for_integer(storage, "SELECT count(*) FROM pg_prepared_statements WHERE NOT from_sql"),
                  3, 4);
  storage_free(storage);
}

static void without_a_database_runs_are_refused(void **state)
{
  struct storage_options options = options_default();
  options.database = "host=/nowhere dbname=none";
  struct storage *storage = storage_with(&options);
  struct hand_plan *hand = hand_plan_new("SELECT 1::int8", 1);
  struct probe *probe = probe_new(hand);
  struct error error = {0};
  /* Either it was taken while the first attempt was under way, and failed with it, or it is refused. */
  if (storage_run(storage, &probe->run, &error)) {
    probe_wait(probe);
    assert_error(probe, ERROR_UNAVAILABLE, "DATABASE_UNAVAILABLE");
    assert_false(storage_run(storage, &probe->run, &error));
  } else {
    probe->n_done = 1;
  }
  assert_int_equal(error.code, ERROR_UNAVAILABLE);
  assert_string_equal(error.reason, "DATABASE_UNAVAILABLE");
  assert_true(error.retry_ms > 0);
  assert_false(storage_ready(storage));
  assert_true(count_of(STORAGE_CONNECT_FAILED) > 0);
  probe_free(probe);
  storage_free(storage);
  free(hand);
}

/* ---- all of it ---- */

static int make_schema(void **state)
{
  if (connect_admin(state) != 0)
    return -1;
  admin_text("DROP SCHEMA IF EXISTS unit_storage CASCADE; CREATE SCHEMA unit_storage;"
             "CREATE TABLE unit_storage.items AS SELECT 1::int8 AS id");
  return 0;
}

static int drop_schema(void **state)
{
  admin_text("DROP SCHEMA unit_storage CASCADE");
  return disconnect_admin(state);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(one_statement),
      cmocka_unit_test(many_runs_share_a_connection),
      cmocka_unit_test(session_settings),
      cmocka_unit_test(values_larger_than_any_buffer),
      cmocka_unit_test(user_filters_plan_as_postgres_sees_fit),
      cmocka_unit_test(children_hang_on_their_parents),
      cmocka_unit_test(without_keys_nothing_is_sent),
      cmocka_unit_test(waves_and_single_runs_mix),
      cmocka_unit_test(waves_see_one_snapshot),
      cmocka_unit_test(a_lost_connection_is_hidden_once),
      cmocka_unit_test(database_errors_are_told_apart),
      cmocka_unit_test(a_failed_wave_ends_the_run),
      cmocka_unit_test(a_changed_result_type_is_hidden),
      cmocka_unit_test(a_missing_prepared_statement_is_hidden),
      cmocka_unit_test(least_recently_used_statements_go),
      cmocka_unit_test(without_a_database_runs_are_refused),
  };
  return RUN_BOTH_WAYS(tests, &hand_estimated_rows, make_schema, drop_schema);
}

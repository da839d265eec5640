/*
 * test_pipeline.c - the pipeline against a libpq that is played: any answer, in any order, or none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <utlist.h>

#include "base/clock.h"
#include "storage/pipeline.h"
#include "unit/storage/fake_libpq.h"
#include "unit/storage/hand_plan.h"

/* ---- an owner that settles at once and keeps what ended ---- */

static struct pipeline pipeline;
static int n_settled, n_ended;
static struct execution *renewed;    /* of the last that was outgrown */
static struct execution *last_ended; /* with its run, when it failed */

static void end_run(struct run *run)
{
  run->done(run);
}

static void when_settled(void *user, struct execution *execution)
{
  n_settled++;
  end_run(execution_finish(execution, clock_monotonic_us()));
}

static void when_outgrown(void *user, struct execution *execution)
{
  renewed = execution_renew(execution);
  pipeline_abandon(&pipeline, execution);
}

static void when_ended(void *user, struct execution *execution)
{
  n_ended++;
  if (execution->run != NULL)
    last_ended = execution;
  else
    execution_free(execution);
}

static int set_up(void **state)
{
  struct pipeline_owner owner = {when_settled, when_outgrown, when_ended, NULL};
  fake_reset();
  n_settled = n_ended = 0;
  last_ended = renewed = NULL;
  hand_estimated_rows = 1e6;
  pipeline_init(&pipeline, &fake_calls, (PGconn *)&fake, 8, &owner);
  return 0;
}

static void drop_execution(struct execution *execution)
{
  if (execution->run != NULL)
    arena_free(execution->run->arena);
  free(execution->run);
  execution_free(execution);
}

static int tear_down(void **state)
{
  struct execution *execution;
  while ((execution = pipeline_take(&pipeline)) != NULL)
    drop_execution(execution);
  pipeline_done(&pipeline);
  int leaked = fake.live_results;
  fake_reset();
  return leaked;
}

/* The outcome of the last run that was done; its memory is gone, as a caller's would be. */
static struct error outcome;
static size_t n_rows;

static void when_done(struct run *run)
{
  outcome = run->error;
  n_rows = run->stats.rows;
  arena_free(run->arena);
  free(run);
}

/* The root's rows when they were told of; -1: they were not. */
static int root_arrived;

static void when_root_arrived(struct run *run)
{
  root_arrived = (int)run->fetches[0].rows.n;
}

/* For tests that look at the rows. */
static void keep_run(struct run *run) {}

static struct execution *start(struct hand_plan *hand)
{
  struct run *run = calloc(1, sizeof *run);
  run->plan = &hand->plan;
  run->arena = arena_new(10000);
  run->deadline_us = CLOCK_NEVER;
  run->root_arrived = when_root_arrived;
  run->done = when_done;
  root_arrived = -1;
  struct execution *execution = execution_new(run, clock_monotonic_us());
  pipeline_start(&pipeline, execution, NULL, clock_monotonic_us());
  return execution;
}

/* Tries a failed one again. */
static void restart(struct execution *execution)
{
  pipeline_start(&pipeline, execution, NULL, clock_monotonic_us());
}

static void read_all(void)
{
  bool progress;
  assert_true(pipeline_read(&pipeline, &progress));
}

static void read_lost(void)
{
  bool progress;
  assert_false(pipeline_read(&pipeline, &progress));
  assert_true(pipeline.lost);
}

/* "P r0, S" and "X r0, S" of a plan of one statement, answered. */
static void answer_prepare(void)
{
  fake_ok();
  fake_sync();
}

static void answer_fetch(int64_t value)
{
  fake_row(1, value, 0);
  fake_rows_end(1);
}

static struct hand_plan *two_waves(void)
{
  struct hand_plan *hand = hand_plan_new("root", 1);
  hand_child(hand, 0, PLAN_KEYS, "children", 2);
  return hand;
}

/* ---- tests ---- */

static void a_run_is_settled_before_its_sync(void **state)
{
  struct hand_plan *hand = hand_plan_new("a", 1);
  start(hand);
  assert_string_equal(fake_sent(), "P r0, S, X r0, S");
  answer_prepare();
  answer_fetch(1);
  read_all();
  assert_int_equal(n_settled, 1);
  assert_int_equal(n_ended, 0);
  assert_int_equal(outcome.code, ERROR_NONE);
  assert_int_equal(n_rows, 1);
  fake_sync();
  read_all();
  assert_int_equal(n_ended, 1);
  assert_true(pipeline_idle(&pipeline));
  free(hand);
}

static void what_is_being_prepared_is_not_prepared_again(void **state)
{
  struct hand_plan *hand = hand_plan_new("a", 1);
  start(hand);
  start(hand);
  assert_string_equal(fake_sent(), "P r0, S, X r0, S, X r0, S");
  answer_prepare();
  for (int i = 0; i < 2; i++) {
    answer_fetch(i);
    fake_sync();
  }
  read_all();
  assert_int_equal(n_ended, 2);
  assert_int_equal(n_settled, 2);
  free(hand);
}

static void nobody_sends_between_waves(void **state)
{
  struct hand_plan *hand = two_waves();
  start(hand);
  assert_string_equal(fake_sent(), "P r0, P r1, S, X r0, F");
  assert_false(pipeline_accepts(&pipeline, 10));
  fake_ok();
  answer_prepare();
  answer_fetch(1);
  read_all();
  assert_string_equal(fake_sent(), "X r1, S");
  assert_true(pipeline_accepts(&pipeline, 10));
  assert_false(pipeline_accepts(&pipeline, 1));
  fake_row(2, 1, 5);
  fake_rows_end(2);
  fake_sync();
  read_all();
  assert_int_equal(n_settled, 1);
  assert_int_equal(n_rows, 2);
  assert_int_equal(n_ended, 1);
  free(hand);
}

static void the_root_is_told_of_while_others_are_on_their_way(void **state)
{
  struct hand_plan *hand = hand_plan_new("a", 1);
  hand_child(hand, 0, PLAN_EMBED_ROOT, "b", 1);
  start(hand);
  fake_ok();
  answer_prepare();
  fake_row(1, 1, 0);
  read_all();
  assert_int_equal(root_arrived, -1);
  answer_fetch(2);
  read_all();
  assert_int_equal(root_arrived, 2);
  assert_int_equal(n_settled, 0);
  answer_fetch(1);
  fake_sync();
  read_all();
  assert_int_equal(n_settled, 1);
  free(hand);
}

static void of_a_root_that_failed_nobody_is_told(void **state)
{
  struct hand_plan *hand = hand_plan_new("a", 1);
  start(hand);
  answer_prepare();
  fake_row(1, 1, 0);
  fake_error("22003");
  fake_sync();
  read_all();
  assert_int_equal(root_arrived, -1);
  drop_execution(last_ended);
  free(hand);
}

static void without_keys_only_the_sync_follows(void **state)
{
  struct hand_plan *hand = two_waves();
  start(hand);
  fake_sent();
  fake_ok();
  answer_prepare();
  answer_fetch(FAKE_NULL);
  read_all();
  assert_string_equal(fake_sent(), "S");
  assert_int_equal(n_settled, 1);
  assert_int_equal(outcome.code, ERROR_NONE);
  free(hand);
}

static void a_failed_wave_is_the_last(void **state)
{
  struct hand_plan *hand = two_waves();
  start(hand);
  fake_sent();
  fake_ok();
  answer_prepare();
  fake_error("40001");
  read_all();
  assert_string_equal(fake_sent(), "S");
  assert_int_equal(n_ended, 0);
  fake_sync();
  read_all();
  assert_int_equal(n_settled, 0);
  assert_int_equal(n_ended, 1);
  assert_string_equal(last_ended->sqlstate, "40001");
  drop_execution(last_ended);
  free(hand);
}

static void a_failure_is_one_run_s_own(void **state)
{
  struct hand_plan *hand = hand_plan_new("a", 1);
  hand_child(hand, 0, PLAN_EMBED_ROOT, "b", 1);
  start(hand);
  start(hand);
  fake_ok();
  answer_prepare();
  fake_row(1, 1, 0);
  fake_error("22003"); /* in the middle of its rows */
  fake_skipped();
  fake_sync();
  answer_fetch(2);
  answer_fetch(2);
  fake_sync();
  read_all();
  assert_int_equal(n_ended, 2);
  assert_int_equal(n_settled, 1);
  assert_int_equal(outcome.code, ERROR_NONE);
  assert_string_equal(last_ended->sqlstate, "22003");
  drop_execution(last_ended);
  free(hand);
}

static void the_first_failure_names_the_cause(void **state)
{
  struct hand_plan *hand = hand_plan_new("a", 1);
  start(hand);
  fake_error("42703"); /* the Parse */
  fake_sync();
  fake_error("26000"); /* the Execute */
  fake_sync();
  read_all();
  assert_string_equal(last_ended->sqlstate, "42703");
  assert_string_equal(last_ended->error.reason, "SCHEMA_DRIFT");
  assert_null(strstr(last_ended->error.message, "canary"));
  drop_execution(last_ended);
  free(hand);
}

static void a_forgotten_statement_gets_another_name(void **state)
{
  struct hand_plan *hand = hand_plan_new("a", 1);
  start(hand);
  answer_prepare();
  fake_error("26000");
  fake_sync();
  read_all();
  fake_sent();
  enum failure_retry kind;
  assert_true(execution_may_retry(last_ended, &kind));
  assert_int_equal(kind, RETRY_FORGET);
  struct execution *execution = last_ended;
  restart(execution);
  assert_string_equal(fake_sent(), "P r1, S, X r1, S");
  answer_prepare();
  fake_error("26000");
  fake_sync();
  read_all();
  assert_false(execution_may_retry(execution, &kind));
  drop_execution(execution);
  free(hand);
}

static void a_changed_result_replaces_the_statement(void **state)
{
  struct hand_plan *hand = hand_plan_new("a", 1);
  start(hand);
  answer_prepare();
  fake_error("0A000");
  fake_sync();
  read_all();
  fake_sent();
  struct execution *execution = last_ended;
  restart(execution);
  assert_string_equal(fake_sent(), "C DEALLOCATE r0, S, P r1, S, X r1, S");
  fake_ok();
  fake_sync();
  answer_prepare();
  answer_fetch(1);
  fake_sync();
  read_all();
  assert_int_equal(n_settled, 1);
  free(hand);
}

static void an_unconfirmed_deallocate_is_sent_again(void **state)
{
  struct hand_plan *hand = hand_plan_new("a", 1);
  start(hand);
  answer_prepare();
  fake_error("0A000");
  fake_sync();
  read_all();
  struct execution *execution = last_ended;
  restart(execution);
  fake_sent();
  fake_error("57014"); /* a late cancel hit the DEALLOCATE */
  fake_sync();
  answer_prepare();
  answer_fetch(1);
  fake_sync();
  read_all();
  start(hand);
  assert_string_equal(fake_sent(), "C DEALLOCATE r0, S, X r1, S");
  fake_error("26000"); /* gone is gone */
  fake_sync();
  answer_fetch(1);
  fake_sync();
  read_all();
  start(hand);
  assert_string_equal(fake_sent(), "X r1, S");
  free(hand);
}

static void room_is_made_before_preparing(void **state)
{
  static const char *const texts[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
  for (size_t i = 0; i < LENGTH_OF(texts); i++) {
    struct hand_plan *hand = hand_plan_new(texts[i], 1);
    start(hand);
    if (i == 9)
      assert_string_equal(fake_sent(), "C DEALLOCATE r0, S, P r9, S, X r9, S");
    else
      assert_null(strstr(fake_sent(), "DEALLOCATE"));
    if (i == 9) {
      fake_ok();
      fake_sync();
    }
    answer_prepare();
    answer_fetch(1);
    fake_sync();
    read_all();
    free(hand);
  }
  assert_int_equal(n_ended, 10);
}

static void custom_plans_are_asked_for_in_the_transaction(void **state)
{
  struct hand_plan *hand = hand_plan_new("a", 1);
  hand->plan.user_filter = true;
  struct execution *execution = start(hand);
  assert_int_equal(execution->run->stats.statements, 1);
  assert_string_equal(fake_sent(),
                      "P r0, S, C SELECT pg_catalog.set_config('plan_cache_mode', 'auto', true), X r0, S");
  free(hand);
  hand = hand_plan_new("b", 1);
  hand->plan.user_filter = hand->plan.user_pattern = true;
  start(hand);
  assert_non_null(strstr(fake_sent(), "set_config('plan_cache_mode', 'force_custom_plan', true), X"));
  free(hand);
}

static void a_session_begins_in_a_segment_of_its_own(void **state)
{
  struct hand_plan *hand = hand_plan_new("a", 1);
  struct execution *execution = start(hand);
  answer_prepare();
  fake_error("40001");
  fake_sync();
  read_all();
  fake_sent();
  pipeline_start(&pipeline, execution, "BEGIN", clock_monotonic_us());
  assert_true(execution->begins);
  assert_string_equal(fake_sent(), "C BEGIN, S, X r0, S");
  fake_error("57014"); /* the statement runs, but in no transaction of the session's */
  fake_sync();
  answer_fetch(1);
  fake_sync();
  read_all();
  assert_int_equal(n_settled, 0);
  assert_string_equal(last_ended->sqlstate, "57014");
  drop_execution(last_ended);
  free(hand);
}

static void the_budget_ends_a_run_at_a_row(void **state)
{
  struct hand_plan *hand = two_waves();
  start(hand);
  fake_sent();
  fake_ok();
  answer_prepare();
  for (int i = 0; i < 200; i++)
    fake_row(1, i, 0);
  read_all();
  assert_int_equal(n_settled, 0);
  for (int i = 0; i < 3; i++) {
    for (int k = 0; k < 200; k++)
      fake.script[k] = fake.script[10];
    fake.next = 0;
    fake.n_script = 200;
    read_all();
  }
  assert_int_equal(n_settled, 1);
  assert_string_equal(outcome.reason, "RESULT_TOO_LARGE");
  assert_string_equal(fake_sent(), "S");
  fake_rows_end(1);
  fake_sync();
  read_all();
  assert_int_equal(n_ended, 1);
  free(hand);
}

static void an_abandoned_run_is_not_touched(void **state)
{
  struct hand_plan *hand = hand_plan_new("a", 1);
  struct execution *execution = start(hand);
  answer_prepare();
  fake_row(1, 1, 0);
  read_all();
  struct error error = {.code = ERROR_CANCELLED};
  end_run(execution_finish_error(execution, &error, clock_monotonic_us())); /* frees the run and its arena */
  pipeline_abandon(&pipeline, execution);
  free(hand);
  fake_row(1, 2, 0);
  fake_error("57014");
  fake_sync();
  read_all();
  assert_int_equal(n_ended, 1);
  assert_null(last_ended);
}

static void abandoned_before_its_last_wave_it_sends_its_sync(void **state)
{
  struct hand_plan *hand = two_waves();
  struct execution *execution = start(hand);
  fake_sent();
  struct error error = {.code = ERROR_CANCELLED};
  end_run(execution_finish_error(execution, &error, clock_monotonic_us()));
  pipeline_abandon(&pipeline, execution);
  free(hand);
  assert_string_equal(fake_sent(), "S");
  assert_true(pipeline_accepts(&pipeline, 10));
  fake_ok();
  answer_prepare();
  answer_fetch(1);
  fake_sync();
  read_all();
  assert_string_equal(fake_sent(), "");
  assert_int_equal(n_ended, 1);
}

/* ---- the end of a connection ---- */

static void fatal_is_final_and_names_the_cause(void **state)
{
  struct hand_plan *hand = hand_plan_new("a", 1);
  start(hand);
  start(hand);
  answer_prepare();
  fake_script((struct fake_result){.status = PGRES_FATAL_ERROR, .sqlstate = "57P01", .severity = "FATAL"});
  fake.bad = true;
  read_lost();
  assert_string_equal(pipeline.lost_sqlstate, "57P01");
  assert_int_equal(pipeline.n_executions, 2);
  assert_false(pipeline_accepts(&pipeline, 10));
  free(hand);
}

static void endless_errors_end(void **state)
{
  struct hand_plan *hand = hand_plan_new("a", 1);
  start(hand);
  fake.bad = true;
  read_lost();
  assert_string_equal(pipeline.lost_sqlstate, SQLSTATE_CONNECTION_LOST);
  assert_in_range(fake.results_read, 0, 2);
  free(hand);
}

static void endless_nulls_end(void **state)
{
  struct hand_plan *hand = hand_plan_new("a", 1);
  start(hand);
  fake.nulls = true;
  read_lost();
  assert_in_range(fake.results_read, 1, 2);
  free(hand);
}

static void rows_before_the_end_are_read(void **state)
{
  struct hand_plan *hand = hand_plan_new("a", 1);
  start(hand);
  answer_prepare();
  answer_fetch(1);
  fake.bad = true; /* the server hung up right after the answer */
  read_lost();
  assert_int_equal(n_settled, 1);
  assert_int_equal(outcome.code, ERROR_NONE);
  free(hand);
}

static void an_answer_to_nothing_is_the_end(void **state)
{
  struct hand_plan *hand = hand_plan_new("a", 1);
  start(hand);
  fake_sync();
  read_lost();
  free(hand);
}

static void an_idle_connection_notices_the_end(void **state)
{
  fake.bad = true;
  read_lost();
}

static void what_cannot_be_sent_is_the_end(void **state)
{
  struct hand_plan *hand = two_waves();
  fake.refuse = true;
  start(hand);
  assert_true(pipeline.lost);
  read_lost();
  bool pending;
  assert_false(pipeline_write(&pipeline, &pending));
  assert_int_equal(n_settled, 0);
  free(hand);
}

static void writing_tells_what_is_left(void **state)
{
  bool pending;
  assert_true(pipeline_write(&pipeline, &pending));
  assert_false(pending);
  fake.flush_returns = 1;
  assert_true(pipeline_write(&pipeline, &pending));
  assert_true(pending);
  fake.flush_returns = -1;
  assert_false(pipeline_write(&pipeline, &pending));
}

static void few_rows_come_in_one_result(void **state)
{
  hand_estimated_rows = 3;
  struct hand_plan *hand = hand_plan_new("a", 1);
  struct execution *execution = start(hand);
  struct run *run = execution->run;
  run->done = keep_run;
  answer_prepare();
  fake_whole(7, FAKE_NULL, 9);
  read_all();
  assert_int_equal(n_settled, 1);
  assert_int_equal(run->stats.rows, 3);
  const struct rows *rows = &run->fetches[0].rows;
  uint64_t wide;
  memcpy(&wide, rows_at(rows, 2)->data, sizeof wide);
  assert_int_equal(be64toh(wide), 9);
  assert_int_equal(rows_at(rows, 1)->len, -1);
  assert_int_equal(fake.live_results, 1);
  arena_free(run->arena);
  free(run);
  assert_int_equal(fake.live_results, 0);
  free(hand);
}

static void one_result_too_counts_against_the_budget(void **state)
{
  hand_estimated_rows = 3;
  struct hand_plan *hand = hand_plan_new("a", 1);
  struct execution *execution = start(hand);
  arena_charge(execution->run->arena, 9500);
  answer_prepare();
  fake_whole(7, 8, 9);
  read_all();
  assert_string_equal(outcome.reason, "RESULT_TOO_LARGE");
  free(hand);
}

/* Nobody knows how large it is before it ends. */
static void a_result_that_does_not_end_comes_by_rows(void **state)
{
  hand_estimated_rows = 3;
  struct hand_plan *hand = hand_plan_new("a", 1);
  start(hand);
  answer_prepare();
  for (int i = 0; i < 1000 && renewed == NULL; i++)
    read_all();
  assert_non_null(renewed);
  fake_whole(7, 8, 9);
  fake_sync();
  read_all();
  assert_int_equal(n_settled, 0);
  assert_int_equal(n_ended, 1);

  fake_sent();
  pipeline_start(&pipeline, renewed, NULL, clock_monotonic_us());
  assert_string_equal(fake_sent(), "X r0, S");
  answer_fetch(1);
  read_all();
  assert_int_equal(n_settled, 1);
  assert_int_equal(n_rows, 1);
  free(hand);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(a_run_is_settled_before_its_sync),
      TEST(what_is_being_prepared_is_not_prepared_again),
      TEST(nobody_sends_between_waves),
      TEST(the_root_is_told_of_while_others_are_on_their_way),
      TEST(of_a_root_that_failed_nobody_is_told),
      TEST(without_keys_only_the_sync_follows),
      TEST(a_failed_wave_is_the_last),
      TEST(a_failure_is_one_run_s_own),
      TEST(the_first_failure_names_the_cause),
      TEST(a_forgotten_statement_gets_another_name),
      TEST(a_changed_result_replaces_the_statement),
      TEST(an_unconfirmed_deallocate_is_sent_again),
      TEST(room_is_made_before_preparing),
      TEST(custom_plans_are_asked_for_in_the_transaction),
      TEST(a_session_begins_in_a_segment_of_its_own),
      TEST(the_budget_ends_a_run_at_a_row),
      TEST(few_rows_come_in_one_result),
      TEST(one_result_too_counts_against_the_budget),
      TEST(a_result_that_does_not_end_comes_by_rows),
      TEST(an_abandoned_run_is_not_touched),
      TEST(abandoned_before_its_last_wave_it_sends_its_sync),
      TEST(fatal_is_final_and_names_the_cause),
      TEST(endless_errors_end),
      TEST(endless_nulls_end),
      TEST(rows_before_the_end_are_read),
      TEST(an_answer_to_nothing_is_the_end),
      TEST(an_idle_connection_notices_the_end),
      TEST(what_cannot_be_sent_is_the_end),
      TEST(writing_tells_what_is_left),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

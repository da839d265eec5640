/*
 * test_group.c - Gets that wait for a busy connection run together, and none of them can tell, against a real
 * Postgres, named by ROWAN_TEST_DATABASE.
 *
 * One connection, which counts as busy as soon as anything is under way on it: a run that waits at a gate
 * makes the others wait, and their group, until all are queued and `release` lets it go.
 */
#include "unit/storage/storage_probe.h"

#define N_MEMBERS 8
#define KEYS_MOST 16

/* Of int8 keys: the row of each key, `what` that it holds, and one child, twice the key. */
struct question {
  struct hand_plan *one, *many;
  char sql[2][512];
};

static const struct catalog_column *lookup_columns[] = {&hand_column};
static const struct graph_lookup lookup = {.columns = lookup_columns, .n_columns = 1};

static void make_key(struct hand_plan *hand, enum plan_root_kind root, const struct catalog_type *type)
{
  bool many = root == PLAN_ROOT_MANY;
  hand_argument(hand, type);
  if (many)
    hand->binds[0][0].type = type->array->oid;
  hand->plan.root = root;
  hand->plan.lookup = &lookup;
}

/* What the plans of one key and of many are expected to bring: whether rows come one at a time. */
static double rows_of_one = 1, rows_of_many = 1e6;

static struct question *question_new(const char *what, const char *condition)
{
  struct question *question = calloc(1, sizeof *question);
  snprintf(question->sql[0], sizeof question->sql[0], "SELECT k, (%s)::int8 FROM (SELECT $1 AS k) t WHERE %s",
           what, condition);
  snprintf(question->sql[1], sizeof question->sql[1],
           "SELECT k, (%s)::int8, ord FROM unnest($1) WITH ORDINALITY t(k, ord) WHERE %s ORDER BY ord", what,
           condition);
  hand_estimated_rows = rows_of_one;
  question->one = hand_plan_new(question->sql[0], 2);
  hand_child(question->one, 0, PLAN_KEYS, "SELECT k, 2 * k FROM unnest($1) k", 2);
  hand_estimated_rows = rows_of_many;
  question->many = hand_plan_new(question->sql[1], 3);
  hand_child(question->many, 0, PLAN_KEYS, "SELECT k, 2 * k FROM unnest($1) k", 2);
  make_key(question->one, PLAN_ROOT_ONE, &hand_int8);
  make_key(question->many, PLAN_ROOT_MANY, &hand_int8);
  static const unsigned ordinal = 2;
  question->many->fetches[0].link_outputs = &ordinal;
  question->many->fetches[0].n_link_outputs = 1;
  question->one->plan.many = &question->many->plan;
  return question;
}

static void question_free(struct question *question)
{
  free(question->one);
  free(question->many);
  free(question);
}

/* ---- what a member was given, noted while it stands ---- */

struct member {
  struct probe *probe;
  union value keys[4];
  int64_t value[4], child[4]; /* by key; 0 where there is none */
};

static void note_rows(struct run *run)
{
  struct member *member = run->user;
  const struct fetch_rows *fetches = run->fetches;
  for (size_t i = 0; run->error.code == ERROR_NONE && i < run->arguments[0].n; i++) {
    int32_t row = run->root_rows[i];
    if (row == ROW_NONE)
      continue;
    member->value[i] = cell_integer(&rows_at(&fetches[0].rows, (size_t)row)[1]);
    int32_t child = fetches[1].last_of_group[fetches[1].group_of_parent[row]];
    member->child[i] = cell_integer(&rows_at(&fetches[1].rows, (size_t)child)[1]);
    assert_int_equal(fetches[1].previous[child], ROW_NONE);
  }
  run->user = member->probe;
  when_done(run);
}

static struct member *ask(struct storage *storage, struct hand_plan *hand, const int64_t *keys, size_t n)
{
  struct member *member = calloc(1, sizeof *member);
  member->probe = probe_new(hand);
  for (size_t i = 0; i < n; i++)
    member->keys[i].i64 = keys[i];
  member->probe->argument = (struct argument){.type = &hand_int8,
                                              .form = ARGUMENT_INTEGER,
                                              .list = hand->plan.root == PLAN_ROOT_MANY,
                                              .n = n,
                                              .values = member->keys};
  member->probe->run.arguments = &member->probe->argument;
  member->probe->run.user = member;
  member->probe->run.done = note_rows;
  return member;
}

static struct member *ask_one(struct storage *storage, struct question *question, int64_t key)
{
  return ask(storage, question->one, &key, 1);
}

static void member_free(struct member *member)
{
  probe_free(member->probe);
  free(member);
}

static void assert_answer(const struct member *member, int64_t value, int64_t child)
{
  assert_good(member->probe);
  assert_int_equal(member->value[0], value);
  assert_int_equal(member->child[0], child);
}

/* ---- a connection that is busy ---- */

#define BUSY 1  /* the gate of the run that keeps the others waiting */
#define GROUP 2 /* the gate of a group, and of its members when they run alone */

static const char slow_tens[] = "10 * k + length(" AT_GATE(GROUP) "::text)";

static struct hand_plan *sleeper;
static struct probe *sleeping;

static int64_t cheap_us = PATIENCE_S * SECOND_US;

static struct storage *storage_busy_of(unsigned connections, unsigned group_keys)
{
  struct storage_options options = options_default();
  options.cheap_us = cheap_us;
  options.connections = connections;
  options.group_keys = group_keys;
  struct storage *storage = storage_with(&options);
  wait_connected(connections);
  gate_close(BUSY);
  sleeper = hand_plan_new("SELECT 1::int8 FROM " AT_GATE(BUSY), 1);
  sleeping = probe_new(sleeper);
  probe_start(sleeping, storage);
  wait_at_gate(BUSY, 1);
  return storage;
}

static struct storage *storage_busy(unsigned group_keys)
{
  return storage_busy_of(1, group_keys);
}

/* All who are to wait have been started. */
static void release(struct storage *storage)
{
  wait_queued(storage);
  gate_open(BUSY);
  probe_wait(sleeping);
}

static void storage_end(struct storage *storage)
{
  probe_wait(sleeping);
  assert_good(sleeping);
  probe_free(sleeping);
  assert_int_equal(run_for_integer(storage, "SELECT 3::int8"), 3);
  storage_free(storage);
  free(sleeper);
}

/* Runs for the keys 1 to N_MEMBERS, which have waited for each other. */
static void ask_all(struct storage *storage, struct question *question, struct member **members)
{
  for (int i = 0; i < N_MEMBERS; i++) {
    members[i] = ask_one(storage, question, i + 1);
    probe_start(members[i]->probe, storage);
  }
  release(storage);
}

static void end_all(struct member **members)
{
  for (int i = 0; i < N_MEMBERS; i++)
    member_free(members[i]);
}

/* All but `but` have their rows. */
static void assert_answers(struct member **members, int but)
{
  for (int i = 0; i < N_MEMBERS; i++) {
    probe_wait(members[i]->probe);
    if (i != but)
      assert_answer(members[i], 10 * (i + 1), 2 * (i + 1));
  }
}

/* ---- tests ---- */

static void those_who_wait_run_together(void **state)
{
  struct storage *storage = storage_busy(KEYS_MOST);
  struct question *question = question_new("10 * k", "true");
  struct member *members[N_MEMBERS];
  ask_all(storage, question, members);
  assert_answers(members, -1);
  for (int i = 0; i < N_MEMBERS; i++) {
    assert_int_equal(members[i]->probe->run.stats.group, N_MEMBERS);
    assert_int_equal(members[i]->probe->run.stats.statements, 2);
    assert_int_equal(members[i]->probe->run.repeats, i > 0);
    assert_true(members[i]->probe->run.stats.queue_us > 0);
  }
  end_all(members);
  storage_end(storage);
  question_free(question);
}

/* One whose rows cost more than its statements. */
static struct question *dear_question_new(const char *what)
{
  double usual = rows_of_one;
  rows_of_one = 100;
  struct question *question = question_new(what, "true");
  rows_of_one = usual;
  return question;
}

static void connections_share_those_who_wait(void **state)
{
  struct storage *storage = storage_busy_of(2, KEYS_MOST);
  struct probe *also_sleeping = probe_new(sleeper);
  probe_start(also_sleeping, storage);
  wait_at_gate(BUSY, 2);
  struct question *question = dear_question_new("10 * k");
  struct member *members[N_MEMBERS];
  ask_all(storage, question, members);
  assert_answers(members, -1);
  for (int i = 0; i < N_MEMBERS; i++)
    assert_in_range(members[i]->probe->run.stats.group, 1, (N_MEMBERS + 2) / 2);
  end_all(members);
  probe_wait(also_sleeping);
  probe_free(also_sleeping);
  storage_end(storage);
  question_free(question);
}

/* One connection is busy and one is free, so that each has 3 of 5 runs at most. */
static void those_who_come_together_run_together(void **state)
{
  struct storage *storage = storage_busy_of(2, KEYS_MOST);
  struct question *question = dear_question_new("10 * k");
  struct member *members[4];
  struct error error;
  for (int i = 0; i < 4; i++) {
    members[i] = ask_one(storage, question, i + 1);
    assert_true(storage_queue(storage, &members[i]->probe->run, &error));
  }
  assert_true(storage_has_queued(storage));
  storage_start(storage);
  for (int i = 0; i < 4; i++) {
    probe_wait(members[i]->probe);
    assert_answer(members[i], 10 * (i + 1), 2 * (i + 1));
    assert_int_equal(members[i]->probe->run.stats.group, i < 3 ? 3 : 1);
    member_free(members[i]);
  }
  assert_false(storage_has_queued(storage));
  release(storage);
  storage_end(storage);
  question_free(question);
}

/* Of three connections one is busy with something else.  The first cheap Get has the second, and so has the
 * third one, since half of three is two; the others wait for them, and let somebody else by. */
static void cheap_ones_are_for_half_of_the_connections(void **state)
{
  struct storage *storage = storage_busy_of(3, KEYS_MOST);
  struct question *slow = question_new(slow_tens, "true"), *question = question_new("10 * k", "true");
  struct member *first[2], *members[4];
  gate_close(GROUP);
  for (int i = 0; i < 2; i++) {
    first[i] = ask_one(storage, slow, i + 1);
    probe_start(first[i]->probe, storage);
    wait_at_gate(GROUP, i + 1);
  }
  for (int i = 0; i < 4; i++) {
    members[i] = ask_one(storage, question, i + 1);
    probe_start(members[i]->probe, storage);
  }
  wait_queued(storage);
  gate_open(BUSY);
  assert_int_equal(run_for_integer(storage, "SELECT 3::int8"), 3);
  for (int i = 0; i < 4; i++)
    assert_int_equal(members[i]->probe->n_done, 0);
  gate_open(GROUP);
  for (int i = 0; i < 4; i++) {
    probe_wait(members[i]->probe);
    assert_answer(members[i], 10 * (i + 1), 2 * (i + 1));
    member_free(members[i]);
  }
  for (int i = 0; i < 2; i++) {
    probe_wait(first[i]->probe);
    assert_answer(first[i], 10 * (i + 1), 2 * (i + 1));
    member_free(first[i]);
  }
  storage_end(storage);
  question_free(question);
  question_free(slow);
}

/* Its two connections are taken, but the third is free, and nobody is held up by what takes long. */
static void one_that_takes_long_is_not_cheap(void **state)
{
  cheap_us = 1000;
  struct storage *storage = storage_busy_of(3, KEYS_MOST);
  cheap_us = PATIENCE_S * SECOND_US;
  struct question *slow = question_new(slow_tens, "true"), *question = question_new("10 * k", "true");
  struct member *first[2];
  gate_close(GROUP);
  for (int i = 0; i < 2; i++) {
    first[i] = ask_one(storage, slow, i + 1);
    probe_start(first[i]->probe, storage);
    wait_at_gate(GROUP, i + 1);
  }
  gate_open(BUSY);
  probe_wait(sleeping);
  struct member *member = ask_one(storage, question, 7);
  probe_start(member->probe, storage);
  probe_wait(member->probe);
  assert_answer(member, 70, 14);
  gate_open(GROUP);
  for (int i = 0; i < 2; i++) {
    probe_wait(first[i]->probe);
    assert_answer(first[i], 10 * (i + 1), 2 * (i + 1));
    member_free(first[i]);
  }
  member_free(member);
  storage_end(storage);
  question_free(question);
  question_free(slow);
}

/* Two of two connections then. */
static void as_many_as_a_group_holds_have_any_connection(void **state)
{
  struct storage *storage = storage_busy_of(2, 4);
  struct question *slow = question_new(slow_tens, "true");
  struct member *members[5];
  gate_open(BUSY);
  probe_wait(sleeping);
  gate_close(GROUP);
  for (int i = 0; i < 5; i++) {
    members[i] = ask_one(storage, slow, i + 1);
    probe_start(members[i]->probe, storage);
    wait_at_gate(GROUP, i < 4 ? 1 : 2);
  }
  gate_open(GROUP);
  for (int i = 0; i < 5; i++) {
    probe_wait(members[i]->probe);
    assert_answer(members[i], 10 * (i + 1), 2 * (i + 1));
    assert_int_equal(members[i]->probe->run.stats.group, i == 0 ? 1 : 4);
    member_free(members[i]);
  }
  storage_end(storage);
  question_free(slow);
}

/* Claims 0 and 1 decide, 2 does not: one member differs in form, one in number, one in bytes, one in nothing.
 */
static void those_alone_whose_claims_are_equal(void **state)
{
  static const union value five = {.i64 = 5}, acme = {.bytes = {"acme", 4}},
                           also_acme = {.bytes = {"acme", 4}}, other = {.bytes = {"acm", 3}},
                           two[] = {{.i64 = 5}, {.i64 = 6}};
  static const struct argument number = {.form = ARGUMENT_INTEGER, .n = 1, .values = &five},
                               numbers = {.form = ARGUMENT_INTEGER, .list = true, .n = 2, .values = two},
                               name = {.form = ARGUMENT_TEXT, .n = 1, .values = &acme},
                               same_name = {.form = ARGUMENT_TEXT, .n = 1, .values = &also_acme},
                               other_name = {.form = ARGUMENT_TEXT, .n = 1, .values = &other};
  const struct argument claims[][3] = {{number, name, number},
                                       {number, same_name, name},
                                       {numbers, name, number},
                                       {name, name, number},
                                       {number, other_name, number}};
  struct storage *storage = storage_busy(KEYS_MOST);
  struct question *question = question_new("10 * k", "true");
  struct member *members[LENGTH_OF(claims)];
  question->one->plan.claims = 3;
  for (size_t i = 0; i < LENGTH_OF(claims); i++) {
    members[i] = ask_one(storage, question, (int64_t)i + 1);
    members[i]->probe->run.claims = claims[i];
    probe_start(members[i]->probe, storage);
  }
  release(storage);
  for (size_t i = 0; i < LENGTH_OF(claims); i++) {
    probe_wait(members[i]->probe);
    assert_answer(members[i], 10 * ((int64_t)i + 1), 2 * ((int64_t)i + 1));
    assert_int_equal(members[i]->probe->run.stats.group, i < 2 ? 2 : 1);
    member_free(members[i]);
  }
  storage_end(storage);
  question_free(question);
}

static void nobody_waits_for_company(void **state)
{
  struct storage *storage = storage_busy(KEYS_MOST);
  struct question *question = question_new("10 * k", "true");
  struct member *member = ask_one(storage, question, 4);
  probe_start(member->probe, storage);
  release(storage);
  probe_wait(member->probe);
  assert_answer(member, 40, 8);
  assert_int_equal(member->probe->run.stats.group, 1);
  assert_ptr_equal(member->probe->run.rows_plan, &question->one->plan);
  member_free(member);
  storage_end(storage);
  question_free(question);
}

static void without_grouping_each_goes_alone(void **state)
{
  struct storage *storage = storage_busy(0);
  struct question *question = question_new("10 * k", "true");
  struct member *members[N_MEMBERS];
  ask_all(storage, question, members);
  assert_answers(members, -1);
  for (int i = 0; i < N_MEMBERS; i++)
    assert_int_equal(members[i]->probe->run.stats.group, 1);
  end_all(members);
  storage_end(storage);
  question_free(question);
}

static void groups_have_no_more_keys_than_allowed(void **state)
{
  struct storage *storage = storage_busy(3);
  struct question *question = question_new("10 * k", "true");
  struct member *members[N_MEMBERS];
  ask_all(storage, question, members);
  assert_answers(members, -1);
  for (int i = 0; i < N_MEMBERS; i++)
    assert_in_range(members[i]->probe->run.stats.group, 2, 3);
  end_all(members);
  storage_end(storage);
  question_free(question);
}

static void groups_are_small_where_many_rows_are_expected(void **state)
{
  struct storage *storage = storage_busy(KEYS_MOST);
  rows_of_one = 3000; /* of the root, and as many children */
  struct question *question = question_new("10 * k", "true");
  rows_of_one = 1;
  struct member *members[N_MEMBERS];
  ask_all(storage, question, members);
  assert_answers(members, -1);
  for (int i = 0; i < N_MEMBERS; i++)
    assert_in_range(members[i]->probe->run.stats.group, 2, 3);
  end_all(members);
  storage_end(storage);
  question_free(question);
}

static void only_the_same_question_is_shared(void **state)
{
  struct storage *storage = storage_busy(KEYS_MOST);
  struct question *question = question_new("10 * k", "true"), *another = question_new("11 * k", "true");
  struct member *members[4];
  for (int i = 0; i < 4; i++) {
    members[i] = ask_one(storage, i % 2 == 0 ? question : another, i + 1);
    probe_start(members[i]->probe, storage);
  }
  release(storage);
  for (int i = 0; i < 4; i++) {
    probe_wait(members[i]->probe);
    assert_answer(members[i], (i % 2 == 0 ? 10 : 11) * (i + 1), 2 * (i + 1));
    assert_int_equal(members[i]->probe->run.stats.group, 2);
    member_free(members[i]);
  }
  storage_end(storage);
  question_free(question);
  question_free(another);
}

static void a_key_of_several_is_sent_once(void **state)
{
  static const int64_t keys[] = {7, 5, 7, 404, 5};
  struct storage *storage = storage_busy(KEYS_MOST);
  struct question *question = question_new("10 * k", "k <> 404");
  struct member *members[5];
  for (int i = 0; i < 5; i++) {
    members[i] = ask_one(storage, question, keys[i]);
    probe_start(members[i]->probe, storage);
  }
  release(storage);
  for (int i = 0; i < 5; i++) {
    probe_wait(members[i]->probe);
    assert_int_equal(members[i]->probe->run.stats.group, 5);
    assert_int_equal(members[i]->probe->run.stats.rows, 2 + 2);
    assert_answer(members[i], keys[i] == 404 ? 0 : 10 * keys[i], keys[i] == 404 ? 0 : 2 * keys[i]);
    member_free(members[i]);
  }
  storage_end(storage);
  question_free(question);
}

static void batches_share_too(void **state)
{
  static const int64_t first[] = {3, 9, 404}, second[] = {9, 1};
  struct storage *storage = storage_busy(KEYS_MOST);
  struct question *question = question_new("10 * k", "k <> 404");
  struct member *a = ask(storage, question->many, first, 3), *b = ask(storage, question->many, second, 2);
  probe_start(a->probe, storage);
  probe_start(b->probe, storage);
  release(storage);
  probe_wait(a->probe);
  probe_wait(b->probe);
  assert_int_equal(a->probe->run.stats.group, 2);
  assert_answer(a, 30, 6);
  assert_int_equal(a->value[1], 90);
  assert_int_equal(a->value[2], 0);
  assert_answer(b, 90, 18);
  assert_int_equal(b->value[1], 10);
  member_free(a);
  member_free(b);
  storage_end(storage);
  question_free(question);
}

/* The members are under way when one of them ends. */
static void a_member_that_leaves_is_not_missed(void **state)
{
  struct storage *storage = storage_busy(KEYS_MOST);
  struct question *question = question_new(slow_tens, "true");
  struct member *members[N_MEMBERS];
  gate_close(GROUP);
  ask_all(storage, question, members);
  wait_at_gate(GROUP, 1);
  run_cancel(storage, &members[3]->probe->run);
  probe_wait(members[3]->probe);
  assert_error(members[3]->probe, ERROR_CANCELLED, "CANCELLED");
  assert_int_equal(members[4]->probe->n_done, 0);
  gate_open(GROUP);
  assert_answers(members, 3);
  assert_int_equal(members[0]->probe->run.stats.group, N_MEMBERS);
  end_all(members);
  storage_end(storage);
  question_free(question);
}

/* Whether the deadline of member 2 was long enough for it to start with the others. */
static bool starts_before(struct storage *storage, struct question *question, int64_t deadline_us)
{
  struct member *members[N_MEMBERS];
  gate_close(GROUP);
  for (int i = 0; i < N_MEMBERS; i++) {
    members[i] = ask_one(storage, question, i + 1);
    if (i == 2)
      members[i]->probe->run.deadline_us = clock_monotonic_us() + deadline_us;
    probe_start(members[i]->probe, storage);
  }
  release(storage);
  probe_wait(members[2]->probe);
  assert_error(members[2]->probe, ERROR_DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED");
  assert_int_equal(members[0]->probe->n_done, 0);
  gate_open(GROUP);
  assert_answers(members, 2);
  bool started = members[0]->probe->run.stats.group == N_MEMBERS;
  assert_int_equal(members[0]->probe->run.stats.group, started ? N_MEMBERS : N_MEMBERS - 1);
  end_all(members);
  return started;
}

static void a_member_s_deadline_is_its_own(void **state)
{
  struct question *question = question_new(slow_tens, "true");
  bool started = false;
  for (int64_t deadline_us = SECOND_US / 10; !started; deadline_us *= 2) {
    assert_true(deadline_us < PATIENCE_S * SECOND_US);
    struct storage *storage = storage_busy(KEYS_MOST);
    started = starts_before(storage, question, deadline_us);
    storage_end(storage);
  }
  question_free(question);
}

static void a_poisoned_member_harms_nobody(void **state)
{
  struct storage *storage = storage_busy(KEYS_MOST);
  struct question *question = question_new("10 * k / (k - 5) * (k - 5)", "true");
  struct member *members[N_MEMBERS];
  ask_all(storage, question, members);
  for (int i = 0; i < N_MEMBERS; i++) {
    probe_wait(members[i]->probe);
    assert_int_equal(members[i]->probe->run.stats.group, 1);
    if (i == 4)
      assert_error(members[i]->probe, ERROR_INTERNAL, "DATABASE_ERROR");
    else
      assert_answer(members[i], 10 * (i + 1) / (i - 4) * (i - 4), 2 * (i + 1));
  }
  assert_int_equal(count_of(STORAGE_STATEMENT_FAILED), 1);
  end_all(members);
  storage_end(storage);
  question_free(question);
}

static void a_group_that_nobody_waits_for_is_cancelled(void **state)
{
  struct storage *storage = storage_busy(KEYS_MOST);
  struct question *question = question_new(slow_tens, "true");
  struct member *members[N_MEMBERS];
  gate_close(GROUP);
  ask_all(storage, question, members);
  wait_at_gate(GROUP, 1);
  for (int i = 0; i < N_MEMBERS; i++)
    run_cancel(storage, &members[i]->probe->run);
  for (int i = 0; i < N_MEMBERS; i++) {
    probe_wait(members[i]->probe);
    assert_error(members[i]->probe, ERROR_CANCELLED, "CANCELLED");
  }
  wait_at_gate(GROUP, 0);
  gate_open(GROUP);
  assert_int_equal(count_of(STORAGE_CONNECTION_LOST), 0);
  end_all(members);
  storage_end(storage);
  question_free(question);
}

static void a_lost_connection_is_hidden_from_all(void **state)
{
  struct storage *storage = storage_busy(KEYS_MOST);
  struct question *question = question_new(slow_tens, "true");
  struct member *members[N_MEMBERS];
  gate_close(GROUP);
  ask_all(storage, question, members);
  terminate_at_gate(GROUP);
  gate_open(GROUP);
  assert_answers(members, -1);
  assert_int_equal(count_of(STORAGE_CONNECTION_LOST), 1);
  end_all(members);
  storage_end(storage);
  question_free(question);
}

/* As for any run: one other attempt is made in secret. */
static void a_group_is_tried_again_once(void **state)
{
  struct storage *storage = storage_busy(KEYS_MOST);
  struct question *question = question_new(slow_tens, "true");
  struct member *members[N_MEMBERS];
  gate_close(GROUP);
  ask_all(storage, question, members);
  terminate_at_gate(GROUP);
  terminate_at_gate(GROUP);
  gate_open(GROUP);
  for (int i = 0; i < N_MEMBERS; i++) {
    probe_wait(members[i]->probe);
    assert_error(members[i]->probe, ERROR_UNAVAILABLE, "DATABASE_LOST");
  }
  end_all(members);
  storage_end(storage);
  question_free(question);
}

static void one_member_s_rows_do_not_cost_the_others_theirs(void **state)
{
  struct storage *storage = storage_busy(KEYS_MOST);
  struct question *question = question_new("10 * k", "true");
  struct member *members[N_MEMBERS];
  question->one->statements[1].text = question->many->statements[1].text =
      "SELECT k, 2 * k FROM unnest($1) k, generate_series(1, CASE k WHEN 6 THEN 5000 ELSE 1 END)";
  for (int i = 0; i < N_MEMBERS; i++) {
    members[i] = ask_one(storage, question, i + 1);
    arena_free(members[i]->probe->run.arena);
    members[i]->probe->run.arena = arena_new(50000);
    probe_start(members[i]->probe, storage);
  }
  release(storage);
  assert_answers(members, 5);
  assert_error(members[5]->probe, ERROR_RESOURCE_EXHAUSTED, "RESULT_TOO_LARGE");
  end_all(members);
  storage_end(storage);
  question_free(question);
}

static void the_end_of_the_storage_is_everybody_s(void **state)
{
  struct storage *storage = storage_busy(KEYS_MOST);
  struct question *question = question_new(slow_tens, "true");
  struct member *members[N_MEMBERS];
  gate_close(GROUP);
  ask_all(storage, question, members);
  wait_at_gate(GROUP, 1);
  storage_free(storage);
  for (int i = 0; i < N_MEMBERS; i++) {
    probe_wait(members[i]->probe);
    assert_error(members[i]->probe, ERROR_CANCELLED, "CANCELLED");
  }
  gate_open(GROUP);
  end_all(members);
  probe_free(sleeping);
  free(sleeper);
  question_free(question);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(those_who_wait_run_together),
      cmocka_unit_test(connections_share_those_who_wait),
      cmocka_unit_test(those_who_come_together_run_together),
      cmocka_unit_test(cheap_ones_are_for_half_of_the_connections),
      cmocka_unit_test(one_that_takes_long_is_not_cheap),
      cmocka_unit_test(as_many_as_a_group_holds_have_any_connection),
      cmocka_unit_test(those_alone_whose_claims_are_equal),
      cmocka_unit_test(nobody_waits_for_company),
      cmocka_unit_test(without_grouping_each_goes_alone),
      cmocka_unit_test(groups_have_no_more_keys_than_allowed),
      cmocka_unit_test(groups_are_small_where_many_rows_are_expected),
      cmocka_unit_test(only_the_same_question_is_shared),
      cmocka_unit_test(a_key_of_several_is_sent_once),
      cmocka_unit_test(batches_share_too),
      cmocka_unit_test(a_member_that_leaves_is_not_missed),
      cmocka_unit_test(a_member_s_deadline_is_its_own),
      cmocka_unit_test(a_poisoned_member_harms_nobody),
      cmocka_unit_test(a_group_that_nobody_waits_for_is_cancelled),
      cmocka_unit_test(a_lost_connection_is_hidden_from_all),
      cmocka_unit_test(a_group_is_tried_again_once),
      cmocka_unit_test(one_member_s_rows_do_not_cost_the_others_theirs),
      cmocka_unit_test(the_end_of_the_storage_is_everybody_s),
  };
  return RUN_BOTH_WAYS(tests, &rows_of_many, connect_admin, disconnect_admin);
}

/*
 * group.c - the union of keys, and each member's share of the rows.
 *
 * The plan of a group asks for a list of keys and tells by an ordinal which row belongs to which.  A key that
 * several members ask for is sent once.  Keys are the same when their bytes are: of values that only the
 * database calls equal it finds the same row twice, as in any BatchGet.
 *
 * Members have equal claims, byte by byte, as far as the plan's statements are bound to them: rows that one
 * may see are then rows that the others may see.  The group has a copy, since a member may leave before a
 * later wave is bound.
 *
 * A member's rows are the group's; what is its own is which of the root's rows answer its keys.  So nothing
 * is copied, and the rows stand until the last member was answered.
 */
#include "storage/group.h"

#include <string.h>

#include "base/clock.h"

/* A group is to save statements, not to make one so large that the others wait for it. */
#define ROWS_MOST 20000.0

/* A row costs Postgres about 2 us, a request's statements some 15. */
#define CHEAP_ROWS_MOST 50.0

static size_t keys_of(const struct run *run)
{
  const struct argument *argument = &run->arguments[run->plan->first_key_argument];
  return argument->list ? argument->n : 1;
}

/* The plan by which many keys are asked for; NULL when there is none. */
static struct plan *plan_of_many(const struct plan *plan)
{
  return plan->root == PLAN_ROOT_MANY ? (struct plan *)(uintptr_t)plan : plan->many;
}

/* A run that failed before goes its own way: how often it may be tried again is its own affair. */
static bool is_fresh(const struct execution *execution)
{
  return execution->retried == 0 && execution->n_hits == 0 && !execution->alone;
}

bool group_possible(const struct execution *execution, unsigned most_keys)
{
  const struct plan *plan = execution->run->plan;
  return plan->lookup != NULL && execution->session == NULL && execution->group == NULL &&
         is_fresh(execution) && plan_of_many(plan) != NULL && plan->n_arguments == plan->lookup->n_columns &&
         keys_of(execution->run) < most_keys;
}

static double rows_of(const struct plan *plan)
{
  double rows = 0;
  for (unsigned i = 0; i < plan->n_fetches; i++)
    rows += plan->fetches[i]->estimated_rows;
  return rows;
}

bool group_is_cheap(const struct execution *execution)
{
  return rows_of(execution->run->plan) <= CHEAP_ROWS_MOST;
}

/* How many keys fit by what the planner expects of one. */
static unsigned keys_within_rows(const struct plan *plan, unsigned most_keys)
{
  double rows = rows_of(plan);
  if (plan->root == PLAN_ROOT_MANY)
    rows /= plan->fetches[0]->estimated_rows;
  return rows * most_keys > ROWS_MOST ? (unsigned)(ROWS_MOST / rows) : most_keys;
}

/* ---- claims ---- */

static bool has_bytes(enum argument_form form)
{
  return form == ARGUMENT_TEXT || form == ARGUMENT_BINARY;
}

static uint64_t bits_of(enum argument_form form, const union value *value)
{
  return form == ARGUMENT_BOOLEAN ? value->boolean : value->u64;
}

static bool same_bytes(struct str a, struct str b)
{
  return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static bool same_value(enum argument_form form, const union value *a, const union value *b)
{
  return has_bytes(form) ? same_bytes(a->bytes, b->bytes) : bits_of(form, a) == bits_of(form, b);
}

static bool same_claim(const struct argument *a, const struct argument *b)
{
  if (a->form != b->form || a->list != b->list || a->n != b->n)
    return false;
  for (size_t i = 0; i < a->n; i++)
    if (!same_value(a->form, &a->values[i], &b->values[i]))
      return false;
  return true;
}

static unsigned next_claim(uint64_t *claims)
{
  unsigned index = (unsigned)__builtin_ctzll(*claims);
  *claims &= *claims - 1;
  return index;
}

static bool same_claims(const struct group *group, const struct run *run)
{
  for (uint64_t left = group->plan->claims; left != 0;) {
    unsigned i = next_claim(&left);
    if (!same_claim(&group->run.claims[i], &run->claims[i]))
      return false;
  }
  return true;
}

static struct argument copy_claim(const struct argument *claim, struct arena *arena)
{
  struct argument copy = *claim;
  union value *values = arena_memdup(arena, claim->values, claim->n * sizeof *values);
  for (size_t i = 0; i < claim->n; i++)
    if (has_bytes(claim->form) && values[i].bytes.len > 0)
      values[i].bytes.data = arena_memdup(arena, values[i].bytes.data, values[i].bytes.len);
  copy.values = values;
  return copy;
}

static const struct argument *copy_claims(const struct run *run, struct arena *arena)
{
  if (run->plan->claims == 0)
    return NULL;
  struct argument *claims = ARENA_ARRAY(arena, struct argument, GRAPH_CLAIMS_MOST);
  for (uint64_t left = run->plan->claims; left != 0;) {
    unsigned i = next_claim(&left);
    claims[i] = copy_claim(&run->claims[i], arena);
  }
  return claims;
}

/* ---- the group ---- */

struct group *group_new(const struct execution *execution, unsigned most_keys)
{
  const struct run *run = execution->run;
  struct arena *arena = arena_new(arena_budget(run->arena));
  struct group *group = ARENA_NEW(arena, struct group);
  size_t n_columns = run->plan->lookup->n_columns;
  group->plan = run->plan;
  group->most_keys = keys_within_rows(run->plan, most_keys);
  group->members = ARENA_ARRAY(arena, struct group_member, most_keys);
  group->hashes = ARENA_ARRAY(arena, uint64_t, most_keys);
  group->arguments = ARENA_ARRAY(arena, struct argument, n_columns);
  group->columns = ARENA_ARRAY(arena, union value *, n_columns);
  for (size_t i = 0; i < n_columns; i++) {
    group->columns[i] = ARENA_ARRAY(arena, union value, most_keys);
    group->arguments[i] = run->arguments[i];
    group->arguments[i].list = true;
    group->arguments[i].values = group->columns[i];
  }
  group->run = (struct run){.plan = plan_of_many(run->plan),
                            .arena = arena,
                            .arguments = group->arguments,
                            .claims = copy_claims(run, arena),
                            .deadline_us = CLOCK_NEVER};
  return group;
}

/* ---- keys ---- */

static uint64_t hash_of(const struct group *group, const struct run *run, size_t key)
{
  uint64_t hash = 0;
  for (size_t i = 0; i < group->plan->lookup->n_columns; i++) {
    enum argument_form form = run->arguments[i].form;
    const union value *value = &run->arguments[i].values[key];
    uint64_t bits = has_bytes(form) ? 0 : bits_of(form, value);
    hash = has_bytes(form) && value->bytes.len > 0 ? hash_bytes(value->bytes.data, value->bytes.len, hash + 1)
                                                   : hash_bytes(&bits, sizeof bits, hash + 1);
  }
  return hash;
}

static bool is_key(const struct group *group, size_t known, const struct run *run, size_t key)
{
  for (size_t i = 0; i < group->plan->lookup->n_columns; i++) {
    const union value *a = &group->columns[i][known], *b = &run->arguments[i].values[key];
    if (!same_value(run->arguments[i].form, a, b))
      return false;
  }
  return true;
}

/* The key's number in the group, where it is added unless it is there. */
static int32_t number_of(struct group *group, const struct run *run, size_t key)
{
  uint64_t hash = hash_of(group, run, key);
  for (size_t known = 0; known < group->n_keys; known++)
    if (group->hashes[known] == hash && is_key(group, known, run, key))
      return (int32_t)known;
  for (size_t i = 0; i < group->plan->lookup->n_columns; i++)
    group->columns[i][group->n_keys] = run->arguments[i].values[key];
  group->hashes[group->n_keys] = hash;
  return (int32_t)group->n_keys++;
}

/* Values of one form become one array. */
static bool same_forms(const struct group *group, const struct run *run)
{
  for (size_t i = 0; i < group->plan->lookup->n_columns; i++)
    if (run->arguments[i].form != group->arguments[i].form)
      return false;
  return true;
}

/* ---- members ---- */

bool group_add(struct group *group, struct execution *execution)
{
  const struct run *run = execution->run;
  size_t n = keys_of(run);
  if (run->plan != group->plan || group->n_keys + n > group->most_keys || !same_forms(group, run) ||
      !same_claims(group, run))
    return false;
  int32_t *keys = ARENA_ARRAY(group->run.arena, int32_t, n);
  for (size_t i = 0; i < n; i++)
    keys[i] = number_of(group, run, i);
  group->members[group->n_members++] = (struct group_member){execution, keys, n};
  group->n_left++;
  return true;
}

struct execution *group_dismiss(struct group *group)
{
  struct execution *execution = group->members[0].execution;
  group_free(group);
  return execution;
}

void group_free(struct group *group)
{
  arena_free(group->run.arena);
}

/* ---- rows ---- */

/* The root's row of each key, by the ordinal that the rows carry. */
static int32_t *rows_by_ordinal(const struct run *run)
{
  size_t n_keys = keys_of(run);
  const struct rows *rows = &run->fetches[0].rows;
  unsigned output = run->plan->fetches[0]->link_outputs[0];
  int32_t *found = ARENA_ARRAY(run->arena, int32_t, n_keys);
  for (size_t i = 0; i < n_keys; i++)
    found[i] = ROW_NONE;
  for (size_t row = 0; row < rows->n; row++)
    found[cell_integer(&rows_at(rows, row)[output]) - 1] = (int32_t)row;
  return found;
}

void group_find_rows(struct run *run)
{
  if (run->plan->root == PLAN_ROOT_MANY) {
    run->root_rows = rows_by_ordinal(run);
    return;
  }
  int32_t *row = ARENA_NEW(run->arena, int32_t);
  *row = run->fetches[0].rows.n > 0 ? 0 : ROW_NONE;
  run->root_rows = row;
}

static void give_rows(struct group *group, const struct group_member *member)
{
  struct run *all = &group->run, *run = member->execution->run;
  int32_t *root_rows = ARENA_ARRAY(all->arena, int32_t, member->n_keys);
  for (size_t i = 0; i < member->n_keys; i++)
    root_rows[i] = all->root_rows[member->keys[i]];
  run->rows_plan = all->plan;
  run->fetches = all->fetches;
  run->root_rows = root_rows;
  run->repeats = all->repeats;
  all->repeats = true;
}

static void answer(struct group *group, const struct group_member *member)
{
  const struct run *all = &group->run;
  struct run *run = member->execution->run;
  run->stats = all->stats;
  run->stats.group = group->n_members;
  run->stats.queue_us = group->started_us - member->execution->queued_us;
  run->error.code = all->error.code;
  if (all->error.code == ERROR_NONE)
    give_rows(group, member);
  else
    run->error = all->error;
  execution_free(member->execution);
  run->done(run);
}

static void answer_all(struct run *run)
{
  struct group *group = (struct group *)run;
  for (unsigned i = 0; i < group->n_members; i++)
    if (group->members[i].execution != NULL)
      answer(group, &group->members[i]);
  group_free(group);
}

struct execution *group_execution(struct group *group, int64_t now_us)
{
  for (size_t i = 0; i < group->plan->lookup->n_columns; i++)
    group->arguments[i].n = group->n_keys;
  group->run.done = answer_all;
  struct execution *execution = execution_new(&group->run, now_us);
  execution->group = group;
  return execution;
}

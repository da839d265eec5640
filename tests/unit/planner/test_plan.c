/*
 * test_plan.c - plans for the events schema: how many statements, in which waves, shared by whom.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "planner/limits.h"
#include "planner/list_arguments.h"
#include "planner/plan.h"
#include "support/catalog_builder.h"
#include "support/schema_text.h"

static const struct planner_limits limits = PLANNER_LIMITS_DEFAULT;

struct world {
  struct arena *arena;
  struct graph *graph;
};

static int set_up(void **state)
{
  struct world *world = calloc(1, sizeof *world);
  world->arena = arena_new(0);
  struct problems problems = {.arena = world->arena};
  world->graph = graph_build(events_schema(), events_catalog(), &problems);
  *state = world;
  return problems.n_errors == 0 ? 0 : -1;
}

static int tear_down(void **state)
{
  struct world *world = *state;
  graph_unref(world->graph);
  arena_free(world->arena);
  free(world);
  return 0;
}

static const struct graph_method *method_named(const struct world *world, const char *path)
{
  const struct graph_method *method = graph_find_method(world->graph, str_from(path));
  assert_non_null(method);
  return method;
}

/* A request for `method` with the comma-separated mask. */
static struct plan_request request_for(struct world *world, const char *path, const char *mask)
{
  const struct graph_method *method = method_named(world, path);
  struct str paths[16];
  size_t n = 0;
  while (*mask && n < LENGTH_OF(paths)) {
    size_t length = strcspn(mask, ",");
    paths[n++] = (struct str){mask, length};
    mask += length + (mask[length] == ',');
  }
  struct plan_request request = {.graph = world->graph, .resource = method->resource, .root = PLAN_ROOT_PAGE};
  struct error error = {0};
  struct selection *selection = NULL;
  if (!selection_build(world->graph, method, &(struct mask){paths, n, "read_mask.paths"}, &limits,
                       world->arena, &selection, &error))
    fail_msg("%s", error.message);
  request.selection = selection;
  request.limit_bucket = 50;
  request.order = &method->resource->order;
  if (method->kind == METHOD_GET || method->kind == METHOD_BATCH_GET) {
    request.root = method->kind == METHOD_GET ? PLAN_ROOT_ONE : PLAN_ROOT_MANY;
    request.lookup = &method->lookups[0];
  }
  return request;
}

#define LIST "/events.v1.EventService/ListEvents"
#define GET "/events.v1.EventService/GetEvent"
#define BATCH "/events.v1.EventService/BatchGetEvents"

static struct plan *plan_of(struct world *world, const char *mask)
{
  struct plan_request request = request_for(world, LIST, mask);
  return plan_build(&request);
}

static const struct plan_slot *slot_named(const struct plan_shape *shape, const char *name)
{
  for (size_t i = 0; i < shape->n_slots; i++)
    if (strcmp(shape->slots[i].field->field->name, name) == 0)
      return &shape->slots[i];
  fail_msg("no slot %s", name);
  return NULL;
}

struct expected_size {
  const char *mask;
  unsigned fetches, waves;
};

static void test_statements_follow_from_the_mask(void **state)
{
  static const struct expected_size cases[] = {
      {"id", 1, 1},
      {"creator", 1, 1},
      {"creator_name", 1, 1},
      {"attendee_count", 1, 1},
      {"attendees", 2, 1},
      {"attendees.organization", 3, 2},
      {"creator,attendees.organization,unaffiliated_attendees", 3, 2},
      {"attendees.events.id", 3, 2},
      {"attendees.events", 6, 4},
      {"attendees.events.creator", 4, 3},
      {"attendees.organization.attendees", 4, 3},
      {"attendees,attendees.organization", 3, 2},
      {"attendees.organization,attendees", 3, 2},
  };
  for (size_t i = 0; i < LENGTH_OF(cases); i++) {
    struct plan *plan = plan_of(*state, cases[i].mask);
    if (plan->n_fetches != cases[i].fetches || plan->n_waves != cases[i].waves)
      fail_msg("%s: %u statements in %u waves", cases[i].mask, plan->n_fetches, plan->n_waves);
    plan_unref(plan);
  }
}

static void test_page_size_never_changes_the_number_of_statements(void **state)
{
  for (uint32_t size = 1; size <= 5000; size *= 10) {
    struct plan_request request =
        request_for(*state, LIST, "creator,attendees.organization,unaffiliated_attendees");
    request.limit_bucket = plan_limit_bucket(size);
    struct plan *plan = plan_build(&request);
    assert_int_equal(plan->n_fetches, 3);
    assert_int_equal(plan->n_waves, 2);
    plan_unref(plan);
  }
}

static void set_rows(struct catalog *catalog, const char *table, double rows)
{
  for (size_t i = 0; i < catalog->n_tables; i++)
    if (strcmp(catalog->tables[i]->name, table) == 0)
      catalog->tables[i]->rows = rows;
}

/* A page cannot bring more roots than there are, so what each leads to is few as well. */
static void test_a_small_table_is_no_page_full_of_rows(void **state)
{
  struct catalog *catalog = events_catalog();
  set_rows(catalog, "events", 7);
  set_rows(catalog, "event_attendees", 70);
  struct world world = {.arena = arena_new(0)};
  struct problems problems = {.arena = world.arena};
  world.graph = graph_build(events_schema(), catalog, &problems);
  struct plan *plan = plan_of(&world, "attendees.organization");
  assert_int_equal(plan->n_fetches, 2);
  plan_unref(plan);
  graph_unref(world.graph);
  arena_free(world.arena);
}

static void test_a_filtered_relation_shares_the_fetch_of_its_full_set(void **state)
{
  struct plan *plan = plan_of(*state, "attendees.id,unaffiliated_attendees.name");
  const struct plan_slot *all = slot_named(plan->shape, "attendees");
  const struct plan_slot *some = slot_named(plan->shape, "unaffiliated_attendees");
  assert_ptr_equal(all->shape->fetch, some->shape->fetch);
  assert_int_equal(all->subset, -1);
  assert_int_equal(all->shape->fetch->outputs[some->subset].kind, OUTPUT_CONDITION);
  assert_null(all->shape->fetch->filter);
  plan_unref(plan);
}

static void test_a_filtered_relation_alone_fetches_its_rows_only(void **state)
{
  struct plan *plan = plan_of(*state, "unaffiliated_attendees");
  const struct plan_slot *some = slot_named(plan->shape, "unaffiliated_attendees");
  assert_int_equal(some->subset, -1);
  assert_non_null(some->shape->fetch->filter);
  plan_unref(plan);
}

static void test_the_same_relation_twice_on_a_path_is_two_fetches(void **state)
{
  struct plan *plan = plan_of(*state, "attendees.events.attendees");
  const struct plan_slot *outer = slot_named(plan->shape, "attendees");
  const struct plan_slot *inner = slot_named(slot_named(outer->shape, "events")->shape, "attendees");
  assert_ptr_not_equal(outer->shape->fetch, inner->shape->fetch);
  assert_int_equal(plan->n_fetches, 4);
  plan_unref(plan);
}

static void test_a_joined_target_is_recognised_by_its_key(void **state)
{
  struct plan *plan = plan_of(*state, "creator.email");
  const struct plan_slot *creator = slot_named(plan->shape, "creator");
  assert_int_equal(creator->kind, SLOT_JOINED);
  const struct plan_output *key = &plan->fetches[0]->outputs[creator->output];
  assert_string_equal(key->column->name, "id");
  assert_int_equal(key->table, 1);
  plan_unref(plan);
}

static void test_a_source_and_its_relation_share_one_join(void **state)
{
  struct plan *plan = plan_of(*state, "creator_name,creator.username");
  assert_int_equal(plan->fetches[0]->n_tables, 2);
  assert_int_equal(slot_named(plan->shape, "creator_name")->output,
                   slot_named(slot_named(plan->shape, "creator")->shape, "username")->output);
  plan_unref(plan);
}

static void test_pins_change_strategies(void **state)
{
  struct plan_request request = request_for(*state, LIST, "creator,attendees");
  request.options = (struct plan_options){.to_one = PIN_TO_ONE_KEYS, .to_many = PIN_TO_MANY_KEYS};
  struct plan *plan = plan_build(&request);
  assert_int_equal(slot_named(plan->shape, "creator")->kind, SLOT_ONE);
  assert_int_equal(slot_named(plan->shape, "attendees")->shape->fetch->strategy, PLAN_KEYS);
  assert_int_equal(plan->n_fetches, 3);
  assert_int_equal(plan->n_waves, 2);
  plan_unref(plan);
}

static void test_a_limited_relation_fetches_one_more(void **state)
{
  struct plan *plan =
      plan_of(*state, "attendees.organization.attendees,attendees.organization.attendees_has_more");
  const struct plan_slot *organization =
      slot_named(slot_named(plan->shape, "attendees")->shape, "organization");
  const struct plan_slot *attendees = slot_named(organization->shape, "attendees");
  assert_int_equal(attendees->limit, 3);
  assert_int_equal(attendees->shape->fetch->per_parent_limit, 3);
  const struct plan_slot *more = slot_named(organization->shape, "attendees_has_more");
  assert_int_equal(more->kind, SLOT_HAS_MORE);
  assert_ptr_equal(more->shape->fetch, attendees->shape->fetch);
  plan_unref(plan);
}

/* Arguments of the list "attendees", applied to the request's selection. */
static struct plan *plan_with_list(struct world *world, struct plan_request *request,
                                   struct list_request asked, bool after)
{
  struct arguments arguments = {0};
  struct list_arguments *lists;
  struct error error = {0};
  asked.path = STR("attendees");
  if (!list_arguments_resolve(world->graph, request->resource, "lists", &asked, 1, &limits, world->arena,
                              &arguments, &lists, &error))
    fail_msg("%s", error.message);
  lists[0].after_cursor = after;
  lists[0].first_cursor_argument = (unsigned)arguments.n;
  request->n_filter_arguments = arguments.n + (after ? lists[0].order->n_terms : 0);
  if (!list_arguments_apply(lists, 1, (struct selection *)(uintptr_t)request->selection, &error))
    fail_msg("%s", error.message);
  return plan_build(request);
}

static void test_arguments_of_a_list_are_its_fetch_s(void **state)
{
  struct plan_request request = request_for(*state, LIST, "attendees.name,unaffiliated_attendees.name");
  struct list_request asked = {.filter = STR("name = \"Ann\""), .order_by = STR("name desc"), .page_size = 2};
  struct plan *plan = plan_with_list(*state, &request, asked, false);
  const struct plan_slot *list = slot_named(plan->shape, "attendees");
  const struct plan_slot *other = slot_named(plan->shape, "unaffiliated_attendees");
  assert_int_equal(plan->n_fetches, 3);
  assert_ptr_not_equal(list->shape->fetch, other->shape->fetch);
  assert_int_equal(list->shape->fetch->per_parent_limit, 2);
  assert_true(list->shape->fetch->order->terms[0].descending);
  assert_int_equal(list->limit, 2);
  assert_int_equal(other->limit, 0);
  assert_true(plan->user_filter);
  assert_int_equal(plan->first_key_argument, 1);
  plan_unref(plan);
}

static void test_patterns_of_requests_are_known(void **state)
{
  static const struct {
    const char *filter;
    bool pattern;
  } cases[] = {{"name = Ann", false},
               {"name = \"A*\"", true},
               {"NOT (name = x OR name = \"*a\")", true},
               {"exists(events, (name = \"A*\"))", true},
               {"name:\"a\\*\"", false}};
  for (size_t i = 0; i < LENGTH_OF(cases); i++) {
    struct plan_request request = request_for(*state, LIST, "attendees.name");
    struct list_request asked = {.filter = str_from(cases[i].filter)};
    struct plan *plan = plan_with_list(*state, &request, asked, false);
    assert_int_equal(plan->user_pattern, cases[i].pattern);
    assert_true(plan->user_filter);
    plan_unref(plan);
  }
}

static void test_a_filter_alone_shares_the_rows_of_the_other_list(void **state)
{
  struct plan_request request = request_for(*state, LIST, "attendees.name,unaffiliated_attendees.name");
  struct plan *plan =
      plan_with_list(*state, &request, (struct list_request){.filter = STR("name = \"Ann\"")}, false);
  const struct plan_slot *list = slot_named(plan->shape, "attendees");
  const struct plan_slot *other = slot_named(plan->shape, "unaffiliated_attendees");
  assert_int_equal(plan->n_fetches, 2);
  assert_ptr_equal(list->shape->fetch, other->shape->fetch);
  assert_true(list->subset >= 0 && other->subset >= 0 && list->subset != other->subset);
  plan_unref(plan);
}

static void test_a_list_that_goes_on_needs_its_parent_s_key(void **state)
{
  struct plan_request request = request_for(*state, GET, "attendees.name");
  struct plan *plan = plan_with_list(*state, &request, (struct list_request){0}, true);
  const struct plan_fetch *fetch = slot_named(plan->shape, "attendees")->shape->fetch;
  assert_true(fetch->cursor.present);
  assert_int_equal(fetch->limiting, PLAN_LIMIT_LATERAL);
  assert_non_null(plan->key_outputs);
  assert_string_equal(plan->fetches[0]->outputs[plan->key_outputs[0]].column->name, "id");
  assert_int_equal(plan->n_arguments, 2);
  plan_unref(plan);
}

static void test_a_total_is_a_statement_unless_the_table_s_rows_will_do(void **state)
{
  struct expr never = {.kind = EXPR_OR};
  static const struct {
    enum total_kind asked;
    bool filtered;
    enum plan_total_kind kind;
    unsigned n_fetches;
  } cases[] = {
      {TOTAL_NONE, true, PLAN_TOTAL_NONE, 1},          {TOTAL_EXACT, false, PLAN_TOTAL_COUNT, 2},
      {TOTAL_EXACT, true, PLAN_TOTAL_COUNT, 2},        {TOTAL_ESTIMATED, false, PLAN_TOTAL_TABLE, 1},
      {TOTAL_ESTIMATED, true, PLAN_TOTAL_ESTIMATE, 2},
  };
  for (size_t i = 0; i < LENGTH_OF(cases); i++) {
    struct plan_request request = request_for(*state, LIST, "id");
    request.total = cases[i].asked;
    request.filter = cases[i].filtered ? &never : NULL;
    struct plan *plan = plan_build(&request);
    assert_int_equal(plan->total.kind, cases[i].kind);
    assert_int_equal(plan->n_fetches, cases[i].n_fetches);
    assert_int_equal(plan->n_waves, 1);
    if (cases[i].kind != PLAN_TOTAL_NONE)
      assert_int_equal(plan->fetches[plan->total.fetch]->outputs[plan->total.output].kind, OUTPUT_TOTAL);
    plan_unref(plan);
  }
}

static void test_what_is_skipped_is_the_last_argument(void **state)
{
  struct plan_request request = request_for(*state, LIST, "id");
  request.skips = request.after_cursor = true;
  struct plan *plan = plan_build(&request);
  assert_int_equal(plan->first_key_argument, 0);
  assert_int_equal(plan->n_arguments, 2);
  plan_unref(plan);
}

static void test_arguments_follow_those_of_the_filter(void **state)
{
  struct plan_request get = request_for(*state, GET, "id");
  struct plan *plan = plan_build(&get);
  assert_int_equal(plan->n_arguments, 1);
  assert_int_equal(plan->first_key_argument, 0);
  plan_unref(plan);

  struct plan_request page = request_for(*state, LIST, "id");
  page.n_filter_arguments = 2;
  page.after_cursor = true;
  plan = plan_build(&page);
  assert_int_equal(plan->n_arguments, 3);
  assert_int_equal(plan->first_key_argument, 2);
  plan_unref(plan);
}

static void test_batch_get_rows_carry_the_ordinal_of_their_key(void **state)
{
  struct plan_request request = request_for(*state, BATCH, "id");
  struct plan *plan = plan_build(&request);
  const struct plan_fetch *root = plan->fetches[0];
  assert_int_equal(root->n_link_outputs, 1);
  assert_int_equal(root->outputs[root->link_outputs[0]].kind, OUTPUT_ORDINAL);
  plan_unref(plan);
}

static bool same_fingerprint(const struct plan_request *a, const struct plan_request *b)
{
  struct strbuf x = {0}, y = {0};
  plan_fingerprint(a, &x);
  plan_fingerprint(b, &y);
  bool same = strcmp(strbuf_text(&x), strbuf_text(&y)) == 0;
  strbuf_done(&x);
  strbuf_done(&y);
  return same;
}

static void test_equal_selections_share_a_fingerprint(void **state)
{
  struct plan_request a = request_for(*state, LIST, "name,attendees,attendees.id");
  struct plan_request b = request_for(*state, LIST, "attendees.id,name,attendees.*");
  struct plan_request c = request_for(*state, LIST, "name,attendees.id");
  assert_true(same_fingerprint(&a, &b));
  assert_false(same_fingerprint(&a, &c));
  b.limit_bucket = 200;
  assert_false(same_fingerprint(&a, &b));
}

static void test_buckets_hold_their_limits(void **state)
{
  static const uint32_t cases[][2] = {{1, 1}, {2, 10}, {50, 50}, {51, 200}, {5000, 5000}, {5001, 5001}};
  for (size_t i = 0; i < LENGTH_OF(cases); i++)
    assert_int_equal(plan_limit_bucket(cases[i][0]), cases[i][1]);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_statements_follow_from_the_mask),
      cmocka_unit_test(test_page_size_never_changes_the_number_of_statements),
      cmocka_unit_test(test_a_small_table_is_no_page_full_of_rows),
      cmocka_unit_test(test_a_filtered_relation_shares_the_fetch_of_its_full_set),
      cmocka_unit_test(test_a_filtered_relation_alone_fetches_its_rows_only),
      cmocka_unit_test(test_the_same_relation_twice_on_a_path_is_two_fetches),
      cmocka_unit_test(test_a_joined_target_is_recognised_by_its_key),
      cmocka_unit_test(test_a_source_and_its_relation_share_one_join),
      cmocka_unit_test(test_pins_change_strategies),
      cmocka_unit_test(test_a_limited_relation_fetches_one_more),
      cmocka_unit_test(test_arguments_of_a_list_are_its_fetch_s),
      cmocka_unit_test(test_patterns_of_requests_are_known),
      cmocka_unit_test(test_a_filter_alone_shares_the_rows_of_the_other_list),
      cmocka_unit_test(test_a_list_that_goes_on_needs_its_parent_s_key),
      cmocka_unit_test(test_a_total_is_a_statement_unless_the_table_s_rows_will_do),
      cmocka_unit_test(test_what_is_skipped_is_the_last_argument),
      cmocka_unit_test(test_arguments_follow_those_of_the_filter),
      cmocka_unit_test(test_batch_get_rows_carry_the_ordinal_of_their_key),
      cmocka_unit_test(test_equal_selections_share_a_fingerprint),
      cmocka_unit_test(test_buckets_hold_their_limits),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}

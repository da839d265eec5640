#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "planner/list_arguments.h"
#include "planner/selection.h"
#include "support/graph_world.h"

struct world {
  struct graph_world events;
  struct arena *arena;
  struct planner_limits limits;
  struct arguments arguments;
};

static int setup(void **state)
{
  static struct world world;
  world = (struct world){.events = events_world(), .arena = arena_new(0), .limits = PLANNER_LIMITS_DEFAULT};
  *state = &world;
  return 0;
}

static int teardown(void **state)
{
  struct world *world = *state;
  world_done(&world->events);
  arena_free(world->arena);
  return 0;
}

static bool resolve(struct world *world, const char *resource, const struct list_request *requests, size_t n,
                    struct list_arguments **ret, struct error *error)
{
  return list_arguments_resolve(world->events.graph, world_resource(&world->events, resource), "lists",
                                requests, n, &world->limits, world->arena, &world->arguments, ret, error);
}

static struct list_arguments *resolved(struct world *world, const char *resource,
                                       const struct list_request *requests, size_t n)
{
  struct list_arguments *lists;
  struct error error = {0};
  if (!resolve(world, resource, requests, n, &lists, &error))
    fail_msg("%s: %s", error.field, error.message);
  return lists;
}

static const char *fingerprint(struct world *world, const char *mask, const struct list_request *requests,
                               size_t n, struct strbuf *ret)
{
  struct list_arguments *lists = resolved(world, "Event", requests, n);
  struct str path = str_from(mask);
  struct selection *selection;
  struct error error = {0};
  assert_true(selection_build_for(world->events.graph, world_resource(&world->events, "Event"),
                                  &(struct mask){&path, 1, "mask"}, &world->limits, world->arena, &selection,
                                  &error));
  if (!list_arguments_apply(lists, n, selection, &error))
    fail_msg("%s: %s", error.field, error.message);
  strbuf_clear(ret);
  selection_fingerprint(selection, ret);
  return strbuf_text(ret);
}

static void page_sizes_stay_within_what_is_declared(void **state)
{
  static const struct {
    int64_t asked;
    uint32_t limit;
  } cases[] = {{0, 3}, {1, 1}, {10, 10}, {11, 10}, {INT32_MAX, 10}};
  for (size_t i = 0; i < LENGTH_OF(cases); i++) {
    struct list_request request = {.path = STR("attendees"), .page_size = cases[i].asked};
    assert_int_equal(resolved(*state, "Organization", &request, 1)->limit, cases[i].limit);
  }
  struct list_request unlimited = {.path = STR("attendees")};
  assert_int_equal(resolved(*state, "Event", &unlimited, 1)->limit, 0);
  unlimited.page_size = INT32_MAX;
  assert_int_equal(resolved(*state, "Event", &unlimited, 1)->limit, INT32_MAX);
}

static void the_declared_order_stands_until_another_is_asked_for(void **state)
{
  struct list_request request = {.path = STR("attendees"), .order_by = STR("  ")};
  const struct list_arguments *list = resolved(*state, "Organization", &request, 1);
  assert_ptr_equal(list->order, &list->steps[0]->relation->order);
  request.order_by = STR("id desc");
  list = resolved(*state, "Organization", &request, 1);
  assert_int_equal(list->order->n_terms, 1);
  assert_true(list->order->terms[0].descending);
}

static void lists_come_in_the_order_of_their_paths(void **state)
{
  struct list_request requests[] = {
      {.path = STR("unaffiliatedAttendees"), .filter = STR("id = 7")},
      {.path = STR("attendees.organization.attendees"), .filter = STR("id = 8")},
      {.path = STR("attendees"), .filter = STR("id = 9")},
  };
  struct list_arguments *lists = resolved(*state, "Event", requests, 3);
  static const char *const paths[] = {"attendees", "attendees.organization.attendees",
                                      "unaffiliated_attendees"};
  for (unsigned i = 0; i < 3; i++) {
    assert_string_equal(lists[i].path, paths[i]);
    assert_int_equal(lists[i].index, i);
    assert_int_equal(lists[i].request, 2 - i);
    assert_int_equal(lists[i].filter->values[0].argument, i);
  }
}

static void lists_that_differ_in_values_alone_have_one_fingerprint(void **state)
{
  struct world *world = *state;
  struct strbuf a = {0}, b = {0};
  struct list_request seven = {.path = STR("attendees"), .filter = STR("id = 7")};
  struct list_request nine = {.path = STR("attendees"), .filter = STR("id = 9")};
  fingerprint(world, "attendees.id", &seven, 1, &a);
  world->arguments.n = 0;
  assert_string_equal(strbuf_text(&a), fingerprint(world, "attendees.id", &nine, 1, &b));
  struct list_request others[] = {
      {.path = STR("attendees"), .filter = STR("id > 7")},
      {.path = STR("attendees"), .filter = STR("id = 7"), .page_size = 1},
      {.path = STR("attendees"), .filter = STR("id = 7"), .order_by = STR("name")},
      {.path = STR("attendees")},
  };
  for (size_t i = 0; i < LENGTH_OF(others); i++) {
    world->arguments.n = 0;
    assert_string_not_equal(strbuf_text(&a), fingerprint(world, "attendees.id", &others[i], 1, &b));
  }
  strbuf_done(&a);
  strbuf_done(&b);
}

/* Plans are found by this text before a selection is there to tell the depth. */
static void a_depth_is_part_of_the_fingerprint(void **state)
{
  struct graph_world tree =
      world_from_text("table nodes\n  id int8 primary key\n  node_id int8 -> nodes(id)\n",
                      "message Node { option (rowan.v1.resource) = {}; int64 id = 1;\n"
                      "  repeated Node nodes = 2 [(rowan.v1.field).relation = {max_depth: 4}]; }\n");
  world_must_be_sound(&tree);
  struct world world = {.events = tree, .arena = arena_new(0), .limits = PLANNER_LIMITS_DEFAULT};
  struct strbuf texts[3] = {0};
  static const int64_t depths[] = {2, 3, 9};
  for (size_t i = 0; i < LENGTH_OF(depths); i++) {
    struct list_request request = {.path = STR("nodes"), .max_depth = depths[i]};
    const struct list_arguments *list = resolved(&world, "Node", &request, 1);
    assert_int_equal(list->depth, depths[i] > 4 ? 4 : depths[i]);
    list_arguments_fingerprint(list, &texts[i]);
  }
  assert_string_not_equal(strbuf_text(&texts[0]), strbuf_text(&texts[1]));
  assert_string_not_equal(strbuf_text(&texts[1]), strbuf_text(&texts[2]));
  for (size_t i = 0; i < LENGTH_OF(texts); i++)
    strbuf_done(&texts[i]);
  world_done(&world.events);
  arena_free(world.arena);
}

static void what_does_not_fit_names_path_and_member(void **state)
{
  static const struct {
    struct list_request request;
    const char *field, *message;
  } cases[] = {
      {{.path = STR("attendes")}, "lists[\"attendes\"]", "did you mean \"attendees\"?"},
      {{.path = STR("")}, "lists[\"\"]", "no field \"\""},
      {{.path = STR("attendees..events")}, "lists[\"attendees..events\"]", "no field \"\""},
      {{.path = STR("name")}, "lists[\"name\"]", "name of Event is no relation"},
      {{.path = STR("creator")}, "lists[\"creator\"]", "creator of Event is no list"},
      {{.path = STR("a\n\"b")}, "lists[\"a??b\"]", "no field \"a??b\""},
      {{.path = STR("attendees"), .page_size = -1}, "lists[\"attendees\"].page_size", "negative"},
      {{.path = STR("attendees"), .max_depth = 2}, "lists[\"attendees\"].max_depth", "one level"},
      {{.path = STR("attendees"), .filter = STR("x = 1")}, "lists[\"attendees\"].filter", "x"},
      {{.path = STR("attendees"), .order_by = STR("x")}, "lists[\"attendees\"].order_by", "x"},
  };
  for (size_t i = 0; i < LENGTH_OF(cases); i++) {
    struct list_arguments *lists;
    struct error error = {0};
    assert_false(resolve(*state, "Event", &cases[i].request, 1, &lists, &error));
    assert_int_equal(error.code, ERROR_INVALID_ARGUMENT);
    assert_string_equal(error.field, cases[i].field);
    if (!strstr(error.message, cases[i].message))
      fail_msg("%s", error.message);
  }
}

static void a_path_has_arguments_once(void **state)
{
  struct list_request requests[] = {{.path = STR("unaffiliatedAttendees")},
                                    {.path = STR("unaffiliated_attendees")}};
  struct list_arguments *lists;
  struct error error = {0};
  assert_false(resolve(*state, "Event", requests, 2, &lists, &error));
  assert_non_null(strstr(error.message, "twice"));
}

static void a_path_that_is_not_selected_is_refused(void **state)
{
  struct world *world = *state;
  struct list_request request = {.path = STR("attendees.events")};
  struct list_arguments *lists = resolved(world, "Event", &request, 1);
  static const char *const masks[] = {"name", "attendees.name", "unaffiliated_attendees.events"};
  for (size_t i = 0; i < LENGTH_OF(masks); i++) {
    struct str path = str_from(masks[i]);
    struct selection *selection;
    struct error error = {0};
    assert_true(selection_build_for(world->events.graph, world_resource(&world->events, "Event"),
                                    &(struct mask){&path, 1, "mask"}, &world->limits, world->arena,
                                    &selection, &error));
    assert_false(list_arguments_apply(lists, 1, selection, &error));
    assert_string_equal(error.field, "lists[\"attendees.events\"]");
  }
}

static void many_lists_and_long_paths_are_too_complex(void **state)
{
  struct world *world = *state;
  struct list_request requests[] = {{.path = STR("attendees.events.attendees")}, {.path = STR("attendees")}};
  struct list_arguments *lists;
  struct error error = {0};
  world->limits.mask_nodes = 1;
  assert_false(resolve(world, "Event", requests, 2, &lists, &error));
  assert_string_equal(error.reason, "REQUEST_TOO_COMPLEX");
  world->limits.mask_depth = 2;
  assert_false(resolve(world, "Event", requests, 1, &lists, &error));
  assert_string_equal(error.reason, "REQUEST_TOO_COMPLEX");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(page_sizes_stay_within_what_is_declared, setup, teardown),
      cmocka_unit_test_setup_teardown(the_declared_order_stands_until_another_is_asked_for, setup, teardown),
      cmocka_unit_test_setup_teardown(lists_come_in_the_order_of_their_paths, setup, teardown),
      cmocka_unit_test_setup_teardown(lists_that_differ_in_values_alone_have_one_fingerprint, setup,
                                      teardown),
      cmocka_unit_test(a_depth_is_part_of_the_fingerprint),
      cmocka_unit_test_setup_teardown(what_does_not_fit_names_path_and_member, setup, teardown),
      cmocka_unit_test_setup_teardown(a_path_has_arguments_once, setup, teardown),
      cmocka_unit_test_setup_teardown(a_path_that_is_not_selected_is_refused, setup, teardown),
      cmocka_unit_test_setup_teardown(many_lists_and_long_paths_are_too_complex, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

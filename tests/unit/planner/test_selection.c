#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "planner/selection.h"
#include "support/graph_world.h"

struct world {
  struct graph_world events;
  struct arena *arena;
  struct planner_limits limits;
};

static int setup(void **state)
{
  static struct world world;
  world = (struct world){.events = events_world(), .arena = arena_new(0), .limits = PLANNER_LIMITS_DEFAULT};
  world_must_be_sound(&world.events);
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

/* Paths are separated by spaces; "" is no mask at all. */
static struct mask mask_from(struct world *world, const char *text)
{
  struct {
    struct str *items;
    size_t n, cap;
  } paths = {0};
  while (*text != '\0') {
    struct str path = {text, strcspn(text, " ")};
    VEC_PUSH(world->arena, &paths, path);
    text += path.len + (text[path.len] == ' ');
  }
  return (struct mask){.paths = paths.items, .n_paths = paths.n, .field = "read_mask.paths"};
}

static bool select_paths(struct world *world, const char *resource, const struct mask *mask,
                         struct strbuf *ret, struct error *error)
{
  struct selection *selection;
  if (!selection_build_for(world->events.graph, world_resource(&world->events, resource), mask,
                           &world->limits, world->arena, &selection, error))
    return false;
  strbuf_clear(ret);
  selection_fingerprint(selection, ret);
  return true;
}

static void check(struct world *world, const char *resource, const char *paths, const char *wanted)
{
  struct mask mask = mask_from(world, paths);
  struct strbuf text = {0};
  struct error error = {0};
  if (!select_paths(world, resource, &mask, &text, &error))
    fail_msg("%s: %s", paths, error.message);
  if (strcmp(strbuf_text(&text), wanted) != 0)
    fail_msg("%s of %s: wanted %s, got %s", paths, resource, wanted, strbuf_text(&text));
  strbuf_done(&text);
}

#define SCALARS "id,name,event_date,attendee_count,creator_name"
#define USER "creator{id,username,email}"

static void masks_become_trees(void **state)
{
  check(*state, "Event", "id", "id");
  check(*state, "Event", "*", "id,name,event_date,attendee_count,creator_name");
  check(*state, "Event", "name id name", "id,name");
  check(*state, "Event", "creator.username", "creator{username}");
  check(*state, "Event", "creator", USER);
  check(*state, "Event", "creator creator.email", USER);
  check(*state, "Event", "attendees.organization.name attendees.name", "attendees{name,organization{name}}");
  check(*state, "Event", "attendees.*.name", "attendees{name}");
  check(*state, "Event", "attendees.*", "attendees{id,name}");
  check(*state, "Event", "*.id", "id");
  check(*state, "Event", "eventDate attendeeCount", "event_date,attendee_count");
}

static void no_mask_is_the_default_mask(void **state)
{
  static const char *const wanted = "id,name,event_date," USER ",attendees{id,name,organization{id,name}},"
                                    "unaffiliated_attendees{id,name},attendee_count,creator_name";
  struct world *world = *state;
  struct strbuf text = {0};
  struct error error;
  check(world, "Event", "", wanted);
  assert_true(select_paths(world, "Event", NULL, &text, &error));
  assert_string_equal(strbuf_text(&text), wanted);
  check(world, "User", "", "id,username,email");
  strbuf_done(&text);
}

static void a_relation_is_its_default_mask_and_inside_of_one_its_scalars(void **state)
{
  check(*state, "Attendee", "events",
        "events{id,name,event_date," USER ",attendees{id,name,organization{id,name}},"
        "unaffiliated_attendees{id,name},attendee_count,creator_name}");
  check(*state, "Attendee", "events.id", "events{id}");
}

static void has_more_comes_with_its_list(void **state)
{
  check(*state, "Organization", "*", "id,name");
  check(*state, "Organization", "attendees.id", "attendees{id},attendees_has_more");
  check(*state, "Organization", "attendees_has_more", "attendees{},attendees_has_more");
}

static void selections_know_fields_by_number(void **state)
{
  struct world *world = *state;
  struct mask mask = mask_from(world, "creator_name id creator.id");
  struct selection *selection;
  struct error error;
  assert_true(selection_build(world->events.graph, world_method(&world->events, "GetEvent"), &mask,
                              &world->limits, world->arena, &selection, &error));
  assert_int_equal(selection->n_items, 3);
  assert_int_equal(selection->items[0].field->field->number, 1);
  assert_null(selection->items[0].child);
  assert_int_equal(selection->items[1].field->field->number, 4);
  assert_string_equal(selection->items[1].child->resource->message->name, "User");
  assert_int_equal(selection->items[2].field->field->number, 8);
}

struct refusal {
  const char *paths;
  const char *field;
  const char *message; /* a part of it */
};

static const struct refusal refusals[] = {
    {"id nme", "read_mask.paths[1]", "Event has no field \"nme\"; did you mean \"name\"?"},
    {"attendees.nam", "read_mask.paths[0]", "Attendee has no field \"nam\"; did you mean \"name\"?"},
    {"attendees.0", "read_mask.paths[0]", "without an index"},
    {"attendees..name", "read_mask.paths[0]", "empty segment"},
    {"creator.", "read_mask.paths[0]", "empty segment"},
    {".name", "read_mask.paths[0]", "empty segment"},
    {"name.", "read_mask.paths[0]", "empty segment"},
    {"name.first", "read_mask.paths[0]", "\"first\" cannot follow name"},
    {"event_date.seconds", "read_mask.paths[0]", "cannot follow event_date"},
    {"name.*", "read_mask.paths[0]", "cannot follow name"},
    {"\"name\"", "read_mask.paths[0]", "no field"},
    {"id;--", "read_mask.paths[0]", "no field"},
    {"`name`", "read_mask.paths[0]", "no field"},
    {"**", "read_mask.paths[0]", "no field"},
};

static void bad_paths_are_refused_with_their_place(void **state)
{
  struct world *world = *state;
  for (size_t i = 0; i < LENGTH_OF(refusals); i++) {
    struct mask mask = mask_from(world, refusals[i].paths);
    struct strbuf text = {0};
    struct error error = {0};
    assert_false(select_paths(world, "Event", &mask, &text, &error));
    assert_int_equal(error.code, ERROR_INVALID_ARGUMENT);
    assert_string_equal(error.reason, "INVALID_MASK");
    assert_string_equal(error.field, refusals[i].field);
    if (strstr(error.message, refusals[i].message) == NULL)
      fail_msg("%s: %s", refusals[i].paths, error.message);
  }
}

static void bytes_that_are_no_names_are_refused(void **state)
{
  struct world *world = *state;
  const struct str paths[] = {STR("na\0me"), STR("\xff\xfe"), {NULL, 0}, STR("id\n")};
  for (size_t i = 0; i < LENGTH_OF(paths); i++) {
    struct mask mask = {.paths = &paths[i], .n_paths = 1, .field = "read_mask.paths"};
    struct strbuf text = {0};
    struct error error = {0};
    assert_false(select_paths(world, "Event", &mask, &text, &error));
    assert_string_equal(error.reason, "INVALID_MASK");
    assert_true(str_is_utf8(error.message, strlen(error.message)));
  }
}

static void check_too_complex(struct world *world, const char *paths, struct planner_limits limits)
{
  struct mask mask = mask_from(world, paths);
  struct strbuf text = {0};
  struct error error = {0};
  world->limits = limits;
  assert_false(select_paths(world, "Event", &mask, &text, &error));
  assert_string_equal(error.reason, "REQUEST_TOO_COMPLEX");
  assert_int_equal(error.code, ERROR_INVALID_ARGUMENT);
}

static void limits_bind(void **state)
{
  struct planner_limits limits = PLANNER_LIMITS_DEFAULT;
  limits.mask_paths = 2;
  check_too_complex(*state, "id id id", limits);
  limits = PLANNER_LIMITS_DEFAULT;
  limits.mask_depth = 2;
  check_too_complex(*state, "attendees.organization.id", limits);
  limits = PLANNER_LIMITS_DEFAULT;
  limits.mask_nodes = 2;
  check_too_complex(*state, "attendees.organization.attendees.id", limits);
  check(*state, "Event", "attendees.id creator.id attendees.name", "creator{id},attendees{id,name}");
}

static void broken_fields_are_not_selected(void **state)
{
  struct world *world = *state;
  struct graph_world other =
      world_from_text("table users\n  id int8 primary key\n  name text not null\n",
                      "message User {\n option (rowan.v1.resource) = {};\n int64 id = 1;\n"
                      " string name = 2 [(rowan.v1.field).ignore = true];\n}\n");
  struct selection *selection;
  struct strbuf text = {0};
  struct error error;
  struct mask none = {0}, name = mask_from(world, "name");
  const struct graph_resource *user = world_resource(&other, "User");
  assert_true(
      selection_build_for(other.graph, user, &none, &world->limits, world->arena, &selection, &error));
  selection_fingerprint(selection, &text);
  assert_string_equal(strbuf_text(&text), "id");
  assert_false(
      selection_build_for(other.graph, user, &name, &world->limits, world->arena, &selection, &error));
  assert_string_equal(error.message, "path \"name\": field name of User is not served");
  strbuf_done(&text);
  world_done(&other);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(masks_become_trees, setup, teardown),
      cmocka_unit_test_setup_teardown(no_mask_is_the_default_mask, setup, teardown),
      cmocka_unit_test_setup_teardown(a_relation_is_its_default_mask_and_inside_of_one_its_scalars, setup,
                                      teardown),
      cmocka_unit_test_setup_teardown(has_more_comes_with_its_list, setup, teardown),
      cmocka_unit_test_setup_teardown(selections_know_fields_by_number, setup, teardown),
      cmocka_unit_test_setup_teardown(bad_paths_are_refused_with_their_place, setup, teardown),
      cmocka_unit_test_setup_teardown(bytes_that_are_no_names_are_refused, setup, teardown),
      cmocka_unit_test_setup_teardown(limits_bind, setup, teardown),
      cmocka_unit_test_setup_teardown(broken_fields_are_not_selected, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * Which lists Rowan puts in order, and which are left to the database.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "planner/limits.h"
#include "planner/plan.h"
#include "support/catalog_builder.h"
#include "support/graph_world.h"

static const struct planner_limits limits = PLANNER_LIMITS_DEFAULT;

static const char catalog[] = "enum mood: sad, ok\n"
                              "domain grade: int2\n"
                              "domain label: text\n"
                              "table makers\n"
                              "  id int4 primary key\n"
                              "  since date\n"
                              "  name text\n"
                              "table holders rows=100\n"
                              "  id int4 primary key\n"
                              "table things rows=%d\n"
                              "  id int8 primary key\n"
                              "  holder_id int4 -> holders(id) distinct=100\n"
                              "  parent_id int8 -> things(id)\n"
                              "  maker_id int4 -> makers(id)\n"
                              "  small int2\n"
                              "  grade grade\n"
                              "  flag bool\n"
                              "  code uuid\n"
                              "  day date\n"
                              "  hour time\n"
                              "  stamp timestamp\n"
                              "  moment timestamptz\n"
                              "  ratio float8\n"
                              "  price numeric\n"
                              "  name text\n"
                              "  label label\n"
                              "  mood mood\n"
                              "  data bytea\n"
                              "  spell interval\n";

static const char declarations[] =
    "enum Mood { MOOD_UNSPECIFIED = 0; MOOD_SAD = 1; MOOD_OK = 2; }\n"
    "message Maker { option (rowan.v1.resource) = {}; int32 id = 1; string since = 2; string name = 3; }\n"
    "message Thing { option (rowan.v1.resource) = {}; int64 id = 1; Maker maker = 2; int32 small = 3;\n"
    "  int32 grade = 4; bool flag = 5; string code = 6; string day = 7; string hour = 8; string stamp = 9;\n"
    "  google.protobuf.Timestamp moment = 10; double ratio = 11; string price = 12; string name = 13;\n"
    "  string label = 14; Mood mood = 15; bytes data = 16; google.protobuf.Duration spell = 17;\n"
    "  repeated Thing things = 18 [(rowan.v1.field).relation = {references: \"parent_id\" max_depth: 3}];\n"
    "  int64 n_things = 19 [(rowan.v1.field).aggregate = {count: \"things\"}]; }\n"
    "message Holder { option (rowan.v1.resource) = {}; int32 id = 1;\n"
    "  repeated Thing things = 2 [(rowan.v1.field).relation = {%s}]; }\n"
    "message ListHoldersRequest { int32 page_size = 1; string page_token = 2; google.protobuf.FieldMask "
    "read_mask = 3; }\n"
    "message ListHoldersResponse { repeated Holder holders = 1; string next_page_token = 2; }\n"
    "service Holders { rpc ListHolders(ListHoldersRequest) returns (ListHoldersResponse); }\n";

/* The plan for a list of holders, whose relation `things` has these options and leads to so many things in
 * all. */
static struct plan *plan_of(struct graph_world *world, int n_things, const char *options, const char *mask,
                            struct arena *arena)
{
  *world =
      world_from_text(arena_printf(arena, catalog, n_things), arena_printf(arena, declarations, options));
  world_must_be_sound(world);
  const struct graph_method *method = world_method(world, "ListHolders");
  struct str path = str_from(mask);
  struct plan_request request = {.graph = world->graph,
                                 .resource = method->resource,
                                 .root = PLAN_ROOT_PAGE,
                                 .order = &method->resource->order,
                                 .limit_bucket = 50};
  struct selection *selection = NULL;
  struct error error = {0};
  if (!selection_build(world->graph, method, &(struct mask){&path, 1, "read_mask.paths"}, &limits, arena,
                       &selection, &error))
    fail_msg("%s", error.message);
  request.selection = selection;
  return plan_build(&request);
}

/* "+flag bytes -id": of each term the direction, the column and whether bytes tell; "" when the database
 * puts the rows in order. */
static const char *sort_of(const struct plan_fetch *fetch)
{
  static char text[128];
  size_t n = 0;
  text[0] = '\0';
  for (unsigned i = 0; i < fetch->n_sort_terms; i++) {
    const struct plan_sort_term *term = &fetch->sort_terms[i];
    n += (size_t)snprintf(text + n, sizeof text - n, "%s%s%s%s", i > 0 ? " " : "",
                          term->descending ? "-" : "+", fetch->outputs[term->output].column->name,
                          term->is_integer ? "" : " bytes");
  }
  return text;
}

struct sort_case {
  const char *options, *mask, *expected;
};

static void check(const struct sort_case *cases, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    struct arena *arena = arena_new(0);
    struct graph_world world;
    struct plan *plan = plan_of(&world, 5000, cases[i].options, cases[i].mask, arena);
    const struct plan_fetch *fetch = plan->fetches[1];
    if (strcmp(sort_of(fetch), cases[i].expected) != 0)
      fail_msg("%s: %s", cases[i].options, sort_of(fetch));
    assert_int_equal(strstr(fetch->reason, "put in order by Rowan") != NULL, cases[i].expected[0] != '\0');
    assert_int_equal(plan->fetches[0]->n_sort_terms, 0);
    plan_unref(plan);
    world_done(&world);
    arena_free(arena);
  }
}

static void terms_whose_binary_form_tells(void **state)
{
  static const struct sort_case cases[] = {
      {"", "things.name", "+id"},
      {"order_by: \"id desc\"", "things.name", "-id"},
      {"order_by: \"small\"", "things.small", "+small +id"},
      {"order_by: \"grade desc\"", "things.name", "-grade -id"},
      {"order_by: \"flag, id\"", "things.name", "+flag bytes +id"},
      {"order_by: \"code\"", "things.name", "+code bytes +id"},
      {"order_by: \"day, hour desc\"", "things.day", "+day -hour -id"},
      {"order_by: \"stamp, moment\"", "things", "+stamp +moment +id"},
      {"order_by: \"maker.since\"", "things.name", "+since +id"},
  };
  check(cases, LENGTH_OF(cases));
}

static void terms_that_the_database_alone_compares(void **state)
{
  static const struct sort_case cases[] = {
      {"order_by: \"ratio\"", "things.id", ""},     {"order_by: \"price\"", "things.id", ""},
      {"order_by: \"name\"", "things.id", ""},      {"order_by: \"label\"", "things.id", ""},
      {"order_by: \"mood\"", "things.id", ""},      {"order_by: \"data\"", "things.id", ""},
      {"order_by: \"spell\"", "things.id", ""},     {"order_by: \"maker.name\"", "things.id", ""},
      {"order_by: \"day, name\"", "things.id", ""}, {"order_by: \"n_things\"", "things.id", ""},
  };
  check(cases, LENGTH_OF(cases));
}

static void lists_that_are_cut_come_in_order(void **state)
{
  static const struct sort_case cases[] = {
      {"page_size: 3", "things.id", ""},
      {"page_size: 3 order_by: \"day\"", "things.id", ""},
  };
  check(cases, LENGTH_OF(cases));
}

/* The thread that puts them in order has other requests to serve. */
static void long_lists_come_in_order(void **state)
{
  static const struct {
    int n_things;
    const char *expected;
  } cases[] = {{100, "+id"}, {100000, "+id"}, {100001, ""}, {10000000, ""}};
  for (size_t i = 0; i < LENGTH_OF(cases); i++) {
    struct arena *arena = arena_new(0);
    struct graph_world world;
    struct plan *plan = plan_of(&world, cases[i].n_things, "", "things.id", arena);
    assert_string_equal(sort_of(plan->fetches[1]), cases[i].expected);
    plan_unref(plan);
    world_done(&world);
    arena_free(arena);
  }
}

/* What orders comes once, whether it was selected or not; a value that is shown as text comes in binary too.
 */
static void outputs_are_those_of_the_selection_and_the_terms(void **state)
{
  static const struct {
    const char *mask;
    unsigned n_outputs; /* with the link's one */
  } cases[] = {{"things.name", 4}, {"things.id", 3}, {"things.day", 4}};
  for (size_t i = 0; i < LENGTH_OF(cases); i++) {
    struct arena *arena = arena_new(0);
    struct graph_world world;
    struct plan *plan = plan_of(&world, 5000, "order_by: \"day\"", cases[i].mask, arena);
    if (plan->fetches[1]->n_outputs != cases[i].n_outputs)
      fail_msg("%s: %u", cases[i].mask, plan->fetches[1]->n_outputs);
    plan_unref(plan);
    world_done(&world);
    arena_free(arena);
  }
}

static void trees_are_put_in_order_unless_they_are_cut(void **state)
{
  struct arena *arena = arena_new(0);
  struct graph_world world;
  struct plan *plan = plan_of(&world, 5000, "", "things.things.id", arena);
  assert_int_equal(plan->n_fetches, 3);
  assert_int_equal(plan->fetches[2]->strategy, PLAN_RECURSIVE);
  assert_string_equal(sort_of(plan->fetches[2]), "+id");
  plan_unref(plan);
  world_done(&world);
  arena_free(arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(terms_whose_binary_form_tells),
      cmocka_unit_test(terms_that_the_database_alone_compares),
      cmocka_unit_test(lists_that_are_cut_come_in_order),
      cmocka_unit_test(long_lists_come_in_order),
      cmocka_unit_test(outputs_are_those_of_the_selection_and_the_terms),
      cmocka_unit_test(trees_are_put_in_order_unless_they_are_cut),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* How many rows a plan is reckoned to read, by what has an index. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "planner/filter.h"
#include "planner/limits.h"
#include "planner/order.h"
#include "planner/plan.h"
#include "support/catalog_builder.h"
#include "support/schema_text.h"

static const struct planner_limits limits = PLANNER_LIMITS_DEFAULT;

struct fixture {
  struct graph *graph;
  struct arena *arena;
};

static int set_up(void **state)
{
  struct arena *arena = arena_new(0);
  struct fixture *fixture = ARENA_NEW(arena, struct fixture);
  struct problems problems = {.arena = arena};
  fixture->arena = arena;
  fixture->graph = graph_build(events_schema(), events_catalog(), &problems);
  assert_int_equal(problems.n_errors, 0);
  *state = fixture;
  return 0;
}

static int tear_down(void **state)
{
  struct fixture *fixture = *state;
  graph_unref(fixture->graph);
  arena_free(fixture->arena);
  return 0;
}

static const struct graph_method *list_events(const struct graph *graph)
{
  for (size_t i = 0; i < graph->n_methods; i++)
    if (strcmp(graph->methods[i]->method->name, "ListEvents") == 0)
      return graph->methods[i];
  return NULL;
}

static double charge(const struct fixture *fixture, const char *mask, const char *filter,
                     const char *order_by)
{
  const struct graph_method *method = list_events(fixture->graph);
  struct str path = str_from(mask);
  struct mask paths = {&path, 1, "read_mask.paths"};
  struct arguments arguments = {0};
  struct filter_context context = {.graph = fixture->graph,
                                   .resource = method->resource,
                                   .origin = FILTER_OF_REQUEST,
                                   .limits = &limits,
                                   .field = "filter",
                                   .arena = fixture->arena,
                                   .arguments = &arguments};
  struct expr *expr = NULL;
  struct order order = method->resource->order;
  struct selection *selection;
  struct error error;
  assert_true(selection_build(fixture->graph, method, &paths, &limits, fixture->arena, &selection, &error));
  assert_true(filter_parse(str_from(filter), &context, &expr, &error));
  if (order_by != NULL)
    assert_true(
        order_parse(str_from(order_by), method->resource, "order_by", fixture->arena, &order, &error));
  struct plan_request request = {.graph = fixture->graph,
                                 .resource = method->resource,
                                 .root = PLAN_ROOT_PAGE,
                                 .selection = selection,
                                 .filter = expr,
                                 .n_filter_arguments = arguments.n,
                                 .order = &order,
                                 .limit_bucket = 50};
  struct plan *plan = plan_build(&request);
  double rows = plan->charged_rows;
  plan_unref(plan);
  return rows;
}

/* 10,000 events, 1,000 creators, 10 attendees an event; indexes on keys, creator_id, username. */
static void test_charges(void **state)
{
  static const struct {
    const char *what, *mask, *filter, *order_by;
    double rows;
  } cases[] = {
      {"a page by its key", "name", "", NULL, 50},
      {"and what hangs below", "attendees.name", "", NULL, 550},
      {"a filter without an index", "name", "name = \"x\"", NULL, 10000},
      {"a key", "name", "id = 7", NULL, 1},
      {"a foreign key", "name", "creator.id = 7", NULL, 10},
      {"through an index on the way", "name", "creator.username = \"x\"", NULL, 10},
      {"no index at its end", "name", "creator.email = \"x\"", NULL, 10000},
      {"the better of two", "name", "name = \"x\" AND id = 7", NULL, 1},
      {"alternatives", "name", "id = 7 OR id = 8 OR creator.id = 7", NULL, 12},
      {"an alternative without an index", "name", "id = 7 OR name = \"x\"", NULL, 10000},
      {"a range", "name", "id > 7", NULL, 10000.0 / 3},
      {"what is not equal", "name", "id != 7", NULL, 10000},
      {"through a list", "name", "attendees.id:7", NULL, 5},
      {"some order", "name", "", "name", 10000},
      {"an order of an index", "name", "", "id desc", 50},
      {"an order by an aggregate", "name", "", "attendee_count", 10000 + 10000 * 10 + 50 * 10},
      {"an order by an aggregate of a few", "name", "creator.id = 7", "attendee_count desc",
       10 + 10 * 10 + 50 * 10},
  };
  int n_wrong = 0;
  for (size_t i = 0; i < LENGTH_OF(cases); i++) {
    double rows = charge(*state, cases[i].mask, cases[i].filter, cases[i].order_by);
    if (rows < cases[i].rows - 0.5 || rows > cases[i].rows + 0.5) {
      print_error("%s: %g rows instead of %g\n", cases[i].what, rows, cases[i].rows);
      n_wrong++;
    }
  }
  assert_int_equal(n_wrong, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_charges, set_up, tear_down),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

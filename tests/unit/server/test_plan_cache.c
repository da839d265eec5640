/*
 * test_plan_cache.c - one plan for many requests, and never more plans than allowed.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "server/plan_cache.h"
#include "support/graph_world.h"

static struct graph_world world;
static struct plan_request request;
static struct arena *arena;
static atomic_uint n_built;

static int set_up(void **state)
{
  struct error error;
  const struct planner_limits limits = PLANNER_LIMITS_DEFAULT;
  const struct graph_method *method;
  struct selection *selection;
  world = events_world();
  world_must_be_sound(&world);
  arena = arena_new(0);
  method = world_method(&world, "ListEvents");
  if (!selection_build(world.graph, method, &(struct mask){.field = "read_mask"}, &limits, arena, &selection,
                       &error))
    return -1;
  request = (struct plan_request){.graph = world.graph,
                                  .resource = method->resource,
                                  .root = PLAN_ROOT_PAGE,
                                  .selection = selection,
                                  .order = &method->resource->order,
                                  .limit_bucket = 50};
  return 0;
}

static int tear_down(void **state)
{
  arena_free(arena);
  world_done(&world);
  return 0;
}

static struct plan *build(void *user)
{
  atomic_fetch_add(&n_built, 1);
  return plan_build(&request);
}

static struct plan *get(struct plan_cache *cache, const char *shape, const char *fingerprint)
{
  return plan_cache_get(cache, str_from(shape), str_from(fingerprint), build, NULL);
}

static bool knows_shape(struct plan_cache *cache, const char *shape)
{
  struct plan *plan = plan_cache_find(cache, str_from(shape));
  plan_unref(plan);
  return plan != NULL;
}

static void test_two_spellings_share_a_plan(void **state)
{
  struct plan_cache *cache = plan_cache_new(10);
  atomic_store(&n_built, 0);
  assert_false(knows_shape(cache, "id,name"));
  struct plan *first = get(cache, "id,name", "{id,name}");
  struct plan *second = get(cache, "name,id", "{id,name}");
  struct plan *found = plan_cache_find(cache, STR("name,id"));
  assert_ptr_equal(first, second);
  assert_ptr_equal(first, found);
  assert_int_equal(atomic_load(&n_built), 1);
  plan_unref(first);
  plan_unref(second);
  plan_unref(found);
  plan_cache_free(cache);
}

static void test_the_least_recently_used_goes_with_its_shapes(void **state)
{
  struct plan_cache *cache = plan_cache_new(2);
  plan_unref(get(cache, "a", "A"));
  plan_unref(get(cache, "b", "B"));
  assert_true(knows_shape(cache, "a")); /* used again */
  plan_unref(get(cache, "c", "C"));
  assert_true(knows_shape(cache, "a"));
  assert_false(knows_shape(cache, "b"));
  assert_true(knows_shape(cache, "c"));
  plan_cache_free(cache);
}

static void test_a_plan_outlives_its_place_in_the_cache(void **state)
{
  struct plan_cache *cache = plan_cache_new(1);
  struct plan *plan = get(cache, "a", "A");
  plan_unref(get(cache, "b", "B"));
  assert_false(knows_shape(cache, "a"));
  plan_cache_free(cache);
  assert_non_null(plan->shape);
  plan_unref(plan);
}

static void test_a_plan_keeps_few_of_its_shapes(void **state)
{
  struct plan_cache *cache = plan_cache_new(10);
  char shape[16];
  unsigned n_known = 0;
  atomic_store(&n_built, 0);
  for (int i = 0; i < 100; i++) {
    snprintf(shape, sizeof shape, "%d", i);
    plan_unref(get(cache, shape, "A"));
  }
  for (int i = 0; i < 100; i++) {
    snprintf(shape, sizeof shape, "%d", i);
    n_known += knows_shape(cache, shape);
  }
  assert_true(knows_shape(cache, "99"));
  assert_in_range(n_known, 2, 16);
  assert_int_equal(atomic_load(&n_built), 1);
  plan_cache_free(cache);
}

static void test_a_long_shape_is_found_by_its_fingerprint_alone(void **state)
{
  struct plan_cache *cache = plan_cache_new(10);
  static char shape[10000];
  memset(shape, 'x', sizeof shape - 1);
  atomic_store(&n_built, 0);
  plan_unref(get(cache, shape, "A"));
  plan_unref(get(cache, shape, "A"));
  assert_false(knows_shape(cache, shape));
  assert_int_equal(atomic_load(&n_built), 1);
  plan_cache_free(cache);
}

static struct plan *build_slowly(void *user)
{
  usleep(50000);
  return build(user);
}

static void *get_slowly(void *cache)
{
  return plan_cache_get(cache, STR("a"), STR("A"), build_slowly, NULL);
}

static void test_many_who_wait_get_the_one_plan(void **state)
{
  struct plan_cache *cache = plan_cache_new(1);
  pthread_t threads[8];
  struct plan *plans[LENGTH_OF(threads)];
  atomic_store(&n_built, 0);
  for (size_t i = 0; i < LENGTH_OF(threads); i++)
    assert_int_equal(pthread_create(&threads[i], NULL, get_slowly, cache), 0);
  for (size_t i = 0; i < LENGTH_OF(threads); i++)
    pthread_join(threads[i], (void **)&plans[i]);
  assert_int_equal(atomic_load(&n_built), 1);
  for (size_t i = 0; i < LENGTH_OF(threads); i++) {
    assert_ptr_equal(plans[i], plans[0]);
    plan_unref(plans[i]);
  }
  plan_cache_free(cache);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_two_spellings_share_a_plan),
      cmocka_unit_test(test_the_least_recently_used_goes_with_its_shapes),
      cmocka_unit_test(test_a_plan_outlives_its_place_in_the_cache),
      cmocka_unit_test(test_a_plan_keeps_few_of_its_shapes),
      cmocka_unit_test(test_a_long_shape_is_found_by_its_fingerprint_alone),
      cmocka_unit_test(test_many_who_wait_get_the_one_plan),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}

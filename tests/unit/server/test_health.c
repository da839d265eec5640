#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>

#include "server/health.h"

struct seen {
  enum health_state states[8];
  size_t n;
};

static void remember(void *user, enum health_state state)
{
  struct seen *seen = user;
  assert_true(seen->n < LENGTH_OF(seen->states));
  seen->states[seen->n++] = state;
}

static void test_services_by_name(void **state)
{
  struct health *health = health_new();
  health_set(health, "", HEALTH_SERVING);
  health_set(health, "events.v1.EventService", HEALTH_NOT_SERVING);
  assert_int_equal(health_check(health, STR("")), HEALTH_SERVING);
  assert_int_equal(health_check(health, STR("events.v1.EventService")), HEALTH_NOT_SERVING);
  assert_int_equal(health_check(health, STR("events.v1.Event")), HEALTH_SERVICE_UNKNOWN);
  health_set(health, "events.v1.EventService", HEALTH_SERVING);
  assert_int_equal(health_check(health, STR("events.v1.EventService")), HEALTH_SERVING);
  health_free(health);
}

static void test_a_watch_hears_changes_only(void **state)
{
  struct health *health = health_new();
  struct seen one = {.n = 0}, other = {.n = 0};
  enum health_state now;
  health_set(health, "a", HEALTH_SERVING);
  struct health_watch *first = health_watch(health, STR("a"), remember, &one, &now);
  assert_int_equal(now, HEALTH_SERVING);
  struct health_watch *second = health_watch(health, STR("a"), remember, &other, &now);
  health_set(health, "a", HEALTH_SERVING);
  health_set(health, "b", HEALTH_SERVING);
  assert_int_equal(one.n, 0);
  health_set(health, "a", HEALTH_NOT_SERVING);
  health_unwatch(health, first);
  health_set(health, "a", HEALTH_SERVING);
  assert_int_equal(one.n, 1);
  assert_int_equal(one.states[0], HEALTH_NOT_SERVING);
  assert_int_equal(other.n, 2);
  assert_int_equal(other.states[1], HEALTH_SERVING);
  health_unwatch(health, second);
  health_free(health);
}

static void test_a_service_may_be_watched_before_it_exists(void **state)
{
  struct health *health = health_new();
  struct seen seen = {.n = 0};
  enum health_state now;
  struct health_watch *watch = health_watch(health, STR("later"), remember, &seen, &now);
  assert_int_equal(now, HEALTH_SERVICE_UNKNOWN);
  assert_int_equal(health_check(health, STR("later")), HEALTH_SERVICE_UNKNOWN);
  health_set(health, "later", HEALTH_SERVING);
  assert_int_equal(seen.n, 1);
  assert_int_equal(seen.states[0], HEALTH_SERVING);
  health_unwatch(health, watch);
  assert_int_equal(health_check(health, STR("later")), HEALTH_SERVING);
  watch = health_watch(health, STR("never"), remember, &seen, &now);
  health_unwatch(health, watch);
  health_free(health);
}

static void test_shutting_down_is_for_good(void **state)
{
  struct health *health = health_new();
  struct seen seen = {.n = 0};
  enum health_state now;
  health_set(health, "", HEALTH_SERVING);
  struct health_watch *watch = health_watch(health, STR(""), remember, &seen, &now);
  health_shut_down(health);
  health_set(health, "", HEALTH_SERVING);
  health_set(health, "new", HEALTH_SERVING);
  assert_int_equal(seen.n, 1);
  assert_int_equal(health_check(health, STR("")), HEALTH_NOT_SERVING);
  assert_int_equal(health_check(health, STR("new")), HEALTH_NOT_SERVING);
  assert_int_equal(health_check(health, STR("unknown")), HEALTH_SERVICE_UNKNOWN);
  health_unwatch(health, watch);
  health_free(health);
}

static void test_messages(void **state)
{
  struct str service;
  assert_true(health_read_request(STR(""), &service));
  assert_int_equal(service.len, 0);
  assert_true(health_read_request(STR("\x10\x05\x0a\x03"
                                      "abc"),
                                  &service));
  assert_true(str_equal_text(service, "abc"));
  assert_false(health_read_request(STR("\x0a\x03"
                                       "ab"),
                                   &service));
  assert_false(health_read_request(STR("\x0a\x01\xff"), &service));

  struct strbuf out = {0};
  health_write_response(HEALTH_NOT_SERVING, &out);
  assert_int_equal(out.len, 2);
  assert_memory_equal(out.data, "\x08\x02", 2);
  strbuf_clear(&out);
  health_write_response(HEALTH_UNKNOWN, &out);
  assert_int_equal(out.len, 0);
  strbuf_done(&out);
}

/* ---- threads ---- */

static struct health *shared;
static atomic_int alive; /* watches whose callbacks are allowed */

static void must_be_alive(void *user, enum health_state state)
{
  assert_true(atomic_load((atomic_int *)user) == 1);
}

static void *toggle(void *unused)
{
  for (int i = 0; i < 2000; i++)
    health_set(shared, "a", i % 2 == 0 ? HEALTH_SERVING : HEALTH_NOT_SERVING);
  return NULL;
}

static void test_no_callback_after_unwatch(void **state)
{
  pthread_t thread;
  shared = health_new();
  pthread_create(&thread, NULL, toggle, NULL);
  for (int i = 0; i < 500; i++) {
    enum health_state now;
    atomic_store(&alive, 1);
    struct health_watch *watch = health_watch(shared, STR("a"), must_be_alive, &alive, &now);
    health_unwatch(shared, watch);
    atomic_store(&alive, 0);
  }
  pthread_join(thread, NULL);
  health_free(shared);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_services_by_name),
      cmocka_unit_test(test_a_watch_hears_changes_only),
      cmocka_unit_test(test_a_service_may_be_watched_before_it_exists),
      cmocka_unit_test(test_shutting_down_is_for_good),
      cmocka_unit_test(test_messages),
      cmocka_unit_test(test_no_callback_after_unwatch),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

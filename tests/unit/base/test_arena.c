#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"

static void allocations_are_zeroed_aligned_and_apart(void **state)
{
  struct arena *arena = arena_new(0);
  unsigned char *previous = NULL;
  assert_non_null(arena_alloc(arena, 0));
  for (size_t size = 1; size < 3000; size += 7) {
    unsigned char *memory = arena_alloc(arena, size);
    assert_non_null(memory);
    assert_int_equal((uintptr_t)memory % _Alignof(max_align_t), 0);
    for (size_t i = 0; i < size; i++)
      assert_int_equal(memory[i], 0);
    memset(memory, 0xAB, size);
    assert_ptr_not_equal(memory, previous);
    previous = memory;
  }
  arena_free(arena);
}

static void later_allocations_leave_earlier_ones_alone(void **state)
{
  struct arena *arena = arena_new(0);
  unsigned char *items[200];
  for (size_t i = 0; i < 200; i++) {
    items[i] = i % 2 == 0 ? arena_alloc(arena, i * 11) : arena_alloc_bytes(arena, i * 11);
    memset(items[i], (int)i, i * 11);
  }
  for (size_t i = 0; i < 200; i++)
    for (size_t j = 0; j < i * 11; j++)
      assert_int_equal(items[i][j], i);
  arena_free(arena);
}

static void large_allocations_do_not_disturb_the_current_block(void **state)
{
  struct arena *arena = arena_new(0);
  char *before = arena_strdup(arena, "before");
  unsigned char *large = arena_alloc(arena, 1 << 20);
  char *after = arena_strdup(arena, "after");
  memset(large, 1, 1 << 20);
  assert_string_equal(before, "before");
  assert_string_equal(after, "after");
  arena_free(arena);
}

static void copies_are_terminated(void **state)
{
  struct arena *arena = arena_new(0);
  assert_string_equal(arena_strdup(arena, ""), "");
  assert_string_equal(arena_strndup(arena, "events", 3), "eve");
  assert_string_equal(arena_strndup(arena, NULL, 0), "");
  assert_string_equal(arena_printf(arena, "%s.%d", "paths", 2), "paths.2");
  assert_memory_equal(arena_memdup(arena, "a\0b", 3), "a\0b", 3);
  arena_free(arena);
}

struct event {
  char **log;
  char name;
};

static void record(void *object)
{
  struct event *event = object;
  *(*event->log)++ = event->name;
}

static void deferred_releases_run_last_first(void **state)
{
  char log[4] = "", *next = log;
  struct arena *arena = arena_new(0);
  struct event *events = ARENA_ARRAY(arena, struct event, 3);
  for (size_t i = 0; i < 3; i++) {
    events[i] = (struct event){&next, (char)('a' + i)};
    arena_defer(arena, record, &events[i]);
  }
  assert_string_equal(log, "");
  arena_free(arena);
  assert_string_equal(log, "cba");
}

static void budget_is_soft(void **state)
{
  struct arena *arena = arena_new(1000);
  arena_alloc(arena, 1000);
  assert_int_equal(arena_used(arena), 1000);
  assert_false(arena_over_budget(arena));
  assert_non_null(arena_alloc_bytes(arena, 1));
  assert_int_equal(arena_used(arena), 1001);
  assert_true(arena_over_budget(arena));
  arena_free(arena);

  struct arena *unlimited = arena_new(0);
  arena_alloc(unlimited, 5000000);
  assert_false(arena_over_budget(unlimited));
  arena_free(unlimited);
}

static void vectors_grow_and_keep_their_items(void **state)
{
  struct arena *arena = arena_new(0);
  struct {
    int *items;
    size_t n, cap;
  } numbers = {0};
  for (int i = 0; i < 1000; i++)
    VEC_PUSH(arena, &numbers, i);
  assert_int_equal(numbers.n, 1000);
  assert_true(numbers.cap >= 1000);
  for (int i = 0; i < 1000; i++)
    assert_int_equal(numbers.items[i], i);
  arena_free(arena);
}

static void nothing_to_free_is_allowed(void **state)
{
  arena_free(NULL);
  arena_free(arena_new(10));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(allocations_are_zeroed_aligned_and_apart),
      cmocka_unit_test(later_allocations_leave_earlier_ones_alone),
      cmocka_unit_test(large_allocations_do_not_disturb_the_current_block),
      cmocka_unit_test(copies_are_terminated),
      cmocka_unit_test(deferred_releases_run_last_first),
      cmocka_unit_test(budget_is_soft),
      cmocka_unit_test(vectors_grow_and_keep_their_items),
      cmocka_unit_test(nothing_to_free_is_allowed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

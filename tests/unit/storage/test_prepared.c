#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "storage/prepared.h"

static struct prepared prepared;

static int set_up(void **state)
{
  prepared_init(&prepared, 2);
  return 0;
}

static int tear_down(void **state)
{
  prepared_done(&prepared);
  return 0;
}

static struct prepared_entry *add_ready(const char *text)
{
  struct prepared_entry *entry = prepared_add(&prepared, text, NULL, 0);
  prepared_confirm(&prepared, entry, true);
  prepared_unpin(&prepared, entry);
  return entry;
}

static bool is_there(const char *text)
{
  struct prepared_entry *entry = prepared_find(&prepared, text, NULL, 0);
  if (entry != NULL)
    prepared_unpin(&prepared, entry);
  return entry != NULL;
}

static void text_and_types_tell_statements_apart(void **state)
{
  static const uint32_t ints[] = {20, 20}, texts[] = {25, 25};
  char text[] = "SELECT $1"; /* as of a plan that may be gone */
  struct prepared_entry *entry = prepared_add(&prepared, text, ints, 2);
  memset(text, 0, sizeof text);
  assert_ptr_equal(prepared_find(&prepared, "SELECT $1", ints, 2), entry);
  assert_int_equal(entry->pins, 2);
  assert_null(prepared_find(&prepared, "SELECT $1", texts, 2));
  assert_null(prepared_find(&prepared, "SELECT $1", ints, 1));
  assert_null(prepared_find(&prepared, "SELECT $2", ints, 2));
}

static void names_are_never_used_twice(void **state)
{
  char names[20][24];
  for (int i = 0; i < 20; i++) {
    struct prepared_entry *entry = prepared_add(&prepared, "a", NULL, 0);
    strcpy(names[i], entry->name);
    for (int k = 0; k < i; k++)
      assert_string_not_equal(names[k], names[i]);
    prepared_confirm(&prepared, entry, i % 2 == 0);
    prepared_forget(&prepared, entry);
    prepared_unpin(&prepared, entry);
  }
}

static void the_least_recently_used_goes(void **state)
{
  add_ready("a");
  struct prepared_entry *b = add_ready("b");
  assert_null(prepared_take_victim(&prepared));
  add_ready("c");
  assert_true(is_there("a"));
  assert_ptr_equal(prepared_take_victim(&prepared), b);
  assert_null(prepared_take_victim(&prepared));
  assert_false(is_there("b"));
  prepared_dropped(&prepared, b, true);
  assert_true(is_there("a"));
  assert_true(is_there("c"));
}

static void what_is_pinned_or_unconfirmed_stays(void **state)
{
  struct prepared_entry *a = add_ready("a");
  assert_ptr_equal(prepared_find(&prepared, "a", NULL, 0), a);
  struct prepared_entry *b = prepared_add(&prepared, "b", NULL, 0);
  struct prepared_entry *c = prepared_add(&prepared, "c", NULL, 0);
  prepared_unpin(&prepared, b);
  assert_null(prepared_take_victim(&prepared));
  prepared_confirm(&prepared, b, true);
  assert_ptr_equal(prepared_take_victim(&prepared), b);
  prepared_unpin(&prepared, a);
  prepared_unpin(&prepared, c);
}

static void a_stale_one_goes_when_nobody_uses_it(void **state)
{
  struct prepared_entry *a = prepared_add(&prepared, "a", NULL, 0);
  prepared_confirm(&prepared, a, true);
  prepared_expire(&prepared, a);
  prepared_expire(&prepared, a);
  assert_false(is_there("a"));
  assert_null(prepared_take_victim(&prepared));
  prepared_unpin(&prepared, a);
  assert_ptr_equal(prepared_take_victim(&prepared), a);
  assert_null(prepared_take_victim(&prepared));
  prepared_dropped(&prepared, a, false); /* the DEALLOCATE was skipped */
  assert_ptr_equal(prepared_take_victim(&prepared), a);
  prepared_dropped(&prepared, a, true);
  assert_null(prepared_take_victim(&prepared));
}

static void what_was_expired_while_it_was_prepared_stays_stale(void **state)
{
  struct prepared_entry *a = prepared_add(&prepared, "a", NULL, 0);
  prepared_expire(&prepared, a);
  prepared_confirm(&prepared, a, true);
  prepared_unpin(&prepared, a);
  assert_false(is_there("a"));
  assert_ptr_equal(prepared_take_victim(&prepared), a);
}

static void what_was_refused_is_not_there(void **state)
{
  struct prepared_entry *a = prepared_add(&prepared, "a", NULL, 0);
  prepared_confirm(&prepared, a, false);
  assert_false(is_there("a"));
  assert_string_equal(a->name, "r0"); /* still pinned, still to be looked at */
  prepared_forget(&prepared, a);
  prepared_unpin(&prepared, a);
  assert_null(prepared_take_victim(&prepared));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(text_and_types_tell_statements_apart), TEST(names_are_never_used_twice),
      TEST(the_least_recently_used_goes),         TEST(what_is_pinned_or_unconfirmed_stays),
      TEST(a_stale_one_goes_when_nobody_uses_it), TEST(what_was_expired_while_it_was_prepared_stays_stale),
      TEST(what_was_refused_is_not_there),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

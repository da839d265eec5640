#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/page_token.h"

#define KEY_A "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define KEY_B "FFfefdfcfbfaf9f8f7f6f5f4f3f2f1f0efeeedecebeae9e8e7e6e5e4e3e2e1e0"

static const struct cell values[] = {{(const uint8_t *)"\0\1\2", 3}, {NULL, -1}, {(const uint8_t *)"", 0}};

static struct page_token_keys *keys_of(const char *secret, int64_t lifetime)
{
  struct error error;
  struct page_token_keys *keys = page_token_keys_new(secret, lifetime, &error);
  assert_non_null(keys);
  return keys;
}

static struct arena *arena;

static int setup(void **state)
{
  arena = arena_new(0);
  return 0;
}

static int teardown(void **state)
{
  arena_free(arena);
  return 0;
}

static void expect_open(const struct page_token_keys *keys, const char *token)
{
  struct error error;
  const struct cell *opened;
  assert_true(page_token_open(keys, STR("List"), str_from(token), 3, arena, &opened, &error));
  assert_int_equal(opened[0].len, 3);
  assert_memory_equal(opened[0].data, "\0\1\2", 3);
  assert_int_equal(opened[1].len, -1);
  assert_int_equal(opened[2].len, 0);
}

static void expect_refused(const struct page_token_keys *keys, struct str binding, struct str token,
                           unsigned n)
{
  struct error error;
  const struct cell *opened;
  assert_false(page_token_open(keys, binding, token, n, arena, &opened, &error));
  assert_int_equal(error.code, ERROR_INVALID_ARGUMENT);
  assert_string_equal(error.reason, "INVALID_PAGE_TOKEN");
  assert_string_equal(error.field, "page_token");
  assert_string_equal(error.message, "the page token is not valid for this request; begin again without one");
}

static void test_what_was_sealed_opens(void **state)
{
  struct page_token_keys *keys = keys_of("", 60);
  const char *token = page_token_seal(keys, STR("List"), values, 3, arena);
  assert_int_equal(strspn(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
                   strlen(token));
  expect_open(keys, token);
  const char *again = page_token_seal(keys, STR("List"), values, 3, arena);
  assert_string_not_equal(token, again);
  page_token_keys_free(keys);
}

static void test_no_values_are_a_position_too(void **state)
{
  struct page_token_keys *keys = keys_of("", 60);
  struct error error;
  const struct cell *opened;
  const char *token = page_token_seal(keys, STR(""), NULL, 0, arena);
  assert_true(page_token_open(keys, STR(""), str_from(token), 0, arena, &opened, &error));
  page_token_keys_free(keys);
}

static void test_any_change_is_refused_alike(void **state)
{
  struct page_token_keys *keys = keys_of(KEY_A, 60);
  struct str token = str_from(page_token_seal(keys, STR("List"), values, 3, arena));
  for (size_t i = 0; i < token.len; i++) {
    char *changed = arena_strndup(arena, token.data, token.len);
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    expect_refused(keys, STR("List"), str_from(changed), 3);
    expect_refused(keys, STR("List"), (struct str){token.data, i}, 3);
  }
  expect_refused(keys, STR("List"), str_from(arena_printf(arena, "%sA", token.data)), 3);
  expect_refused(keys, STR("List"), str_from(arena_printf(arena, "%s=", token.data)), 3);
  expect_refused(keys, STR("List"), STR("not a token"), 3);
  expect_refused(keys, STR("Lisp"), token, 3);
  expect_refused(keys, STR(""), token, 3);
  expect_refused(keys, STR("List"), token, 2);
  expect_refused(keys, STR("List"), token, 4);
  page_token_keys_free(keys);
}

/* Each of the unused bits of the last character, set. */
static void test_one_token_has_one_text(void **state)
{
  static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  struct page_token_keys *keys = keys_of(KEY_A, 60);
  struct str token = str_from(page_token_seal(keys, STR("List"), values, 3, arena));
  char *text = arena_strndup(arena, token.data, token.len);
  for (size_t i = 0; i < 64; i++) {
    text[token.len - 1] = alphabet[i];
    if (strcmp(text, token.data) != 0)
      expect_refused(keys, STR("List"), str_from(text), 3);
  }
  page_token_keys_free(keys);
}

static void test_tokens_expire(void **state)
{
  struct page_token_keys *keys = keys_of(KEY_A, -2);
  const char *token = page_token_seal(keys, STR("List"), values, 3, arena);
  expect_refused(keys, STR("List"), str_from(token), 3);
  page_token_keys_free(keys);
}

static void test_keys_rotate(void **state)
{
  struct page_token_keys *old = keys_of(KEY_A, 60), *both = keys_of(KEY_B "," KEY_A, 60),
                         *new = keys_of(KEY_B, 60);
  const char *by_old = page_token_seal(old, STR("List"), values, 3, arena);
  const char *by_both = page_token_seal(both, STR("List"), values, 3, arena);
  expect_open(both, by_old);
  expect_open(new, by_both);
  expect_refused(new, STR("List"), str_from(by_old), 3);
  expect_refused(old, STR("List"), str_from(by_both), 3);
  page_token_keys_free(old);
  page_token_keys_free(both);
  page_token_keys_free(new);
}

static void test_random_keys_differ(void **state)
{
  struct page_token_keys *one = keys_of("", 60), *other = keys_of("", 60);
  expect_refused(other, STR("List"), str_from(page_token_seal(one, STR("List"), values, 3, arena)), 3);
  page_token_keys_free(one);
  page_token_keys_free(other);
}

static void test_bad_keys_are_named_but_not_shown(void **state)
{
  static const char *const bad[] = {"secret", KEY_A ",", KEY_A "," KEY_A "0", "x" KEY_A, ","};
  for (size_t i = 0; i < LENGTH_OF(bad); i++) {
    struct error error;
    assert_null(page_token_keys_new(bad[i], 60, &error));
    assert_non_null(strstr(error.message, "token-keys"));
    assert_null(strstr(error.message, "secret"));
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
      TEST(test_what_was_sealed_opens),
      TEST(test_no_values_are_a_position_too),
      TEST(test_any_change_is_refused_alike),
      TEST(test_one_token_has_one_text),
      TEST(test_tokens_expire),
      TEST(test_keys_rotate),
      TEST(test_random_keys_differ),
      TEST(test_bad_keys_are_named_but_not_shown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

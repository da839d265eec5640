#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

static void equality_is_of_bytes(void **state)
{
  assert_true(str_equal(STR("a\0b"), STR("a\0b")));
  assert_false(str_equal(STR("a\0b"), STR("a\0c")));
  assert_false(str_equal(STR("a"), STR("ab")));
  assert_true(str_equal((struct str){0}, STR("")));
  assert_true(str_equal(str_from(NULL), str_from("")));
  assert_true(str_equal_text(STR("name"), "name"));
  assert_false(str_equal_text(STR("name"), "names"));
}

static void utf8_is_checked_strictly(void **state)
{
  static const struct {
    const char *bytes;
    bool valid;
  } cases[] = {
      {"", true},
      {"plain ascii that is longer than a word", true},
      {"\xC2\x80", true},                  /* U+0080, the least of two bytes */
      {"\xDF\xBF", true},                  /* U+07FF */
      {"\xE0\xA0\x80", true},              /* U+0800 */
      {"\xED\x9F\xBF", true},              /* U+D7FF, before the surrogates */
      {"\xEE\x80\x80", true},              /* U+E000, after them */
      {"\xEF\xBF\xBF", true},              /* U+FFFF */
      {"\xF0\x90\x80\x80", true},          /* U+10000 */
      {"\xF4\x8F\xBF\xBF", true},          /* U+10FFFF */
      {"eight ok\xC3\xA9 and more", true}, /* across the word-wise part */
      {"\x80", false},                     /* a continuation alone */
      {"\xC0\x80", false},                 /* overlong NUL */
      {"\xC1\xBF", false},
      {"\xE0\x9F\xBF", false}, /* overlong */
      {"\xF0\x8F\xBF\xBF", false},
      {"\xED\xA0\x80", false},     /* a surrogate */
      {"\xF4\x90\x80\x80", false}, /* above U+10FFFF */
      {"\xF5\x80\x80\x80", false},
      {"\xFE", false},
      {"\xC3", false}, /* cut */
      {"\xE2\x82", false},
      {"\xF0\x9F\x98", false},
      {"\xC3x", false},
      {"\xE2\x82x", false},
      {"eight ok\xC3", false},
  };
  for (size_t i = 0; i < LENGTH_OF(cases); i++) {
    size_t len = strlen(cases[i].bytes);
    char *exact = malloc(len == 0 ? 1 : len); /* so that a sanitizer sees a read too far */
    memcpy(exact, cases[i].bytes, len);
    if (str_is_utf8(exact, len) != cases[i].valid)
      fail_msg("case %zu", i);
    free(exact);
  }
  assert_true(str_is_utf8("a\0b", 3));
}

static void distance_counts_edits(void **state)
{
  assert_int_equal(str_distance(STR("name"), STR("name"), 3), 0);
  assert_int_equal(str_distance(STR("nmae"), STR("name"), 3), 1);
  assert_int_equal(str_distance(STR("ca"), STR("abc"), 3), 3);
  assert_int_equal(str_distance(STR("nam"), STR("name"), 3), 1);
  assert_int_equal(str_distance(STR("kitten"), STR("sitting"), 5), 3);
  assert_int_equal(str_distance(STR("kitten"), STR("sitting"), 3), 3);
  assert_int_equal(str_distance(STR("kitten"), STR("sitting"), 2), 3);
  assert_int_equal(str_distance(STR(""), STR("abc"), 9), 3);
  assert_int_equal(str_distance(STR("a"), STR("abcdefgh"), 2), 3);
}

static void distance_of_long_names_is_out_of_reach(void **state)
{
  char name[300];
  memset(name, 'x', sizeof name);
  assert_int_equal(str_distance((struct str){name, 300}, (struct str){name, 300}, 4), 5);
}

static void nearest_name_is_found_within_a_third(void **state)
{
  static const char *const fields[] = {"id", "creator", "creator_name", "attendees", "name"};
  size_t n = LENGTH_OF(fields);
  assert_string_equal(str_nearest(STR("atendees"), fields, n), "attendees");
  assert_string_equal(str_nearest(STR("craetor"), fields, n), "creator");
  assert_string_equal(str_nearest(STR("nam"), fields, n), "name");
  assert_string_equal(str_nearest(STR("creator_name"), fields, n), "creator_name");
  assert_null(str_nearest(STR("nothing"), fields, n));
  assert_null(str_nearest(STR("xyz"), fields, n));
  assert_null(str_nearest(STR("x"), fields, 0));
}

static void hash_depends_on_bytes_length_and_seed(void **state)
{
  uint64_t hash = hash_bytes("attendees", 9, 1);
  assert_true(hash == hash_bytes("attendees", 9, 1));
  assert_true(hash != hash_bytes("attendees", 8, 1));
  assert_true(hash != hash_bytes("attendeet", 9, 1));
  assert_true(hash != hash_bytes("attendees", 9, 2));
  assert_true(hash_bytes("\0", 1, 0) != hash_bytes("\0\0", 2, 0));
  assert_true(hash_bytes("", 0, 0) == hash_bytes(NULL, 0, 0));
}

/* Tables take the low or the high bits; sequential keys must not collide in either. */
static void hash_spreads_sequential_keys(void **state)
{
  unsigned low[256] = {0}, high[256] = {0};
  for (uint64_t key = 0; key < 256 * 64; key++) {
    uint64_t hash = hash_bytes(&key, sizeof key, 0);
    low[hash & 255]++;
    high[hash >> 56]++;
  }
  for (size_t i = 0; i < 256; i++) {
    assert_in_range(low[i], 20, 130);
    assert_in_range(high[i], 20, 130);
  }
}

static void text_grows(void **state)
{
  struct strbuf buf = {0};
  assert_string_equal(strbuf_text(&buf), "");
  strbuf_clear(&buf);
  strbuf_puts(&buf, "SELECT");
  strbuf_putc(&buf, ' ');
  strbuf_printf(&buf, "%d, %s", 12, "x");
  strbuf_add(&buf, "\0z", 2);
  assert_int_equal(buf.len, 14);
  assert_memory_equal(buf.data, "SELECT 12, x\0z", 15);
  for (int i = 0; i < 10000; i++)
    strbuf_printf(&buf, "%d,", i);
  assert_true(buf.len < buf.cap);
  assert_int_equal(buf.data[buf.len], '\0');
  assert_memory_equal(buf.data + buf.len - 5, "9999,", 5);

  char *kept = buf.data;
  strbuf_clear(&buf);
  assert_int_equal(buf.len, 0);
  assert_string_equal(strbuf_text(&buf), "");
  assert_ptr_equal(buf.data, kept);
  strbuf_done(&buf);
  assert_string_equal(strbuf_text(&buf), "");
  strbuf_done(&buf);
}

/* The NUL needs its byte too when the text fills the buffer to the last one. */
static void text_of_every_length_is_terminated(void **state)
{
  for (size_t len = 0; len < 300; len++) {
    struct strbuf buf = {0};
    for (size_t i = 0; i < len; i++)
      strbuf_putc(&buf, 'x');
    strbuf_add(&buf, NULL, 0);
    assert_int_equal(strlen(strbuf_text(&buf)), len);
    strbuf_printf(&buf, "%s", "");
    assert_int_equal(strlen(strbuf_text(&buf)), len);
    strbuf_done(&buf);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(equality_is_of_bytes),
      cmocka_unit_test(utf8_is_checked_strictly),
      cmocka_unit_test(distance_counts_edits),
      cmocka_unit_test(distance_of_long_names_is_out_of_reach),
      cmocka_unit_test(nearest_name_is_found_within_a_third),
      cmocka_unit_test(hash_depends_on_bytes_length_and_seed),
      cmocka_unit_test(hash_spreads_sequential_keys),
      cmocka_unit_test(text_grows),
      cmocka_unit_test(text_of_every_length_is_terminated),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

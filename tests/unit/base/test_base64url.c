#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/base64url.h"

static void bytes_and_text_lead_to_each_other(void **state)
{
  static const struct {
    struct str bytes;
    const char *text;
  } cases[] = {
      {STR(""), ""},
      {STR("f"), "Zg"},
      {STR("fo"), "Zm8"},
      {STR("foo"), "Zm9v"},
      {STR("foobar"), "Zm9vYmFy"},
      {STR("\xfb\xff\xfe"), "-__-"},
      {STR("\0"), "AA"},
  };
  struct arena *arena = arena_new(0);
  for (size_t i = 0; i < LENGTH_OF(cases); i++) {
    uint8_t *bytes;
    size_t n;
    assert_string_equal(base64url_encode((const uint8_t *)cases[i].bytes.data, cases[i].bytes.len, arena),
                        cases[i].text);
    assert_true(base64url_decode(str_from(cases[i].text), arena, &bytes, &n));
    assert_true(str_equal((struct str){(const char *)bytes, n}, cases[i].bytes));
  }
  arena_free(arena);
}

static void one_text_for_the_same_bytes(void **state)
{
  static const char *const texts[] = {"Z",   "Zg=",  "Zg==", "Zm9v=", "Zh",
                                      "Zm9", "Zm+v", "Zm/v", "Zm 9v", "Zm9v,Zm9v"};
  struct arena *arena = arena_new(0);
  for (size_t i = 0; i < LENGTH_OF(texts); i++) {
    uint8_t *bytes;
    size_t n;
    assert_false(base64url_decode(str_from(texts[i]), arena, &bytes, &n));
  }
  arena_free(arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bytes_and_text_lead_to_each_other),
      cmocka_unit_test(one_text_for_the_same_bytes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

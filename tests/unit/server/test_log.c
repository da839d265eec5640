#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <unistd.h>

#include "server/log.h"

static struct strbuf line;

static void format(const char *message, const char *fields, ...)
{
  va_list args;
  strbuf_clear(&line);
  va_start(args, fields);
  log_format(&line, INT64_C(1700000000000042), LOG_WARNING, message, fields, args);
  va_end(args);
}

#define HEAD "{\"time\":\"2023-11-14T22:13:20.000042Z\",\"level\":\"warning\",\"message\":"

static void test_every_conversion(void **state)
{
  format("message", "");
  assert_string_equal(line.data, HEAD "\"message\"}");
  format("m", "s=%s n=%s part=%.*s d=%d i=%i u=%u", "text", NULL, 2, "abc", -1, 2, UINT32_MAX);
  assert_string_equal(line.data, HEAD
                      "\"m\",\"s\":\"text\",\"n\":null,\"part\":\"ab\",\"d\":-1,\"i\":2,\"u\":4294967295}");
  format("m", "ld=%ld lld=%lld zu=%zu lu=%lu id=%llx", INT64_MIN, (long long)-5, SIZE_MAX, 7ul, 255ull);
  assert_string_equal(line.data,
                      HEAD "\"m\",\"ld\":-9223372036854775808,\"lld\":-5,\"zu\":18446744073709551615,"
                           "\"lu\":7,\"id\":\"ff\"}");
  format("m", "ms=%.3f ratio=%g nan=%f", 1.5, 0.25, (double)NAN);
  assert_string_equal(line.data, HEAD "\"m\",\"ms\":1.500,\"ratio\":0.25,\"nan\":null}");
}

static void test_text_stays_inside_its_quotes(void **state)
{
  format("a\"b\\c\n\x01\x7f", "v=%s", "\xc3\xa9 \xff \xc3");
  assert_string_equal(line.data, HEAD "\"a\\\"b\\\\c\\u000a\\u0001\\u007f\","
                                      "\"v\":\"\xc3\xa9 \xef\xbf\xbd \xef\xbf\xbd\"}");
}

/* What a function writes to stdout. */
static const char *captured(void (*write_lines)(void), char *ret, size_t size)
{
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  fflush(stdout);
  int kept = dup(STDOUT_FILENO);
  dup2(ends[1], STDOUT_FILENO);
  write_lines();
  dup2(kept, STDOUT_FILENO);
  close(kept);
  close(ends[1]);
  ssize_t n = read(ends[0], ret, size - 1);
  close(ends[0]);
  ret[n > 0 ? n : 0] = '\0';
  return ret;
}

static void write_lines(void)
{
  struct error error;
  error_set(&error, ERROR_UNAVAILABLE, "DATABASE_LOST", "the database is gone");
  error_set_detail(&error, "server closed");
  log_set_level(LOG_INFO);
  log_message(LOG_DEBUG, "unseen");
  log_event(LOG_INFO, "seen", "n=%d", 1);
  log_failure(LOG_ERROR, "failed", &error);
}

static void test_lines_from_the_level_on(void **state)
{
  char text[1024];
  captured(write_lines, text, sizeof(text));
  assert_null(strstr(text, "unseen"));
  assert_non_null(strstr(text, "\"level\":\"info\",\"message\":\"seen\",\"n\":1}\n"));
  assert_non_null(
      strstr(text, "\"message\":\"failed\",\"code\":\"UNAVAILABLE\",\"reason\":\"DATABASE_LOST\","
                   "\"error\":\"the database is gone\",\"field\":null,\"detail\":\"server closed\"}\n"));
}

static void test_levels_by_name(void **state)
{
  enum log_level level;
  assert_true(log_level_parse("debug", &level));
  assert_int_equal(level, LOG_DEBUG);
  assert_true(log_level_parse("error", &level));
  assert_int_equal(level, LOG_ERROR);
  assert_false(log_level_parse("INFO", &level));
  assert_false(log_level_parse("", &level));
}

static int teardown(void **state)
{
  strbuf_done(&line);
  return 0;
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_conversion),
      cmocka_unit_test(test_text_stays_inside_its_quotes),
      cmocka_unit_test(test_lines_from_the_level_on),
      cmocka_unit_test(test_levels_by_name),
  };
  return cmocka_run_group_tests(tests, NULL, teardown);
}

/*
 * test_access_log.c - which calls have a line, and what it says.  Lines are read from where stdout leads.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "server/access_log.h"
#include "server/log.h"

static char lines[4096];

/* What `n` calls of the path leave in the log. */
static const char *written(const char *path, struct access access, int64_t one_in, unsigned n)
{
  char name[] = "/tmp/rowan-access-XXXXXX";
  int file = mkstemp(name), kept = dup(STDOUT_FILENO);
  atomic_uint n_calls = 0;
  assert_true(file >= 0 && kept >= 0);
  fflush(stdout);
  dup2(file, STDOUT_FILENO);
  for (unsigned i = 0; i < n; i++) {
    struct access one = access;
    access_write(&one, str_from(path), one_in, &n_calls);
  }
  dup2(kept, STDOUT_FILENO);
  close(kept);
  ssize_t len = pread(file, lines, sizeof(lines) - 1, 0);
  lines[len < 0 ? 0 : len] = '\0';
  close(file);
  unlink(name);
  return lines;
}

static unsigned count_lines(const char *text)
{
  unsigned n = 0;
  for (; *text != '\0'; text++)
    n += *text == '\n';
  return n;
}

static void test_a_line(void **state)
{
  struct access access = {.begun_us = 1000, .ended_us = 3500, .statements = 2, .rows = 51};
  assert_non_null(
      strstr(written("/events.v1.EventService/ListEvents", access, 1, 1),
             "\"message\":\"call\",\"method\":\"events.v1.EventService/ListEvents\",\"code\":\"OK\","
             "\"reason\":null,\"ms\":2.500,\"rows\":51,\"statements\":2}\n"));
  access.code = ERROR_NOT_FOUND;
  access.reason = "NOT_FOUND";
  assert_non_null(strstr(written("/a/B", access, 1, 1), "\"code\":\"NOT_FOUND\",\"reason\":\"NOT_FOUND\""));
}

static void test_runs_add_up_and_the_first_end_counts(void **state)
{
  struct access access = {0};
  access_begin(&access);
  access_add_run(&access, &(struct run_stats){.statements = 2, .rows = 10});
  access_add_run(&access, &(struct run_stats){.statements = 1, .rows = 5});
  assert_int_equal(access.statements, 3);
  assert_int_equal(access.rows, 15);
  access_end(&access, ERROR_UNAVAILABLE, "DRAINING");
  access_end(&access, ERROR_NONE, NULL);
  assert_int_equal(access.code, ERROR_UNAVAILABLE);
  assert_string_equal(access.reason, "DRAINING");
}

static void test_which_calls(void **state)
{
  struct access access = {.begun_us = 1, .ended_us = 2};
  assert_int_equal(count_lines(written("/a/B", access, 0, 5)), 0);
  assert_int_equal(count_lines(written("/a/B", access, 1, 5)), 5);
  assert_int_equal(count_lines(written("/a/B", access, 3, 9)), 3);
  assert_int_equal(count_lines(written("/grpc.health.v1.Health/Check", access, 1, 5)), 0);
}

static void test_a_call_that_nobody_ended(void **state)
{
  struct access access = {0};
  access_begin(&access);
  assert_non_null(strstr(written("/a/B", access, 1, 1), "\"code\":\"CANCELLED\""));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_line),
      cmocka_unit_test(test_runs_add_up_and_the_first_end_counts),
      cmocka_unit_test(test_which_calls),
      cmocka_unit_test(test_a_call_that_nobody_ended),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "base/clock.h"

static void monotonic_time_measures_a_sleep(void **state)
{
  int64_t start = clock_monotonic_us();
  nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
  assert_true(clock_monotonic_us() - start >= 2000);
}

static void real_time_is_that_of_the_system(void **state)
{
  int64_t before = (int64_t)time(NULL);
  int64_t now = clock_real_us();
  int64_t after = (int64_t)time(NULL);
  assert_true(now / 1000000 >= before - 1 && now / 1000000 <= after + 1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(monotonic_time_measures_a_sleep),
      cmocka_unit_test(real_time_is_that_of_the_system),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

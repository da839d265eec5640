/* Dates and times at the ends of their ranges. */
#include "unit/server/encode_fixture.h"

static void test_timestamps(void **state)
{
  static const struct {
    int64_t since_1970_us;
    const char *expected;
  } cases[] = {
      {0, ""},
      {1, "2:1000"},
      {-1, "1:-1 2:999999000"},
      {INT64_C(1700000000250000), "1:1700000000 2:250000000"},
      {INT64_C(-62135596800000000), "1:-62135596800"},
      {INT64_C(253402300799999999), "1:253402300799 2:999999000"},
  };
  use_message(*state, CODEC_TIMESTAMP, WELL_KNOWN_TIMESTAMP);
  for (size_t i = 0; i < LENGTH_OF(cases); i++)
    expect_inside(*state, be64(cases[i].since_1970_us - EPOCH_US), 8, cases[i].expected);
  expect_refused(*state, be64(INT64_C(-62135596800000001) - EPOCH_US), 8);
  expect_refused(*state, be64(INT64_C(253402300800000000) - EPOCH_US), 8);
  expect_refused(*state, be64(INT64_MAX), 8);
  expect_refused(*state, be64(INT64_MIN), 8);
}

static void test_dates(void **state)
{
  static const struct {
    int32_t days; /* since 2000-01-01 */
    const char *expected;
  } cases[] = {
      {0, "1:2000 2:1 3:1"},     {59, "1:2000 2:2 3:29"},    {60, "1:2000 2:3 3:1"},
      {-1, "1:1999 2:12 3:31"},  {-10957, "1:1970 2:1 3:1"}, {8825, "1:2024 2:2 3:29"},
      {36584, "1:2100 2:3 3:1"}, {-730119, "1:1 2:1 3:1"},   {2921939, "1:9999 2:12 3:31"},
  };
  use_message(*state, CODEC_DATE, WELL_KNOWN_DATE);
  for (size_t i = 0; i < LENGTH_OF(cases); i++)
    expect_inside(*state, be32(cases[i].days), 4, cases[i].expected);
  expect_refused(*state, be32(-730120), 4);
  expect_refused(*state, be32(2921940), 4);
  expect_refused(*state, be32(INT32_MAX), 4);
  expect_refused(*state, be32(INT32_MIN), 4);
}

static void test_times_of_day(void **state)
{
  use_message(*state, CODEC_TIME, WELL_KNOWN_TIME_OF_DAY);
  expect_inside(*state, be64(0), 8, "");
  expect_inside(*state, be64(INT64_C(45296000007)), 8, "1:12 2:34 3:56 4:7000");
  expect_inside(*state, be64(INT64_C(86400000000)), 8, "1:24");
}

static void test_intervals(void **state)
{
  uint8_t bytes[16] = {0};
  use_message(*state, CODEC_INTERVAL, WELL_KNOWN_DURATION);
  memcpy(bytes, be64(-1500000), 8);
  expect_inside(*state, bytes, 16, "1:-1 2:-500000000");
  memcpy(bytes, be64(INT64_C(315576000000) * 1000000), 8);
  expect_inside(*state, bytes, 16, "1:315576000000");
  memcpy(bytes, be64(INT64_MAX), 8);
  expect_refused(*state, bytes, 16);
  memcpy(bytes, be64(0), 8);
  bytes[11] = 1; /* a day */
  expect_refused(*state, bytes, 16);
  bytes[11] = 0;
  bytes[15] = 1; /* a month */
  expect_refused(*state, bytes, 16);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_timestamps),
      TEST(test_dates),
      TEST(test_times_of_day),
      TEST(test_intervals),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

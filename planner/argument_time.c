/*
 * argument_time.c - dates, times and durations, between the text of a request and the text of Postgres.
 *
 * A `timestamp` without time zone ignores an offset in its input without a word, so timestamps are moved to
 * UTC here. Fractions finer than a microsecond are cut off, since Postgres keeps no more; cutting, unlike
 * rounding, never carries a value into the next second.
 */
#include "planner/argument_time.h"

#include <time.h>

/* google.protobuf.Duration: 10,000 years of seconds. */
#define DURATION_SECONDS_MAX INT64_C(315576000000)
/* 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z. */
#define TIMESTAMP_SECONDS_MIN INT64_C(-62135596800)
#define TIMESTAMP_SECONDS_MAX INT64_C(253402300799)

struct scan {
  const char *p, *end;
};

struct clock_time {
  int hour, minute, second, microsecond;
};

static struct scan scan_over(struct str text)
{
  return (struct scan){text.data, text.data + text.len};
}

static bool scan_at_end(const struct scan *scan)
{
  return scan->p == scan->end;
}

/* One of `choices`, which is stepped over; else NUL. */
static char scan_char(struct scan *scan, const char *choices)
{
  if (scan_at_end(scan) || *scan->p == '\0' || !strchr(choices, *scan->p))
    return '\0';
  return *scan->p++;
}

static bool scan_digit(struct scan *scan, int *ret)
{
  if (scan_at_end(scan) || *scan->p < '0' || *scan->p > '9')
    return false;
  *ret = *scan->p++ - '0';
  return true;
}

/* Exactly `n` digits. */
static bool scan_number(struct scan *scan, int n, int *ret)
{
  int number = 0;
  for (int digit; n > 0; n--) {
    if (!scan_digit(scan, &digit))
      return false;
    number = number * 10 + digit;
  }
  *ret = number;
  return true;
}

/* ".5" and the like, up to nanoseconds; nothing is zero. */
static bool scan_fraction(struct scan *scan, int *ret_microsecond)
{
  *ret_microsecond = 0;
  if (!scan_char(scan, "."))
    return true;
  int n = 0, microsecond = 0;
  for (int digit; scan_digit(scan, &digit); n++)
    if (n < 6)
      microsecond = microsecond * 10 + digit;
  for (int i = n; i < 6; i++)
    microsecond *= 10;
  *ret_microsecond = microsecond;
  return n >= 1 && n <= 9;
}

static bool is_leap_year(int year)
{
  return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static bool scan_date(struct scan *scan, struct tm *ret)
{
  static const int days_of[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  int year, month, day;
  if (!scan_number(scan, 4, &year) || !scan_char(scan, "-") || !scan_number(scan, 2, &month) ||
      !scan_char(scan, "-") || !scan_number(scan, 2, &day))
    return false;
  if (year < 1 || month < 1 || month > 12 || day < 1)
    return false;
  if (day > days_of[month - 1] + (month == 2 && is_leap_year(year)))
    return false;
  *ret = (struct tm){.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day};
  return true;
}

static bool scan_time(struct scan *scan, bool seconds_required, struct clock_time *ret)
{
  struct clock_time time = {0};
  if (!scan_number(scan, 2, &time.hour) || !scan_char(scan, ":") || !scan_number(scan, 2, &time.minute))
    return false;
  if (scan_char(scan, ":")) {
    if (!scan_number(scan, 2, &time.second) || !scan_fraction(scan, &time.microsecond))
      return false;
  } else if (seconds_required) {
    return false;
  }
  *ret = time;
  return time.hour <= 23 && time.minute <= 59 && time.second <= 59;
}

/* Z, or an offset from UTC. */
static bool scan_offset(struct scan *scan, int *ret_seconds)
{
  *ret_seconds = 0;
  if (scan_char(scan, "Zz"))
    return true;
  int hours, minutes;
  char sign = scan_char(scan, "+-");
  if (!sign || !scan_number(scan, 2, &hours) || !scan_char(scan, ":") || !scan_number(scan, 2, &minutes))
    return false;
  *ret_seconds = (sign == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
  return hours <= 23 && minutes <= 59;
}

bool time_rewrite_timestamp(struct str text, bool with_zone, struct arena *arena, struct str *ret)
{
  struct scan scan = scan_over(text);
  struct tm date;
  struct clock_time time;
  int offset;
  if (!scan_date(&scan, &date) || !scan_char(&scan, "Tt ") || !scan_time(&scan, true, &time) ||
      !scan_offset(&scan, &offset) || !scan_at_end(&scan))
    return false;
  time_t seconds = timegm(&date) + (time.hour * 60L + time.minute) * 60 + time.second - offset;
  if (seconds < TIMESTAMP_SECONDS_MIN || seconds > TIMESTAMP_SECONDS_MAX)
    return false;
  struct tm utc;
  gmtime_r(&seconds, &utc);
  *ret = str_from(arena_printf(arena, "%04d-%02d-%02dT%02d:%02d:%02d.%06d%s", utc.tm_year + 1900,
                               utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                               time.microsecond, with_zone ? "Z" : ""));
  return true;
}

bool time_rewrite_date(struct str text, struct arena *arena, struct str *ret)
{
  struct scan scan = scan_over(text);
  struct tm date;
  if (!scan_date(&scan, &date) || !scan_at_end(&scan))
    return false;
  *ret = str_from(arena_strndup(arena, text.data, text.len));
  return true;
}

bool time_rewrite_time(struct str text, struct arena *arena, struct str *ret)
{
  struct scan scan = scan_over(text);
  struct clock_time time;
  if (str_equal(text, STR("24:00:00")) || str_equal(text, STR("24:00")))
    time = (struct clock_time){.hour = 24};
  else if (!scan_time(&scan, false, &time) || !scan_at_end(&scan))
    return false;
  *ret = str_from(
      arena_printf(arena, "%02d:%02d:%02d.%06d", time.hour, time.minute, time.second, time.microsecond));
  return true;
}

/* Hours, minutes and seconds: Postgres reads each part of an interval as an int4, and seconds alone would not
 * fit. */
bool time_rewrite_duration(struct str text, struct arena *arena, struct str *ret)
{
  struct scan scan = scan_over(text);
  bool negative = scan_char(&scan, "-");
  int64_t seconds = 0;
  int n = 0, microsecond;
  for (int digit; n < 12 && scan_digit(&scan, &digit); n++)
    seconds = seconds * 10 + digit;
  if (n == 0 || !scan_fraction(&scan, &microsecond) || !scan_char(&scan, "s") || !scan_at_end(&scan))
    return false;
  if (seconds > DURATION_SECONDS_MAX || (seconds == DURATION_SECONDS_MAX && microsecond > 0))
    return false;
  *ret = str_from(arena_printf(arena, "%s%lld:%02d:%02d.%06d", negative ? "-" : "", (long long)seconds / 3600,
                               (int)(seconds / 60 % 60), (int)(seconds % 60), microsecond));
  return true;
}

/*
 * argument_time.h - dates, times and durations, between the text of a request and the text of Postgres.
 *
 * Each reads a whole text and rewrites it into `arena` as Postgres' input function takes it under any
 * DateStyle and IntervalStyle; false when the form is wrong or the value is out of range.
 */
#pragma once

#include "base/arena.h"
#include "base/attributes.h"
#include "base/str.h"

/* RFC 3339, years 1 to 9999 in UTC → UTC, to the microsecond; with_zone: ends in Z. */
NODISCARD bool time_rewrite_timestamp(struct str text, bool with_zone, struct arena *arena, struct str *ret);
/* 2024-12-31 → the same. */
NODISCARD bool time_rewrite_date(struct str text, struct arena *arena, struct str *ret);
/* 23:59, 23:59:59, 23:59:59.5, 24:00:00 → with seconds and microseconds. */
NODISCARD bool time_rewrite_time(struct str text, struct arena *arena, struct str *ret);
/* "-1.5s", within google.protobuf.Duration's range → "-0:00:01.500000". */
NODISCARD bool time_rewrite_duration(struct str text, struct arena *arena, struct str *ret);

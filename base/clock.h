/*
 * clock.h - time as Rowan measures it: microseconds, monotonic for deadlines, real for stamps.
 */
#pragma once

#include <stdint.h>

/* Microseconds on the monotonic clock; only differences mean something. */
int64_t clock_monotonic_us(void);

/* Microseconds since 1970-01-01 UTC. */
int64_t clock_real_us(void);

/* A deadline that never comes. */
#define CLOCK_NEVER INT64_MAX

/*
 * attributes.h - what the compiler is told about functions.
 */
#pragma once

/* The result carries success or failure and may not be dropped. */
#define NODISCARD __attribute__((warn_unused_result))

/* Argument `fmt` is a printf format whose arguments start at `first`. */
#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))

#define LENGTH_OF(array) (sizeof(array) / sizeof((array)[0]))

/*
 * filter_source.h - the text of a filter while it is read, and the ways to refuse it.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "planner/limits.h"

struct filter_source {
  struct str text;
  const char *field; /* of the request, for errors */
  const struct planner_limits *limits;
  struct arena *arena;
  struct error *error;
};

/* The bytes [start, end) of the text. */
struct str filter_slice(const struct filter_source *source, size_t start, size_t end);

/* As much of a text as belongs into a message, cut between characters.  For "%.*s". */
#define FILTER_EXCERPT(text) (int)filter_excerpt(text), (text).data
size_t filter_excerpt(struct str text);

/* INVALID_FILTER with the character (from 1) that starts at byte `at`; false, as error_set. */
bool filter_refuse(const struct filter_source *source, size_t at, const char *format, ...) PRINTF_LIKE(3, 4);

/* REQUEST_TOO_COMPLEX: `value` exceeds `limit`, which `setting` raises; `noun` is what was counted. */
bool filter_too_complex(const struct filter_source *source, const char *setting, const char *noun,
                        uint64_t value, uint64_t limit);

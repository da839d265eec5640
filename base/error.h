/*
 * error.h - what went wrong, once, for the client and for the log.
 *
 * An error is filled where the cause is known and passed up unchanged.  Functions that can fail return bool
 * and take a `struct error *` last; on success they leave it untouched.  Codes are the canonical gRPC ones,
 * reasons are AIP-193's UPPER_SNAKE_CASE and static strings.
 *
 * `message` is for the client: short, factual, says what to do; it never contains text of the database.
 * `detail` is for the log alone.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

enum error_code {
  ERROR_NONE = 0,
  ERROR_CANCELLED = 1,
  ERROR_INVALID_ARGUMENT = 3,
  ERROR_DEADLINE_EXCEEDED = 4,
  ERROR_NOT_FOUND = 5,
  ERROR_PERMISSION_DENIED = 7,
  ERROR_RESOURCE_EXHAUSTED = 8,
  ERROR_FAILED_PRECONDITION = 9,
  ERROR_ABORTED = 10,
  ERROR_UNIMPLEMENTED = 12,
  ERROR_INTERNAL = 13,
  ERROR_UNAVAILABLE = 14,
  ERROR_UNAUTHENTICATED = 16,
};

#define ERROR_METADATA_MAX 4

struct error_metadata {
  const char *key; /* static, lowerCamelCase */
  char value[96];
};

struct error {
  enum error_code code;
  const char *reason; /* static; "INVALID_MASK" */
  char message[512];  /* for the client */
  char field[160];    /* the offending request field, "read_mask.paths[2]"; "" when none */
  char detail[512];   /* for the log; "" when none */
  int64_t retry_ms;   /* >= 0: RetryInfo with this delay; < 0: a retry does not help */
  size_t n_metadata;  /* ErrorInfo.metadata */
  struct error_metadata metadata[ERROR_METADATA_MAX];
};

/* Fills *error (which may hold anything before) and returns false, so that `return error_set(…)` reads well.
 * The arguments may be text of *error itself. */
bool error_set(struct error *error, enum error_code code, const char *reason, const char *format, ...)
    PRINTF_LIKE(4, 5);

/* Additions to an error that is set.  Text that does not fit is cut. */
void error_set_field(struct error *error, const char *format, ...) PRINTF_LIKE(2, 3);
void error_set_detail(struct error *error, const char *format, ...) PRINTF_LIKE(2, 3);
void error_set_retry(struct error *error, int64_t retry_ms);
void error_add_metadata(struct error *error, const char *key, const char *format, ...) PRINTF_LIKE(3, 4);

/* "INVALID_ARGUMENT" … */
const char *error_code_name(enum error_code code);

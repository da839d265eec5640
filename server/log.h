/*
 * log.h - one JSON object a line on stdout.
 *
 * Never a token, a connection string or a parameter value; control bytes are escaped.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/error.h"
#include "base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };

void log_set_level(enum log_level level);

/* "debug", "info", "warning", "error"; false for any other text. */
NODISCARD bool log_level_parse(const char *text, enum log_level *ret_level);

/*
 * {"time":…,"level":…,"message":…, then the fields}.  `fields` is a printf format of nothing but names and
 * values, which lets the compiler check the arguments:
 *
 *     log_event(LOG_INFO, "listening", "address=%s port=%d", address, port);
 *
 * A string's value is quoted and escaped (NULL becomes null, %.*s is allowed), a number's stands as it is.
 * Thread-safe: a line is one write.
 */
void log_event(enum log_level level, const char *message, const char *fields, ...) PRINTF_LIKE(3, 4);

/* The same without fields. */
void log_message(enum log_level level, const char *message);

/* The same with what an error carries: code, reason, error (its message), field, detail. */
void log_failure(enum log_level level, const char *message, const struct error *error);

/* The line itself, without its newline. */
void log_format(struct strbuf *ret, int64_t real_us, enum log_level level, const char *message,
                const char *fields, va_list args);

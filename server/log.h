/*
 * log.h - one JSON object a line on stdout.
 *
 * Never a token, a connection string or a parameter value; control bytes are escaped.
 */
#pragma once

#include "base/attributes.h"
#include "base/error.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };

void log_set_level(enum log_level level);

/* {"time":…,"level":…,"message":…, then the fields}.  `format` describes the fields: pairs of a name and a value,
 * "name=%s name=%d name=%ld name=%lld": see log.c.  Thread-safe. */
void log_event(enum log_level level, const char *message, const char *format, ...);

/*
 * login.h - a connection as the pipeline needs it: settings made and verified, non-blocking, in pipeline
 * mode.
 */
#pragma once

#include <libpq-fe.h>

#include "base/str.h"
#include "storage/storage.h"

/* Connects; blocks, for name resolution too.  NULL with a text for the log in *ret_text. */
PGconn *login(const struct storage_options *options, struct strbuf *ret_text);

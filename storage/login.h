/*
 * login.h - a connection as the pipeline needs it: settings made and verified, non-blocking, in pipeline
 * mode.
 */
#pragma once

#include <libpq-fe.h>

#include "base/str.h"
#include "storage/storage.h"

/* A plain connection to the same place, perhaps a bad one: PQstatus tells.  Blocks as login does. */
PGconn *login_connect(const char *database);

/* What a transaction begins with where a filter of the request takes part: plans for the values at hand. NULL
 * for generic ones. */
const char *login_planning(const struct plan *plan);

/* Connects; blocks, for name resolution too.  NULL with a text for the log in *ret_text. */
PGconn *login(const struct storage_options *options, struct strbuf *ret_text);

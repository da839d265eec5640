/*
 * stream.h - Stream: the rows of one snapshot, chunk by chunk, as fast as the client takes them.
 */
#pragma once

#include "server/call.h"

/* Rows of a stream's first chunk where the request asks for no smaller messages; explain shows this plan. */
#define STREAM_FIRST_CHUNK 200

extern const struct call_handler stream_handler;

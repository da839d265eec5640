/*
 * stream.h - Stream: the rows of one snapshot, chunk by chunk, as fast as the client takes them.
 */
#pragma once

#include "server/call.h"

extern const struct call_handler stream_handler;

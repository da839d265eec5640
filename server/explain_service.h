/*
 * explain_service.h - rowan.v1.ExplainService: how the server answers a request.
 */
#pragma once

#include "server/call.h"

#define EXPLAIN_SERVICE "rowan.v1.ExplainService"

extern const struct call_handler explain_handler;

/*
 * health_calls.h - grpc.health.v1.Health: Check and Watch.
 */
#pragma once

#include "server/call.h"

extern const struct call_handler health_check_handler, health_watch_handler;

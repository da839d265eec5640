/*
 * reflection_calls.h - grpc.reflection, v1 and v1alpha: a stream of questions, each answered before the next
 * is read.
 */
#pragma once

#include "server/call.h"

extern const struct call_handler reflection_handler;

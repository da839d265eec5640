/*
 * unary.h - Get, BatchGet, List: one run, one answer.
 */
#pragma once

#include "server/call.h"

extern const struct call_handler unary_handler;

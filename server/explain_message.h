/*
 * explain_message.h - rowan.v1.ExplainRequest read, rowan.v1.ExplainResponse written.
 */
#pragma once

#include "proto/wire.h"
#include "server/explain_plan.h"

/* Of a message read by its descriptor, into which the texts point. */
struct explain_request explain_message_read(const struct message_value *message, struct arena *arena);

void explain_message_write(const struct explained *explained, struct arena *arena, struct writer *writer);

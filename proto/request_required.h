/*
 * request_required.h - fields that google.api.field_behavior calls REQUIRED (AIP-203).
 */
#pragma once

#include "proto/request.h"

/* INVALID_ARGUMENT with reason REQUIRED_FIELD_MISSING and the path of the first required field that is not
 * set, in the message or in one that it holds.  A scalar without presence is set when it is not its zero; a
 * list, when it is not empty. */
NODISCARD bool request_required_check(const struct message_value *message, struct error *error);

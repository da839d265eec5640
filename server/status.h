/*
 * status.h - an error as google.rpc.Status: ErrorInfo always, BadRequest with the field, RetryInfo where it
 * helps.
 */
#pragma once

#include "base/error.h"
#include "base/str.h"

#define STATUS_DOMAIN "rowan"

/* The serialized google.rpc.Status for the trailer grpc-status-details-bin, appended to `ret`; at most 4 KiB.
 */
void status_serialize(const struct error *error, struct strbuf *ret);

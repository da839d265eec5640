/*
 * base64url.h - bytes as text that fits into URLs and headers: RFC 4648, section 5.
 */
#pragma once

#include <stdint.h>

#include "base/arena.h"
#include "base/attributes.h"
#include "base/str.h"

/* Without padding; NUL-terminated. */
char *base64url_encode(const uint8_t *data, size_t len, struct arena *arena);

/* Without padding.  False for any other character, and where bits that no byte takes are set, so that no two
 * texts are the same bytes. */
NODISCARD bool base64url_decode(struct str text, struct arena *arena, uint8_t **ret, size_t *ret_len);

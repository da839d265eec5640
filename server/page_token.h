/*
 * page_token.h - a cursor, sealed: URL-safe text that a client can neither read nor change.
 *
 * ChaCha20-Poly1305 by libcrypto, a key id for rotation, an expiry, and as associated data everything the
 * token is bound to (method or resource, filter, order, arguments, principal).  Whatever is wrong with a
 * token, the client reads one and the same text.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "storage/rows.h"

struct page_token_keys;

/* `secret`: "" for a random key (tokens then die with the process), else any number of keys separated by
 * commas, each 64 hex digits; the first seals, all open. */
NODISCARD struct page_token_keys *page_token_keys_new(const char *secret, int64_t lifetime_seconds,
                                                      struct error *error);
void page_token_keys_free(struct page_token_keys *keys);

/* The token for a position: the order terms' values of its last row.  `binding` is hashed into it. */
const char *page_token_seal(const struct page_token_keys *keys, struct str binding, const struct cell *values,
                            unsigned n_values, struct arena *arena);

/* INVALID_ARGUMENT, reason INVALID_PAGE_TOKEN, field "page_token". */
NODISCARD bool page_token_open(const struct page_token_keys *keys, struct str binding, struct str token,
                               unsigned n_values, struct arena *arena, const struct cell **ret_values,
                               struct error *error);

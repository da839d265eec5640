/*
 * canceller.h - the thread that sends cancel requests, one at a time.
 *
 * PQcancel blocks, and what it cancels is whatever the backend runs when the request arrives.  So the
 * connection sends nothing more until `done`, after which no cancel can be under way for it.
 */
#pragma once

#include <stdint.h>

#include <libpq-fe.h>

struct canceller;

struct canceller *canceller_new(void);

/* Takes `cancel`.  `done` (may be NULL) is called from the canceller's thread, also when the request failed.
 */
void canceller_request(struct canceller *canceller, PGcancel *cancel,
                       void (*done)(void *user, uint64_t generation), void *user, uint64_t generation);

/* Sends what is queued, then ends. */
void canceller_free(struct canceller *canceller); /* NULL is allowed */

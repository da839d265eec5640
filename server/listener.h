/*
 * listener.h - the gRPC server: its port, its completion queues and their threads.
 *
 * One thread for each queue; the threads never block.  Each keeps a number of requests for calls
 * posted, and posts another for every call it takes.
 */
#pragma once

#include <stdint.h>

#include "base/error.h"
#include "server/server.h"

struct listener;

/* Binds the port and serves.  *ret_port is the port bound. */
NODISCARD struct listener *listener_new(struct server *server, const char *address, int *ret_port,
                                        struct error *error);

/* No new calls; returns at once. */
void listener_stop_accepting(struct listener *listener);

/* Cancels the calls under way; after listener_stop_accepting. */
void listener_cancel_calls(struct listener *listener);

/* Waits until the core has let go of its connections, then ends queues and threads.  Nothing may send any
 * more. */
void listener_free(struct listener *listener);

/*
 * health.h - grpc.health.v1: the state of the server ("") and of each service.
 *
 * Thread-safe.  https://github.com/grpc/grpc/blob/master/doc/health-checking.md
 */
#pragma once

#include <stdbool.h>

#include "base/str.h"

enum health_state {
  HEALTH_UNKNOWN = 0,
  HEALTH_SERVING = 1,
  HEALTH_NOT_SERVING = 2,
  HEALTH_SERVICE_UNKNOWN = 3
};

struct health;

struct health *health_new(void);
void health_free(struct health *health);

/* Declares a service, or changes its state, also to HEALTH_SERVICE_UNKNOWN; watchers are told of a change. */
void health_set(struct health *health, const char *service, enum health_state state);
/* Every service and "" to NOT_SERVING for good: the server is going away. */
void health_shut_down(struct health *health);

/* HEALTH_SERVICE_UNKNOWN when it was never declared. */
enum health_state health_check(struct health *health, struct str service);

/* Calls on_change(user, state) at every later change, from the thread that makes it, until health_unwatch,
 * which waits for a callback under way.  The callback must not call back into health.  *ret_state is the
 * state now. */
struct health_watch *health_watch(struct health *health, struct str service,
                                  void (*on_change)(void *user, enum health_state state), void *user,
                                  enum health_state *ret_state);
void health_unwatch(struct health *health, struct health_watch *watch);

/* HealthCheckRequest bytes → service name; HealthCheckResponse bytes of a state. */
bool health_read_request(struct str bytes, struct str *ret_service);
void health_write_response(enum health_state state, struct strbuf *ret);

/*
 * plan_cache.h - plans, made once for many requests.
 *
 * Two keys lead to a plan.  The *shape* is cheap: the method and the request's own text of mask and order,
 * hashed as they came.  The *fingerprint* is exact: what the planner says makes two requests share a plan.
 * Requests that spell one selection differently have different shapes, one fingerprint and one plan.
 *
 * Bounded: the plan that was used least recently goes first, and its shapes with it.  A plan is built outside
 * the lock, by the first who needs it, while the others wait for him: planning takes microseconds and no
 * input.
 */
#pragma once

#include <stddef.h>

#include "base/str.h"
#include "planner/plan.h"

struct plan_cache;

struct plan_cache *plan_cache_new(size_t capacity);
void plan_cache_free(struct plan_cache *cache);

/* A reference to the plan that was last got under this shape, or NULL. */
struct plan *plan_cache_find(struct plan_cache *cache, struct str shape);

/* A reference to the plan with this fingerprint; build(user) makes it where there is none, and its reference
 * becomes the cache's.  The shape will find it from now on. */
struct plan *plan_cache_get(struct plan_cache *cache, struct str shape, struct str fingerprint,
                            struct plan *(*build)(void *user), void *user);

/* Lets go of the plans of other graphs, and so of those graphs.  Such as are being built stay. */
void plan_cache_keep_only(struct plan_cache *cache, const struct graph *graph);

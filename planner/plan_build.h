/*
 * plan_build.h - a plan with its reference count, as plan.c and plan_build.c see it.
 */
#pragma once

#include <stdatomic.h>

#include "planner/plan.h"

/* `plan` comes first: a pointer to the one is a pointer to the other. */
struct plan_counted {
  struct plan plan;
  atomic_uint references;
};

/*
 * request_plan.h - the plan that answers a request, and what to run it with.
 */
#pragma once

#include "server/plan_cache.h"
#include "server/request_binding.h"

/* A reference to the plan for `limit` rows from the cursor on (both ignored but for ROOT_PAGE), and the
 * arguments to run it with, made in `arena`; the claims to run it with are the binding's.  PERMISSION_DENIED
 * where the plan needs one that is not there. */
NODISCARD bool request_plan(const struct binding *binding, struct plan_cache *plans, struct cursor cursor,
                            uint32_t limit, struct arena *arena, struct plan **ret_plan,
                            const struct argument **ret_arguments, struct error *error);

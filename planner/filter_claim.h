/*
 * filter_claim.h - claim('name'), the caller's, on the right of a comparison.
 *
 * In annotations alone: a client's filter has no business with identities.
 */
#pragma once

#include "planner/filter_member.h"

bool filter_is_claim(const struct filter_scope *scope, const struct filter_term *term);

/* The call as a value that the target is compared with.  `single`: by order, where several values would have
 * no meaning. */
NODISCARD bool filter_claim_value(const struct filter_scope *scope, const struct filter_target *target,
                                  const struct filter_term *call, bool single, struct expr_value *ret);

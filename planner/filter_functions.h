/*
 * filter_functions.h - the functions of the filter language.
 *
 * A new one is a row of the table in filter_functions.c: a condition stands alone, like exists(); an operand
 * stands on the left of a comparison, like column().
 */
#pragma once

#include "planner/filter_member.h"

NODISCARD bool filter_call_condition(const struct filter_scope *scope, const struct filter_term *call,
                                     struct expr **ret);
NODISCARD bool filter_call_operand(const struct filter_scope *scope, const struct filter_term *call,
                                   struct filter_target *ret);

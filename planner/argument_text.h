/*
 * argument_text.h - the forms that literals of each type have.
 */
#pragma once

#include "planner/expr.h"

/* One value of a type that is no domain; `expected` names the form when it is not met ("an integer from …").
 */
NODISCARD bool argument_read(struct str text, const struct catalog_type *type, struct arena *arena,
                             enum argument_form *ret_form, union value *ret_value, const char **ret_expected);

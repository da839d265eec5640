/*
 * argument_text.h - the forms that literals of each type have.
 */
#pragma once

#include "planner/expr.h"

/* What the type's form is called: "an integer from …". */
const char *argument_expected(const struct catalog_type *type);

/* "text", with quotes and backslashes inside behind a backslash: as in the literals of arrays and ranges. */
void argument_add_quoted(struct str text, struct strbuf *ret);

/* How two texts that numeric's form accepts compare as numbers: negative, 0 or positive. */
int argument_compare_decimals(struct str a, struct str b);

/* One value of a type that is no domain; `expected` names the form when it is not met ("an integer from …").
 */
NODISCARD bool argument_read(struct str text, const struct catalog_type *type, struct arena *arena,
                             enum argument_form *ret_form, union value *ret_value, const char **ret_expected);

/*
 * statement_operand.h - what conditions compare, and with what, as SQL.
 */
#pragma once

#include "storage/statement_builder.h"

/* The operand of the scope's rows: its steps are behind us. */
void operand_add(struct statement_builder *builder, const struct expr_operand *operand, struct scope scope);

/* Whether it is a claim of which the caller has several values, or none: any of them. */
bool value_is_list(const struct statement_builder *builder, const struct expr_value *value);

/* The value, cast to its type (an array of it, where it is a list).  What a function makes of it follows the
 * collation of the column that it is compared with. */
void value_add(struct statement_builder *builder, const struct expr_value *value,
               const struct expr_operand *against);

/* A condition that is a function. */
void call_add(struct statement_builder *builder, const struct expr *expr, struct scope scope);

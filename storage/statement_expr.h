/*
 * statement_expr.h - conditions and aggregates of the planner as SQL.
 */
#pragma once

#include "storage/statement_builder.h"

/* The condition on the scope's row, as one operand: it needs no parentheses beside AND. */
void expr_add(struct statement_builder *builder, const struct expr *expr, struct scope scope);

/* The same as a value in parentheses that is true or false, never NULL. */
void expr_add_truth(struct statement_builder *builder, const struct expr *expr, struct scope scope);

/* The condition, its conjuncts a line each; NULL adds nothing. */
void expr_add_lines(struct statement_builder *builder, struct clause *clause, const struct expr *expr,
                    struct scope scope);

/* The aggregate over the rows that its relation leads to from `row`, as one operand. */
void aggregate_add(struct statement_builder *builder, const struct graph_aggregate *aggregate,
                   const char *row);

/* Adds " AND condition" for each condition that is not NULL. */
void expr_add_and(struct statement_builder *builder, const struct expr *expr, struct scope scope);

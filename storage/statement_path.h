/*
 * statement_path.h - FROM and WHERE of a sub-select over the rows that relations lead to.
 */
#pragma once

#include "storage/statement_builder.h"

/* Adds " FROM … WHERE …" for the rows that n > 0 steps lead to from the row `from`, each visible under its
 * target's and its relation's filters.  Returns the scope of the last step's rows; its aliases live in the
 * builder's arena. */
struct scope path_add(struct statement_builder *builder, const struct graph_relation *const *steps, size_t n,
                      const char *from);

/* The same for one relation, where each of the target's rows must count once, and must satisfy `condition`
 * (NULL: any) together with the junction's row that leads to it. */
struct scope path_add_distinct(struct statement_builder *builder, const struct graph_relation *relation,
                               const struct expr *condition, const char *from);

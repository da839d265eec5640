/*
 * statement_page.h - where the requested resource's rows come from.
 */
#pragma once

#include "storage/statement_select.h"

/* The root's statement. */
void root_add(struct statement_builder *builder, const struct plan_fetch *root);

/* The statement of a PLAN_COUNT or PLAN_ESTIMATE: the root's rows without order, cursor and limit. */
void total_add(struct statement_builder *builder, const struct plan_fetch *fetch);

/* "(SELECT …) r": the root's rows once more, as the keys r.k0, r.k1 … of `link`. */
void root_add_embedded(struct statement_builder *builder, const struct plan_fetch *root,
                       const struct graph_link *link);

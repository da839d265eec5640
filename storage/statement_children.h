/*
 * statement_children.h - the statements of fetches below the root.
 */
#pragma once

#include "storage/statement_select.h"

void children_add(struct statement_builder *builder, const struct plan_fetch *fetch);

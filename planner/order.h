/*
 * order.h - order_by (AIP-132): "name, event_date desc, creator.username, attendee_count" → terms on columns
 * and on what is derived of rows, the key appended.
 */
#pragma once

#include "base/error.h"
#include "planner/graph.h"

/* Resolves `text` against the resource's fields; an empty text gives the resource's key in ascending order.
 * The key's columns that are not named are appended in the direction of the last term.  INVALID_ARGUMENT,
 * reason INVALID_ORDER, error field `field`, for unknown, repeated and unorderable fields and for bad
 * directions. */
NODISCARD bool order_parse(struct str text, const struct graph_resource *resource, const char *field,
                           struct arena *arena, struct order *ret, struct error *error);

/* The type of the values that a term orders by. */
const struct catalog_type *order_term_type(const struct order_term *term);

/* Whether two orders are one, and whether two terms are but for their directions. */
bool order_equal(const struct order *a, const struct order *b);
bool order_same_value(const struct order_term *a, const struct order_term *b);

/* Equal for equal orders; appended to `ret`. */
void order_fingerprint(const struct order *order, struct strbuf *ret);

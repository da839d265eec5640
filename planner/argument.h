/*
 * argument.h - values of requests and of filters as what a column's type takes.
 *
 * Form and range are checked as far as the type allows, so that bad input is refused before any query.
 * Domains count as their base: a value outside of a domain's constraint equals no row, it is no error.
 *
 *   bool                    true, false
 *   int2, int4, int8        decimal digits, in range
 *   float4, float8          decimal, finite
 *   numeric                 decimal, within numeric's digits; no NaN
 *   bytea                   base64, standard or URL-safe, as in protobuf's JSON
 *   uuid                    8-4-4-4-12 hex digits
 *   date, time              2024-12-31, 23:59:59.5
 *   timestamp, timestamptz  RFC 3339; what is finer than a microsecond is cut off
 *   interval                seconds, "1.5s", as in protobuf's JSON
 *   enum                    a label
 *   ranges                  [a,b) with any brackets, each bound of its type's form or left out; empty
 *   anything else           text without NUL, judged by Postgres
 */
#pragma once

#include "base/error.h"
#include "planner/codec.h"
#include "planner/expr.h"

/* A literal as an argument of the (base) type; the result may point into `text`.  INVALID_ARGUMENT, reason
 * INVALID_VALUE, with what was expected. */
NODISCARD bool argument_from_text(struct str text, const struct catalog_type *type, struct arena *arena,
                                  struct argument *ret, struct error *error);

/* The same for a request field: its last value, ARGUMENT_NULL when it has none; all its values where `list`.
 * Enum values become labels, well-known messages the text of their type, wrappers what they wrap.  The
 * error's field is the request field. */
NODISCARD bool argument_from_field(const struct schema_field *field, const struct field_value *value,
                                   bool list, const struct catalog_type *type, struct arena *arena,
                                   struct argument *ret, struct error *error);

/* The values of an enum's field by what they are called in a column of texts: to the letter, or as texts fold
 * (codec_labels.h).  Either may be of no values.  As lists where `list`, else of the last value. */
NODISCARD bool argument_from_labels(const struct schema_field *field, const struct field_value *value,
                                    bool list, const struct codec *codec, const struct catalog_type *type,
                                    struct arena *arena, struct argument *ret_exact,
                                    struct argument *ret_folded, struct error *error);

/* An argument of the functions above as the text that the type's input function takes. */
struct str argument_to_literal(const struct argument *argument, struct arena *arena);

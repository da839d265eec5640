/*
 * request_value.h - single values of a request's fields: sent or not, equal or not, as text.
 */
#pragma once

#include "proto/request.h"

/* A zero without presence means not sent. */
bool value_is_sent(const struct schema_field *field, const struct field_value *value);

/* Messages are never equal: comparing them is not worth it. */
bool value_equal(const struct schema_field *field, const union value *a, const union value *b);
uint64_t value_hash(const struct schema_field *field, const union value *value, uint64_t seed);

/* Appends the value for a person to read, strings quoted and cut. */
void value_describe(const struct schema_field *field, const union value *value, size_t most,
                    struct strbuf *ret);

/* Appends the values so that different values give different bytes. */
void value_serialize(const struct schema_field *field, const struct field_value *value, struct strbuf *ret);

/* Appends a length and the bytes. */
void value_serialize_text(struct str text, struct strbuf *ret);

/*
 * bare_encode.h - the bare loop's rows as protobuf, by code that knows every field number.
 *
 * Encoded backwards, as Rowan does, into one buffer that every answer begins anew.
 */
#pragma once

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Says what is wrong and ends the program: there is nobody to recover for. */
_Noreturn void die(const char *what, const char *why);

/* The buffer; an answer that does not fit is the end. */
void encode_allocate(size_t size);
void encode_free(void);

void encode_begin(void);
const uint8_t *encode_result(size_t *ret_len);

/* Roots in their order, children in the order of their roots; `wrapped`: as items of a list. */
void encode_page(const PGresult *roots, const PGresult *children, bool wrapped);

/* One row whose last four columns are arrays. */
void encode_arrays(const PGresult *result);

int64_t integer_of(const PGresult *result, int row, int column);

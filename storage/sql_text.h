/*
 * sql_text.h - names, literals and types as SQL, quoted whatever they hold.
 */
#pragma once

#include "base/str.h"
#include "planner/catalog.h"

/* "name", with quotes inside doubled. */
void sql_identifier(struct strbuf *out, const char *name);

/* 'text'; backslashes make it an E'' string, so that standard_conforming_strings does not matter. */
void sql_literal(struct strbuf *out, struct str text);

/* "schema"."table" */
void sql_table(struct strbuf *out, const struct catalog_table *table);

/* alias."column" */
void sql_column(struct strbuf *out, const char *alias, const struct catalog_column *column);

/* The type, qualified; types of pg_catalog without quotes, for the reader's sake. */
void sql_type(struct strbuf *out, const struct catalog_type *type);

/* The comparison operator `name` between two values of these types.  Types of an extension (citext) have
 * operators of their own beside the type: found by name alone they would be the search path's choice, and
 * text's might be taken. */
void sql_operator(struct strbuf *out, const char *name, const struct catalog_type *left,
                  const struct catalog_type *right);

/* Whether operators on the type are those of pg_catalog. */
bool sql_has_system_operators(const struct catalog_type *type);

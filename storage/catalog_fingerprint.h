/*
 * catalog_fingerprint.h - one text that differs when what the catalog reader would read differs.
 *
 * Of definitions and privileges, not of statistics: those change all day, and a graph is frozen with them.
 */
#pragma once

/* A query of one row and one column.  It reads no user's table, and a few rows for each column of one. */
extern const char catalog_fingerprint_query[];

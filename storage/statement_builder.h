/*
 * statement_builder.h - a statement while it is written: its text, its parameters, its aliases.
 *
 * Aliases: t0, t1 … are the fetch's tables, j its junction, r the embedded root, k the keys that came as
 * arrays; e1, e2 … belong to sub-selects of conditions and aggregates and are never used twice in a
 * statement.
 */
#pragma once

#include "base/arena.h"
#include "base/str.h"
#include "storage/sql_text.h"
#include "storage/statement.h"

struct statement_builder {
  const struct plan *plan;
  struct arena *arena; /* the plan's */
  struct strbuf text;
  struct {
    struct bind *items;
    size_t n, cap;
  } binds;
  unsigned n_aliases;
  unsigned depth; /* of sub-selects in FROM, for indentation */
};

struct alias {
  char text[16];
};

/* The rows whose columns a condition names: a table's alias and, where a junction leads to it, the
 * junction's. */
struct scope {
  const char *row;
  const char *through; /* NULL when there is no junction */
};

/* The conditions of one WHERE, a line each.  Starts as {"WHERE"}. */
struct clause {
  const char *lead;
};

/* "t0" … and a fresh "e1" …. */
struct alias alias_of_table(unsigned index);
struct alias alias_fresh(struct statement_builder *builder);

/* Starts a new line at the present depth. */
void builder_line(struct statement_builder *builder, const char *text);

/* "(" and a deeper line; ")" on a line of its own, followed by `tail`. */
void builder_open(struct statement_builder *builder, const char *text);
void builder_close(struct statement_builder *builder, const char *tail);

/* Puts ", " between the items of a list: nothing when *first, which it clears. */
void builder_comma(struct statement_builder *builder, bool *first);

/* Starts the next condition of a clause. */
void clause_next(struct statement_builder *builder, struct clause *clause);

/* Adds "$n::type" for the bind, which is listed once however often it is used.  The type is the base of
 * `type`; with `list` the array over it. */
void builder_bind(struct statement_builder *builder, enum bind_kind kind, unsigned index,
                  const struct catalog_type *type, bool list);

/* Adds "$n" for one of the limits. */
void builder_bind_limit(struct statement_builder *builder, enum bind_kind kind);

/* Adds "$n" for an argument that is a 64-bit integer. */
void builder_bind_integer(struct statement_builder *builder, unsigned argument);

/* alias.*::table, the row itself: written so, since a column may have the alias's name. */
void builder_row(struct statement_builder *builder, const struct catalog_table *table, const char *alias);

/* The function of that row. */
void builder_function(struct statement_builder *builder, const struct catalog_function *function,
                      const char *alias);

/* The function's name. */
void builder_function_name(struct statement_builder *builder, const struct catalog_function *function);

/* left."a" = right."b" AND …, for parallel lists of columns. */
void builder_equal_columns(struct statement_builder *builder, const char *left,
                           const struct catalog_column *const *left_columns, const char *right,
                           const struct catalog_column *const *right_columns, size_t n);

/* left."a" = right.PREFIX0 AND …, where the right side are generated names with columns' values. */
void builder_equal_names(struct statement_builder *builder, const char *left,
                         const struct catalog_column *const *left_columns, const char *right,
                         const char *prefix, const struct catalog_column *const *right_types, size_t n);

/*
 * catalog.h - what Rowan knows of the database: tables, columns, types, keys, statistics.
 *
 * Plain data, filled by storage's catalog reader or by a test, immutable afterwards.  Names are as stored in
 * pg_catalog, unquoted; quoting is the SQL builder's.  Sources of each rule: the PostgreSQL documentation,
 * chapter "System Catalogs".
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

/* What a type is to Rowan.  A type not named here travels as text (TYPE_OTHER). */
enum type_class {
  TYPE_OTHER = 0,
  TYPE_BOOL,
  TYPE_INT2,
  TYPE_INT4,
  TYPE_INT8,
  TYPE_FLOAT4,
  TYPE_FLOAT8,
  TYPE_NUMERIC,
  TYPE_TEXT,   /* text, varchar, name, "char" */
  TYPE_BPCHAR, /* char(n) */
  TYPE_CITEXT,
  TYPE_BYTEA,
  TYPE_UUID,
  TYPE_DATE,
  TYPE_TIME,
  TYPE_TIMESTAMP,
  TYPE_TIMESTAMPTZ,
  TYPE_INTERVAL,
  TYPE_JSON,
  TYPE_JSONB,
  TYPE_HSTORE,
  TYPE_ENUM,
  TYPE_ARRAY,
  TYPE_DOMAIN,
  TYPE_RANGE,
  TYPE_MULTIRANGE,
  TYPE_COMPOSITE,
};

struct catalog_type {
  uint32_t oid;
  const char *schema;
  const char *name; /* "int8", "citext" */
  enum type_class class;
  /* TYPE_ARRAY: its element; TYPE_RANGE: what its bounds are; TYPE_MULTIRANGE: its ranges; else NULL */
  const struct catalog_type *element;
  const struct catalog_type *base;  /* TYPE_DOMAIN: what it is over; else NULL */
  const struct catalog_type *array; /* the array type over this one; NULL when there is none */
  const char **labels;              /* TYPE_ENUM: in sort order */
  size_t n_labels;
};

struct catalog_table;

struct catalog_column {
  const char *name;
  int attnum;
  size_t index; /* position in table->columns */
  const struct catalog_table *table;
  const struct catalog_type *type;
  int typmod;
  bool not_null;
  bool deterministic;           /* collation: equal means bytewise equal; true for types without one */
  const char *collation_schema; /* NULL, like the name: the database's own, or none */
  const char *collation;
  bool selectable;     /* the role may read it */
  const char *comment; /* NULL when none */
  /* pg_stats; n_distinct as there (negative: a fraction of the rows), 0 when never analyzed */
  double n_distinct;
  double null_fraction;
  int average_width; /* bytes; a guess by type where never analyzed; 1024 for unbounded text, json, bytea seen
                        wide */
};

/* A set of columns, in key order, that the database keeps unique: primary key, unique constraint or plain
 * unique index (never partial, never over expressions). */
struct catalog_key {
  const struct catalog_column **columns;
  size_t n_columns;
  bool primary;
};

/* A plain btree index, for choosing strategies: leading columns in order. */
struct catalog_index {
  const char *name;
  const struct catalog_column **columns;
  size_t n_columns;
  bool unique;
};

struct catalog_foreign_key {
  const char *name;
  const struct catalog_table *table; /* the one that refers */
  const struct catalog_column **columns;
  const struct catalog_table *references; /* the one referred to */
  const struct catalog_column **reference_columns;
  size_t n_columns;
  bool validated; /* a non-NULL key has a row */
};

/* A configuration of text search. */
struct catalog_text_search {
  const char *schema;
  const char *name;
  const char *text;    /* as the type regconfig reads it: qualified, quoted where it must be */
  bool in_search_path; /* its unqualified name finds it */
};

/* A function that takes a row of a table and nothing else. */
struct catalog_function {
  const char *schema;
  const char *name;
  const struct catalog_table *table; /* whose row it takes */
  const struct catalog_type *type;   /* of what it gives */
  bool in_search_path;
  bool executable;  /* the role may call it */
  bool is_volatile; /* two calls in one statement may differ */
  bool gives_set;
};

struct catalog_table {
  uint32_t oid;
  const char *schema;
  const char *name;
  char kind; /* pg_class.relkind: r table, p partitioned, v view, m materialized view, f foreign table */
  bool in_search_path;            /* its unqualified name finds it */
  bool selectable;                /* the role may read at least one column */
  bool row_security;              /* policies apply */
  const char *comment;            /* NULL when none */
  struct catalog_column *columns; /* without dropped and system columns, by attnum */
  size_t n_columns;
  struct catalog_key *keys; /* the primary key first */
  size_t n_keys;
  struct catalog_index *indexes;
  size_t n_indexes;
  double rows; /* reltuples; 1000 when never analyzed */
  bool analyzed;
};

struct catalog {
  struct catalog_table **tables; /* by schema, then name; partitions that have a parent are left out */
  size_t n_tables;
  struct catalog_type **types; /* those that columns use, with their elements and bases */
  size_t n_types;
  struct catalog_foreign_key *foreign_keys; /* on tables of the list; partitions' copies are left out */
  size_t n_foreign_keys;
  struct catalog_function *functions; /* of rows of tables of the list, by schema, then name */
  size_t n_functions;
  const struct catalog_text_search *text_searches; /* by schema, then name */
  size_t n_text_searches;
  const struct catalog_text_search *text_search; /* the database's default; NULL when it names none */
  int server_version;                            /* server_version_num */
  double round_trip_us;                          /* the shortest of a few, when the catalog was read */
  const char *database;
  const char *fingerprint; /* differs when another reading would; NULL when it was not read */
  struct arena *arena;     /* owns all of it */
};

/* NULL when there is none.  An unqualified name is looked for in the search path. */
const struct catalog_table *catalog_find_table(const struct catalog *catalog, struct str qualified_name);
/* Overloads are told apart by the table; an unqualified name is looked for in the search path. */
const struct catalog_function *catalog_find_function(const struct catalog *catalog,
                                                     const struct catalog_table *table,
                                                     struct str qualified_name);
const struct catalog_column *catalog_find_column(const struct catalog_table *table, struct str name);
const struct catalog_type *catalog_find_type(const struct catalog *catalog, uint32_t oid);

/* The primary key, or NULL. */
const struct catalog_key *catalog_primary_key(const struct catalog_table *table);

/* Whether these columns contain a unique key: at most one row for given values. */
bool catalog_is_unique(const struct catalog_table *table, const struct catalog_column *const *columns,
                       size_t n);

/* An unqualified name is looked for in the search path; NULL when there is none. */
const struct catalog_text_search *catalog_find_text_search(const struct catalog *catalog,
                                                           struct str qualified_name);

/* Whether two foreign keys of one table make it a junction: some unique key consists of their columns, which
 * they may share in part ((tenant_id, a_id) and (tenant_id, b_id)) as long as each has one of its own. */
bool catalog_is_junction(const struct catalog_foreign_key *a, const struct catalog_foreign_key *b);

/* The type below all domains. */
const struct catalog_type *catalog_base_type(const struct catalog_type *type);

/* Types that conditions need whatever the columns are. */
extern const struct catalog_type catalog_text, catalog_jsonpath, catalog_regconfig;
#define OID_TSVECTOR 3614

void catalog_free(struct catalog *catalog); /* NULL is allowed */

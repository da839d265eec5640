/*
 * graph.h - declared resources met with the catalog: every field has a column, every relation its keys.
 *
 * graph_build resolves a schema (what the .proto declares) against a catalog (what the database has).  What
 * does not fit is reported whole, every problem at once, each with its place, its cause and the annotation
 * that would mend it. A resource or method with a problem is marked broken and disables itself only.
 *
 * The graph is immutable and reference-counted: a reload builds another, a request keeps the one it began
 * with.
 *
 * Inference (annotations override every step):
 *   table     the message's name in snake_case, singular or plural, in the search path
 *   column    the field's name
 *   relation  singular message field `x`: the column `x_id` when a foreign key lies on it alone, else the
 * only foreign key to the other table; else the only unique incoming foreign key (to-one, reverse). repeated
 * message field: the only incoming foreign key; else the only junction table, which is one with a unique key
 * that consists of two foreign keys, one to each side (they may share columns). several candidates are an
 * error that lists each as the annotation to paste.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "planner/catalog.h"
#include "planner/codec.h"
#include "planner/expr.h"
#include "proto/schema.h"

struct graph_resource;
struct graph_relation;

/*
 * How rows of one table lead to rows of another.  Interned: two relations over the same rows share one link,
 * so pointer equality tells that a filtered and a full relation can share a fetch.
 */
struct graph_link {
  const struct catalog_table *from;
  const struct catalog_column **from_columns; /* n_columns */
  const struct catalog_table *to;
  const struct catalog_column **to_columns; /* n_columns, or n_target_columns with a junction */
  size_t n_columns;
  /* many-to-many: from_columns = source_columns, target_columns = to_columns; NULL without a junction */
  const struct catalog_table *through;
  const struct catalog_column **source_columns; /* n_columns */
  const struct catalog_column **target_columns; /* n_target_columns */
  size_t n_target_columns;
  bool through_unique; /* a pair stands in the junction at most once */
  bool to_unique;      /* at most one target for given from values */
  bool enforced;       /* a validated foreign key: a set from-key has its row */
};

struct graph_field;

/* Terms of an order: values reached through to-one steps; the resource's key is appended as the last ones.
 */
struct order_term {
  const struct graph_relation **steps;
  size_t n_steps;
  const struct catalog_column *column; /* NULL for what is derived */
  const struct graph_field *derived;   /* an aggregate or a function of the row; NULL for a column */
  bool descending;
  bool nullable; /* the value may be NULL, or a step may be unset */
};

struct order {
  struct order_term *terms;
  size_t n_terms;
};

/* A oneof whose discriminator says which of its members a row has. */
struct graph_oneof {
  const struct schema_oneof *oneof;
  const struct graph_resource *resource;
  const struct graph_relation **steps; /* to-one; none where the discriminator is a column of the row */
  size_t n_steps;
  const struct catalog_column *column; /* the discriminator: behind the steps */
  const char **values;                 /* those that stand for members, as text; any other leaves it unset */
  size_t n_values;
};

struct graph_relation {
  const struct graph_field *field; /* that declares it */
  const struct graph_link *link;
  const struct graph_resource *target;
  bool to_many;
  const struct expr *filter;         /* on the target, with junction columns; NULL when none */
  const struct expr *through_filter; /* on the junction; NULL when none */
  struct order order;                /* to-many: how children are ordered; ends with the target's key */
  uint32_t page_size, max_page_size; /* to-many, per parent; 0: no limit declared */
  uint32_t max_depth; /* above 1: from a resource to itself, and selected so many levels deep; else 0 */
  uint64_t claims;    /* those that decide what it leads to, and what is reached from there */
  bool may_be_unset;  /* to-one: a NULL key, a missing, filtered or hidden row is possible */
  /* A member of a oneof with a discriminator leads somewhere from some rows alone; else all NULL. */
  const struct graph_oneof *variants;
  const char *variant_value; /* what the discriminator is there, as text */
  const struct expr *when;   /* the same as a condition on the row that the relation leads from */
};

enum aggregate_function {
  AGGREGATE_COUNT,
  AGGREGATE_EXISTS,
  AGGREGATE_SUM,
  AGGREGATE_MIN,
  AGGREGATE_MAX,
  AGGREGATE_AVG,
};

/* What filters in annotations compare with of the caller's identity.  Interned: one for each name and type.
 */
struct graph_claim {
  const char *name;
  const struct catalog_type *type; /* no domain */
  bool single;    /* compared by order: several values would have no meaning, any-of takes part elsewhere */
  unsigned index; /* in graph->claims */
};

/* Sets of claims are bit masks. */
#define GRAPH_CLAIMS_MOST 64

struct graph_claims {
  const struct graph_claim **items;
  size_t n, cap;
};

struct graph_aggregate {
  enum aggregate_function function;
  const struct graph_relation *relation; /* whose rows are aggregated, its declared filter included */
  const struct catalog_column *column;   /* of the relation's target; NULL for count and exists */
  const struct expr *filter;             /* of the annotation; NULL when none */
  const struct catalog_type *type;       /* of the result */
};

enum graph_field_kind {
  GRAPH_FIELD_NONE = 0, /* ignored or broken: never selected */
  GRAPH_FIELD_COLUMN,
  GRAPH_FIELD_RELATION,
  GRAPH_FIELD_SOURCE, /* a column through to-one steps */
  GRAPH_FIELD_AGGREGATE,
  GRAPH_FIELD_HAS_MORE,        /* of the to-many field `of` */
  GRAPH_FIELD_NEXT_PAGE_TOKEN, /* of the to-many field `of` */
  GRAPH_FIELD_EMBED,           /* a message made of columns of the same row */
  GRAPH_FIELD_FUNCTION,        /* a function of the row */
};

struct graph_field {
  enum graph_field_kind kind;
  const struct schema_field *field;
  const struct graph_resource *resource; /* whose field it is */
  size_t index;                          /* position in resource->fields, equal to field->index */
  struct codec codec;                    /* COLUMN, SOURCE, AGGREGATE, FUNCTION */
  const struct catalog_column *column;   /* COLUMN, SOURCE */
  const struct graph_relation *relation; /* RELATION */
  const struct graph_relation **steps;   /* SOURCE */
  size_t n_steps;
  const struct graph_aggregate *aggregate; /* AGGREGATE */
  const struct graph_field *of;            /* HAS_MORE, NEXT_PAGE_TOKEN */
  /* EMBED: the message as if it were a resource of the same table, all its fields columns; it has no key. */
  const struct graph_resource *embedded;
  const struct catalog_function *function; /* FUNCTION */
};

/* Whether the field tells of a list, comes with it and is nothing without it. */
static inline bool graph_field_is_of_list(const struct graph_field *field)
{
  return field->kind == GRAPH_FIELD_HAS_MORE || field->kind == GRAPH_FIELD_NEXT_PAGE_TOKEN;
}

struct graph_resource {
  const struct schema_message *message;
  const struct catalog_table *table;
  const struct catalog_key *key;
  struct graph_field *fields; /* parallel to message->fields */
  size_t n_fields;
  const char *default_mask;  /* as written; NULL when none */
  const struct expr *filter; /* always applied, what is deleted left out; NULL when none */
  const struct expr
      *filter_of_all; /* the same, what is deleted let in: for the root of a Get or show_deleted */
  struct order order; /* declared, else the key; ends with the key */
  uint32_t page_size, max_page_size; /* 0: the settings' */
  uint64_t claims; /* those that may decide what is answered of it, whatever is asked: its own filter's, and
                      of all that is reached from it */
  bool broken;
};

/* How the number of all rows is found: (rowan.v1.field).total_size. */
enum total_kind { TOTAL_NONE, TOTAL_EXACT, TOTAL_ESTIMATED };

enum method_kind { METHOD_GET, METHOD_BATCH_GET, METHOD_LIST, METHOD_STREAM };

/* A unique key that request fields name: Get by id, BatchGet by ids. */
struct graph_lookup {
  const struct catalog_column **columns;
  const struct schema_field **fields; /* of the request (BatchGet by `requests`: of its element message) */
  size_t n_columns;
};

/* A further request field that filters by equality (or by `operator`). */
struct graph_condition {
  const struct schema_field *field;
  struct codec codec; /* of the field, or of each of its values, against the operand */
  struct expr_operand operand;
  enum compare_op op;
};

struct graph_method {
  const struct schema_method *method;
  enum method_kind kind;
  const struct graph_resource *resource;
  /* request fields; NULL where the request has none */
  const struct schema_field *read_mask, *filter, *order_by, *page_size, *page_token, *skip,
      *relation_arguments, *show_deleted;
  struct graph_lookup
      *lookups; /* GET, BATCH_GET: one when required as sent; several: exactly one must be set */
  size_t n_lookups;
  const struct schema_field *requests; /* BATCH_GET by `repeated GetXRequest requests`; else NULL */
  struct graph_condition *conditions;  /* LIST, STREAM */
  size_t n_conditions;
  /* response fields; items is NULL for GET and for a bare `stream X` */
  const struct schema_field *items, *next_page_token, *total_size;
  enum total_kind total;                     /* how total_size is found; NONE without that field */
  const char *default_mask;                  /* NULL when none */
  uint32_t default_page_size, max_page_size; /* method's, else resource's; 0: the settings' */
  bool ignored;                              /* (rowan.v1.method).ignore: answers UNIMPLEMENTED */
  bool broken;
};

struct graph {
  struct schema *schema;             /* owned */
  struct catalog *catalog;           /* owned */
  struct graph_resource **resources; /* messages with a (rowan.v1.resource) option */
  size_t n_resources;
  struct graph_method **methods; /* of services whose methods bind to resources */
  size_t n_methods;
  struct graph_claims claims;
  uint64_t id; /* differs between any two graphs of a process */
  struct arena *arena;
};

struct problem {
  const char *place;   /* "events/v1/events.proto:31" */
  const char *message; /* "events.creator: two foreign keys lead to users" */
  const char *fix;     /* the annotation to paste, lines separated by \n; NULL when there is none */
  bool warning;
};

struct problems {
  struct problem *items;
  size_t n, cap;
  size_t n_errors; /* without warnings */
  struct arena *arena;
};

/* Takes ownership of schema and catalog.  Always returns a graph; *problems (initialised by the caller with
 * an arena) lists what does not fit, by file and line. */
struct graph *graph_build(struct schema *schema, struct catalog *catalog, struct problems *problems);

struct graph *graph_ref(const struct graph *graph);
void graph_unref(struct graph *graph); /* NULL is allowed */

/* Whose fields a path goes on with behind this one: a relation's target, an embedded message; else NULL. */
const struct graph_resource *graph_field_target(const struct graph_field *field);

/* NULL when the message is no resource, or there is no such method. */
const struct graph_resource *graph_find_resource(const struct graph *graph,
                                                 const struct schema_message *message);
const struct graph_method *graph_find_method(const struct graph *graph, struct str path);

/* Writes "place: message" and the indented fix of each problem, and a summary line. */
void problems_print(const struct problems *problems, struct strbuf *ret);

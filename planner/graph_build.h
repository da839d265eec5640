/*
 * graph_build.h - what the files that build a graph share: the work in progress and how problems are told.
 *
 * The order of the passes is that of their needs:
 *   graph_tables.c     each resource's table and key, then the fields that are columns
 *   graph_values.c     the fields that are made of the row besides: embed, function
 *   graph_relations.c  the fields that lead to other resources
 *   graph_variants.c   which of a oneof's members a row has
 *   graph_derived.c    the fields that are made from relations: source, aggregate, has_more,
 *                      next_page_token
 *   graph_rules.c      filters, orders, page sizes and default masks, which may name any field
 *   graph_circles.c    no filter may ask for what it decides itself
 *   graph_claims.c     which of the caller's claims decide what is seen of what
 *   graph_methods.c    what each method of a service answers; graph_requests.c what its request's fields
 * mean, graph_well_known.c those that mean the same in all of them
 *
 * A pass that cannot resolve something reports it, leaves the field GRAPH_FIELD_NONE and goes on, so that one
 * run finds every problem.  It fails closed: where a declared filter cannot be read, a condition that is
 * never true takes its place, and whatever else leads through there sees no rows rather than too many.
 */
#pragma once

#include "planner/graph.h"

struct graph_build {
  struct graph *graph;
  const struct schema *schema;
  const struct catalog *catalog;
  struct arena *arena; /* the graph's */
  struct problems *problems;
  struct {
    struct graph_link **items;
    size_t n, cap;
  } links; /* interned */
  /* What later passes complete, with the field that declares it. */
  struct {
    struct relation_draft {
      struct graph_field *field;
      struct graph_relation *relation;
    } * items;
    size_t n, cap;
  } relations;
  struct {
    struct aggregate_draft {
      struct graph_field *field;
      struct graph_aggregate *aggregate;
    } * items;
    size_t n, cap;
  } aggregates;
};

/* ---- graph_problems.c ---- */

/* Each takes a fix (or NULL) and the cause; the proto path is put in front of it.  What it is about becomes
 * broken. */
void problem_of_field(struct graph_build *build, struct graph_field *field, const char *fix,
                      const char *format, ...) PRINTF_LIKE(4, 5);
void problem_of_resource(struct graph_build *build, struct graph_resource *resource, const char *fix,
                         const char *format, ...) PRINTF_LIKE(4, 5);
void problem_of_method(struct graph_build *build, struct graph_method *method, const char *fix,
                       const char *format, ...) PRINTF_LIKE(4, 5);
/* About a field of the method's request or response. */
void problem_of_method_field(struct graph_build *build, struct graph_method *method,
                             const struct schema_field *field, const char *fix, const char *format, ...)
    PRINTF_LIKE(5, 6);
void warning_of_field(struct graph_build *build, const struct graph_field *field, const char *fix,
                      const char *format, ...) PRINTF_LIKE(4, 5);

/* By file and line, those of one place in the order they were found. */
void problems_sort(struct problems *problems);

#define FIX_IGNORE "[(rowan.v1.field).ignore = true]"

/* ---- graph_tables.c ---- */

/* Fills graph->resources with tables and keys. */
void build_resources(struct graph_build *build);
/* Resolves the fields that are columns and refuses what this version does not serve; others stay
 * GRAPH_FIELD_NONE. */
void build_columns(struct graph_build *build);

/* What a field is declared as, by its annotation and its type. */
enum declared_kind {
  DECLARED_COLUMN,
  DECLARED_RELATION,
  DECLARED_SOURCE,
  DECLARED_AGGREGATE,
  DECLARED_HAS_MORE,
  DECLARED_NEXT_PAGE_TOKEN,
  DECLARED_EMBED,
  DECLARED_FUNCTION,
  DECLARED_IGNORED,
};
enum declared_kind field_declared(const struct schema_field *field);
/* Whether it is declared as `kind` and the declaration stands; where not, that was reported already. */
bool field_is(const struct graph_field *field, enum declared_kind kind);

/* Whether the resource has a table and a key; where not, that was reported already. */
bool resource_usable(const struct graph_resource *resource);

/* The column's name nearest to `name`, or NULL. */
const char *nearest_column(struct graph_build *build, const struct catalog_table *table, struct str name);
/* The name nearest to `name` among the fields that are served, or NULL. */
const char *nearest_field(struct arena *arena, const struct graph_resource *resource, struct str name);
/* The served field of that proto or JSON name, or NULL. */
struct graph_field *served_field(const struct graph_resource *resource, struct str name);

/* Whether a field may be left unset distinguishably. */
bool field_has_presence(const struct schema_field *field);

/* ---- graph_values.c ---- */

void build_values(struct graph_build *build);

/* ---- graph_relations.c (with graph_search.c, graph_annotated.c), graph_links.c ---- */

void build_relations(struct graph_build *build);

/* The one link with these columns: completes the draft's flags from the catalog, or finds its equal. */
const struct graph_link *link_intern(struct graph_build *build, const struct graph_link *draft);

/* ---- graph_variants.c ---- */

/* The discriminators of oneofs; the relations of their members stand already. */
void build_variants(struct graph_build *build);
/* Whether a discriminator says if the field is set. */
bool field_is_variant(const struct schema_field *field);

/* ---- graph_derived.c ---- */

void build_derived(struct graph_build *build);

/* Where a dotted path leads, as fields (the last segment also a column) from `resource` on.  On failure
 * *ret_cause says why; relations to several rows are accepted when `to_many` is set. */
NODISCARD bool path_resolve(struct graph_build *build, const struct graph_resource *resource, struct str path,
                            bool to_many, struct expr_operand *ret, const char **ret_cause);

/* ---- graph_rules.c ---- */

/* Filters and orders of resources, relations and aggregates; page sizes. */
void build_rules(struct graph_build *build);
/* Default masks of resources: once everything that they may name is there. */
void build_default_masks(struct graph_build *build);
/* NULL, or what is wrong with a pair of page sizes. */
const char *page_sizes_cause(int32_t page_size, int32_t max_page_size);

/* What stands in for a filter that cannot be read: nothing passes. */
extern const struct expr never_true;

/* ---- graph_circles.c ---- */

/* Filters that lead back to themselves; once all are there. */
void build_circles(struct graph_build *build);

/* ---- graph_claims.c ---- */

/* Once all filters are there. */
void build_claims(struct graph_build *build);

/* ---- graph_methods.c, graph_requests.c, graph_well_known.c ---- */

void build_methods(struct graph_build *build);
/* Binds the request's fields; method->kind and resource are set. */
void bind_request(struct graph_build *build, struct graph_method *method);
/* Whether the field is a map<string, rowan.v1.RelationArguments>, a google.protobuf.FieldMask. */
bool is_relation_arguments(const struct schema_field *field);
bool is_mask_field(const struct schema_field *field);
/* Binds a request's field that its name or type gives a meaning. */
enum well_known_field { WELL_KNOWN_NO, WELL_KNOWN_BOUND, WELL_KNOWN_REFUSED };
enum well_known_field bind_well_known(struct graph_build *build, struct graph_method *method,
                                      const struct schema_field *field);
/* Whether the method looks like one for many keys at once, without pages. */
bool request_is_batch(struct graph_build *build, const struct schema_method *method,
                      const struct graph_resource *resource);

/* ---- helpers ---- */

static inline bool text_given(const char *text)
{
  return text != NULL && *text != '\0';
}

/* Whether an annotation says what a request's field filters on. */
static inline bool has_source(const struct schema_field *field)
{
  return field->options != NULL && text_given(field->options->source);
}

static inline bool method_is_list(const struct graph_method *method)
{
  return method->kind == METHOD_LIST || method->kind == METHOD_STREAM;
}

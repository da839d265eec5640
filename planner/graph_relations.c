/*
 * graph_relations.c - which rows a message field leads to.
 *
 * Every way that the catalog (or the annotation) offers becomes a candidate: a link, and the annotation that
 * would choose it.  One candidate is the answer; none and several are problems, and several are listed with
 * their annotations.  The steps of inference:
 *
 *   singular x     foreign keys of this table that lead to the other; of several the one that lies on x_id
 * alone. Without any: foreign keys of the other table that lead here and are unique there. repeated x foreign
 * keys of the other table that lead here; without any, junctions: tables with a unique key made of two
 * foreign keys, one to each side, which may share columns but for one each.  Between a table and itself, of
 * several the one whose target side lies on x_id, x in the singular.
 *
 * Annotations narrow the search (foreign_key, through) or replace it (columns, references).
 */
#include "planner/graph_names.h"
#include "planner/graph_search.h"
#include "planner/plan_strategy.h"

static bool lies_on(const struct catalog_column *const *columns, size_t n, const char *name)
{
  return n == 1 && strcmp(columns[0]->name, name) == 0;
}

/* ---- the choice ---- */

static void collect(struct search *search)
{
  const Rowan__V1__Relation *options = search->options;
  if (options != NULL && options->through != NULL)
    by_junction(search);
  else if (options != NULL && text_given(options->foreign_key))
    by_foreign_key(search);
  else if (options != NULL && (options->n_columns > 0 || options->n_references > 0))
    by_columns(search);
  else if (search->field->field->repeated)
    infer_to_many(search);
  else
    infer_to_one(search);
}

/* Of several candidates the one whose name says so: creator by creator_id, followers by follower_id. */
static bool says_name(const struct search *search, const struct graph_link *link)
{
  if (link->through != NULL)
    return lies_on(link->target_columns, link->n_target_columns, search->key_name);
  return !search->field->field->repeated && lies_on(link->from_columns, link->n_columns, search->key_name);
}

static const struct candidate *choose(const struct search *search)
{
  const struct candidate *chosen = NULL;
  for (size_t i = 0; i < search->candidates.n; i++) {
    if (search->candidates.n > 1 && !says_name(search, &search->candidates.items[i].link))
      continue;
    if (chosen != NULL)
      return NULL;
    chosen = &search->candidates.items[i];
  }
  return chosen;
}

static void report_none(struct search *search)
{
  const struct catalog_table *from = search->source->table, *to = search->target->table;
  bool has_key = catalog_find_column(from, str_from(search->key_name)) != NULL;
  if (search->field->field->repeated)
    REPORT(search,
           "[(rowan.v1.field).relation = {references: [\"…\"]}]\n"
           "[(rowan.v1.field).relation = {through: {table: \"…\"}}]",
           "no foreign key and no junction leads from \"%s\" to \"%s\"", from->name, to->name);
  else
    REPORT(search,
           arena_printf(search->build->arena, "[(rowan.v1.field).relation = {columns: [\"%s\"]}]",
                        has_key ? search->key_name : "…"),
           "no foreign key leads from \"%s\" to \"%s\"", from->name, to->name);
}

static void report_several(struct search *search)
{
  struct strbuf fixes = {0};
  for (size_t i = 0; i < search->candidates.n; i++)
    strbuf_printf(&fixes, "%s%s", i > 0 ? "\n" : "", search->candidates.items[i].fix);
  const char *fix = arena_strdup(search->build->arena, strbuf_text(&fixes));
  strbuf_done(&fixes);
  REPORT(search, fix, "%zu %s lead from \"%s\" to \"%s\"", search->candidates.n,
         search->candidates.items[0].link.through != NULL ? "ways" : "foreign keys",
         search->source->table->name, search->target->table->name);
}

static bool check_readable(struct search *search, const struct catalog_column *const *columns, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (!columns[i]->selectable) {
      REPORT(search, FIX_IGNORE, "the role may not read column \"%s\" of table \"%s\"", columns[i]->name,
             columns[i]->table->name);
      return false;
    }
  return true;
}

static bool check_link(struct search *search, const struct graph_link *link)
{
  size_t n_to = link->through != NULL ? link->n_target_columns : link->n_columns;
  if (!check_readable(search, link->from_columns, link->n_columns) ||
      !check_readable(search, link->to_columns, n_to))
    return false;
  if (link->through != NULL && (!check_readable(search, link->source_columns, link->n_columns) ||
                                !check_readable(search, link->target_columns, link->n_target_columns)))
    return false;
  if (search->field->field->repeated || link->to_unique)
    return true;
  REPORT(search, NULL,
         "several rows of \"%s\" may be found, but the field is singular: make it repeated, or keep the "
         "columns unique",
         link->to->name);
  return false;
}

/* ---- fields ---- */

/* A to-one without a row: its key is NULL, no constraint keeps the row, or a filter or policy may hide it. */
static bool may_be_unset(const struct search *search, const struct graph_link *link)
{
  for (size_t i = 0; i < link->n_columns; i++)
    if (!link->from_columns[i]->not_null)
      return true;
  const Rowan__V1__ResourceOptions *target = search->target->message->options;
  return !link->enforced || link->to->row_security || text_given(target->filter) ||
         text_given(target->deleted) || (search->options != NULL && text_given(search->options->filter));
}

/* A level is a message within a message, and the usual client reads a hundred of them. */
#define MAX_DEPTH_LIMIT 64

/* What stands in the way of levels that are matched by the bytes of their keys. */
static void report_inexact(struct search *search, const struct catalog_column *column)
{
  const char *name = search->field->field->name;
  bool text = catalog_base_type(column->type)->class == TYPE_TEXT;
  const char *fix =
      arena_printf(search->build->arena, "no max_depth, and masks that name the levels: %s.%s", name, name);
  REPORT(search, fix,
         "relation.max_depth needs keys that are equal only when their bytes are (integers, uuid, text), and "
         "column \"%s\" of \"%s\" is %s%s",
         column->name, column->table->name, column->type->name,
         text ? " in a collation that calls different texts equal" : "");
}

/* The levels of a relation to its own kind; 0 for one. */
static uint32_t resolve_depth(struct search *search, const struct graph_link *link)
{
  int32_t declared = search->options == NULL ? 0 : search->options->max_depth;
  if (declared < 0 || declared > MAX_DEPTH_LIMIT)
    REPORT(search, NULL, "relation.max_depth must be between 0 and %d", MAX_DEPTH_LIMIT);
  else if (declared > 1 && search->source != search->target)
    REPORT(search, NULL, "relation.max_depth needs a relation from a resource to itself, and %s is another",
           search->target->message->name);
  else if (declared > 1 && link_inexact_column(link) != NULL)
    report_inexact(search, link_inexact_column(link));
  return declared > 1 ? (uint32_t)declared : 0;
}

static void add_relation(struct search *search, const struct graph_link *draft)
{
  const struct graph_link *link = link_intern(search->build, draft);
  if (!check_link(search, link))
    return;
  struct graph_relation *relation = ARENA_NEW(search->build->arena, struct graph_relation);
  *relation = (struct graph_relation){.field = search->field,
                                      .link = link,
                                      .target = search->target,
                                      .to_many = search->field->field->repeated};
  relation->max_depth = resolve_depth(search, link);
  if (search->reported)
    return;
  relation->may_be_unset = !relation->to_many && may_be_unset(search, link);
  search->field->kind = GRAPH_FIELD_RELATION;
  search->field->relation = relation;
  struct relation_draft kept = {search->field, relation};
  VEC_PUSH(search->build->arena, &search->build->relations, kept);
}

static void resolve(struct search *search)
{
  collect(search);
  const struct candidate *chosen = choose(search);
  if (search->reported)
    return;
  if (search->candidates.n == 0)
    report_none(search);
  else if (chosen == NULL)
    report_several(search);
  else
    add_relation(search, &chosen->link);
}

/* A member of a oneof leads by the oneof's columns; the rest of its relation is its own. */
static Rowan__V1__Relation *variant_options(struct graph_build *build, const struct schema_field *field)
{
  Rowan__V1__Relation *options = ARENA_NEW(build->arena, Rowan__V1__Relation);
  *options = (Rowan__V1__Relation)ROWAN__V1__RELATION__INIT;
  if (field->options != NULL && field->options->relation != NULL)
    *options = *field->options->relation;
  options->columns = field->oneof->options->columns;
  options->n_columns = field->oneof->options->n_columns;
  return options;
}

static void build_relation(struct graph_build *build, struct graph_field *field)
{
  const struct schema_message *message = field->field->message;
  const struct graph_resource *target = message == NULL ? NULL : graph_find_resource(build->graph, message);
  if (message == NULL) {
    problem_of_field(build, field, NULL, "a relation needs a message field");
    return;
  }
  if (target == NULL) {
    problem_of_field(
        build, field,
        arena_printf(build->arena,
                     FIX_IGNORE
                     "\n[(rowan.v1.field).embed = {prefix: \"%s_\"}]\noption (rowan.v1.resource) = {};",
                     field->field->name),
        "message %s is no resource: declare it as one, embed it, or ignore the field", message->full_name);
    return;
  }
  if (!resource_usable(target))
    return;
  if (field_is_variant(field->field) && field->field->oneof->options->n_columns == 0)
    return; /* told of the oneof */
  const Rowan__V1__FieldOptions *options = field->field->options;
  Rowan__V1__Relation *variant = field_is_variant(field->field) ? variant_options(build, field->field) : NULL;
  const char *name =
      field->field->repeated ? name_singular(build->arena, field->field->name) : field->field->name;
  struct search search = {.build = build,
                          .field = field,
                          .options = variant != NULL   ? variant
                                     : options != NULL ? options->relation
                                                       : NULL,
                          .source = field->resource,
                          .target = target,
                          .key_name = arena_printf(build->arena, "%s_id", name)};
  resolve(&search);
}

void build_relations(struct graph_build *build)
{
  for (size_t i = 0; i < build->graph->n_resources; i++) {
    struct graph_resource *resource = build->graph->resources[i];
    for (size_t j = 0; resource_usable(resource) && j < resource->n_fields; j++)
      if (field_is(&resource->fields[j], DECLARED_RELATION))
        build_relation(build, &resource->fields[j]);
  }
}

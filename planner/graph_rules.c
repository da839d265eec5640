#include "planner/expr_build.h"
#include "planner/filter.h"
#include "planner/graph_build.h"
#include "planner/order.h"
#include "planner/selection.h"

/* An operator's text may be as long as a file's; a request's limits are not meant for it. */
static const struct planner_limits annotation_limits = {.mask_paths = 1000,
                                                        .mask_depth = 32,
                                                        .mask_nodes = 200,
                                                        .filter_bytes = 65536,
                                                        .filter_terms = 1000,
                                                        .filter_depth = 64};

const struct expr never_true = {.kind = EXPR_OR};

/* ---- filters ---- */

static bool read_filter(struct graph_build *build, const char *text, const struct graph_resource *resource,
                        const struct catalog_table *through, const struct expr **ret, struct error *error)
{
  struct filter_context context = {.graph = build->graph,
                                   .resource = resource,
                                   .through = through,
                                   .origin = FILTER_OF_ANNOTATION,
                                   .limits = &annotation_limits,
                                   .field = "filter",
                                   .arena = build->arena,
                                   .claims = &build->graph->claims};
  struct expr *expr = NULL;
  bool ok = filter_parse(str_from(text), &context, &expr, error);
  *ret = ok ? expr : &never_true;
  return ok;
}

/* A junction seen as a resource, for its own filter: the one that declares it, else one without fields. */
static const struct graph_resource *junction_resource(struct graph_build *build,
                                                      const struct catalog_table *junction)
{
  for (size_t i = 0; i < build->graph->n_resources; i++)
    if (build->graph->resources[i]->table == junction && resource_usable(build->graph->resources[i]))
      return build->graph->resources[i];
  struct schema_message *message = ARENA_NEW(build->arena, struct schema_message);
  *message = (struct schema_message){.full_name = junction->name, .name = junction->name};
  struct graph_resource *resource = ARENA_NEW(build->arena, struct graph_resource);
  *resource = (struct graph_resource){.message = message, .table = junction};
  return resource;
}

static void build_relation_filters(struct graph_build *build, const struct relation_draft *draft)
{
  const Rowan__V1__FieldOptions *options = draft->field->field->options;
  if (options == NULL || options->relation == NULL)
    return;
  const Rowan__V1__Relation *relation = options->relation;
  const struct catalog_table *junction = draft->relation->link->through;
  struct error error;
  if (text_given(relation->filter) && !read_filter(build, relation->filter, draft->relation->target, junction,
                                                   &draft->relation->filter, &error))
    problem_of_field(build, draft->field, NULL, "relation.filter: %s", error.message);
  if (junction != NULL && relation->through != NULL && text_given(relation->through->filter) &&
      !read_filter(build, relation->through->filter, junction_resource(build, junction), junction,
                   &draft->relation->through_filter, &error))
    problem_of_field(build, draft->field, NULL, "relation.through.filter: %s", error.message);
}

static const struct expr *negated(const struct expr *expr, struct arena *arena)
{
  struct expr *negation = ARENA_NEW(arena, struct expr);
  *negation = (struct expr){.kind = EXPR_NOT, .n_children = 1};
  negation->children = ARENA_NEW(arena, struct expr *);
  negation->children[0] = (struct expr *)(uintptr_t)expr;
  return negation;
}

static void build_resource_filters(struct graph_build *build, struct graph_resource *resource)
{
  const Rowan__V1__ResourceOptions *options = resource->message->options;
  const struct expr *deleted = NULL;
  struct error error;
  if (text_given(options->filter) &&
      !read_filter(build, options->filter, resource, NULL, &resource->filter_of_all, &error))
    problem_of_resource(build, resource, NULL, "filter: %s", error.message);
  resource->filter = resource->filter_of_all;
  if (!text_given(options->deleted))
    return;
  if (read_filter(build, options->deleted, resource, NULL, &deleted, &error)) {
    resource->filter = expr_and(resource->filter_of_all, negated(deleted, build->arena), build->arena);
    return;
  }
  resource->filter = &never_true;
  problem_of_resource(build, resource, NULL, "deleted: %s", error.message);
}

static void build_filters(struct graph_build *build)
{
  struct error error;
  for (size_t i = 0; i < build->graph->n_resources; i++)
    if (resource_usable(build->graph->resources[i]))
      build_resource_filters(build, build->graph->resources[i]);
  for (size_t i = 0; i < build->relations.n; i++)
    build_relation_filters(build, &build->relations.items[i]);
  for (size_t i = 0; i < build->aggregates.n; i++) {
    const struct aggregate_draft *draft = &build->aggregates.items[i];
    const char *text = draft->field->field->options->aggregate->filter;
    const struct graph_relation *relation = draft->aggregate->relation;
    if (text_given(text) && !read_filter(build, text, relation->target, relation->link->through,
                                         &draft->aggregate->filter, &error))
      problem_of_field(build, draft->field, NULL, "aggregate.filter: %s", error.message);
  }
}

/* ---- orders and page sizes ---- */

const char *page_sizes_cause(int32_t page_size, int32_t max_page_size)
{
  if (page_size < 0 || max_page_size < 0)
    return "page sizes cannot be negative";
  return max_page_size > 0 && page_size > max_page_size ? "page_size is larger than max_page_size" : NULL;
}

static void build_resource_page(struct graph_build *build, struct graph_resource *resource)
{
  const Rowan__V1__ResourceOptions *options = resource->message->options;
  const char *cause = page_sizes_cause(options->page_size, options->max_page_size);
  struct error error;
  if (cause != NULL) {
    problem_of_resource(build, resource, NULL, "%s", cause);
  } else {
    resource->page_size = (uint32_t)options->page_size;
    resource->max_page_size = (uint32_t)options->max_page_size;
  }
  if (order_parse(str_from(options->order_by), resource, "order_by", build->arena, &resource->order, &error))
    return;
  problem_of_resource(build, resource, NULL, "order_by: %s", error.message);
  if (!order_parse((struct str){0}, resource, "order_by", build->arena, &resource->order, &error))
    resource->order = (struct order){0};
}

/* Children in the declared order, else in that of their resource. */
static void build_relation_page(struct graph_build *build, const struct relation_draft *draft)
{
  const Rowan__V1__FieldOptions *options = draft->field->field->options;
  struct graph_relation *relation = draft->relation;
  if (relation->to_many)
    relation->order = relation->target->order;
  if (options == NULL || options->relation == NULL)
    return;
  const Rowan__V1__Relation *declared = options->relation;
  const char *cause = page_sizes_cause(declared->page_size, declared->max_page_size);
  bool pages = declared->page_size != 0 || declared->max_page_size != 0 || text_given(declared->order_by);
  struct error error;
  if (!relation->to_many && pages)
    cause = "order_by and page sizes have a meaning for repeated fields only";
  if (cause != NULL) {
    problem_of_field(build, draft->field, NULL, "relation: %s", cause);
    return;
  }
  relation->page_size = (uint32_t)declared->page_size;
  relation->max_page_size = (uint32_t)declared->max_page_size;
  if (text_given(declared->order_by) && !order_parse(str_from(declared->order_by), relation->target,
                                                     "order_by", build->arena, &relation->order, &error))
    problem_of_field(build, draft->field, NULL, "relation.order_by: %s", error.message);
}

void build_rules(struct graph_build *build)
{
  build_filters(build);
  for (size_t i = 0; i < build->graph->n_resources; i++)
    if (resource_usable(build->graph->resources[i]))
      build_resource_page(build, build->graph->resources[i]);
  for (size_t i = 0; i < build->relations.n; i++)
    build_relation_page(build, &build->relations.items[i]);
}

/* ---- default masks ---- */

/* What drifted is told where it is declared; the mask is refused when it is asked for. */
void build_default_masks(struct graph_build *build)
{
  static const struct planner_limits limits = PLANNER_LIMITS_DEFAULT;
  struct arena *scratch = arena_new(0);
  struct error error;
  struct selection *selection;
  for (size_t i = 0; i < build->graph->n_resources; i++) {
    struct graph_resource *resource = build->graph->resources[i];
    if (resource_usable(resource) && resource->default_mask != NULL &&
        !selection_build_for(build->graph, resource, NULL, &limits, scratch, &selection, &error) &&
        error.code != ERROR_UNAVAILABLE)
      problem_of_resource(build, resource, NULL, "default_mask: %s", error.message);
  }
  arena_free(scratch);
}

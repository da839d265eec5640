/*
 * graph_methods.c - which methods are Rowan's, and what each answers, by the shape of its messages.
 *
 *   unary, returns a resource                 Get
 *   unary, returns one repeated resource      BatchGet when the request names keys in the plural and nothing
 *                                             speaks of pages, else List
 *   server stream of either                   Stream
 *
 * A service none of whose methods touches a resource belongs to somebody else and is left alone.  In a
 * service that is Rowan's every method must bind or be ignored by annotation: a client that calls it should
 * not be surprised.
 */
#include <stdlib.h>

#include "planner/graph_build.h"
#include "planner/selection.h"

#define FIX_IGNORE_METHOD "option (rowan.v1.method).ignore = true;"

struct methods {
  struct graph_method **items;
  size_t n, cap;
};

/* ---- shapes ---- */

static const struct graph_resource *field_resource(struct graph_build *build,
                                                   const struct schema_field *field)
{
  return field->message == NULL ? NULL : graph_find_resource(build->graph, field->message);
}

static bool is_item_list(struct graph_build *build, const struct schema_field *field)
{
  bool ignored = field->options != NULL && field->options->ignore;
  return field->repeated && !ignored && field_resource(build, field) != NULL;
}

/* Counts the repeated resources of a response; *ret_items is the first. */
static size_t find_items(struct graph_build *build, const struct schema_message *response,
                         const struct schema_field **ret_items)
{
  size_t n = 0;
  for (size_t i = 0; i < response->n_fields; i++)
    if (is_item_list(build, &response->fields[i]) && n++ == 0)
      *ret_items = &response->fields[i];
  return n;
}

static bool touches_resource(struct graph_build *build, const struct schema_method *method)
{
  const struct schema_field *items;
  return graph_find_resource(build->graph, method->output) != NULL ||
         find_items(build, method->output, &items) > 0;
}

static enum method_kind kind_by_shape(struct graph_build *build, const struct graph_method *method)
{
  if (method->method->server_streaming)
    return METHOD_STREAM;
  if (method->items == NULL)
    return METHOD_GET;
  return request_is_batch(build, method->method, method->resource) ? METHOD_BATCH_GET : METHOD_LIST;
}

static enum method_kind kind_declared(Rowan__V1__MethodOptions__Kind kind)
{
  switch (kind) {
  case ROWAN__V1__METHOD_OPTIONS__KIND__KIND_BATCH_GET:
    return METHOD_BATCH_GET;
  case ROWAN__V1__METHOD_OPTIONS__KIND__KIND_LIST:
    return METHOD_LIST;
  case ROWAN__V1__METHOD_OPTIONS__KIND__KIND_STREAM:
    return METHOD_STREAM;
  default:
    return METHOD_GET;
  }
}

/* Whether messages of this shape can be answered as `kind`. */
static bool shape_allows(const struct graph_method *method, enum method_kind kind)
{
  if (kind == METHOD_STREAM || method->method->server_streaming)
    return kind == METHOD_STREAM && method->method->server_streaming;
  return (kind == METHOD_GET) == (method->items == NULL);
}

static bool resolve_kind(struct graph_build *build, struct graph_method *method)
{
  const Rowan__V1__MethodOptions *options = method->method->options;
  method->kind = kind_by_shape(build, method);
  if (options == NULL || options->kind == ROWAN__V1__METHOD_OPTIONS__KIND__KIND_UNSPECIFIED)
    return true;
  enum method_kind declared = kind_declared(options->kind);
  if (!shape_allows(method, declared)) {
    problem_of_method(build, method, NULL, "the messages do not have the shape of the kind that is declared");
    return false;
  }
  method->kind = declared;
  return true;
}

/* ---- responses ---- */

static bool is_integer(const struct schema_field *field)
{
  return !field->repeated && (field->type == FIELD_INT32 || field->type == FIELD_INT64 ||
                              field->type == FIELD_UINT32 || field->type == FIELD_UINT64);
}

#define FIX_TOTAL                                                                                            \
  "[(rowan.v1.field).total_size = TOTAL_SIZE_EXACT]\n"                                                       \
  "[(rowan.v1.field).total_size = TOTAL_SIZE_ESTIMATED]\n" FIX_IGNORE

static void bind_total_size(struct graph_build *build, struct graph_method *method,
                            const struct schema_field *field)
{
  Rowan__V1__TotalSize declared = field->options == NULL ? 0 : field->options->total_size;
  if (declared == ROWAN__V1__TOTAL_SIZE__TOTAL_SIZE_UNSPECIFIED) {
    problem_of_method_field(build, method, field, FIX_TOTAL,
                            "say whether total_size is counted, which takes a statement, or estimated");
  } else if (method->kind != METHOD_LIST) {
    problem_of_method_field(build, method, field, FIX_IGNORE, "total_size has a meaning in lists only");
  } else if (!is_integer(field)) {
    problem_of_method_field(build, method, field, NULL, "total_size needs an integer field");
  } else if (method->total_size != NULL) {
    problem_of_method_field(build, method, field, FIX_IGNORE, "the response has %s already",
                            method->total_size->name);
  } else {
    method->total_size = field;
    method->total = declared == ROWAN__V1__TOTAL_SIZE__TOTAL_SIZE_EXACT ? TOTAL_EXACT : TOTAL_ESTIMATED;
  }
}

static bool is_total_size(const struct schema_field *field)
{
  return strcmp(field->name, "total_size") == 0 ||
         (field->options != NULL &&
          field->options->total_size != ROWAN__V1__TOTAL_SIZE__TOTAL_SIZE_UNSPECIFIED);
}

static void bind_response_field(struct graph_build *build, struct graph_method *method,
                                const struct schema_field *field)
{
  bool ignored = field->options != NULL && field->options->ignore;
  bool paged = method->kind != METHOD_BATCH_GET;
  if (field == method->items || ignored)
    return;
  if (paged && strcmp(field->name, "next_page_token") == 0 && field->type == FIELD_STRING && !field->repeated)
    method->next_page_token = field;
  else if (is_total_size(field))
    bind_total_size(build, method, field);
  else
    problem_of_method_field(build, method, field, FIX_IGNORE, "the field means nothing in the response of %s",
                            method->method->name);
}

static bool resolve_response(struct graph_build *build, struct graph_method *method)
{
  const struct schema_message *response = method->method->output;
  method->resource = graph_find_resource(build->graph, response);
  if (method->resource != NULL)
    return true;
  size_t n = find_items(build, response, &method->items);
  if (n != 1) {
    problem_of_method(build, method, FIX_IGNORE_METHOD,
                      n == 0 ? "%s is no resource and has no repeated field of one"
                             : "%s has several repeated fields of resources: a list has exactly one",
                      response->full_name);
    return false;
  }
  method->resource = field_resource(build, method->items);
  return true;
}

static void bind_response(struct graph_build *build, struct graph_method *method)
{
  const struct schema_message *response = method->method->output;
  for (size_t i = 0; method->items != NULL && i < response->n_fields; i++)
    bind_response_field(build, method, &response->fields[i]);
  bool needs_token =
      method->kind == METHOD_LIST && method->next_page_token == NULL && method->page_token != NULL;
  if (needs_token)
    problem_of_method(build, method,
                      arena_printf(build->arena, "string next_page_token = %u;",
                                   response->fields[response->n_fields - 1].number + 1),
                      "the request has page_token, but %s has no next_page_token", response->full_name);
}

/* ---- options ---- */

static void bind_page_sizes(struct graph_build *build, struct graph_method *method)
{
  const Rowan__V1__MethodOptions *options = method->method->options;
  method->default_page_size = method->resource->page_size;
  method->max_page_size = method->resource->max_page_size;
  if (options == NULL)
    return;
  if (options->page_size > 0)
    method->default_page_size = (uint32_t)options->page_size;
  if (options->max_page_size > 0)
    method->max_page_size = (uint32_t)options->max_page_size;
  const char *cause = page_sizes_cause(options->page_size, options->max_page_size);
  if (cause == NULL && method->max_page_size > 0 && method->default_page_size > method->max_page_size)
    cause = "page_size is larger than max_page_size";
  if (cause != NULL)
    problem_of_method(build, method, NULL, "%s", cause);
}

static void bind_default_mask(struct graph_build *build, struct graph_method *method)
{
  static const struct planner_limits limits = PLANNER_LIMITS_DEFAULT;
  const Rowan__V1__MethodOptions *options = method->method->options;
  if (options == NULL || !text_given(options->default_mask))
    return;
  method->default_mask = options->default_mask;
  struct arena *scratch = arena_new(0);
  struct selection *selection;
  struct error error;
  if (!selection_build(build->graph, method, NULL, &limits, scratch, &selection, &error) &&
      error.code != ERROR_UNAVAILABLE)
    problem_of_method(build, method, NULL, "default_mask: %s", error.message);
  arena_free(scratch);
}

/* ---- methods ---- */

static void bind_method(struct graph_build *build, struct graph_method *method)
{
  const struct schema_method *declared = method->method;
  if (method->ignored)
    return;
  if (declared->client_streaming) {
    problem_of_method(build, method, FIX_IGNORE_METHOD, "Rowan reads: it serves no client streams");
    return;
  }
  if (!resolve_response(build, method))
    return;
  if (!resource_usable(method->resource)) {
    method->broken = true;
    return;
  }
  if (!resolve_kind(build, method))
    return;
  bind_request(build, method);
  bind_response(build, method);
  bind_page_sizes(build, method);
  bind_default_mask(build, method);
}

static void bind_service(struct graph_build *build, const struct schema_service *service,
                         struct methods *methods)
{
  bool ours = false;
  for (size_t i = 0; i < service->n_methods; i++)
    ours = ours || touches_resource(build, &service->methods[i]);
  for (size_t i = 0; ours && i < service->n_methods; i++) {
    const Rowan__V1__MethodOptions *options = service->methods[i].options;
    struct graph_method *method = ARENA_NEW(build->arena, struct graph_method);
    *method =
        (struct graph_method){.method = &service->methods[i], .ignored = options != NULL && options->ignore};
    bind_method(build, method);
    VEC_PUSH(build->arena, methods, method);
  }
}

static int compare_methods(const void *a, const void *b)
{
  return strcmp((*(const struct graph_method *const *)a)->method->path,
                (*(const struct graph_method *const *)b)->method->path);
}

/* Sorted by path, for graph_find_method. */
void build_methods(struct graph_build *build)
{
  struct methods methods = {0};
  for (size_t i = 0; i < build->schema->n_services; i++)
    bind_service(build, build->schema->services[i], &methods);
  if (methods.n > 1)
    qsort(methods.items, methods.n, sizeof(struct graph_method *), compare_methods);
  build->graph->methods = methods.items;
  build->graph->n_methods = methods.n;
}

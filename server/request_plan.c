/*
 * request_plan.c - from a binding to a plan and its arguments.
 *
 * A plan is first looked for under the request's shape, which costs no more than to write the shape down: the
 * method, the mask's paths as they were sent, the conditions without their values, the order's text, the
 * limit's bucket, whether a cursor stands where, and which claims are lists.  Only when it is not found, the
 * mask is resolved and the planner's own fingerprint is asked.
 */
#include "server/request_plan.h"

#include <assert.h>

#include "planner/drift.h"
#include "planner/order.h"
#include "server/plan_settings.h"
#include "server/request_value.h"
#include "storage/statement.h"

static uint64_t nulls_of(struct cursor cursor)
{
  uint64_t nulls = 0;
  for (unsigned i = 0; i < cursor.n_values; i++)
    if (cursor.values[i].len < 0)
      nulls |= (uint64_t)1 << i;
  return nulls;
}

static void write_shape(const struct binding *binding, const struct plan_request *request, struct strbuf *ret)
{
  struct {
    uint64_t graph, nulls, list_claims;
    const void *method, *lookup;
    uint32_t bucket, exact, after_cursor, skips, show_deleted, unused;
  } head = {.graph = request->graph->id,
            .nulls = request->cursor_nulls,
            .list_claims = request->list_claims,
            .method = binding->context->method,
            .lookup = request->lookup,
            .bucket = request->limit_bucket,
            .exact = request->limit_exact,
            .after_cursor = request->after_cursor,
            .skips = request->skips,
            .show_deleted = request->show_deleted};
  strbuf_add(ret, &head, sizeof head);
  value_serialize_text(binding->order_text, ret);
  for (size_t i = 0; i < binding->mask.n_paths; i++)
    value_serialize_text(binding->mask.paths[i], ret);
  if (binding->filter != NULL) {
    strbuf_putc(ret, '?');
    expr_fingerprint(binding->filter, ret);
  }
  request_lists_shape(&binding->lists, ret);
}

/* What is skipped is read as well.  Beyond the planner's buckets steps of 5000 keep the plans few. */
static uint32_t limit_bucket(uint32_t limit, uint32_t skip)
{
  uint32_t n = limit + skip, step = 5000;
  return skip == 0 || n <= step ? plan_limit_bucket(n) : (n + step - 1) / step * step;
}

static struct plan_request request_of(const struct binding *binding, struct cursor cursor, uint32_t limit)
{
  struct plan_request request = {
      .graph = binding->context->graph,
      .resource = binding->context->method->resource,
      .root = binding->root,
      .lookup = binding->keys.lookup,
      .filter = binding->filter,
      .n_filter_arguments = binding->filter_arguments.n,
      .list_claims = binding->claims.lists,
      .options = plan_settings_options(binding->context->settings, binding->context->graph),
  };
  if (binding->root != PLAN_ROOT_PAGE)
    return request;
  request.order = &binding->order;
  request.limit_bucket = limit_bucket(limit, binding->skip);
  request.limit_exact = request.limit_bucket == limit && binding->skip == 0;
  request.skips = binding->skip > 0;
  request.streamed = binding->context->method->kind == METHOD_STREAM;
  request.show_deleted = binding->show_deleted;
  request.total = binding->context->method->total;
  request.after_cursor = cursor.n_values > 0;
  request.cursor_nulls = nulls_of(cursor);
  return request;
}

/* A Get that has to wait may be answered together with others: that is a question of its own. */
static struct plan *build_plan(void *user)
{
  const struct plan_request *request = user;
  struct plan *plan = plan_build(request);
  if (request->root == PLAN_ROOT_ONE && request->n_filter_arguments == 0) {
    struct plan_request many = *request;
    many.root = PLAN_ROOT_MANY;
    plan->many = plan_build(&many);
    statement_compile(plan->many);
  }
  statement_compile(plan);
  return plan;
}

static bool find_plan(const struct binding *binding, struct plan_cache *plans, struct plan_request *request,
                      struct arena *arena, struct plan **ret_plan, struct error *error)
{
  struct strbuf shape_text = {0}, fingerprint_text = {0};
  struct selection *selection;
  write_shape(binding, request, &shape_text);
  struct str shape = {shape_text.data, shape_text.len};
  struct plan *plan = plan_cache_find(plans, shape);
  if (plan == NULL &&
      selection_build(binding->context->graph, binding->context->method, &binding->mask,
                      binding->context->limits, arena, &selection, error) &&
      list_arguments_apply(binding->lists.items, binding->lists.n, selection, error)) {
    request->selection = selection;
    plan_fingerprint(request, &fingerprint_text);
    plan = plan_cache_get(plans, shape, (struct str){fingerprint_text.data, fingerprint_text.len}, build_plan,
                          request);
  }
  strbuf_done(&shape_text);
  strbuf_done(&fingerprint_text);
  if (plan == NULL)
    return false;
  *ret_plan = plan;
  return true;
}

static struct argument cursor_argument(const struct order_term *term, const struct cell *cell,
                                       struct arena *arena)
{
  union value *value = ARENA_NEW(arena, union value);
  value->bytes = (struct str){(const char *)cell->data, (size_t)cell->len};
  return (struct argument){.type = order_term_type(term), .form = ARGUMENT_BINARY, .n = 1, .values = value};
}

static struct argument skip_argument(uint32_t skip, struct arena *arena)
{
  union value *value = ARENA_NEW(arena, union value);
  value->i64 = skip;
  return (struct argument){.form = ARGUMENT_INTEGER, .n = 1, .values = value};
}

static bool add_key_arguments(const struct binding *binding, struct cursor cursor, struct arena *arena,
                              struct arguments *arguments, struct error *error)
{
  if (binding->context->without_keys)
    return true;
  if (binding->root != PLAN_ROOT_PAGE)
    return requested_arguments(&binding->keys, binding->root == PLAN_ROOT_MANY, arena, arguments, error);
  for (unsigned i = 0; i < cursor.n_values; i++)
    if (cursor.values[i].len >= 0)
      VEC_PUSH(arena, arguments, cursor_argument(&binding->order.terms[i], &cursor.values[i], arena));
  if (binding->skip > 0)
    VEC_PUSH(arena, arguments, skip_argument(binding->skip, arena));
  return true;
}

/* A stream reads everything there is, chunk by chunk and no faster than its client. */
static bool check_rows(const struct binding *binding, const struct plan *plan, struct error *error)
{
  const struct binding_context *context = binding->context;
  int64_t most = context->settings->estimated_rows;
  if (context->unlimited || context->method->kind == METHOD_STREAM || plan->charged_rows <= (double)most)
    return true;
  error_set(
      error, ERROR_INVALID_ARGUMENT, "REQUEST_TOO_COMPLEX",
      "about %.0f rows would have to be read, more than %lld: filter and order by what has an index, or "
      "ask for less",
      plan->charged_rows, (long long)most);
  limit_describe(error, (uint64_t)most, (uint64_t)plan->charged_rows, "estimated-rows");
  return false;
}

/* Every claim that a plan uses is one that its tokens are bound to. */
static bool check_claims(const struct binding *binding, const struct plan *plan, struct error *error)
{
  assert((plan->claims & ~binding->claims.wanted) == 0);
  if (binding->context->without_claims || claims_check(&binding->claims, plan->claims, error))
    return true;
  if (binding->context->settings->claims_header[0] == '\0')
    error_set_detail(error, "--claims-header is not set: no caller has claims");
  return false;
}

static bool check_plan(const struct binding *binding, const struct plan *plan, struct error *error)
{
  if (plan->drift == NULL)
    return check_claims(binding, plan, error) && check_rows(binding, plan, error);
  error_set(error, ERROR_UNAVAILABLE, "SCHEMA_DRIFT", "%s", plan->drift);
  error_set_retry(error, DRIFT_RETRY_MS);
  return false;
}

bool request_plan(const struct binding *binding, struct plan_cache *plans, struct cursor cursor,
                  uint32_t limit, struct arena *arena, struct plan **ret_plan,
                  const struct argument **ret_arguments, struct error *error)
{
  struct plan_request request = request_of(binding, cursor, limit);
  struct arguments arguments = {0};
  struct plan *plan;
  for (size_t i = 0; i < binding->filter_arguments.n; i++)
    VEC_PUSH(arena, &arguments, binding->filter_arguments.items[i]);
  if (!add_key_arguments(binding, cursor, arena, &arguments, error) ||
      !find_plan(binding, plans, &request, arena, &plan, error))
    return false;
  if (!check_plan(binding, plan, error)) {
    plan_unref(plan);
    return false;
  }
  assert(binding->context->without_keys || plan->n_arguments == arguments.n);
  *ret_plan = plan;
  *ret_arguments = arguments.items;
  return true;
}

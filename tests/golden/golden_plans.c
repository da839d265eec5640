/*
 * golden_plans.c - a mask in, the plan as explain prints it out, statements included.
 *
 * Each file of plans/ is a case: lines `key: value`, a line `---`, then the text expected.  Keys: `method`
 * (its simple name), `mask`, and optionally `filter`, `order_by`, `page_size`, `after` (any value: a page
 * after a cursor), `skip` (any value), `total` (exact or estimated), `list` and `list2` (arguments of a
 * nested list: `attendees | page_size 3 | filter name = "x" | order_by name desc | after`), `to_one` and
 * `to_many` (pins).  The schema and the statistics are those of unit/planner/data/events.proto and
 * events_catalog().
 *
 * GOLDEN_UPDATE=1 writes what came out instead of comparing: the diff is then the review.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "planner/explain.h"
#include "planner/filter.h"
#include "planner/limits.h"
#include "planner/list_arguments.h"
#include "planner/order.h"
#include "planner/plan.h"
#include "storage/statement.h"
#include "support/catalog_builder.h"
#include "support/schema_text.h"

#define MAX_PATHS 64

static const struct planner_limits limits = PLANNER_LIMITS_DEFAULT;

static char *read_file(const char *path)
{
  FILE *file = fopen(path, "rb");
  if (!file)
    fail_msg("cannot read %s", path);
  char *text = calloc(1, 1 << 16);
  size_t n = fread(text, 1, (1 << 16) - 1, file);
  fclose(file);
  text[n] = '\0';
  return text;
}

/* The value of `key` in the case's head, or NULL. */
static const char *value_of(const char *head, const char *key, struct arena *arena)
{
  size_t length = strlen(key);
  for (const char *line = head; line && *line && strncmp(line, "---", 3) != 0;) {
    if (strncmp(line, key, length) == 0 && line[length] == ':')
      return arena_strndup(arena, line + length + 2, strcspn(line + length + 2, "\n"));
    line = strchr(line, '\n');
    line = line ? line + 1 : NULL;
  }
  return NULL;
}

static const struct graph_method *method_named(const struct graph *graph, const char *name)
{
  for (size_t i = 0; i < graph->n_methods; i++)
    if (strcmp(graph->methods[i]->method->name, name) == 0)
      return graph->methods[i];
  fail_msg("no method %s", name);
  return NULL;
}

static struct selection *selection_of(const struct graph *graph, const struct graph_method *method,
                                      const char *mask, struct arena *arena)
{
  struct str paths[MAX_PATHS];
  size_t n = 0;
  for (const char *p = mask; p && *p && n < MAX_PATHS;) {
    size_t length = strcspn(p, ",");
    paths[n++] = (struct str){p, length};
    p += length + (p[length] == ',');
  }
  struct selection *selection = NULL;
  struct error error = {0};
  if (!selection_build(graph, method, &(struct mask){paths, n, "read_mask.paths"}, &limits, arena, &selection,
                       &error))
    fail_msg("%s", error.message);
  return selection;
}

static void set_page(struct plan_request *request, const struct graph_method *method, const char *head,
                     struct arena *arena)
{
  struct error error = {0};
  struct order *order = ARENA_NEW(arena, struct order);
  const char *page_size = value_of(head, "page_size", arena);
  request->root = PLAN_ROOT_PAGE;
  uint32_t limit = page_size ? (uint32_t)strtoul(page_size, NULL, 10) : 50;
  request->limit_bucket = plan_limit_bucket(limit);
  request->after_cursor = value_of(head, "after", arena) != NULL;
  const char *order_by = value_of(head, "order_by", arena);
  if (order_by) {
    if (!order_parse(str_from(order_by), method->resource, "order_by", arena, order, &error))
      fail_msg("%s", error.message);
  } else {
    *order = method->resource->order;
  }
  request->order = order;
  const char *total = value_of(head, "total", arena);
  if (total)
    request->total = strcmp(total, "exact") == 0 ? TOTAL_EXACT : TOTAL_ESTIMATED;
  request->skips = value_of(head, "skip", arena) != NULL;
  request->limit_exact = request->limit_bucket == limit && !request->skips;
  request->streamed = method->kind == METHOD_STREAM;
}

static void set_filter(struct plan_request *request, const struct graph *graph,
                       const struct graph_method *method, const char *head, struct arguments *arguments,
                       struct arena *arena)
{
  const char *text = value_of(head, "filter", arena);
  if (!text)
    return;
  struct filter_context context = {.graph = graph,
                                   .resource = method->resource,
                                   .origin = FILTER_OF_REQUEST,
                                   .limits = &limits,
                                   .field = "filter",
                                   .arena = arena,
                                   .arguments = arguments};
  struct expr *filter = NULL;
  struct error error = {0};
  if (!filter_parse(str_from(text), &context, &filter, &error))
    fail_msg("%s", error.message);
  request->filter = filter;
}

/* "path | member value | …" */
static struct list_request list_request_of(const char *text, bool *ret_after)
{
  static const char *const members[] = {"filter ", "order_by ", "page_size ", "after"};
  struct list_request request = {.path = {text, strcspn(text, " ")}};
  for (const char *p = strstr(text, " | "); p; p = strstr(p, " | ")) {
    p += 3;
    const char *end = strstr(p, " | ");
    size_t length = end ? (size_t)(end - p) : strlen(p), i = 0;
    while (i < LENGTH_OF(members) && strncmp(p, members[i], strlen(members[i])) != 0)
      i++;
    size_t skipped = i < LENGTH_OF(members) ? strlen(members[i]) : 0;
    struct str value = {p + skipped, length - skipped};
    if (i == 0)
      request.filter = value;
    else if (i == 1)
      request.order_by = value;
    else if (i == 2)
      request.page_size = strtol(value.data, NULL, 10);
    else if (i == 3)
      *ret_after = true;
    else
      fail_msg("what is %s?", p);
  }
  return request;
}

/* A cursor whose values are all set. */
static void set_after(struct list_arguments *list, struct arguments *arguments, struct arena *arena)
{
  list->after_cursor = true;
  list->first_cursor_argument = (unsigned)arguments->n;
  for (size_t i = 0; i < list->order->n_terms; i++)
    VEC_PUSH(arena, arguments, (struct argument){0});
}

static void set_lists(const struct graph *graph, const struct graph_method *method, const char *head,
                      struct selection *selection, struct arguments *arguments, struct arena *arena)
{
  const char *texts[] = {value_of(head, "list", arena), value_of(head, "list2", arena)};
  struct list_request requests[2];
  bool after[2] = {false, false};
  size_t n = 0;
  for (; n < 2 && texts[n]; n++)
    requests[n] = list_request_of(texts[n], &after[n]);
  struct list_arguments *lists;
  struct error error = {0};
  if (!list_arguments_resolve(graph, method->resource, "relation_arguments", requests, n, &limits, arena,
                              arguments, &lists, &error))
    fail_msg("%s: %s", error.field, error.message);
  for (size_t i = 0; i < n; i++)
    if (after[lists[i].request])
      set_after(&lists[i], arguments, arena);
  if (!list_arguments_apply(lists, n, selection, &error))
    fail_msg("%s: %s", error.field, error.message);
}

static void set_pins(struct plan_options *options, const char *head, struct arena *arena)
{
  const char *to_one = value_of(head, "to_one", arena), *to_many = value_of(head, "to_many", arena);
  if (to_one)
    options->to_one = strcmp(to_one, "join") == 0 ? PIN_TO_ONE_JOIN : PIN_TO_ONE_KEYS;
  if (to_many)
    options->to_many = strcmp(to_many, "embed") == 0     ? PIN_TO_MANY_EMBED
                       : strcmp(to_many, "ordinal") == 0 ? PIN_TO_MANY_ORDINAL
                                                         : PIN_TO_MANY_KEYS;
}

static void explain_case(const struct graph *graph, const char *head, struct strbuf *ret)
{
  struct arena *arena = arena_new(0);
  const struct graph_method *method = method_named(graph, value_of(head, "method", arena));
  struct selection *selection = selection_of(graph, method, value_of(head, "mask", arena), arena);
  struct arguments arguments = {0};
  struct plan_request request = {
      .graph = graph,
      .resource = method->resource,
      .root = method->kind == METHOD_GET ? PLAN_ROOT_ONE : PLAN_ROOT_MANY,
      .lookup = method->n_lookups ? &method->lookups[0] : NULL,
      .selection = selection,
  };
  if (method->kind == METHOD_LIST || method->kind == METHOD_STREAM)
    set_page(&request, method, head, arena);
  set_filter(&request, graph, method, head, &arguments, arena);
  set_lists(graph, method, head, selection, &arguments, arena);
  request.n_filter_arguments = arguments.n;
  set_pins(&request.options, head, arena);
  struct plan *plan = plan_build(&request);
  statement_compile(plan);
  const char **texts = ARENA_ARRAY(arena, const char *, plan->n_fetches);
  for (unsigned i = 0; i < plan->n_fetches; i++)
    texts[i] = plan->statements[i].text;
  plan_explain(plan, texts, NULL, ret);
  plan_unref(plan);
  arena_free(arena);
}

static void check_case(const struct graph *graph, const char *path)
{
  char *text = read_file(path);
  char *mark = strstr(text, "---\n");
  if (!mark)
    fail_msg("%s has no line ---", path);
  char *expected = mark + 4;
  struct strbuf actual = {0};
  explain_case(graph, text, &actual);
  if (getenv("GOLDEN_UPDATE")) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fwrite(text, 1, (size_t)(expected - text), file);
    fwrite(strbuf_text(&actual), 1, actual.len, file);
    fclose(file);
  } else if (strcmp(expected, strbuf_text(&actual)) != 0) {
    print_error("%s\n--- expected\n%s--- came\n%s", path, expected, strbuf_text(&actual));
    fail();
  }
  strbuf_done(&actual);
  free(text);
}

static int is_case(const struct dirent *entry)
{
  return entry->d_name[0] != '.';
}

static void test_plans(void **state)
{
  struct arena *arena = arena_new(0);
  struct problems problems = {.arena = arena};
  struct graph *graph = graph_build(events_schema(), events_catalog(), &problems);
  assert_int_equal(problems.n_errors, 0);
  struct dirent **entries;
  int n = scandir(GOLDEN_DIR "/plans", &entries, is_case, alphasort);
  assert_true(n > 0);
  for (int i = 0; i < n; i++) {
    char path[1024];
    snprintf(path, sizeof path, GOLDEN_DIR "/plans/%s", entries[i]->d_name);
    check_case(graph, path);
    free(entries[i]);
  }
  free(entries);
  graph_unref(graph);
  arena_free(arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_plans)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * fuzz_filter.c - any bytes as a filter: no crash, no leak, no undefined behaviour, and these hold:
 *
 *   a refused filter is the client's fault, with a message that is UTF-8;
 *   an accepted one names only arguments that exist, and reads the same when it is read again;
 *   text stays within a budget of memory that depends on its length alone.
 */
#include "fuzz/fuzz.h"
#include "support/filter_world.h"

static void check_arguments(const struct expr *expr, size_t n_arguments)
{
  for (size_t i = 0; i < expr->n_values; i++)
    check(expr->values[i].inline_literal || expr->values[i].claim || expr->values[i].argument < n_arguments);
  for (size_t i = 0; i < expr->n_children; i++)
    check_arguments(expr->children[i], n_arguments);
  if (expr->body)
    check_arguments(expr->body, n_arguments);
}

static void parse(struct filter_world *world, struct str text, enum filter_origin origin, struct strbuf *ret)
{
  struct arguments arguments = {0};
  struct graph_claims claims = {0};
  struct arena *arena = arena_new(0);
  struct filter_context context = {.graph = filter_world_graph(world),
                                   .resource = filter_world_resource(world, "Event"),
                                   .origin = origin,
                                   .field = "filter",
                                   .arena = arena,
                                   .arguments = &arguments,
                                   .claims = &claims};
  struct error error = {0};
  struct expr *expr = NULL;
  if (!filter_parse(text, &context, &expr, &error)) {
    check_refusal(&error);
    strbuf_puts(ret, error.message);
  } else if (expr) {
    check_arguments(expr, arguments.n);
    filter_world_print(expr, &arguments, ret);
    expr_fingerprint(expr, ret);
  }
  check(arena_used(arena) < 65536 + 1024 * text.len);
  arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static struct filter_world *world;
  if (!world)
    world = filter_world_new();
  struct str text = {(const char *)data, size};
  for (enum filter_origin origin = FILTER_OF_ANNOTATION; origin <= FILTER_OF_REQUEST; origin++) {
    struct strbuf first = {0}, second = {0};
    parse(world, text, origin, &first);
    parse(world, text, origin, &second);
    check_same(&first, &second);
    strbuf_done(&first);
    strbuf_done(&second);
  }
  return 0;
}

/*
 * fuzz_mask.c - any bytes as a field mask, one path a line: no crash, no leak, no undefined behaviour, and
 * these hold:
 *
 *   a refused mask is the client's fault, in words that are UTF-8;
 *   an accepted one gives each field once, by number, and no more relations than the limit;
 *   neither the order of the paths nor one that is said twice changes anything;
 *   a mask takes memory by its limits, whatever its length.
 */
#include "fuzz/fuzz.h"
#include "planner/selection.h"

enum { PATHS_MAX = 256 };

static size_t check_selection(const struct selection *selection)
{
  size_t n_relations = 0;
  uint32_t before = 0;
  for (size_t i = 0; i < selection->n_items; i++) {
    const struct selection_item *item = &selection->items[i];
    check(item->field->kind != GRAPH_FIELD_NONE && item->field->field->number > before);
    before = item->field->field->number;
    check(item->again || (item->child != NULL) == (graph_field_target(item->field) != NULL));
    if (item->child != NULL) {
      check(item->child->resource == graph_field_target(item->field));
      n_relations += (item->field->kind == GRAPH_FIELD_RELATION) + check_selection(item->child);
    }
  }
  return n_relations;
}

static bool select_paths(const struct graph_resource *resource, const struct str *paths, size_t n,
                         struct strbuf *ret)
{
  static const struct planner_limits limits = PLANNER_LIMITS_DEFAULT;
  struct mask mask = {.paths = paths, .n_paths = n, .field = "read_mask.paths"};
  struct arena *arena = arena_new(0);
  struct error error = {0};
  struct selection *selection = NULL;
  bool accepted = selection_build_for(fuzz_graph(), resource, &mask, &limits, arena, &selection, &error);
  if (accepted) {
    check(check_selection(selection) <= limits.mask_nodes);
    selection_fingerprint(selection, ret);
  } else {
    check_refusal(&error);
    check(error.field[0] != '\0');
  }
  check(arena_used(arena) < 1 << 20);
  arena_free(arena);
  return accepted;
}

static void try(const struct graph_resource *resource, const struct str *paths, size_t n)
{
  struct str backwards[PATHS_MAX];
  struct strbuf first = {0}, second = {0}, third = {0};
  for (size_t i = 0; i < n; i++)
    backwards[i] = paths[n - 1 - i];
  bool accepted = select_paths(resource, paths, n, &first);
  check(select_paths(resource, backwards, n, &second) == accepted);
  check_same(&first, &second);
  if (n > 0 && n < PATHS_MAX) {
    memcpy(backwards, paths, n * sizeof(*paths));
    backwards[n] = paths[n / 2];
    if (select_paths(resource, backwards, n + 1, &third))
      check_same(&first, &third);
  }
  strbuf_done(&first);
  strbuf_done(&second);
  strbuf_done(&third);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct str rest = {(const char *)data, size}, paths[PATHS_MAX];
  size_t n = 0;
  while (rest.len > 0 && n < PATHS_MAX)
    paths[n++] = fuzz_take(&rest, '\n');
  for (size_t i = 0; i < fuzz_graph()->n_resources; i++)
    try(fuzz_graph()->resources[i], paths, n);
  return 0;
}

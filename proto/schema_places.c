#include "proto/schema_places.h"

#include <stdlib.h>
#include <string.h>

typedef Google__Protobuf__SourceCodeInfo__Location location;

struct schema_places {
  const location **sorted; /* by path */
  size_t n;
};

struct schema_path schema_path_extend(struct arena *arena, struct schema_path parent, int32_t member,
                                      size_t index)
{
  int32_t *items = ARENA_ARRAY(arena, int32_t, parent.n + 2);
  if (parent.n > 0)
    memcpy(items, parent.items, parent.n * sizeof *items);
  items[parent.n] = member;
  items[parent.n + 1] = (int32_t)index;
  return (struct schema_path){items, parent.n + 2};
}

static int compare_paths(const int32_t *a, size_t n_a, const int32_t *b, size_t n_b)
{
  for (size_t i = 0; i < n_a && i < n_b; i++)
    if (a[i] != b[i])
      return a[i] < b[i] ? -1 : 1;
  return (n_a > n_b) - (n_a < n_b);
}

static int compare_locations(const void *a, const void *b)
{
  const location *left = *(const location *const *)a, *right = *(const location *const *)b;
  return compare_paths(left->path, left->n_path, right->path, right->n_path);
}

struct schema_places *schema_places_new(struct arena *arena, const Google__Protobuf__SourceCodeInfo *info)
{
  struct schema_places *places = ARENA_NEW(arena, struct schema_places);
  if (info == NULL || info->n_location == 0)
    return places;
  places->n = info->n_location;
  places->sorted = arena_memdup(arena, info->location, places->n * sizeof *places->sorted);
  qsort(places->sorted, places->n, sizeof *places->sorted, compare_locations);
  return places;
}

static int compare_key(const void *key, const void *element)
{
  const struct schema_path *path = key;
  const location *found = *(const location *const *)element;
  return compare_paths(path->items, path->n, found->path, found->n_path);
}

int schema_places_line(const struct schema_places *places, struct schema_path path)
{
  if (places->n == 0)
    return 0;
  const location *const *found =
      bsearch(&path, places->sorted, places->n, sizeof *places->sorted, compare_key);
  return found == NULL || (*found)->n_span == 0 ? 0 : (*found)->span[0] + 1;
}

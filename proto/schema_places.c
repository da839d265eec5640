#include "proto/schema_places.h"

#include <stdlib.h>
#include <string.h>

#include "proto/wire.h"

enum { INFO_LOCATION = 1, LOCATION_PATH = 1, LOCATION_SPAN = 2 };

struct place {
  struct schema_path path;
  int line;
};

struct schema_places {
  struct place *items; /* by path, once all are read */
  size_t n, cap;
};

struct numbers {
  int32_t *items;
  size_t n, cap;
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

static int compare_paths(struct schema_path a, struct schema_path b)
{
  for (size_t i = 0; i < a.n && i < b.n; i++)
    if (a.items[i] != b.items[i])
      return a.items[i] < b.items[i] ? -1 : 1;
  return (a.n > b.n) - (a.n < b.n);
}

static int compare_places(const void *a, const void *b)
{
  return compare_paths(((const struct place *)a)->path, ((const struct place *)b)->path);
}

static bool read_number(struct arena *arena, struct wire_reader *reader, struct numbers *numbers)
{
  uint64_t value;
  if (!wire_read_varint(reader, &value))
    return false;
  VEC_PUSH(arena, numbers, (int32_t)value);
  return true;
}

/* A field of repeated numbers, packed or not. */
static bool read_numbers(struct arena *arena, struct wire_reader *reader, enum wire_type type,
                         struct numbers *numbers)
{
  if (type == WIRE_VARINT)
    return read_number(arena, reader, numbers);
  struct str packed;
  if (type != WIRE_BYTES || !wire_read_bytes(reader, &packed))
    return false;
  struct wire_reader values = {(const uint8_t *)packed.data, (const uint8_t *)packed.data + packed.len};
  while (!wire_at_end(&values))
    if (!read_number(arena, &values, numbers))
      return false;
  return true;
}

static bool read_location(struct arena *arena, struct str bytes, struct numbers *path, struct numbers *span)
{
  struct wire_reader reader = {(const uint8_t *)bytes.data, (const uint8_t *)bytes.data + bytes.len};
  path->n = span->n = 0;
  while (!wire_at_end(&reader)) {
    uint32_t number;
    enum wire_type type;
    if (!wire_read_tag(&reader, &number, &type))
      return false;
    bool ok = number == LOCATION_PATH   ? read_numbers(arena, &reader, type, path)
              : number == LOCATION_SPAN ? read_numbers(arena, &reader, type, span)
                                        : wire_skip(&reader, type);
    if (!ok)
      return false;
  }
  return true;
}

/* A declaration's path is pairs of member and index; that of its name or its type has one number more. */
static bool is_of_declaration(const struct numbers *path)
{
  return path->n > 0 && path->n % 2 == 0;
}

static bool read_locations(struct arena *arena, struct str info, struct schema_places *places)
{
  struct wire_reader reader = {(const uint8_t *)info.data, (const uint8_t *)info.data + info.len};
  struct numbers path = {0}, span = {0};
  while (!wire_at_end(&reader)) {
    uint32_t number;
    enum wire_type type;
    struct str location;
    if (!wire_read_tag(&reader, &number, &type))
      return false;
    if (number != INFO_LOCATION || type != WIRE_BYTES) {
      if (!wire_skip(&reader, type))
        return false;
      continue;
    }
    if (!wire_read_bytes(&reader, &location) || !read_location(arena, location, &path, &span))
      return false;
    if (!is_of_declaration(&path) || span.n == 0)
      continue;
    const int32_t *items = arena_memdup(arena, path.items, path.n * sizeof *items);
    struct place place = {{items, path.n}, span.items[0] + 1};
    VEC_PUSH(arena, places, place);
  }
  return true;
}

struct schema_places *schema_places_new(struct arena *arena, struct str info)
{
  struct schema_places *places = ARENA_NEW(arena, struct schema_places);
  if (!read_locations(arena, info, places))
    return NULL;
  if (places->n > 0)
    qsort(places->items, places->n, sizeof *places->items, compare_places);
  return places;
}

int schema_places_line(const struct schema_places *places, struct schema_path path)
{
  struct place key = {.path = path};
  if (places->n == 0)
    return 0;
  const struct place *found = bsearch(&key, places->items, places->n, sizeof *places->items, compare_places);
  return found == NULL ? 0 : found->line;
}

#include "proto/schema_set.h"

#include <uthash.h>

#include "proto/wire.h"

enum visit { NOT_VISITED, ON_THE_WAY, VISITED };

struct node {
  struct set_file file;
  enum visit visit;
  UT_hash_handle hh;
};

struct sorter {
  struct node *nodes; /* by name, in the order of the set */
  struct arena *arena;
  struct descriptor_set *result;
  struct error *error;
};

bool descriptor_set_malformed(struct error *error, const char *what)
{
  return error_set(error, ERROR_FAILED_PRECONDITION, "INVALID_DESCRIPTOR_SET",
                   "the descriptor set is malformed (%s); make it with protoc --include_imports "
                   "--include_source_info --descriptor_set_out, or buf build",
                   what);
}

/* Its name and what it imports; whatever else is in it is not looked at. */
static bool read_head(struct arena *arena, struct str raw, struct set_file *file)
{
  enum { NAME = 1, DEPENDENCY = 3 };
  struct wire_reader reader = {(const uint8_t *)raw.data, (const uint8_t *)raw.data + raw.len};
  *file = (struct set_file){.raw = raw, .name = ""};
  while (!wire_at_end(&reader)) {
    uint32_t number;
    enum wire_type type;
    struct str text;
    if (!wire_read_tag(&reader, &number, &type))
      return false;
    if (type != WIRE_BYTES || (number != NAME && number != DEPENDENCY)) {
      if (!wire_skip(&reader, type))
        return false;
      continue;
    }
    if (!wire_read_bytes(&reader, &text))
      return false;
    const char *copy = arena_strndup(arena, text.data, text.len);
    if (number == NAME)
      file->name = copy;
    else
      VEC_PUSH(arena, &file->dependencies, copy);
  }
  return true;
}

static bool add_node(struct sorter *sorter, struct str raw)
{
  struct node *node = ARENA_NEW(sorter->arena, struct node), *same;
  if (!read_head(sorter->arena, raw, &node->file))
    return descriptor_set_malformed(sorter->error, "a file cannot be read");
  const char *name = node->file.name;
  if (name[0] == '\0')
    return descriptor_set_malformed(sorter->error, "a file has no name");
  HASH_FIND_STR(sorter->nodes, name, same);
  if (same != NULL)
    return str_equal(same->file.raw, raw) ||
           error_set(sorter->error, ERROR_FAILED_PRECONDITION, "INVALID_DESCRIPTOR_SET",
                     "%s occurs twice in the descriptor set, with different contents", name);
  HASH_ADD_KEYPTR(hh, sorter->nodes, name, strlen(name), node);
  return true;
}

static bool read_nodes(struct sorter *sorter, struct str bytes)
{
  enum { FILE_FIELD = 1 };
  struct wire_reader reader = {(const uint8_t *)bytes.data, (const uint8_t *)bytes.data + bytes.len};
  while (!wire_at_end(&reader)) {
    uint32_t number;
    enum wire_type type;
    struct str raw;
    if (!wire_read_tag(&reader, &number, &type))
      return descriptor_set_malformed(sorter->error, "it is no serialized FileDescriptorSet");
    if (number != FILE_FIELD) {
      if (!wire_skip(&reader, type))
        return descriptor_set_malformed(sorter->error, "it ends early");
      continue;
    }
    if (type != WIRE_BYTES || !wire_read_bytes(&reader, &raw))
      return descriptor_set_malformed(sorter->error, "it ends early");
    if (!add_node(sorter, raw))
      return false;
  }
  return sorter->nodes != NULL || descriptor_set_malformed(sorter->error, "it holds no files");
}

/* Depth first, so that what a file needs is placed before it. */
static bool place(struct sorter *sorter, struct node *node)
{
  const struct set_file *file = &node->file;
  if (node->visit == VISITED)
    return true;
  if (node->visit == ON_THE_WAY)
    return error_set(sorter->error, ERROR_FAILED_PRECONDITION, "INVALID_DESCRIPTOR_SET", "%s imports itself",
                     file->name);
  node->visit = ON_THE_WAY;
  for (size_t i = 0; i < file->dependencies.n; i++) {
    struct node *dependency;
    HASH_FIND_STR(sorter->nodes, file->dependencies.items[i], dependency);
    if (dependency == NULL)
      return error_set(
          sorter->error, ERROR_FAILED_PRECONDITION, "INVALID_DESCRIPTOR_SET",
          "%s imports %s, which is not in the descriptor set; make the set with --include_imports",
          file->name, file->dependencies.items[i]);
    if (!place(sorter, dependency))
      return false;
  }
  node->visit = VISITED;
  VEC_PUSH(sorter->arena, sorter->result, node->file);
  return true;
}

bool descriptor_set_read(struct str bytes, struct arena *arena, struct descriptor_set *ret,
                         struct error *error)
{
  *ret = (struct descriptor_set){0};
  struct sorter sorter = {.arena = arena, .result = ret, .error = error};
  bool ok = read_nodes(&sorter, bytes);
  for (struct node *node = sorter.nodes; ok && node != NULL; node = node->hh.next)
    ok = place(&sorter, node);
  HASH_CLEAR(hh, sorter.nodes);
  return ok;
}

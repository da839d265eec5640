#include "proto/schema_set.h"

#include <uthash.h>

#include "proto/schema_options.h"
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

static bool malformed(struct error *error, const char *what)
{
  return error_set(error, ERROR_FAILED_PRECONDITION, "INVALID_DESCRIPTOR_SET",
                   "the descriptor set is malformed (%s); make it with protoc --include_imports "
                   "--include_source_info --descriptor_set_out, or buf build",
                   what);
}

static bool add_node(struct sorter *sorter, struct str raw)
{
  ProtobufCAllocator allocator = schema_allocator(sorter->arena);
  Google__Protobuf__FileDescriptorProto *descriptor =
      google__protobuf__file_descriptor_proto__unpack(&allocator, raw.len, (const uint8_t *)raw.data);
  if (descriptor == NULL)
    return malformed(sorter->error, "a file cannot be read");
  if (descriptor->name == NULL || descriptor->name[0] == '\0')
    return malformed(sorter->error, "a file has no name");
  struct node *node;
  HASH_FIND_STR(sorter->nodes, descriptor->name, node);
  if (node != NULL)
    return str_equal(node->file.raw, raw) ||
           error_set(sorter->error, ERROR_FAILED_PRECONDITION, "INVALID_DESCRIPTOR_SET",
                     "%s occurs twice in the descriptor set, with different contents", descriptor->name);
  node = ARENA_NEW(sorter->arena, struct node);
  node->file = (struct set_file){raw, descriptor};
  HASH_ADD_KEYPTR(hh, sorter->nodes, descriptor->name, strlen(descriptor->name), node);
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
      return malformed(sorter->error, "it is no serialized FileDescriptorSet");
    if (number != FILE_FIELD) {
      if (!wire_skip(&reader, type))
        return malformed(sorter->error, "it ends early");
      continue;
    }
    if (type != WIRE_BYTES || !wire_read_bytes(&reader, &raw))
      return malformed(sorter->error, "it ends early");
    if (!add_node(sorter, raw))
      return false;
  }
  return sorter->nodes != NULL || malformed(sorter->error, "it holds no files");
}

/* Depth first, so that what a file needs is placed before it. */
static bool place(struct sorter *sorter, struct node *node)
{
  const Google__Protobuf__FileDescriptorProto *descriptor = node->file.descriptor;
  if (node->visit == VISITED)
    return true;
  if (node->visit == ON_THE_WAY)
    return error_set(sorter->error, ERROR_FAILED_PRECONDITION, "INVALID_DESCRIPTOR_SET", "%s imports itself",
                     descriptor->name);
  node->visit = ON_THE_WAY;
  for (size_t i = 0; i < descriptor->n_dependency; i++) {
    struct node *dependency;
    HASH_FIND_STR(sorter->nodes, descriptor->dependency[i], dependency);
    if (dependency == NULL)
      return error_set(
          sorter->error, ERROR_FAILED_PRECONDITION, "INVALID_DESCRIPTOR_SET",
          "%s imports %s, which is not in the descriptor set; make the set with --include_imports",
          descriptor->name, descriptor->dependency[i]);
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

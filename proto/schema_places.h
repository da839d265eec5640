/*
 * schema_places.h - where in its source file each declaration stands.
 *
 * A descriptor is named by its path in FileDescriptorProto, as SourceCodeInfo does: field numbers and indices
 * in turn, {4, 0, 2, 1} for message_type[0].field[1].
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/str.h"

/* Field numbers of descriptor.proto that paths are made of. */
enum {
  PATH_FILE_MESSAGE = 4,
  PATH_FILE_ENUM = 5,
  PATH_FILE_SERVICE = 6,
  PATH_MESSAGE_FIELD = 2,
  PATH_MESSAGE_NESTED = 3,
  PATH_MESSAGE_ENUM = 4,
  PATH_MESSAGE_OPTIONS = 7,
  PATH_MESSAGE_ONEOF = 8,
  PATH_SERVICE_METHOD = 2,
};

struct schema_path {
  const int32_t *items;
  size_t n;
};

/* parent + {member, index}, in the arena. */
struct schema_path schema_path_extend(struct arena *arena, struct schema_path parent, int32_t member,
                                      size_t index);

struct schema_places;

/* The places of one file from its serialized SourceCodeInfo, which may be empty; NULL when that is malformed.
 */
struct schema_places *schema_places_new(struct arena *arena, struct str info);

/* The 1-based line where the declaration starts; 0 when unknown. */
int schema_places_line(const struct schema_places *places, struct schema_path path);

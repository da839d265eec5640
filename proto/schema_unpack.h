/*
 * schema_unpack.h - one file of a descriptor set, unpacked for as long as its declarations are being read.
 */
#pragma once

#include "base/arena.h"
#include "base/attributes.h"
#include "base/str.h"
#include "google/protobuf/descriptor.pb-c.h"
#include "proto/schema_places.h"

struct unpacked_file {
  const Google__Protobuf__FileDescriptorProto *descriptor; /* without source_code_info */
  const struct schema_places *places;
};

/* Everything lies in `scratch`.  False when the bytes are malformed; the error is the caller's to fill. */
NODISCARD bool schema_unpack(struct str raw, struct arena *scratch, struct unpacked_file *ret);

/*
 * schema_options.h - Rowan's annotations, and google.api.field_behavior, out of the options of
 * descriptor.proto.
 *
 * To protobuf-c's descriptor.proto the extensions are unknown fields.  Each reader takes the options message
 * (NULL is allowed: not annotated) and leaves NULL in *ret when the extension does not occur.  `where` names
 * the declaration in errors.
 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "google/protobuf/descriptor.pb-c.h"
#include "rowan/v1/annotations.pb-c.h"

/* Rowan's extension of every kind of options. */
enum { SCHEMA_ROWAN_EXTENSION = 59174 };
/* google.api.field_behavior */
enum { SCHEMA_FIELD_BEHAVIOR_EXTENSION = 1052 };

NODISCARD bool schema_read_resource(struct arena *arena, const Google__Protobuf__MessageOptions *options,
                                    const char *where, const Rowan__V1__ResourceOptions **ret,
                                    struct error *error);
NODISCARD bool schema_read_field(struct arena *arena, const Google__Protobuf__FieldOptions *options,
                                 const char *where, const Rowan__V1__FieldOptions **ret, struct error *error);
NODISCARD bool schema_read_oneof(struct arena *arena, const Google__Protobuf__OneofOptions *options,
                                 const char *where, const Rowan__V1__OneofOptions **ret, struct error *error);
NODISCARD bool schema_read_enum_value(struct arena *arena, const Google__Protobuf__EnumValueOptions *options,
                                      const char *where, const Rowan__V1__EnumValueOptions **ret,
                                      struct error *error);
NODISCARD bool schema_read_method(struct arena *arena, const Google__Protobuf__MethodOptions *options,
                                  const char *where, const Rowan__V1__MethodOptions **ret,
                                  struct error *error);

/* Whether google.api.field_behavior holds REQUIRED. */
bool schema_field_is_required(const Google__Protobuf__FieldOptions *options);

/* protobuf-c's memory in an arena; its releases do nothing. */
ProtobufCAllocator schema_allocator(struct arena *arena);

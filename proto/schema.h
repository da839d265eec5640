/*
 * schema.h - a descriptor set, read: files, messages, enums, services and Rowan's annotations on them.
 *
 * The input is a serialized google.protobuf.FileDescriptorSet made with --include_imports (protoc
 * --include_imports --include_source_info --descriptor_set_out, or buf build).  It is trusted: the operator
 * made it. Everything is immutable once loaded and lives as long as the schema; names are NUL-terminated and
 * fully qualified without a leading dot ("events.v1.Event").
 *
 * Annotations: protoc writes one occurrence of an extension for each option line, buf merges them; all
 * occurrences are concatenated, then unpacked.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "rowan/v1/annotations.pb-c.h"

/* Values are those of google.protobuf.FieldDescriptorProto.Type. */
enum field_type {
  FIELD_DOUBLE = 1,
  FIELD_FLOAT = 2,
  FIELD_INT64 = 3,
  FIELD_UINT64 = 4,
  FIELD_INT32 = 5,
  FIELD_FIXED64 = 6,
  FIELD_FIXED32 = 7,
  FIELD_BOOL = 8,
  FIELD_STRING = 9,
  FIELD_GROUP = 10,
  FIELD_MESSAGE = 11,
  FIELD_BYTES = 12,
  FIELD_UINT32 = 13,
  FIELD_ENUM = 14,
  FIELD_SFIXED32 = 15,
  FIELD_SFIXED64 = 16,
  FIELD_SINT32 = 17,
  FIELD_SINT64 = 18,
};

/* Messages that stand for a value rather than for a resource. */
enum well_known_type {
  WELL_KNOWN_NONE = 0,
  WELL_KNOWN_TIMESTAMP,          /* google.protobuf.Timestamp */
  WELL_KNOWN_DURATION,           /* google.protobuf.Duration */
  WELL_KNOWN_FIELD_MASK,         /* google.protobuf.FieldMask */
  WELL_KNOWN_STRUCT,             /* google.protobuf.Struct */
  WELL_KNOWN_VALUE,              /* google.protobuf.Value */
  WELL_KNOWN_LIST_VALUE,         /* google.protobuf.ListValue */
  WELL_KNOWN_WRAPPER,            /* google.protobuf.Int64Value and its like: one field `value` = 1 */
  WELL_KNOWN_DATE,               /* google.type.Date */
  WELL_KNOWN_TIME_OF_DAY,        /* google.type.TimeOfDay */
  WELL_KNOWN_DECIMAL,            /* google.type.Decimal */
  WELL_KNOWN_RELATION_ARGUMENTS, /* rowan.v1.RelationArguments */
};

struct schema_file {
  const char *name;    /* "events/v1/events.proto" */
  const char *package; /* "" when none */
  struct str raw;      /* the FileDescriptorProto as it stood in the set, for reflection */
  const struct schema_file **dependencies;
  size_t n_dependencies;
};

struct schema_message;

struct schema_enum_value {
  const char *name;
  int32_t number;
  const Rowan__V1__EnumValueOptions *options; /* NULL when not annotated */
};

struct schema_enum {
  const char *full_name;
  const char *name;
  const struct schema_file *file;
  int line; /* 1-based; 0 when the set has no source info (true of every `line` here) */
  struct schema_enum_value *values;
  size_t n_values;
};

struct schema_oneof {
  const char *name;
  bool synthetic; /* made by the compiler for a proto3 optional field */
  int line;
  const Rowan__V1__OneofOptions *options; /* NULL when not annotated */
};

struct schema_field {
  const char *name;
  const char *json_name;
  uint32_t number;
  enum field_type type;
  bool repeated; /* also true of maps */
  bool optional; /* proto3 `optional`: has presence although scalar */
  bool packed;   /* how a repeated scalar is written */
  bool deprecated;
  bool required; /* google.api.field_behavior holds REQUIRED */
  const struct schema_message *parent;
  size_t index;                          /* position in parent->fields */
  const struct schema_message *message;  /* FIELD_MESSAGE, FIELD_GROUP: its type; else NULL */
  const struct schema_enum *enumeration; /* FIELD_ENUM: its type; else NULL */
  const struct schema_oneof
      *oneof; /* the real oneof it is a member of; NULL for none and for synthetic ones */
  int line;
  const Rowan__V1__FieldOptions *options; /* NULL when not annotated */
};

struct schema_message {
  const char *full_name; /* "events.v1.Event" */
  const char *name;      /* "Event" */
  const struct schema_file *file;
  int line;
  int options_line; /* of option (rowan.v1.resource); 0 also when it is set member by member */
  bool map_entry;
  enum well_known_type well_known;
  struct schema_field *fields; /* in order of their numbers */
  size_t n_fields;
  struct schema_oneof *oneofs;
  size_t n_oneofs;
  const Rowan__V1__ResourceOptions *options; /* NULL when not annotated */
};

struct schema_method {
  const char *name; /* "GetEvent" */
  const char *path; /* "/events.v1.EventService/GetEvent" */
  const struct schema_message *input, *output;
  bool client_streaming, server_streaming;
  int line;
  const struct schema_service *service;
  const Rowan__V1__MethodOptions *options; /* NULL when not annotated */
};

struct schema_service {
  const char *full_name;
  const char *name;
  const struct schema_file *file;
  int line;
  struct schema_method *methods;
  size_t n_methods;
};

struct schema {
  struct schema_file **files; /* dependencies come before their dependents */
  size_t n_files;
  struct schema_message **messages; /* nested ones included */
  size_t n_messages;
  struct schema_enum **enums;
  size_t n_enums;
  struct schema_service **services;
  size_t n_services;
  struct schema_index *index; /* hash tables behind the look-ups */
  struct arena *arena;        /* owns all of it */
};

/* Reads a descriptor set.  NULL and *error when it is malformed, lacks an import, or uses an unsupported
 * construct. */
NODISCARD struct schema *schema_load(const void *data, size_t len, struct error *error);

/* The same from a file; the error names the path. */
NODISCARD struct schema *schema_load_file(const char *path, struct error *error);

/* The same, but a reference to `before` (NULL is allowed) where that was made of the same bytes. */
NODISCARD struct schema *schema_load_again(const void *data, size_t len, const struct schema *before,
                                           struct error *error);
NODISCARD struct schema *schema_load_file_again(const char *path, const struct schema *before,
                                                struct error *error);

/* One that declares nothing. */
struct schema *schema_empty(void);

/* Each of those above gives one reference; the schema goes with the last. */
struct schema *schema_ref(const struct schema *schema);
void schema_unref(struct schema *schema); /* NULL is allowed */

/* Look-ups by full name; NULL when there is none. */
const struct schema_file *schema_find_file(const struct schema *schema, const char *name);
const struct schema_message *schema_find_message(const struct schema *schema, const char *full_name);
const struct schema_service *schema_find_service(const struct schema *schema, const char *full_name);

/* The file that declares a symbol: message, enum, service, method ("pkg.Service.Method"), field
 * ("pkg.Message.field"), enum value or extension.  NULL when there is none.  For reflection. */
const struct schema_file *schema_find_file_of_symbol(const struct schema *schema, const char *symbol);

/* The file that declares extension `number` of message `extendee`, or NULL; and all such numbers, ascending.
 */
const struct schema_file *schema_find_file_of_extension(const struct schema *schema, const char *extendee,
                                                        int32_t number);
size_t schema_extension_numbers(const struct schema *schema, struct arena *arena, const char *extendee,
                                const int32_t **ret_numbers);

/* A field of a message; by name accepts the proto name and the JSON name.  NULL when there is none. */
const struct schema_field *schema_message_field(const struct schema_message *message, struct str name);
const struct schema_field *schema_message_field_by_number(const struct schema_message *message,
                                                          uint32_t number);

/* "created_at" → "createdAt", as protoc does where a field has no json_name. */
const char *schema_json_name(struct arena *arena, const char *name);

/* "events/v1/events.proto:31", or "events/v1/events.proto: Event.creator" where the set has no lines. */
const char *schema_field_place(const struct schema_field *field, struct arena *arena);
/* Where its (rowan.v1.resource) option stands, else the message itself. */
const char *schema_resource_place(const struct schema_message *message, struct arena *arena);
const char *schema_method_place(const struct schema_method *method, struct arena *arena);

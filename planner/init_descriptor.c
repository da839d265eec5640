/*
 * init_descriptor.c - the model as descriptors: what protoc would make of the text.
 *
 * Written backwards, as all that wire.h writes: of a message the last field first, of a list the last element
 * first.  Numbers are those of descriptor.proto.
 *
 * Only new files are written.  Their imports come from the set of contracts that every build holds, and of
 * that set no more than what is imported; the annotations always, so that a database without tables makes a
 * set too.
 */
#include "planner/init_model.h"
#include "proto/builtin.h"
#include "proto/schema.h"
#include "proto/schema_options.h"
#include "proto/schema_set.h"
#include "proto/wire.h"

enum { SET_FILE = 1 };
enum {
  FILE_NAME = 1,
  FILE_PACKAGE,
  FILE_DEPENDENCY,
  FILE_MESSAGE,
  FILE_ENUM,
  FILE_SERVICE,
  FILE_SYNTAX = 12
};
enum { MESSAGE_NAME = 1, MESSAGE_FIELD, MESSAGE_NESTED, MESSAGE_OPTIONS = 7, MESSAGE_ONEOF };
enum {
  FIELD_NAME = 1,
  FIELD_NUMBER = 3,
  FIELD_LABEL,
  FIELD_TYPE,
  FIELD_TYPE_NAME,
  FIELD_OPTIONS = 8,
  FIELD_ONEOF,
  FIELD_JSON_NAME,
  FIELD_PROTO3_OPTIONAL = 17,
};
enum { ENUM_NAME = 1, ENUM_VALUE };
enum { VALUE_NAME = 1, VALUE_NUMBER, VALUE_OPTIONS };
enum { SERVICE_NAME = 1, SERVICE_METHOD };
enum { METHOD_NAME = 1, METHOD_INPUT, METHOD_OUTPUT, METHOD_SERVER_STREAMING = 6 };
enum { ONEOF_NAME = 1 };
enum { OPTIONS_MAP_ENTRY = 7 };
enum { LABEL_OPTIONAL = 1, LABEL_REPEATED = 3 };

struct describer {
  struct init_build *build;
  struct writer writer;
};

/* A field, whatever it was made of. */
struct described_field {
  const char *name;
  const char *type; /* of a single value; for a map its entry's name */
  size_t number;
  bool repeated, optional;
  size_t oneof; /* of an optional one */
  const Rowan__V1__FieldOptions *options;
  enum init_behavior behavior;
};

static void put_text(struct describer *describer, uint32_t number, const char *text)
{
  writer_put_bytes_field(&describer->writer, number, text, strlen(text));
}

static void put_number(struct describer *describer, uint32_t number, uint64_t value)
{
  writer_put_varint_field(&describer->writer, number, value);
}

static size_t mark(const struct describer *describer)
{
  return writer_size(&describer->writer);
}

static void close_message(struct describer *describer, uint32_t number, size_t start)
{
  writer_close_message(&describer->writer, number, start);
}

static void put_annotation(struct describer *describer, const ProtobufCMessage *annotation)
{
  size_t size = protobuf_c_message_get_packed_size(annotation);
  uint8_t *bytes = arena_alloc_bytes(describer->build->arena, size);
  protobuf_c_message_pack(annotation, bytes);
  writer_put_bytes_field(&describer->writer, SCHEMA_ROWAN_EXTENSION, bytes, size);
}

/* ---- types ---- */

static const struct {
  const char *name;
  enum field_type type;
} scalars[] = {
    {"bool", FIELD_BOOL},     {"int32", FIELD_INT32},   {"int64", FIELD_INT64}, {"float", FIELD_FLOAT},
    {"double", FIELD_DOUBLE}, {"string", FIELD_STRING}, {"bytes", FIELD_BYTES},
};

static bool is_enum(const struct init_build *build, const char *type)
{
  for (size_t i = 0; i < build->enums.n; i++)
    if (build->enums.items[i]->output != NULL && strcmp(build->enums.items[i]->name, type) == 0)
      return true;
  return false;
}

/* ".made.v1.Film" */
static void put_full_name(struct describer *describer, uint32_t number, const char *name)
{
  struct init_build *build = describer->build;
  const char *package = build->options->package;
  if (strncmp(name, "google.", 7) == 0)
    put_text(describer, number, arena_printf(build->arena, ".%s", name));
  else
    put_text(describer, number, arena_printf(build->arena, ".%s.%s", package, name));
}

static void put_type(struct describer *describer, const char *type)
{
  for (size_t i = 0; i < LENGTH_OF(scalars); i++)
    if (strcmp(scalars[i].name, type) == 0) {
      put_number(describer, FIELD_TYPE, scalars[i].type);
      return;
    }
  put_full_name(describer, FIELD_TYPE_NAME, type);
  put_number(describer, FIELD_TYPE, is_enum(describer->build, type) ? FIELD_ENUM : FIELD_MESSAGE);
}

/* ---- fields ---- */

static void put_field_options(struct describer *describer, const struct described_field *field)
{
  size_t start = mark(describer);
  if (field->options != NULL)
    put_annotation(describer, &field->options->base);
  if (field->behavior != INIT_NO_BEHAVIOR)
    put_number(describer, SCHEMA_FIELD_BEHAVIOR_EXTENSION, field->behavior);
  if (mark(describer) > start)
    close_message(describer, FIELD_OPTIONS, start);
}

static void put_field(struct describer *describer, struct described_field field)
{
  size_t start = mark(describer);
  if (field.optional) {
    put_number(describer, FIELD_PROTO3_OPTIONAL, true);
    put_number(describer, FIELD_ONEOF, field.oneof);
  }
  put_text(describer, FIELD_JSON_NAME, schema_json_name(describer->build->arena, field.name));
  put_field_options(describer, &field);
  put_type(describer, field.type);
  put_number(describer, FIELD_LABEL, field.repeated ? LABEL_REPEATED : LABEL_OPTIONAL);
  put_number(describer, FIELD_NUMBER, field.number);
  put_text(describer, FIELD_NAME, field.name);
  close_message(describer, MESSAGE_FIELD, start);
}

/* ---- messages of requests and responses ---- */

static void put_message(struct describer *describer, const struct init_message *message)
{
  size_t start = mark(describer);
  for (size_t i = message->fields.n; i-- > 0;) {
    const struct init_line *line = &message->fields.items[i];
    put_field(describer,
              (struct described_field){
                  .name = line->name, .type = line->type, .number = i + 1, .repeated = line->repeated});
  }
  put_text(describer, MESSAGE_NAME, message->name);
  close_message(describer, FILE_MESSAGE, start);
}

/* ---- messages of resources ---- */

static bool is_map(const struct init_field *field)
{
  return strncmp(init_field_type(field), "map<", 4) == 0;
}

/* "labels" → "LabelsEntry" */
static const char *entry_name(struct arena *arena, const struct init_field *field)
{
  return arena_printf(arena, "%sEntry", init_pascal(arena, field->name));
}

static void put_entry(struct describer *describer, const struct init_field *field)
{
  size_t start = mark(describer), options = start;
  put_number(describer, OPTIONS_MAP_ENTRY, true);
  close_message(describer, MESSAGE_OPTIONS, options);
  put_field(describer, (struct described_field){.name = "value", .type = "string", .number = 2});
  put_field(describer, (struct described_field){.name = "key", .type = "string", .number = 1});
  put_text(describer, MESSAGE_NAME, entry_name(describer->build->arena, field));
  close_message(describer, MESSAGE_NESTED, start);
}

/* An optional field is a oneof of its own. */
static void put_oneof(struct describer *describer, const struct init_field *field)
{
  size_t start = mark(describer);
  put_text(describer, ONEOF_NAME, arena_printf(describer->build->arena, "_%s", field->name));
  close_message(describer, MESSAGE_ONEOF, start);
}

static void put_resource_field(struct describer *describer, const struct init_resource *resource,
                               const struct init_field *field, size_t number, size_t oneof)
{
  struct arena *arena = describer->build->arena;
  const char *type = init_field_type(field);
  if (is_map(field))
    type = arena_printf(arena, "%s.%s", resource->name, entry_name(arena, field));
  put_field(describer,
            (struct described_field){.name = field->name,
                                     .type = type,
                                     .number = number,
                                     .repeated = field->repeated || is_map(field),
                                     .optional = init_is_optional(resource, field),
                                     .oneof = oneof,
                                     .options = init_field_options(describer->build, resource, field),
                                     .behavior = init_field_behavior(resource, field)});
}

static void put_resource_fields(struct describer *describer, const struct init_resource *resource)
{
  size_t number = 0, oneof = 0;
  for (size_t i = 0; i < resource->fields.n; i++) {
    number += !resource->fields.items[i].left_out;
    oneof += !resource->fields.items[i].left_out && init_is_optional(resource, &resource->fields.items[i]);
  }
  for (size_t i = resource->fields.n; i-- > 0;) {
    const struct init_field *field = &resource->fields.items[i];
    if (field->left_out)
      continue;
    oneof -= init_is_optional(resource, field);
    put_resource_field(describer, resource, field, number--, oneof);
  }
}

static void put_resource(struct describer *describer, const struct init_resource *resource)
{
  size_t start = mark(describer);
  for (size_t i = resource->fields.n; i-- > 0;)
    if (!resource->fields.items[i].left_out && init_is_optional(resource, &resource->fields.items[i]))
      put_oneof(describer, &resource->fields.items[i]);
  size_t options = mark(describer);
  put_annotation(describer, &init_resource_options(describer->build, resource)->base);
  close_message(describer, MESSAGE_OPTIONS, options);
  for (size_t i = resource->fields.n; i-- > 0;)
    if (!resource->fields.items[i].left_out && is_map(&resource->fields.items[i]))
      put_entry(describer, &resource->fields.items[i]);
  put_resource_fields(describer, resource);
  put_text(describer, MESSAGE_NAME, resource->name);
  close_message(describer, FILE_MESSAGE, start);
}

/* ---- enums ---- */

static void put_value(struct describer *describer, const char *name, size_t number, const char *label)
{
  size_t start = mark(describer);
  if (label != NULL) {
    Rowan__V1__EnumValueOptions options = ROWAN__V1__ENUM_VALUE_OPTIONS__INIT;
    options.label = arena_strdup(describer->build->arena, label);
    put_annotation(describer, &options.base);
    close_message(describer, VALUE_OPTIONS, start);
  }
  put_number(describer, VALUE_NUMBER, number);
  put_text(describer, VALUE_NAME, name);
  close_message(describer, ENUM_VALUE, start);
}

static void put_label(struct describer *describer, const struct init_enum *enumeration, size_t label,
                      size_t number)
{
  put_value(describer, enumeration->values[label], number,
            enumeration->annotated[label] ? enumeration->type->labels[label] : NULL);
}

static void put_enum(struct describer *describer, const struct init_enum *enumeration)
{
  size_t start = mark(describer), n = enumeration->type->n_labels;
  size_t zero = init_zero_label(describer->build, enumeration);
  size_t number = zero < n ? n - 1 : n;
  for (size_t i = n; i-- > 0;)
    if (i != zero)
      put_label(describer, enumeration, i, number--);
  if (zero < n)
    put_label(describer, enumeration, zero, 0);
  else
    put_value(describer, init_enum_zero(describer->build->arena, enumeration->name), 0, NULL);
  put_text(describer, ENUM_NAME, enumeration->name);
  close_message(describer, FILE_ENUM, start);
}

/* ---- services ---- */

static void put_method(struct describer *describer, const struct init_method *method)
{
  size_t start = mark(describer);
  if (method->streams)
    put_number(describer, METHOD_SERVER_STREAMING, true);
  put_full_name(describer, METHOD_OUTPUT, method->output);
  put_full_name(describer, METHOD_INPUT, method->input);
  put_text(describer, METHOD_NAME, method->name);
  close_message(describer, SERVICE_METHOD, start);
}

static void put_service(struct describer *describer, const struct init_service *service)
{
  size_t start = mark(describer);
  for (size_t i = service->n_methods; i-- > 0;)
    put_method(describer, &service->methods[i]);
  put_text(describer, SERVICE_NAME, service->name);
  close_message(describer, FILE_SERVICE, start);
}

/* ---- files ---- */

/* Messages stand before enums and enums before services in the text, too. */
static void put_declarations(struct describer *describer, const struct init_output *output)
{
  const struct init_build *build = describer->build;
  for (size_t i = build->services.n; i-- > 0;)
    if (build->services.items[i]->output == output)
      put_service(describer, build->services.items[i]);
  for (size_t i = build->enums.n; i-- > 0;)
    if (build->enums.items[i]->output == output)
      put_enum(describer, build->enums.items[i]);
  for (size_t i = build->services.n; i-- > 0;)
    for (size_t j = build->services.items[i]->n_messages; j-- > 0;)
      if (build->services.items[i]->output == output)
        put_message(describer, &build->services.items[i]->messages[j]);
  for (size_t i = build->resources.n; i-- > 0;)
    if (build->resources.items[i]->output == output)
      put_resource(describer, build->resources.items[i]);
}

static void put_file(struct describer *describer, const struct init_output *output)
{
  size_t start = mark(describer);
  put_text(describer, FILE_SYNTAX, "proto3");
  put_declarations(describer, output);
  for (size_t i = output->imports.n; i-- > 0;)
    put_text(describer, FILE_DEPENDENCY, output->imports.items[i]);
  put_text(describer, FILE_PACKAGE, describer->build->options->package);
  put_text(describer, FILE_NAME, output->path);
  close_message(describer, SET_FILE, start);
}

/* The contracts that are imported, directly or by others of them, the last first. */
static void put_imports(struct describer *describer, const struct descriptor_set *contracts)
{
  const struct init_build *build = describer->build;
  struct name_set needed = {.arena = build->arena};
  name_set_add(&needed, "rowan/v1/annotations.proto");
  for (size_t i = 0; i < build->outputs.n; i++)
    for (size_t j = 0; j < build->outputs.items[i]->imports.n; j++)
      name_set_add(&needed, build->outputs.items[i]->imports.items[j]);
  for (size_t i = contracts->n; i-- > 0;) {
    const struct set_file *file = &contracts->items[i];
    if (!name_set_has(&needed, file->name))
      continue;
    for (size_t j = 0; j < file->dependencies.n; j++)
      name_set_add(&needed, file->dependencies.items[j]);
    writer_put_bytes_field(&describer->writer, SET_FILE, file->raw.data, file->raw.len);
  }
}

bool init_write_set(struct init_build *build, struct str *ret, struct error *error)
{
  struct describer describer = {.build = build};
  struct str builtin = {(const char *)builtin_descriptors, builtin_descriptors_size};
  struct descriptor_set contracts;
  if (!descriptor_set_read(builtin, build->arena, &contracts, error))
    return false;
  writer_init(&describer.writer, 65536);
  for (size_t i = build->outputs.n; i-- > 0;)
    put_file(&describer, build->outputs.items[i]);
  put_imports(&describer, &contracts);
  struct str bytes = writer_bytes(&describer.writer);
  *ret = (struct str){arena_memdup(build->arena, bytes.data, bytes.len), bytes.len};
  writer_done(&describer.writer);
  return true;
}

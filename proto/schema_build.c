/*
 * schema_build.c - descriptors as the structures of schema.h, file by file, in two passes.
 *
 * Declaring walks a file and makes its messages, enums and services, with the names of the types that fields
 * and methods mention put aside.  Resolving looks those names up: dependencies come before their dependents,
 * so everything has one by then.  Between the passes the pointers `message`, `enumeration`, `input` and
 * `output` are NULL; after them never where the type asks for one.
 *
 * A file is unpacked into an arena of its own, which goes when the file is done: the descriptors take ten
 * times the memory of what is kept.  Nothing that is kept may point there, so names are copied; those without
 * a scope are the ends of those with one.
 *
 * Arrays of fields are sorted before anything points into them; a field's place in its source is therefore
 * found by the index it was declared with, not by the one it ends up with.
 *
 * Everything declared goes into the index, so a name that is declared twice is noticed whatever declares it.
 */
#include "proto/schema_build.h"

#include <stdlib.h>

#include "proto/schema_index.h"
#include "proto/schema_names.h"
#include "proto/schema_options.h"
#include "proto/schema_unpack.h"

typedef Google__Protobuf__FileDescriptorProto file_descriptor;
typedef Google__Protobuf__DescriptorProto message_descriptor;
typedef Google__Protobuf__FieldDescriptorProto field_descriptor;
typedef Google__Protobuf__EnumDescriptorProto enum_descriptor;
typedef Google__Protobuf__ServiceDescriptorProto service_descriptor;

/* A field or a method whose types are still names. */
struct open_field {
  struct schema_field *field;
  const char *type_name;
};

struct open_method {
  struct schema_method *method;
  const char *input, *output;
};

struct builder {
  struct schema *schema;
  struct arena *arena;
  struct error *error;
  /* of the file that is being declared */
  struct arena *scratch;
  const struct schema_file *file;
  const struct schema_places *places;
  bool proto3;
  struct {
    struct schema_file **items;
    size_t n, cap;
  } files;
  struct {
    struct schema_message **items;
    size_t n, cap;
  } messages;
  struct {
    struct schema_enum **items;
    size_t n, cap;
  } enums;
  struct {
    struct schema_service **items;
    size_t n, cap;
  } services;
  struct {
    struct open_field *items;
    size_t n, cap;
  } open_fields; /* of the file, in its scratch */
  struct {
    struct open_method *items;
    size_t n, cap;
  } open_methods; /* as well */
};

static bool invalid(struct builder *builder, const char *where, const char *what)
{
  return error_set(builder->error, ERROR_FAILED_PRECONDITION, "INVALID_DESCRIPTOR_SET", "%s: %s: %s",
                   builder->file->name, where, what);
}

/* Joins scope and name and enters the result in the index.  NULL and an error when there is no name or it is
 * taken. */
static const char *declare(struct builder *builder, const char *scope, const char *name, struct symbol symbol)
{
  if (name == NULL || name[0] == '\0') {
    invalid(builder, scope, "a declaration has no name");
    return NULL;
  }
  const char *full_name = scope[0] == '\0' ? arena_strdup(builder->arena, name)
                                           : arena_printf(builder->arena, "%s.%s", scope, name);
  symbol.file = builder->file;
  if (schema_index_add(builder->schema->index, full_name, symbol))
    return full_name;
  invalid(builder, full_name, "is declared twice");
  return NULL;
}

static const char *declare_other(struct builder *builder, const char *scope, const char *name)
{
  return declare(builder, scope, name, (struct symbol){.kind = SYMBOL_OTHER});
}

static const char *json_name_of(struct builder *builder, const field_descriptor *descriptor, const char *name)
{
  if (descriptor->json_name == NULL)
    return schema_json_name(builder->arena, name);
  return strcmp(descriptor->json_name, name) == 0 ? name
                                                  : arena_strdup(builder->arena, descriptor->json_name);
}

static bool declare_extensions(struct builder *builder, const char *scope, size_t n,
                               field_descriptor **extensions)
{
  for (size_t i = 0; i < n; i++) {
    const field_descriptor *extension = extensions[i];
    if (declare_other(builder, scope, extension->name) == NULL)
      return false;
    if (extension->extendee == NULL || extension->extendee[0] != '.')
      return invalid(builder, extension->name, "the extended message has no full name");
    schema_index_add_extension(builder->schema->index, extension->extendee + 1, extension->number,
                               builder->file);
  }
  return true;
}

static bool declare_enum(struct builder *builder, const char *scope, const enum_descriptor *descriptor,
                         struct schema_path path)
{
  struct schema_enum *enumeration = ARENA_NEW(builder->arena, struct schema_enum);
  enumeration->full_name =
      declare(builder, scope, descriptor->name, (struct symbol){.kind = SYMBOL_ENUM, .object = enumeration});
  if (enumeration->full_name == NULL)
    return false;
  enumeration->name = schema_without_scope(enumeration->full_name);
  enumeration->file = builder->file;
  enumeration->line = schema_places_line(builder->places, path);
  enumeration->values = ARENA_ARRAY(builder->arena, struct schema_enum_value, descriptor->n_value);
  enumeration->n_values = descriptor->n_value;
  for (size_t i = 0; i < descriptor->n_value; i++) {
    const Google__Protobuf__EnumValueDescriptorProto *value = descriptor->value[i];
    const char *full_name =
        declare_other(builder, scope, value->name); /* values are siblings of their enum */
    if (full_name == NULL)
      return false;
    enumeration->values[i] =
        (struct schema_enum_value){.name = schema_without_scope(full_name), .number = value->number};
    if (!schema_read_enum_value(builder->arena, value->options, full_name, &enumeration->values[i].options,
                                builder->error))
      return false;
  }
  VEC_PUSH(builder->arena, &builder->enums, enumeration);
  return true;
}

static bool is_packable(enum field_type type)
{
  return type != FIELD_STRING && type != FIELD_BYTES && type != FIELD_MESSAGE && type != FIELD_GROUP;
}

static bool is_packed(const struct builder *builder, const field_descriptor *descriptor)
{
  if (!is_packable((enum field_type)descriptor->type))
    return false;
  if (descriptor->options != NULL && descriptor->options->has_packed)
    return descriptor->options->packed;
  return builder->proto3;
}

/* Everything but `line` and the types. */
static bool fill_field(struct builder *builder, struct schema_field *field,
                       const field_descriptor *descriptor)
{
  const struct schema_message *parent = field->parent;
  const char *full_name = declare_other(builder, parent->full_name, descriptor->name);
  if (full_name == NULL)
    return false;
  if (descriptor->number <= 0)
    return invalid(builder, full_name, "the field has no number");
  if (!descriptor->has_type || (unsigned)descriptor->type < FIELD_DOUBLE ||
      (unsigned)descriptor->type > FIELD_SINT64)
    return invalid(builder, full_name, "the field's type is not known");
  field->name = schema_without_scope(full_name);
  field->json_name = json_name_of(builder, descriptor, field->name);
  field->number = (uint32_t)descriptor->number;
  field->type = (enum field_type)descriptor->type;
  field->repeated = descriptor->label == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REPEATED;
  field->optional = descriptor->proto3_optional;
  field->packed = field->repeated && is_packed(builder, descriptor);
  field->deprecated = descriptor->options != NULL && descriptor->options->deprecated;
  field->required = schema_field_is_required(descriptor->options);
  if (descriptor->has_oneof_index) {
    if (descriptor->oneof_index < 0 || (size_t)descriptor->oneof_index >= parent->n_oneofs)
      return invalid(builder, full_name, "the field's oneof does not exist");
    struct schema_oneof *oneof = &parent->oneofs[descriptor->oneof_index];
    oneof->synthetic = oneof->synthetic || field->optional;
    field->oneof = oneof->synthetic ? NULL : oneof;
  }
  return schema_read_field(builder->arena, descriptor->options, full_name, &field->options, builder->error);
}

struct numbered {
  const field_descriptor *descriptor;
  size_t declared;
};

static int compare_numbers(const void *a, const void *b)
{
  const struct numbered *left = a, *right = b;
  return (left->descriptor->number > right->descriptor->number) -
         (left->descriptor->number < right->descriptor->number);
}

static bool declare_fields(struct builder *builder, struct schema_message *message,
                           const message_descriptor *descriptor, struct schema_path path)
{
  size_t n = descriptor->n_field;
  struct numbered *sorted = ARENA_ARRAY(builder->scratch, struct numbered, n);
  for (size_t i = 0; i < n; i++)
    sorted[i] = (struct numbered){descriptor->field[i], i};
  qsort(sorted, n, sizeof *sorted, compare_numbers);
  message->fields = ARENA_ARRAY(builder->arena, struct schema_field, n);
  message->n_fields = n;
  for (size_t i = 0; i < n; i++) {
    struct schema_field *field = &message->fields[i];
    field->parent = message;
    field->index = i;
    if (!fill_field(builder, field, sorted[i].descriptor))
      return false;
    if (i > 0 && field->number == field[-1].number)
      return invalid(builder, message->full_name, "two fields have one number");
    field->line = schema_places_line(
        builder->places, schema_path_extend(builder->scratch, path, PATH_MESSAGE_FIELD, sorted[i].declared));
    if (field->type == FIELD_MESSAGE || field->type == FIELD_GROUP || field->type == FIELD_ENUM) {
      struct open_field open = {field, sorted[i].descriptor->type_name};
      VEC_PUSH(builder->scratch, &builder->open_fields, open);
    }
  }
  return true;
}

static bool declare_oneofs(struct builder *builder, struct schema_message *message,
                           const message_descriptor *descriptor, struct schema_path path)
{
  message->oneofs = ARENA_ARRAY(builder->arena, struct schema_oneof, descriptor->n_oneof_decl);
  message->n_oneofs = descriptor->n_oneof_decl;
  for (size_t i = 0; i < message->n_oneofs; i++) {
    const Google__Protobuf__OneofDescriptorProto *oneof = descriptor->oneof_decl[i];
    const char *full_name = declare_other(builder, message->full_name, oneof->name);
    if (full_name == NULL)
      return false;
    message->oneofs[i].name = schema_without_scope(full_name);
    message->oneofs[i].line = schema_places_line(
        builder->places, schema_path_extend(builder->scratch, path, PATH_MESSAGE_ONEOF, i));
    if (!schema_read_oneof(builder->arena, oneof->options, full_name, &message->oneofs[i].options,
                           builder->error))
      return false;
  }
  return true;
}

static bool declare_message(struct builder *builder, const char *scope, const message_descriptor *descriptor,
                            struct schema_path path);

static bool declare_nested(struct builder *builder, const struct schema_message *message,
                           const message_descriptor *descriptor, struct schema_path path)
{
  for (size_t i = 0; i < descriptor->n_nested_type; i++)
    if (!declare_message(builder, message->full_name, descriptor->nested_type[i],
                         schema_path_extend(builder->scratch, path, PATH_MESSAGE_NESTED, i)))
      return false;
  for (size_t i = 0; i < descriptor->n_enum_type; i++)
    if (!declare_enum(builder, message->full_name, descriptor->enum_type[i],
                      schema_path_extend(builder->scratch, path, PATH_MESSAGE_ENUM, i)))
      return false;
  return declare_extensions(builder, message->full_name, descriptor->n_extension, descriptor->extension);
}

static bool declare_message(struct builder *builder, const char *scope, const message_descriptor *descriptor,
                            struct schema_path path)
{
  struct schema_message *message = ARENA_NEW(builder->arena, struct schema_message);
  message->full_name =
      declare(builder, scope, descriptor->name, (struct symbol){.kind = SYMBOL_MESSAGE, .object = message});
  if (message->full_name == NULL)
    return false;
  message->name = schema_without_scope(message->full_name);
  message->file = builder->file;
  message->line = schema_places_line(builder->places, path);
  message->options_line =
      schema_places_line(builder->places, schema_path_extend(builder->scratch, path, PATH_MESSAGE_OPTIONS,
                                                             SCHEMA_ROWAN_EXTENSION));
  message->map_entry = descriptor->options != NULL && descriptor->options->map_entry;
  message->well_known = schema_well_known(message->full_name);
  VEC_PUSH(builder->arena, &builder->messages, message);
  return schema_read_resource(builder->arena, descriptor->options, message->full_name, &message->options,
                              builder->error) &&
         declare_oneofs(builder, message, descriptor, path) &&
         declare_fields(builder, message, descriptor, path) &&
         declare_nested(builder, message, descriptor, path);
}

static bool declare_method(struct builder *builder, struct schema_service *service,
                           const Google__Protobuf__MethodDescriptorProto *descriptor, struct schema_path path)
{
  const char *full_name = declare_other(builder, service->full_name, descriptor->name);
  if (full_name == NULL)
    return false;
  struct schema_method *method = &service->methods[service->n_methods++];
  method->name = schema_without_scope(full_name);
  method->path = arena_printf(builder->arena, "/%s/%s", service->full_name, descriptor->name);
  method->client_streaming = descriptor->client_streaming;
  method->server_streaming = descriptor->server_streaming;
  method->line = schema_places_line(builder->places, path);
  method->service = service;
  struct open_method open = {method, descriptor->input_type, descriptor->output_type};
  VEC_PUSH(builder->scratch, &builder->open_methods, open);
  return schema_read_method(builder->arena, descriptor->options, full_name, &method->options, builder->error);
}

static bool declare_service(struct builder *builder, const char *scope, const service_descriptor *descriptor,
                            struct schema_path path)
{
  struct schema_service *service = ARENA_NEW(builder->arena, struct schema_service);
  service->full_name =
      declare(builder, scope, descriptor->name, (struct symbol){.kind = SYMBOL_SERVICE, .object = service});
  if (service->full_name == NULL)
    return false;
  service->name = schema_without_scope(service->full_name);
  service->file = builder->file;
  service->line = schema_places_line(builder->places, path);
  service->methods = ARENA_ARRAY(builder->arena, struct schema_method, descriptor->n_method);
  VEC_PUSH(builder->arena, &builder->services, service);
  for (size_t i = 0; i < descriptor->n_method; i++)
    if (!declare_method(builder, service, descriptor->method[i],
                        schema_path_extend(builder->scratch, path, PATH_SERVICE_METHOD, i)))
      return false;
  return true;
}

static bool declare_contents(struct builder *builder, const file_descriptor *descriptor)
{
  struct arena *scratch = builder->scratch;
  const char *package = builder->file->package;
  const struct schema_path root = {NULL, 0};
  for (size_t i = 0; i < descriptor->n_message_type; i++)
    if (!declare_message(builder, package, descriptor->message_type[i],
                         schema_path_extend(scratch, root, PATH_FILE_MESSAGE, i)))
      return false;
  for (size_t i = 0; i < descriptor->n_enum_type; i++)
    if (!declare_enum(builder, package, descriptor->enum_type[i],
                      schema_path_extend(scratch, root, PATH_FILE_ENUM, i)))
      return false;
  for (size_t i = 0; i < descriptor->n_service; i++)
    if (!declare_service(builder, package, descriptor->service[i],
                         schema_path_extend(scratch, root, PATH_FILE_SERVICE, i)))
      return false;
  return declare_extensions(builder, package, descriptor->n_extension, descriptor->extension);
}

static struct schema_file *new_file(struct builder *builder, const struct set_file *entry,
                                    const file_descriptor *descriptor)
{
  struct schema_file *file = ARENA_NEW(builder->arena, struct schema_file);
  file->name = entry->name;
  file->package = descriptor->package == NULL ? "" : arena_strdup(builder->arena, descriptor->package);
  file->raw = entry->raw;
  file->n_dependencies = entry->dependencies.n;
  file->dependencies = ARENA_ARRAY(builder->arena, const struct schema_file *, file->n_dependencies);
  for (size_t i = 0; i < file->n_dependencies; i++)
    file->dependencies[i] = schema_find_file(builder->schema, entry->dependencies.items[i]);
  return file;
}

static bool declare_file(struct builder *builder, const struct set_file *entry,
                         const file_descriptor *descriptor)
{
  struct schema_file *file = new_file(builder, entry, descriptor);
  builder->file = file;
  const char *syntax = descriptor->syntax == NULL ? "proto2" : descriptor->syntax;
  if (strcmp(syntax, "proto2") != 0 && strcmp(syntax, "proto3") != 0)
    return invalid(builder, syntax, "this syntax is not supported; write syntax = \"proto3\"");
  builder->proto3 = strcmp(syntax, "proto3") == 0;
  if (!schema_index_add_file(builder->schema->index, file))
    return invalid(builder, file->name, "is declared twice");
  VEC_PUSH(builder->arena, &builder->files, file);
  return declare_contents(builder, descriptor);
}

/* protoc writes full names with a leading dot and nothing else. */
static const struct symbol *resolve(const struct builder *builder, const char *type_name)
{
  if (type_name == NULL || type_name[0] != '.')
    return NULL;
  return schema_index_find(builder->schema->index, type_name + 1);
}

static bool unresolved(struct builder *builder, const struct schema_file *file, const char *user,
                       const char *type_name)
{
  return error_set(builder->error, ERROR_FAILED_PRECONDITION, "INVALID_DESCRIPTOR_SET",
                   "%s: %s uses the type %s, which is not in the descriptor set", file->name, user,
                   type_name == NULL ? "(none)" : type_name);
}

static bool resolve_field(struct builder *builder, const struct open_field *open)
{
  struct schema_field *field = open->field;
  const struct symbol *symbol = resolve(builder, open->type_name);
  enum symbol_kind wanted = field->type == FIELD_ENUM ? SYMBOL_ENUM : SYMBOL_MESSAGE;
  if (symbol == NULL || symbol->kind != wanted)
    return unresolved(builder, field->parent->file, field->name, open->type_name);
  if (wanted == SYMBOL_ENUM)
    field->enumeration = symbol->object;
  else
    field->message = symbol->object;
  return true;
}

static bool resolve_method(struct builder *builder, const struct open_method *open)
{
  const struct schema_file *file = open->method->service->file;
  const struct symbol *input = resolve(builder, open->input), *output = resolve(builder, open->output);
  if (input == NULL || input->kind != SYMBOL_MESSAGE)
    return unresolved(builder, file, open->method->name, open->input);
  if (output == NULL || output->kind != SYMBOL_MESSAGE)
    return unresolved(builder, file, open->method->name, open->output);
  open->method->input = input->object;
  open->method->output = output->object;
  return true;
}

static bool resolve_all(struct builder *builder)
{
  for (size_t i = 0; i < builder->open_fields.n; i++)
    if (!resolve_field(builder, &builder->open_fields.items[i]))
      return false;
  for (size_t i = 0; i < builder->open_methods.n; i++)
    if (!resolve_method(builder, &builder->open_methods.items[i]))
      return false;
  return true;
}

static bool read_file(struct builder *builder, const struct set_file *entry)
{
  struct unpacked_file unpacked;
  if (!schema_unpack(entry->raw, builder->scratch, &unpacked))
    return descriptor_set_malformed(builder->error, "a file cannot be read");
  builder->places = unpacked.places;
  builder->open_fields.n = builder->open_fields.cap = 0;
  builder->open_methods.n = builder->open_methods.cap = 0;
  return declare_file(builder, entry, unpacked.descriptor) && resolve_all(builder);
}

static bool build_file(struct builder *builder, const struct set_file *entry)
{
  builder->scratch = arena_new(0);
  bool ok = read_file(builder, entry);
  arena_free(builder->scratch);
  return ok;
}

bool schema_build(struct schema *schema, const struct descriptor_set *set, struct error *error)
{
  struct builder builder = {.schema = schema, .arena = schema->arena, .error = error};
  for (size_t i = 0; i < set->n; i++)
    if (!build_file(&builder, &set->items[i]))
      return false;
  schema->files = builder.files.items;
  schema->n_files = builder.files.n;
  schema->messages = builder.messages.items;
  schema->n_messages = builder.messages.n;
  schema->enums = builder.enums.items;
  schema->n_enums = builder.enums.n;
  schema->services = builder.services.items;
  schema->n_services = builder.services.n;
  schema_index_finish(schema->index);
  return true;
}

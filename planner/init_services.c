/*
 * init_services.c - the service of a resource: Get, BatchGet, List and Stream, in a file of its own.
 *
 * Requests name the whole key.  A key of one scalar column is asked for in bulk by its plural, which the
 * server knows by the column's name; any other key by a list of the single requests (AIP-231).
 *
 * A service is made up first and written afterwards, as text here and as descriptors in init_descriptor.c.
 * Fields are numbered in their order, from 1.
 */
#include "planner/graph_names.h"
#include "planner/init_model.h"

#define FIELD_MASK "google.protobuf.FieldMask"

/* A service while it is made up. */
struct draft {
  struct init_build *build;
  const struct init_resource *resource;
  struct init_service *service;
  const char *plural; /* "FilmActors" */
};

static const struct init_field *field_of_column(const struct init_resource *resource,
                                                const struct catalog_column *column)
{
  for (size_t i = 0; i < resource->fields.n; i++)
    if (resource->fields.items[i].column == column)
      return &resource->fields.items[i];
  return NULL;
}

/* ---- keys ---- */

static void import_for_key(const struct draft *draft, const struct init_field *field)
{
  const char *type = init_column_type(field);
  if (strcmp(type, "google.protobuf.Timestamp") == 0)
    output_import(draft->build, draft->service->output, "google/protobuf/timestamp.proto");
  else if (field->enumeration != NULL && field->enumeration->output != NULL)
    output_import(draft->build, draft->service->output, field->enumeration->output->path);
}

static bool key_is_scalar(const struct init_resource *resource)
{
  if (resource->key->n_columns != 1)
    return false;
  const char *type = init_column_type(field_of_column(resource, resource->key->columns[0]));
  return strncmp(type, "google.", 7) != 0;
}

/* The key's plural by the column's name; where that is no field's name, "keys". */
static const char *bulk_name(const struct draft *draft)
{
  struct arena *arena = draft->build->arena;
  const char *name = name_plural(arena, draft->resource->key->columns[0]->name);
  return strcmp(init_identifier(arena, name, ""), name) == 0 ? name : "keys";
}

static bool can_be_asked_for(const struct init_resource *resource)
{
  for (size_t i = 0; resource->key != NULL && i < resource->key->n_columns; i++) {
    const struct init_field *field = field_of_column(resource, resource->key->columns[i]);
    if (field == NULL || strcmp(init_column_type(field), "google.protobuf.Value") == 0)
      return false;
  }
  return resource->key != NULL;
}

/* ---- messages ---- */

static struct init_message *add_message(const struct draft *draft, const char *name)
{
  struct init_message *message = &draft->service->messages[draft->service->n_messages++];
  message->name = name;
  return message;
}

static void add_field(const struct draft *draft, struct init_message *message, struct init_line field)
{
  VEC_PUSH(draft->build->arena, &message->fields, field);
}

static void add_mask(const struct draft *draft, struct init_message *message, const char *comment)
{
  add_field(draft, message, (struct init_line){.type = FIELD_MASK, .name = "read_mask", .comment = comment});
}

static void add_resources(const struct draft *draft, struct init_message *message)
{
  add_field(
      draft, message,
      (struct init_line){.repeated = true, .type = draft->resource->name, .name = draft->resource->plural});
}

static void add_token(const struct draft *draft, struct init_message *message, const char *name,
                      const char *comment)
{
  add_field(draft, message, (struct init_line){.type = "string", .name = name, .comment = comment});
}

static void add_page_size(const struct draft *draft, struct init_message *message, const char *comment)
{
  add_field(draft, message, (struct init_line){.type = "int32", .name = "page_size", .comment = comment});
}

/* ---- methods ---- */

/* "film_actor" → "film actor" */
static const char *words(const struct draft *draft, const char *name)
{
  char *text = arena_strdup(draft->build->arena, name);
  for (char *p = text; *p != '\0'; p++)
    *p = *p == '_' ? ' ' : *p;
  return text;
}

/* The method and its request; its response too, unless it is `output`. */
static struct init_message *add_method(const struct draft *draft, const char *name, const char *output,
                                       const char *comment)
{
  struct arena *arena = draft->build->arena;
  struct init_method *method = &draft->service->methods[draft->service->n_methods++];
  struct init_message *request = add_message(draft, arena_printf(arena, "%sRequest", name));
  *method = (struct init_method){.name = name,
                                 .input = request->name,
                                 .output = output != NULL ? output : arena_printf(arena, "%sResponse", name),
                                 .comment = comment};
  if (output == NULL)
    add_message(draft, method->output);
  return request;
}

static void draft_get(const struct draft *draft)
{
  struct arena *arena = draft->build->arena;
  const struct init_resource *resource = draft->resource;
  struct init_message *request =
      add_method(draft, arena_printf(arena, "Get%s", resource->name), resource->name,
                 arena_printf(arena,
                              "One %s by its key, without a message around it (AIP-131).\n"
                              "buf:lint:ignore RPC_RESPONSE_STANDARD_NAME",
                              words(draft, resource->singular)));
  for (size_t i = 0; i < resource->key->n_columns; i++) {
    const struct init_field *field = field_of_column(resource, resource->key->columns[i]);
    import_for_key(draft, field);
    add_field(draft, request, (struct init_line){.type = init_column_type(field), .name = field->name});
  }
  add_mask(draft, request, "What to return; relations only where they are named.");
}

static void draft_batch_get(const struct draft *draft)
{
  struct arena *arena = draft->build->arena;
  const struct init_resource *resource = draft->resource;
  struct init_message *request =
      add_method(draft, arena_printf(arena, "BatchGet%s", draft->plural), NULL,
                 arena_printf(arena, "Several %s by their keys, in the order of the request.",
                              words(draft, resource->plural)));
  struct init_line keys = {
      .repeated = true, .type = arena_printf(arena, "Get%sRequest", resource->name), .name = "requests"};
  if (key_is_scalar(resource)) {
    keys.type = init_column_type(field_of_column(resource, resource->key->columns[0]));
    keys.name = bulk_name(draft);
  }
  add_field(draft, request, keys);
  add_mask(draft, request, NULL);
  add_resources(draft, request + 1);
}

static void draft_list(const struct draft *draft)
{
  struct arena *arena = draft->build->arena;
  struct init_message *request =
      add_method(draft, arena_printf(arena, "List%s", draft->plural), NULL,
                 arena_printf(arena, "A page of %s.", words(draft, draft->resource->plural)));
  add_page_size(draft, request, "At most so many; 0 leaves it to the server.");
  add_token(draft, request, "page_token", "next_page_token of the page before.");
  add_token(draft, request, "filter", "AIP-160.");
  add_token(draft, request, "order_by", "Fields, each with an optional `desc`, separated by commas.");
  add_mask(draft, request, NULL);
  add_resources(draft, request + 1);
  add_token(draft, request + 1, "next_page_token", "Empty on the last page.");
}

static void draft_stream(const struct draft *draft)
{
  struct arena *arena = draft->build->arena;
  struct init_message *request =
      add_method(draft, arena_printf(arena, "Stream%s", draft->plural), NULL,
                 arena_printf(arena, "All %s that fit, as they stand when the stream begins.",
                              words(draft, draft->resource->plural)));
  draft->service->methods[draft->service->n_methods - 1].streams = true;
  add_token(draft, request, "filter", NULL);
  add_token(draft, request, "order_by", NULL);
  add_mask(draft, request, NULL);
  add_token(draft, request, "page_token", "Where to go on: the token of the last message that arrived.");
  add_page_size(draft, request, "At most so many in one message; 0 leaves it to the server.");
  add_resources(draft, request + 1);
  add_token(draft, request + 1, "next_page_token", "Resumes the stream behind this message.");
}

void init_build_service(struct init_build *build, const struct init_resource *resource)
{
  if (!can_be_asked_for(resource))
    return;
  struct init_service *service = ARENA_NEW(build->arena, struct init_service);
  struct draft draft = {build, resource, service, init_pascal(build->arena, resource->plural)};
  service->name = arena_printf(build->arena, "%sService", resource->name);
  service->comment = arena_printf(build->arena, "Reads %s.", words(&draft, resource->plural));
  service->output = output_new(build, arena_printf(build->arena, "%s_service", resource->singular));
  output_import(build, service->output, "google/protobuf/field_mask.proto");
  output_import(build, service->output, resource->output->path);
  draft_get(&draft);
  draft_batch_get(&draft);
  draft_list(&draft);
  draft_stream(&draft);
  VEC_PUSH(build->arena, &build->services, service);
}

/* ---- text ---- */

static void write_message(const struct init_message *message, struct strbuf *ret)
{
  strbuf_printf(ret, "\nmessage %s {\n", message->name);
  for (size_t i = 0; i < message->fields.n; i++) {
    const struct init_line *field = &message->fields.items[i];
    init_write_comment(field->comment, "  ", ret);
    strbuf_printf(ret, "  %s%s %s = %zu;\n", field->repeated ? "repeated " : "", field->type, field->name,
                  i + 1);
  }
  strbuf_puts(ret, "}\n");
}

void init_write_service(const struct init_service *service, struct strbuf *ret)
{
  init_write_comment(service->comment, "", ret);
  strbuf_printf(ret, "service %s {\n", service->name);
  for (size_t i = 0; i < service->n_methods; i++) {
    const struct init_method *method = &service->methods[i];
    init_write_comment(method->comment, "  ", ret);
    strbuf_printf(ret, "  rpc %s(%s) returns (%s%s);\n", method->name, method->input,
                  method->streams ? "stream " : "", method->output);
  }
  strbuf_puts(ret, "}\n");
  for (size_t i = 0; i < service->n_messages; i++)
    write_message(&service->messages[i], ret);
}

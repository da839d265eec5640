/*
 * init_services.c - the service of a resource: Get, BatchGet, List and Stream, in a file of its own.
 *
 * Requests name the whole key.  A key of one scalar column is asked for in bulk by its plural, which the
 * server knows by the column's name; any other key by a list of the single requests (AIP-231).
 */
#include "planner/graph_names.h"
#include "planner/init_model.h"

struct service {
  struct init_build *build;
  struct init_resource *resource;
  struct init_output *output;
  const char *plural; /* "FilmActors" */
  struct strbuf *text;
};

/* "film_actor" → "film actor" */
static const char *words(const struct service *service, const char *name)
{
  char *text = arena_strdup(service->build->arena, name);
  for (char *p = text; *p != '\0'; p++)
    *p = *p == '_' ? ' ' : *p;
  return text;
}

static const struct init_field *field_of_column(const struct init_resource *resource,
                                                const struct catalog_column *column)
{
  for (size_t i = 0; i < resource->fields.n; i++)
    if (resource->fields.items[i].column == column)
      return &resource->fields.items[i];
  return NULL;
}

/* ---- keys ---- */

static void import_for_key(const struct service *service, const struct init_field *field)
{
  const char *type = init_column_type(field);
  if (strcmp(type, "google.protobuf.Timestamp") == 0)
    output_import(service->build, service->output, "google/protobuf/timestamp.proto");
  else if (field->enumeration != NULL && field->enumeration->output != NULL)
    output_import(service->build, service->output, field->enumeration->output->path);
}

/* One line a column; returns the last number. */
static int write_key_fields(const struct service *service)
{
  const struct catalog_key *key = service->resource->key;
  for (size_t i = 0; i < key->n_columns; i++) {
    const struct init_field *field = field_of_column(service->resource, key->columns[i]);
    import_for_key(service, field);
    strbuf_printf(service->text, "  %s %s = %zu;\n", init_column_type(field), field->name, i + 1);
  }
  return (int)key->n_columns;
}

static bool key_is_scalar(const struct init_resource *resource)
{
  if (resource->key->n_columns != 1)
    return false;
  const char *type = init_column_type(field_of_column(resource, resource->key->columns[0]));
  return strncmp(type, "google.", 7) != 0;
}

/* The key's plural by the column's name; where that is no field's name, "keys". */
static const char *bulk_name(const struct service *service)
{
  struct arena *arena = service->build->arena;
  const char *name = name_plural(arena, service->resource->key->columns[0]->name);
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

/* ---- methods ---- */

static void write_methods(const struct service *service)
{
  const char *name = service->resource->name, *many = service->plural;
  const char *one = words(service, service->resource->singular),
             *all = words(service, service->resource->plural);
  strbuf_printf(service->text,
                "// Reads %s.\n"
                "service %sService {\n"
                "  // One %s by its key, without a message around it (AIP-131).\n"
                "  // buf:lint:ignore RPC_RESPONSE_STANDARD_NAME\n"
                "  rpc Get%s(Get%sRequest) returns (%s);\n"
                "  // Several %s by their keys, in the order of the request.\n"
                "  rpc BatchGet%s(BatchGet%sRequest) returns (BatchGet%sResponse);\n"
                "  // A page of %s.\n"
                "  rpc List%s(List%sRequest) returns (List%sResponse);\n"
                "  // All %s that fit, as they stand when the stream begins.\n"
                "  rpc Stream%s(Stream%sRequest) returns (stream Stream%sResponse);\n"
                "}\n",
                all, name, one, name, name, name, all, many, many, many, all, many, many, many, all, many,
                many, many);
}

static void write_get(const struct service *service)
{
  const char *name = service->resource->name;
  strbuf_printf(service->text, "\nmessage Get%sRequest {\n", name);
  int n = write_key_fields(service);
  strbuf_printf(service->text,
                "  // What to return; relations only where they are named.\n"
                "  google.protobuf.FieldMask read_mask = %d;\n"
                "}\n",
                n + 1);
}

static void write_batch_get(const struct service *service)
{
  const struct init_resource *resource = service->resource;
  strbuf_printf(service->text, "\nmessage BatchGet%sRequest {\n", service->plural);
  if (key_is_scalar(resource))
    strbuf_printf(service->text, "  repeated %s %s = 1;\n",
                  init_column_type(field_of_column(resource, resource->key->columns[0])), bulk_name(service));
  else
    strbuf_printf(service->text, "  repeated Get%sRequest requests = 1;\n", resource->name);
  strbuf_printf(service->text,
                "  google.protobuf.FieldMask read_mask = 2;\n"
                "}\n\n"
                "message BatchGet%sResponse {\n"
                "  repeated %s %s = 1;\n"
                "}\n",
                service->plural, resource->name, resource->plural);
}

static void write_list(const struct service *service)
{
  strbuf_printf(service->text,
                "\nmessage List%sRequest {\n"
                "  // At most so many; 0 leaves it to the server.\n"
                "  int32 page_size = 1;\n"
                "  // next_page_token of the page before.\n"
                "  string page_token = 2;\n"
                "  // AIP-160.\n"
                "  string filter = 3;\n"
                "  // Fields, each with an optional `desc`, separated by commas.\n"
                "  string order_by = 4;\n"
                "  google.protobuf.FieldMask read_mask = 5;\n"
                "}\n\n"
                "message List%sResponse {\n"
                "  repeated %s %s = 1;\n"
                "  // Empty on the last page.\n"
                "  string next_page_token = 2;\n"
                "}\n",
                service->plural, service->plural, service->resource->name, service->resource->plural);
}

static void write_stream(const struct service *service)
{
  strbuf_printf(service->text,
                "\nmessage Stream%sRequest {\n"
                "  string filter = 1;\n"
                "  string order_by = 2;\n"
                "  google.protobuf.FieldMask read_mask = 3;\n"
                "  // Where to go on: the token of the last message that arrived.\n"
                "  string page_token = 4;\n"
                "  // At most so many in one message; 0 leaves it to the server.\n"
                "  int32 page_size = 5;\n"
                "}\n\n"
                "message Stream%sResponse {\n"
                "  repeated %s %s = 1;\n"
                "  // Resumes the stream behind this message.\n"
                "  string next_page_token = 2;\n"
                "}\n",
                service->plural, service->plural, service->resource->name, service->resource->plural);
}

void init_write_service(struct init_build *build, struct init_resource *resource)
{
  if (!can_be_asked_for(resource))
    return;
  struct init_output *output =
      output_new(build, arena_printf(build->arena, "%s_service", resource->singular));
  struct service service = {build, resource, output, init_pascal(build->arena, resource->plural),
                            &output->added};
  output_import(build, output, "google/protobuf/field_mask.proto");
  output_import(build, output, resource->output->path);
  write_methods(&service);
  write_get(&service);
  write_batch_get(&service);
  write_list(&service);
  write_stream(&service);
}

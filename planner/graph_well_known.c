#include "planner/graph_build.h"

bool is_relation_arguments(const struct schema_field *field)
{
  return field->message != NULL && field->message->map_entry && field->message->n_fields == 2 &&
         field->message->fields[0].type == FIELD_STRING && field->message->fields[1].message != NULL &&
         field->message->fields[1].message->well_known == WELL_KNOWN_RELATION_ARGUMENTS;
}

bool is_mask_field(const struct schema_field *field)
{
  return field->message != NULL && field->message->well_known == WELL_KNOWN_FIELD_MASK && !field->repeated;
}

/* The fields that a List or Stream knows by name and type. */
static const struct schema_field **paging_slot(struct graph_method *method, const struct schema_field *field,
                                               enum field_type *ret_type)
{
  *ret_type = FIELD_STRING;
  if (strcmp(field->name, "filter") == 0)
    return &method->filter;
  if (strcmp(field->name, "order_by") == 0)
    return &method->order_by;
  if (strcmp(field->name, "page_token") == 0)
    return &method->page_token;
  *ret_type = FIELD_BOOL;
  if (strcmp(field->name, "show_deleted") == 0)
    return &method->show_deleted;
  *ret_type = FIELD_INT32;
  if (strcmp(field->name, "skip") == 0)
    return &method->skip;
  return strcmp(field->name, "page_size") == 0 ? &method->page_size : NULL;
}

static enum well_known_field bind_paging(struct graph_build *build, struct graph_method *method,
                                         const struct schema_field *field)
{
  static const char *const types[] = {
      [FIELD_STRING] = "string", [FIELD_BOOL] = "bool", [FIELD_INT32] = "int32"};
  enum field_type type;
  const struct schema_field **slot = paging_slot(method, field, &type);
  if (slot == &method->skip && method->kind == METHOD_STREAM) {
    problem_of_method_field(build, method, field, FIX_IGNORE,
                            "a stream has all rows and nothing to skip: it starts at its page_token");
    return WELL_KNOWN_REFUSED;
  }
  if (slot == &method->show_deleted && !text_given(method->resource->message->options->deleted)) {
    problem_of_method_field(
        build, method, field,
        "option (rowan.v1.resource) = {deleted: \"column('deleted_at'):*\"};\n" FIX_IGNORE,
        "%s does not say which of its rows are deleted", method->resource->message->name);
    return WELL_KNOWN_REFUSED;
  }
  if (slot == NULL)
    return WELL_KNOWN_NO;
  if (field->type != type || field->repeated) {
    problem_of_method_field(build, method, field, NULL, "%s must be %s", field->name, types[type]);
    return WELL_KNOWN_REFUSED;
  }
  *slot = field;
  return WELL_KNOWN_BOUND;
}

enum well_known_field bind_well_known(struct graph_build *build, struct graph_method *method,
                                      const struct schema_field *field)
{
  if (has_source(field))
    return WELL_KNOWN_NO;
  const struct schema_field **slot = is_mask_field(field)           ? &method->read_mask
                                     : is_relation_arguments(field) ? &method->relation_arguments
                                                                    : NULL;
  if (slot != NULL && *slot != NULL) {
    problem_of_method_field(build, method, field, FIX_IGNORE, "the request has %s already", (*slot)->name);
    return WELL_KNOWN_REFUSED;
  }
  if (slot != NULL) {
    *slot = field;
    return WELL_KNOWN_BOUND;
  }
  if (strcmp(field->name, "read_mask") == 0) {
    problem_of_method_field(build, method, field, NULL, "read_mask must be google.protobuf.FieldMask");
    return WELL_KNOWN_REFUSED;
  }
  if (method_is_list(method))
    return bind_paging(build, method, field);
  if (strcmp(field->name, "show_deleted") != 0)
    return WELL_KNOWN_NO;
  problem_of_method_field(
      build, method, field, FIX_IGNORE,
      "what is deleted is found by its key in any case: show_deleted is for lists and streams");
  return WELL_KNOWN_REFUSED;
}

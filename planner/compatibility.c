/*
 * compatibility.c - two descriptor sets, walked side by side from the methods on.
 *
 * Only what a method of the older set reaches can break anybody.  A pair of messages is compared once; a type
 * that has another name is reported where it is used and not gone into.  Places are those of the newer set
 * where the thing is still there, else of the older.
 */
#include "planner/compatibility.h"

#include <stdlib.h>

#include "planner/graph_build.h"

struct comparison {
  const struct schema *after;
  struct problems *problems;
  const struct schema_message **items; /* compared, or being compared: of the older set */
  size_t n, cap;
};

/* What a problem is said of. */
struct subject {
  struct comparison *comparison;
  const char *place, *path;
};

static void add(const struct subject *subject, const char *format, ...)
{
  struct problems *problems = subject->comparison->problems;
  struct strbuf text = {0};
  va_list args;
  va_start(args, format);
  strbuf_printf(&text, "%s: ", subject->path);
  strbuf_vprintf(&text, format, args);
  va_end(args);
  struct problem problem = {.place = subject->place,
                            .message = arena_strdup(problems->arena, strbuf_text(&text))};
  strbuf_done(&text);
  VEC_PUSH(problems->arena, problems, problem);
  problems->n_errors++;
}

static struct subject of_field(struct comparison *comparison, const struct schema_field *before,
                               const struct schema_field *after)
{
  struct arena *arena = comparison->problems->arena;
  return (struct subject){comparison, schema_field_place(after == NULL ? before : after, arena),
                          arena_printf(arena, "%s.%s", before->parent->full_name, before->name)};
}

/* ---- options ---- */

static void compare_text(const struct subject *subject, const char *option, const char *before,
                         const char *after)
{
  if (strcmp(before, after) != 0)
    add(subject, "%s was \"%s\" and is \"%s\"", option, before, after);
}

static void compare_number(const struct subject *subject, const char *option, int32_t before, int32_t after)
{
  if (before != after)
    add(subject, "%s was %d and is %d%s", option, before, after,
        before == 0 || after == 0 ? " (0: the setting's)" : "");
}

static const char *joined(const struct subject *subject, char *const *texts, size_t n)
{
  struct strbuf text = {0};
  for (size_t i = 0; i < n; i++)
    strbuf_printf(&text, "%s%s", i == 0 ? "" : ",", texts[i]);
  const char *copy = arena_strdup(subject->comparison->problems->arena, strbuf_text(&text));
  strbuf_done(&text);
  return copy;
}

static void compare_resources(const struct subject *subject, const Rowan__V1__ResourceOptions *before,
                              const Rowan__V1__ResourceOptions *after)
{
  if (before == NULL)
    return;
  if (after == NULL) {
    add(subject, "was a resource and is none");
    return;
  }
  compare_text(subject, "key", joined(subject, before->key, before->n_key),
               joined(subject, after->key, after->n_key));
  compare_text(subject, "order_by", before->order_by, after->order_by);
  compare_text(subject, "filter", before->filter, after->filter);
  compare_text(subject, "deleted", before->deleted, after->deleted);
  compare_text(subject, "default_mask", before->default_mask, after->default_mask);
  compare_number(subject, "page_size", before->page_size, after->page_size);
  compare_number(subject, "max_page_size", before->max_page_size, after->max_page_size);
}

static void compare_relations(const struct subject *subject, const Rowan__V1__Relation *before,
                              const Rowan__V1__Relation *after)
{
  static const Rowan__V1__Relation none = ROWAN__V1__RELATION__INIT;
  static const Rowan__V1__Through directly = ROWAN__V1__THROUGH__INIT;
  before = before == NULL ? &none : before;
  after = after == NULL ? &none : after;
  const Rowan__V1__Through *through_before = before->through == NULL ? &directly : before->through;
  const Rowan__V1__Through *through_after = after->through == NULL ? &directly : after->through;
  compare_text(subject, "relation.filter", before->filter, after->filter);
  compare_text(subject, "relation.through.filter", through_before->filter, through_after->filter);
  compare_text(subject, "relation.order_by", before->order_by, after->order_by);
  compare_number(subject, "relation.page_size", before->page_size, after->page_size);
  compare_number(subject, "relation.max_page_size", before->max_page_size, after->max_page_size);
  compare_number(subject, "relation.max_depth", before->max_depth, after->max_depth);
}

static struct str packed(const struct subject *subject, const Rowan__V1__Aggregate *aggregate)
{
  if (aggregate == NULL)
    return (struct str){NULL, 0};
  uint8_t *bytes = arena_alloc(subject->comparison->problems->arena,
                               protobuf_c_message_get_packed_size(&aggregate->base) + 1);
  return (struct str){(const char *)bytes, protobuf_c_message_pack(&aggregate->base, bytes)};
}

static void compare_field_options(const struct subject *subject, const Rowan__V1__FieldOptions *before,
                                  const Rowan__V1__FieldOptions *after)
{
  static const Rowan__V1__FieldOptions none = ROWAN__V1__FIELD_OPTIONS__INIT;
  before = before == NULL ? &none : before;
  after = after == NULL ? &none : after;
  if (after->ignore && !before->ignore)
    add(subject, "is ignored now");
  compare_text(subject, "source", before->source, after->source);
  compare_text(subject, "function", before->function, after->function);
  compare_text(subject, "operator", before->operator_, after->operator_);
  compare_text(subject, "has_more", before->has_more, after->has_more);
  compare_text(subject, "next_page_token", before->next_page_token, after->next_page_token);
  compare_text(subject, "required_scopes",
               joined(subject, before->required_scopes, before->n_required_scopes),
               joined(subject, after->required_scopes, after->n_required_scopes));
  if (before->total_size != after->total_size)
    add(subject, "total_size is counted otherwise");
  if (!str_equal(packed(subject, before->aggregate), packed(subject, after->aggregate)))
    add(subject, "aggregate is another");
  compare_relations(subject, before->relation, after->relation);
}

static void compare_method_options(const struct subject *subject, const Rowan__V1__MethodOptions *before,
                                   const Rowan__V1__MethodOptions *after)
{
  static const Rowan__V1__MethodOptions none = ROWAN__V1__METHOD_OPTIONS__INIT;
  before = before == NULL ? &none : before;
  after = after == NULL ? &none : after;
  if (after->ignore && !before->ignore)
    add(subject, "is ignored now");
  compare_text(subject, "default_mask", before->default_mask, after->default_mask);
  compare_number(subject, "page_size", before->page_size, after->page_size);
  compare_number(subject, "max_page_size", before->max_page_size, after->max_page_size);
}

/* ---- fields ---- */

static const char *type_name(const struct schema_field *field)
{
  static const char *const scalars[] = {
      [FIELD_DOUBLE] = "double",     [FIELD_FLOAT] = "float",     [FIELD_INT64] = "int64",
      [FIELD_UINT64] = "uint64",     [FIELD_INT32] = "int32",     [FIELD_FIXED64] = "fixed64",
      [FIELD_FIXED32] = "fixed32",   [FIELD_BOOL] = "bool",       [FIELD_STRING] = "string",
      [FIELD_GROUP] = "group",       [FIELD_MESSAGE] = "message", [FIELD_BYTES] = "bytes",
      [FIELD_UINT32] = "uint32",     [FIELD_ENUM] = "enum",       [FIELD_SFIXED32] = "sfixed32",
      [FIELD_SFIXED64] = "sfixed64", [FIELD_SINT32] = "sint32",   [FIELD_SINT64] = "sint64",
  };
  if (field->message != NULL)
    return field->message->full_name;
  return field->enumeration != NULL ? field->enumeration->full_name : scalars[field->type];
}

static bool same_type(const struct subject *subject, const struct schema_field *before,
                      const struct schema_field *after)
{
  bool same = before->repeated == after->repeated && strcmp(type_name(before), type_name(after)) == 0;
  if (!same)
    add(subject, "was %s%s and is %s%s", before->repeated ? "repeated " : "", type_name(before),
        after->repeated ? "repeated " : "", type_name(after));
  return same;
}

static const struct schema_enum_value *find_value(const struct schema_enum *enumeration, int32_t number)
{
  for (size_t i = 0; i < enumeration->n_values; i++)
    if (enumeration->values[i].number == number)
      return &enumeration->values[i];
  return NULL;
}

static void compare_enums(const struct subject *subject, const struct schema_enum *before,
                          const struct schema_enum *after)
{
  for (size_t i = 0; i < before->n_values; i++) {
    const struct schema_enum_value *value = find_value(after, before->values[i].number);
    if (value == NULL)
      add(subject, "its value %s = %d is gone", before->values[i].name, before->values[i].number);
    else if (strcmp(value->name, before->values[i].name) != 0)
      add(subject, "its value %s is called %s", before->values[i].name, value->name);
  }
}

static void compare_messages(struct comparison *comparison, const struct schema_message *before,
                             const struct schema_message *after);

static const char *oneof_name(const struct schema_field *field)
{
  return field->oneof == NULL ? "" : field->oneof->name;
}

static void compare_same_field(const struct subject *subject, const struct schema_field *before,
                               const struct schema_field *after)
{
  if (strcmp(before->name, after->name) != 0)
    add(subject, "is called %s", after->name);
  else if (strcmp(before->json_name, after->json_name) != 0)
    add(subject, "its JSON name was \"%s\" and is \"%s\"", before->json_name, after->json_name);
  if (before->optional && !after->optional)
    add(subject, "was optional and is not: zero and unset are one");
  if (after->required && !before->required)
    add(subject, "is required now");
  compare_text(subject, "oneof", oneof_name(before), oneof_name(after));
  compare_field_options(subject, before->options, after->options);
  if (!same_type(subject, before, after))
    return;
  if (before->enumeration != NULL)
    compare_enums(subject, before->enumeration, after->enumeration);
  if (before->message != NULL)
    compare_messages(subject->comparison, before->message, after->message);
}

static void compare_fields(struct comparison *comparison, const struct schema_field *before,
                           const struct schema_message *message)
{
  const struct schema_field *same = schema_message_field_by_number(message, before->number);
  const struct schema_field *namesake = schema_message_field(message, str_from(before->name));
  struct subject subject = of_field(comparison, before, same != NULL ? same : namesake);
  if (namesake != NULL && namesake->number != before->number)
    add(&subject, "its number was %u and is %u", before->number, namesake->number);
  else if (same == NULL)
    add(&subject, "is gone");
  else
    compare_same_field(&subject, before, same);
}

/* A client that does not know a field cannot set it. */
static void report_new_required(struct comparison *comparison, const struct schema_message *before,
                                const struct schema_message *after)
{
  for (size_t i = 0; i < after->n_fields; i++) {
    const struct schema_field *field = &after->fields[i];
    if (!field->required || schema_message_field_by_number(before, field->number) != NULL)
      continue;
    struct subject subject = of_field(comparison, field, field);
    add(&subject, "is new and required");
  }
}

static bool is_compared(const struct comparison *comparison, const struct schema_message *message)
{
  for (size_t i = 0; i < comparison->n; i++)
    if (comparison->items[i] == message)
      return true;
  return false;
}

static void compare_messages(struct comparison *comparison, const struct schema_message *before,
                             const struct schema_message *after)
{
  struct arena *arena = comparison->problems->arena;
  if (before->well_known != WELL_KNOWN_NONE || is_compared(comparison, before))
    return;
  VEC_PUSH(arena, comparison, before);
  struct subject subject = {comparison, schema_resource_place(after, arena), before->full_name};
  compare_resources(&subject, before->options, after->options);
  for (size_t i = 0; i < before->n_fields; i++)
    compare_fields(comparison, &before->fields[i], after);
  report_new_required(comparison, before, after);
}

/* ---- methods ---- */

static const struct schema_method *find_method(const struct schema *schema,
                                               const struct schema_method *method)
{
  const struct schema_service *service = schema_find_service(schema, method->service->full_name);
  for (size_t i = 0; service != NULL && i < service->n_methods; i++)
    if (strcmp(service->methods[i].name, method->name) == 0)
      return &service->methods[i];
  return NULL;
}

static void compare_ends(const struct subject *subject, const char *verb, const struct schema_message *before,
                         const struct schema_message *after)
{
  if (strcmp(before->full_name, after->full_name) != 0)
    add(subject, "%s %s and now %s", verb, before->full_name, after->full_name);
  else
    compare_messages(subject->comparison, before, after);
}

static void compare_methods(struct comparison *comparison, const struct schema_method *before)
{
  const struct schema_method *after = find_method(comparison->after, before);
  struct subject subject = {comparison,
                            schema_method_place(after == NULL ? before : after, comparison->problems->arena),
                            before->path};
  if (after == NULL) {
    add(&subject, "is gone");
    return;
  }
  if (before->server_streaming != after->server_streaming ||
      before->client_streaming != after->client_streaming)
    add(&subject, "streams otherwise");
  compare_method_options(&subject, before->options, after->options);
  compare_ends(&subject, "took", before->input, after->input);
  compare_ends(&subject, "answered", before->output, after->output);
}

static bool is_ignored(const struct schema_method *method)
{
  return method->options != NULL && method->options->ignore;
}

void compatibility_check(const struct schema *before, const struct schema *after, struct problems *problems)
{
  struct comparison comparison = {.after = after, .problems = problems};
  for (size_t i = 0; i < before->n_services; i++)
    for (size_t j = 0; j < before->services[i]->n_methods; j++)
      if (!is_ignored(&before->services[i]->methods[j]))
        compare_methods(&comparison, &before->services[i]->methods[j]);
  problems_sort(problems);
}

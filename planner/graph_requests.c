/*
 * graph_requests.c - what each field of a request means.
 *
 * A name means a well-known field first, then (Get, BatchGet) a part of a key or (List, Stream) a condition:
 * a resource's field, else a column, else the key in the plural (`ids`: any of these), else what `source`
 * says. A field that means nothing is a problem: a client that sets it would believe that it did something.
 *
 * Keys in the plural make a BatchGet, which has no pages.  Where the request has page_size or page_token, or
 * the response next_page_token, they are a List's condition instead.
 *
 * Get may offer several keys.  Of those whose columns the request names completely, one that is a part of
 * another is no key of its own; of several that remain exactly one must be set, so their fields need
 * presence.
 */
#include "planner/graph_build.h"
#include "planner/graph_names.h"

static bool is_ignored(const struct schema_field *field)
{
  return field->options != NULL && field->options->ignore;
}

/* ---- values ---- */

/* Whether a value of the field can be compared with the column; a repeated field by its elements. */
static bool check_value(struct graph_build *build, struct graph_method *method,
                        const struct schema_field *field, const struct catalog_type *type,
                        struct codec *ret_codec)
{
  struct schema_field element = *field;
  struct error error;
  element.repeated = false;
  if (catalog_base_type(type)->class == TYPE_ARRAY) {
    problem_of_method_field(build, method, field, FIX_IGNORE,
                            "an array cannot be compared with a request's field");
    return false;
  }
  if (codec_resolve(type, &element, build->arena, ret_codec, &error))
    return true;
  problem_of_method_field(build, method, field, NULL, "%s", error.message);
  return false;
}

/* The column that a name means: a resource's field, else a column. */
static const struct catalog_column *column_by_name(const struct graph_resource *resource, const char *name)
{
  const struct graph_field *field = served_field(resource, str_from(name));
  if (field != NULL && field->kind == GRAPH_FIELD_COLUMN)
    return field->column;
  return catalog_find_column(resource->table, str_from(name));
}

static const struct catalog_column *key_field_column(const struct graph_resource *resource,
                                                     const struct schema_field *field)
{
  if (is_ignored(field) || field->repeated || is_mask_field(field))
    return NULL;
  if (field->options != NULL && text_given(field->options->column))
    return catalog_find_column(resource->table, str_from(field->options->column));
  if (has_source(field))
    return column_by_name(resource, field->options->source);
  return column_by_name(resource, field->name);
}

/* ---- keys ---- */

struct lookups {
  struct graph_lookup *items;
  size_t n, cap;
};

static const struct schema_field *field_of_column(const struct schema_message *message,
                                                  const struct graph_resource *resource,
                                                  const struct catalog_column *column)
{
  for (size_t i = 0; i < message->n_fields; i++)
    if (key_field_column(resource, &message->fields[i]) == column)
      return &message->fields[i];
  return NULL;
}

/* The key as fields of the message; false where a column has none. */
static bool lookup_by_key(struct graph_build *build, const struct schema_message *message,
                          const struct graph_resource *resource, const struct catalog_key *key,
                          struct graph_lookup *ret)
{
  struct graph_lookup lookup = {.columns = key->columns, .n_columns = key->n_columns};
  lookup.fields = ARENA_ARRAY(build->arena, const struct schema_field *, key->n_columns);
  for (size_t i = 0; i < key->n_columns; i++) {
    lookup.fields[i] = field_of_column(message, resource, key->columns[i]);
    if (lookup.fields[i] == NULL)
      return false;
  }
  *ret = lookup;
  return true;
}

static bool is_part_of(const struct graph_lookup *part, const struct graph_lookup *whole)
{
  for (size_t i = 0; i < part->n_columns; i++) {
    size_t j = 0;
    while (j < whole->n_columns && whole->columns[j] != part->columns[i])
      j++;
    if (j == whole->n_columns)
      return false;
  }
  return true;
}

/* Adds a key unless it is a part of another; takes out those that are part of it. */
static void add_lookup(struct graph_build *build, struct lookups *lookups, const struct graph_lookup *lookup)
{
  size_t n = 0;
  for (size_t i = 0; i < lookups->n; i++)
    if (is_part_of(lookup, &lookups->items[i]))
      return;
  for (size_t i = 0; i < lookups->n; i++)
    if (!is_part_of(&lookups->items[i], lookup))
      lookups->items[n++] = lookups->items[i];
  lookups->n = n;
  VEC_PUSH(build->arena, lookups, *lookup);
}

/* The resource's key first, then the other unique keys of its table. */
static struct lookups find_lookups(struct graph_build *build, const struct schema_message *message,
                                   const struct graph_resource *resource)
{
  struct lookups lookups = {0};
  struct graph_lookup lookup;
  if (lookup_by_key(build, message, resource, resource->key, &lookup))
    add_lookup(build, &lookups, &lookup);
  for (size_t i = 0; i < resource->table->n_keys; i++)
    if (lookup_by_key(build, message, resource, &resource->table->keys[i], &lookup))
      add_lookup(build, &lookups, &lookup);
  return lookups;
}

static bool is_used(const struct lookups *lookups, const struct schema_field *field)
{
  for (size_t i = 0; i < lookups->n; i++)
    for (size_t j = 0; j < lookups->items[i].n_columns; j++)
      if (lookups->items[i].fields[j] == field)
        return true;
  return false;
}

/* A value whose text in the database is not known to the letter. */
static const char *folded_name(const struct schema_enum *enumeration, const struct codec *codec)
{
  for (size_t i = 0; i < enumeration->n_values; i++)
    if (enumeration->values[i].number == codec->folded[0].number)
      return enumeration->values[i].name;
  return "";
}

static void check_lookup(struct graph_build *build, struct graph_method *method,
                         const struct graph_lookup *lookup, bool one_of_several)
{
  for (size_t i = 0; i < lookup->n_columns; i++) {
    const struct schema_field *field = lookup->fields[i];
    struct codec codec;
    if (!check_value(build, method, field, lookup->columns[i]->type, &codec))
      continue;
    if (codec.n_folded > 0)
      problem_of_method_field(build, method, field, "[(rowan.v1.enum_value).label = \"…\"]",
                              "a key is found by its text, which no annotation says of value %s of %s",
                              folded_name(field->enumeration, &codec), field->enumeration->full_name);
    if (one_of_several && !field_has_presence(field))
      problem_of_method_field(
          build, method, field, arena_printf(build->arena, "optional … %s = %u;", field->name, field->number),
          "the request has several keys of which exactly one must be set: \"%s\" needs presence",
          field->name);
  }
}

static const char *key_text(struct graph_build *build, const struct catalog_key *key)
{
  struct strbuf text = {0};
  for (size_t i = 0; i < key->n_columns; i++)
    strbuf_printf(&text, "%s%s", i > 0 ? ", " : "", key->columns[i]->name);
  const char *copy = arena_strdup(build->arena, strbuf_text(&text));
  strbuf_done(&text);
  return copy;
}

static void means_nothing(struct graph_build *build, struct graph_method *method,
                          const struct schema_field *field)
{
  const struct graph_resource *resource = method->resource;
  const char *nearest = nearest_field(build->arena, resource, str_from(field->name));
  if (nearest == NULL)
    nearest = nearest_column(build, resource->table, str_from(field->name));
  if (method_is_list(method))
    problem_of_method_field(
        build, method, field,
        arena_printf(build->arena, "[(rowan.v1.field).source = \"%s\"]\n%s", nearest != NULL ? nearest : "…",
                     FIX_IGNORE),
        "the field means nothing: it is no well-known field, and no field or column of %s",
        resource->message->name);
  else
    problem_of_method_field(build, method, field, FIX_IGNORE,
                            "the field means nothing: it is no part of a unique key of %s",
                            resource->message->name);
}

static void bind_get(struct graph_build *build, struct graph_method *method)
{
  const struct schema_message *request = method->method->input;
  struct lookups lookups = find_lookups(build, request, method->resource);
  for (size_t i = 0; i < request->n_fields; i++) {
    const struct schema_field *field = &request->fields[i];
    if (is_ignored(field) || is_used(&lookups, field))
      continue;
    if (bind_well_known(build, method, field) == WELL_KNOWN_NO && lookups.n > 0)
      means_nothing(build, method, field);
  }
  method->lookups = lookups.items;
  method->n_lookups = lookups.n;
  if (lookups.n == 0)
    problem_of_method(build, method, NULL, "%s names no key of %s: its key is %s", request->full_name,
                      method->resource->message->name, key_text(build, method->resource->key));
  for (size_t i = 0; i < lookups.n; i++)
    check_lookup(build, method, &lookups.items[i], lookups.n > 1);
}

/* ---- keys in the plural ---- */

/* "ids", "keys" or the plural of the key's only column. */
static bool is_key_list(struct graph_build *build, const struct graph_resource *resource,
                        const struct schema_field *field)
{
  if (!field->repeated || field->message != NULL || is_ignored(field) || resource->key->n_columns != 1)
    return false;
  return strcmp(field->name, "ids") == 0 || strcmp(field->name, "keys") == 0 ||
         strcmp(field->name, name_plural(build->arena, resource->key->columns[0]->name)) == 0;
}

static bool is_request_list(const struct schema_field *field)
{
  return field->repeated && strcmp(field->name, "requests") == 0 && field->message != NULL &&
         !field->message->map_entry && !is_ignored(field);
}

static bool has_field(const struct schema_message *message, const char *name, enum field_type type)
{
  const struct schema_field *field = schema_message_field(message, str_from(name));
  return field != NULL && field->type == type && !field->repeated && !is_ignored(field);
}

static bool is_paged(const struct schema_method *method)
{
  return has_field(method->input, "page_size", FIELD_INT32) ||
         has_field(method->input, "page_token", FIELD_STRING) ||
         has_field(method->output, "next_page_token", FIELD_STRING);
}

bool request_is_batch(struct graph_build *build, const struct schema_method *method,
                      const struct graph_resource *resource)
{
  bool paged = is_paged(method);
  for (size_t i = 0; i < method->input->n_fields; i++) {
    const struct schema_field *field = &method->input->fields[i];
    if (is_request_list(field) || (!paged && is_key_list(build, resource, field)))
      return true;
  }
  return false;
}

static void set_lookup(struct graph_build *build, struct graph_method *method,
                       const struct graph_lookup *lookup)
{
  method->lookups = ARENA_NEW(build->arena, struct graph_lookup);
  method->lookups[0] = *lookup;
  method->n_lookups = 1;
  check_lookup(build, method, lookup, false);
}

static void bind_key_list(struct graph_build *build, struct graph_method *method,
                          const struct schema_field *field)
{
  struct graph_lookup lookup = {.columns = method->resource->key->columns, .n_columns = 1};
  lookup.fields = ARENA_NEW(build->arena, const struct schema_field *);
  lookup.fields[0] = field;
  set_lookup(build, method, &lookup);
}

/* Elements are requests of the single Get; what else they hold, such as a mask, is the whole request's to
 * say. */
static void bind_request_list(struct graph_build *build, struct graph_method *method,
                              const struct schema_field *field)
{
  struct lookups lookups = find_lookups(build, field->message, method->resource);
  method->requests = field;
  if (lookups.n > 0)
    set_lookup(build, method, &lookups.items[0]);
  else
    problem_of_method_field(build, method, field, NULL, "%s names no key of %s: its key is %s",
                            field->message->full_name, method->resource->message->name,
                            key_text(build, method->resource->key));
}

static void bind_batch(struct graph_build *build, struct graph_method *method)
{
  const struct schema_message *request = method->method->input;
  bool several = false;
  for (size_t i = 0; i < request->n_fields; i++) {
    const struct schema_field *field = &request->fields[i];
    bool list = is_key_list(build, method->resource, field), requests = is_request_list(field);
    if (is_ignored(field))
      continue;
    several = several || ((list || requests) && (method->n_lookups > 0 || method->requests != NULL));
    if (list)
      bind_key_list(build, method, field);
    else if (requests)
      bind_request_list(build, method, field);
    else if (bind_well_known(build, method, field) == WELL_KNOWN_NO)
      means_nothing(build, method, field);
  }
  if (several)
    problem_of_method(build, method, NULL, "%s names keys in several ways", request->full_name);
  else if (method->n_lookups == 0 && method->requests == NULL)
    problem_of_method(build, method, NULL, "%s names no keys of %s in the plural: ids, keys, %s or requests",
                      request->full_name, method->resource->message->name,
                      name_plural(build->arena, key_text(build, method->resource->key)));
}

/* ---- conditions ---- */

static bool read_operator(const struct schema_field *field, enum compare_op *ret)
{
  static const struct {
    const char *text;
    enum compare_op op;
  } operators[] = {{"", COMPARE_EQ},   {"=", COMPARE_EQ}, {"!=", COMPARE_NE}, {"<", COMPARE_LT},
                   {"<=", COMPARE_LE}, {">", COMPARE_GT}, {">=", COMPARE_GE}};
  const char *text =
      field->options != NULL && field->options->operator_ != NULL ? field->options->operator_ : "";
  for (size_t i = 0; i < LENGTH_OF(operators); i++)
    if (strcmp(operators[i].text, text) == 0) {
      *ret = operators[i].op;
      return true;
    }
  return false;
}

/* What the field is compared with; false when it means nothing or was refused. */
static bool condition_operand(struct graph_build *build, struct graph_method *method,
                              const struct schema_field *field, struct expr_operand *ret)
{
  const char *cause, *name = field->name;
  bool annotated = has_source(field);
  if (annotated)
    name = field->options->source;
  else if (field->options != NULL && text_given(field->options->column))
    name = field->options->column;
  if (path_resolve(build, method->resource, str_from(name), true, ret, &cause))
    return true;
  if (name == field->name && is_key_list(build, method->resource, field)) {
    *ret = (struct expr_operand){.column = method->resource->key->columns[0]};
    return true;
  }
  if (annotated)
    problem_of_method_field(build, method, field, NULL, "source \"%s\": %s", name, cause);
  else
    means_nothing(build, method, field);
  return false;
}

struct conditions {
  struct graph_condition *items;
  size_t n, cap;
};

/* An enum of texts under an operator that would compare them by the alphabet. */
static bool has_no_order(const struct graph_condition *condition)
{
  return condition->codec.kind == CODEC_ENUM && condition->op != COMPARE_EQ && condition->op != COMPARE_NE &&
         catalog_base_type(expr_operand_type(&condition->operand))->class != TYPE_ENUM;
}

static void bind_condition(struct graph_build *build, struct graph_method *method,
                           const struct schema_field *field, struct conditions *conditions)
{
  struct graph_condition condition = {.field = field};
  if (!condition_operand(build, method, field, &condition.operand))
    return;
  if (!read_operator(field, &condition.op)) {
    problem_of_method_field(build, method, field, "[(rowan.v1.field).operator = \">=\"]",
                            "operator \"%s\" is none of = != < <= > >=", field->options->operator_);
    return;
  }
  if (field->repeated && condition.op != COMPARE_EQ) {
    problem_of_method_field(build, method, field, NULL,
                            "a repeated field means any of its values, which needs =");
    return;
  }
  if (!check_value(build, method, field, expr_operand_type(&condition.operand), &condition.codec))
    return;
  if (has_no_order(&condition)) {
    problem_of_method_field(build, method, field, NULL,
                            "an enum's texts have no order: operator %s is not for them",
                            field->options->operator_);
    return;
  }
  VEC_PUSH(build->arena, conditions, condition);
}

static void bind_list(struct graph_build *build, struct graph_method *method)
{
  const struct schema_message *request = method->method->input;
  struct conditions conditions = {0};
  for (size_t i = 0; i < request->n_fields; i++) {
    const struct schema_field *field = &request->fields[i];
    if (!is_ignored(field) && bind_well_known(build, method, field) == WELL_KNOWN_NO)
      bind_condition(build, method, field, &conditions);
  }
  method->conditions = conditions.items;
  method->n_conditions = conditions.n;
}

void bind_request(struct graph_build *build, struct graph_method *method)
{
  switch (method->kind) {
  case METHOD_GET:
    bind_get(build, method);
    return;
  case METHOD_BATCH_GET:
    bind_batch(build, method);
    return;
  case METHOD_LIST:
  case METHOD_STREAM:
    bind_list(build, method);
    return;
  }
}

/*
 * graph_variants.c - oneofs of which a row has the member that its discriminator names.
 *
 * The members' relations lead by the oneof's columns and stand already, as if each applied to every row. Here
 * each gets the condition under which it does.  The discriminator is compared as text, byte by byte, so its
 * type is one whose equal values have equal texts.
 *
 * Without a discriminator a oneof needs nothing of this: each member is a relation by a key of its own.
 */
#include "planner/graph_build.h"

struct variants {
  struct graph_build *build;
  struct graph_resource *resource;
  struct graph_oneof *oneof;
  struct graph_field **fields; /* its members */
  size_t n;
};

bool field_is_variant(const struct schema_field *field)
{
  return field->oneof != NULL && field->oneof->options != NULL &&
         text_given(field->oneof->options->discriminator);
}

static void problem_of_all(struct variants *variants, const char *fix, const char *cause)
{
  problem_of_field(variants->build, variants->fields[0], fix, "oneof %s: %s", variants->oneof->oneof->name,
                   cause);
  for (size_t i = 1; i < variants->n; i++)
    variants->fields[i]->kind = GRAPH_FIELD_NONE;
}

/* Whether equal values have equal texts, and no others do. */
static bool has_exact_text(const struct catalog_column *column)
{
  switch (catalog_base_type(column->type)->class) {
  case TYPE_INT2:
  case TYPE_INT4:
  case TYPE_INT8:
  case TYPE_ENUM:
    return true;
  case TYPE_TEXT:
  case TYPE_BPCHAR:
    return column->deterministic;
  default:
    return false;
  }
}

static bool resolve_discriminator(struct variants *variants)
{
  struct graph_build *build = variants->build;
  struct graph_oneof *oneof = variants->oneof;
  const char *path = oneof->oneof->options->discriminator, *cause;
  struct expr_operand operand = {0};
  if (oneof->oneof->options->n_columns == 0) {
    problem_of_all(variants, "option (rowan.v1.oneof) = {columns: [\"…\"]};",
                   "columns are missing: those that hold the member's key");
    return false;
  }
  if (!path_resolve(build, variants->resource, str_from(path), false, &operand, &cause)) {
    problem_of_all(variants, NULL, arena_printf(build->arena, "discriminator \"%s\": %s", path, cause));
    return false;
  }
  if (operand.column == NULL || !has_exact_text(operand.column)) {
    problem_of_all(
        variants, NULL,
        arena_printf(build->arena, "discriminator \"%s\" is no text, integer or enum column", path));
    return false;
  }
  oneof->steps = operand.steps;
  oneof->n_steps = operand.n_steps;
  oneof->column = operand.column;
  return true;
}

/* ---- members ---- */

static bool is_integer_text(const char *text)
{
  text += *text == '-';
  size_t n = strspn(text, "0123456789");
  return n > 0 && n < 10 && text[n] == '\0' && (text[0] != '0' || n == 1);
}

/* NULL, or why no row's discriminator can be this: the condition would be one that Postgres refuses. */
static const char *value_cause(struct variants *variants, const char *value)
{
  const struct catalog_type *type = catalog_base_type(variants->oneof->column->type);
  if (type->class == TYPE_TEXT || type->class == TYPE_BPCHAR)
    return NULL;
  if (type->class != TYPE_ENUM)
    return is_integer_text(value)
               ? NULL
               : arena_printf(variants->build->arena, "\"%s\" is no value of type %s", value, type->name);
  for (size_t i = 0; i < type->n_labels; i++)
    if (strcmp(type->labels[i], value) == 0)
      return NULL;
  const char *nearest = str_nearest(str_from(value), type->labels, type->n_labels);
  return arena_printf(variants->build->arena, "enum %s has no label \"%s\"%s%s%s", type->name, value,
                      nearest == NULL ? "" : "; did you mean \"", nearest == NULL ? "" : nearest,
                      nearest == NULL ? "" : "\"?");
}

static bool is_taken(const struct graph_oneof *oneof, const char *value)
{
  for (size_t i = 0; i < oneof->n_values; i++)
    if (strcmp(oneof->values[i], value) == 0)
      return true;
  return false;
}

static const struct expr *variant_condition(struct variants *variants, const char *value)
{
  struct arena *arena = variants->build->arena;
  const struct graph_oneof *oneof = variants->oneof;
  struct expr *expr = ARENA_NEW(arena, struct expr);
  expr->kind = EXPR_COMPARE;
  expr->op = COMPARE_EQ;
  expr->operand =
      (struct expr_operand){.steps = oneof->steps, .n_steps = oneof->n_steps, .column = oneof->column};
  expr->values = ARENA_NEW(arena, struct expr_value);
  expr->values[0] =
      (struct expr_value){.inline_literal = true, .text = str_from(value), .type = oneof->column->type};
  expr->n_values = 1;
  return expr;
}

static void resolve_member(struct variants *variants, struct graph_field *field)
{
  const Rowan__V1__FieldOptions *options = field->field->options;
  struct graph_oneof *oneof = variants->oneof;
  if (field->kind != GRAPH_FIELD_RELATION) {
    if (field_declared(field->field) != DECLARED_RELATION && field_declared(field->field) != DECLARED_IGNORED)
      problem_of_field(variants->build, field, FIX_IGNORE,
                       "oneof %s: a member of a oneof with a discriminator is a resource",
                       oneof->oneof->name);
    return;
  }
  bool given = options != NULL && text_given(options->variant_value);
  const char *value = given ? options->variant_value : field->relation->target->table->name;
  const char *cause = value_cause(variants, value);
  if (cause == NULL && is_taken(oneof, value))
    cause = arena_printf(variants->build->arena, "\"%s\" stands for another member already", value);
  if (cause != NULL) {
    problem_of_field(variants->build, field, "[(rowan.v1.field).variant_value = \"…\"]", "variant_value: %s",
                     cause);
    return;
  }
  struct graph_relation *relation =
      (struct graph_relation *)field->relation; /* not const while the graph is built */
  oneof->values[oneof->n_values++] = value;
  relation->variants = oneof;
  relation->variant_value = value;
  relation->when = variant_condition(variants, value);
  relation->may_be_unset = true;
}

/* ---- oneofs ---- */

static void build_oneof(struct graph_build *build, struct graph_resource *resource,
                        const struct schema_oneof *oneof)
{
  struct variants variants = {.build = build,
                              .resource = resource,
                              .oneof = ARENA_NEW(build->arena, struct graph_oneof),
                              .fields = ARENA_ARRAY(build->arena, struct graph_field *, resource->n_fields)};
  *variants.oneof = (struct graph_oneof){.oneof = oneof, .resource = resource};
  for (size_t i = 0; i < resource->n_fields; i++)
    if (resource->fields[i].field->oneof == oneof)
      variants.fields[variants.n++] = &resource->fields[i];
  if (variants.n == 0)
    return;
  if (!text_given(oneof->options->discriminator)) {
    problem_of_all(&variants, "option (rowan.v1.oneof) = {discriminator: \"…\"};",
                   "columns have a meaning beside a discriminator only");
    return;
  }
  if (!resolve_discriminator(&variants))
    return;
  variants.oneof->values = ARENA_ARRAY(build->arena, const char *, variants.n);
  for (size_t i = 0; i < variants.n; i++)
    resolve_member(&variants, variants.fields[i]);
}

static bool is_annotated(const struct schema_oneof *oneof)
{
  return oneof->options != NULL &&
         (text_given(oneof->options->discriminator) || oneof->options->n_columns > 0);
}

void build_variants(struct graph_build *build)
{
  for (size_t i = 0; i < build->graph->n_resources; i++) {
    struct graph_resource *resource = build->graph->resources[i];
    for (size_t j = 0; resource_usable(resource) && j < resource->message->n_oneofs; j++)
      if (is_annotated(&resource->message->oneofs[j]))
        build_oneof(build, resource, &resource->message->oneofs[j]);
  }
}

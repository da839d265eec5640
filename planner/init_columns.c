/*
 * init_columns.c - fields that are columns, and the enums that some of them need.
 *
 * Types are chosen from those that codec.h lists so that nothing is lost: a type that has no message without
 * a further dependency travels as text.
 */
#include <ctype.h>

#include "planner/graph_names.h"
#include "planner/init_model.h"

const struct catalog_type *init_value_type(const struct catalog_column *column, bool *ret_array)
{
  const struct catalog_type *type = catalog_base_type(column->type);
  *ret_array = type->class == TYPE_ARRAY;
  return *ret_array ? catalog_base_type(type->element) : type;
}

bool init_in_key(const struct init_resource *resource, const struct catalog_column *column)
{
  for (size_t i = 0; resource->key != NULL && i < resource->key->n_columns; i++)
    if (resource->key->columns[i] == column)
      return true;
  return false;
}

const char *init_column_type(const struct init_field *field)
{
  bool array;
  switch (init_value_type(field->column, &array)->class) {
  case TYPE_BOOL:
    return "bool";
  case TYPE_INT2:
  case TYPE_INT4:
    return "int32";
  case TYPE_INT8:
    return "int64";
  case TYPE_FLOAT4:
    return "float";
  case TYPE_FLOAT8:
    return "double";
  case TYPE_BYTEA:
    return "bytes";
  case TYPE_TIMESTAMP:
  case TYPE_TIMESTAMPTZ:
    return "google.protobuf.Timestamp";
  case TYPE_JSON:
  case TYPE_JSONB:
    return "google.protobuf.Value";
  case TYPE_HSTORE:
    return array ? "string" : "map<string, string>";
  case TYPE_ENUM:
    return field->enumeration != NULL ? field->enumeration->name : "string";
  default:
    return "string";
  }
}

/* An annotation cannot hold the empty label: such a type travels as text. */
static bool can_be_enum(const struct catalog_type *type)
{
  for (size_t i = 0; i < type->n_labels; i++)
    if (*type->labels[i] == '\0')
      return false;
  return type->class == TYPE_ENUM && type->n_labels > 0;
}

static struct init_enum *intern_enum(struct init_build *build, const struct catalog_type *type)
{
  for (size_t i = 0; i < build->enums.n; i++)
    if (build->enums.items[i]->type == type)
      return build->enums.items[i];
  struct init_enum *enumeration = ARENA_NEW(build->arena, struct init_enum);
  enumeration->type = type;
  VEC_PUSH(build->arena, &build->enums, enumeration);
  return enumeration;
}

static void add_column(struct init_build *build, struct init_resource *resource,
                       const struct catalog_column *column)
{
  struct init_field field = {.kind = INIT_COLUMN, .column = column};
  const struct catalog_type *type = init_value_type(column, &field.repeated);
  field.name = init_identifier(build->arena, column->name, "column");
  if (can_be_enum(type))
    field.enumeration = intern_enum(build, type);
  VEC_PUSH(build->arena, &resource->fields, field);
}

void init_build_columns(struct init_build *build)
{
  for (size_t i = 0; i < build->resources.n; i++) {
    struct init_resource *resource = build->resources.items[i];
    for (size_t j = 0; j < resource->table->n_columns; j++)
      if (resource->table->columns[j].selectable)
        add_column(build, resource, &resource->table->columns[j]);
  }
}

/* ---- enums ---- */

/* A label as the end of a value's name: "PG-13" → "PG_13". */
static const char *label_name(struct arena *arena, const char *label)
{
  char *name = arena_alloc_bytes(arena, strlen(label) + 1);
  size_t n = 0;
  for (const char *p = label; *p != '\0'; p++)
    if (*p > 0 && isalnum((unsigned char)*p))
      name[n++] = (char)toupper((unsigned char)*p);
    else if (n > 0 && name[n - 1] != '_')
      name[n++] = '_';
  while (n > 0 && name[n - 1] == '_')
    n--;
  name[n] = '\0';
  return n > 0 ? name : "EMPTY";
}

/* Whether the server would read the label off the name: letters in any case, all else underscores. */
static bool label_fits(const char *name, const char *label)
{
  for (; *name != '\0' && *label != '\0'; name++, label++) {
    bool letter = *label > 0 && isalnum((unsigned char)*label);
    if (letter ? toupper((unsigned char)*label) != *name : *name != '_')
      return false;
  }
  return *name == *label;
}

static bool labels_alike(const char *a, const char *b)
{
  for (; *a != '\0' && *b != '\0'; a++, b++) {
    bool x = isalnum((unsigned char)*a) != 0, y = isalnum((unsigned char)*b) != 0;
    if (x != y || (x && tolower((unsigned char)*a) != tolower((unsigned char)*b)))
      return false;
  }
  return *a == *b;
}

static bool has_alike(const struct catalog_type *type, size_t label)
{
  for (size_t i = 0; i < type->n_labels; i++)
    if (i != label && labels_alike(type->labels[i], type->labels[label]))
      return true;
  return false;
}

const char *init_enum_zero(struct arena *arena, const char *name)
{
  return arena_printf(arena, "%s_UNSPECIFIED", name_upper_snake(arena, name));
}

/* The existing value that has the label, or NULL. */
static const struct text_enum_value *find_value(const struct text_enum *enumeration, const char *prefix,
                                                const char *label)
{
  for (size_t i = 0; i < enumeration->values.n; i++) {
    const struct text_enum_value *value = &enumeration->values.items[i];
    bool prefixed = strncmp(value->name, prefix, strlen(prefix)) == 0;
    bool fits = value->label != NULL ? strcmp(value->label, label) == 0
                                     : label_fits(value->name + (prefixed ? strlen(prefix) : 0), label);
    if (fits)
      return value;
  }
  return NULL;
}

static void name_value(struct init_build *build, struct init_enum *enumeration, const char *prefix,
                       struct name_set *names, size_t label)
{
  const char *text = enumeration->type->labels[label], *end = label_name(build->arena, text);
  const char *name = arena_printf(build->arena, "%s%s", prefix, end), *first = name;
  for (unsigned n = 2; name_set_has(names, name); n++)
    name = arena_printf(build->arena, "%s_%u", first, n);
  name_set_add(names, name);
  enumeration->values[label] = name;
  enumeration->annotated[label] =
      !label_fits(name + strlen(prefix), text) || has_alike(enumeration->type, label);
}

/* Names the values of an enum that is to be called `name`. */
static void name_values(struct init_build *build, struct init_enum *enumeration, const char *name,
                        struct name_set *names)
{
  const struct catalog_type *type = enumeration->type;
  const char *prefix = arena_printf(build->arena, "%s_", name_upper_snake(build->arena, name));
  enumeration->name = name;
  enumeration->values = ARENA_ARRAY(build->arena, const char *, type->n_labels);
  enumeration->annotated = ARENA_ARRAY(build->arena, bool, type->n_labels);
  for (size_t i = 0; i < type->n_labels; i++) {
    const struct text_enum_value *value =
        enumeration->existing == NULL ? NULL : find_value(enumeration->existing, prefix, type->labels[i]);
    if (value != NULL)
      enumeration->values[i] = value->name;
    else
      name_value(build, enumeration, prefix, names, i);
  }
}

static bool values_free(struct init_build *build, const struct init_enum *enumeration)
{
  bool is_free = !name_set_has(&build->symbols, enumeration->name) &&
                 !name_set_has(&build->symbols, init_enum_zero(build->arena, enumeration->name));
  for (size_t i = 0; i < enumeration->type->n_labels; i++)
    is_free = is_free && !name_set_has(&build->symbols, enumeration->values[i]);
  return is_free;
}

static void name_new_enum(struct init_build *build, struct init_enum *enumeration)
{
  const char *stem = init_identifier(build->arena, enumeration->type->name, "type"), *name = stem;
  for (unsigned n = 1;; n++) {
    struct name_set names = {.arena = build->arena};
    name_values(build, enumeration, init_pascal(build->arena, name), &names);
    if (values_free(build, enumeration))
      break;
    name = n == 1 ? arena_printf(build->arena, "%s_enum", stem)
                  : arena_printf(build->arena, "%s_enum_%u", stem, n);
  }
  name_set_add(&build->symbols, enumeration->name);
  name_set_add(&build->symbols, init_enum_zero(build->arena, enumeration->name));
  for (size_t i = 0; i < enumeration->type->n_labels; i++)
    name_set_add(&build->symbols, enumeration->values[i]);
}

static void name_existing_enum(struct init_build *build, struct init_enum *enumeration)
{
  struct name_set names = {.arena = build->arena};
  for (size_t i = 0; i < enumeration->existing->values.n; i++)
    name_set_add(&names, enumeration->existing->values.items[i].name);
  for (size_t i = 0; i < enumeration->existing->reserved.n; i++)
    name_set_add(&names, enumeration->existing->reserved.items[i]);
  name_values(build, enumeration, enumeration->existing->name, &names);
}

void init_name_enums(struct init_build *build)
{
  for (size_t i = 0; i < build->enums.n; i++)
    if (build->enums.items[i]->existing != NULL)
      name_existing_enum(build, build->enums.items[i]);
    else
      name_new_enum(build, build->enums.items[i]);
}

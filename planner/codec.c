/*
 * codec.c - which codec turns a column into a field.
 *
 * The table of codec.h, read by the column's type: each type has the fields it fits, in words for the message
 * when the field is another one.  A wrapper message is treated as its inner field, an array as its element, a
 * domain as its base.
 *
 * Enum labels are matched by what remains of the value's name without the enum's prefix, letters folded and
 * all other characters taken as underscores: STATUS_ON_HOLD fits "on hold", "On-Hold" and "on_hold".
 */
#include "planner/codec.h"

#include <ctype.h>
#include <stdlib.h>

#include "planner/graph_names.h"

/* The scalar or message that takes one value: the field itself, or the inside of a wrapper. */
static enum field_type value_type(const struct schema_field *field)
{
  if (field->message != NULL && field->message->well_known == WELL_KNOWN_WRAPPER &&
      field->message->n_fields == 1)
    return field->message->fields[0].type;
  return field->type;
}

static bool is_message(const struct schema_field *field, enum well_known_type type)
{
  return field->message != NULL && field->message->well_known == type;
}

static bool is_integer(enum field_type type)
{
  switch (type) {
  case FIELD_INT64:
  case FIELD_UINT64:
  case FIELD_INT32:
  case FIELD_FIXED64:
  case FIELD_FIXED32:
  case FIELD_UINT32:
  case FIELD_SFIXED32:
  case FIELD_SFIXED64:
  case FIELD_SINT32:
  case FIELD_SINT64:
    return true;
  default:
    return false;
  }
}

/* Repeated, and no map. */
static bool is_list(const struct schema_field *field)
{
  return field->repeated && !(field->message != NULL && field->message->map_entry);
}

static bool is_string_map(const struct schema_field *field)
{
  return field->message != NULL && field->message->map_entry && field->message->n_fields == 2 &&
         field->message->fields[0].type == FIELD_STRING && field->message->fields[1].type == FIELD_STRING;
}

/* ---- by type ---- */

#define OID_CHAR 18

/* CODEC_NONE: the field does not fit; *ret_fits then says what would. */
struct choice {
  enum codec_kind kind;
  bool as_text;
};

static struct choice choose_number(const struct catalog_type *type, enum field_type field,
                                   const char **ret_fits)
{
  *ret_fits = "int64, int32 or another integer";
  switch (type->class) {
  case TYPE_BOOL:
    *ret_fits = "bool";
    return (struct choice){field == FIELD_BOOL ? CODEC_BOOL : CODEC_NONE, false};
  case TYPE_INT2:
    return (struct choice){is_integer(field) ? CODEC_INT2 : CODEC_NONE, false};
  case TYPE_INT4:
    return (struct choice){is_integer(field) ? CODEC_INT4 : CODEC_NONE, false};
  case TYPE_INT8:
    return (struct choice){is_integer(field) ? CODEC_INT8 : CODEC_NONE, false};
  case TYPE_FLOAT4:
    *ret_fits = "float or double";
    return (struct choice){field == FIELD_FLOAT || field == FIELD_DOUBLE ? CODEC_FLOAT4 : CODEC_NONE, false};
  default:
    *ret_fits = "double";
    return (struct choice){field == FIELD_DOUBLE ? CODEC_FLOAT8 : CODEC_NONE, false};
  }
}

/* Types that have a message of their own beside string; `kind` is how the message is made. */
static struct choice choose_message(const struct schema_field *field, enum well_known_type message,
                                    struct choice of_message, enum field_type value)
{
  if (is_message(field, message))
    return of_message;
  return value == FIELD_STRING ? (struct choice){CODEC_TEXT, true} : (struct choice){CODEC_NONE, false};
}

static struct choice choose_time(const struct catalog_type *type, const struct schema_field *field,
                                 enum field_type value, const char **ret_fits)
{
  switch (type->class) {
  case TYPE_DATE:
    *ret_fits = "google.type.Date or string";
    return choose_message(field, WELL_KNOWN_DATE, (struct choice){CODEC_DATE, false}, value);
  case TYPE_TIME:
    *ret_fits = "google.type.TimeOfDay or string";
    return choose_message(field, WELL_KNOWN_TIME_OF_DAY, (struct choice){CODEC_TIME, false}, value);
  case TYPE_INTERVAL:
    *ret_fits = "google.protobuf.Duration or string";
    return choose_message(field, WELL_KNOWN_DURATION, (struct choice){CODEC_INTERVAL, false}, value);
  default:
    *ret_fits = "google.protobuf.Timestamp or string";
    return choose_message(field, WELL_KNOWN_TIMESTAMP, (struct choice){CODEC_TIMESTAMP, false}, value);
  }
}

static struct choice choose_json(const struct catalog_type *type, const struct schema_field *field,
                                 enum field_type value, const char **ret_fits)
{
  *ret_fits = "google.protobuf.Struct, Value, ListValue or string";
  bool as_text = type->class == TYPE_JSONB; /* its binary form begins with a version */
  if (is_message(field, WELL_KNOWN_STRUCT) || is_message(field, WELL_KNOWN_VALUE) ||
      is_message(field, WELL_KNOWN_LIST_VALUE))
    return (struct choice){CODEC_JSON, as_text};
  return (struct choice){value == FIELD_STRING ? CODEC_TEXT : CODEC_NONE, as_text};
}

static struct choice choose_text(const struct catalog_type *type, enum field_type value,
                                 const char **ret_fits)
{
  *ret_fits = "string";
  if (value != FIELD_STRING)
    return (struct choice){CODEC_NONE, false};
  switch (type->class) {
  case TYPE_TEXT:
    /* "char" is one byte on the wire, a NUL for the empty one and any byte beyond ASCII. */
    return (struct choice){CODEC_TEXT, type->oid == OID_CHAR};
  case TYPE_CITEXT:
    return (struct choice){CODEC_TEXT, false};
  case TYPE_BPCHAR:
    return (struct choice){CODEC_PADDED_TEXT, false};
  case TYPE_UUID:
    return (struct choice){CODEC_UUID, false};
  default:
    return (struct choice){CODEC_TEXT, true};
  }
}

static struct choice choose_enum(const struct schema_field *field, enum field_type value,
                                 const char **ret_fits)
{
  *ret_fits = "an enum or string";
  if (field->type == FIELD_ENUM)
    return (struct choice){CODEC_ENUM, false};
  return (struct choice){value == FIELD_STRING ? CODEC_TEXT : CODEC_NONE, false};
}

static struct choice choose_bytes(enum field_type value, const char **ret_fits)
{
  *ret_fits = "bytes";
  return (struct choice){value == FIELD_BYTES ? CODEC_BYTES : CODEC_NONE, false};
}

static struct choice choose_hstore(const struct schema_field *field, enum field_type value,
                                   const char **ret_fits)
{
  *ret_fits = "map<string, string> or string";
  if (is_string_map(field))
    return (struct choice){CODEC_HSTORE, false};
  return (struct choice){value == FIELD_STRING ? CODEC_TEXT : CODEC_NONE, true};
}

static struct choice choose(const struct catalog_type *type, const struct schema_field *field,
                            const char **ret_fits)
{
  enum field_type value = value_type(field);
  switch (type->class) {
  case TYPE_BOOL:
  case TYPE_INT2:
  case TYPE_INT4:
  case TYPE_INT8:
  case TYPE_FLOAT4:
  case TYPE_FLOAT8:
    return choose_number(type, value, ret_fits);
  case TYPE_DATE:
  case TYPE_TIME:
  case TYPE_TIMESTAMP:
  case TYPE_TIMESTAMPTZ:
  case TYPE_INTERVAL:
    return choose_time(type, field, value, ret_fits);
  case TYPE_NUMERIC:
    *ret_fits = "string or google.type.Decimal";
    return choose_message(field, WELL_KNOWN_DECIMAL, (struct choice){CODEC_DECIMAL, true}, value);
  case TYPE_JSON:
  case TYPE_JSONB:
    return choose_json(type, field, value, ret_fits);
  case TYPE_BYTEA:
    return choose_bytes(value, ret_fits);
  case TYPE_HSTORE:
    return choose_hstore(field, value, ret_fits);
  case TYPE_ENUM:
    return choose_enum(field, value, ret_fits);
  default:
    return choose_text(type, value, ret_fits);
  }
}

/* ---- enum labels ---- */

/* Folded: small letters and digits stay, everything else is an underscore. */
static const char *fold(struct arena *arena, const char *text)
{
  char *folded = arena_strdup(arena, text);
  for (char *p = folded; *p != '\0'; p++)
    *p = isalnum((unsigned char)*p) ? (char)tolower((unsigned char)*p) : '_';
  return folded;
}

/* The value's name without ENUM_NAME_. */
static const char *without_prefix(struct arena *arena, const struct schema_enum *enumeration,
                                  const char *name)
{
  const char *prefix = arena_printf(arena, "%s_", name_upper_snake(arena, enumeration->name));
  size_t len = strlen(prefix);
  return strncmp(name, prefix, len) == 0 && name[len] != '\0' ? name + len : name;
}

static bool value_has_label(struct arena *arena, const struct schema_enum *enumeration,
                            const struct schema_enum_value *value, const char *label)
{
  if (value->options != NULL) /* the label is all there is to annotate, and it may be empty */
    return strcmp(value->options->label, label) == 0;
  return strcmp(fold(arena, without_prefix(arena, enumeration, value->name)), fold(arena, label)) == 0;
}

/* The one value with this label; aliases (several names for one number) count as one. */
static bool find_label(const struct schema_enum *enumeration, const struct catalog_type *type,
                       const char *label, struct arena *arena, int32_t *ret_number, struct error *error)
{
  const struct schema_enum_value *found = NULL;
  for (size_t i = 0; i < enumeration->n_values; i++) {
    const struct schema_enum_value *value = &enumeration->values[i];
    if (!value_has_label(arena, enumeration, value, label))
      continue;
    if (found != NULL && found->number != value->number)
      return error_set(
          error, ERROR_FAILED_PRECONDITION, "SCHEMA_MISMATCH",
          "label \"%s\" of type %s fits both %s and %s: annotate with (rowan.v1.enum_value).label", label,
          type->name, found->name, value->name);
    found = value;
  }
  if (found == NULL)
    return error_set(error, ERROR_FAILED_PRECONDITION, "SCHEMA_MISMATCH",
                     "label \"%s\" of type %s has no value in %s: add one, or annotate a value with "
                     "[(rowan.v1.enum_value).label = \"%s\"]",
                     label, type->name, enumeration->full_name, label);
  *ret_number = found->number;
  return true;
}

/* A label that an annotation names must be one of the type's. */
static bool check_declared_labels(const struct schema_enum *enumeration, const struct catalog_type *type,
                                  struct error *error)
{
  for (size_t i = 0; i < enumeration->n_values; i++) {
    const struct schema_enum_value *value = &enumeration->values[i];
    if (value->options == NULL)
      continue;
    size_t j = 0;
    while (j < type->n_labels && strcmp(type->labels[j], value->options->label) != 0)
      j++;
    if (j == type->n_labels)
      return error_set(error, ERROR_FAILED_PRECONDITION, "SCHEMA_MISMATCH",
                       "%s is annotated with label \"%s\", which type %s does not have", value->name,
                       value->options->label, type->name);
  }
  return true;
}

static int compare_labels(const void *a, const void *b)
{
  return strcmp(((const struct codec_label *)a)->label, ((const struct codec_label *)b)->label);
}

/* Two labels that only differ in what folding drops would be one value. */
static bool check_collisions(const struct codec_label *labels, size_t n, const struct catalog_type *type,
                             struct error *error)
{
  for (size_t i = 0; i < n; i++)
    for (size_t j = i + 1; j < n; j++)
      if (labels[i].number == labels[j].number)
        return error_set(error, ERROR_FAILED_PRECONDITION, "SCHEMA_MISMATCH",
                         "labels \"%s\" and \"%s\" of type %s fit the same value: annotate with "
                         "(rowan.v1.enum_value).label",
                         labels[i].label, labels[j].label, type->name);
  return true;
}

static bool resolve_labels(const struct catalog_type *type, const struct schema_enum *enumeration,
                           struct arena *arena, struct codec *ret_codec, struct error *error)
{
  struct arena *scratch = arena_new(0);
  struct codec_label *labels = ARENA_ARRAY(arena, struct codec_label, type->n_labels);
  bool ok = check_declared_labels(enumeration, type, error);
  for (size_t i = 0; ok && i < type->n_labels; i++) {
    labels[i].label = type->labels[i];
    ok = find_label(enumeration, type, type->labels[i], scratch, &labels[i].number, error);
  }
  ok = ok && check_collisions(labels, type->n_labels, type, error);
  if (ok && type->n_labels > 1)
    qsort(labels, type->n_labels, sizeof(*labels), compare_labels);
  ret_codec->labels = labels;
  ret_codec->n_labels = type->n_labels;
  arena_free(scratch);
  return ok;
}

/* ---- together ---- */

static const char *field_type_name(const struct schema_field *field)
{
  static const char *const names[] = {
      [FIELD_DOUBLE] = "double",     [FIELD_FLOAT] = "float",       [FIELD_INT64] = "int64",
      [FIELD_UINT64] = "uint64",     [FIELD_INT32] = "int32",       [FIELD_FIXED64] = "fixed64",
      [FIELD_FIXED32] = "fixed32",   [FIELD_BOOL] = "bool",         [FIELD_STRING] = "string",
      [FIELD_GROUP] = "group",       [FIELD_BYTES] = "bytes",       [FIELD_UINT32] = "uint32",
      [FIELD_SFIXED32] = "sfixed32", [FIELD_SFIXED64] = "sfixed64", [FIELD_SINT32] = "sint32",
      [FIELD_SINT64] = "sint64",
  };
  if (field->message != NULL)
    return field->message->map_entry ? "a map" : field->message->full_name;
  if (field->enumeration != NULL)
    return field->enumeration->full_name;
  return names[field->type];
}

static bool mismatch(const struct catalog_type *type, bool array, const struct schema_field *field,
                     const char *fits, struct error *error)
{
  return error_set(error, ERROR_FAILED_PRECONDITION, "SCHEMA_MISMATCH",
                   "type %s%s does not fit %s%s: declare it %s%s", type->name, array ? "[]" : "",
                   is_list(field) ? "repeated " : "", field_type_name(field), array ? "repeated " : "", fits);
}

bool codec_resolve(const struct catalog_type *type, const struct schema_field *field, struct arena *arena,
                   struct codec *ret_codec, struct error *error)
{
  const struct catalog_type *base = catalog_base_type(type);
  bool array = base->class == TYPE_ARRAY;
  const struct catalog_type *value = array ? catalog_base_type(base->element) : base;
  const char *fits = "";
  struct choice choice = choose(value, field, &fits);
  if (choice.kind == CODEC_NONE || array != is_list(field))
    return mismatch(array ? base->element : type, array, field, fits, error);
  struct codec codec = {.kind = choice.kind,
                        .as_text = choice.as_text,
                        .array = array,
                        .wrapper = is_message(field, WELL_KNOWN_WRAPPER)};
  if (codec.kind == CODEC_ENUM && !resolve_labels(value, field->enumeration, arena, &codec, error))
    return false;
  *ret_codec = codec;
  return true;
}

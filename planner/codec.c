/*
 * codec.c - which codec turns a column into a field.
 *
 * The table of codec.h, read by the column's type: each type has the fields it fits, in words for the message
 * when the field is another one.  A wrapper message is treated as its inner field, an array as its element, a
 * domain as its base.
 */
#include "planner/codec.h"

#include "planner/codec_labels.h"

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
  case FIELD_ENUM: /* its number */
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
  *ret_fits = "int64, int32, another integer or an enum";
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

static struct choice choose_string(enum field_type value, struct choice of_string, struct choice of_enum)
{
  if (value == FIELD_ENUM)
    return of_enum;
  return value == FIELD_STRING ? of_string : (struct choice){CODEC_NONE, false};
}

static struct choice choose_text(const struct catalog_type *type, enum field_type value,
                                 const char **ret_fits)
{
  /* "char" is one byte on the wire, a NUL for the empty one and any byte beyond ASCII. */
  bool is_char = type->oid == OID_CHAR;
  *ret_fits = "string or an enum";
  switch (type->class) {
  case TYPE_TEXT:
  case TYPE_CITEXT:
    return choose_string(value, (struct choice){CODEC_TEXT, is_char}, (struct choice){CODEC_ENUM, is_char});
  case TYPE_BPCHAR:
    return choose_string(value, (struct choice){CODEC_PADDED_TEXT, false}, (struct choice){CODEC_ENUM, true});
  default:
    break;
  }
  *ret_fits = "string";
  if (value != FIELD_STRING)
    return (struct choice){CODEC_NONE, false};
  switch (type->class) {
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
  if (codec.kind == CODEC_ENUM && !(value->class == TYPE_ENUM ? codec_labels_of_enum : codec_labels_of_text)(
                                      value, field->enumeration, arena, &codec, error))
    return false;
  *ret_codec = codec;
  return true;
}

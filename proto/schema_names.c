#include "proto/schema_names.h"

static const struct {
  const char *name;
  enum well_known_type type;
} well_known_types[] = {
    {"google.protobuf.Timestamp", WELL_KNOWN_TIMESTAMP},
    {"google.protobuf.Duration", WELL_KNOWN_DURATION},
    {"google.protobuf.FieldMask", WELL_KNOWN_FIELD_MASK},
    {"google.protobuf.Struct", WELL_KNOWN_STRUCT},
    {"google.protobuf.Value", WELL_KNOWN_VALUE},
    {"google.protobuf.ListValue", WELL_KNOWN_LIST_VALUE},
    {"google.protobuf.DoubleValue", WELL_KNOWN_WRAPPER},
    {"google.protobuf.FloatValue", WELL_KNOWN_WRAPPER},
    {"google.protobuf.Int64Value", WELL_KNOWN_WRAPPER},
    {"google.protobuf.UInt64Value", WELL_KNOWN_WRAPPER},
    {"google.protobuf.Int32Value", WELL_KNOWN_WRAPPER},
    {"google.protobuf.UInt32Value", WELL_KNOWN_WRAPPER},
    {"google.protobuf.BoolValue", WELL_KNOWN_WRAPPER},
    {"google.protobuf.StringValue", WELL_KNOWN_WRAPPER},
    {"google.protobuf.BytesValue", WELL_KNOWN_WRAPPER},
    {"google.type.Date", WELL_KNOWN_DATE},
    {"google.type.TimeOfDay", WELL_KNOWN_TIME_OF_DAY},
    {"google.type.Decimal", WELL_KNOWN_DECIMAL},
    {"rowan.v1.RelationArguments", WELL_KNOWN_RELATION_ARGUMENTS},
};

enum well_known_type schema_well_known(const char *full_name)
{
  for (size_t i = 0; i < LENGTH_OF(well_known_types); i++)
    if (strcmp(well_known_types[i].name, full_name) == 0)
      return well_known_types[i].type;
  return WELL_KNOWN_NONE;
}

const char *schema_without_scope(const char *full_name)
{
  const char *dot = strrchr(full_name, '.');
  return dot == NULL ? full_name : dot + 1;
}

const char *schema_json_name(struct arena *arena, const char *name)
{
  char *json = arena_strdup(arena, name), *out = json;
  bool upper = false;
  for (const char *p = name; *p != '\0'; p++) {
    if (*p == '_')
      upper = true;
    else {
      *out++ = upper && *p >= 'a' && *p <= 'z' ? (char)(*p - 'a' + 'A') : *p;
      upper = false;
    }
  }
  *out = '\0';
  return json;
}

/*
 * codec.h - how a column's value becomes a field's value.
 *
 * A codec is chosen once, when the graph is built, from the column's type and the field's type;
 * server/encode.c turns the binary value into wire bytes by it, and storage selects the column in the form it
 * asks for.  A pair that would lose something is refused here, not at run time; a value that does not fit at
 * run time (int8 in an int32 field, infinity in a Timestamp) is an error that names the column, never a wrong
 * value.
 *
 *   Postgres                               field
 *   bool                                   bool
 *   int2, int4, int8                       int32, int64, sint*, sfixed*, uint*, fixed* (range checked), enum
 * by number float4, float8                         float, double (float8 in float: refused) text, varchar,
 * name, citext, char(n)   string (char(n) without its padding), enum by label numeric string,
 * google.type.Decimal bytea                                  bytes uuid string timestamptz, timestamp
 * google.protobuf.Timestamp, string date                                   google.type.Date, string time
 * google.type.TimeOfDay, string interval                               google.protobuf.Duration (no months,
 * no days), string json, jsonb                            google.protobuf.Struct, Value, ListValue, string
 *   enum                                   enum by label, string
 *   T[]                                    repeated T's field
 *   hstore                                 map<string, string>
 *   domain                                 as its base
 *   anything else                          string, by ::text
 *   any of the scalars                     the wrapper type of its field
 */
#pragma once

#include "base/error.h"
#include "planner/catalog.h"
#include "proto/schema.h"

enum codec_kind {
  CODEC_NONE = 0,
  CODEC_BOOL,
  CODEC_INT2,
  CODEC_INT4,
  CODEC_INT8,
  CODEC_FLOAT4,
  CODEC_FLOAT8,
  CODEC_TEXT,        /* the bytes as they come; also every type selected by ::text */
  CODEC_PADDED_TEXT, /* char(n): trailing spaces removed */
  CODEC_BYTES,
  CODEC_UUID,
  CODEC_TIMESTAMP, /* timestamp and timestamptz → Timestamp */
  CODEC_DATE,
  CODEC_TIME,
  CODEC_INTERVAL,
  CODEC_DECIMAL, /* text → google.type.Decimal */
  CODEC_JSON,    /* text of json or jsonb → Struct, Value, ListValue */
  CODEC_HSTORE,
  CODEC_ENUM,
};

struct codec_label {
  const char *label; /* as in the database, or folded */
  int32_t number;    /* of the enum value */
};

struct codec {
  enum codec_kind kind;             /* of the value, or of each element */
  bool as_text;                     /* select the column (or the array's elements) by ::text */
  bool array;                       /* the column is an array; kind speaks of its elements */
  bool wrapper;                     /* the field is a wrapper message: the value goes into its field 1 */
  const struct codec_label *labels; /* CODEC_ENUM: sorted by label */
  size_t n_labels;
  bool any_case;                    /* the labels' letters may be in any case: those of citext */
  const struct codec_label *folded; /* CODEC_ENUM of texts: what texts fold to, sorted: see codec_labels.c */
  size_t n_folded;
};

/* FAILED_PRECONDITION with a message that names both types and what would fit, for a schema problem. */
NODISCARD bool codec_resolve(const struct catalog_type *type, const struct schema_field *field,
                             struct arena *arena, struct codec *ret_codec, struct error *error);

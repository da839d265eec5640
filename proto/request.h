/*
 * request.h - a request message read by its descriptor, from bytes that nobody vouches for.
 *
 * protobuf-c has no recursion limit, accepts invalid UTF-8 and cuts strings at NUL; requests therefore never
 * reach it. The reader here is bounded in depth, bytes and number of values, checks UTF-8, follows proto3's
 * rules (last value of a scalar wins, submessages merge, repeated scalars packed or not, unknown fields
 * skipped, groups refused) and keeps everything in the caller's arena; strings point into the input, which
 * must outlive the result.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "proto/schema.h"

struct request_limits {
  size_t max_depth;  /* nesting of messages; the outermost counts 1 */
  size_t max_values; /* scalars, strings and messages in all, unknown ones included */
};

#define REQUEST_LIMITS_DEFAULT ((struct request_limits){.max_depth = 16, .max_values = 100000})

/* One value; which member holds it follows from the field's type. */
union value {
  int64_t i64;  /* int32, int64, sint32, sint64, sfixed32, sfixed64, enum */
  uint64_t u64; /* uint32, uint64, fixed32, fixed64 */
  double f64;   /* float, double */
  bool boolean;
  struct str bytes; /* string, bytes */
  struct message_value *message;
};

/* The values of one field: n is 0 when absent, at most 1 unless the field is repeated.  Map entries are
 * messages. */
struct field_value {
  size_t n;
  union value *items;
  size_t cap;
};

struct message_value {
  const struct schema_message *type;
  struct field_value *fields; /* parallel to type->fields */
};

/*
 * INVALID_ARGUMENT with reason MALFORMED_REQUEST and the path of the offending field; RESOURCE_EXHAUSTED with
 * reason REQUEST_TOO_LARGE when the arena goes over its budget.  Equal keys of a map: the last entry alone is
 * kept.  A known field with a wire type that is not its own is an error.
 */
NODISCARD bool request_read(const struct schema_message *type, const void *data, size_t len,
                            const struct request_limits *limits, struct arena *arena,
                            struct message_value **ret_message, struct error *error);

/* The values of field `field` (a field of message->type); never NULL. */
const struct field_value *message_field(const struct message_value *message,
                                        const struct schema_field *field);

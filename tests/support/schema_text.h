/*
 * schema_text.h - schemas for tests, compiled by protoc from text that stands beside the expectations.
 */
#pragma once

#include "proto/schema.h"

/* The declarations behind a head that says proto3, package `test.v1` and imports the annotations, FieldMask,
 * Timestamp, Duration, Struct, wrappers and RelationArguments.  The file is test.proto; the text's first line
 * is its line 1. Aborts with protoc's words when it does not compile. */
struct schema *schema_from_text(const char *declarations);

/* The serialized descriptor set of a file of unit/planner/data; *ret_len bytes, to be freed. */
char *descriptor_set_from_file(const char *name, size_t *ret_len);

/* The same, loaded. */
struct schema *schema_from_file(const char *name);

/* unit/planner/data/events.proto, for events_catalog(). */
struct schema *events_schema(void);

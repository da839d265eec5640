/*
 * init_model.h - what `rowan init` means to write: resources, their fields, enums, and the files that take
 * them.
 *
 * The passes, in the order of their needs:
 *   init_tables.c     which tables become resources, and their names
 *   init_columns.c    fields that are columns; enums
 *   init_references.c foreign keys that the options declare
 *   init_relations.c  fields that lead to other resources
 *   init_match.c      which of all these the existing files have, and which of theirs the database lost
 *   init_layout.c     which file takes what is new
 *   init_services.c   services, with their requests and responses
 *   init_annotations.c  the annotations that fields and messages carry
 *   init_write.c, init_services.c, init_edit.c  the text
 *   init_descriptor.c  the same as descriptors
 */
#pragma once

#include "planner/init.h"
#include "planner/init_names.h"
#include "planner/init_text.h"
#include "rowan/v1/annotations.pb-c.h"

struct init_resource;
struct init_output;

struct init_enum {
  const struct catalog_type *type;
  const char *name;
  const char *
      *values;     /* names by label; the zero value is ENUM_NAME_UNSPECIFIED unless a label is so called */
  bool *annotated; /* by label: the name does not tell the label */
  const struct text_enum *existing; /* NULL when new */
  struct init_output *output;       /* NULL while no field that will be written needs it */
};

enum init_field_kind {
  INIT_COLUMN,
  INIT_FORWARD, /* by a foreign key of this table */
  INIT_REVERSE, /* by a foreign key that points here */
  INIT_THROUGH, /* by a junction of two foreign keys */
};

struct init_field {
  enum init_field_kind kind;
  const char *name;                      /* as wanted; made unique before it is written */
  const char *alternative;               /* the next choice; NULL when there is none */
  const struct catalog_column *column;   /* COLUMN */
  struct init_enum *enumeration;         /* COLUMN: of the values; NULL when they are no enum */
  const struct catalog_foreign_key *key; /* FORWARD, REVERSE; THROUGH: from the junction to this table */
  const struct catalog_foreign_key *target_key; /* THROUGH: from the junction to the target */
  struct init_resource *target;                 /* NULL for columns */
  bool repeated;
  const struct text_field *existing; /* NULL when new */
  bool named;                        /* `name` is unique in the message */
  bool left_out;                     /* its name is reserved, or its file cannot import the target's */
};

struct init_fields {
  struct init_field *items;
  size_t n, cap;
};

struct init_resource {
  const struct catalog_table *table;
  const struct catalog_key *key;
  bool declares_key;             /* the catalog has no primary key that could serve */
  const char *name;              /* "FilmActor" */
  const char *singular, *plural; /* "film_actor", "film_actors" */
  struct init_fields fields;
  const struct text_message *existing; /* NULL when new */
  bool complete;                       /* has its services already, or is not to have them */
  size_t component;                    /* index of the first resource that is connected with this one */
  struct init_output *output;
};

/* A field of a request or a response. */
struct init_line {
  bool repeated;
  const char *type; /* as a field of this package says it: "int64", "Film", "google.protobuf.FieldMask" */
  const char *name;
  const char *comment; /* NULL: none */
};

struct init_message {
  const char *name;
  struct {
    struct init_line *items; /* numbered from 1 */
    size_t n, cap;
  } fields;
};

struct init_method {
  const char *name;
  const char *input, *output;
  bool streams;
  const char *comment;
};

enum { INIT_METHODS = 4, INIT_MESSAGES = 7 };

/* A new service. */
struct init_service {
  const char *name;
  const char *comment;
  struct init_method methods[INIT_METHODS];
  size_t n_methods;
  struct init_message messages[INIT_MESSAGES];
  size_t n_messages;
  struct init_output *output; /* its own */
};

/* Values of google.api.FieldBehavior. */
enum init_behavior { INIT_NO_BEHAVIOR = 0, INIT_OUTPUT_ONLY = 3, INIT_IDENTIFIER = 8 };

/* A file of the result. */
struct init_output {
  const char *path;
  const struct text_file *existing; /* NULL when new */
  struct text_names imports;        /* new ones */
  struct strbuf added;              /* declarations, to stand at the end */
  struct {
    struct init_edit {
      struct text_span span;
      const char *text;
    } * items;
    size_t n, cap;
  } edits;
};

struct init_build {
  const struct catalog *catalog;
  const struct init_options *options;
  struct arena *arena;
  struct init_result *result;
  const char *folder; /* "pagila/v1" */
  struct text_file *texts;
  size_t n_texts;
  struct {
    struct init_resource **items;
    size_t n, cap;
  } resources;
  struct {
    struct init_enum **items;
    size_t n, cap;
  } enums;
  struct {
    struct init_output **items;
    size_t n, cap;
  } outputs;
  struct {
    struct init_service **items;
    size_t n, cap;
  } services;
  struct {
    struct catalog_foreign_key *items; /* of the options; without names */
    size_t n, cap;
  } references;
  struct name_set symbols;             /* of the package */
  const struct catalog_table *keyless; /* the first that was left out for want of a key; NULL when none */
};

/* A sentence for result->notes. */
void init_note(struct init_build *build, const char *format, ...) PRINTF_LIKE(2, 3);

/* ---- init_tables.c ---- */

void init_build_resources(struct init_build *build);
/* How those without a key are written all the same. */
void init_note_keyless(struct init_build *build);
/* Names those that are not in the files yet, once all that are there are known. */
void init_name_resources(struct init_build *build);
/* NULL when the table is no resource. */
struct init_resource *init_find_resource(const struct init_build *build, const struct catalog_table *table);

/* ---- init_columns.c ---- */

void init_build_columns(struct init_build *build);
void init_name_enums(struct init_build *build);
/* The name of an enum's zero. */
const char *init_enum_zero(struct arena *arena, const char *name);
/* The type of a single value, without domains; *ret_array tells that the column holds an array of them. */
const struct catalog_type *init_value_type(const struct catalog_column *column, bool *ret_array);
bool init_in_key(const struct init_resource *resource, const struct catalog_column *column);
/* Of a COLUMN, as a single value's. */
const char *init_column_type(const struct init_field *field);

/* ---- init_references.c ---- */

/* Reads options->references. */
NODISCARD bool init_read_references(struct init_build *build, struct error *error);

/* ---- init_relations.c ---- */

/* Whether a table is nothing but pairs: a junction without payload. */
bool init_is_bare_junction(const struct catalog *catalog, const struct catalog_table *table);
void init_build_relations(struct init_build *build);

/* ---- init_match.c ---- */

/* Completes what was read: each message's table, and which fields lead to other messages. */
void init_match_messages(struct init_build *build);
/* The message that serves the table, or NULL. */
const struct text_message *init_find_message(const struct init_build *build,
                                             const struct catalog_table *table);
/* Finds each field's and enum's existing declaration; makes the names of new fields unique. */
void init_match(struct init_build *build);
/* Whether the field shows a column or follows a relation that the table no longer has. */
bool init_is_gone(const struct init_build *build, const struct catalog_table *table,
                  const struct text_field *field);

/* ---- init_layout.c ---- */

void init_layout(struct init_build *build);
void output_import(struct init_build *build, struct init_output *output, const char *path);
struct init_output *output_new(struct init_build *build, const char *stem);

/* ---- init_annotations.c ---- */

const Rowan__V1__ResourceOptions *init_resource_options(struct init_build *build,
                                                        const struct init_resource *resource);
/* A column or a relation; NULL where the field's name says all. */
const Rowan__V1__FieldOptions *init_field_options(struct init_build *build,
                                                  const struct init_resource *resource,
                                                  const struct init_field *field);
enum init_behavior init_field_behavior(const struct init_resource *resource, const struct init_field *field);
/* Whether the field is labelled so. */
bool init_is_optional(const struct init_resource *resource, const struct init_field *field);
/* The type, as a single value's: "int64", "map<string, string>", "Film". */
const char *init_field_type(const struct init_field *field);

/* ---- init_services.c ---- */

/* The service of a resource with its requests and responses, in a file of its own; none where no request
 * could name the key. */
void init_build_service(struct init_build *build, const struct init_resource *resource);
void init_write_service(const struct init_service *service, struct strbuf *ret);

/* ---- init_write.c, init_edit.c ---- */

/* A whole message, a field as a line (or several), a whole enum, a value as a line. */
void init_write_message(struct init_build *build, struct init_resource *resource, struct strbuf *ret);
void init_write_field(struct init_build *build, struct init_resource *resource,
                      const struct init_field *field, int32_t number, const char *indent, struct strbuf *ret);
void init_write_enum(struct init_build *build, struct init_enum *enumeration, struct strbuf *ret);
void init_write_enum_value(const struct init_enum *enumeration, size_t label, int32_t number,
                           const char *indent, struct strbuf *ret);
void init_write_comment(const char *comment, const char *indent, struct strbuf *ret);
/* The label whose value is named as zero is; n_labels where none is, and zero stands for itself. */
size_t init_zero_label(const struct init_build *build, const struct init_enum *enumeration);
/* What existing messages and enums lack and lost. */
void init_edit_message(struct init_build *build, struct init_resource *resource);
void init_edit_enum(struct init_build *build, struct init_enum *enumeration);
/* The text of a file, all told. */
const char *init_output_text(struct init_build *build, struct init_output *output);

/* ---- init_descriptor.c ---- */

/* A FileDescriptorSet of the new files and all they import. */
NODISCARD bool init_write_set(struct init_build *build, struct str *ret, struct error *error);

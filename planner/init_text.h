/*
 * init_text.h - a .proto file as its text and the places of what is declared in it.
 *
 * Positions are bytes of the text, so that a declaration can be added or taken out without touching anything
 * else. Only what `rowan init` has to recognise is read; the rest is passed over by its brackets.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

struct catalog_table;

/* The highest numbers that protobuf has. */
#define TEXT_FIELD_NUMBER_MAX 536870911
#define TEXT_ENUM_NUMBER_MAX INT32_MAX

struct text_span {
  size_t start, end;
};

/* Options, flattened: (rowan.v1.field).relation = {through: {table: "x"}} is
 * rowan.v1.field.relation.through.table. A list is a path that occurs several times; a message's own path
 * occurs as well, with the value "". */
struct text_option {
  const char *path, *value;
};

struct text_options {
  struct text_option *items;
  size_t n, cap;
};

struct text_field {
  const char *name, *type; /* "User", "map<string, string>" */
  int32_t number;
  bool repeated; /* not for maps */
  bool in_oneof;
  struct text_span statement; /* up to and with the semicolon */
  struct text_options options;
  bool leads; /* to another message of the files; set by init_match.c */
};

struct text_names {
  const char **items;
  size_t n, cap;
};

/* Numbers in use or reserved, from the first to the last. */
struct text_numbers {
  struct text_range {
    int32_t first, last;
  } * items;
  size_t n, cap;
};

struct text_message {
  const char *name;
  struct text_span body; /* between the braces */
  struct text_options options;
  struct {
    struct text_field *items;
    size_t n, cap;
  } fields;
  struct text_names reserved;    /* names */
  struct text_names other_names; /* of oneofs, nested messages and enums */
  struct text_numbers numbers;
  const struct catalog_table *table; /* that it is a resource of, or NULL; set by init_match.c */
};

struct text_enum_value {
  const char *name, *label; /* label NULL where there is no annotation */
  int32_t number;
  struct text_span statement;
};

struct text_enum {
  const char *name;
  struct text_span body;
  struct {
    struct text_enum_value *items;
    size_t n, cap;
  } values;
  struct text_names reserved;
  struct text_numbers numbers;
};

struct text_import {
  const char *path;
  struct text_span statement;
};

struct text_file {
  const char *path;
  struct str text;
  const char *package; /* "" when none */
  size_t head_end;     /* of the line of the last of syntax, package and imports */
  struct {
    struct text_import *items;
    size_t n, cap;
  } imports;
  struct {
    struct text_message *items;
    size_t n, cap;
  } messages;
  struct {
    struct text_enum *items;
    size_t n, cap;
  } enums;
  struct text_names services;
  struct text_names left_out; /* tables, by comments: "rowan init: leave out film, actor" */
};

/* FAILED_PRECONDITION with file, line and what was expected.  The result points into `text`'s copy in the
 * arena. */
NODISCARD bool text_file_read(const char *path, const char *text, struct arena *arena, struct text_file *ret,
                              struct error *error);

/* ---- init_text_find.c ---- */

/* The value of the first option of that path, or NULL. */
const char *text_option(const struct text_options *options, const char *path);
/* How often the path occurs. */
size_t text_option_count(const struct text_options *options, const char *path);
/* A number up to `limit` that is not among them, and makes it one of them: the one after the highest, else
 * the lowest. */
int32_t text_take_number(struct text_numbers *numbers, int32_t limit, struct arena *arena);
bool text_has_name(const struct text_names *names, const char *name);

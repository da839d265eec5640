/*
 * schema_index.h - the hash tables behind schema.h's look-ups.
 */
#pragma once

#include "base/arena.h"
#include "proto/schema.h"

enum symbol_kind {
  SYMBOL_MESSAGE, /* object is a struct schema_message */
  SYMBOL_SERVICE, /* object is a struct schema_service */
  SYMBOL_ENUM,    /* object is a struct schema_enum */
  SYMBOL_OTHER, /* field, oneof, enum value, method, extension: only its file is asked for; object is NULL */
};

struct symbol {
  enum symbol_kind kind;
  const struct schema_file *file;
  void *object;
};

struct schema_index *schema_index_new(struct arena *arena);

/* False when the name is taken.  `name` is kept. */
NODISCARD bool schema_index_add(struct schema_index *index, const char *name, struct symbol symbol);
NODISCARD bool schema_index_add_file(struct schema_index *index, const struct schema_file *file);
void schema_index_add_extension(struct schema_index *index, const char *extendee, int32_t number,
                                const struct schema_file *file);

/* Sorts the extensions; nothing may be added after it. */
void schema_index_finish(struct schema_index *index);

/* NULL when there is none. */
const struct symbol *schema_index_find(const struct schema_index *index, const char *name);

/*
 * schema_set.h - a serialized FileDescriptorSet as its files, dependencies before dependents.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

struct set_file {
  struct str raw; /* the FileDescriptorProto's bytes, inside the set's */
  const char *name;
  struct {
    const char **items;
    size_t n, cap;
  } dependencies; /* their names */
};

struct descriptor_set {
  struct set_file *items;
  size_t n, cap;
};

/* Everything lives in the arena, except for the bytes, which are the caller's.  A file that occurs twice
 * counts once if both are the same; an import that is absent, or a cycle of imports, is an error. */
NODISCARD bool descriptor_set_read(struct str bytes, struct arena *arena, struct descriptor_set *ret,
                                   struct error *error);

/* Fills the error with how to make a set that is well formed; false. */
bool descriptor_set_malformed(struct error *error, const char *what);

/*
 * init.h - .proto files for a database that is there already: messages, enums and services by the catalog.
 *
 * From nothing it writes whole files.  Beside files that exist it adds what they lack, reserves what the
 * database no longer has, and touches no other byte.  The result depends on the catalog, the options and the
 * files alone.
 *
 * The same can be had as a descriptor set, to serve a database that nobody wrote files for.
 *
 * What is read back is what was written: every relation is pinned by an annotation, and every name that the
 * database's does not give is annotated with it.
 */
#pragma once

#include "base/error.h"
#include "planner/catalog.h"

struct init_options {
  const char *package;        /* "pagila.v1"; its folder is "pagila/v1" */
  const char *const *schemas; /* whose tables are taken */
  size_t n_schemas;
  const char *const *tables; /* only these, "film" or "public.film"; none: all */
  size_t n_tables;
  bool reverse; /* also the way back of each foreign key */
  /* Foreign keys that the database does not declare: "payment.rental_id=rental.rental_id", or of several
   * columns "payment(shop_id,rental_id)=rental(shop_id,id)". */
  const char *const *references;
  size_t n_references;
};

struct init_file {
  const char *path; /* below the output folder: "pagila/v1/film_service.proto" */
  const char *text;
};

struct init_files {
  struct init_file *items;
  size_t n, cap;
};

/* What could not be written, for the person who runs it: a sentence each. */
struct init_notes {
  const char **items;
  size_t n, cap;
};

struct init_result {
  struct init_files files; /* new ones and those that changed, by path */
  struct init_notes notes;
};

/* The package that a database's protos get where nobody says: "pagila.v1". */
const char *init_default_package(struct arena *arena, const char *database);

/* `existing`: all .proto files of the package's folder; none for a start from nothing.  FAILED_PRECONDITION
 * when one of them cannot be read, or a table or column of the options is not there.  The result and what it
 * points to is the arena's. */
NODISCARD bool init_generate(const struct catalog *catalog, const struct init_options *options,
                             const struct init_files *existing, struct arena *arena, struct init_result *ret,
                             struct error *error);

/* What init_generate would write from nothing, as a compiler would put it into a FileDescriptorSet, with all
 * files that it imports: equal but for the places in the source.  The bytes are the arena's, as the notes. */
NODISCARD bool init_describe(const struct catalog *catalog, const struct init_options *options,
                             struct arena *arena, struct str *ret_set, struct init_notes *ret_notes,
                             struct error *error);

/*
 * init_names.h - names that protobuf and its linters accept, made from the database's.
 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/str.h"

/* snake_case of letters, digits and single underscores, starting with a letter: "Zip Code" → "zip_code". What
 * would start with a digit gets `stem` in front; where nothing remains it is `stem`. */
const char *init_identifier(struct arena *arena, const char *text, const char *stem);

/* "film_actors" → "film_actor": the last word alone changes.  Words that only look like plurals stay. */
const char *init_singular(struct arena *arena, const char *name);

/* "film_actor" → "FilmActor". */
const char *init_pascal(struct arena *arena, const char *name);

/* A name as protobuf compares those of one message: two fields may not have the same name in JSON, in any
 * case. */
const char *init_json_key(struct arena *arena, const char *name);

/* Names that are taken. */
struct name_set {
  struct arena *arena;
  const char **slots; /* open addressing */
  size_t n, n_slots;
};

bool name_set_has(const struct name_set *set, const char *name);
void name_set_add(struct name_set *set, const char *name); /* keeps the pointer */

/*
 * codec_labels.h - what an enum's values are called in the database: by labels of a Postgres enum, or as
 * text.
 */
#pragma once

#include "planner/codec.h"

/* Fills in the codec's labels.  FAILED_PRECONDITION, reason SCHEMA_MISMATCH, with what to annotate, where a
 * label of the type has no value, or a value or a label could be meant twice. */
NODISCARD bool codec_labels_of_enum(const struct catalog_type *type, const struct schema_enum *enumeration,
                                    struct arena *arena, struct codec *codec, struct error *error);
NODISCARD bool codec_labels_of_text(const struct catalog_type *type, const struct schema_enum *enumeration,
                                    struct arena *arena, struct codec *codec, struct error *error);

/* The number of the value that a text of the database stands for; false when there is none. */
bool codec_find_number(const struct codec *codec, struct str text, int32_t *ret);

/* What stands for the number in the database: the text itself, or (*ret_folded) what it folds to.  NULL when
 * nothing does. */
const char *codec_find_label(const struct codec *codec, int32_t number, bool *ret_folded);

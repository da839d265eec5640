/*
 * codec_labels.c - what an enum's values are called in the database.
 *
 * A value is called by its annotated label, which is taken as it is, or by its name: what remains without the
 * enum's prefix, letters folded and all other characters taken as underscores, so that STATUS_ON_HOLD fits
 * "on hold", "On-Hold" and "on_hold".
 *
 * The labels of a Postgres enum are known.  Each must have its value, and each value at most one label, so in
 * the end there are exact labels alone.
 *
 * What a column of texts holds is not known before it is read.  There a value without an annotation keeps the
 * folded name, which every text of that fold stands for, in reading and in conditions alike, and a text that
 * stands for nothing is refused when it comes.  A text that could stand for two values is refused here.  A
 * text with a character beyond ASCII folds to nothing.
 */
#include "planner/codec_labels.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

#include "planner/graph_names.h"

/* ---- names ---- */

static char fold_character(char c)
{
  return isalnum((unsigned char)c) ? (char)tolower((unsigned char)c) : '_';
}

/* Folded: small letters and digits stay, everything else is an underscore. */
static const char *fold(struct arena *arena, const char *text)
{
  char *folded = arena_strdup(arena, text);
  for (char *p = folded; *p != '\0'; p++)
    *p = fold_character(*p);
  return folded;
}

/* The value's name without ENUM_NAME_. */
static const char *without_prefix(struct arena *arena, const struct schema_enum *enumeration,
                                  const char *name)
{
  const char *prefix = arena_printf(arena, "%s_", name_upper_snake(arena, enumeration->name));
  size_t len = strlen(prefix);
  return strncmp(name, prefix, len) == 0 && name[len] != '\0' ? name + len : name;
}

/* ---- Postgres enums ---- */

static bool value_has_label(struct arena *arena, const struct schema_enum *enumeration,
                            const struct schema_enum_value *value, const char *label)
{
  if (value->options != NULL) /* the label is all there is to annotate, and it may be empty */
    return strcmp(value->options->label, label) == 0;
  return strcmp(fold(arena, without_prefix(arena, enumeration, value->name)), fold(arena, label)) == 0;
}

/* The one value with this label; aliases (several names for one number) count as one. */
static bool find_label(const struct schema_enum *enumeration, const struct catalog_type *type,
                       const char *label, struct arena *arena, int32_t *ret_number, struct error *error)
{
  const struct schema_enum_value *found = NULL;
  for (size_t i = 0; i < enumeration->n_values; i++) {
    const struct schema_enum_value *value = &enumeration->values[i];
    if (!value_has_label(arena, enumeration, value, label))
      continue;
    if (found != NULL && found->number != value->number)
      return error_set(
          error, ERROR_FAILED_PRECONDITION, "SCHEMA_MISMATCH",
          "label \"%s\" of type %s fits both %s and %s: annotate with (rowan.v1.enum_value).label", label,
          type->name, found->name, value->name);
    found = value;
  }
  if (found == NULL)
    return error_set(error, ERROR_FAILED_PRECONDITION, "SCHEMA_MISMATCH",
                     "label \"%s\" of type %s has no value in %s: add one, or annotate a value with "
                     "[(rowan.v1.enum_value).label = \"%s\"]",
                     label, type->name, enumeration->full_name, label);
  *ret_number = found->number;
  return true;
}

/* A label that an annotation names must be one of the type's. */
static bool check_declared_labels(const struct schema_enum *enumeration, const struct catalog_type *type,
                                  struct error *error)
{
  for (size_t i = 0; i < enumeration->n_values; i++) {
    const struct schema_enum_value *value = &enumeration->values[i];
    if (value->options == NULL)
      continue;
    size_t j = 0;
    while (j < type->n_labels && strcmp(type->labels[j], value->options->label) != 0)
      j++;
    if (j == type->n_labels)
      return error_set(error, ERROR_FAILED_PRECONDITION, "SCHEMA_MISMATCH",
                       "%s is annotated with label \"%s\", which type %s does not have", value->name,
                       value->options->label, type->name);
  }
  return true;
}

static int compare_labels(const void *a, const void *b)
{
  return strcmp(((const struct codec_label *)a)->label, ((const struct codec_label *)b)->label);
}

/* Two labels that only differ in what folding drops would be one value. */
static bool check_collisions(const struct codec_label *labels, size_t n, const struct catalog_type *type,
                             struct error *error)
{
  for (size_t i = 0; i < n; i++)
    for (size_t j = i + 1; j < n; j++)
      if (labels[i].number == labels[j].number)
        return error_set(error, ERROR_FAILED_PRECONDITION, "SCHEMA_MISMATCH",
                         "labels \"%s\" and \"%s\" of type %s fit the same value: annotate with "
                         "(rowan.v1.enum_value).label",
                         labels[i].label, labels[j].label, type->name);
  return true;
}

bool codec_labels_of_enum(const struct catalog_type *type, const struct schema_enum *enumeration,
                          struct arena *arena, struct codec *codec, struct error *error)
{
  struct arena *scratch = arena_new(0);
  struct codec_label *labels = ARENA_ARRAY(arena, struct codec_label, type->n_labels);
  bool ok = check_declared_labels(enumeration, type, error);
  for (size_t i = 0; ok && i < type->n_labels; i++) {
    labels[i].label = type->labels[i];
    ok = find_label(enumeration, type, type->labels[i], scratch, &labels[i].number, error);
  }
  ok = ok && check_collisions(labels, type->n_labels, type, error);
  if (ok && type->n_labels > 1)
    qsort(labels, type->n_labels, sizeof(*labels), compare_labels);
  codec->labels = labels;
  codec->n_labels = type->n_labels;
  arena_free(scratch);
  return ok;
}

/* ---- texts ---- */

static bool is_ascii(const char *text)
{
  for (; *text != '\0'; text++)
    if ((unsigned char)*text >= 0x80)
      return false;
  return true;
}

struct texts {
  struct codec_label *items;
  size_t n, cap;
};

static const struct codec_label *find_number(const struct texts *texts, int32_t number)
{
  for (size_t i = 0; i < texts->n; i++)
    if (texts->items[i].number == number)
      return &texts->items[i];
  return NULL;
}

static const char *value_name(const struct schema_enum *enumeration, int32_t number)
{
  for (size_t i = 0; i < enumeration->n_values; i++)
    if (enumeration->values[i].number == number)
      return enumeration->values[i].name;
  return "";
}

/* Several names of one number must agree on what it is called. */
static bool add_text(struct texts *texts, const struct texts *others, struct codec_label text,
                     const struct schema_enum *enumeration, const char *name, struct arena *arena,
                     struct error *error)
{
  const struct codec_label *same = find_number(texts, text.number);
  if (find_number(others, text.number) != NULL || (same != NULL && strcmp(same->label, text.label) != 0))
    return error_set(error, ERROR_FAILED_PRECONDITION, "SCHEMA_MISMATCH",
                     "%s and %s are one number, which two texts would stand for: annotate both with one "
                     "(rowan.v1.enum_value).label",
                     value_name(enumeration, text.number), name);
  if (same == NULL)
    VEC_PUSH(arena, texts, text);
  return true;
}

static bool ambiguous(const char *text, int32_t a, int32_t b, const struct schema_enum *enumeration,
                      struct error *error)
{
  return error_set(error, ERROR_FAILED_PRECONDITION, "SCHEMA_MISMATCH",
                   "the text \"%s\" would stand for %s and for %s: annotate both with "
                   "(rowan.v1.enum_value).label",
                   text, value_name(enumeration, a), value_name(enumeration, b));
}

static bool check_texts(const struct texts *exact, const struct texts *folded, bool any_case,
                        const struct schema_enum *enumeration, struct arena *scratch, struct error *error)
{
  for (size_t i = 0; i < exact->n; i++) {
    const struct codec_label *a = &exact->items[i];
    for (size_t j = i + 1; j < exact->n; j++)
      if ((any_case ? strcasecmp : strcmp)(a->label, exact->items[j].label) == 0)
        return ambiguous(a->label, a->number, exact->items[j].number, enumeration, error);
    const char *fold_of_a = fold(scratch, a->label);
    for (size_t j = 0; j < folded->n && is_ascii(a->label); j++)
      if (strcmp(fold_of_a, folded->items[j].label) == 0)
        return ambiguous(a->label, a->number, folded->items[j].number, enumeration, error);
  }
  for (size_t i = 0; i < folded->n; i++)
    for (size_t j = i + 1; j < folded->n; j++)
      if (strcmp(folded->items[i].label, folded->items[j].label) == 0)
        return ambiguous(folded->items[i].label, folded->items[i].number, folded->items[j].number,
                         enumeration, error);
  return true;
}

static int compare_any_case(const void *a, const void *b)
{
  return strcasecmp(((const struct codec_label *)a)->label, ((const struct codec_label *)b)->label);
}

bool codec_labels_of_text(const struct catalog_type *type, const struct schema_enum *enumeration,
                          struct arena *arena, struct codec *codec, struct error *error)
{
  struct arena *scratch = arena_new(0);
  struct texts exact = {0}, folded = {0};
  bool ok = true;
  codec->any_case = type->class == TYPE_CITEXT;
  for (size_t i = 0; ok && i < enumeration->n_values; i++) {
    const struct schema_enum_value *value = &enumeration->values[i];
    struct codec_label text = {.number = value->number};
    text.label = value->options != NULL ? arena_strdup(arena, value->options->label)
                                        : fold(arena, without_prefix(scratch, enumeration, value->name));
    ok = value->options != NULL ? add_text(&exact, &folded, text, enumeration, value->name, arena, error)
                                : add_text(&folded, &exact, text, enumeration, value->name, arena, error);
  }
  ok = ok && check_texts(&exact, &folded, codec->any_case, enumeration, scratch, error);
  arena_free(scratch);
  if (!ok)
    return false;
  if (exact.n > 1)
    qsort(exact.items, exact.n, sizeof(*exact.items), codec->any_case ? compare_any_case : compare_labels);
  if (folded.n > 1)
    qsort(folded.items, folded.n, sizeof(*folded.items), compare_labels);
  codec->labels = exact.items;
  codec->n_labels = exact.n;
  codec->folded = folded.items;
  codec->n_folded = folded.n;
  return true;
}

/* ---- looking up ---- */

/* The text, which has no terminator, before, at or after the label. */
static int compare_exact(struct str text, const char *label)
{
  int order = strncmp(text.len > 0 ? text.data : "", label, text.len);
  return order == 0 && label[text.len] != '\0' ? -1 : order;
}

static int compare_without_case(struct str text, const char *label)
{
  int order = strncasecmp(text.len > 0 ? text.data : "", label, text.len);
  return order == 0 && label[text.len] != '\0' ? -1 : order;
}

static int compare_folded(struct str text, const char *label)
{
  for (size_t i = 0; i < text.len; i++) {
    int order = fold_character(text.data[i]) - label[i];
    if ((unsigned char)text.data[i] >= 0x80)
      return 1;
    if (order != 0)
      return order;
  }
  return label[text.len] == '\0' ? 0 : -1;
}

static bool search(const struct codec_label *labels, size_t n, struct str text,
                   int (*compare)(struct str text, const char *label), int32_t *ret)
{
  size_t low = 0, high = n;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    int order = compare(text, labels[middle].label);
    if (order == 0) {
      *ret = labels[middle].number;
      return true;
    }
    if (order > 0)
      low = middle + 1;
    else
      high = middle;
  }
  return false;
}

bool codec_find_number(const struct codec *codec, struct str text, int32_t *ret)
{
  return search(codec->labels, codec->n_labels, text, codec->any_case ? compare_without_case : compare_exact,
                ret) ||
         search(codec->folded, codec->n_folded, text, compare_folded, ret);
}

const char *codec_find_label(const struct codec *codec, int32_t number, bool *ret_folded)
{
  *ret_folded = false;
  for (size_t i = 0; i < codec->n_labels; i++)
    if (codec->labels[i].number == number)
      return codec->labels[i].label;
  *ret_folded = true;
  for (size_t i = 0; i < codec->n_folded; i++)
    if (codec->folded[i].number == number)
      return codec->folded[i].label;
  return NULL;
}

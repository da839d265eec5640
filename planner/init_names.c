#include "planner/init_names.h"

#include <ctype.h>

#include "base/attributes.h"
#include "base/str.h"
#include "planner/graph_names.h"

const char *init_identifier(struct arena *arena, const char *text, const char *stem)
{
  char *name = arena_strdup(arena, name_snake(arena, text));
  size_t n = 0;
  for (const char *p = name; *p != '\0'; p++) {
    bool letter = *p > 0 && isalnum((unsigned char)*p);
    if (letter)
      name[n++] = *p;
    else if (n > 0 && name[n - 1] != '_')
      name[n++] = '_';
  }
  while (n > 0 && name[n - 1] == '_')
    n--;
  name[n] = '\0';
  if (n == 0)
    return stem;
  return isdigit((unsigned char)name[0]) ? arena_printf(arena, "%s_%s", stem, name) : name;
}

/* ---- singular ---- */

struct ending {
  const char *plural, *singular;
};

/* Whole words. */
static const struct ending words[] = {
    {"people", "person"},        {"men", "man"},         {"women", "woman"},       {"children", "child"},
    {"series", "series"},        {"species", "species"}, {"news", "news"},         {"movies", "movie"},
    {"cookies", "cookie"},       {"ties", "tie"},        {"indices", "index"},     {"matrices", "matrix"},
    {"vertices", "vertex"},      {"gas", "gas"},         {"gases", "gas"},         {"alias", "alias"},
    {"aliases", "alias"},        {"bias", "bias"},       {"canvas", "canvas"},     {"canvases", "canvas"},
    {"atlas", "atlas"},          {"lens", "lens"},       {"lenses", "lens"},       {"shoes", "shoe"},
    {"houses", "house"},         {"causes", "cause"},    {"clauses", "clause"},    {"pauses", "pause"},
    {"quizzes", "quiz"},         {"caches", "cache"},    {"analyses", "analysis"}, {"diagnoses", "diagnosis"},
    {"warehouses", "warehouse"},
};

/* Ends of words; the first that fits. */
static const struct ending endings[] = {
    {"ss", "ss"},   {"us", "us"},   {"is", "is"}, {"sses", "ss"}, {"uses", "us"}, {"xes", "x"},
    {"ches", "ch"}, {"shes", "sh"}, {"oes", "o"}, {"ies", "y"},   {"s", ""},
};

static const char *last_word(const char *name)
{
  const char *underscore = strrchr(name, '_');
  return underscore == NULL ? name : underscore + 1;
}

const char *init_singular(struct arena *arena, const char *name)
{
  const char *word = last_word(name);
  size_t start = (size_t)(word - name), len = strlen(word);
  for (size_t i = 0; i < LENGTH_OF(words); i++)
    if (strcmp(word, words[i].plural) == 0)
      return arena_printf(arena, "%.*s%s", (int)start, name, words[i].singular);
  for (size_t i = 0; i < LENGTH_OF(endings); i++) {
    size_t end = strlen(endings[i].plural);
    if (len > end + 1 && strcmp(word + len - end, endings[i].plural) == 0)
      return arena_printf(arena, "%.*s%s", (int)(start + len - end), name, endings[i].singular);
  }
  return name;
}

/* ---- other forms ---- */

const char *init_pascal(struct arena *arena, const char *name)
{
  char *pascal = arena_alloc_bytes(arena, strlen(name) + 1);
  size_t n = 0;
  for (const char *p = name; *p != '\0'; p++)
    if (*p != '_')
      pascal[n++] = p == name || p[-1] == '_' ? (char)toupper((unsigned char)*p) : *p;
  pascal[n] = '\0';
  return pascal;
}

const char *init_json_key(struct arena *arena, const char *name)
{
  char *key = arena_alloc_bytes(arena, strlen(name) + 1);
  size_t n = 0;
  for (const char *p = name; *p != '\0'; p++)
    if (*p != '_')
      key[n++] = (char)tolower((unsigned char)*p);
  key[n] = '\0';
  return key;
}

/* ---- sets ---- */

static size_t find_slot(const struct name_set *set, const char *name)
{
  size_t mask = set->n_slots - 1;
  size_t slot = (size_t)hash_bytes(name, strlen(name), 0) & mask;
  while (set->slots[slot] != NULL && strcmp(set->slots[slot], name) != 0)
    slot = (slot + 1) & mask;
  return slot;
}

bool name_set_has(const struct name_set *set, const char *name)
{
  return set->n_slots > 0 && set->slots[find_slot(set, name)] != NULL;
}

static void grow(struct name_set *set)
{
  const char **old = set->slots;
  size_t n_old = set->n_slots;
  set->n_slots = n_old == 0 ? 32 : 2 * n_old;
  set->slots = ARENA_ARRAY(set->arena, const char *, set->n_slots);
  for (size_t i = 0; i < n_old; i++)
    if (old[i] != NULL)
      set->slots[find_slot(set, old[i])] = old[i];
}

void name_set_add(struct name_set *set, const char *name)
{
  if (2 * (set->n + 1) > set->n_slots)
    grow(set);
  size_t slot = find_slot(set, name);
  if (set->slots[slot] != NULL)
    return;
  set->slots[slot] = name;
  set->n++;
}

#include "proto/schema_index.h"

#include <stdlib.h>
#include <uthash.h>

struct symbol_entry {
  const char *name;
  struct symbol symbol;
  UT_hash_handle hh;
};

struct file_entry {
  const char *name;
  const struct schema_file *file;
  UT_hash_handle hh;
};

struct extension {
  int32_t number;
  const struct schema_file *file;
};

struct extendee_entry {
  const char *name;
  struct extension *items; /* sorted by number once finished */
  size_t n, cap;
  UT_hash_handle hh;
};

/* Entries live in the arena; uthash's own tables are released with it. */
struct schema_index {
  struct arena *arena;
  struct symbol_entry *symbols;
  struct file_entry *files;
  struct extendee_entry *extendees;
};

static void release_tables(void *object)
{
  struct schema_index *index = object;
  HASH_CLEAR(hh, index->symbols);
  HASH_CLEAR(hh, index->files);
  HASH_CLEAR(hh, index->extendees);
}

struct schema_index *schema_index_new(struct arena *arena)
{
  struct schema_index *index = ARENA_NEW(arena, struct schema_index);
  index->arena = arena;
  arena_defer(arena, release_tables, index);
  return index;
}

bool schema_index_add(struct schema_index *index, const char *name, struct symbol symbol)
{
  struct symbol_entry *entry;
  HASH_FIND_STR(index->symbols, name, entry);
  if (entry != NULL)
    return false;
  entry = ARENA_NEW(index->arena, struct symbol_entry);
  entry->name = name;
  entry->symbol = symbol;
  HASH_ADD_KEYPTR(hh, index->symbols, entry->name, strlen(entry->name), entry);
  return true;
}

bool schema_index_add_file(struct schema_index *index, const struct schema_file *file)
{
  struct file_entry *entry;
  HASH_FIND_STR(index->files, file->name, entry);
  if (entry != NULL)
    return false;
  entry = ARENA_NEW(index->arena, struct file_entry);
  entry->name = file->name;
  entry->file = file;
  HASH_ADD_KEYPTR(hh, index->files, entry->name, strlen(entry->name), entry);
  return true;
}

void schema_index_add_extension(struct schema_index *index, const char *extendee, int32_t number,
                                const struct schema_file *file)
{
  struct extendee_entry *entry;
  HASH_FIND_STR(index->extendees, extendee, entry);
  if (entry == NULL) {
    entry = ARENA_NEW(index->arena, struct extendee_entry);
    entry->name = arena_strdup(index->arena, extendee);
    HASH_ADD_KEYPTR(hh, index->extendees, entry->name, strlen(entry->name), entry);
  }
  struct extension extension = {number, file};
  VEC_PUSH(index->arena, entry, extension);
}

static int compare_extensions(const void *a, const void *b)
{
  const struct extension *left = a, *right = b;
  return (left->number > right->number) - (left->number < right->number);
}

void schema_index_finish(struct schema_index *index)
{
  for (struct extendee_entry *entry = index->extendees; entry != NULL; entry = entry->hh.next)
    qsort(entry->items, entry->n, sizeof *entry->items, compare_extensions);
}

const struct symbol *schema_index_find(const struct schema_index *index, const char *name)
{
  struct symbol_entry *entry;
  HASH_FIND_STR(index->symbols, name, entry);
  return entry == NULL ? NULL : &entry->symbol;
}

const struct schema_file *schema_find_file(const struct schema *schema, const char *name)
{
  struct file_entry *entry;
  HASH_FIND_STR(schema->index->files, name, entry);
  return entry == NULL ? NULL : entry->file;
}

const struct schema_message *schema_find_message(const struct schema *schema, const char *full_name)
{
  const struct symbol *symbol = schema_index_find(schema->index, full_name);
  return symbol == NULL || symbol->kind != SYMBOL_MESSAGE ? NULL : symbol->object;
}

const struct schema_service *schema_find_service(const struct schema *schema, const char *full_name)
{
  const struct symbol *symbol = schema_index_find(schema->index, full_name);
  return symbol == NULL || symbol->kind != SYMBOL_SERVICE ? NULL : symbol->object;
}

const struct schema_file *schema_find_file_of_symbol(const struct schema *schema, const char *symbol_name)
{
  const struct symbol *symbol = schema_index_find(schema->index, symbol_name);
  return symbol == NULL ? NULL : symbol->file;
}

static const struct extendee_entry *find_extendee(const struct schema *schema, const char *extendee)
{
  struct extendee_entry *entry;
  HASH_FIND_STR(schema->index->extendees, extendee, entry);
  return entry;
}

const struct schema_file *schema_find_file_of_extension(const struct schema *schema, const char *extendee,
                                                        int32_t number)
{
  const struct extendee_entry *entry = find_extendee(schema, extendee);
  if (entry == NULL)
    return NULL;
  struct extension key = {.number = number};
  const struct extension *found = bsearch(&key, entry->items, entry->n, sizeof key, compare_extensions);
  return found == NULL ? NULL : found->file;
}

size_t schema_extension_numbers(const struct schema *schema, struct arena *arena, const char *extendee,
                                const int32_t **ret_numbers)
{
  const struct extendee_entry *entry = find_extendee(schema, extendee);
  size_t n = entry == NULL ? 0 : entry->n;
  int32_t *numbers = ARENA_ARRAY(arena, int32_t, n);
  for (size_t i = 0; i < n; i++)
    numbers[i] = entry->items[i].number;
  *ret_numbers = numbers;
  return n;
}

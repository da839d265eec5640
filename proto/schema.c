/*
 * schema.c - a schema's life, and the look-ups that follow a message.
 *
 * A schema owns the bytes that it was made of: files answer reflection with them, and a set that is loaded
 * again is compared with them.  It is counted by references, since graphs of before and after a reload and
 * reflection hold the same one; after loading nobody changes it, so no lock guards it.
 */
#include "proto/schema.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>

#include "proto/schema_build.h"
#include "proto/schema_index.h"
#include "proto/schema_set.h"

/* What schema_ref and schema_unref count; the schema is its first member. */
struct counted_schema {
  struct schema schema;
  atomic_uint references;
  struct strbuf bytes; /* the set; what is kept of its files points into it */
};

static void release_bytes(void *object)
{
  strbuf_done(object);
}

/* Takes the bytes. */
static struct schema *new_schema(struct strbuf bytes)
{
  struct arena *arena = arena_new(0);
  struct counted_schema *counted = ARENA_NEW(arena, struct counted_schema);
  atomic_init(&counted->references, 1);
  counted->bytes = bytes;
  counted->schema.arena = arena;
  counted->schema.index = schema_index_new(arena);
  arena_defer(arena, release_bytes, &counted->bytes);
  return &counted->schema;
}

struct schema *schema_empty(void)
{
  return new_schema((struct strbuf){0});
}

struct schema *schema_ref(const struct schema *schema)
{
  struct counted_schema *counted = (struct counted_schema *)schema;
  atomic_fetch_add_explicit(&counted->references, 1, memory_order_relaxed);
  return &counted->schema;
}

void schema_unref(struct schema *schema)
{
  struct counted_schema *counted = (struct counted_schema *)schema;
  if (schema == NULL || atomic_fetch_sub_explicit(&counted->references, 1, memory_order_acq_rel) > 1)
    return;
  arena_free(schema->arena);
}

static bool is_made_of(const struct schema *schema, const struct strbuf *bytes)
{
  const struct strbuf *own = &((const struct counted_schema *)schema)->bytes;
  return own->len > 0 && own->len == bytes->len && memcmp(own->data, bytes->data, own->len) == 0;
}

/* Takes the bytes. */
static struct schema *load(struct strbuf bytes, const struct schema *before, struct error *error)
{
  if (before != NULL && is_made_of(before, &bytes)) {
    strbuf_done(&bytes);
    return schema_ref(before);
  }
  struct schema *schema = new_schema(bytes);
  struct descriptor_set set;
  if (descriptor_set_read((struct str){bytes.data, bytes.len}, schema->arena, &set, error) &&
      schema_build(schema, &set, error))
    return schema;
  schema_unref(schema);
  return NULL;
}

struct schema *schema_load_again(const void *data, size_t len, const struct schema *before,
                                 struct error *error)
{
  struct strbuf bytes = {0};
  strbuf_add(&bytes, data, len);
  return load(bytes, before, error);
}

struct schema *schema_load(const void *data, size_t len, struct error *error)
{
  return schema_load_again(data, len, NULL, error);
}

static bool read_file(const char *path, struct strbuf *ret)
{
  FILE *file = fopen(path, "rb");
  if (file == NULL)
    return false;
  char chunk[16384];
  size_t n;
  while ((n = fread(chunk, 1, sizeof chunk, file)) > 0)
    strbuf_add(ret, chunk, n);
  int saved = ferror(file) ? errno : 0;
  fclose(file);
  errno = saved;
  return saved == 0;
}

struct schema *schema_load_file_again(const char *path, const struct schema *before, struct error *error)
{
  struct strbuf bytes = {0};
  struct schema *schema = NULL;
  if (!read_file(path, &bytes)) {
    error_set(error, ERROR_FAILED_PRECONDITION, "INVALID_DESCRIPTOR_SET", "%s: %s", path, strerror(errno));
    strbuf_done(&bytes);
  } else if ((schema = load(bytes, before, error)) == NULL) {
    error_set(error, error->code, error->reason, "%s: %s", path, error->message);
  }
  return schema;
}

struct schema *schema_load_file(const char *path, struct error *error)
{
  return schema_load_file_again(path, NULL, error);
}

/* A json_name may be another field's name; the proto name then wins. */
const struct schema_field *schema_message_field(const struct schema_message *message, struct str name)
{
  for (size_t i = 0; i < message->n_fields; i++)
    if (str_equal_text(name, message->fields[i].name))
      return &message->fields[i];
  for (size_t i = 0; i < message->n_fields; i++)
    if (str_equal_text(name, message->fields[i].json_name))
      return &message->fields[i];
  return NULL;
}

const struct schema_field *schema_message_field_by_number(const struct schema_message *message,
                                                          uint32_t number)
{
  /* Most messages number their fields from 1 without gaps. */
  if (number - 1 < message->n_fields && message->fields[number - 1].number == number)
    return &message->fields[number - 1];
  size_t low = 0, high = message->n_fields;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (message->fields[middle].number < number)
      low = middle + 1;
    else
      high = middle;
  }
  return low < message->n_fields && message->fields[low].number == number ? &message->fields[low] : NULL;
}

/* "Outer.Inner" of "pkg.Outer.Inner". */
static const char *without_package(const char *full_name, const struct schema_file *file)
{
  size_t len = strlen(file->package);
  return len == 0 ? full_name : full_name + len + 1;
}

static const char *place(struct arena *arena, const struct schema_file *file, int line, const char *scope,
                         const char *member)
{
  if (line > 0)
    return arena_printf(arena, "%s:%d", file->name, line);
  return arena_printf(arena, "%s: %s%s%s", file->name, without_package(scope, file),
                      member[0] == '\0' ? "" : ".", member);
}

const char *schema_field_place(const struct schema_field *field, struct arena *arena)
{
  return place(arena, field->parent->file, field->line, field->parent->full_name, field->name);
}

const char *schema_resource_place(const struct schema_message *message, struct arena *arena)
{
  int line = message->options_line > 0 ? message->options_line : message->line;
  return place(arena, message->file, line, message->full_name, "");
}

const char *schema_method_place(const struct schema_method *method, struct arena *arena)
{
  return place(arena, method->service->file, method->line, method->service->full_name, method->name);
}

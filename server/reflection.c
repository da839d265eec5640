/*
 * reflection.c - one request of grpc.reflection answered from two schemas, the user's and Rowan's own.
 *
 * The two may hold the same files (those of google/protobuf in most cases).  A file, and whatever it
 * declares, is the user's where both have it; everything is told apart by name, so no answer holds a name
 * twice.
 *
 * A file comes with all it depends on, itself first.  Clients ask for each dependency they lack, so this
 * spares them as many round trips as there are.
 *
 * https://github.com/grpc/grpc/blob/master/doc/server-reflection.md; numbers:
 * grpc/reflection/v1/reflection.proto.
 */
#include "server/reflection.h"

#include <stdlib.h>

#include "proto/wire.h"

enum request_kind {
  REQUEST_NONE = 0,
  REQUEST_FILE_BY_FILENAME = 3,
  REQUEST_FILE_CONTAINING_SYMBOL = 4,
  REQUEST_FILE_CONTAINING_EXTENSION = 5,
  REQUEST_EXTENSION_NUMBERS = 6,
  REQUEST_LIST_SERVICES = 7,
};

enum { REQUEST_HOST = 1, EXTENSION_TYPE = 1, EXTENSION_NUMBER = 2 };
enum {
  RESPONSE_HOST = 1,
  RESPONSE_ORIGINAL = 2,
  RESPONSE_FILES = 4,
  RESPONSE_EXTENSION_NUMBERS = 5,
  RESPONSE_SERVICES = 6,
  RESPONSE_ERROR = 7,
};

struct reflection {
  const struct schema *schemas[2]; /* the user's first */
  const char **services;           /* of both, sorted, each once */
  size_t n_services;
  struct arena *arena;
};

struct request {
  enum request_kind kind;
  struct str host;
  const char *text; /* file name, symbol or type */
  int32_t number;   /* of the extension */
};

/* One answer in the making. */
struct answer {
  const struct reflection *reflection;
  struct writer writer;
  struct arena *arena;
};

/* ---- the services of both ---- */

static int compare_names(const void *a, const void *b)
{
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void collect_services(struct reflection *reflection)
{
  size_t n = 0;
  for (size_t s = 0; s < 2; s++)
    n += reflection->schemas[s]->n_services;
  reflection->services = ARENA_ARRAY(reflection->arena, const char *, n);
  n = 0;
  for (size_t s = 0; s < 2; s++)
    for (size_t i = 0; i < reflection->schemas[s]->n_services; i++)
      reflection->services[n++] = reflection->schemas[s]->services[i]->full_name;
  if (n > 0)
    qsort(reflection->services, n, sizeof(*reflection->services), compare_names);
  for (size_t i = 0; i < n; i++)
    if (i == 0 || strcmp(reflection->services[i], reflection->services[i - 1]) != 0)
      reflection->services[reflection->n_services++] = reflection->services[i];
}

struct reflection *reflection_new(const struct schema *schema, const struct schema *builtin)
{
  struct arena *arena = arena_new(0);
  struct reflection *reflection = ARENA_NEW(arena, struct reflection);
  *reflection = (struct reflection){.schemas = {schema, builtin}, .arena = arena};
  collect_services(reflection);
  return reflection;
}

void reflection_hide(struct reflection *reflection, const char *service)
{
  size_t n = 0;
  for (size_t i = 0; i < reflection->n_services; i++)
    if (strcmp(reflection->services[i], service) != 0)
      reflection->services[n++] = reflection->services[i];
  reflection->n_services = n;
}

void reflection_free(struct reflection *reflection)
{
  if (reflection != NULL)
    arena_free(reflection->arena);
}

/* ---- the request ---- */

/* A name as text; a name never holds a NUL, so one that does is cut and will not be found, or found as what
 * it says. */
static bool take_name(struct wire_reader *reader, struct arena *arena, const char **ret)
{
  struct str bytes;
  if (!wire_read_bytes(reader, &bytes) || !str_is_utf8(bytes.data, bytes.len))
    return false;
  *ret = arena_strndup(arena, bytes.data, bytes.len);
  return true;
}

static bool read_extension(struct str bytes, struct arena *arena, struct request *request)
{
  struct wire_reader reader = {(const uint8_t *)bytes.data, (const uint8_t *)bytes.data + bytes.len};
  request->text = "";
  while (!wire_at_end(&reader)) {
    uint32_t number;
    enum wire_type type;
    uint64_t value;
    if (!wire_read_tag(&reader, &number, &type))
      return false;
    if (number == EXTENSION_TYPE && type == WIRE_BYTES) {
      if (!take_name(&reader, arena, &request->text))
        return false;
    } else if (number == EXTENSION_NUMBER && type == WIRE_VARINT) {
      if (!wire_read_varint(&reader, &value))
        return false;
      request->number = (int32_t)value;
    } else if (!wire_skip(&reader, type)) {
      return false;
    }
  }
  return true;
}

/* The last of a oneof's members wins. */
static bool read_member(struct wire_reader *reader, uint32_t number, struct arena *arena,
                        struct request *request)
{
  struct str extension;
  request->kind = (enum request_kind)number;
  if (number != REQUEST_FILE_CONTAINING_EXTENSION)
    return take_name(reader, arena, &request->text);
  return wire_read_bytes(reader, &extension) && read_extension(extension, arena, request);
}

static bool read_request(struct str bytes, struct arena *arena, struct request *request)
{
  struct wire_reader reader = {(const uint8_t *)bytes.data, (const uint8_t *)bytes.data + bytes.len};
  *request = (struct request){.text = ""};
  while (!wire_at_end(&reader)) {
    uint32_t number;
    enum wire_type type;
    bool ok;
    if (!wire_read_tag(&reader, &number, &type))
      return false;
    if (type == WIRE_BYTES && number == REQUEST_HOST)
      ok = wire_read_bytes(&reader, &request->host) && str_is_utf8(request->host.data, request->host.len);
    else if (type == WIRE_BYTES && number >= REQUEST_FILE_BY_FILENAME && number <= REQUEST_LIST_SERVICES)
      ok = read_member(&reader, number, arena, request);
    else
      ok = wire_skip(&reader, type);
    if (!ok)
      return false;
  }
  return true;
}

/* ---- answers ---- */

static void put_text(struct writer *writer, uint32_t number, const char *text)
{
  writer_put_bytes_field(writer, number, text, strlen(text));
}

static void put_error(struct answer *answer, enum error_code code, const char *what, const char *name)
{
  size_t mark = writer_size(&answer->writer);
  put_text(&answer->writer, 2, arena_printf(answer->arena, "%s%s", what, name));
  writer_put_varint_field(&answer->writer, 1, (uint64_t)code);
  writer_close_message(&answer->writer, RESPONSE_ERROR, mark);
}

static const struct schema_file *find_file(const struct reflection *reflection, const char *name)
{
  const struct schema_file *file = schema_find_file(reflection->schemas[0], name);
  return file != NULL ? file : schema_find_file(reflection->schemas[1], name);
}

struct files {
  const struct schema_file **items;
  size_t n, cap;
};

static bool holds(const struct files *files, const struct schema_file *file)
{
  for (size_t i = 0; i < files->n; i++)
    if (files->items[i] == file)
      return true;
  return false;
}

/* The file and, breadth first, all it depends on; the list is its own queue. */
static void put_files(struct answer *answer, const struct schema_file *file)
{
  struct files files = {0};
  VEC_PUSH(answer->arena, &files, file);
  for (size_t next = 0; next < files.n; next++)
    for (size_t i = 0; i < files.items[next]->n_dependencies; i++) {
      const struct schema_file *needed =
          find_file(answer->reflection, files.items[next]->dependencies[i]->name);
      if (needed != NULL && !holds(&files, needed))
        VEC_PUSH(answer->arena, &files, needed);
    }
  size_t mark = writer_size(&answer->writer);
  for (size_t i = files.n; i-- > 0;)
    writer_put_bytes_field(&answer->writer, 1, files.items[i]->raw.data, files.items[i]->raw.len);
  writer_close_message(&answer->writer, RESPONSE_FILES, mark);
}

static void answer_with_file(struct answer *answer, const struct schema_file *file, const char *what,
                             const char *name)
{
  if (file == NULL)
    put_error(answer, ERROR_NOT_FOUND, what, name);
  else
    put_files(answer, file);
}

static void answer_symbol(struct answer *answer, const char *symbol)
{
  const struct schema_file *file = NULL;
  for (size_t s = 0; s < 2 && file == NULL; s++)
    file = schema_find_file_of_symbol(answer->reflection->schemas[s], symbol + (symbol[0] == '.'));
  /* The file by its name again: where both schemas have it, the user's is meant. */
  answer_with_file(answer, file == NULL ? NULL : find_file(answer->reflection, file->name), "no symbol ",
                   symbol);
}

static void answer_extension(struct answer *answer, const struct request *request)
{
  const struct schema_file *file = NULL;
  for (size_t s = 0; s < 2 && file == NULL; s++)
    file = schema_find_file_of_extension(answer->reflection->schemas[s], request->text, request->number);
  const char *name = arena_printf(answer->arena, "%d of %s", request->number, request->text);
  answer_with_file(answer, file == NULL ? NULL : find_file(answer->reflection, file->name), "no extension ",
                   name);
}

static int compare_numbers(const void *a, const void *b)
{
  int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
  return (x > y) - (x < y);
}

struct numbers {
  int32_t *items;
  size_t n, cap;
};

static void answer_extension_numbers(struct answer *answer, const char *type)
{
  struct numbers all = {0};
  bool known = false;
  for (size_t s = 0; s < 2; s++) {
    const struct schema *schema = answer->reflection->schemas[s];
    const int32_t *numbers;
    size_t n = schema_extension_numbers(schema, answer->arena, type, &numbers);
    known = known || n > 0 || schema_find_message(schema, type) != NULL;
    for (size_t i = 0; i < n; i++)
      VEC_PUSH(answer->arena, &all, numbers[i]);
  }
  if (!known) {
    put_error(answer, ERROR_NOT_FOUND, "no message ", type);
    return;
  }
  if (all.n > 0)
    qsort(all.items, all.n, sizeof(*all.items), compare_numbers);

  struct writer *writer = &answer->writer;
  size_t mark = writer_size(writer);
  for (size_t i = all.n; i-- > 0;)
    if (i + 1 == all.n || all.items[i] != all.items[i + 1])
      writer_put_varint(writer, (uint64_t)all.items[i]);
  if (all.n > 0)
    writer_close_message(writer, 2, mark);
  put_text(writer, 1, type);
  writer_close_message(writer, RESPONSE_EXTENSION_NUMBERS, mark);
}

static void answer_services(struct answer *answer)
{
  size_t mark = writer_size(&answer->writer);
  for (size_t i = answer->reflection->n_services; i-- > 0;) {
    size_t service = writer_size(&answer->writer);
    put_text(&answer->writer, 1, answer->reflection->services[i]);
    writer_close_message(&answer->writer, 1, service);
  }
  writer_close_message(&answer->writer, RESPONSE_SERVICES, mark);
}

static void put_answer(struct answer *answer, const struct request *request)
{
  switch (request->kind) {
  case REQUEST_FILE_BY_FILENAME:
    answer_with_file(answer, find_file(answer->reflection, request->text), "no file ", request->text);
    break;
  case REQUEST_FILE_CONTAINING_SYMBOL:
    answer_symbol(answer, request->text);
    break;
  case REQUEST_FILE_CONTAINING_EXTENSION:
    answer_extension(answer, request);
    break;
  case REQUEST_EXTENSION_NUMBERS:
    answer_extension_numbers(answer, request->text);
    break;
  case REQUEST_LIST_SERVICES:
    answer_services(answer);
    break;
  case REQUEST_NONE:
    put_error(answer, ERROR_INVALID_ARGUMENT, "the request asks for nothing", "");
    break;
  }
}

bool reflection_answer(const struct reflection *reflection, struct str request_bytes, struct strbuf *ret)
{
  struct answer answer = {.reflection = reflection, .arena = arena_new(0)};
  struct request request;
  bool ok = read_request(request_bytes, answer.arena, &request);
  if (ok) {
    writer_init(&answer.writer, 4096);
    put_answer(&answer, &request);
    writer_put_bytes_field(&answer.writer, RESPONSE_ORIGINAL, request_bytes.data, request_bytes.len);
    if (request.host.len > 0)
      writer_put_bytes_field(&answer.writer, RESPONSE_HOST, request.host.data, request.host.len);
    struct str bytes = writer_bytes(&answer.writer);
    strbuf_add(ret, bytes.data, bytes.len);
    writer_done(&answer.writer);
  }
  arena_free(answer.arena);
  return ok;
}

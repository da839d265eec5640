#include "support/schema_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* One line, so that line numbers in the text are those of the file. */
#define HEAD                                                                                                 \
  "syntax = \"proto3\"; package test.v1;"                                                                    \
  "import \"google/protobuf/duration.proto\";"                                                               \
  "import \"google/protobuf/field_mask.proto\";"                                                             \
  "import \"google/protobuf/struct.proto\";"                                                                 \
  "import \"google/protobuf/timestamp.proto\";"                                                              \
  "import \"google/protobuf/wrappers.proto\";"                                                               \
  "import \"rowan/v1/annotations.proto\";"                                                                   \
  "import \"rowan/v1/request.proto\"; "

static void must(bool ok, const char *what)
{
  if (ok)
    return;
  perror(what);
  abort();
}

static char *read_all(const char *path, size_t *ret_len)
{
  FILE *file = fopen(path, "rb");
  must(file != NULL, path);
  char *data = NULL;
  size_t len = 0;
  for (size_t got = 1; got > 0; len += got) {
    data = realloc(data, len + 4096);
    must(data != NULL, "realloc");
    got = fread(data + len, 1, 4096, file);
  }
  fclose(file);
  *ret_len = len;
  return data;
}

/* Runs protoc on folder/name and gives the descriptor set, written into `out`, as bytes.  Its words are kept
 * for a failure: they warn of every import that a test does not need. */
static char *compile(const char *folder, const char *name, const char *out, size_t *ret_len)
{
  struct strbuf command = {0}, words = {0};
  strbuf_printf(&words, "%s.err", out);
  strbuf_printf(&command,
                "'%s' -I '%s' -I '%s' -I '%s' --include_imports --include_source_info "
                "--descriptor_set_out='%s' '%s' 2>'%s' || { cat '%s' >&2; false; }",
                TEST_PROTOC, folder, TEST_PROTO_DIR, TEST_PROTOBUF_INCLUDE, out, name, strbuf_text(&words),
                strbuf_text(&words));
  must(system(strbuf_text(&command)) == 0, "protoc");
  unlink(strbuf_text(&words));
  strbuf_done(&command);
  strbuf_done(&words);
  return read_all(out, ret_len);
}

static struct schema *load(char *data, size_t len)
{
  struct error error;
  struct schema *schema = schema_load(data, len, &error);
  if (schema == NULL) {
    fprintf(stderr, "schema_load: %s\n", error.message);
    abort();
  }
  free(data);
  return schema;
}

/* A new folder for one compilation; the caller removes it. */
static void make_folder(struct strbuf *ret)
{
  const char *parent = getenv("TMPDIR");
  strbuf_printf(ret, "%s/rowan-test-XXXXXX", parent != NULL ? parent : "/tmp");
  must(mkdtemp(ret->data) != NULL, ret->data);
}

struct schema *schema_from_text(const char *declarations)
{
  struct strbuf folder = {0}, source = {0}, out = {0};
  make_folder(&folder);
  strbuf_printf(&source, "%s/test.proto", strbuf_text(&folder));
  strbuf_printf(&out, "%s/test.binpb", strbuf_text(&folder));
  FILE *file = fopen(strbuf_text(&source), "w");
  must(file != NULL, strbuf_text(&source));
  must(fputs(HEAD, file) >= 0 && fputs(declarations, file) >= 0 && fclose(file) == 0, "write");
  size_t len;
  char *data = compile(strbuf_text(&folder), "test.proto", strbuf_text(&out), &len);
  unlink(strbuf_text(&source));
  unlink(strbuf_text(&out));
  rmdir(strbuf_text(&folder));
  strbuf_done(&folder);
  strbuf_done(&source);
  strbuf_done(&out);
  return load(data, len);
}

char *descriptor_set_from_file(const char *name, size_t *ret_len)
{
  struct strbuf folder = {0}, out = {0};
  make_folder(&folder);
  strbuf_printf(&out, "%s/set.binpb", strbuf_text(&folder));
  char *data = compile(TEST_DATA_DIR, name, strbuf_text(&out), ret_len);
  unlink(strbuf_text(&out));
  rmdir(strbuf_text(&folder));
  strbuf_done(&folder);
  strbuf_done(&out);
  return data;
}

struct schema *schema_from_file(const char *name)
{
  size_t len;
  char *data = descriptor_set_from_file(name, &len);
  return load(data, len);
}

struct schema *events_schema(void)
{
  return schema_from_file("events.proto");
}

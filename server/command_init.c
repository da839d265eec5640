/*
 * command_init.c - reads the catalog and the files that are there, has the planner write, and puts files in
 * place.
 *
 * A file is written beside its place and moved there, so that nobody ever reads half of one.  Without
 * --update nothing is written when any of the files exists.
 */
#include "server/command_init.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "server/command_load.h"
#include "server/init_settings.h"
#include "storage/catalog_reader.h"

struct initialization {
  const struct init_arguments *asked;
  struct arena *arena;
  const char *out; /* the folder that paths start from */
  struct error *error;
};

static bool fail_on(const struct initialization *init, const char *what, const char *path)
{
  return error_set(init->error, ERROR_FAILED_PRECONDITION, "FILE", "%s %s: %s", what, path, strerror(errno));
}

/* ---- files ---- */

static bool read_file(const struct initialization *init, const char *path, const char **ret)
{
  char chunk[8192];
  struct strbuf text = {0};
  FILE *file = fopen(path, "rb");
  if (file == NULL)
    return fail_on(init, "cannot read", path);
  for (size_t n; (n = fread(chunk, 1, sizeof(chunk), file)) > 0;)
    strbuf_add(&text, chunk, n);
  bool ok = ferror(file) == 0;
  fclose(file);
  *ret = arena_strdup(init->arena, strbuf_text(&text));
  strbuf_done(&text);
  return ok || fail_on(init, "cannot read", path);
}

static int is_proto(const struct dirent *entry)
{
  size_t len = strlen(entry->d_name);
  return len > 6 && strcmp(entry->d_name + len - 6, ".proto") == 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
  return strcmp((*a)->d_name, (*b)->d_name);
}

/* The .proto files of a folder below `out`; a folder that is not there has none. */
static bool read_folder(const struct initialization *init, const char *folder, struct init_files *ret)
{
  struct dirent **entries;
  int n = scandir(arena_printf(init->arena, "%s/%s", init->out, folder), &entries, is_proto, by_name);
  bool ok = n >= 0 || errno == ENOENT || fail_on(init, "cannot read", folder);
  for (int i = 0; i < n; i++) {
    struct init_file file = {arena_printf(init->arena, "%s/%s", folder, entries[i]->d_name), NULL};
    ok = ok && read_file(init, arena_printf(init->arena, "%s/%s", init->out, file.path), &file.text);
    VEC_PUSH(init->arena, ret, file);
    free(entries[i]);
  }
  if (n >= 0)
    free(entries);
  return ok;
}

static bool make_folders(const struct initialization *init, const char *path)
{
  char *folder = arena_strdup(init->arena, path);
  for (char *p = folder + 1; *p != '\0'; p++) {
    if (*p != '/')
      continue;
    *p = '\0';
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
      return fail_on(init, "cannot make", folder);
    *p = '/';
  }
  return true;
}

static bool write_file(const struct initialization *init, const struct init_file *file)
{
  const char *path = arena_printf(init->arena, "%s/%s", init->out, file->path);
  const char *draft = arena_printf(init->arena, "%s.new", path);
  if (!make_folders(init, path))
    return false;
  FILE *out = fopen(draft, "wb");
  if (out == NULL)
    return fail_on(init, "cannot write", draft);
  bool ok = fputs(file->text, out) >= 0;
  ok = fclose(out) == 0 && ok;
  if (!ok || rename(draft, path) != 0) {
    fail_on(init, "cannot write", path);
    remove(draft);
    return false;
  }
  printf("%s\n", path);
  return true;
}

/* ---- the command ---- */

static bool refuse_existing(const struct initialization *init, const struct init_files *files)
{
  struct stat info;
  for (size_t i = 0; i < files->n; i++) {
    const char *path = arena_printf(init->arena, "%s/%s", init->out, files->items[i].path);
    if (stat(path, &info) == 0)
      return error_set(init->error, ERROR_FAILED_PRECONDITION, "FILE",
                       "%s is there already; --update keeps it and adds what it lacks", path);
  }
  return true;
}

static bool generate(const struct initialization *init, const struct catalog *catalog,
                     const struct init_options *options, struct init_result *ret)
{
  struct init_files existing = {0};
  char *folder = arena_strdup(init->arena, options->package);
  for (char *p = folder; *p != '\0'; p++)
    *p = *p == '.' ? '/' : *p;
  if (init->asked->update && !read_folder(init, folder, &existing))
    return false;
  return init_generate(catalog, options, &existing, init->arena, ret, init->error);
}

static bool run(const struct initialization *init, const struct settings *settings,
                const struct catalog *catalog)
{
  struct init_options options;
  struct init_result result;
  if (!init_settings_options(settings, catalog->database, init->arena, &options, init->error) ||
      !generate(init, catalog, &options, &result) ||
      (!init->asked->update && !refuse_existing(init, &result.files)))
    return false;
  for (size_t i = 0; i < result.files.n; i++)
    if (!write_file(init, &result.files.items[i]))
      return false;
  for (size_t i = 0; i < result.notes.n; i++)
    fprintf(stderr, "rowan: %s\n", result.notes.items[i]);
  return true;
}

int command_init(const struct settings *settings, const struct init_arguments *arguments)
{
  struct error error;
  struct catalog *catalog = catalog_read(settings->database, &error);
  if (catalog == NULL) {
    command_print_error(&error);
    return 1;
  }
  struct initialization init = {.asked = arguments,
                                .arena = arena_new(0),
                                .out = arguments->out != NULL ? arguments->out : ".",
                                .error = &error};
  bool ok = run(&init, settings, catalog);
  if (!ok)
    command_print_error(&error);
  catalog_free(catalog);
  arena_free(init.arena);
  return ok ? 0 : 1;
}

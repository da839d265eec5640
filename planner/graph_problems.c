#include "planner/graph_build.h"

#include <ctype.h>
#include <stdlib.h>

static void add(struct graph_build *build, const char *place, const char *path, const char *fix, bool warning,
                const char *format, va_list args)
{
  struct problems *problems = build->problems;
  struct strbuf text = {0};
  strbuf_printf(&text, "%s: ", path);
  strbuf_vprintf(&text, format, args);
  struct problem problem = {.place = place,
                            .message = arena_strdup(problems->arena, strbuf_text(&text)),
                            .fix = fix == NULL ? NULL : arena_strdup(problems->arena, fix),
                            .warning = warning};
  strbuf_done(&text);
  VEC_PUSH(problems->arena, problems, problem);
  problems->n_errors += !warning;
}

static const char *field_path(struct graph_build *build, const struct schema_field *field)
{
  return arena_printf(build->problems->arena, "%s.%s", field->parent->full_name, field->name);
}

void problem_of_field(struct graph_build *build, struct graph_field *field, const char *fix,
                      const char *format, ...)
{
  va_list args;
  va_start(args, format);
  add(build, schema_field_place(field->field, build->problems->arena), field_path(build, field->field), fix,
      false, format, args);
  va_end(args);
  field->kind = GRAPH_FIELD_NONE;
  ((struct graph_resource *)field->resource)->broken = true; /* not const while the graph is built */
}

void problem_of_resource(struct graph_build *build, struct graph_resource *resource, const char *fix,
                         const char *format, ...)
{
  va_list args;
  va_start(args, format);
  add(build, schema_resource_place(resource->message, build->problems->arena), resource->message->full_name,
      fix, false, format, args);
  va_end(args);
  resource->broken = true;
}

void problem_of_method(struct graph_build *build, struct graph_method *method, const char *fix,
                       const char *format, ...)
{
  va_list args;
  va_start(args, format);
  add(build, schema_method_place(method->method, build->problems->arena), method->method->path, fix, false,
      format, args);
  va_end(args);
  method->broken = true;
}

void problem_of_method_field(struct graph_build *build, struct graph_method *method,
                             const struct schema_field *field, const char *fix, const char *format, ...)
{
  va_list args;
  va_start(args, format);
  add(build, schema_field_place(field, build->problems->arena), field_path(build, field), fix, false, format,
      args);
  va_end(args);
  method->broken = true;
}

void warning_of_field(struct graph_build *build, const struct graph_field *field, const char *fix,
                      const char *format, ...)
{
  va_list args;
  va_start(args, format);
  add(build, schema_field_place(field->field, build->problems->arena), field_path(build, field->field), fix,
      true, format, args);
  va_end(args);
}

/* ---- in order ---- */

struct sortable {
  struct problem problem;
  size_t file_len, position;
  long line;
};

/* "dir/file.proto:31" is file and line; anything else sorts by its text before all lines of that file. */
static struct sortable sortable_from(const struct problem *problem, size_t position)
{
  struct sortable sortable = {.problem = *problem, .position = position};
  const char *colon = strrchr(problem->place, ':');
  sortable.file_len = colon == NULL ? strlen(problem->place) : (size_t)(colon - problem->place);
  if (colon != NULL && isdigit((unsigned char)colon[1]))
    sortable.line = strtol(colon + 1, NULL, 10);
  return sortable;
}

static int compare_sortables(const void *a, const void *b)
{
  const struct sortable *x = a, *y = b;
  size_t shorter = x->file_len < y->file_len ? x->file_len : y->file_len;
  int by_file = memcmp(x->problem.place, y->problem.place, shorter);
  if (by_file != 0)
    return by_file;
  if (x->file_len != y->file_len)
    return x->file_len < y->file_len ? -1 : 1;
  if (x->line != y->line)
    return x->line < y->line ? -1 : 1;
  return x->position < y->position ? -1 : x->position > y->position;
}

static bool same_problem(const struct problem *a, const struct problem *b)
{
  return a->warning == b->warning && strcmp(a->place, b->place) == 0 && strcmp(a->message, b->message) == 0;
}

/* Two methods that share a request report its fields twice; once is enough. */
static void remove_repeated(struct problems *problems)
{
  size_t n = 0;
  for (size_t i = 0; i < problems->n; i++) {
    bool repeated = false;
    for (size_t j = n; j > 0 && strcmp(problems->items[j - 1].place, problems->items[i].place) == 0; j--)
      repeated = repeated || same_problem(&problems->items[j - 1], &problems->items[i]);
    if (!repeated)
      problems->items[n++] = problems->items[i];
    else if (!problems->items[i].warning)
      problems->n_errors--;
  }
  problems->n = n;
}

void problems_sort(struct problems *problems)
{
  if (problems->n < 2)
    return;
  struct arena *arena = arena_new(0);
  struct sortable *sortables = ARENA_ARRAY(arena, struct sortable, problems->n);
  for (size_t i = 0; i < problems->n; i++)
    sortables[i] = sortable_from(&problems->items[i], i);
  qsort(sortables, problems->n, sizeof(*sortables), compare_sortables);
  for (size_t i = 0; i < problems->n; i++)
    problems->items[i] = sortables[i].problem;
  arena_free(arena);
  remove_repeated(problems);
}

/* ---- as text ---- */

static void print_fix(const char *fix, struct strbuf *ret)
{
  while (*fix != '\0') {
    size_t len = strcspn(fix, "\n");
    strbuf_puts(ret, "    ");
    strbuf_add(ret, fix, len);
    strbuf_putc(ret, '\n');
    fix += len + (fix[len] == '\n');
  }
}

void problems_print(const struct problems *problems, struct strbuf *ret)
{
  for (size_t i = 0; i < problems->n; i++) {
    const struct problem *problem = &problems->items[i];
    strbuf_printf(ret, "%s: %s%s\n", problem->place, problem->warning ? "warning: " : "", problem->message);
    if (problem->fix != NULL)
      print_fix(problem->fix, ret);
  }
  size_t n_warnings = problems->n - problems->n_errors;
  if (problems->n == 0)
    strbuf_puts(ret, "no problems\n");
  else
    strbuf_printf(ret, "%zu problem%s, %zu warning%s\n", problems->n_errors,
                  problems->n_errors == 1 ? "" : "s", n_warnings, n_warnings == 1 ? "" : "s");
}

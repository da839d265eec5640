/*
 * init_edit.c - changes to text that exists, each as small as it can be.
 *
 * New fields and values stand at the end of their message or enum, under the next number that was never used.
 * What the database no longer has gives way to a reservation of its number and name, in its place, so that
 * neither is ever given away again; comments around it stay, being somebody's words.  A member of a oneof
 * stays too: nothing can be reserved there.
 */
#include <stdlib.h>

#include "planner/init_model.h"

static void add_edit(struct init_build *build, struct init_output *output, struct text_span span,
                     const char *text)
{
  struct init_edit edit = {span, text};
  VEC_PUSH(build->arena, &output->edits, edit);
}

static const char *line_end(const struct text_file *file)
{
  const char *newline = memchr(file->text.data, '\n', file->text.len);
  return newline != NULL && newline > file->text.data && newline[-1] == '\r' ? "\r\n" : "\n";
}

/* Lines as the file ends them. */
static const char *with_line_ends(struct init_build *build, const struct text_file *file,
                                  const struct strbuf *lines)
{
  struct strbuf text = {0};
  for (size_t i = 0; i < lines->len; i++)
    if (lines->data[i] == '\n')
      strbuf_puts(&text, line_end(file));
    else
      strbuf_putc(&text, lines->data[i]);
  const char *copy = arena_strdup(build->arena, strbuf_text(&text));
  strbuf_done(&text);
  return copy;
}

/* The blanks that the line of `position` starts with; NULL when something else stands before it. */
static const char *indent_at(struct init_build *build, const struct text_file *file, size_t position)
{
  size_t start = position;
  while (start > 0 && file->text.data[start - 1] != '\n') {
    start--;
    if (file->text.data[start] != ' ' && file->text.data[start] != '\t')
      return NULL;
  }
  return arena_strndup(build->arena, file->text.data + start, position - start);
}

/* How declarations of a block are indented: as its first one, where that has a line of its own. */
static const char *indent_of(struct init_build *build, const struct text_file *file, size_t first)
{
  const char *indent = first == 0 ? NULL : indent_at(build, file, first);
  return indent != NULL ? indent : "  ";
}

/* Adds lines before the closing brace, which gets a line of its own if it had none. */
static void add_lines(struct init_build *build, struct init_output *output, struct text_span body,
                      const struct strbuf *lines)
{
  const struct text_file *file = output->existing;
  const char *before_brace = indent_at(build, file, body.end);
  struct strbuf text = {0};
  size_t at = body.end;
  if (before_brace != NULL)
    at -= strlen(before_brace);
  else
    strbuf_putc(&text, '\n');
  strbuf_puts(&text, strbuf_text(lines));
  add_edit(build, output, (struct text_span){at, at}, with_line_ends(build, file, &text));
  strbuf_done(&text);
}

static void reserve(struct init_build *build, struct init_output *output, struct text_span statement,
                    const char *name, int32_t number)
{
  const char *indent = indent_at(build, output->existing, statement.start);
  struct strbuf text = {0};
  strbuf_printf(&text, "reserved %d;%s%sreserved \"%s\";", number,
                indent == NULL ? "" : line_end(output->existing), indent == NULL ? " " : indent, name);
  add_edit(build, output, statement, arena_strdup(build->arena, strbuf_text(&text)));
  strbuf_done(&text);
}

/* ---- messages ---- */

static void reserve_lost_fields(struct init_build *build, struct init_resource *resource)
{
  const struct text_message *message = resource->existing;
  for (size_t i = 0; i < message->fields.n; i++) {
    const struct text_field *field = &message->fields.items[i];
    if (!init_is_gone(build, resource->table, field))
      continue;
    if (field->in_oneof)
      init_note(build, "%s.%s: the database no longer has it; a oneof reserves nothing, take it out by hand",
                message->name, field->name);
    else
      reserve(build, resource->output, field->statement, field->name, field->number);
  }
}

void init_edit_message(struct init_build *build, struct init_resource *resource)
{
  const struct text_message *message = resource->existing;
  size_t first = message->fields.n > 0 ? message->fields.items[0].statement.start : 0;
  const char *indent = indent_of(build, resource->output->existing, first);
  struct text_numbers numbers = message->numbers;
  struct strbuf lines = {0};
  for (size_t i = 0; i < resource->fields.n; i++) {
    const struct init_field *field = &resource->fields.items[i];
    if (field->existing != NULL || field->left_out)
      continue;
    int32_t number = text_take_number(&numbers, TEXT_FIELD_NUMBER_MAX, build->arena);
    init_write_field(build, resource, field, number, indent, &lines);
  }
  reserve_lost_fields(build, resource);
  if (lines.len > 0)
    add_lines(build, resource->output, message->body, &lines);
  strbuf_done(&lines);
}

/* ---- enums ---- */

static bool has_value(const struct text_enum *enumeration, const char *name)
{
  for (size_t i = 0; i < enumeration->values.n; i++)
    if (strcmp(enumeration->values.items[i].name, name) == 0)
      return true;
  return false;
}

static bool stands_for_label(const struct init_enum *enumeration, const struct text_enum_value *value)
{
  for (size_t i = 0; i < enumeration->type->n_labels; i++)
    if (strcmp(enumeration->values[i], value->name) == 0)
      return true;
  return false;
}

void init_edit_enum(struct init_build *build, struct init_enum *enumeration)
{
  const struct text_enum *existing = enumeration->existing;
  struct init_output *output = enumeration->output;
  size_t first = existing->values.n > 0 ? existing->values.items[0].statement.start : 0;
  const char *indent = indent_of(build, output->existing, first);
  struct text_numbers numbers = existing->numbers;
  struct strbuf lines = {0};
  for (size_t i = 0; i < enumeration->type->n_labels; i++) {
    if (has_value(existing, enumeration->values[i]))
      continue;
    if (enumeration->annotated[i])
      output_import(build, output, "rowan/v1/annotations.proto");
    int32_t number = text_take_number(&numbers, TEXT_ENUM_NUMBER_MAX, build->arena);
    init_write_enum_value(enumeration, i, number, indent, &lines);
  }
  for (size_t i = 0; i < existing->values.n; i++) {
    const struct text_enum_value *value = &existing->values.items[i];
    if (value->number != 0 && !stands_for_label(enumeration, value))
      reserve(build, output, value->statement, value->name, value->number);
  }
  if (lines.len > 0)
    add_lines(build, output, existing->body, &lines);
  strbuf_done(&lines);
}

/* ---- files ---- */

static int compare_texts(const void *a, const void *b)
{
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A new import goes before the first one that sorts behind it, else behind the head. */
static void add_import(struct init_build *build, struct init_output *output, const char *path)
{
  const struct text_file *file = output->existing;
  const char *end = line_end(file);
  for (size_t i = 0; i < file->imports.n; i++) {
    const struct text_import *import = &file->imports.items[i];
    if (strcmp(import->path, path) <= 0)
      continue;
    const char *text = arena_printf(build->arena, "import \"%s\";%s", path, end);
    add_edit(build, output, (struct text_span){import->statement.start, import->statement.start}, text);
    return;
  }
  bool first = file->imports.n == 0 && path == output->imports.items[0];
  const char *gap = first ? end : "";
  const char *text = arena_printf(build->arena, "%s%simport \"%s\";", end, gap, path);
  add_edit(build, output, (struct text_span){file->head_end, file->head_end}, text);
}

/* By place; of one place in the order they were made, which qsort alone would not keep. */
static void sort_edits(struct init_output *output)
{
  for (size_t i = 1; i < output->edits.n; i++) {
    struct init_edit edit = output->edits.items[i];
    size_t j = i;
    for (; j > 0 && output->edits.items[j - 1].span.start > edit.span.start; j--)
      output->edits.items[j] = output->edits.items[j - 1];
    output->edits.items[j] = edit;
  }
}

static void edit_text(struct init_build *build, struct init_output *output, struct strbuf *ret)
{
  struct str text = output->existing->text;
  size_t at = 0;
  for (size_t i = 0; i < output->imports.n; i++)
    add_import(build, output, output->imports.items[i]);
  sort_edits(output);
  for (size_t i = 0; i < output->edits.n; i++) {
    const struct init_edit *edit = &output->edits.items[i];
    strbuf_add(ret, text.data + at, edit->span.start - at);
    strbuf_puts(ret, edit->text);
    at = edit->span.end;
  }
  strbuf_add(ret, text.data + at, text.len - at);
  if (output->added.len == 0)
    return;
  if (text.len > 0 && text.data[text.len - 1] != '\n')
    strbuf_puts(ret, line_end(output->existing));
  strbuf_puts(ret, line_end(output->existing));
  strbuf_puts(ret, with_line_ends(build, output->existing, &output->added));
}

static void new_text(struct init_build *build, struct init_output *output, struct strbuf *ret)
{
  strbuf_printf(ret,
                "// Written by `rowan init` from the database's catalog, and yours to edit: `rowan init "
                "--update` adds what\n"
                "// is new in the database and leaves everything else as it stands.\n"
                "syntax = \"proto3\";\n\npackage %s;\n\n",
                build->options->package);
  for (size_t i = 0; i < output->imports.n; i++)
    strbuf_printf(ret, "import \"%s\";\n", output->imports.items[i]);
  strbuf_printf(ret, "\n%s", strbuf_text(&output->added));
}

const char *init_output_text(struct init_build *build, struct init_output *output)
{
  struct strbuf text = {0};
  if (output->imports.n > 1)
    qsort(output->imports.items, output->imports.n, sizeof(*output->imports.items), compare_texts);
  if (output->existing != NULL)
    edit_text(build, output, &text);
  else
    new_text(build, output, &text);
  strbuf_done(&output->added);
  const char *copy = arena_strdup(build->arena, strbuf_text(&text));
  strbuf_done(&text);
  return copy;
}

/*
 * init_text.c - reads the declarations of a .proto file, with their places.
 *
 * One function a production, over the tokens of init_lexer.c.  What is of no interest is skipped by counting
 * brackets, so that a file may use whatever protoc accepts.  protoc judges files; here a file is refused only
 * where its structure cannot be followed.
 */
#include "planner/init_text.h"

#include <stdlib.h>

#include "planner/init_lexer.h"

struct reader {
  struct text_file *file;
  struct arena *arena;
  struct tokens tokens;
  size_t at;
  struct error *error;
};

/* ---- tokens ---- */

static const struct token *token_ahead(const struct reader *reader, size_t n)
{
  size_t last = reader->tokens.n - 1;
  return &reader->tokens.items[reader->at + n < last ? reader->at + n : last];
}

static bool is_text(const struct reader *reader, const struct token *token, const char *text)
{
  struct str found = {reader->file->text.data + token->span.start, token->span.end - token->span.start};
  return token->kind != TOKEN_STRING && str_equal_text(found, text);
}

static bool sees(const struct reader *reader, const char *text)
{
  return is_text(reader, token_ahead(reader, 0), text);
}

static bool takes(struct reader *reader, const char *text)
{
  if (!sees(reader, text))
    return false;
  reader->at++;
  return true;
}

static bool fail(struct reader *reader, const char *expected)
{
  return text_error(reader->file, token_ahead(reader, 0)->span.start, reader->error, expected);
}

static bool expect(struct reader *reader, const char *text)
{
  return takes(reader, text) || fail(reader, text);
}

static const char *token_copy(struct reader *reader, const struct token *token)
{
  return arena_strndup(reader->arena, reader->file->text.data + token->span.start,
                       token->span.end - token->span.start);
}

static bool expect_name(struct reader *reader, const char **ret)
{
  if (token_ahead(reader, 0)->kind != TOKEN_NAME)
    return fail(reader, "a name");
  *ret = token_copy(reader, token_ahead(reader, 0));
  reader->at++;
  return true;
}

static bool expect_number(struct reader *reader, int32_t *ret)
{
  bool minus = takes(reader, "-");
  if (token_ahead(reader, 0)->kind != TOKEN_NUMBER)
    return fail(reader, "a number");
  long number = strtol(token_copy(reader, token_ahead(reader, 0)), NULL, 0);
  *ret = (int32_t)(minus ? -number : number);
  reader->at++;
  return true;
}

/* Adjacent strings are one. */
static bool expect_string(struct reader *reader, const char **ret)
{
  if (token_ahead(reader, 0)->kind != TOKEN_STRING)
    return fail(reader, "a string");
  const char *text = "";
  while (token_ahead(reader, 0)->kind == TOKEN_STRING) {
    text = arena_printf(reader->arena, "%s%s", text,
                        token_string(reader->file, token_ahead(reader, 0), reader->arena));
    reader->at++;
  }
  *ret = text;
  return true;
}

static bool at_end(const struct reader *reader)
{
  return token_ahead(reader, 0)->kind == TOKEN_END;
}

static size_t here(const struct reader *reader)
{
  return token_ahead(reader, 0)->span.start;
}

/* Where the token before ends. */
static size_t behind(const struct reader *reader)
{
  return reader->tokens.items[reader->at - 1].span.end;
}

static bool opens(const struct reader *reader)
{
  return sees(reader, "{") || sees(reader, "[") || sees(reader, "(");
}

static bool closes(const struct reader *reader)
{
  return sees(reader, "}") || sees(reader, "]") || sees(reader, ")");
}

/* Passes over a statement: up to its semicolon, or the block that ends it. */
static bool skip_statement(struct reader *reader, bool ends_with_block)
{
  for (size_t depth = 0; !at_end(reader); reader->at++) {
    if (depth == 0 && takes(reader, ";"))
      return true;
    depth += opens(reader);
    if (!closes(reader))
      continue;
    if (depth == 0)
      return fail(reader, "\";\"");
    depth--;
    if (depth == 0 && ends_with_block && takes(reader, "}"))
      return true;
  }
  return fail(reader, "the end of the statement");
}

/* ---- options ---- */

static void add_option(struct reader *reader, struct text_options *options, const char *path,
                       const char *value)
{
  struct text_option option = {path, value};
  VEC_PUSH(reader->arena, options, option);
}

static bool read_value(struct reader *reader, const char *path, struct text_options *options);

/* The fields of a message in text format, up to its end. */
static bool read_aggregate(struct reader *reader, const char *path, const char *end,
                           struct text_options *options)
{
  add_option(reader, options, path, "");
  while (!takes(reader, end)) {
    const char *name;
    bool extension = takes(reader, "[");
    if (!expect_name(reader, &name) || (extension && !expect(reader, "]")))
      return false;
    takes(reader, ":");
    if (!read_value(reader, arena_printf(reader->arena, "%s.%s", path, name), options))
      return false;
    if (!takes(reader, ","))
      takes(reader, ";");
  }
  return true;
}

static bool read_list(struct reader *reader, const char *path, struct text_options *options)
{
  while (!takes(reader, "]")) {
    if (!read_value(reader, path, options))
      return false;
    takes(reader, ",");
  }
  return true;
}

static bool read_value(struct reader *reader, const char *path, struct text_options *options)
{
  if (takes(reader, "{"))
    return read_aggregate(reader, path, "}", options);
  if (takes(reader, "<"))
    return read_aggregate(reader, path, ">", options);
  if (takes(reader, "["))
    return read_list(reader, path, options);
  const char *value;
  if (token_ahead(reader, 0)->kind == TOKEN_STRING) {
    if (!expect_string(reader, &value))
      return false;
  } else {
    takes(reader, "-");
    if (token_ahead(reader, 0)->kind != TOKEN_NAME && token_ahead(reader, 0)->kind != TOKEN_NUMBER)
      return fail(reader, "a value");
    value = token_copy(reader, token_ahead(reader, 0));
    reader->at++;
  }
  add_option(reader, options, path, value);
  return true;
}

/* (rowan.v1.field).relation = …, and plain names. */
static bool read_option(struct reader *reader, struct text_options *options)
{
  const char *path = "", *part;
  while (!takes(reader, "=")) {
    bool extension = takes(reader, "(");
    if (!expect_name(reader, &part) || (extension && !expect(reader, ")")))
      return false;
    path = arena_printf(reader->arena, "%s%s", path, extension && *part == '.' ? part + 1 : part);
  }
  return read_value(reader, path, options);
}

static bool read_option_list(struct reader *reader, struct text_options *options)
{
  if (!takes(reader, "["))
    return true;
  do {
    if (!read_option(reader, options))
      return false;
  } while (takes(reader, ","));
  return expect(reader, "]");
}

/* ---- messages and enums ---- */

static void add_numbers(struct reader *reader, struct text_numbers *numbers, int32_t first, int32_t last)
{
  struct text_range range = {first, last};
  VEC_PUSH(reader->arena, numbers, range);
}

/* 5, 5 to 9, 5 to max */
static bool read_range(struct reader *reader, struct text_numbers *numbers)
{
  int32_t first, last;
  if (!expect_number(reader, &first))
    return false;
  last = first;
  if (takes(reader, "to")) {
    if (takes(reader, "max"))
      last = INT32_MAX;
    else if (!expect_number(reader, &last))
      return false;
  }
  add_numbers(reader, numbers, first, last);
  return true;
}

static bool read_reserved(struct reader *reader, struct text_names *names, struct text_numbers *numbers)
{
  while (!takes(reader, ";")) {
    const char *name;
    if (token_ahead(reader, 0)->kind == TOKEN_STRING) {
      if (!expect_string(reader, &name))
        return false;
      VEC_PUSH(reader->arena, names, name);
    } else if (!takes(reader, ",") && !read_range(reader, numbers)) {
      return false;
    }
  }
  return true;
}

/* Whether a label stands here, and not a type of that name. */
static bool takes_label(struct reader *reader, const char *label)
{
  return !is_text(reader, token_ahead(reader, 2), "=") && takes(reader, label);
}

static bool read_type(struct reader *reader, const char **ret)
{
  const char *key, *value;
  if (!sees(reader, "map") || !is_text(reader, token_ahead(reader, 1), "<"))
    return expect_name(reader, ret);
  reader->at += 2;
  if (!expect_name(reader, &key) || !expect(reader, ",") || !expect_name(reader, &value) ||
      !expect(reader, ">"))
    return false;
  *ret = arena_printf(reader->arena, "map<%s, %s>", key, value);
  return true;
}

static bool read_field(struct reader *reader, struct text_message *message, bool in_oneof)
{
  struct text_field field = {.in_oneof = in_oneof, .statement.start = here(reader)};
  field.repeated = takes_label(reader, "repeated");
  if (!field.repeated && !takes_label(reader, "optional"))
    takes_label(reader, "required");
  if (!read_type(reader, &field.type) || !expect_name(reader, &field.name) || !expect(reader, "=") ||
      !expect_number(reader, &field.number) || !read_option_list(reader, &field.options) ||
      !expect(reader, ";"))
    return false;
  field.statement.end = behind(reader);
  add_numbers(reader, &message->numbers, field.number, field.number);
  VEC_PUSH(reader->arena, &message->fields, field);
  return true;
}

static bool read_oneof(struct reader *reader, struct text_message *message)
{
  const char *name;
  reader->at++;
  if (!expect_name(reader, &name) || !expect(reader, "{"))
    return false;
  VEC_PUSH(reader->arena, &message->other_names, name);
  while (!takes(reader, "}")) {
    bool read = sees(reader, "option") ? skip_statement(reader, false)
                                       : takes(reader, ";") || read_field(reader, message, true);
    if (!read)
      return false;
  }
  return true;
}

/* Whether `keyword NAME {` or, for extend, `extend Type {` stands here. */
static bool sees_block(const struct reader *reader, const char *keyword)
{
  return sees(reader, keyword) && is_text(reader, token_ahead(reader, 2), "{");
}

static bool read_member(struct reader *reader, struct text_message *message)
{
  if (takes(reader, ";"))
    return true;
  if (sees_block(reader, "message") || sees_block(reader, "enum") || sees_block(reader, "extend")) {
    VEC_PUSH(reader->arena, &message->other_names, token_copy(reader, token_ahead(reader, 1)));
    return skip_statement(reader, true);
  }
  if (sees_block(reader, "oneof"))
    return read_oneof(reader, message);
  if (takes(reader, "option"))
    return read_option(reader, &message->options) && expect(reader, ";");
  if (token_ahead(reader, 1)->kind == TOKEN_NAME)
    return read_field(reader, message, false);
  if (takes(reader, "reserved"))
    return read_reserved(reader, &message->reserved, &message->numbers);
  return sees(reader, "extensions") ? skip_statement(reader, false) : read_field(reader, message, false);
}

static bool read_message(struct reader *reader)
{
  struct text_message message = {0};
  reader->at++;
  if (!expect_name(reader, &message.name) || !expect(reader, "{"))
    return false;
  message.body.start = behind(reader);
  while (!sees(reader, "}"))
    if (at_end(reader) ? !fail(reader, "\"}\"") : !read_member(reader, &message))
      return false;
  message.body.end = here(reader);
  reader->at++;
  VEC_PUSH(reader->arena, &reader->file->messages, message);
  return true;
}

static bool read_enum_value(struct reader *reader, struct text_enum *enumeration)
{
  struct text_enum_value value = {.statement.start = here(reader)};
  struct text_options options = {0};
  if (!expect_name(reader, &value.name) || !expect(reader, "=") || !expect_number(reader, &value.number) ||
      !read_option_list(reader, &options) || !expect(reader, ";"))
    return false;
  value.statement.end = behind(reader);
  value.label = text_option(&options, "rowan.v1.enum_value.label");
  add_numbers(reader, &enumeration->numbers, value.number, value.number);
  VEC_PUSH(reader->arena, &enumeration->values, value);
  return true;
}

static bool read_enum_member(struct reader *reader, struct text_enum *enumeration)
{
  if (takes(reader, ";"))
    return true;
  if (is_text(reader, token_ahead(reader, 1), "="))
    return read_enum_value(reader, enumeration);
  if (sees(reader, "option"))
    return skip_statement(reader, false);
  if (takes(reader, "reserved"))
    return read_reserved(reader, &enumeration->reserved, &enumeration->numbers);
  return fail(reader, "an enum value");
}

static bool read_enum(struct reader *reader)
{
  struct text_enum enumeration = {0};
  reader->at++;
  if (!expect_name(reader, &enumeration.name) || !expect(reader, "{"))
    return false;
  enumeration.body.start = behind(reader);
  while (!sees(reader, "}"))
    if (at_end(reader) ? !fail(reader, "\"}\"") : !read_enum_member(reader, &enumeration))
      return false;
  enumeration.body.end = here(reader);
  reader->at++;
  VEC_PUSH(reader->arena, &reader->file->enums, enumeration);
  return true;
}

/* ---- files ---- */

static bool read_import(struct reader *reader)
{
  struct text_import import = {.statement.start = here(reader)};
  reader->at++;
  if (!takes(reader, "public"))
    takes(reader, "weak");
  if (!expect_string(reader, &import.path) || !expect(reader, ";"))
    return false;
  import.statement.end = behind(reader);
  VEC_PUSH(reader->arena, &reader->file->imports, import);
  return true;
}

static bool read_package(struct reader *reader)
{
  reader->at++;
  return expect_name(reader, &reader->file->package) && expect(reader, ";");
}

static bool read_service(struct reader *reader)
{
  VEC_PUSH(reader->arena, &reader->file->services, token_copy(reader, token_ahead(reader, 1)));
  return skip_statement(reader, true);
}

static bool read_head(struct reader *reader)
{
  bool read = sees(reader, "import")    ? read_import(reader)
              : sees(reader, "package") ? read_package(reader)
                                        : skip_statement(reader, false);
  if (read)
    reader->file->head_end = behind(reader) + strcspn(reader->file->text.data + behind(reader), "\r\n");
  return read;
}

static bool read_declaration(struct reader *reader)
{
  if (takes(reader, ";"))
    return true;
  if (sees(reader, "syntax") || sees(reader, "import") || sees(reader, "package"))
    return read_head(reader);
  if (sees(reader, "option"))
    return skip_statement(reader, false);
  if (sees(reader, "message"))
    return read_message(reader);
  if (sees(reader, "enum"))
    return read_enum(reader);
  if (sees(reader, "service"))
    return read_service(reader);
  if (sees(reader, "extend"))
    return skip_statement(reader, true);
  return fail(reader, "a declaration");
}

bool text_file_read(const char *path, const char *text, struct arena *arena, struct text_file *ret,
                    struct error *error)
{
  struct text_file file = {.path = path, .text = str_from(arena_strdup(arena, text)), .package = ""};
  struct reader reader = {.file = &file, .arena = arena, .error = error};
  if (!tokens_read(&file, arena, &reader.tokens, error))
    return false;
  while (!at_end(&reader))
    if (!read_declaration(&reader))
      return false;
  *ret = file;
  return true;
}

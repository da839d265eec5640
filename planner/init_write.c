/*
 * init_write.c - messages, fields and enums as text.
 *
 * Options, in the order in which a reader asks: which column or rows, then what the field is for.  Key fields
 * are IDENTIFIER; relations are OUTPUT_ONLY, since other resources are not written by writing this one.
 * Columns say nothing of the kind: the message may well serve a writing method too.
 */
#include "planner/init_model.h"

static void add_string(struct strbuf *ret, const char *text)
{
  strbuf_putc(ret, '"');
  for (const char *p = text; *p != '\0'; p++)
    if (*p == '"' || *p == '\\')
      strbuf_printf(ret, "\\%c", *p);
    else if (*p > 0 && *p < ' ')
      strbuf_printf(ret, "\\%03o", (unsigned)*p);
    else
      strbuf_putc(ret, *p);
  strbuf_putc(ret, '"');
}

void init_write_comment(const char *comment, const char *indent, struct strbuf *ret)
{
  for (const char *p = comment; p != NULL && *p != '\0';) {
    size_t len = strcspn(p, "\r\n"), shown = len;
    while (shown > 0 && (p[shown - 1] == ' ' || p[shown - 1] == '\t'))
      shown--;
    strbuf_printf(ret, "%s//%s%.*s\n", indent, shown > 0 ? " " : "", (int)shown, p);
    p += len;
    p += *p == '\r';
    p += *p == '\n';
  }
}

/* ---- options of fields ---- */

struct option_list {
  struct arena *arena;
  const char **items;
  size_t n, cap;
};

static void add_option(struct option_list *list, struct strbuf *text)
{
  const char *option = arena_strdup(list->arena, strbuf_text(text));
  VEC_PUSH(list->arena, list, option);
  strbuf_done(text);
}

/* Aggregates stand as buf formats them: one entry in braces on its line, several a line each; lists likewise.
 */
static void add_names(struct strbuf *ret, const char *indent, const char *option,
                      const struct catalog_column *const *columns, size_t n)
{
  strbuf_printf(ret, "%s%s: [", indent, option);
  for (size_t i = 0; i < n; i++) {
    if (n > 1)
      strbuf_printf(ret, "%s\n%s  ", i > 0 ? "," : "", indent);
    add_string(ret, columns[i]->name);
  }
  if (n > 1)
    strbuf_printf(ret, "\n%s", indent);
  strbuf_puts(ret, "]\n");
}

static void add_table_name(struct strbuf *ret, struct arena *arena, const struct catalog_table *table)
{
  add_string(ret,
             table->in_search_path ? table->name : arena_printf(arena, "%s.%s", table->schema, table->name));
}

/* Whether the constraint's name alone says which key is meant, and which way. */
static bool name_tells(const struct init_build *build, const struct init_field *field,
                       const struct catalog_table *source)
{
  size_t n = *field->key->name == '\0' ? 2 : 0; /* an undeclared one has no name */
  const struct catalog_table *target = field->target->table;
  for (size_t i = 0; i < build->catalog->n_foreign_keys; i++) {
    const struct catalog_foreign_key *key = &build->catalog->foreign_keys[i];
    bool between = (key->table == source && key->references == target) ||
                   (key->table == target && key->references == source);
    n += between && strcmp(key->name, field->key->name) == 0;
  }
  bool back_to_itself = source == target && field->kind == INIT_REVERSE && !field->repeated;
  return n == 1 && !back_to_itself;
}

static void add_key(struct init_build *build, const struct init_field *field,
                    const struct catalog_table *source, const char *indent, struct strbuf *ret)
{
  const struct catalog_foreign_key *key = field->key;
  bool forward = field->kind == INIT_FORWARD;
  if (name_tells(build, field, source)) {
    strbuf_puts(ret, "foreign_key: ");
    add_string(ret, key->name);
    return;
  }
  const char *deeper = arena_printf(build->arena, "%s    ", indent);
  strbuf_putc(ret, '\n');
  add_names(ret, deeper, "columns", forward ? key->columns : key->reference_columns, key->n_columns);
  add_names(ret, deeper, "references", forward ? key->reference_columns : key->columns, key->n_columns);
  strbuf_printf(ret, "%s  ", indent);
}

static void add_junction(struct init_build *build, const struct init_field *field, const char *indent,
                         struct strbuf *ret)
{
  const char *deeper = arena_printf(build->arena, "%s      ", indent);
  strbuf_printf(ret, "\n%s    through: {\n%stable: ", indent, deeper);
  add_table_name(ret, build->arena, field->key->table);
  strbuf_putc(ret, '\n');
  add_names(ret, deeper, "source_columns", field->key->columns, field->key->n_columns);
  add_names(ret, deeper, "target_columns", field->target_key->columns, field->target_key->n_columns);
  strbuf_printf(ret, "%s    }\n%s  ", indent, indent);
}

static void add_relation_options(struct init_build *build, const struct init_resource *resource,
                                 const struct init_field *field, const char *indent, struct option_list *list)
{
  struct strbuf text = {0};
  strbuf_puts(&text, "(rowan.v1.field).relation = {");
  if (field->kind == INIT_THROUGH)
    add_junction(build, field, indent, &text);
  else
    add_key(build, field, resource->table, indent, &text);
  strbuf_putc(&text, '}');
  add_option(list, &text);
  strbuf_puts(&text, "(google.api.field_behavior) = OUTPUT_ONLY");
  add_option(list, &text);
}

static void add_column_options(const struct init_resource *resource, const struct init_field *field,
                               struct option_list *list)
{
  struct strbuf text = {0};
  if (strcmp(field->name, field->column->name) != 0) {
    strbuf_puts(&text, "(rowan.v1.field).column = ");
    add_string(&text, field->column->name);
    add_option(list, &text);
  }
  if (init_in_key(resource, field->column)) {
    strbuf_puts(&text, "(google.api.field_behavior) = IDENTIFIER");
    add_option(list, &text);
  }
}

static void import_of_options(struct init_build *build, struct init_output *output,
                              const struct option_list *list)
{
  for (size_t i = 0; i < list->n; i++)
    output_import(build, output,
                  list->items[i][1] == 'r' ? "rowan/v1/annotations.proto"
                                           : "google/api/field_behavior.proto");
}

/* One option on the field's line, several a line each. */
static void write_options(const struct option_list *list, const char *indent, struct strbuf *ret)
{
  if (list->n == 1)
    strbuf_printf(ret, " [%s]", list->items[0]);
  if (list->n < 2)
    return;
  for (size_t i = 0; i < list->n; i++)
    strbuf_printf(ret, "%s\n%s  %s", i == 0 ? " [" : ",", indent, list->items[i]);
  strbuf_printf(ret, "\n%s]", indent);
}

/* ---- fields ---- */

static const char *label_of(const struct init_resource *resource, const struct init_field *field,
                            const char *type)
{
  if (field->repeated)
    return "repeated ";
  bool has_presence = field->kind != INIT_COLUMN || strncmp(type, "google.", 7) == 0;
  if (has_presence || strncmp(type, "map<", 4) == 0 || field->column->not_null ||
      init_in_key(resource, field->column))
    return "";
  return "optional ";
}

static void import_of_type(struct init_build *build, struct init_output *output, const char *type)
{
  if (strcmp(type, "google.protobuf.Timestamp") == 0)
    output_import(build, output, "google/protobuf/timestamp.proto");
  else if (strcmp(type, "google.protobuf.Value") == 0)
    output_import(build, output, "google/protobuf/struct.proto");
}

void init_write_field(struct init_build *build, struct init_resource *resource,
                      const struct init_field *field, int32_t number, const char *indent, struct strbuf *ret)
{
  struct option_list list = {.arena = build->arena};
  const char *type = field->kind == INIT_COLUMN ? init_column_type(field) : field->target->name;
  if (field->kind == INIT_COLUMN)
    add_column_options(resource, field, &list);
  else
    add_relation_options(build, resource, field, indent, &list);
  import_of_options(build, resource->output, &list);
  import_of_type(build, resource->output, type);
  if (field->kind == INIT_COLUMN)
    init_write_comment(field->column->comment, indent, ret);
  strbuf_printf(ret, "%s%s%s %s = %d", indent, label_of(resource, field, type), type, field->name, number);
  write_options(&list, indent, ret);
  strbuf_puts(ret, ";\n");
}

/* ---- messages ---- */

static void write_resource_option(struct init_build *build, const struct init_resource *resource,
                                  struct strbuf *ret)
{
  bool declares_key = resource->declares_key;
  strbuf_printf(ret, "  option (rowan.v1.resource) = {%stable: ", declares_key ? "\n    " : "");
  add_table_name(ret, build->arena, resource->table);
  if (declares_key) {
    strbuf_putc(ret, '\n');
    add_names(ret, "    ", "key", resource->key->columns, resource->key->n_columns);
  }
  strbuf_puts(ret, declares_key ? "  };\n" : "};\n");
}

void init_write_message(struct init_build *build, struct init_resource *resource, struct strbuf *ret)
{
  const char *comment = resource->table->comment;
  if (comment == NULL)
    comment = arena_printf(build->arena, "A row of %s.", resource->table->name);
  output_import(build, resource->output, "rowan/v1/annotations.proto");
  init_write_comment(comment, "", ret);
  strbuf_printf(ret, "message %s {\n", resource->name);
  write_resource_option(build, resource, ret);
  int32_t number = 0;
  enum init_field_kind last = INIT_THROUGH;
  for (size_t i = 0; i < resource->fields.n; i++) {
    const struct init_field *field = &resource->fields.items[i];
    if (field->left_out)
      continue;
    if (number == 0 || (last == INIT_COLUMN && field->kind != INIT_COLUMN))
      strbuf_putc(ret, '\n');
    init_write_field(build, resource, field, ++number, "  ", ret);
    last = field->kind;
  }
  strbuf_puts(ret, "}\n");
}

/* ---- enums ---- */

void init_write_enum_value(const struct init_enum *enumeration, size_t label, int32_t number,
                           const char *indent, struct strbuf *ret)
{
  strbuf_printf(ret, "%s%s = %d", indent, enumeration->values[label], number);
  if (enumeration->annotated[label]) {
    strbuf_puts(ret, " [(rowan.v1.enum_value).label = ");
    add_string(ret, enumeration->type->labels[label]);
    strbuf_putc(ret, ']');
  }
  strbuf_puts(ret, ";\n");
}

static bool is_zero(const struct init_build *build, const struct init_enum *enumeration, size_t label)
{
  return strcmp(enumeration->values[label], init_enum_zero(build->arena, enumeration->name)) == 0;
}

void init_write_enum(struct init_build *build, struct init_enum *enumeration, struct strbuf *ret)
{
  bool has_zero = false;
  int32_t number = 0;
  strbuf_printf(ret, "// The type %s.\nenum %s {\n", enumeration->type->name, enumeration->name);
  for (size_t i = 0; i < enumeration->type->n_labels; i++) {
    if (enumeration->annotated[i])
      output_import(build, enumeration->output, "rowan/v1/annotations.proto");
    if (!is_zero(build, enumeration, i))
      continue;
    init_write_enum_value(enumeration, i, 0, "  ", ret);
    has_zero = true;
  }
  if (!has_zero)
    strbuf_printf(ret, "  %s = 0;\n", init_enum_zero(build->arena, enumeration->name));
  for (size_t i = 0; i < enumeration->type->n_labels; i++)
    if (!is_zero(build, enumeration, i))
      init_write_enum_value(enumeration, i, ++number, "  ", ret);
  strbuf_puts(ret, "}\n");
}

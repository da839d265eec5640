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
static void add_names(struct strbuf *ret, const char *indent, const char *option, char *const *names,
                      size_t n)
{
  strbuf_printf(ret, "%s%s: [", indent, option);
  for (size_t i = 0; i < n; i++) {
    if (n > 1)
      strbuf_printf(ret, "%s\n%s  ", i > 0 ? "," : "", indent);
    add_string(ret, names[i]);
  }
  if (n > 1)
    strbuf_printf(ret, "\n%s", indent);
  strbuf_puts(ret, "]\n");
}

static void add_key(struct arena *arena, const Rowan__V1__Relation *relation, const char *indent,
                    struct strbuf *ret)
{
  if (relation->n_columns == 0) {
    strbuf_puts(ret, "foreign_key: ");
    add_string(ret, relation->foreign_key);
    return;
  }
  const char *deeper = arena_printf(arena, "%s    ", indent);
  strbuf_putc(ret, '\n');
  add_names(ret, deeper, "columns", relation->columns, relation->n_columns);
  add_names(ret, deeper, "references", relation->references, relation->n_references);
  strbuf_printf(ret, "%s  ", indent);
}

static void add_junction(struct arena *arena, const Rowan__V1__Through *through, const char *indent,
                         struct strbuf *ret)
{
  const char *deeper = arena_printf(arena, "%s      ", indent);
  strbuf_printf(ret, "\n%s    through: {\n%stable: ", indent, deeper);
  add_string(ret, through->table);
  strbuf_putc(ret, '\n');
  add_names(ret, deeper, "source_columns", through->source_columns, through->n_source_columns);
  add_names(ret, deeper, "target_columns", through->target_columns, through->n_target_columns);
  strbuf_printf(ret, "%s    }\n%s  ", indent, indent);
}

static void add_annotation(const Rowan__V1__FieldOptions *options, const char *indent,
                           struct option_list *list)
{
  struct strbuf text = {0};
  if (options->relation == NULL) {
    strbuf_puts(&text, "(rowan.v1.field).column = ");
    add_string(&text, options->column);
  } else {
    strbuf_puts(&text, "(rowan.v1.field).relation = {");
    if (options->relation->through != NULL)
      add_junction(list->arena, options->relation->through, indent, &text);
    else
      add_key(list->arena, options->relation, indent, &text);
    strbuf_putc(&text, '}');
  }
  add_option(list, &text);
}

static void add_behavior(enum init_behavior behavior, struct option_list *list)
{
  struct strbuf text = {0};
  strbuf_printf(&text, "(google.api.field_behavior) = %s",
                behavior == INIT_IDENTIFIER ? "IDENTIFIER" : "OUTPUT_ONLY");
  add_option(list, &text);
}

/* The options and what they import. */
static void add_options(struct init_build *build, const struct init_resource *resource,
                        const struct init_field *field, const char *indent, struct option_list *list)
{
  const Rowan__V1__FieldOptions *options = init_field_options(build, resource, field);
  enum init_behavior behavior = init_field_behavior(resource, field);
  if (options != NULL) {
    output_import(build, resource->output, "rowan/v1/annotations.proto");
    add_annotation(options, indent, list);
  }
  if (behavior != INIT_NO_BEHAVIOR) {
    output_import(build, resource->output, "google/api/field_behavior.proto");
    add_behavior(behavior, list);
  }
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
  const char *type = init_field_type(field);
  const char *label = field->repeated ? "repeated " : init_is_optional(resource, field) ? "optional " : "";
  add_options(build, resource, field, indent, &list);
  import_of_type(build, resource->output, type);
  if (field->kind == INIT_COLUMN)
    init_write_comment(field->column->comment, indent, ret);
  strbuf_printf(ret, "%s%s%s %s = %d", indent, label, type, field->name, number);
  write_options(&list, indent, ret);
  strbuf_puts(ret, ";\n");
}

/* ---- messages ---- */

static void write_resource_option(struct init_build *build, const struct init_resource *resource,
                                  struct strbuf *ret)
{
  const Rowan__V1__ResourceOptions *options = init_resource_options(build, resource);
  bool alone = options->n_key == 0;
  strbuf_printf(ret, "  option (rowan.v1.resource) = {%stable: ", alone ? "" : "\n    ");
  add_string(ret, options->table);
  if (!alone) {
    strbuf_putc(ret, '\n');
    add_names(ret, "    ", "key", options->key, options->n_key);
  }
  strbuf_puts(ret, alone ? "};\n" : "  };\n");
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

size_t init_zero_label(const struct init_build *build, const struct init_enum *enumeration)
{
  const char *zero = init_enum_zero(build->arena, enumeration->name);
  size_t label = 0;
  while (label < enumeration->type->n_labels && strcmp(enumeration->values[label], zero) != 0)
    label++;
  return label;
}

void init_write_enum(struct init_build *build, struct init_enum *enumeration, struct strbuf *ret)
{
  size_t zero = init_zero_label(build, enumeration), n = enumeration->type->n_labels;
  int32_t number = 0;
  strbuf_printf(ret, "// The type %s.\nenum %s {\n", enumeration->type->name, enumeration->name);
  if (zero < n)
    init_write_enum_value(enumeration, zero, 0, "  ", ret);
  else
    strbuf_printf(ret, "  %s = 0;\n", init_enum_zero(build->arena, enumeration->name));
  for (size_t i = 0; i < n; i++) {
    if (enumeration->annotated[i])
      output_import(build, enumeration->output, "rowan/v1/annotations.proto");
    if (i != zero)
      init_write_enum_value(enumeration, i, ++number, "  ", ret);
  }
  strbuf_puts(ret, "}\n");
}

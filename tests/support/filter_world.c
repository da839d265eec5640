/*
 * filter_world.c - a small graph made by hand.
 *
 * Resources and fields are the rows of two tables; a field is a column of its own name unless its row says
 * otherwise.
 */
#include "support/filter_world.h"

#include <ctype.h>
#include <stdlib.h>

#include "support/catalog_builder.h"

enum { MAX_FIELDS = 60, N_RESOURCES = 4 };

static const char filter_catalog[] = "enum mood: sad, ok, very happy\n"
                                     "domain email: citext\n"
                                     "table organizations\n"
                                     "  id int8 primary key\n"
                                     "  name text\n"
                                     "table users\n"
                                     "  id int8 primary key\n"
                                     "  name text\n"
                                     "  mail email\n"
                                     "  organization_id int8\n"
                                     "table attendees\n"
                                     "  id int8 primary key\n"
                                     "  name text\n"
                                     "  age int4\n"
                                     "  organization_id int8\n"
                                     "table event_attendees\n"
                                     "  event_id int8 -> events(id)\n"
                                     "  attendee_id int8 -> attendees(id)\n"
                                     "  rank int4\n"
                                     "table events\n"
                                     "  id int8 primary key\n"
                                     "  creator_id int8\n"
                                     "  deleted_at timestamptz\n"
                                     "  name text\n"
                                     "  and text\n"
                                     "  OR text\n"
                                     "  exists bool\n"
                                     "  public bool\n"
                                     "  small int2\n"
                                     "  seats int4\n"
                                     "  ratio float4\n"
                                     "  score float8\n"
                                     "  price numeric\n"
                                     "  code bpchar\n"
                                     "  token uuid\n"
                                     "  data bytea\n"
                                     "  day date\n"
                                     "  starts time\n"
                                     "  local timestamp\n"
                                     "  event_date timestamptz\n"
                                     "  length interval\n"
                                     "  mood mood\n"
                                     "  mood_text mood\n"
                                     "  address inet\n"
                                     "  settings jsonb\n"
                                     "  extra hstore\n"
                                     "  during tsrange\n"
                                     "  words tsvector\n"
                                     "  floors int4range\n"
                                     "  prices numrange\n"
                                     "  span tstzrange\n"
                                     "  days daterange\n"
                                     "  ids int8range\n"
                                     "  gaps int4multirange\n"
                                     "  spans int4range[]\n"
                                     "  tags text[]\n"
                                     "  ratings int4[]\n"
                                     "  moods mood[]\n"
                                     "  blobs json[]\n"
                                     "  secret text\n";

static const struct {
  const char *message, *table;
} resource_rows[N_RESOURCES] = {
    {"Event", "events"},
    {"User", "users"},
    {"Attendee", "attendees"},
    {"Organization", "organizations"},
};

static const struct field_row {
  const char *resource, *name;
  enum field_type type;
  enum graph_field_kind kind;
  const char *target; /* RELATION */
  bool repeated;
} field_rows[] = {
    {"Event", "id", FIELD_INT64, GRAPH_FIELD_COLUMN, NULL, false},
    {"Event", "name", FIELD_STRING, GRAPH_FIELD_COLUMN, NULL, false},
    {"Event", "and", FIELD_STRING, GRAPH_FIELD_COLUMN, NULL, false},
    {"Event", "OR", FIELD_STRING, GRAPH_FIELD_COLUMN, NULL, false},
    {"Event", "exists", FIELD_BOOL, GRAPH_FIELD_COLUMN, NULL, false},
    {"Event", "public", FIELD_BOOL, GRAPH_FIELD_COLUMN, NULL, false},
    {"Event", "small", FIELD_INT32, GRAPH_FIELD_COLUMN, NULL, false},
    {"Event", "seats", FIELD_INT32, GRAPH_FIELD_COLUMN, NULL, false},
    {"Event", "ratio", FIELD_FLOAT, GRAPH_FIELD_COLUMN, NULL, false},
    {"Event", "score", FIELD_DOUBLE, GRAPH_FIELD_COLUMN, NULL, false},
    {"Event", "price", FIELD_STRING, GRAPH_FIELD_COLUMN, NULL, false},
    {"Event", "code", FIELD_STRING, GRAPH_FIELD_COLUMN, NULL, false},
    {"Event", "token", FIELD_STRING, GRAPH_FIELD_COLUMN, NULL, false},
    {"Event", "data", FIELD_BYTES, GRAPH_FIELD_COLUMN, NULL, false},
    {"Event", "day", FIELD_STRING, GRAPH_FIELD_COLUMN, NULL, false},
    {"Event", "starts", FIELD_STRING, GRAPH_FIELD_COLUMN, NULL, false},
    {"Event", "local", FIELD_STRING, GRAPH_FIELD_COLUMN, NULL, false},
    {"Event", "event_date", FIELD_STRING, GRAPH_FIELD_COLUMN, NULL, false},
    {"Event", "length", FIELD_STRING, GRAPH_FIELD_COLUMN, NULL, false},
    {"Event", "mood", FIELD_ENUM, GRAPH_FIELD_COLUMN, NULL, false},
    {"Event", "mood_text", FIELD_STRING, GRAPH_FIELD_COLUMN, NULL, false},
    {"Event", "address", FIELD_STRING, GRAPH_FIELD_COLUMN, NULL, false},
    {"Event", "settings", FIELD_STRING, GRAPH_FIELD_COLUMN, NULL, false},
    {"Event", "extra", FIELD_STRING, GRAPH_FIELD_COLUMN, NULL, false},
    {"Event", "during", FIELD_STRING, GRAPH_FIELD_COLUMN, NULL, false},
    {"Event", "words", FIELD_STRING, GRAPH_FIELD_COLUMN, NULL, false},
    {"Event", "floors", FIELD_STRING, GRAPH_FIELD_COLUMN, NULL, false},
    {"Event", "prices", FIELD_STRING, GRAPH_FIELD_COLUMN, NULL, false},
    {"Event", "span", FIELD_STRING, GRAPH_FIELD_COLUMN, NULL, false},
    {"Event", "days", FIELD_STRING, GRAPH_FIELD_COLUMN, NULL, false},
    {"Event", "ids", FIELD_STRING, GRAPH_FIELD_COLUMN, NULL, false},
    {"Event", "gaps", FIELD_STRING, GRAPH_FIELD_COLUMN, NULL, false},
    {"Event", "spans", FIELD_STRING, GRAPH_FIELD_COLUMN, NULL, true},
    {"Event", "tags", FIELD_STRING, GRAPH_FIELD_COLUMN, NULL, true},
    {"Event", "ratings", FIELD_INT32, GRAPH_FIELD_COLUMN, NULL, true},
    {"Event", "moods", FIELD_ENUM, GRAPH_FIELD_COLUMN, NULL, true},
    {"Event", "blobs", FIELD_STRING, GRAPH_FIELD_COLUMN, NULL, true},
    {"Event", "secret", FIELD_STRING, GRAPH_FIELD_NONE, NULL, false},
    {"Event", "creator", FIELD_MESSAGE, GRAPH_FIELD_RELATION, "User", false},
    {"Event", "attendees", FIELD_MESSAGE, GRAPH_FIELD_RELATION, "Attendee", true},
    {"Event", "creator_name", FIELD_STRING, GRAPH_FIELD_SOURCE, NULL, false},
    {"Event", "attendee_count", FIELD_INT64, GRAPH_FIELD_AGGREGATE, NULL, false},
    {"Event", "attendees_has_more", FIELD_BOOL, GRAPH_FIELD_HAS_MORE, NULL, false},
    {"User", "id", FIELD_INT64, GRAPH_FIELD_COLUMN, NULL, false},
    {"User", "name", FIELD_STRING, GRAPH_FIELD_COLUMN, NULL, false},
    {"User", "mail", FIELD_STRING, GRAPH_FIELD_COLUMN, NULL, false},
    {"User", "organization", FIELD_MESSAGE, GRAPH_FIELD_RELATION, "Organization", false},
    {"Attendee", "id", FIELD_INT64, GRAPH_FIELD_COLUMN, NULL, false},
    {"Attendee", "name", FIELD_STRING, GRAPH_FIELD_COLUMN, NULL, false},
    {"Attendee", "age", FIELD_INT32, GRAPH_FIELD_COLUMN, NULL, false},
    {"Attendee", "organization", FIELD_MESSAGE, GRAPH_FIELD_RELATION, "Organization", false},
    {"Attendee", "events", FIELD_MESSAGE, GRAPH_FIELD_RELATION, "Event", true},
    {"Organization", "id", FIELD_INT64, GRAPH_FIELD_COLUMN, NULL, false},
    {"Organization", "name", FIELD_STRING, GRAPH_FIELD_COLUMN, NULL, false},
};

static struct schema_enum_value mood_values[] = {
    {.name = "MOOD_UNSPECIFIED", .number = 0},
    {.name = "MOOD_SAD", .number = 1},
    {.name = "MOOD_OK", .number = 2},
    {.name = "MOOD_VERY_HAPPY", .number = 3},
};

static const struct schema_enum mood_enum = {
    .name = "Mood", .values = mood_values, .n_values = LENGTH_OF(mood_values)};

static const struct codec_label mood_labels[] = {{"ok", 2}, {"sad", 1}, {"very happy", 3}};

struct filter_world {
  struct arena *arena;
  struct catalog *catalog;
  struct graph graph;
  struct graph_resource resources[N_RESOURCES];
};

static struct graph_resource *find_resource(struct filter_world *world, const char *name)
{
  for (size_t i = 0; i < N_RESOURCES; i++)
    if (strcmp(resource_rows[i].message, name) == 0)
      return &world->resources[i];
  abort();
}

const struct graph_resource *filter_world_resource(struct filter_world *world, const char *name)
{
  return find_resource(world, name);
}

const struct graph *filter_world_graph(const struct filter_world *world)
{
  return &world->graph;
}

const struct catalog *filter_world_catalog(const struct filter_world *world)
{
  return world->catalog;
}

static const char *json_name(struct arena *arena, const char *name)
{
  char *json = arena_strdup(arena, name), *to = json;
  for (const char *from = name; *from; from++) {
    bool upper = from[0] == '_' && from[1];
    from += upper;
    *to++ = (char)(upper ? toupper((unsigned char)*from) : *from);
  }
  *to = '\0';
  return json;
}

static const struct graph_relation *make_relation(struct filter_world *world, const struct field_row *row,
                                                  const struct graph_field *field)
{
  struct graph_relation *relation = ARENA_NEW(world->arena, struct graph_relation);
  relation->field = field;
  relation->target = find_resource(world, row->target);
  relation->to_many = row->repeated;
  return relation;
}

static const struct graph_field *field_named(const struct graph_resource *resource, const char *name)
{
  const struct schema_field *field = schema_message_field(resource->message, str_from(name));
  return &resource->fields[field->index];
}

static void make_source(struct filter_world *world, struct graph_field *field)
{
  const struct graph_resource *user = find_resource(world, "User");
  field->steps = ARENA_NEW(world->arena, const struct graph_relation *);
  field->steps[0] = field_named(field->resource, "creator")->relation;
  field->n_steps = 1;
  field->column = catalog_find_column(user->table, STR("name"));
}

static void make_aggregate(struct filter_world *world, struct graph_field *field)
{
  struct graph_aggregate *aggregate = ARENA_NEW(world->arena, struct graph_aggregate);
  aggregate->function = AGGREGATE_COUNT;
  aggregate->relation = field_named(field->resource, "attendees")->relation;
  aggregate->type = catalog_find_type(world->catalog, 20);
  field->aggregate = aggregate;
}

static void make_field(struct filter_world *world, const struct field_row *row)
{
  struct graph_resource *resource = find_resource(world, row->resource);
  struct schema_message *message = (struct schema_message *)(uintptr_t)resource->message;
  size_t index = message->n_fields++;
  resource->n_fields = message->n_fields;
  struct schema_field *declared = &message->fields[index];
  *declared = (struct schema_field){.name = row->name,
                                    .json_name = json_name(world->arena, row->name),
                                    .number = (uint32_t)index + 1,
                                    .type = row->type,
                                    .repeated = row->repeated,
                                    .parent = message,
                                    .index = index};
  struct graph_field *field = &resource->fields[index];
  *field = (struct graph_field){.kind = row->kind, .field = declared, .resource = resource, .index = index};
  if (row->type == FIELD_ENUM) {
    declared->enumeration = &mood_enum;
    field->codec = (struct codec){.kind = CODEC_ENUM, .labels = mood_labels, .n_labels = 3};
  }
  if (row->kind == GRAPH_FIELD_COLUMN)
    field->column = catalog_find_column(resource->table, str_from(row->name));
  else if (row->kind == GRAPH_FIELD_RELATION)
    field->relation = make_relation(world, row, field);
  else if (row->kind == GRAPH_FIELD_SOURCE)
    make_source(world, field);
  else if (row->kind == GRAPH_FIELD_AGGREGATE)
    make_aggregate(world, field);
}

struct filter_world *filter_world_new(void)
{
  struct arena *arena = arena_new(0);
  struct filter_world *world = ARENA_NEW(arena, struct filter_world);
  world->arena = arena;
  world->catalog = catalog_from_text(filter_catalog);
  world->graph.catalog = world->catalog;
  for (size_t i = 0; i < N_RESOURCES; i++) {
    struct schema_message *message = ARENA_NEW(arena, struct schema_message);
    message->name = message->full_name = resource_rows[i].message;
    message->fields = ARENA_ARRAY(arena, struct schema_field, MAX_FIELDS);
    world->resources[i].message = message;
    world->resources[i].table = catalog_find_table(world->catalog, str_from(resource_rows[i].table));
    world->resources[i].fields = ARENA_ARRAY(arena, struct graph_field, MAX_FIELDS);
  }
  for (size_t i = 0; i < LENGTH_OF(field_rows); i++)
    make_field(world, &field_rows[i]);
  return world;
}

void filter_world_free(struct filter_world *world)
{
  catalog_free(world->catalog);
  arena_free(world->arena);
}

struct printer {
  const struct arguments *arguments;
  struct strbuf *out;
};

static const char *relation_name(const struct graph_relation *relation)
{
  return relation->field->field->name;
}

static void print_bare(struct printer *printer, const struct expr_operand *operand)
{
  struct strbuf *out = printer->out;
  for (size_t i = 0; i < operand->n_steps; i++)
    strbuf_printf(out, "%s%s", i ? "." : "", relation_name(operand->steps[i]));
  const char *dot = operand->n_steps ? "." : "";
  if (operand->column)
    strbuf_printf(out, "%s%s%s", dot, operand->of_through ? "junction/" : "", operand->column->name);
  if (operand->aggregate)
    strbuf_printf(out, "%scount(%s)", dot, relation_name(operand->aggregate->relation));
}

static void print_bytes(struct strbuf *out, struct str bytes)
{
  strbuf_putc(out, '"');
  for (size_t i = 0; i < bytes.len; i++) {
    unsigned char c = (unsigned char)bytes.data[i];
    if (c < ' ')
      strbuf_printf(out, "\\x%02x", c);
    else
      strbuf_putc(out, (char)c);
  }
  strbuf_putc(out, '"');
}

static void print_argument(struct strbuf *out, const struct argument *argument, size_t i)
{
  const union value *value = &argument->values[i];
  switch (argument->form) {
  case ARGUMENT_NULL:
    strbuf_puts(out, "null");
    break;
  case ARGUMENT_INTEGER:
    strbuf_printf(out, "%lld", (long long)value->i64);
    break;
  case ARGUMENT_FLOAT:
    strbuf_printf(out, "%g", value->f64);
    break;
  case ARGUMENT_BOOLEAN:
    strbuf_puts(out, value->boolean ? "true" : "false");
    break;
  case ARGUMENT_BINARY:
    strbuf_putc(out, 'b');
    print_bytes(out, value->bytes);
    break;
  case ARGUMENT_TEXT:
    print_bytes(out, value->bytes);
    break;
  }
}

static void print_bare_value(struct printer *printer, const struct expr_value *value)
{
  struct strbuf *out = printer->out;
  if (value->inline_literal) {
    strbuf_printf(out, "'%.*s'::%s", (int)value->text.len, value->text.data, value->type->name);
    return;
  }
  if (value->claim) {
    strbuf_printf(out, "%s@%s:%s", value->claim->single ? "one " : "", value->claim->name, value->type->name);
    return;
  }
  const struct argument *argument = &printer->arguments->items[value->argument];
  if (argument->list)
    strbuf_putc(out, '[');
  for (size_t i = 0; i < argument->n; i++) {
    if (i > 0)
      strbuf_putc(out, ',');
    print_argument(out, argument, i);
  }
  strbuf_printf(out, "%s:%s", argument->list ? "]" : "", argument->type->name);
}

static void print_operand(struct printer *printer, const struct expr_operand *operand);
static void print_value(struct printer *printer, const struct expr_value *value);

/* A function's SQL, filled in; pg_catalog goes without saying.  `value` is what it is applied to where there
 * is no operand. */
static void print_call(struct printer *printer, const struct expr_function *function,
                       const struct expr_operand *operand, const struct expr_value *values)
{
  for (const char *p = function->sql; *p; p++) {
    if (strncmp(p, "pg_catalog.", 11) == 0)
      p += 11;
    if (*p != '%')
      strbuf_putc(printer->out, *p);
    else if (*++p == '1' && operand)
      print_operand(printer, operand);
    else if (*p == 'T')
      strbuf_puts(printer->out, expr_operand_type(operand)->name);
    else if (*p == '1')
      print_bare_value(printer, values);
    else
      print_value(printer, &values[*p - '2']);
  }
}

static void print_operand(struct printer *printer, const struct expr_operand *operand)
{
  struct expr_operand bare = *operand;
  bare.applied = NULL;
  if (operand->applied)
    print_call(printer, operand->applied, &bare, NULL);
  else
    print_bare(printer, operand);
}

static void print_value(struct printer *printer, const struct expr_value *value)
{
  if (value->function)
    print_call(printer, value->function, NULL, value);
  else
    print_bare_value(printer, value);
}

static void print_values(struct printer *printer, const struct expr *expr)
{
  for (size_t i = 0; i < expr->n_values; i++) {
    if (i > 0)
      strbuf_putc(printer->out, ',');
    print_value(printer, &expr->values[i]);
  }
}

static void print(struct printer *printer, const struct expr *expr);

static void print_children(struct printer *printer, const struct expr *expr, const char *between)
{
  strbuf_putc(printer->out, '(');
  for (size_t i = 0; i < expr->n_children; i++) {
    if (i > 0)
      strbuf_puts(printer->out, between);
    print(printer, expr->children[i]);
  }
  strbuf_putc(printer->out, ')');
}

static void print_test(struct printer *printer, const struct expr *expr, const char *op)
{
  print_operand(printer, &expr->operand);
  strbuf_puts(printer->out, op);
  print_values(printer, expr);
}

static void print(struct printer *printer, const struct expr *expr)
{
  static const char *const ops[] = {" = ", " <> ", " < ", " <= ", " > ", " >= "};
  switch (expr->kind) {
  case EXPR_AND:
    print_children(printer, expr, " AND ");
    break;
  case EXPR_OR:
    print_children(printer, expr, " OR ");
    break;
  case EXPR_NOT:
    strbuf_puts(printer->out, "NOT ");
    print(printer, expr->children[0]);
    break;
  case EXPR_COMPARE:
    print_test(printer, expr, ops[expr->op]);
    break;
  case EXPR_ANY_OF:
    print_test(printer, expr, " in ");
    break;
  case EXPR_LIKE:
    print_test(printer, expr, " ~ ");
    break;
  case EXPR_IS_SET:
    print_test(printer, expr, ":*");
    break;
  case EXPR_CONTAINS:
    print_test(printer, expr, " @> ");
    break;
  case EXPR_CALL:
    print_call(printer, expr->function, &expr->operand, expr->values);
    break;
  case EXPR_EXISTS:
    print_test(printer, expr, "{");
    if (expr->body)
      print(printer, expr->body);
    strbuf_putc(printer->out, '}');
    break;
  }
}

void filter_world_print(const struct expr *expr, const struct arguments *arguments, struct strbuf *ret)
{
  struct printer printer = {.arguments = arguments, .out = ret};
  if (expr)
    print(&printer, expr);
}

/*
 * catalog_builder.c - reads the little language of catalog_builder.h, line by line, in three passes.
 *
 * Types come first, since columns point to them; then tables with their columns; then keys, indexes and
 * foreign keys, since those may point to tables that are declared further down.  Everything is in the
 * catalog's arena.
 */
#include "support/catalog_builder.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

struct type_row {
  const char *name;
  uint32_t oid, array_oid;
  enum type_class class;
  int width;
};

static const struct type_row type_rows[] = {
    {"bool", 16, 1000, TYPE_BOOL, 1},
    {"bytea", 17, 1001, TYPE_BYTEA, 1024},
    {"int8", 20, 1016, TYPE_INT8, 8},
    {"int2", 21, 1005, TYPE_INT2, 2},
    {"int4", 23, 1007, TYPE_INT4, 4},
    {"text", 25, 1009, TYPE_TEXT, 32},
    {"json", 114, 199, TYPE_JSON, 1024},
    {"float4", 700, 1021, TYPE_FLOAT4, 4},
    {"float8", 701, 1022, TYPE_FLOAT8, 8},
    {"inet", 869, 1041, TYPE_OTHER, 10},
    {"bpchar", 1042, 1014, TYPE_BPCHAR, 32},
    {"varchar", 1043, 1015, TYPE_TEXT, 32},
    {"date", 1082, 1182, TYPE_DATE, 4},
    {"time", 1083, 1183, TYPE_TIME, 8},
    {"timestamp", 1114, 1115, TYPE_TIMESTAMP, 8},
    {"timestamptz", 1184, 1185, TYPE_TIMESTAMPTZ, 8},
    {"interval", 1186, 1187, TYPE_INTERVAL, 16},
    {"numeric", 1700, 1231, TYPE_NUMERIC, 8},
    {"uuid", 2950, 2951, TYPE_UUID, 16},
    {"jsonb", 3802, 3807, TYPE_JSONB, 1024},
    {"int4range", 3904, 3905, TYPE_RANGE, 32},
    {"numrange", 3906, 3907, TYPE_RANGE, 32},
    {"tsrange", 3908, 3909, TYPE_RANGE, 32},
    {"tstzrange", 3910, 3911, TYPE_RANGE, 32},
    {"daterange", 3912, 3913, TYPE_RANGE, 32},
    {"int8range", 3926, 3927, TYPE_RANGE, 32},
    {"int4multirange", 4451, 6150, TYPE_MULTIRANGE, 32},
    {"tsvector", 3614, 3643, TYPE_OTHER, 64},
    {"citext", 16500, 16501, TYPE_CITEXT, 32},
    {"hstore", 16502, 16503, TYPE_HSTORE, 64},
};

/* What a range's bounds are, and what a multirange holds. */
static const struct {
  const char *type, *element;
} element_rows[] = {
    {"int4range", "int4"},           {"numrange", "numeric"}, {"tsrange", "timestamp"},
    {"tstzrange", "timestamptz"},    {"daterange", "date"},   {"int8range", "int8"},
    {"int4multirange", "int4range"},
};

static const struct catalog_text_search text_searches[] = {
    {"pg_catalog", "english", "pg_catalog.english", true},
    {"pg_catalog", "simple", "pg_catalog.simple", true},
};

struct builder {
  struct catalog *catalog;
  struct arena *arena;
  const char *line, *p; /* the line being read, and where */
  uint32_t next_oid;
  struct {
    struct catalog_type **items;
    size_t n, cap;
  } types;
  struct {
    struct catalog_table **items;
    size_t n, cap;
  } tables;
  struct {
    struct catalog_foreign_key *items;
    size_t n, cap;
  } foreign_keys;
  struct {
    struct catalog_function *items;
    size_t n, cap;
  } functions;
  struct catalog_table *table; /* the one whose lines are being read */
};

struct columns {
  const struct catalog_column **items;
  size_t n, cap;
};

static void fail(const struct builder *b, const char *what)
{
  fprintf(stderr, "catalog text: %s at \"%s\" in line \"%s\"\n", what, b->p, b->line);
  abort();
}

/* ---- words ---- */

static void skip_blanks(struct builder *b)
{
  while (*b->p == ' ')
    b->p++;
}

/* Takes `text` when the line goes on with it. */
static bool take(struct builder *b, const char *text)
{
  skip_blanks(b);
  size_t len = strlen(text);
  if (strncmp(b->p, text, len) != 0)
    return false;
  if (isalnum((unsigned char)text[len - 1]) && (isalnum((unsigned char)b->p[len]) || b->p[len] == '_'))
    return false;
  b->p += len;
  return true;
}

static void expect(struct builder *b, const char *text)
{
  if (!take(b, text))
    fail(b, text);
}

static struct str take_name(struct builder *b)
{
  skip_blanks(b);
  const char *start = b->p;
  while (isalnum((unsigned char)*b->p) || (*b->p != '\0' && strchr("_.[]", *b->p) != NULL))
    b->p++;
  if (b->p == start)
    fail(b, "a name was expected");
  return (struct str){start, (size_t)(b->p - start)};
}

static double take_number(struct builder *b)
{
  char *end;
  double number = strtod(b->p, &end);
  if (end == b->p)
    fail(b, "a number was expected");
  b->p = end;
  return number;
}

static bool at_end(struct builder *b)
{
  skip_blanks(b);
  return *b->p == '\0';
}

/* ---- types ---- */

static struct catalog_type *add_type(struct builder *b, const char *name, uint32_t oid, enum type_class class)
{
  struct catalog_type *type = ARENA_NEW(b->arena, struct catalog_type);
  *type = (struct catalog_type){.oid = oid, .schema = "pg_catalog", .name = name, .class = class};
  VEC_PUSH(b->arena, &b->types, type);
  return type;
}

static struct catalog_type *add_type_with_array(struct builder *b, const char *name, uint32_t oid,
                                                uint32_t array_oid, enum type_class class)
{
  struct catalog_type *type = add_type(b, name, oid, class);
  struct catalog_type *array = add_type(b, arena_printf(b->arena, "_%s", name), array_oid, TYPE_ARRAY);
  array->element = type;
  type->array = array;
  return type;
}

static const struct catalog_type *find_type(struct builder *b, struct str name)
{
  bool array = name.len > 2 && name.data[name.len - 1] == ']';
  struct str base = {name.data, array ? name.len - 2 : name.len};
  for (size_t i = 0; i < b->types.n; i++)
    if (str_equal_text(base, b->types.items[i]->name))
      return array ? b->types.items[i]->array : b->types.items[i];
  fail(b, "unknown type");
  return NULL;
}

static void link_elements(struct builder *b)
{
  for (size_t i = 0; i < LENGTH_OF(element_rows); i++)
    for (size_t j = 0; j < b->types.n; j++)
      if (strcmp(b->types.items[j]->name, element_rows[i].type) == 0)
        b->types.items[j]->element = find_type(b, str_from(element_rows[i].element));
}

static void read_enum(struct builder *b)
{
  struct str name = take_name(b);
  struct catalog_type *type = add_type_with_array(b, arena_strndup(b->arena, name.data, name.len),
                                                  b->next_oid, b->next_oid + 1, TYPE_ENUM);
  b->next_oid += 2;
  struct {
    const char **items;
    size_t n, cap;
  } labels = {0};
  expect(b, ":");
  do {
    skip_blanks(b);
    size_t len = strcspn(b->p, ",");
    VEC_PUSH(b->arena, &labels, arena_strndup(b->arena, b->p, len));
    b->p += len;
  } while (take(b, ","));
  type->labels = labels.items;
  type->n_labels = labels.n;
}

static void read_domain(struct builder *b)
{
  struct str name = take_name(b);
  expect(b, ":");
  const struct catalog_type *base = find_type(b, take_name(b));
  struct catalog_type *type = add_type_with_array(b, arena_strndup(b->arena, name.data, name.len),
                                                  b->next_oid, b->next_oid + 1, TYPE_DOMAIN);
  b->next_oid += 2;
  type->base = base;
}

/* ---- tables and columns ---- */

static void read_table(struct builder *b)
{
  struct str name = take_name(b);
  const char *dot = memchr(name.data, '.', name.len);
  size_t schema_len = dot == NULL ? 0 : (size_t)(dot - name.data);
  struct catalog_table *table = ARENA_NEW(b->arena, struct catalog_table);
  *table = (struct catalog_table){.oid = b->next_oid++,
                                  .schema = "public",
                                  .kind = 'r',
                                  .in_search_path = true,
                                  .selectable = true,
                                  .rows = 1000};
  if (dot != NULL) {
    table->schema = arena_strndup(b->arena, name.data, schema_len);
    table->in_search_path = strcmp(table->schema, "public") == 0;
    name = (struct str){dot + 1, name.len - schema_len - 1};
  }
  table->name = arena_strndup(b->arena, name.data, name.len);
  while (!at_end(b)) {
    if (take(b, "rows=")) {
      table->rows = take_number(b);
      table->analyzed = true;
    } else if (take(b, "view")) {
      table->kind = 'v';
    } else if (take(b, "policies")) {
      table->row_security = true;
    } else if (take(b, "hidden")) {
      table->selectable = false;
    } else {
      fail(b, "unknown word");
    }
  }
  VEC_PUSH(b->arena, &b->tables, table);
  b->table = table;
}

static int width_of(const struct catalog_type *type)
{
  type = catalog_base_type(type);
  for (size_t i = 0; i < LENGTH_OF(type_rows); i++)
    if (type_rows[i].oid == type->oid)
      return type_rows[i].width;
  return type->class == TYPE_ENUM ? 4 : 32;
}

/* Lines of a table that declare no column. */
static bool is_constraint(struct builder *b)
{
  const char *start = b->p;
  bool yes = take(b, "unique (") || take(b, "index (") || take(b, "primary key (") ||
             take(b, "foreign key") || take(b, "function");
  b->p = start;
  return yes;
}

static void skip_reference(struct builder *b)
{
  take_name(b);
  expect(b, "(");
  take_name(b);
  expect(b, ")");
  take(b, "unvalidated");
}

static void read_column_words(struct builder *b, struct catalog_column *column)
{
  while (!at_end(b)) {
    if (take(b, "not null") || take(b, "primary key"))
      column->not_null = true;
    else if (take(b, "hidden"))
      column->selectable = false;
    else if (take(b, "nondeterministic"))
      column->deterministic = false;
    else if (take(b, "distinct="))
      column->n_distinct = take_number(b);
    else if (take(b, "nulls="))
      column->null_fraction = take_number(b);
    else if (take(b, "width="))
      column->average_width = (int)take_number(b);
    else if (take(b, "->"))
      skip_reference(b);
    else if (!take(b, "unique"))
      fail(b, "unknown word");
  }
}

static void read_column(struct builder *b)
{
  struct catalog_table *table = b->table;
  struct str name = take_name(b);
  struct catalog_column column = {.name = arena_strndup(b->arena, name.data, name.len),
                                  .attnum = (int)table->n_columns + 1,
                                  .index = table->n_columns,
                                  .table = table,
                                  .type = find_type(b, take_name(b)),
                                  .typmod = -1,
                                  .selectable = true};
  enum type_class class = catalog_base_type(column.type)->class;
  column.deterministic = class != TYPE_CITEXT;
  column.average_width = width_of(column.type);
  read_column_words(b, &column);
  struct catalog_column *columns = ARENA_ARRAY(b->arena, struct catalog_column, table->n_columns + 1);
  if (table->n_columns > 0)
    memcpy(columns, table->columns, table->n_columns * sizeof(*columns));
  columns[table->n_columns++] = column;
  table->columns = columns;
}

/* ---- keys, indexes, foreign keys ---- */

static struct catalog_table *find_table(struct builder *b, struct str name)
{
  struct catalog *catalog = b->catalog;
  const struct catalog_table *table = catalog_find_table(catalog, name);
  for (size_t i = 0; i < b->tables.n; i++)
    if (b->tables.items[i] == table)
      return b->tables.items[i];
  fail(b, "unknown table");
  return NULL;
}

static const struct catalog_column *find_column(struct builder *b, const struct catalog_table *table,
                                                struct str name)
{
  const struct catalog_column *column = catalog_find_column(table, name);
  if (column == NULL)
    fail(b, "unknown column");
  return column;
}

/* "a, b)" behind an opened parenthesis. */
static struct columns read_columns(struct builder *b, const struct catalog_table *table)
{
  struct columns columns = {0};
  do
    VEC_PUSH(b->arena, &columns, find_column(b, table, take_name(b)));
  while (take(b, ","));
  expect(b, ")");
  return columns;
}

static void add_index(struct builder *b, const struct columns *columns, bool unique)
{
  struct catalog_table *table = b->table;
  struct catalog_index *indexes = ARENA_ARRAY(b->arena, struct catalog_index, table->n_indexes + 1);
  if (table->n_indexes > 0)
    memcpy(indexes, table->indexes, table->n_indexes * sizeof(*indexes));
  const char *name =
      arena_printf(b->arena, "%s_%s_%s", table->name, columns->items[0]->name, unique ? "key" : "idx");
  indexes[table->n_indexes++] = (struct catalog_index){
      .name = name, .columns = columns->items, .n_columns = columns->n, .unique = unique};
  table->indexes = indexes;
}

static void add_key(struct builder *b, struct columns columns, bool primary)
{
  struct catalog_table *table = b->table;
  struct catalog_key *keys = ARENA_ARRAY(b->arena, struct catalog_key, table->n_keys + 1);
  size_t at = primary ? 0 : table->n_keys;
  for (size_t i = 0; i < table->n_keys; i++)
    keys[i < at ? i : i + 1] = table->keys[i];
  keys[at] = (struct catalog_key){.columns = columns.items, .n_columns = columns.n, .primary = primary};
  table->keys = keys;
  table->n_keys++;
  for (size_t i = 0; primary && i < columns.n; i++)
    table->columns[columns.items[i]->index].not_null = true;
  add_index(b, &columns, true);
}

static void add_foreign_key(struct builder *b, struct str name, struct columns columns)
{
  struct catalog_foreign_key key = {.table = b->table, .columns = columns.items, .n_columns = columns.n};
  key.references = find_table(b, take_name(b));
  expect(b, "(");
  struct columns references = read_columns(b, key.references);
  if (references.n != columns.n)
    fail(b, "as many columns were expected on both sides");
  key.reference_columns = references.items;
  key.validated = !take(b, "unvalidated");
  key.name = name.len > 0 ? arena_strndup(b->arena, name.data, name.len)
                          : arena_printf(b->arena, "%s_%s_fkey", b->table->name, columns.items[0]->name);
  VEC_PUSH(b->arena, &b->foreign_keys, key);
}

static void read_function(struct builder *b)
{
  struct str name = take_name(b);
  struct catalog_function function = {.schema = "public",
                                      .name = arena_strndup(b->arena, name.data, name.len),
                                      .table = b->table,
                                      .type = find_type(b, take_name(b)),
                                      .in_search_path = true,
                                      .executable = true};
  while (!at_end(b)) {
    if (take(b, "volatile"))
      function.is_volatile = true;
    else if (take(b, "set"))
      function.gives_set = true;
    else if (take(b, "hidden"))
      function.executable = false;
    else
      fail(b, "unknown word");
  }
  VEC_PUSH(b->arena, &b->functions, function);
}

static void read_constraint(struct builder *b)
{
  if (take(b, "function")) {
    read_function(b);
  } else if (take(b, "unique (")) {
    add_key(b, read_columns(b, b->table), false);
  } else if (take(b, "primary key (")) {
    add_key(b, read_columns(b, b->table), true);
  } else if (take(b, "index (")) {
    struct columns columns = read_columns(b, b->table);
    add_index(b, &columns, false);
  } else {
    expect(b, "foreign key");
    struct str name = take(b, "(") ? (struct str){0} : take_name(b);
    if (name.len > 0)
      expect(b, "(");
    struct columns columns = read_columns(b, b->table);
    expect(b, "->");
    add_foreign_key(b, name, columns);
  }
}

static void read_column_constraints(struct builder *b)
{
  struct columns columns = {0};
  VEC_PUSH(b->arena, &columns, find_column(b, b->table, take_name(b)));
  take_name(b);
  while (!at_end(b)) {
    if (take(b, "primary key"))
      add_key(b, columns, true);
    else if (take(b, "unique"))
      add_key(b, columns, false);
    else if (take(b, "->"))
      add_foreign_key(b, (struct str){0}, columns);
    else
      b->p += strcspn(b->p, " ");
  }
}

/* ---- passes ---- */

static void types_pass(struct builder *b)
{
  if (take(b, "enum"))
    read_enum(b);
  else if (take(b, "domain"))
    read_domain(b);
}

static void columns_pass(struct builder *b)
{
  if (take(b, "table"))
    read_table(b);
  else if (*b->line == ' ' && !is_constraint(b))
    read_column(b);
}

static void constraints_pass(struct builder *b)
{
  if (take(b, "table"))
    b->table = find_table(b, take_name(b));
  else if (*b->line == ' ' && is_constraint(b))
    read_constraint(b);
  else if (*b->line == ' ')
    read_column_constraints(b);
}

static void each_line(struct builder *b, const char *text, void (*pass)(struct builder *b))
{
  for (const char *next; *text != '\0'; text = next) {
    size_t len = strcspn(text, "\n");
    next = text + len + (text[len] == '\n');
    b->line = b->p = arena_strndup(b->arena, text, len);
    if (!at_end(b))
      pass(b);
  }
}

static int compare_tables(const void *a, const void *b)
{
  const struct catalog_table *x = *(const struct catalog_table *const *)a;
  const struct catalog_table *y = *(const struct catalog_table *const *)b;
  int by_schema = strcmp(x->schema, y->schema);
  return by_schema != 0 ? by_schema : strcmp(x->name, y->name);
}

struct catalog *catalog_from_text(const char *text)
{
  struct arena *arena = arena_new(0);
  struct catalog *catalog = ARENA_NEW(arena, struct catalog);
  *catalog = (struct catalog){.arena = arena, .server_version = 150000, .database = "test"};
  struct builder b = {.catalog = catalog, .arena = arena, .next_oid = 20000};
  for (size_t i = 0; i < LENGTH_OF(type_rows); i++)
    add_type_with_array(&b, type_rows[i].name, type_rows[i].oid, type_rows[i].array_oid, type_rows[i].class);
  link_elements(&b);
  each_line(&b, text, types_pass);
  catalog->text_searches = text_searches;
  catalog->n_text_searches = LENGTH_OF(text_searches);
  catalog->text_search = &text_searches[0];
  catalog->types = b.types.items;
  catalog->n_types = b.types.n;
  each_line(&b, text, columns_pass);
  if (b.tables.n > 1)
    qsort(b.tables.items, b.tables.n, sizeof(*b.tables.items), compare_tables);
  catalog->tables = b.tables.items;
  catalog->n_tables = b.tables.n;
  each_line(&b, text, constraints_pass);
  catalog->foreign_keys = b.foreign_keys.items;
  catalog->n_foreign_keys = b.foreign_keys.n;
  catalog->functions = b.functions.items;
  catalog->n_functions = b.functions.n;
  return catalog;
}

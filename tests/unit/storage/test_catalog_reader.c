/*
 * test_catalog_reader.c - what is read of a real catalog.  Skipped without ROWAN_TEST_DATABASE.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/clock.h"
#include "storage/catalog_reader.h"
#include "support/scratch_database.h"

static const char world_sql[] =
    "CREATE EXTENSION citext; CREATE EXTENSION hstore;"
    "CREATE SCHEMA \"Odd Schema\";"
    "CREATE TYPE mood AS ENUM ('sad', 'so so'); ALTER TYPE mood ADD VALUE 'happy' AFTER 'sad';"
    "CREATE TYPE pair AS (a int, b int);"
    "CREATE DOMAIN mail AS citext CHECK (VALUE <> '');"
    "CREATE DOMAIN work_mail AS mail;"
    "CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);"
    "CREATE TABLE users (id bigint PRIMARY KEY, dropped int, address work_mail UNIQUE, feeling mood, "
    "feelings mood[],"
    "  tags text[] NOT NULL, couple pair, code char(3), nick text COLLATE nocase, attributes hstore, during "
    "tsrange,"
    "  vector int2vector, secret text, story text);"
    "ALTER TABLE users DROP COLUMN dropped;"
    "COMMENT ON TABLE users IS 'people'; COMMENT ON COLUMN users.nick IS 'how they are called';"
    "CREATE INDEX by_code ON users (code, nick) INCLUDE (id);"
    "CREATE UNIQUE INDEX partial ON users (nick) WHERE code IS NOT NULL;"
    "CREATE UNIQUE INDEX expression ON users (lower(secret));"
    "CREATE INDEX mixed ON users (code, lower(secret));"
    "CREATE UNIQUE INDEX covering ON users (code) INCLUDE (nick);"
    "INSERT INTO users (id, tags, nick, story) SELECT i, '{}', 'n', (SELECT string_agg(md5((i * j)::text), "
    "'')"
    "  FROM generate_series(1, 400) j) FROM generate_series(1, 100) i; ANALYZE users;"
    "CREATE TABLE rooms (building text, number int, PRIMARY KEY (building, number));"
    "CREATE TABLE bookings (id int PRIMARY KEY, number int, building text, by bigint,"
    "  CONSTRAINT room FOREIGN KEY (building, number) REFERENCES rooms);"
    "ALTER TABLE bookings ADD CONSTRAINT who FOREIGN KEY (by) REFERENCES users NOT VALID;"
    "CREATE TABLE logs (at date NOT NULL, id int, who bigint REFERENCES users, room int, building text)"
    "  PARTITION BY RANGE (at);"
    "CREATE TABLE logs_1 PARTITION OF logs FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');"
    "CREATE TABLE logs_2 (building text, id int, at date NOT NULL, who bigint, room int);"
    "ALTER TABLE logs ATTACH PARTITION logs_2 FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');"
    "ALTER TABLE logs_1 ADD CONSTRAINT alike FOREIGN KEY (building, room) REFERENCES rooms;"
    "ALTER TABLE logs_2 ADD CONSTRAINT alike FOREIGN KEY (building, room) REFERENCES rooms;"
    "ALTER TABLE logs_2 ADD CONSTRAINT lonely FOREIGN KEY (id) REFERENCES bookings;"
    "INSERT INTO logs SELECT '2020-05-05', i FROM generate_series(1, 50) i; ANALYZE logs_1;"
    "CREATE TABLE \"Odd Schema\".\"Select\" (\"quo\"\"te\" int PRIMARY KEY);"
    "CREATE TYPE mailrange AS RANGE (subtype = text);"
    "CREATE TABLE stays (id int PRIMARY KEY, days daterange, shifts tstzmultirange, mails mailrange);"
    "CREATE TEXT SEARCH CONFIGURATION public.\"Our Search\" (COPY = simple);"
    "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_text_search_config = %L', current_database(),"
    " 'public.\"Our Search\"'); END $$;"
    "CREATE VIEW all_rooms AS SELECT * FROM rooms;"
    "CREATE TABLE policed (id int); ALTER TABLE policed ENABLE ROW LEVEL SECURITY;"
    "DROP ROLE IF EXISTS rowan_test_reader; CREATE ROLE rowan_test_reader LOGIN;"
    "GRANT SELECT ON rooms TO rowan_test_reader; GRANT SELECT (id, nick) ON users TO rowan_test_reader;";

struct world {
  struct scratch_database *database;
  struct catalog *catalog;
};

static struct catalog *read_or_fail(const char *conninfo)
{
  struct error error = {0};
  struct catalog *catalog = catalog_read(conninfo, &error);
  if (!catalog)
    fail_msg("%s: %s", error.message, error.detail);
  return catalog;
}

static int set_up(void **state)
{
  struct world *world = calloc(1, sizeof *world);
  world->database = scratch_database_new(world_sql);
  if (world->database)
    world->catalog = read_or_fail(world->database->conninfo);
  *state = world;
  return 0;
}

static int tear_down(void **state)
{
  struct world *world = *state;
  catalog_free(world->catalog);
  if (world->database)
    PQclear(
        PQexec(world->database->connection, "DROP OWNED BY rowan_test_reader; DROP ROLE rowan_test_reader"));
  scratch_database_free(world->database);
  free(world);
  return 0;
}

static const struct catalog *catalog_of(void **state)
{
  struct world *world = *state;
  if (!world->catalog)
    skip();
  return world->catalog;
}

static const struct catalog_table *table_named(const struct catalog *catalog, const char *name)
{
  const struct catalog_table *table = catalog_find_table(catalog, str_from(name));
  if (!table)
    fail_msg("no table %s", name);
  return table;
}

static const struct catalog_column *column_named(const struct catalog_table *table, const char *name)
{
  const struct catalog_column *column = catalog_find_column(table, str_from(name));
  if (!column)
    fail_msg("no column %s.%s", table->name, name);
  return column;
}

static void test_tables_are_those_a_client_could_mean(void **state)
{
  const struct catalog *catalog = catalog_of(state);
  struct strbuf names = {0};
  for (size_t i = 0; i < catalog->n_tables; i++)
    strbuf_printf(&names, "%s.%s %c\n", catalog->tables[i]->schema, catalog->tables[i]->name,
                  catalog->tables[i]->kind);
  assert_string_equal(strbuf_text(&names),
                      "Odd Schema.Select r\npublic.all_rooms v\npublic.bookings r\n"
                      "public.logs p\npublic.policed r\npublic.rooms r\npublic.stays r\npublic.users r\n");
  strbuf_done(&names);
  assert_true(table_named(catalog, "users")->in_search_path);
  assert_string_equal(table_named(catalog, "users")->comment, "people");
  assert_null(table_named(catalog, "rooms")->comment);
  assert_true(table_named(catalog, "policed")->row_security);
  assert_false(table_named(catalog, "rooms")->row_security);
  assert_null(catalog_find_table(catalog, STR("Select")));
  assert_true(catalog->server_version >= 130000);
}

static void test_rows_follow_the_statistics(void **state)
{
  const struct catalog *catalog = catalog_of(state);
  static const struct {
    const char *table;
    double rows;
    bool analyzed;
  } cases[] = {{"users", 100, true}, {"rooms", 1000, false}, {"all_rooms", 1000, false}, {"logs", 50, true}};
  for (size_t i = 0; i < LENGTH_OF(cases); i++) {
    const struct catalog_table *table = table_named(catalog, cases[i].table);
    assert_true(table->rows >= cases[i].rows && table->rows <= cases[i].rows);
    assert_int_equal(table->analyzed, cases[i].analyzed);
  }
}

static void test_types_have_their_classes(void **state)
{
  const struct catalog_table *users = table_named(catalog_of(state), "users");
  static const struct {
    const char *column, *type;
    enum type_class class;
  } cases[] = {
      {"id", "int8", TYPE_INT8},
      {"address", "work_mail", TYPE_DOMAIN},
      {"feeling", "mood", TYPE_ENUM},
      {"feelings", "_mood", TYPE_ARRAY},
      {"tags", "_text", TYPE_ARRAY},
      {"couple", "pair", TYPE_COMPOSITE},
      {"code", "bpchar", TYPE_BPCHAR},
      {"nick", "text", TYPE_TEXT},
      {"attributes", "hstore", TYPE_HSTORE},
      {"during", "tsrange", TYPE_RANGE},
      {"vector", "int2vector", TYPE_OTHER},
  };
  for (size_t i = 0; i < LENGTH_OF(cases); i++) {
    const struct catalog_column *column = column_named(users, cases[i].column);
    assert_string_equal(column->type->name, cases[i].type);
    assert_int_equal(column->type->class, cases[i].class);
  }
}

static void test_types_lead_to_each_other(void **state)
{
  const struct catalog_table *users = table_named(catalog_of(state), "users");
  const struct catalog_type *address = column_named(users, "address")->type;
  assert_string_equal(address->base->name, "mail");
  assert_string_equal(catalog_base_type(address)->name, "citext");
  assert_int_equal(catalog_base_type(address)->class, TYPE_CITEXT);
  assert_string_equal(catalog_base_type(address)->array->name, "_citext");
  const struct catalog_type *feelings = column_named(users, "feelings")->type;
  assert_ptr_equal(feelings->element, column_named(users, "feeling")->type);
  assert_ptr_equal(feelings->element->array, feelings);
  assert_int_equal(feelings->element->n_labels, 3);
  assert_string_equal(feelings->element->labels[1], "happy");
  assert_string_equal(feelings->element->labels[2], "so so");
  assert_non_null(catalog_find_type(catalog_of(state), 1700));
}

static void test_columns_say_what_they_are(void **state)
{
  const struct catalog_table *users = table_named(catalog_of(state), "users");
  assert_null(catalog_find_column(users, STR("dropped")));
  const struct catalog_column *address = column_named(users, "address"), *nick = column_named(users, "nick");
  assert_int_equal(address->attnum, 3);
  assert_int_equal(address->index, 1);
  assert_ptr_equal(address->table, users);
  assert_true(address->deterministic);
  assert_false(nick->deterministic);
  assert_null(address->collation);
  assert_string_equal(nick->collation_schema, "public");
  assert_string_equal(nick->collation, "nocase");
  assert_string_equal(nick->comment, "how they are called");
  assert_true(column_named(users, "tags")->not_null);
  assert_false(nick->not_null);
  assert_int_equal(column_named(users, "code")->typmod, 7);
  assert_true(nick->n_distinct > 0 && nick->n_distinct < 2);
  assert_true(column_named(users, "code")->null_fraction > 0.99);
  assert_int_equal(nick->average_width, 2);
  assert_int_equal(column_named(users, "story")->average_width, 1024);
}

static void test_ranges_lead_to_what_their_bounds_are(void **state)
{
  const struct catalog_table *stays = table_named(catalog_of(state), "stays");
  const struct catalog_type *days = column_named(stays, "days")->type;
  const struct catalog_type *shifts = column_named(stays, "shifts")->type;
  assert_int_equal(days->class, TYPE_RANGE);
  assert_int_equal(days->element->class, TYPE_DATE);
  assert_int_equal(shifts->class, TYPE_MULTIRANGE);
  assert_int_equal(shifts->element->class, TYPE_RANGE);
  assert_int_equal(shifts->element->element->class, TYPE_TIMESTAMPTZ);
  assert_int_equal(column_named(stays, "mails")->type->element->class, TYPE_TEXT);
}

static void test_text_search_is_by_the_database_s_configuration(void **state)
{
  const struct catalog *catalog = catalog_of(state);
  assert_string_equal(catalog->text_search->text, "public.\"Our Search\"");
  assert_ptr_equal(catalog_find_text_search(catalog, STR("simple")),
                   catalog_find_text_search(catalog, STR("pg_catalog.simple")));
  assert_string_equal(catalog_find_text_search(catalog, STR("english"))->text, "pg_catalog.english");
  assert_null(catalog_find_text_search(catalog, STR("our search")));
  assert_non_null(catalog_find_text_search(catalog, STR("Our Search")));
}

static void print_columns(struct strbuf *text, const struct catalog_column **columns, size_t n)
{
  for (size_t i = 0; i < n; i++)
    strbuf_printf(text, "%s%s", i > 0 ? "," : "", columns[i]->name);
}

static void test_only_whole_plain_indexes_make_keys(void **state)
{
  const struct catalog_table *users = table_named(catalog_of(state), "users");
  struct strbuf text = {0};
  for (size_t i = 0; i < users->n_keys; i++) {
    print_columns(&text, users->keys[i].columns, users->keys[i].n_columns);
    strbuf_puts(&text, users->keys[i].primary ? " primary\n" : "\n");
  }
  for (size_t i = 0; i < users->n_indexes; i++) {
    strbuf_printf(&text, "%s%s: ", users->indexes[i].name, users->indexes[i].unique ? " unique" : "");
    print_columns(&text, users->indexes[i].columns, users->indexes[i].n_columns);
    strbuf_putc(&text, '\n');
  }
  assert_string_equal(strbuf_text(&text), "id primary\ncode\naddress\n"
                                          "users_pkey unique: id\nby_code: code,nick\ncovering unique: code\n"
                                          "mixed: code\nusers_address_key unique: address\n");
  strbuf_done(&text);
}

static void test_foreign_keys_of_partitions_count_once(void **state)
{
  const struct catalog *catalog = catalog_of(state);
  struct strbuf text = {0};
  for (size_t i = 0; i < catalog->n_foreign_keys; i++) {
    const struct catalog_foreign_key *key = &catalog->foreign_keys[i];
    strbuf_printf(&text, "%s: %s(", key->name, key->table->name);
    print_columns(&text, key->columns, key->n_columns);
    strbuf_printf(&text, ") -> %s(", key->references->name);
    print_columns(&text, key->reference_columns, key->n_columns);
    strbuf_puts(&text, key->validated ? ")\n" : ") unvalidated\n");
  }
  assert_string_equal(strbuf_text(&text), "room: bookings(building,number) -> rooms(building,number)\n"
                                          "who: bookings(by) -> users(id) unvalidated\n"
                                          "alike: logs(building,room) -> rooms(building,number)\n"
                                          "logs_who_fkey: logs(who) -> users(id)\n");
  strbuf_done(&text);
}

static void test_privileges_are_the_role_s(void **state)
{
  struct world *world = *state;
  catalog_of(state);
  char conninfo[600];
  snprintf(conninfo, sizeof conninfo, "%s user=rowan_test_reader", world->database->conninfo);
  struct catalog *catalog = read_or_fail(conninfo);
  const struct catalog_table *users = table_named(catalog, "users");
  assert_true(users->selectable);
  assert_true(column_named(users, "nick")->selectable);
  assert_false(column_named(users, "secret")->selectable);
  assert_false(table_named(catalog, "bookings")->selectable);
  catalog_free(catalog);
}

static void test_an_unreachable_database_is_unavailable(void **state)
{
  struct error error = {0};
  assert_null(catalog_read("host=/nonexistent dbname=x", &error));
  assert_int_equal(error.code, ERROR_UNAVAILABLE);
  assert_string_equal(error.reason, "DATABASE_UNAVAILABLE");
  assert_null(strstr(error.message, "/nonexistent"));
  assert_non_null(strstr(error.detail, "/nonexistent"));
}

static void test_hundreds_of_tables_are_read_at_once(void **state)
{
  struct world *world = *state;
  catalog_of(state);
  PGresult *result =
      PQexec(world->database->connection,
             "CREATE SCHEMA many; DO $$ BEGIN FOR i IN 1..500 LOOP EXECUTE format('CREATE TABLE many.t%s (id "
             "int PRIMARY"
             " KEY, a text, b int, c text, d int, e int REFERENCES many.t%s)', i, i); END LOOP; END $$");
  assert_int_equal(PQresultStatus(result), PGRES_COMMAND_OK);
  PQclear(result);
  int64_t start = clock_monotonic_us();
  struct catalog *catalog = read_or_fail(world->database->conninfo);
  print_message("%zu tables in %lld ms\n", catalog->n_tables,
                (long long)(clock_monotonic_us() - start) / 1000);
  assert_int_equal(catalog->n_tables, 508);
  assert_int_equal(catalog->n_foreign_keys, 504);
  assert_ptr_equal(table_named(catalog, "many.t7")->columns[5].table, table_named(catalog, "many.t7"));
  catalog_free(catalog);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_tables_are_those_a_client_could_mean),
      cmocka_unit_test(test_rows_follow_the_statistics),
      cmocka_unit_test(test_types_have_their_classes),
      cmocka_unit_test(test_types_lead_to_each_other),
      cmocka_unit_test(test_columns_say_what_they_are),
      cmocka_unit_test(test_ranges_lead_to_what_their_bounds_are),
      cmocka_unit_test(test_text_search_is_by_the_database_s_configuration),
      cmocka_unit_test(test_only_whole_plain_indexes_make_keys),
      cmocka_unit_test(test_foreign_keys_of_partitions_count_once),
      cmocka_unit_test(test_privileges_are_the_role_s),
      cmocka_unit_test(test_an_unreachable_database_is_unavailable),
      cmocka_unit_test(test_hundreds_of_tables_are_read_at_once),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}

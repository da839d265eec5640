/*
 * test_init.c - protos for a catalog: what they say, and that the server would serve them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/catalog_builder.h"
#include "support/graph_world.h"
#include "unit/planner/init_fixture.h"

/* ---- what is written ---- */

struct writing {
  const char *name;
  const char *catalog;
  const char *expected[6]; /* parts of the files, blanks and line ends counting as one blank */
  const char *absent[3];
};

static const struct writing writings[] = {
    {"columns have the types that lose nothing",
     "enum mood: sad, ok\n"
     "table things\n"
     "  id int8 primary key\n"
     "  name text not null\n"
     "  price numeric\n"
     "  made timestamptz\n"
     "  mood mood\n"
     "  tags text[]\n"
     "  data jsonb\n"
     "  labels hstore\n"
     "  picture bytea\n"
     "  small int2 not null\n"
     "  born date\n",
     {"int64 id = 1 [(google.api.field_behavior) = IDENTIFIER]; string name = 2; optional string price = 3; "
      "google.protobuf.Timestamp made = 4; optional Mood mood = 5; repeated string tags = 6; "
      "google.protobuf.Value data = 7; map<string, string> labels = 8; optional bytes picture = 9; "
      "int32 small = 10; optional string born = 11; }",
      "enum Mood { MOOD_UNSPECIFIED = 0; MOOD_SAD = 1; MOOD_OK = 2; }",
      "import \"google/protobuf/struct.proto\"; import \"google/protobuf/timestamp.proto\";"},
     {0}},
    {"tables in the plural are messages in the singular",
     "table people\n  id int8 primary key\n"
     "table addresses\n  id int8 primary key\n"
     "table status\n  id int8 primary key\n"
     "table user_categories\n  id int8 primary key\n",
     {"message Person { option (rowan.v1.resource) = {table: \"people\"};", "message Address {",
      "message Status {", "message UserCategory {", "rpc ListUserCategories("},
     {0}},
    {"both ways of a foreign key",
     "table users\n  id int8 primary key\n"
     "table events\n  id int8 primary key\n  creator_id int8 -> users(id)\n",
     {"User creator = 3 [ (rowan.v1.field).relation = {foreign_key: \"events_creator_id_fkey\"},",
      "repeated Event events = 2 [ (rowan.v1.field).relation = {foreign_key: \"events_creator_id_fkey\"},"},
     {0}},
    {"several foreign keys name their ways back by role",
     "table users\n  id int8 primary key\n"
     "table events\n  id int8 primary key\n  user_id int8 -> users(id)\n  creator_id int8 -> users(id)\n",
     {"User user = 4", "User creator = 5", "repeated Event events = 2", "repeated Event creator_events = 3"},
     {0}},
    {"a unique foreign key leads back to one",
     "table users\n  id int8 primary key\n"
     "table profiles\n  id int8 primary key\n  user_id int8 not null unique -> users(id)\n",
     {"message User { option (rowan.v1.resource) = {table: \"users\"}; int64 id = 1 "
      "[(google.api.field_behavior) = IDENTIFIER]; Profile profile = 2"},
     {"repeated Profile profiles = 2"}},
    {"a parent has children",
     "table nodes\n  id int8 primary key\n  parent_id int8 -> nodes(id)\n",
     {"Node parent = 3", "repeated Node children = 4"},
     {0}},
    {"a unique reference to itself is pinned by its columns on the way back",
     "table nodes\n  id int8 primary key\n  twin_id int8 unique -> nodes(id)\n",
     {"Node twin_node = 4 [ (rowan.v1.field).relation = { columns: [\"id\"] references: [\"twin_id\"] },"},
     {0}},
    {"a junction whose foreign keys share a column",
     "table books\n  tenant_id int8\n  id int8\n  primary key (tenant_id, id)\n"
     "table authors\n  tenant_id int8\n  id int8\n  primary key (tenant_id, id)\n"
     "table book_authors\n  tenant_id int8\n  book_id int8\n  author_id int8\n"
     "  primary key (tenant_id, book_id, author_id)\n"
     "  foreign key fb (tenant_id, book_id) -> books(tenant_id, id)\n"
     "  foreign key fa (tenant_id, author_id) -> authors(tenant_id, id)\n",
     {"repeated Author authors = 3 [ (rowan.v1.field).relation = { through: { table: \"book_authors\" "
      "source_columns: [ \"tenant_id\", \"book_id\" ] target_columns: [ \"tenant_id\", \"author_id\" ] } },",
      "repeated Book books = 3"},
     {"message BookAuthor"}},
    {"a row that belongs to another is no junction of it with what both belong to",
     "table tenants\n  id int8 primary key\n"
     "table users\n  tenant_id int8\n  id int8\n  primary key (tenant_id, id)\n"
     "table settings\n  tenant_id int8 -> tenants(id)\n  user_id int8\n"
     "  primary key (tenant_id, user_id)\n"
     "  foreign key fu (tenant_id, user_id) -> users(tenant_id, id)\n",
     {"message Setting {"},
     {"through:"}},
    {"a bare junction is no resource",
     "table a\n  id int8 primary key\n"
     "table b\n  id int8 primary key\n"
     "table a_b\n  a_id int8 not null -> a(id)\n  b_id int8 not null -> b(id)\n  unique (a_id, b_id)\n",
     {"repeated B bs = 2 [ (rowan.v1.field).relation = { through: { table: \"a_b\" source_columns: "
      "[\"a_id\"] "
      "target_columns: [\"b_id\"] } },",
      "repeated A as = 2"},
     {"message AB "}},
    {"a junction with payload is a resource as well",
     "table films\n  id int8 primary key\n"
     "table actors\n  id int8 primary key\n"
     "table casts\n  film_id int8 not null -> films(id)\n  actor_id int8 not null -> actors(id)\n  role "
     "text\n"
     "  primary key (film_id, actor_id)\n",
     {"message Cast {", "repeated Cast casts = 2", "repeated Actor actors = 3",
      "message GetCastRequest { int64 film_id = 1; int64 actor_id = 2;",
      "message BatchGetCastsRequest { repeated GetCastRequest requests = 1;"},
     {0}},
    {"a relation never takes a column's name",
     "table countries\n  code text primary key\n"
     "table users\n  id int8 primary key\n  country text -> countries(code)\n"
     "  boss int8 -> users(id)\n",
     {"optional string country = 2;", "Country country_record = 4", "User boss_user = 5"},
     {0}},
    {"names that protobuf would confuse",
     "table things\n  id int8 primary key\n  foo_1 text\n  foo1 text\n  FirstName text\n  a__b text\n",
     {"optional string foo_1 = 2; optional string foo1_2 = 3 [(rowan.v1.field).column = \"foo1\"];",
      "optional string first_name = 4 [(rowan.v1.field).column = \"FirstName\"];",
      "optional string a_b = 5 [(rowan.v1.field).column = \"a__b\"];"},
     {0}},
    {"columns and tables that the role may not read",
     "table secrets hidden\n  id int8 primary key\n"
     "table users\n  id int8 primary key\n  name text\n  password text hidden\n",
     {"optional string name = 2; }", "note: table secrets: left out, the role may not read it"},
     {"message Secret", "password"}},
    {"a table without a primary key declares a unique one",
     "table things\n  a int8 not null\n  b text not null unique\n"
     "table nothing\n  a int8\n",
     {"option (rowan.v1.resource) = { table: \"things\" key: [\"b\"] };",
      "note: table nothing: left out, the catalog knows no key of it",
      "note: what has no key in the catalog is written once a file says it, and --update is given: message "
      "Nothing { option (rowan.v1.resource) = {table: \"nothing\", key: [\"…\"]}; }",
      "repeated string bs = 1;"},
     {"service Nothing"}},
    {"a table of another schema is named with it",
     "table users\n  id int8 primary key\n"
     "table sales.users\n  id int8 primary key\n  user_id int8 -> users(id)\n",
     {"message User { option (rowan.v1.resource) = {table: \"users\"};",
      "message SalesUser { option (rowan.v1.resource) = {table: \"sales.users\"};"},
     {0}},
    {"sets that are not connected have files of their own",
     "table a\n  id int8 primary key\n"
     "table b\n  id int8 primary key\n  a_id int8 -> a(id)\n"
     "table c\n  id int8 primary key\n",
     {"file: test/v1/a_service.proto", "file: test/v1/b_service.proto", "file: test/v1/c.proto",
      "file: test/v1/c_service.proto", "file: test/v1/test.proto"},
     {0}},
    {"messages that a service would collide with",
     "table users\n  id int8 primary key\n"
     "table user_service\n  id int8 primary key\n",
     {"message UserService {", "message Users {"},
     {"message User {"}},
};

static void test_writes(void **state)
{
  for (size_t i = 0; i < LENGTH_OF(writings); i++) {
    const struct writing *writing = &writings[i];
    struct init_world world = init_world_new(writing->catalog, NULL);
    const char *text = init_world_text(&world);
    for (size_t j = 0; j < LENGTH_OF(writing->expected) && writing->expected[j] != NULL; j++)
      if (strstr(text, writing->expected[j]) == NULL)
        fail_msg("%s: no \"%s\" in\n%s", writing->name, writing->expected[j], text);
    for (size_t j = 0; j < LENGTH_OF(writing->absent) && writing->absent[j] != NULL; j++)
      if (strstr(text, writing->absent[j]) != NULL)
        fail_msg("%s: \"%s\" in\n%s", writing->name, writing->absent[j], text);
    init_world_done(&world);
  }
}

/* Whatever is written is what the server reads: no error, no warning. */
static void test_what_is_written_can_be_served(void **state)
{
  for (size_t i = 0; i < LENGTH_OF(writings); i++) {
    struct init_world world = init_world_new(writings[i].catalog, NULL);
    struct graph_world graph = world_from_text(writings[i].catalog, init_world_declarations(&world));
    struct strbuf problems = {0};
    problems_print(&graph.problems, &problems);
    if (graph.problems.n > 0)
      fail_msg("%s:\n%s", writings[i].name, strbuf_text(&problems));
    assert_true(graph.graph->n_methods >= 4);
    strbuf_done(&problems);
    world_done(&graph);
    init_world_done(&world);
  }
}

static void test_comments(void **state)
{
  struct catalog *catalog = catalog_from_text("table users\n  id int8 primary key\n  name text\n");
  catalog->tables[0]->comment = "People.\n\nAll of them.  ";
  catalog->tables[0]->columns[1].comment = "As \"written\".";
  struct init_world world = init_world_of(catalog, NULL);
  const char *text = world.result.files.items[0].text;
  assert_non_null(strstr(text, "// People.\n//\n// All of them.\nmessage User {"));
  assert_non_null(strstr(text, "  // As \"written\".\n  optional string name = 2;\n"));
  init_world_done(&world);
}

static void test_labels_that_no_name_can_hold(void **state)
{
  struct catalog *catalog = catalog_from_text("enum mood: a, b, c\n"
                                              "table users\n  id int8 primary key\n  mood mood\n");
  struct catalog_type *type = NULL;
  for (size_t i = 0; i < catalog->n_types; i++)
    if (catalog->types[i]->class == TYPE_ENUM)
      type = catalog->types[i];
  assert_non_null(type);
  type->labels[0] = "un-happy";
  type->labels[1] = "un happy";
  type->labels[2] = "unspecified";
  struct init_world world = init_world_of(catalog, NULL);
  const char *text = init_world_text(&world);
  assert_non_null(strstr(text, "enum Mood { MOOD_UNSPECIFIED = 0; "
                               "MOOD_UN_HAPPY = 1 [(rowan.v1.enum_value).label = \"un-happy\"]; "
                               "MOOD_UN_HAPPY_2 = 2 [(rowan.v1.enum_value).label = \"un happy\"]; }"));
  init_world_done(&world);
}

static void test_options(void **state)
{
  static const char catalog[] = "table users\n  id int8 primary key\n"
                                "table events\n  id int8 primary key\n  user_id int8 -> users(id)\n"
                                "table notes\n  id int8 primary key\n  event int8\n";
  static const char *const tables[] = {"users", "events"};
  static const char *const references[] = {"notes.event=events.id"};
  struct init_options options = init_world_options();
  options.tables = tables;
  options.n_tables = 2;
  options.reverse = false;
  struct init_world world = init_world_new(catalog, &options);
  assert_null(strstr(init_world_text(&world), "Note"));
  assert_null(strstr(init_world_text(&world), "repeated Event events = 2"));
  init_world_done(&world);

  options = init_world_options();
  options.references = references;
  options.n_references = 1;
  world = init_world_new(catalog, &options);
  assert_non_null(strstr(init_world_text(&world),
                         "repeated Note notes = 4 [ (rowan.v1.field).relation = { columns: [\"id\"] "
                         "references: [\"event\"] },"));
  init_world_done(&world);
}

static void test_references_of_several_columns(void **state)
{
  static const char *const references[] = {"notes(shop, event) = events(shop_id,id)"};
  struct init_options options = init_world_options();
  options.references = references;
  options.n_references = 1;
  struct init_world world =
      init_world_new("table events\n  shop_id int8\n  id int8\n  primary key (shop_id, id)\n"
                     "table notes\n  id int8 primary key\n  shop int8\n  event int8\n",
                     &options);
  const char *text = init_world_text(&world);
  assert_non_null(strstr(text,
                         "repeated Note notes = 3 [ (rowan.v1.field).relation = { columns: [ \"shop_id\", "
                         "\"id\" ] references: [ \"shop\", \"event\" ] },"));
  assert_non_null(strstr(text, " Event event"));
  init_world_done(&world);
}

static void test_references_that_cannot_be(void **state)
{
  static const struct {
    const char *text, *message;
  } cases[] = {
      {"notes.event", "there is no "},
      {"notes.no=events.id", "there is no notes.no"},
      {"nothing.id=events.id", "there is no nothing.id"},
      {"notes()=events(id)", "there is no notes()"},
      {"notes(shop)=events(shop_id,id)", "1 and 2 columns"},
      {"notes.event=events.id", "does not keep id unique in events"},
  };
  for (size_t i = 0; i < LENGTH_OF(cases); i++) {
    struct catalog *catalog =
        catalog_from_text("table events\n  shop_id int8\n  id int8\n  primary key (shop_id, id)\n"
                          "table notes\n  id int8 primary key\n  shop int8\n  event int8\n");
    struct init_options options = init_world_options();
    struct init_files none = {0};
    struct arena *arena = arena_new(0);
    struct init_result result;
    struct error error;
    options.references = &cases[i].text;
    options.n_references = 1;
    assert_false(init_generate(catalog, &options, &none, arena, &result, &error));
    if (strstr(error.message, cases[i].message) == NULL)
      fail_msg("%s: %s", cases[i].text, error.message);
    arena_free(arena);
    catalog_free(catalog);
  }
}

static void test_refuses_what_is_not_there(void **state)
{
  struct catalog *catalog = catalog_from_text("table users\n  id int8 primary key\n");
  static const char *const names[] = {"no_such"}, *const references[] = {"users.no=users.id"};
  struct arena *arena = arena_new(0);
  struct init_options options = init_world_options();
  struct init_files none = {0};
  struct init_result result;
  struct error error;
  options.tables = names;
  options.n_tables = 1;
  assert_false(init_generate(catalog, &options, &none, arena, &result, &error));
  assert_string_equal(error.message, "there is no table or view \"no_such\"");
  options.n_tables = 0;
  options.references = references;
  options.n_references = 1;
  assert_false(init_generate(catalog, &options, &none, arena, &result, &error));
  assert_string_equal(error.reason, "UNKNOWN_COLUMN");
  arena_free(arena);
  catalog_free(catalog);
}

/* Nothing of the catalog's own order, which is that of creation, shows. */
static void test_order_of_creation_does_not_matter(void **state)
{
  struct init_world one =
      init_world_new("table a\n  id int8 primary key\n  x_id int8\n  y_id int8\n"
                     "  foreign key fx (x_id) -> a(id)\n  foreign key fy (y_id) -> a(id)\n",
                     NULL);
  struct init_world two =
      init_world_new("table a\n  id int8 primary key\n  x_id int8\n  y_id int8\n"
                     "  foreign key fy (y_id) -> a(id)\n  foreign key fx (x_id) -> a(id)\n",
                     NULL);
  assert_string_equal(init_world_text(&one), init_world_text(&two));
  init_world_done(&one);
  init_world_done(&two);
}

static void test_default_packages(void **state)
{
  static const char *const cases[][2] = {{"pagila", "pagila.v1"},    {"My-Shop", "my_shop.v1"},
                                         {"2nd", "db_2nd.v1"},       {"rowan", "rowan_db.v1"},
                                         {"google", "google_db.v1"}, {"", "db.v1"}};
  struct arena *arena = arena_new(0);
  for (size_t i = 0; i < LENGTH_OF(cases); i++)
    assert_string_equal(init_default_package(arena, cases[i][0]), cases[i][1]);
  arena_free(arena);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_writes),
      cmocka_unit_test(test_what_is_written_can_be_served),
      cmocka_unit_test(test_comments),
      cmocka_unit_test(test_labels_that_no_name_can_hold),
      cmocka_unit_test(test_options),
      cmocka_unit_test(test_references_of_several_columns),
      cmocka_unit_test(test_references_that_cannot_be),
      cmocka_unit_test(test_refuses_what_is_not_there),
      cmocka_unit_test(test_order_of_creation_does_not_matter),
      cmocka_unit_test(test_default_packages),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

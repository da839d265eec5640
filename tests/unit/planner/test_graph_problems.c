/*
 * What is said where declarations do not fit the catalog.
 *
 * Declarations start on line 1 of test.proto, so a problem's place can be counted in the text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "support/graph_world.h"

#define CATALOG                                                                                              \
  "enum mood: sad, ok\n"                                                                                     \
  "table users\n  id int8 primary key\n  name text not null\n  nick text\n  age int4 not null\n"             \
  "  secret text not null hidden\n  code uuid not null\n  tags text[] not null\n"                            \
  "  home_city text\n  score numeric\n  home_zip int4\n  function greeting text\n"                           \
  "table open_users\n  id int8 primary key\n  function roll text volatile\n  function names text set\n"      \
  "  function locked text hidden\n  function title text\n"                                                   \
  "table items\n  id int8 primary key\n  kind text\n  stamp timestamptz\n  mood mood\n  ref int8\n"          \
  "table posts\n  id int8 primary key\n  title text not null\n  user_id int8 not null -> users(id)\n"        \
  "table numbers view\n  n int8\n"                                                                           \
  "table logs\n  line text not null\ntable plans\n  tier text primary key\n"                                 \
  "table thing\n  id int8 primary key\ntable things\n  id int8 primary key\n"

#define USER(fields) "message User {\noption (rowan.v1.resource) = {};\nint64 id = 1;\n" fields "\n}\n"
#define OPEN_USER(fields)                                                                                    \
  "message OpenUser {\noption (rowan.v1.resource) = {};\nint64 id = 1;\n" fields "\n}\n"
/* A oneof of what members stand on line 6. */
#define ITEM(option, members)                                                                                \
  "message Item {\noption (rowan.v1.resource) = {};\nint64 id = 1;\noneof o {\noption (rowan.v1.oneof) "     \
  "= " option ";\n" members "\n}\n}\n" POST ONLY_ID
/* A message that is no resource, on line 1, and a user. */
#define PLACE(members, field) "message Place { " members " }\n" USER(field)
#define ONLY_ID "message User {\noption (rowan.v1.resource) = {};\nint64 id = 1;\n}\n"
#define POST                                                                                                 \
  "message Post {\noption (rowan.v1.resource) = {};\nint64 id = 1;\nstring title = 2;\nUser user = 3;\n}\n"
#define GET "service S {\nrpc GetUser(Req) returns (User);\n}\n"
#define DELETED                                                                                              \
  "message User {\noption (rowan.v1.resource) = {deleted: \"column('nick'):*\"};\nint64 id = 1; }\n"
#define LIST "service S {\nrpc ListUsers(Req) returns (Res);\n}\n"
#define RES "message Res { repeated User users = 1; string next_page_token = 2; }\n"

struct mistake {
  const char *declarations;
  const char *place;   /* of the first problem */
  const char *message; /* a part of it */
  const char *fix;     /* a part of it; NULL: none is looked for */
};

static const struct mistake mistakes[] = {
    /* tables and keys */
    {"message User {\noption (rowan.v1.resource) = {table: \"user\"};\nint64 id = 1;\n}", "test.proto:2",
     "test.v1.User: there is no table or view \"user\"", "{table: \"users\"}"},
    {"message Poste {\noption (rowan.v1.resource) = {};\nint64 id = 1;\n}", "test.proto:2",
     "no table \"postes\" or \"poste\"", "{table: \"posts\"}"},
    {"message Thing {\noption (rowan.v1.resource) = {};\nint64 id = 1;\n}", "test.proto:2", "both tables",
     "thing"},
    {"message N {\noption (rowan.v1.resource) = {table: \"numbers\"};\nint64 n = 1;\n}", "test.proto:2",
     "view \"numbers\" has no primary key", "key: ["},
    {"message Log {\noption (rowan.v1.resource) = {key: [\"line\"]};\nstring line = 1;\n}", "test.proto:2",
     "the key is not unique", NULL},
    {"message User {\noption (rowan.v1.resource) = {key: [\"idd\"]};\nint64 id = 1;\n}", "test.proto:2",
     "has no column \"idd\"", "\"id\""},
    {"message User {\noption (rowan.v1.resource) = {key: [\"nick\"]};\nint64 id = 1;\n}", "test.proto:2",
     "may be NULL", NULL},
    /* columns */
    {USER("string nme = 2;"), "test.proto:4", "table \"users\" has no column \"nme\"", "column = \"name\""},
    {USER("string age = 2;"), "test.proto:4", "type int4 does not fit string", NULL},
    {USER("string tags = 2;"), "test.proto:4", "type text[] does not fit string: declare it repeated string",
     NULL},
    {USER("string secret = 2;"), "test.proto:4", "the role may not read column \"secret\"", "ignore"},
    {USER("string name = 2 [(rowan.v1.field).column = \"name\", (rowan.v1.field).source = \"x.y\"];"),
     "test.proto:4", "exclude each other", NULL},
    /* what a later version serves */
    {USER("string name = 2 [(rowan.v1.field).required_scopes = \"a\"];"), "test.proto:4",
     "required_scopes is not", NULL},
    /* trees */
    {USER("repeated Post posts = 2 [(rowan.v1.field).relation = {max_depth: 2}];") POST, "test.proto:4",
     "max_depth needs a relation from a resource to itself, and Post is another", NULL},
    {USER("User same = 2 [(rowan.v1.field).relation = {columns: \"id\" max_depth: 65}];"), "test.proto:4",
     "max_depth must be between 0 and 64", NULL},
    {USER("repeated User peers = 2 [(rowan.v1.field).relation = {columns: \"score\" references: \"score\" "
          "max_depth: 2}];"),
     "test.proto:4",
     "equal only when their bytes are (integers, uuid, text), and column \"score\" of \"users\" is numeric",
     "peers.peers"},
    /* embed and function */
    {PLACE("string city = 1; int32 zipp = 2;",
           "Place home = 2 [(rowan.v1.field).embed = {prefix: \"home_\"}];"),
     "test.proto:5", "no column \"home_zipp\" for Place.zipp; did you mean \"home_zip\"?", "ignore"},
    {PLACE("string zip = 1;", "Place home = 2 [(rowan.v1.field).embed = {prefix: \"home_\"}];"),
     "test.proto:5", "embed: column \"home_zip\": type int4 does not fit string", NULL},
    {PLACE("User city = 1;", "Place home = 2 [(rowan.v1.field).embed = {prefix: \"home_\"}];"),
     "test.proto:5", "field city of Place is no column", NULL},
    {PLACE("", "Place home = 2 [(rowan.v1.field).embed = {}];"), "test.proto:5", "Place has no fields",
     "ignore"},
    {PLACE("", "repeated Place home = 2 [(rowan.v1.field).embed = {}];"), "test.proto:5",
     "embed needs a single field", NULL},
    {PLACE("", "string home = 2 [(rowan.v1.field).embed = {}];"), "test.proto:5",
     "embed needs a single field", NULL},
    {USER("Post p = 2 [(rowan.v1.field).embed = {}];") POST, "test.proto:4", "test.v1.Post is a resource",
     "relation"},
    {PLACE("string city = 1;", "Place home = 2;"), "test.proto:5", "embed it", "embed = {prefix: \"home_\"}"},
    {USER("string f = 2 [(rowan.v1.field).function = \"f\"];"), "test.proto:4",
     "there is no function f that takes a row of table \"users\"", "CREATE FUNCTION f(public.users)"},
    {OPEN_USER("string f = 2 [(rowan.v1.field).function = \"roll\"];"), "test.proto:4",
     "roll: it is volatile", NULL},
    {OPEN_USER("string f = 2 [(rowan.v1.field).function = \"names\"];"), "test.proto:4",
     "names: it gives a set", NULL},
    {OPEN_USER("string f = 2 [(rowan.v1.field).function = \"locked\"];"), "test.proto:4",
     "locked: the role may not execute it", NULL},
    {OPEN_USER("int32 f = 2 [(rowan.v1.field).function = \"title\"];"), "test.proto:4",
     "function title: type text does not fit int32", NULL},
    {USER("string f = 2 [(rowan.v1.field).function = \"greeting\"];"), "test.proto:4",
     "greeting: it takes the whole row", NULL},
    /* oneofs */
    {ITEM("{discriminator: \"kind\" columns: \"ref\"}",
          "User user = 2; Post post = 3 [(rowan.v1.field).variant_value = \"users\"];"),
     "test.proto:6", "Item.post: variant_value: \"users\" stands for another member", "variant_value"},
    {ITEM("{discriminator: \"kind\" columns: \"ref\"}", "User user = 2; string kind = 3;"), "test.proto:6",
     "a member of a oneof with a discriminator is a resource", "ignore"},
    {ITEM("{discriminator: \"kin\" columns: \"ref\"}", "User user = 2; Post post = 3;"), "test.proto:6",
     "Item.user: oneof o: discriminator \"kin\": Item has no field or column \"kin\"; did you mean \"kind\"?",
     NULL},
    {ITEM("{discriminator: \"stamp\" columns: \"ref\"}", "User user = 2;"), "test.proto:6",
     "discriminator \"stamp\" is no text, integer or enum", NULL},
    {ITEM("{discriminator: \"kind\" columns: \"reff\"}", "User user = 2;"), "test.proto:6",
     "relation.columns: table \"items\" has no column \"reff\"", "columns: [\"ref\"]"},
    {ITEM("{discriminator: \"kind\" columns: [\"ref\", \"id\"]}", "User user = 2;"), "test.proto:6",
     "columns names 2 columns for 1", NULL},
    {ITEM("{discriminator: \"kind\"}", "User user = 2 [(rowan.v1.field).relation = {columns: \"ref\"}];"),
     "test.proto:6", "columns are missing", "columns"},
    {ITEM("{columns: \"ref\"}", "User user = 2 [(rowan.v1.field).relation = {columns: \"ref\"}];"),
     "test.proto:6", "columns have a meaning beside a discriminator only", "discriminator"},
    {ITEM("{discriminator: \"mood\" columns: \"ref\"}",
          "User user = 2 [(rowan.v1.field).variant_value = \"sadd\"];"),
     "test.proto:6", "enum mood has no label \"sadd\"; did you mean \"sad\"?", NULL},
    {ITEM("{discriminator: \"id\" columns: \"ref\"}", "User user = 2;"), "test.proto:6",
     "\"users\" is no value of type int8", NULL},
    {USER("string name = 2 [(rowan.v1.field).variant_value = \"a\"];"), "test.proto:4",
     "variant_value has a meaning in members of a oneof", NULL},
    /* relations */
    {USER("Post post = 2;") POST, "test.proto:4", "no foreign key leads from \"users\" to \"posts\"",
     "columns: [\"…\"]"},
    {USER("repeated Plain p = 2;") "message Plain {}", "test.proto:4", "message test.v1.Plain is no resource",
     "ignore"},
    {USER("repeated Post posts = 2 [(rowan.v1.field).relation = {foreign_key: \"x\"}];") POST, "test.proto:4",
     "there is no foreign key \"x\"", NULL},
    {USER("repeated Post posts = 2 [(rowan.v1.field).relation = {references: [\"user_idd\"]}];") POST,
     "test.proto:4", "has no column \"user_idd\"", "user_id"},
    {USER("repeated Post posts = 2 [(rowan.v1.field).relation = {references: [\"title\"]}];") POST,
     "test.proto:4", "column \"id\" (int8) cannot be compared with column \"title\" (text)", NULL},
    {USER("Post post = 2 [(rowan.v1.field).relation = {references: [\"user_id\"]}];") POST, "test.proto:4",
     "several rows of \"posts\" may be found", NULL},
    {USER("repeated Post posts = 2 [(rowan.v1.field).relation = {through: {table: \"x\"}}];") POST,
     "test.proto:4", "there is no table \"x\"", NULL},
    {USER("repeated Post posts = 2 [(rowan.v1.field).relation = {filter: \"titel = 'x'\"}];") POST,
     "test.proto:4", "relation.filter: ", NULL},
    {USER("repeated Post posts = 2 [(rowan.v1.field).relation = {order_by: \"titel\"}];") POST,
     "test.proto:4", "relation.order_by: Post has no field \"titel\"", NULL},
    {USER("repeated Post posts = 2 [(rowan.v1.field).relation = {page_size: 5, max_page_size: 2}];") POST,
     "test.proto:4", "page_size is larger than max_page_size", NULL},
    /* derived fields */
    {USER("repeated Post posts = 2;\nstring t = 3 [(rowan.v1.field).source = \"posts.title\"];") POST,
     "test.proto:5", "leads to several rows", NULL},
    {POST USER("repeated Post posts = 2;\nstring t = 3 [(rowan.v1.field).source = \"postes.title\"];"),
     "test.proto:11", "no field or column \"postes\"; did you mean \"posts\"", NULL},
    {USER("int64 n = 2 [(rowan.v1.field).aggregate = {count: \"name\"}];"), "test.proto:4",
     "\"name\" is no relation", NULL},
    {USER("int64 n = 2 [(rowan.v1.field).aggregate = {}];"), "test.proto:4", "a function is missing", NULL},
    {USER("int64 n = 2 [(rowan.v1.field).aggregate = {sum: \"posts\"}];\nrepeated Post posts = 3;") POST,
     "test.proto:4", "a field of the relation is missing", "sum: \"posts.…\""},
    {USER("int64 n = 2 [(rowan.v1.field).aggregate = {sum: \"posts.title\"}];\nrepeated Post posts = 3;")
         POST,
     "test.proto:4", "does not take column \"title\" of type text", NULL},
    {USER("string n = 2 [(rowan.v1.field).aggregate = {count: \"posts\"}];\nrepeated Post posts = 3;") POST,
     "test.proto:4", "type int8 does not fit string", NULL},
    {USER("bool m = 2 [(rowan.v1.field).has_more = \"posts\"];\nrepeated Post posts = 3;") POST,
     "test.proto:4", "\"posts\" has no page_size", "page_size"},
    {USER("string t = 2 [(rowan.v1.field).next_page_token = \"posts\"];\nrepeated Post posts = 3;") POST,
     "test.proto:4", "\"posts\" has no page_size", "page_size"},
    {USER("string t = 2 [(rowan.v1.field).next_page_token = \"name\"];"), "test.proto:4",
     "no repeated relation", NULL},
    {USER("int64 t = 2 [(rowan.v1.field).next_page_token = \"posts\"];\n"
          "repeated Post posts = 3 [(rowan.v1.field).relation = {page_size: 5}];") POST,
     "test.proto:4", "next_page_token needs a string field", NULL},
    {USER("bool m = 2 [(rowan.v1.field).has_more = \"name\"];"), "test.proto:4", "no repeated relation",
     NULL},
    /* rules of resources */
    {"message User {\noption (rowan.v1.resource) = {default_mask: \"id,nme\"};\nint64 id = 1;\nstring name = "
     "2;\n}",
     "test.proto:2", "default_mask: path \"nme\": User has no field \"nme\"; did you mean \"name\"?", NULL},
    {"message User {\noption (rowan.v1.resource) = {order_by: \"id down\"};\nint64 id = 1;\n}",
     "test.proto:2", "order_by: in \"id down\"", NULL},
    {"message User {\noption (rowan.v1.resource) = {filter: \"deleted = true\"};\nint64 id = 1;\n}",
     "test.proto:2", "filter: ", NULL},
    {"message User {\noption (rowan.v1.resource) = {page_size: 10, max_page_size: 5};\nint64 id = 1;\n}",
     "test.proto:2", "page_size is larger than max_page_size", NULL},
    /* methods */
    {ONLY_ID GET "message Req { string nick = 1; }", "test.proto:6", "names no key of User: its key is id",
     NULL},
    {ONLY_ID GET "message Req { int64 id = 1; int32 page_size = 2; }", "test.proto:8",
     "the field means nothing", NULL},
    {ONLY_ID GET "message Req { string id = 1; }", "test.proto:8", "type int8 does not fit string", NULL},
    {"message Plan {\noption (rowan.v1.resource) = {};\nTier tier = 1;\n}\n"
     "enum Tier { TIER_A = 0 [(rowan.v1.enum_value).label = \"a\"]; TIER_B = 1; }\n"
     "service S {\nrpc GetPlan(Req) returns (Plan);\n}\nmessage Req { Tier tier = 1; }",
     "test.proto:9", "a key is found by its text, which no annotation says of value TIER_B of test.v1.Tier",
     "(rowan.v1.enum_value).label"},
    {"message Plan {\noption (rowan.v1.resource) = {};\nTier tier = 1;\n}\nenum Tier { TIER_A = 0; }\n"
     "service S {\nrpc ListPlans(Req) returns (Res);\n}\nmessage Res { repeated Plan plans = 1; }\n"
     "message Req { Tier tier = 1 [(rowan.v1.field).operator = \"<\"]; }",
     "test.proto:10", "an enum's texts have no order: operator < is not for them", NULL},
    {ONLY_ID LIST RES "message Req { string nam = 1; }", "test.proto:9", "the field means nothing",
     "source = \"name\""},
    {ONLY_ID LIST RES "message Req { int64 page_size = 1; }", "test.proto:9", "page_size must be int32",
     NULL},
    {ONLY_ID LIST RES "message Req { int64 skip = 1; }", "test.proto:9", "skip must be int32", NULL},
    {ONLY_ID LIST RES "message Req { bool show_deleted = 1; }", "test.proto:9",
     "User does not say which of its rows are deleted", "deleted: \"column('deleted_at'):*\""},
    {DELETED LIST RES "message Req { string show_deleted = 1; }", "test.proto:8", "show_deleted must be bool",
     NULL},
    {DELETED GET "message Req { int64 id = 1; bool show_deleted = 2; }", "test.proto:7",
     "what is deleted is found by its key in any case", "ignore"},
    {"message User {\noption (rowan.v1.resource) = {deleted: \"column('gone'):*\"};\nint64 id = 1;\n}",
     "test.proto:2", "deleted: character 8: table users has no column gone", NULL},
    {ONLY_ID LIST RES "message Req { int64 id = 1 [(rowan.v1.field).operator = \"=~\"]; }", "test.proto:9",
     "operator \"=~\" is none of", NULL},
    {ONLY_ID LIST RES "message Req { string t = 1 [(rowan.v1.field).source = \"posts.title\"]; }",
     "test.proto:9", "source \"posts.title\": ", NULL},
    {ONLY_ID LIST "message Res { repeated User a = 1; repeated User b = 2; }\nmessage Req {}", "test.proto:6",
     "several repeated fields of resources", "ignore"},
    {ONLY_ID LIST "message Res { repeated User a = 1; int32 total_size = 2; }\nmessage Req {}",
     "test.proto:8", "say whether total_size is counted", "TOTAL_SIZE_ESTIMATED"},
    {ONLY_ID LIST "message Res { repeated User a = 1; string n = 2 [(rowan.v1.field).total_size = "
                  "TOTAL_SIZE_EXACT]; }\nmessage Req {}",
     "test.proto:8", "total_size needs an integer field", NULL},
    {ONLY_ID "service S {\nrpc GetUser(Req) returns (User);\nrpc Put(stream Req) returns (User);\n}\n"
             "message Req { int64 id = 1; }",
     "test.proto:7", "no client streams", "ignore"},
    {ONLY_ID "service S {\nrpc GetUser(Req) returns (User);\nrpc Delete(Req) returns (Req);\n}\n"
             "message Req { int64 id = 1; }",
     "test.proto:7", "is no resource and has no repeated field of one", "ignore"},
    {ONLY_ID "service S {\nrpc GetUser(Req) returns (User) { option (rowan.v1.method).kind = KIND_LIST; "
             "}\n}\n"
             "message Req { int64 id = 1; }",
     "test.proto:6", "do not have the shape", NULL},
};

static bool check_mistake(const struct mistake *mistake)
{
  struct graph_world world = world_from_text(CATALOG, mistake->declarations);
  struct strbuf text = {0};
  problems_print(&world.problems, &text);
  const struct problem *problem = world.problems.n > 0 ? &world.problems.items[0] : NULL;
  bool told = problem != NULL && strcmp(problem->place, mistake->place) == 0 &&
              strstr(problem->message, mistake->message) != NULL && !problem->warning;
  if (told && mistake->fix != NULL)
    told = problem->fix != NULL && strstr(problem->fix, mistake->fix) != NULL;
  told = told && world.problems.n == 1;
  if (!told)
    print_error("wanted %s: %s\nof\n%s\ngot\n%s\n", mistake->place, mistake->message, mistake->declarations,
                strbuf_text(&text));
  strbuf_done(&text);
  world_done(&world);
  return told;
}

static void mistakes_are_told(void **state)
{
  size_t n_told = 0;
  for (size_t i = 0; i < LENGTH_OF(mistakes); i++)
    n_told += check_mistake(&mistakes[i]);
  assert_int_equal(n_told, LENGTH_OF(mistakes));
}

static void all_problems_are_told_in_order(void **state)
{
  struct graph_world world = world_from_text(
      CATALOG,
      USER("string a = 2;\nstring b = 3;\nstring c = 4;\nstring d = 5;\nstring e = 6;\nstring f = 7;\n"
           "string nick = 8;\noptional string old_nick = 9 [(rowan.v1.field).column = \"nick\"];\n"
           "string note = 10 [(rowan.v1.field).ignore = true];") GET "message Req { int64 id = 1; }");
  assert_int_equal(world.problems.n_errors, 6);
  assert_int_equal(world.problems.n, 7);
  for (int i = 0; i < 7; i++) {
    char place[32];
    snprintf(place, sizeof(place), "test.proto:%d", 4 + i);
    assert_string_equal(world.problems.items[i].place, place);
  }
  assert_true(world.problems.items[6].warning);
  assert_true(world_resource(&world, "User")->broken);
  assert_true(world_method(&world, "GetUser")->broken);
  world_done(&world);
}

static void a_broken_filter_lets_nothing_through(void **state)
{
  struct graph_world world = world_from_text(
      CATALOG,
      "message User {\noption (rowan.v1.resource) = {filter: \"gone = true\"};\nint64 id = 1;\n}\n" POST);
  const struct expr *filter = world_resource(&world, "User")->filter;
  assert_non_null(filter);
  assert_int_equal(filter->kind, EXPR_OR);
  assert_int_equal(filter->n_children, 0);
  assert_false(world_resource(&world, "Post")->broken);
  world_done(&world);
}

static void problems_are_printed_with_their_fix(void **state)
{
  struct graph_world world = world_from_text(CATALOG, USER("string nme = 2;\nstring nick = 3;"));
  struct strbuf text = {0};
  problems_print(&world.problems, &text);
  assert_string_equal(
      strbuf_text(&text),
      "test.proto:4: test.v1.User.nme: table \"users\" has no column \"nme\"\n"
      "    [(rowan.v1.field).column = \"name\"]\n"
      "test.proto:5: warning: test.v1.User.nick: column \"nick\" may be NULL, which a field without "
      "presence cannot tell from its zero value\n"
      "    optional … nick = 3;\n"
      "1 problem, 1 warning\n");
  strbuf_done(&text);
  world_done(&world);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(mistakes_are_told),
      cmocka_unit_test(all_problems_are_told_in_order),
      cmocka_unit_test(a_broken_filter_lets_nothing_through),
      cmocka_unit_test(problems_are_printed_with_their_fix),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

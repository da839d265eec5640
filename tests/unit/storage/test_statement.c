/*
 * test_statement.c - the SQL of plans, run against a real Postgres.  Skipped without ROWAN_TEST_DATABASE.
 *
 * The world holds what tends to break: a hidden row between others, keys that are equal but not the same
 * bytes (citext, numeric), composite keys of different widths, a junction that holds pairs twice, a table
 * under itself, names that need quotes.  Every tree must come out the same whichever strategy fetched it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "planner/filter.h"
#include "planner/order.h"
#include "storage/catalog_reader.h"
#include "support/plan_runner.h"
#include "support/schema_text.h"
#include "support/scratch_database.h"

static const char world_sql[] =
    "CREATE EXTENSION citext; CREATE SCHEMA \"Odd Schema\"; CREATE TYPE mood AS ENUM ('sad', 'happy');"
    "CREATE TABLE people (id int PRIMARY KEY, email citext NOT NULL UNIQUE, \"order\" text, rank numeric,"
    "  boss_id int REFERENCES people, mood mood, tags varchar(9)[], code char(4), deleted_at timestamptz);"
    "INSERT INTO people VALUES"
    "  (1, 'Ann@x', 'b', 1.50, NULL, 'happy', '{a,b}', 'xy', NULL), (2, 'bob@x', NULL, 1.5, 1, 'sad', '{}', "
    "'x', NULL),"
    "  (3, 'Cid@x', 'a', 2, 1, NULL, '{b,NULL}', NULL, NULL), (4, 'dan@x', NULL, NULL, 2, 'happy', NULL, '', "
    "NULL),"
    "  (5, 'eve@x', 'b', 1.0, 3, 'sad', '{a}', 'xyz', now()), (6, 'fay@x', 'a%', 1.00, 5, 'happy', "
    "'{\"a\\\"\\\\\"}', 'x', NULL);"
    "CREATE TABLE logins (id bigint PRIMARY KEY, mail citext NOT NULL REFERENCES people (email));"
    "INSERT INTO logins VALUES (1, 'ann@X'), (2, 'ANN@x'), (3, 'bob@x');"
    "CREATE TABLE \"Odd Schema\".\"Select\" (\"group\" bigint PRIMARY KEY, k0_ text NOT NULL, \"quo\"\"te\" "
    "numeric);"
    "INSERT INTO \"Odd Schema\".\"Select\" VALUES (10, 'ten', 1.0), (20, 'twenty', 1.00), (30, 'thirty', "
    "NULL);"
    "CREATE TABLE membership (person_id int REFERENCES people, \"group\" bigint REFERENCES \"Odd "
    "Schema\".\"Select\","
    "  rank int);"
    "INSERT INTO membership VALUES (1, 10, 1), (1, 10, 2), (1, 20, 1), (2, 20, 3), (3, 10, 0), (5, 10, 5), "
    "(6, 30, 2),"
    "  (6, 30, 2), (6, 20, NULL);"
    "CREATE TABLE follows (follower_id int REFERENCES people, followee_id int REFERENCES people,"
    "  PRIMARY KEY (follower_id, followee_id));"
    "INSERT INTO follows VALUES (1, 2), (1, 5), (2, 1), (3, 1), (5, 1), (6, 6);"
    "CREATE TABLE rooms (building text, number smallint, title text, PRIMARY KEY (building, number));"
    "INSERT INTO rooms VALUES ('A', 1, 'a1'), ('A', 2, 'a2'), ('B', 1, 'b1');"
    "CREATE TABLE bookings (id bigint PRIMARY KEY, building text, number int, person_id int REFERENCES "
    "people,"
    "  FOREIGN KEY (building, number) REFERENCES rooms);"
    "INSERT INTO bookings VALUES (1, 'A', 1, 1), (2, 'A', 1, 2), (3, 'B', 1, 1), (4, NULL, 1, 1), (5, 'A', "
    "2, 5);";

static const char world_proto[] =
    "message Person {\n"
    "  option (rowan.v1.resource) = {table: \"people\" filter: \"NOT column('deleted_at'):*\"};\n"
    "  int32 id = 1; string email = 2; string order = 3; string rank = 4; string mood = 5; string code = 6;\n"
    "  repeated string tags = 7;\n"
    "  Person boss = 10 [(rowan.v1.field).relation = {foreign_key: \"people_boss_id_fkey\"}];\n"
    "  repeated Person reports = 11 [(rowan.v1.field).relation = {foreign_key: \"people_boss_id_fkey\"}];\n"
    "  repeated Login logins = 12;\n"
    "  repeated Group groups = 13 [(rowan.v1.field).relation = {through: {table: \"membership\"}}];\n"
    "  repeated Group top_groups = 14 [(rowan.v1.field).relation = {through: {table: \"membership\"}\n"
    "    filter: \"through('rank') > 1\"}];\n"
    "  repeated Group first_groups = 15 [(rowan.v1.field).relation = {through: {table: \"membership\"}\n"
    "    page_size: 1 order_by: \"name desc\"}];\n"
    "  bool first_groups_has_more = 16 [(rowan.v1.field).has_more = \"first_groups\"];\n"
    "  repeated Person followers = 17 [(rowan.v1.field).relation = {through: {table: \"follows\"\n"
    "    source_columns: \"followee_id\" target_columns: \"follower_id\"}}];\n"
    "  repeated Booking bookings = 18;\n"
    "  repeated Person first_reports = 19 [(rowan.v1.field).relation = {foreign_key: "
    "\"people_boss_id_fkey\"\n"
    "    page_size: 1 order_by: \"boss.email desc, order\"}];\n"
    "  int64 n_groups = 20 [(rowan.v1.field).aggregate = {count: \"groups\"}];\n"
    "  int64 n_reports = 21 [(rowan.v1.field).aggregate = {count: \"reports\" filter: \"order:*\"}];\n"
    "  bool leads = 22 [(rowan.v1.field).aggregate = {exists: \"reports\"}];\n"
    "  string least_rank = 23 [(rowan.v1.field).aggregate = {min: \"reports.rank\"}];\n"
    "  int64 last_report = 24 [(rowan.v1.field).aggregate = {max: \"reports.id\"}];\n"
    "  string sum_quote = 25 [(rowan.v1.field).aggregate = {sum: \"groups.quote\"}];\n"
    "  string boss_email = 26 [(rowan.v1.field).source = \"boss.email\"];\n"
    "  string mean_group = 27 [(rowan.v1.field).aggregate = {avg: \"groups.group\"}];\n"
    "}\n"
    "message Login { option (rowan.v1.resource) = {table: \"logins\"}; int64 id = 1; string mail = 2;\n"
    "  Person person = 3 [(rowan.v1.field).relation = {foreign_key: \"logins_mail_fkey\"}]; }\n"
    "message Group { option (rowan.v1.resource) = {table: \"Odd Schema.Select\"};\n"
    "  int64 group = 1; string name = 2 [(rowan.v1.field).column = \"k0_\"];\n"
    "  string quote = 3 [(rowan.v1.field).column = \"quo\\\"te\"];\n"
    "  repeated Person members = 4 [(rowan.v1.field).relation = {through: {table: \"membership\"}}]; }\n"
    "message Room { option (rowan.v1.resource) = {table: \"rooms\"};\n"
    "  string building = 1; int32 number = 2; string title = 3; repeated Booking bookings = 4; }\n"
    "message Booking { option (rowan.v1.resource) = {table: \"bookings\"}; int64 id = 1;\n"
    "  Room room = 2 [(rowan.v1.field).relation = {foreign_key: \"bookings_building_number_fkey\"}]; Person "
    "person = 3; }\n";

struct world {
  struct scratch_database *database;
  struct graph *graph;
  struct arena *arena;
};

static int set_up(void **state)
{
  struct world *world = calloc(1, sizeof *world);
  *state = world;
  world->arena = arena_new(0);
  world->database = scratch_database_new(world_sql);
  if (!world->database)
    return 0;
  struct error error = {0};
  struct problems problems = {.arena = world->arena};
  struct catalog *catalog = catalog_read(world->database->conninfo, &error);
  assert_non_null(catalog);
  world->graph = graph_build(schema_from_text(world_proto), catalog, &problems);
  if (problems.n_errors == 0)
    return 0;
  struct strbuf text = {0};
  problems_print(&problems, &text);
  fail_msg("%s", strbuf_text(&text));
  return -1;
}

static int tear_down(void **state)
{
  struct world *world = *state;
  graph_unref(world->graph);
  scratch_database_free(world->database);
  arena_free(world->arena);
  free(world);
  return 0;
}

/* What is asked for.  Keys are texts, values separated by '/', keys by a blank. */
struct question {
  const char *resource; /* "Person" */
  const char *mask;
  const char *filter, *order; /* "" for none */
  const char *keys;           /* NULL for a page */
  const char *lookup[2];      /* the key's columns; unset for the primary key's */
  bool one;
  uint32_t limit; /* of a page; 0: 50 */
  const char *expected;
};

struct asked {
  struct plan_request request;
  struct arguments arguments;
  uint32_t limit;
};

static const struct planner_limits limits = PLANNER_LIMITS_DEFAULT;

static const struct graph_resource *resource_named(const struct world *world, const char *name)
{
  for (size_t i = 0; i < world->graph->n_resources; i++)
    if (strcmp(world->graph->resources[i]->message->name, name) == 0)
      return world->graph->resources[i];
  fail_msg("no resource %s", name);
  return NULL;
}

static struct selection *select_fields(struct world *world, const struct graph_resource *resource,
                                       const char *mask)
{
  struct str paths[24];
  size_t n = 0;
  struct selection *selection = NULL;
  struct error error = {0};
  for (; *mask && n < LENGTH_OF(paths);
       mask += mask[paths[n - 1].len] == ',' ? paths[n - 1].len + 1 : paths[n - 1].len)
    paths[n++] = (struct str){mask, strcspn(mask, ",")};
  if (!selection_build_for(world->graph, resource, &(struct mask){paths, n, "read_mask.paths"}, &limits,
                           world->arena, &selection, &error))
    fail_msg("%s", error.message);
  return selection;
}

static void ask_filter(struct world *world, const char *text, struct asked *asked)
{
  struct filter_context context = {.graph = world->graph,
                                   .resource = asked->request.resource,
                                   .origin = FILTER_OF_REQUEST,
                                   .limits = &limits,
                                   .field = "filter",
                                   .arena = world->arena,
                                   .arguments = &asked->arguments};
  struct expr *expr = NULL;
  struct error error = {0};
  if (!filter_parse(str_from(text), &context, &expr, &error))
    fail_msg("%s: %s", text, error.message);
  asked->request.filter = expr;
  asked->request.n_filter_arguments = asked->arguments.n;
}

static struct str nth_part(const char *text, size_t n, char separator)
{
  for (; n > 0; n--)
    text = strchr(text, separator) + 1;
  char stop[] = {separator, ' ', '\0'};
  return (struct str){text, strcspn(text, stop)};
}

static void push_argument(struct world *world, struct asked *asked, struct argument argument)
{
  VEC_PUSH(world->arena, &asked->arguments, argument);
}

/* One argument a column: the value, or the list of the keys' values. */
static void ask_keys(struct world *world, const struct question *question, struct asked *asked)
{
  const struct graph_lookup *lookup = asked->request.lookup;
  size_t n_keys = 1;
  for (const char *at = question->keys; (at = strchr(at, ' ')); at++)
    n_keys++;
  for (size_t column = 0; column < lookup->n_columns; column++) {
    union value *values = ARENA_ARRAY(world->arena, union value, n_keys);
    for (size_t key = 0; key < n_keys; key++)
      values[key].bytes = nth_part(nth_part(question->keys, key, ' ').data, column, '/');
    struct argument argument = {.type = catalog_base_type(lookup->columns[column]->type),
                                .form = ARGUMENT_TEXT,
                                .list = !question->one,
                                .n = n_keys,
                                .values = values};
    push_argument(world, asked, argument);
  }
}

static const struct graph_lookup *lookup_of(struct world *world, const struct question *question,
                                            const struct graph_resource *resource)
{
  struct graph_lookup *lookup = ARENA_NEW(world->arena, struct graph_lookup);
  lookup->columns = resource->key->columns;
  lookup->n_columns = resource->key->n_columns;
  if (question->lookup[0]) {
    lookup->n_columns = 1;
    lookup->columns = ARENA_NEW(world->arena, const struct catalog_column *);
    lookup->columns[0] = catalog_find_column(resource->table, str_from(question->lookup[0]));
  }
  return lookup;
}

static struct asked ask(struct world *world, const struct question *question)
{
  const struct graph_resource *resource = resource_named(world, question->resource);
  struct asked asked = {.limit = question->limit ? question->limit : 50};
  struct plan_request *request = &asked.request;
  *request = (struct plan_request){.graph = world->graph, .resource = resource, .root = PLAN_ROOT_PAGE};
  request->selection = select_fields(world, resource, question->mask);
  request->limit_bucket = plan_limit_bucket(asked.limit);
  ask_filter(world, question->filter ? question->filter : "", &asked);
  if (question->keys) {
    request->root = question->one ? PLAN_ROOT_ONE : PLAN_ROOT_MANY;
    request->lookup = lookup_of(world, question, resource);
    ask_keys(world, question, &asked);
    return asked;
  }
  struct order *order = ARENA_NEW(world->arena, struct order);
  struct error error = {0};
  if (!order_parse(str_from(question->order ? question->order : ""), resource, "order_by", world->arena,
                   order, &error))
    fail_msg("%s", error.message);
  request->order = order;
  return asked;
}

static struct plan *plan_with(const struct asked *asked, enum plan_limiting limiting)
{
  struct plan *plan = plan_build(&asked->request);
  for (unsigned i = 0; i < plan->n_fetches; i++)
    if (limiting != PLAN_LIMIT_NONE)
      plan->fetches[i]->limiting = limiting;
  statement_compile(plan);
  return plan;
}

static struct plan_runner runner_of(struct world *world, const struct asked *asked)
{
  return (struct plan_runner){world->database->connection, world->arena, asked->arguments.items, asked->limit,
                              NULL};
}

static void expect_answer(struct world *world, const struct asked *asked, enum plan_limiting limiting,
                          const char *expected)
{
  struct plan *plan = plan_with(asked, limiting);
  struct plan_runner runner = runner_of(world, asked);
  struct strbuf text = {0};
  plan_run(&runner, plan);
  plan_print(&runner, plan, &text);
  if (strcmp(strbuf_text(&text), expected) != 0) {
    for (unsigned i = 0; i < plan->n_fetches; i++)
      print_message("%s\n\n", plan->statements[i].text);
    assert_string_equal(strbuf_text(&text), expected);
  }
  strbuf_done(&text);
  plan_unref(plan);
}

/* The same answer from every strategy. */
static void expect_everywhere(struct world *world, const struct question *question)
{
  static const enum plan_pin_to_one to_one[] = {PIN_TO_ONE_JOIN, PIN_TO_ONE_KEYS};
  static const enum plan_pin_to_many to_many[] = {PIN_TO_MANY_EMBED, PIN_TO_MANY_KEYS, PIN_TO_MANY_ORDINAL};
  static const enum plan_limiting limitings[] = {PLAN_LIMIT_LATERAL, PLAN_LIMIT_ROW_NUMBER};
  if (!world->database)
    skip();
  struct asked asked = ask(world, question);
  for (size_t i = 0; i < 12; i++) {
    asked.request.options.to_one = to_one[i % 2];
    asked.request.options.to_many = to_many[i / 2 % 3];
    expect_answer(world, &asked, limitings[i / 6], question->expected);
  }
}

static void expect_all(void **state, const struct question *questions, size_t n)
{
  for (size_t i = 0; i < n; i++)
    expect_everywhere(*state, &questions[i]);
}

static void test_trees(void **state)
{
  static const struct question questions[] = {
      {"Person", "id,email,rank,tags,boss.id,reports.email",
       .expected =
           "{id=1 email=Ann@x rank=1.50 tags=000000010000000000000413000000020000000100000001610000000162 "
           "reports[{email=bob@x} {email=Cid@x}]}\n"
           "{id=2 email=bob@x rank=1.5 tags=000000000000000000000413 boss{id=1} reports[{email=dan@x}]}\n"
           "{id=3 email=Cid@x rank=2 tags=00000001000000010000041300000002000000010000000162ffffffff "
           "boss{id=1} reports[]}\n"
           "{id=4 email=dan@x boss{id=2} reports[]}\n"
           "{id=6 email=fay@x rank=1.00 tags=00000001000000000000041300000001000000010000000361225c "
           "reports[]}\n"},
      {"Person", "id,boss.boss.boss.email,boss_email",
       .expected = "{id=1}\n"
                   "{id=2 boss{} boss_email=Ann@x}\n"
                   "{id=3 boss{} boss_email=Ann@x}\n"
                   "{id=4 boss{boss{}} boss_email=bob@x}\n"
                   "{id=6}\n"},
      {"Person", "id,reports.reports.reports.id,reports.boss.email",
       .expected = "{id=1 reports[{boss{email=Ann@x} reports[{reports[]}]} {boss{email=Ann@x} reports[]}]}\n"
                   "{id=2 reports[{boss{email=bob@x} reports[]}]}\n"
                   "{id=3 reports[]}\n"
                   "{id=4 reports[]}\n"
                   "{id=6 reports[]}\n"},
      {"Person", "id,logins.id,logins.person.email",
       .expected = "{id=1 logins[{id=1 person{email=Ann@x}} {id=2 person{email=Ann@x}}]}\n"
                   "{id=2 logins[{id=3 person{email=bob@x}}]}\n"
                   "{id=3 logins[]}\n"
                   "{id=4 logins[]}\n"
                   "{id=6 logins[]}\n"},
      {"Login", "id,mail,person.email,person.logins.id",
       .expected = "{id=1 mail=ann@X person{email=Ann@x logins[{id=1} {id=2}]}}\n"
                   "{id=2 mail=ANN@x person{email=Ann@x logins[{id=1} {id=2}]}}\n"
                   "{id=3 mail=bob@x person{email=bob@x logins[{id=3}]}}\n"},
      {"Person", "id,groups.name,top_groups.name",
       .expected = "{id=1 groups[{name=ten} {name=twenty}] top_groups[{name=ten}]}\n"
                   "{id=2 groups[{name=twenty}] top_groups[{name=twenty}]}\n"
                   "{id=3 groups[{name=ten}] top_groups[]}\n"
                   "{id=4 groups[] top_groups[]}\n"
                   "{id=6 groups[{name=twenty} {name=thirty}] top_groups[{name=thirty}]}\n"},
      {"Person", "id,top_groups.name",
       .expected = "{id=1 top_groups[{name=ten}]}\n"
                   "{id=2 top_groups[{name=twenty}]}\n"
                   "{id=3 top_groups[]}\n"
                   "{id=4 top_groups[]}\n"
                   "{id=6 top_groups[{name=thirty}]}\n"},
      {"Group", "group,quote,members.email,members.groups.group",
       .expected = "{group=10 quote=1.0 members[{email=Ann@x groups[{group=10} {group=20}]} {email=Cid@x "
                   "groups[{group=10}]}]}\n"
                   "{group=20 quote=1.00 members[{email=Ann@x groups[{group=10} {group=20}]} {email=bob@x "
                   "groups[{group=20}]} {email=fay@x groups[{group=20} {group=30}]}]}\n"
                   "{group=30 members[{email=fay@x groups[{group=20} {group=30}]}]}\n"},
      {"Person", "id,first_groups.name,first_groups_has_more,groups.members.id",
       .expected = "{id=1 groups[{members[{id=1} {id=3}]} {members[{id=1} {id=2} {id=6}]}] "
                   "first_groups[{name=twenty}] first_groups_has_more=true}\n"
                   "{id=2 groups[{members[{id=1} {id=2} {id=6}]}] first_groups[{name=twenty}]}\n"
                   "{id=3 groups[{members[{id=1} {id=3}]}] first_groups[{name=ten}]}\n"
                   "{id=4 groups[] first_groups[]}\n"
                   "{id=6 groups[{members[{id=1} {id=2} {id=6}]} {members[{id=6}]}] "
                   "first_groups[{name=twenty}] first_groups_has_more=true}\n"},
      {"Person", "id,followers.email,followers.followers.id",
       .expected = "{id=1 followers[{email=bob@x followers[{id=1}]} {email=Cid@x followers[]}]}\n"
                   "{id=2 followers[{email=Ann@x followers[{id=2} {id=3}]}]}\n"
                   "{id=3 followers[]}\n"
                   "{id=4 followers[]}\n"
                   "{id=6 followers[{email=fay@x followers[{id=6}]}]}\n"},
      {"Person", "id,first_reports.email",
       .expected = "{id=1 first_reports[{email=Cid@x}]}\n"
                   "{id=2 first_reports[{email=dan@x}]}\n"
                   "{id=3 first_reports[]}\n"
                   "{id=4 first_reports[]}\n"
                   "{id=6 first_reports[]}\n"},
      {"Room", "*,bookings.id,bookings.person.email",
       .expected =
           "{building=A number=1 title=a1 bookings[{id=1 person{email=Ann@x}} {id=2 person{email=bob@x}}]}\n"
           "{building=A number=2 title=a2 bookings[{id=5}]}\n"
           "{building=B number=1 title=b1 bookings[{id=3 person{email=Ann@x}}]}\n"},
      {"Booking", "id,room.title,room.bookings.id,person.id",
       .expected = "{id=1 room{title=a1 bookings[{id=1} {id=2}]} person{id=1}}\n"
                   "{id=2 room{title=a1 bookings[{id=1} {id=2}]} person{id=2}}\n"
                   "{id=3 room{title=b1 bookings[{id=3}]} person{id=1}}\n"
                   "{id=4 person{id=1}}\n"
                   "{id=5 room{title=a2 bookings[{id=5}]}}\n"},
  };
  expect_all(state, questions, LENGTH_OF(questions));
}

static void test_aggregates(void **state)
{
  static const struct question questions[] = {
      {"Person", "id,n_groups,n_reports,leads,least_rank,last_report,sum_quote,mean_group",
       .expected =
           "{id=1 n_groups=2 n_reports=1 leads=true least_rank=1.5 last_report=3 sum_quote=2.00 "
           "mean_group=15.0000000000000000}\n"
           "{id=2 n_groups=1 n_reports=0 leads=true last_report=4 sum_quote=1.00 "
           "mean_group=20.0000000000000000}\n"
           "{id=3 n_groups=1 n_reports=0 leads=false sum_quote=1.0 mean_group=10.0000000000000000}\n"
           "{id=4 n_groups=0 n_reports=0 leads=false}\n"
           "{id=6 n_groups=2 n_reports=0 leads=false sum_quote=1.00 mean_group=25.0000000000000000}\n"},
      {"Group", "group,members.n_groups,members.boss.n_reports",
       .expected = "{group=10 members[{n_groups=2} {boss{n_reports=1} n_groups=1}]}\n"
                   "{group=20 members[{n_groups=2} {boss{n_reports=1} n_groups=1} {n_groups=2}]}\n"
                   "{group=30 members[{n_groups=2}]}\n"},
  };
  expect_all(state, questions, LENGTH_OF(questions));
}

static void test_roots_by_key(void **state)
{
  static const struct question questions[] = {
      {"Person", "id,reports.id", .keys = "1", .one = true, .expected = "{id=1 reports[{id=2} {id=3}]}\n"},
      {"Person", "id,reports.id", .keys = "5", .one = true, .expected = ""},
      {"Person", "id,email,groups.name", .keys = "ANN@X", .lookup = {"email"}, .one = true,
       .expected = "{id=1 email=Ann@x groups[{name=ten} {name=twenty}]}\n"},
      {"Person", "id,reports.id,first_groups.name", .keys = "3 1 99 1",
       .expected = "{id=3 reports[] first_groups[{name=ten}]}\n"
                   "{id=1 reports[{id=2} {id=3}] first_groups[{name=twenty}] first_groups_has_more=true}\n"
                   "{id=1 reports[{id=2} {id=3}] first_groups[{name=twenty}] first_groups_has_more=true}\n"},
      {"Person", "id,email", .keys = "BOB@x nobody ann@x", .lookup = {"email"},
       .expected = "{id=2 email=bob@x}\n"
                   "{id=1 email=Ann@x}\n"},
      {"Room", "title,bookings.id", .keys = "A/2 B/1 A/1 B/2",
       .expected = "{title=a2 bookings[{id=5}]}\n"
                   "{title=b1 bookings[{id=3}]}\n"
                   "{title=a1 bookings[{id=1} {id=2}]}\n"},
      {"Room", "title,bookings.id", .keys = "B/1", .one = true, .expected = "{title=b1 bookings[{id=3}]}\n"},
      {"Group", "name,members.id", .keys = "20 10",
       .expected = "{name=twenty members[{id=1} {id=2} {id=6}]}\n"
                   "{name=ten members[{id=1} {id=3}]}\n"},
  };
  expect_all(state, questions, LENGTH_OF(questions));
}

static void test_filters(void **state)
{
  static const char *const cases[][2] = {
      {"order = \"b\"", "1"},
      {"order != \"b\"", "2 3 4 6"},
      {"NOT order = \"b\"", "2 3 4 6"},
      {"order:*", "1 3 6"},
      {"NOT order:*", "2 4"},
      {"email = \"ANN@X\"", "1"},
      {"email = \"A*\"", "1"},
      {"order = \"a\\*\"", ""},
      {"order = \"*%\"", "6"},
      {"rank = \"1.5\"", "1 2"},
      {"rank > \"1.2\" AND rank <= \"2.0\"", "1 2 3"},
      {"id = (1 OR 3 OR 99)", "1 3"},
      {"mood = happy", "1 4 6"},
      {"mood = (sad OR happy)", "1 2 4 6"},
      {"tags:\"b\"", "1 3"},
      {"NOT tags:\"b\"", "2 4 6"},
      {"code = \"x\"", "2 6"},
      {"code = \"x*\"", "1 2 6"},
      {"boss:*", "2 3 4"},
      {"NOT boss:*", "1 6"},
      {"boss.email = \"ann@x\"", "2 3"},
      {"boss.email != \"ann@x\"", "1 4 6"},
      {"boss.boss:*", "4"},
      {"boss.rank:*", "2 3 4"},
      {"reports:*", "1 2"},
      {"reports.order:\"a\"", "1"},
      {"groups:*", "1 2 3 6"},
      {"top_groups:*", "1 2 6"},
      {"exists(groups, (name = \"ten\" AND group = 10))", "1 3"},
      {"exists(groups, (name = \"t*\" AND exists(members, (id = 2))))", "1 2 6"},
      {"n_groups = 2", "1 6"},
      {"n_groups > 0 AND NOT n_reports > 0", "2 3 6"},
      {"leads = true", "1 2"},
      {"sum_quote > \"1\"", "1"},
      {"boss.n_groups = 1", "4"},
  };
  for (size_t i = 0; i < LENGTH_OF(cases); i++) {
    char expected[128] = "";
    for (const char *id = cases[i][1]; *id; id++)
      if (*id != ' ')
        snprintf(expected + strlen(expected), sizeof expected - strlen(expected), "{id=%c}\n", *id);
    struct question question = {"Person", "id", .filter = cases[i][0], .expected = expected};
    expect_everywhere(*state, &question);
  }
}

/* The cursor behind the last row that was shown, as a page token would bring it back. */
static void go_on_after(struct world *world, const struct plan *plan, const struct plan_runner *runner,
                        struct asked *asked)
{
  const struct cell *row = rows_at(&runner->fetches[0].rows, asked->limit - 1);
  asked->arguments.n = asked->request.n_filter_arguments;
  asked->request.after_cursor = true;
  asked->request.cursor_nulls = 0;
  for (size_t i = 0; i < plan->order.n_terms; i++) {
    const struct cell *cell = &row[plan->cursor_outputs[i]];
    union value *value = ARENA_NEW(world->arena, union value);
    if (cell->len < 0) {
      asked->request.cursor_nulls |= UINT64_C(1) << i;
      continue;
    }
    value->bytes = (struct str){(const char *)cell->data, (size_t)cell->len};
    struct argument argument = {catalog_base_type(plan->order.terms[i].column->type), ARGUMENT_BINARY, false,
                                1, value};
    push_argument(world, asked, argument);
  }
}

/* Appends the page; false when it was the last. */
static bool show_page(struct world *world, struct asked *asked, struct strbuf *text)
{
  struct plan *plan = plan_with(asked, PLAN_LIMIT_NONE);
  struct plan_runner runner = runner_of(world, asked);
  plan_run(&runner, plan);
  plan_print(&runner, plan, text);
  bool more = runner.fetches[0].rows.n > asked->limit;
  if (more)
    go_on_after(world, plan, &runner, asked);
  plan_unref(plan);
  return more;
}

static void expect_pages(struct world *world, const struct question *question, uint32_t limit,
                         enum plan_pin_to_many to_many)
{
  struct question page = *question;
  page.limit = limit;
  struct asked asked = ask(world, &page);
  asked.request.options.to_many = to_many;
  struct strbuf text = {0};
  unsigned pages = 1;
  for (; show_page(world, &asked, &text); pages++)
    assert_true(pages < 10);
  assert_string_equal(strbuf_text(&text), question->expected);
  assert_int_equal(pages, limit >= 5 ? 1 : (5 + limit - 1) / limit);
  strbuf_done(&text);
}

static void test_pages_put_together_are_the_whole(void **state)
{
  struct world *world = *state;
  static const struct question questions[] = {
      {"Person", "id,boss.id,reports.id", .order = "",
       .expected = "{id=1 reports[{id=2} {id=3}]}\n"
                   "{id=2 boss{id=1} reports[{id=4}]}\n"
                   "{id=3 boss{id=1} reports[]}\n"
                   "{id=4 boss{id=2} reports[]}\n"
                   "{id=6 reports[]}\n"},
      {"Person", "id,reports.id", .order = "id desc",
       .expected = "{id=6 reports[]}\n"
                   "{id=4 reports[]}\n"
                   "{id=3 reports[]}\n"
                   "{id=2 reports[{id=4}]}\n"
                   "{id=1 reports[{id=2} {id=3}]}\n"},
      {"Person", "id,boss.id,reports.id", .order = "email",
       .expected = "{id=1 reports[{id=2} {id=3}]}\n"
                   "{id=2 boss{id=1} reports[{id=4}]}\n"
                   "{id=3 boss{id=1} reports[]}\n"
                   "{id=4 boss{id=2} reports[]}\n"
                   "{id=6 reports[]}\n"},
      {"Person", "id,reports.id", .order = "email desc",
       .expected = "{id=6 reports[]}\n"
                   "{id=4 reports[]}\n"
                   "{id=3 reports[]}\n"
                   "{id=2 reports[{id=4}]}\n"
                   "{id=1 reports[{id=2} {id=3}]}\n"},
      {"Person", "id,order,reports.id", .order = "order",
       .expected = "{id=3 order=a reports[]}\n"
                   "{id=6 order=a% reports[]}\n"
                   "{id=1 order=b reports[{id=2} {id=3}]}\n"
                   "{id=2 reports[{id=4}]}\n"
                   "{id=4 reports[]}\n"},
      {"Person", "id,order", .order = "order desc",
       .expected = "{id=4}\n"
                   "{id=2}\n"
                   "{id=1 order=b}\n"
                   "{id=6 order=a%}\n"
                   "{id=3 order=a}\n"},
      {"Person", "id,rank,order", .order = "rank, order desc",
       .expected = "{id=6 order=a% rank=1.00}\n"
                   "{id=2 rank=1.5}\n"
                   "{id=1 order=b rank=1.50}\n"
                   "{id=3 order=a rank=2}\n"
                   "{id=4}\n"},
      {"Person", "id,order,rank", .order = "order desc, rank",
       .expected = "{id=2 rank=1.5}\n"
                   "{id=4}\n"
                   "{id=1 order=b rank=1.50}\n"
                   "{id=6 order=a% rank=1.00}\n"
                   "{id=3 order=a rank=2}\n"},
      {"Person", "id,mood", .order = "mood desc, id",
       .expected = "{id=3}\n"
                   "{id=1 mood=happy}\n"
                   "{id=4 mood=happy}\n"
                   "{id=6 mood=happy}\n"
                   "{id=2 mood=sad}\n"},
      {"Person", "id,boss_email,reports.id", .order = "boss.email",
       .expected = "{id=2 reports[{id=4}] boss_email=Ann@x}\n"
                   "{id=3 reports[] boss_email=Ann@x}\n"
                   "{id=4 reports[] boss_email=bob@x}\n"
                   "{id=1 reports[{id=2} {id=3}]}\n"
                   "{id=6 reports[]}\n"},
      {"Person", "id,boss.boss.id", .order = "boss.boss.email desc, boss.email, order desc",
       .expected = "{id=2 boss{}}\n"
                   "{id=3 boss{}}\n"
                   "{id=1}\n"
                   "{id=6}\n"
                   "{id=4 boss{boss{id=1}}}\n"},
  };
  if (!world->database)
    skip();
  for (size_t i = 0; i < LENGTH_OF(questions); i++) {
    for (uint32_t limit = 1; limit <= 6; limit++) {
      expect_pages(world, &questions[i], limit, PIN_TO_MANY_EMBED);
      expect_pages(world, &questions[i], limit, PIN_TO_MANY_KEYS);
    }
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_trees),
      cmocka_unit_test(test_aggregates),
      cmocka_unit_test(test_roots_by_key),
      cmocka_unit_test(test_filters),
      cmocka_unit_test(test_pages_put_together_are_the_whole),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}

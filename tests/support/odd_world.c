/*
 * odd_world.c - the tables, their declarations, and what turns a question into a planner's request.
 *
 * The expectations of the tests were worked out by hand from the rows below: who changes a row changes them.
 */
#include "support/odd_world.h"

#include <stdio.h>
#include <stdlib.h>

#include "planner/filter.h"
#include "planner/order.h"
#include "storage/catalog_reader.h"
#include "support/schema_text.h"

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
    "2, 5);"
    "CREATE DOMAIN badge AS int CHECK (VALUE > 0); CREATE DOMAIN price AS numeric(9, 3);"
    "CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);"
    "CREATE TABLE prices (amount numeric PRIMARY KEY, badge badge UNIQUE, nick text COLLATE nocase UNIQUE, "
    "code char(3));"
    "INSERT INTO prices VALUES (1.0, 7, 'Low', 'a'), (20, 8, 'High', 'b');"
    "CREATE TABLE offers (id bigint PRIMARY KEY, amount price REFERENCES prices, badge badge REFERENCES "
    "prices (badge),"
    "  nick text COLLATE nocase REFERENCES prices (nick));"
    "INSERT INTO offers VALUES (1, 1, 7, 'LOW'), (2, 1.000, 8, 'low'), (3, 20, NULL, NULL);"
    "CREATE VIEW cheap AS SELECT id, amount, nick FROM offers WHERE amount < 5;";

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
    "person = 3; }\n"
    "message Price { option (rowan.v1.resource) = {table: \"prices\" order_by: \"amount desc\"\n"
    "    filter: \"column('code') = ('a' OR 'b') AND column('badge') != 9\"};\n"
    "  string amount = 1; int32 badge = 2; string nick = 3;\n"
    "  repeated Offer offers = 4 [(rowan.v1.field).relation = {foreign_key: \"offers_amount_fkey\"}];\n"
    "  repeated Offer by_nick = 5 [(rowan.v1.field).relation = {foreign_key: \"offers_nick_fkey\"}];\n"
    "  repeated Offer by_badge = 6 [(rowan.v1.field).relation = {foreign_key: \"offers_badge_fkey\"}]; }\n"
    "message Offer { option (rowan.v1.resource) = {table: \"offers\"}; int64 id = 1; string amount = 2;\n"
    "  Price price = 3 [(rowan.v1.field).relation = {foreign_key: \"offers_amount_fkey\"}];\n"
    "  Price named = 4 [(rowan.v1.field).relation = {foreign_key: \"offers_nick_fkey\"}];\n"
    "  Price badged = 5 [(rowan.v1.field).relation = {foreign_key: \"offers_badge_fkey\"}]; }\n"
    "message Cheap { option (rowan.v1.resource) = {table: \"cheap\" key: \"id\" order_by: \"nick\"};\n"
    "  int64 id = 1; string amount = 2; string nick = 3; }\n";

static void fail(const char *what, const char *why)
{
  fprintf(stderr, "%s: %s\n", what, why);
  abort();
}

struct odd_world *odd_world_from(const char *sql, const char *declarations)
{
  struct odd_world *world = calloc(1, sizeof *world);
  world->arena = arena_new(0);
  world->database = scratch_database_new(sql);
  if (!world->database)
    return world;
  struct error error = {0};
  struct problems problems = {.arena = world->arena};
  struct catalog *catalog = catalog_read(world->database->conninfo, &error);
  if (!catalog)
    fail(error.message, error.detail);
  world->graph = graph_build(schema_from_text(declarations), catalog, &problems);
  if (problems.n_errors > 0) {
    struct strbuf text = {0};
    problems_print(&problems, &text);
    fail("odd world", strbuf_text(&text));
  }
  return world;
}

struct odd_world *odd_world_new(void)
{
  return odd_world_from(world_sql, world_proto);
}

void odd_world_free(struct odd_world *world)
{
  graph_unref(world->graph);
  scratch_database_free(world->database);
  arena_free(world->arena);
  free(world);
}

static const struct planner_limits limits = PLANNER_LIMITS_DEFAULT;

static const struct graph_resource *resource_named(const struct odd_world *world, const char *name)
{
  for (size_t i = 0; i < world->graph->n_resources; i++)
    if (strcmp(world->graph->resources[i]->message->name, name) == 0)
      return world->graph->resources[i];
  fail("no resource", name);
  return NULL;
}

static struct selection *select_fields(struct odd_world *world, const struct graph_resource *resource,
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
    fail("question", error.message);
  return selection;
}

static void ask_filter(struct odd_world *world, const char *text, struct asked *asked)
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
    fail(text, error.message);
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

void odd_world_push(struct odd_world *world, struct asked *asked, struct argument argument)
{
  VEC_PUSH(world->arena, &asked->arguments, argument);
}

/* One argument a column: the value, or the list of the keys' values. */
static void ask_keys(struct odd_world *world, const struct question *question, struct asked *asked)
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
    odd_world_push(world, asked, argument);
  }
}

static const struct graph_lookup *lookup_of(struct odd_world *world, const struct question *question,
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

struct asked odd_world_ask(struct odd_world *world, const struct question *question)
{
  const struct graph_resource *resource = resource_named(world, question->resource);
  struct asked asked = {.limit = question->limit ? question->limit : 50};
  struct plan_request *request = &asked.request;
  *request = (struct plan_request){.graph = world->graph, .resource = resource, .root = PLAN_ROOT_PAGE};
  request->selection = select_fields(world, resource, question->mask);
  request->limit_bucket = plan_limit_bucket(asked.limit);
  request->limit_exact = request->limit_bucket == asked.limit;
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
    fail("question", error.message);
  request->order = order;
  return asked;
}

struct plan *odd_world_plan(const struct asked *asked, enum plan_limiting limiting)
{
  struct plan *plan = plan_build(&asked->request);
  for (unsigned i = 0; i < plan->n_fetches; i++)
    if (limiting != PLAN_LIMIT_NONE)
      plan->fetches[i]->limiting = limiting;
  statement_compile(plan);
  return plan;
}

struct plan_runner odd_world_run(struct odd_world *world, const struct asked *asked, const struct plan *plan)
{
  struct plan_runner runner = {world->database->connection, world->arena, asked->arguments.items,
                               asked->limit, NULL};
  plan_run(&runner, plan);
  return runner;
}

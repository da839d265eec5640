/*
 * What declared resources become when they meet a catalog, and what is said where they do not fit.
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

/* ---- events: what fits ---- */

static void events_have_no_problems(void **state)
{
  struct graph_world world = events_world();
  world_must_be_sound(&world);
  assert_int_equal(world.problems.n, 0);
  assert_int_equal(world.graph->n_resources, 4);
  assert_int_equal(world.graph->n_methods, 6);
  world_done(&world);
}

static void relations_are_found_in_the_catalog(void **state)
{
  struct graph_world world = events_world();
  const struct graph_relation *creator = world_field(&world, "Event", "creator")->relation;
  assert_false(creator->to_many);
  assert_false(creator->may_be_unset);
  assert_true(creator->link->enforced && creator->link->to_unique);
  assert_string_equal(creator->link->from_columns[0]->name, "creator_id");
  assert_string_equal(creator->link->to->name, "users");

  const struct graph_relation *organization = world_field(&world, "Attendee", "organization")->relation;
  assert_true(organization->may_be_unset);

  const struct graph_relation *members = world_field(&world, "Organization", "attendees")->relation;
  assert_true(members->to_many);
  assert_null(members->link->through);
  assert_string_equal(members->link->to_columns[0]->name, "organization_id");
  assert_int_equal(members->page_size, 3);
  assert_int_equal(members->max_page_size, 10);
  assert_int_equal(members->order.n_terms, 2);
  assert_true(members->order.terms[1].descending);
  world_done(&world);
}

static void filtered_and_full_relation_share_a_link(void **state)
{
  struct graph_world world = events_world();
  const struct graph_relation *all = world_field(&world, "Event", "attendees")->relation;
  const struct graph_relation *some = world_field(&world, "Event", "unaffiliated_attendees")->relation;
  assert_ptr_equal(all->link, some->link);
  assert_null(all->filter);
  assert_non_null(some->filter);
  assert_string_equal(all->link->through->name, "event_attendees");
  assert_string_equal(all->link->source_columns[0]->name, "event_id");
  assert_string_equal(all->link->target_columns[0]->name, "attendee_id");
  assert_true(all->link->through_unique);
  assert_false(all->link->to_unique);
  world_done(&world);
}

static void derived_fields_are_resolved(void **state)
{
  struct graph_world world = events_world();
  const struct graph_field *count = world_field(&world, "Event", "attendee_count");
  assert_int_equal(count->kind, GRAPH_FIELD_AGGREGATE);
  assert_int_equal(count->aggregate->function, AGGREGATE_COUNT);
  assert_int_equal(count->aggregate->type->class, TYPE_INT8);
  assert_ptr_equal(count->aggregate->relation, world_field(&world, "Event", "attendees")->relation);

  const struct graph_field *source = world_field(&world, "Event", "creator_name");
  assert_int_equal(source->kind, GRAPH_FIELD_SOURCE);
  assert_int_equal(source->n_steps, 1);
  assert_string_equal(source->column->name, "username");

  const struct graph_field *more = world_field(&world, "Organization", "attendees_has_more");
  assert_int_equal(more->kind, GRAPH_FIELD_HAS_MORE);
  assert_ptr_equal(more->of, world_field(&world, "Organization", "attendees"));
  world_done(&world);
}

static void methods_bind_by_shape(void **state)
{
  struct graph_world world = events_world();
  const struct graph_method *get = world_method(&world, "GetEvent");
  assert_int_equal(get->kind, METHOD_GET);
  assert_int_equal(get->n_lookups, 1);
  assert_string_equal(get->lookups[0].fields[0]->name, "id");
  assert_non_null(get->read_mask);
  assert_non_null(get->relation_arguments);

  const struct graph_method *batch = world_method(&world, "BatchGetEvents");
  assert_int_equal(batch->kind, METHOD_BATCH_GET);
  assert_string_equal(batch->lookups[0].fields[0]->name, "ids");
  assert_string_equal(batch->items->name, "events");

  const struct graph_method *list = world_method(&world, "ListEvents");
  assert_int_equal(list->kind, METHOD_LIST);
  assert_true(list->filter && list->order_by && list->page_size && list->page_token && list->next_page_token);
  assert_int_equal(list->n_conditions, 2);
  assert_string_equal(list->conditions[0].operand.column->name, "creator_id");

  assert_int_equal(world_method(&world, "StreamEvents")->kind, METHOD_STREAM);
  assert_int_equal(world_method(&world, "GetUser")->n_lookups, 2);

  const struct graph_method *attendees = world_method(&world, "ListAttendees");
  assert_int_equal(attendees->n_conditions, 2);
  assert_int_equal(attendees->conditions[0].operand.n_steps, 1);
  assert_true(attendees->conditions[0].operand.steps[0]->to_many);
  assert_int_equal(attendees->conditions[1].op, COMPARE_GE);
  world_done(&world);
}

static void methods_are_found_by_path(void **state)
{
  struct graph_world world = events_world();
  for (size_t i = 0; i < world.graph->n_methods; i++) {
    const struct graph_method *method = world.graph->methods[i];
    assert_ptr_equal(graph_find_method(world.graph, str_from(method->method->path)), method);
  }
  assert_null(graph_find_method(world.graph, STR("/events.v1.EventService/GetEven")));
  assert_null(graph_find_method(world.graph, STR("/events.v1.EventService/GetEventx")));
  assert_null(graph_find_method(world.graph, (struct str){0}));
  world_done(&world);
}

static void a_reference_keeps_the_graph(void **state)
{
  struct graph_world world = events_world();
  struct graph *other = graph_ref(world.graph);
  uint64_t id = world.graph->id;
  world_done(&world);
  assert_int_equal(other->id, id);
  assert_int_equal(other->n_resources, 4);
  graph_unref(other);
  graph_unref(NULL);
}

/* ---- inference on smaller catalogs ---- */

#define PEOPLE "table people\n  id int8 primary key\n  name text not null\n  manager_id int8 -> people(id)\n"

static void self_references_go_both_ways(void **state)
{
  struct graph_world world = world_from_text(
      PEOPLE, "message Person {\n option (rowan.v1.resource) = {table: \"people\"};\n int64 id = 1;\n"
              " Person manager = 2;\n repeated Person reports = 3;\n}\n");
  world_must_be_sound(&world);
  const struct graph_link *up = world_field(&world, "Person", "manager")->relation->link;
  const struct graph_link *down = world_field(&world, "Person", "reports")->relation->link;
  assert_string_equal(up->from_columns[0]->name, "manager_id");
  assert_string_equal(down->from_columns[0]->name, "id");
  assert_string_equal(down->to_columns[0]->name, "manager_id");
  assert_false(down->to_unique);
  world_done(&world);
}

static void many_to_many_with_itself_goes_by_the_field_name(void **state)
{
  struct graph_world world = world_from_text(
      "table users\n  id int8 primary key\n"
      "table follows\n  follower_id int8 -> users(id)\n  followee_id int8 -> users(id)\n"
      "  primary key (follower_id, followee_id)\n",
      "message User {\n option (rowan.v1.resource) = {};\n int64 id = 1;\n repeated User followers = 2;\n"
      " repeated User followees = 3;\n repeated User friends = 4;\n}\n");
  assert_int_equal(world.problems.n_errors, 1);
  const struct graph_link *followers = world_field(&world, "User", "followers")->relation->link;
  assert_string_equal(followers->source_columns[0]->name, "followee_id");
  assert_string_equal(followers->target_columns[0]->name, "follower_id");
  assert_string_equal(
      world.problems.items[0].fix,
      "[(rowan.v1.field).relation = {through: {table: \"follows\", source_columns: [\"follower_id\"], "
      "target_columns: [\"followee_id\"]}}]\n"
      "[(rowan.v1.field).relation = {through: {table: \"follows\", source_columns: [\"followee_id\"], "
      "target_columns: [\"follower_id\"]}}]");
  world_done(&world);
}

static void composite_and_unique_foreign_keys_are_followed(void **state)
{
  struct graph_world world = world_from_text(
      "table tenants\n  id int8 primary key\n  code text not null unique\n"
      "table orders\n  tenant_id int8\n  number int8\n  primary key (tenant_id, number)\n"
      "  tenant_code text not null -> tenants(code)\n"
      "table lines\n  id int8 primary key\n  tenant int8 not null\n  order_number int8 not null\n"
      "  foreign key lines_order (tenant, order_number) -> orders(tenant_id, number)\n"
      "table invoices\n  id int8 primary key\n  line_id int8 not null unique -> lines(id)\n",
      "message Tenant {\n option (rowan.v1.resource) = {};\n int64 id = 1;\n string code = 2;\n}\n"
      "message Order {\n option (rowan.v1.resource) = {};\n int64 tenant_id = 1;\n int64 number = 2;\n"
      " Tenant tenant = 3;\n repeated Line lines = 4;\n}\n"
      "message Line {\n option (rowan.v1.resource) = {};\n int64 id = 1;\n Order order = 2;\n Invoice "
      "invoice = 3;\n}\n"
      "message Invoice {\n option (rowan.v1.resource) = {};\n int64 id = 1;\n Line line = 2;\n}\n");
  world_must_be_sound(&world);
  const struct graph_link *lines = world_field(&world, "Order", "lines")->relation->link;
  assert_int_equal(lines->n_columns, 2);
  assert_string_equal(lines->to_columns[1]->name, "order_number");
  assert_int_equal(world_resource(&world, "Order")->key->n_columns, 2);
  assert_string_equal(world_field(&world, "Order", "tenant")->relation->link->to_columns[0]->name, "code");
  const struct graph_relation *invoice = world_field(&world, "Line", "invoice")->relation;
  assert_true(invoice->link->to_unique);
  assert_true(invoice->may_be_unset);
  world_done(&world);
}

static void two_foreign_keys_to_one_table_go_by_the_field_name(void **state)
{
  struct graph_world world = world_from_text(
      "table users\n  id int8 primary key\n"
      "table houses\n  id int8 primary key\n  owner_id int8 -> users(id)\n  tenant_id int8 -> users(id)\n",
      "message User {\n option (rowan.v1.resource) = {};\n int64 id = 1;\n}\n"
      "message House {\n option (rowan.v1.resource) = {};\n int64 id = 1;\n User owner = 2;\n User keeper = "
      "3;\n"
      " User renter = 4 [(rowan.v1.field).relation = {foreign_key: \"houses_tenant_id_fkey\"}];\n}\n");
  assert_string_equal(world_field(&world, "House", "owner")->relation->link->from_columns[0]->name,
                      "owner_id");
  assert_string_equal(world_field(&world, "House", "renter")->relation->link->from_columns[0]->name,
                      "tenant_id");
  assert_int_equal(world_field(&world, "House", "keeper")->kind, GRAPH_FIELD_NONE);
  assert_int_equal(world.problems.n, 1);
  assert_string_equal(world.problems.items[0].place, "test.proto:9");
  assert_string_equal(world.problems.items[0].message,
                      "test.v1.House.keeper: 2 foreign keys lead from \"houses\" to \"users\"");
  assert_string_equal(world.problems.items[0].fix,
                      "[(rowan.v1.field).relation = {foreign_key: \"houses_owner_id_fkey\"}]\n"
                      "[(rowan.v1.field).relation = {foreign_key: \"houses_tenant_id_fkey\"}]");
  world_done(&world);
}

static void relations_without_foreign_keys_are_declared(void **state)
{
  struct graph_world world =
      world_from_text("table users\n  id int8 primary key\n"
                      "table audit_log view\n  id int8\n  actor int8\n"
                      "table tags\n  id int8 primary key\ntable user_tags\n  u int8\n  t int8\n",
                      "message User {\n option (rowan.v1.resource) = {};\n int64 id = 1;\n"
                      " repeated Entry entries = 2 [(rowan.v1.field).relation = {references: [\"actor\"]}];\n"
                      " repeated Tag tags = 3 [(rowan.v1.field).relation = {through: {table: \"user_tags\", "
                      "source_columns: [\"u\"], "
                      "target_columns: [\"t\"]}}];\n}\n"
                      "message Entry {\n option (rowan.v1.resource) = {table: \"audit_log\", key: "
                      "[\"id\"]};\n int64 id = 1;\n"
                      " User actor = 2 [(rowan.v1.field).relation = {columns: [\"actor\"]}];\n}\n"
                      "message Tag {\n option (rowan.v1.resource) = {};\n int64 id = 1;\n}\n");
  world_must_be_sound(&world);
  const struct graph_relation *actor = world_field(&world, "Entry", "actor")->relation;
  assert_false(actor->link->enforced);
  assert_true(actor->link->to_unique && actor->may_be_unset);
  assert_string_equal(world_field(&world, "User", "entries")->relation->link->to_columns[0]->name, "actor");
  assert_false(world_field(&world, "User", "tags")->relation->link->through_unique);
  world_done(&world);
}

static void several_keys_and_requests_are_bound(void **state)
{
  struct graph_world world = world_from_text(
      "table seats\n  hall int8\n  number int8\n  primary key (hall, number)\n  code text not null unique\n",
      "message Seat {\n option (rowan.v1.resource) = {};\n int64 hall = 1;\n int64 number = 2;\n string code "
      "= 3;\n}\n"
      "service Seats {\n rpc GetSeat(GetSeatRequest) returns (Seat);\n"
      " rpc BatchGetSeats(BatchGetSeatsRequest) returns (BatchGetSeatsResponse);\n"
      " rpc ExportSeats(ExportSeatsRequest) returns (stream Seat);\n}\n"
      "message GetSeatRequest { int64 hall = 1; int64 number = 2; google.protobuf.FieldMask read_mask = 3; "
      "}\n"
      "message BatchGetSeatsRequest { repeated GetSeatRequest requests = 1; }\n"
      "message BatchGetSeatsResponse { repeated Seat seats = 1; }\n"
      "message ExportSeatsRequest { repeated int64 hall = 1; }\n");
  world_must_be_sound(&world);
  const struct graph_method *get = world_method(&world, "GetSeat");
  assert_int_equal(get->n_lookups, 1);
  assert_int_equal(get->lookups[0].n_columns, 2);
  const struct graph_method *batch = world_method(&world, "BatchGetSeats");
  assert_int_equal(batch->kind, METHOD_BATCH_GET);
  assert_non_null(batch->requests);
  assert_string_equal(batch->lookups[0].fields[1]->name, "number");
  const struct graph_method *stream = world_method(&world, "ExportSeats");
  assert_int_equal(stream->kind, METHOD_STREAM);
  assert_null(stream->items);
  assert_true(stream->conditions[0].field->repeated);
  world_done(&world);
}

static void services_of_others_are_left_alone(void **state)
{
  struct graph_world world = world_from_text(
      "table users\n  id int8 primary key\n",
      "message User {\n option (rowan.v1.resource) = {};\n int64 id = 1;\n}\n"
      "message Ping { string text = 1; }\n"
      "service Other { rpc Send(stream Ping) returns (Ping); }\n"
      "service Users {\n rpc GetUser(GetUserRequest) returns (User);\n"
      " rpc DeleteUser(GetUserRequest) returns (Ping) { option (rowan.v1.method).ignore = true; }\n}\n"
      "message GetUserRequest { int64 id = 1; }\n");
  world_must_be_sound(&world);
  assert_int_equal(world.graph->n_methods, 2);
  assert_true(world_method(&world, "DeleteUser")->ignored);
  world_done(&world);
}

static void an_inferred_junction_takes_a_filter(void **state)
{
  struct graph_world world = world_from_text(
      "table posts\n  id int8 primary key\n  title text not null\n"
      "table tags\n  id int8 primary key\n  name text not null\n"
      "table post_tags\n  post_id int8 -> posts(id)\n  tag_id int8 -> tags(id)\n  primary key (tag_id, "
      "post_id)\n",
      "message Post {\n option (rowan.v1.resource) = {};\n int64 id = 1;\n"
      " repeated Tag tags = 2 [(rowan.v1.field).relation = {filter: \"name = 'x'\"}];\n}\n"
      "message Tag {\n option (rowan.v1.resource) = {};\n int64 id = 1;\n string name = 2;\n}\n");
  world_must_be_sound(&world);
  const struct graph_relation *tags = world_field(&world, "Post", "tags")->relation;
  assert_string_equal(tags->link->through->name, "post_tags");
  assert_non_null(tags->filter);
  assert_null(tags->through_filter);
  world_done(&world);
}

/* ---- mistakes: each is told, with its place ---- */

#define CATALOG                                                                                              \
  "table users\n  id int8 primary key\n  name text not null\n  nick text\n  age int4 not null\n"             \
  "  secret text not null hidden\n  code uuid not null\n  tags text[] not null\n"                            \
  "table posts\n  id int8 primary key\n  title text not null\n  user_id int8 not null -> users(id)\n"        \
  "table numbers view\n  n int8\n"                                                                           \
  "table logs\n  line text not null\n"                                                                       \
  "table thing\n  id int8 primary key\ntable things\n  id int8 primary key\n"

#define USER(fields) "message User {\noption (rowan.v1.resource) = {};\nint64 id = 1;\n" fields "\n}\n"
#define ONLY_ID "message User {\noption (rowan.v1.resource) = {};\nint64 id = 1;\n}\n"
#define POST                                                                                                 \
  "message Post {\noption (rowan.v1.resource) = {};\nint64 id = 1;\nstring title = 2;\nUser user = 3;\n}\n"
#define GET "service S {\nrpc GetUser(Req) returns (User);\n}\n"
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
    {USER("string f = 2 [(rowan.v1.field).function = \"f\"];"), "test.proto:4",
     "function is not served by this version: annotate with (rowan.v1.field).ignore = true", "ignore = true"},
    {USER("Post p = 2 [(rowan.v1.field).embed = {}];") POST, "test.proto:4", "embed is not served", NULL},
    {USER("string t = 2 [(rowan.v1.field).next_page_token = \"posts\"];"), "test.proto:4",
     "next_page_token is not", NULL},
    {USER("string name = 2 [(rowan.v1.field).required_scopes = \"a\"];"), "test.proto:4",
     "required_scopes is not", NULL},
    {USER("repeated Post posts = 2 [(rowan.v1.field).relation = {max_depth: 2}];") POST, "test.proto:4",
     "relation.max_depth is not", NULL},
    {USER("oneof o {\nPost post = 2;\n}") POST, "test.proto:5", "a message in a oneof is not", NULL},
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
    {ONLY_ID LIST RES "message Req { string nam = 1; }", "test.proto:9", "the field means nothing",
     "source = \"name\""},
    {ONLY_ID LIST RES "message Req { int64 page_size = 1; }", "test.proto:9", "page_size must be int32",
     NULL},
    {ONLY_ID LIST RES "message Req { int32 skip = 1; }", "test.proto:9", "skip is not served by this version",
     NULL},
    {ONLY_ID LIST RES "message Req { int64 id = 1 [(rowan.v1.field).operator = \"=~\"]; }", "test.proto:9",
     "operator \"=~\" is none of", NULL},
    {ONLY_ID LIST RES "message Req { string t = 1 [(rowan.v1.field).source = \"posts.title\"]; }",
     "test.proto:9", "source \"posts.title\": ", NULL},
    {ONLY_ID LIST "message Res { repeated User a = 1; repeated User b = 2; }\nmessage Req {}", "test.proto:6",
     "several repeated fields of resources", "ignore"},
    {ONLY_ID LIST "message Res { repeated User a = 1; int32 total_size = 2; }\nmessage Req {}",
     "test.proto:8", "total_size is not served", NULL},
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
      cmocka_unit_test(events_have_no_problems),
      cmocka_unit_test(relations_are_found_in_the_catalog),
      cmocka_unit_test(filtered_and_full_relation_share_a_link),
      cmocka_unit_test(derived_fields_are_resolved),
      cmocka_unit_test(methods_bind_by_shape),
      cmocka_unit_test(methods_are_found_by_path),
      cmocka_unit_test(a_reference_keeps_the_graph),
      cmocka_unit_test(self_references_go_both_ways),
      cmocka_unit_test(many_to_many_with_itself_goes_by_the_field_name),
      cmocka_unit_test(composite_and_unique_foreign_keys_are_followed),
      cmocka_unit_test(two_foreign_keys_to_one_table_go_by_the_field_name),
      cmocka_unit_test(relations_without_foreign_keys_are_declared),
      cmocka_unit_test(an_inferred_junction_takes_a_filter),
      cmocka_unit_test(several_keys_and_requests_are_bound),
      cmocka_unit_test(services_of_others_are_left_alone),
      cmocka_unit_test(mistakes_are_told),
      cmocka_unit_test(all_problems_are_told_in_order),
      cmocka_unit_test(a_broken_filter_lets_nothing_through),
      cmocka_unit_test(problems_are_printed_with_their_fix),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What declared resources become when they meet a catalog. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

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

/* Keys in the plural make a BatchGet, unless pages go with them: then they are a condition like any other. */
static void keys_in_the_plural_with_pages_make_a_list(void **state)
{
  static const struct {
    const char *request, *response;
    enum method_kind kind;
  } cases[] = {
      {"repeated int64 ids = 1;", "", METHOD_BATCH_GET},
      {"repeated int64 ids = 1; int32 page_size = 2;", "", METHOD_LIST},
      {"repeated int64 keys = 1; string page_token = 2;", "string next_page_token = 2;", METHOD_LIST},
      {"repeated int64 ids = 1;", "string next_page_token = 2;", METHOD_LIST},
      {"repeated int64 ids = 1; int32 page_size = 2 [(rowan.v1.field).ignore = true];", "", METHOD_BATCH_GET},
      {"repeated int64 ids = 1;", "string next_page_token = 2 [(rowan.v1.field).ignore = true];",
       METHOD_BATCH_GET},
  };
  for (size_t i = 0; i < LENGTH_OF(cases); i++) {
    struct strbuf text = {0};
    strbuf_printf(&text,
                  "message User {\n option (rowan.v1.resource) = {};\n int64 id = 1;\n}\n"
                  "service Users { rpc FindUsers(FindRequest) returns (FindResponse); }\n"
                  "message FindRequest { %s }\n"
                  "message FindResponse { repeated User users = 1; %s }\n",
                  cases[i].request, cases[i].response);
    struct graph_world world = world_from_text("table users\n  id int8 primary key\n", strbuf_text(&text));
    world_must_be_sound(&world);
    const struct graph_method *method = world_method(&world, "FindUsers");
    assert_int_equal(method->kind, cases[i].kind);
    assert_int_equal(method->n_lookups, cases[i].kind == METHOD_BATCH_GET);
    assert_int_equal(method->n_conditions, cases[i].kind == METHOD_LIST);
    if (cases[i].kind == METHOD_LIST)
      assert_string_equal(method->conditions[0].operand.column->name, "id");
    world_done(&world);
    strbuf_done(&text);
  }
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
      cmocka_unit_test(keys_in_the_plural_with_pages_make_a_list),
      cmocka_unit_test(services_of_others_are_left_alone),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

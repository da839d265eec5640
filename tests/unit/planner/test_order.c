#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "planner/order.h"
#include "support/graph_world.h"

static struct graph_world world;
static struct arena *arena;

static int setup(void **state)
{
  world = events_world();
  arena = arena_new(0);
  return 0;
}

static int teardown(void **state)
{
  world_done(&world);
  arena_free(arena);
  return 0;
}

static void check(const char *resource, const char *text, const char *wanted)
{
  struct order order;
  struct error error = {0};
  struct strbuf fingerprint = {0};
  if (!order_parse(str_from(text), world_resource(&world, resource), "order_by", arena, &order, &error))
    fail_msg("%s: %s", text, error.message);
  order_fingerprint(&order, &fingerprint);
  assert_string_equal(strbuf_text(&fingerprint), wanted);
  strbuf_done(&fingerprint);
}

static void terms_end_with_the_key(void **state)
{
  check("Event", "", "id");
  check("Event", "  ", "id");
  check("Event", "name", "name,id");
  check("Event", "name desc", "name desc,id desc");
  check("Event", "event_date desc, name", "event_date desc,name,id");
  check("Event", "name asc,eventDate DESC", "name,event_date desc,id desc");
  check("Event", "id desc , name", "id desc,name");
}

static void terms_go_through_to_one_relations(void **state)
{
  check("Event", "creator.username", "events.v1.Event.creator>username,id");
  check("Event", "creator_name desc", "events.v1.Event.creator>username desc,id desc");
  check("Attendee", "organization.name, name", "events.v1.Attendee.organization>name,name,id");
}

static void terms_may_be_derived_of_rows(void **state)
{
  check("Event", "attendee_count desc", "events.v1.Event.attendee_count() desc,id desc");
  check("Event", "name, attendee_count", "name,events.v1.Event.attendee_count(),id");
}

static void orders_by_derived_fields_may_be_declared(void **state)
{
  struct graph_world other = world_from_text(
      "table users\n  id int8 primary key\n  boss_id int8 -> users(id)\n  weight float8\n  rank int4\n"
      "  function title text\n  function tags text[]\n",
      "message User {\n option (rowan.v1.resource) = {order_by: \"boss.staff_count desc, title, best\"};\n"
      " int64 id = 1;\n User boss = 2;\n"
      " repeated User staff = 3 [(rowan.v1.field).relation = {columns: \"id\" references: \"boss_id\" "
      "order_by: \"staff_count\"}];\n"
      " int64 staff_count = 4 [(rowan.v1.field).aggregate = {count: \"staff\"}];\n"
      " optional string title = 5 [(rowan.v1.field).function = \"title\"];\n"
      " optional int32 best = 6 [(rowan.v1.field).aggregate = {max: \"staff.rank\"}];\n"
      " optional double weight = 7 [(rowan.v1.field).aggregate = {avg: \"staff.weight\"}];\n"
      " repeated string tags = 8 [(rowan.v1.field).function = \"tags\"];\n}\n");
  const struct graph_resource *user = world_resource(&other, "User");
  static const char *const refused[] = {"weight", "tags", "boss.weight", "boss.tags desc", "staff.title"};
  static const char *const types[] = {"int8", "text", "int4", "int8"};
  struct strbuf text = {0};
  world_must_be_sound(&other);
  order_fingerprint(&user->order, &text);
  assert_string_equal(
      strbuf_text(&text),
      "test.v1.User.boss>test.v1.User.staff_count() desc,test.v1.User.title(),test.v1.User.best(),id");
  for (size_t i = 0; i < LENGTH_OF(types); i++) {
    assert_string_equal(order_term_type(&user->order.terms[i])->name, types[i]);
    assert_int_equal(user->order.terms[i].nullable, i < 3);
  }
  for (size_t i = 0; i < LENGTH_OF(refused); i++) {
    struct order order;
    struct error error;
    assert_false(order_parse(str_from(refused[i]), user, "order_by", arena, &order, &error));
  }
  strbuf_done(&text);
  world_done(&other);
}

static void terms_know_whether_they_may_be_null(void **state)
{
  static const struct {
    const char *resource, *text;
    bool nullable;
  } cases[] = {
      {"Event", "name", false},
      {"Event", "event_date", true},
      {"Event", "creator.username", false},
      {"Attendee", "organization.name", true},
      {"Event", "id", false},
      {"Event", "attendee_count", false},
  };
  for (size_t i = 0; i < LENGTH_OF(cases); i++) {
    struct order order;
    struct error error;
    assert_true(order_parse(str_from(cases[i].text), world_resource(&world, cases[i].resource), "order_by",
                            arena, &order, &error));
    assert_int_equal(order.terms[0].nullable, cases[i].nullable);
    assert_false(order.terms[order.n_terms - 1].nullable);
  }
}

static void bad_orders_are_refused(void **state)
{
  static const struct {
    const char *text, *message;
  } cases[] = {
      {"nme", "Event has no field \"nme\"; did you mean \"name\"?"},
      {"name down", "neither asc nor desc"},
      {"name desc desc", "neither asc nor desc"},
      {"name, name desc", "\"name\" is ordered by twice"},
      {"creator.username, creator_name", "ordered by twice"},
      {"name,", "a field is missing"},
      {",name", "a field is missing"},
      {"attendees.name", "cannot go through attendees"},
      {"name.x", "cannot go through name"},
      {"creator", "field creator of Event cannot order"},
      {"attendees", "field attendees of Event cannot order: it is no single value"},
      {"attendee_count, attendee_count desc", "ordered by twice"},
      {"creator.", "User has no field \"\""},
      {"id;drop", "no field"},
      {"*", "no field"},
  };
  for (size_t i = 0; i < LENGTH_OF(cases); i++) {
    struct order order;
    struct error error = {0};
    if (order_parse(str_from(cases[i].text), world_resource(&world, "Event"), "order_by", arena, &order,
                    &error))
      fail_msg("%s was accepted", cases[i].text);
    assert_string_equal(error.reason, "INVALID_ORDER");
    assert_string_equal(error.field, "order_by");
    if (strstr(error.message, cases[i].message) == NULL)
      fail_msg("%s: %s", cases[i].text, error.message);
  }
}

static void types_without_an_order_are_refused(void **state)
{
  struct graph_world other = world_from_text(
      "table things\n  id int8 primary key\n  doc jsonb not null\n  tags text[] not null\n",
      "message Thing {\n option (rowan.v1.resource) = {};\n int64 id = 1;\n google.protobuf.Struct doc = 2;\n"
      " repeated string tags = 3;\n}\n");
  struct order order;
  struct error error;
  world_must_be_sound(&other);
  assert_false(order_parse(STR("doc"), world_resource(&other, "Thing"), "order_by", arena, &order, &error));
  assert_false(order_parse(STR("tags"), world_resource(&other, "Thing"), "order_by", arena, &order, &error));
  world_done(&other);
}

static void composite_keys_are_appended_whole(void **state)
{
  struct graph_world other = world_from_text(
      "table seats\n  hall int8\n  number int8\n  primary key (hall, number)\n",
      "message Seat {\n option (rowan.v1.resource) = {order_by: \"number desc\"};\n int64 hall = 1;\n"
      " int64 number = 2;\n}\n");
  struct strbuf text = {0};
  order_fingerprint(&world_resource(&other, "Seat")->order, &text);
  assert_string_equal(strbuf_text(&text), "number desc,hall desc");
  strbuf_done(&text);
  world_done(&other);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(terms_end_with_the_key),
      cmocka_unit_test(terms_go_through_to_one_relations),
      cmocka_unit_test(terms_may_be_derived_of_rows),
      cmocka_unit_test(orders_by_derived_fields_may_be_declared),
      cmocka_unit_test(terms_know_whether_they_may_be_null),
      cmocka_unit_test(bad_orders_are_refused),
      cmocka_unit_test(types_without_an_order_are_refused),
      cmocka_unit_test(composite_keys_are_appended_whole),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}

/*
 * Oneofs: members by a discriminator, by one behind a to-one, and by keys of their own.  Skipped without
 * ROWAN_TEST_DATABASE.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/expect_answers.h"

static const char sql[] =
    "CREATE TYPE kind AS ENUM ('a photo', 'note', 'sound');"
    "CREATE TABLE photos (id bigint PRIMARY KEY, url text, hidden bool NOT NULL DEFAULT false);"
    "CREATE TABLE notes (id int PRIMARY KEY, body text, photo_id bigint REFERENCES photos);"
    "INSERT INTO photos VALUES (1, 'p1', false), (2, 'p2', false), (3, 'p3', true);"
    "INSERT INTO notes VALUES (1, 'n1', 2), (2, 'n2', NULL), (3, 'n3', 3);"
    "CREATE TABLE content_types (id int PRIMARY KEY, model char(8) NOT NULL);"
    "INSERT INTO content_types VALUES (7, 'photo'), (8, 'note'), (9, 'video');"
    "CREATE TABLE items (id int PRIMARY KEY, kind kind, ref int, content_type_id int REFERENCES "
    "content_types,"
    "  object_id int, photo_id bigint REFERENCES photos, note_id int REFERENCES notes);"
    "INSERT INTO items VALUES (1, 'a photo', 1, 8, 1, 1, NULL), (2, 'note', 1, 7, 1, NULL, 2),"
    "  (3, 'note', 99, 9, 1, NULL, NULL), (4, NULL, 1, NULL, 2, 3, NULL), (5, 'sound', 2, 8, NULL, 2, NULL),"
    "  (6, 'a photo', 3, 7, 3, NULL, 1);"
    "CREATE TABLE shelves (id int PRIMARY KEY, item_id int REFERENCES items);"
    "INSERT INTO shelves VALUES (1, 1), (2, 2), (3, 2), (4, NULL);";

static const char declarations[] =
    "message Photo { option (rowan.v1.resource) = {filter: \"column('hidden') = false\"}; int64 id = 1; "
    "string url = 2; }\n"
    "message Note { option (rowan.v1.resource) = {}; int32 id = 1; string body = 2; Photo photo = 3; }\n"
    "message ContentType { option (rowan.v1.resource) = {}; int32 id = 1; string model = 2; }\n"
    "message Item { option (rowan.v1.resource) = {}; int32 id = 1;\n"
    "  oneof subject { option (rowan.v1.oneof) = {discriminator: \"kind\" columns: \"ref\"};\n"
    "    Photo photo = 2 [(rowan.v1.field).variant_value = \"a photo\"]; Note note = 3 "
    "[(rowan.v1.field).variant_value = \"note\"]; }\n"
    "  ContentType content_type = 4;\n"
    "  oneof object { option (rowan.v1.oneof) = {discriminator: \"content_type.model\" columns: "
    "\"object_id\"};\n"
    "    Photo object_photo = 5 [(rowan.v1.field).variant_value = \"photo\"]; Note object_note = 6 "
    "[(rowan.v1.field).variant_value = \"note\"]; }\n"
    "  oneof own { Photo own_photo = 7 [(rowan.v1.field).relation = {foreign_key: "
    "\"items_photo_id_fkey\"}];\n"
    "    Note own_note = 8 [(rowan.v1.field).relation = {foreign_key: \"items_note_id_fkey\"}]; }\n"
    "  string note_body = 9 [(rowan.v1.field).source = \"note.body\"]; }\n"
    "message Shelf { option (rowan.v1.resource) = {table: \"shelves\"}; int32 id = 1; Item item = 2; }\n";

static int set_up(void **state)
{
  *state = odd_world_from(sql, declarations);
  return 0;
}

static int tear_down(void **state)
{
  odd_world_free(*state);
  return 0;
}

static void the_discriminator_says_which_member_is_set(void **state)
{
  static const struct question questions[] = {
      {"Item", "id,photo.url,note.body",
       .expected = "{id=1 photo{url=p1}}\n{id=2 note{body=n1}}\n{id=3}\n{id=4}\n{id=5}\n{id=6}\n"},
      {"Item", "id,note.photo.url",
       .expected = "{id=1}\n{id=2 note{photo{url=p2}}}\n{id=3}\n{id=4}\n{id=5}\n{id=6}\n"},
      {"Item", "id,object_photo.url,object_note.body",
       .expected =
           "{id=1 object_note{body=n1}}\n{id=2 object_photo{url=p1}}\n{id=3}\n{id=4}\n{id=5}\n{id=6}\n"},
      {"Item", "id,own_photo.url,own_note.photo.url",
       .expected = "{id=1 own_photo{url=p1}}\n{id=2 own_note{}}\n{id=3}\n{id=4}\n{id=5 own_photo{url=p2}}\n"
                   "{id=6 own_note{photo{url=p2}}}\n"},
      {"Shelf", "id,item.note.body,item.object_photo.id",
       .expected = "{id=1 item{}}\n{id=2 item{note{body=n1} object_photo{id=1}}}\n"
                   "{id=3 item{note{body=n1} object_photo{id=1}}}\n{id=4}\n"},
  };
  expect_all(*state, questions, LENGTH_OF(questions));
}

static void paths_through_members_ask_the_discriminator(void **state)
{
  static const struct question questions[] = {
      {"Item", "id", .filter = "photo:*", .expected = "{id=1}\n"},
      {"Item", "id", .filter = "note.body = \"n1\"", .expected = "{id=2}\n"},
      {"Item", "id", .filter = "object_photo:* OR object_note.body:*", .expected = "{id=1}\n{id=2}\n"},
      {"Item", "id", .filter = "NOT object_note:*", .expected = "{id=2}\n{id=3}\n{id=4}\n{id=5}\n{id=6}\n"},
      {"Shelf", "id", .filter = "item.object_photo.url = \"p1\"", .expected = "{id=2}\n{id=3}\n"},
      {"Item", "id,note_body", .order = "photo.url, note_body desc",
       .expected = "{id=1}\n{id=6}\n{id=5}\n{id=4}\n{id=3}\n{id=2 note_body=n1}\n"},
      {"Item", "id,note_body", .order = "note_body",
       .expected = "{id=2 note_body=n1}\n{id=1}\n{id=3}\n{id=4}\n{id=5}\n{id=6}\n"},
  };
  expect_all(*state, questions, LENGTH_OF(questions));
}

static void each_member_is_a_statement(void **state)
{
  struct odd_world *world = *state;
  if (!world->database)
    skip();
  static const struct question question = {.resource = "Item",
                                           .mask = "id,photo.url,note.body,object_note.body"};
  struct asked asked = odd_world_ask(world, &question);
  struct plan *plan = odd_world_plan(&asked, PLAN_LIMIT_NONE);
  assert_int_equal(plan->n_fetches, 4);
  assert_int_equal(plan->n_waves, 2);
  assert_int_equal(plan->n_oneofs, 2);
  assert_string_equal(plan->fetches[1]->variant_value, "a photo");
  assert_int_equal(plan->fetches[1]->variant_output, plan->fetches[2]->variant_output);
  plan_unref(plan);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_discriminator_says_which_member_is_set),
      cmocka_unit_test(paths_through_members_ask_the_discriminator),
      cmocka_unit_test(each_member_is_a_statement),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}

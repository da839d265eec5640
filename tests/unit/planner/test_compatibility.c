/*
 * test_compatibility.c - what breaks clients, and what does not: each case is one line of a set, before and
 * after.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "planner/compatibility.h"
#include "support/schema_text.h"

/* One declaration of everything, in pieces that a case replaces. */
enum piece { RESOURCE, NAME, POSTS, MOOD, REQUEST, METHOD, MORE, N_PIECES };

static const char *const usual[N_PIECES] = {
    [RESOURCE] = "option (rowan.v1.resource) = {table: \"users\"};",
    [NAME] = "string name = 2;",
    [POSTS] = "repeated Post posts = 3;",
    [MOOD] = "enum Mood { MOOD_UNSPECIFIED = 0; MOOD_SAD = 1; }",
    [REQUEST] = "optional int64 id = 1;",
    [METHOD] = "rpc GetUser(GetUserRequest) returns (User);",
    [MORE] = "",
};

static struct schema *declare(enum piece piece, const char *text)
{
  const char *pieces[N_PIECES];
  memcpy(pieces, usual, sizeof usual);
  pieces[piece] = text;
  struct strbuf all = {0};
  strbuf_printf(&all,
                "message User {\n%s\nint64 id = 1;\n%s\n%s\nMood mood = 4;\nUser boss = 5;\n}\n"
                "message Post {\nint64 id = 1;\n}\n%s\n"
                "message GetUserRequest {\n%s\ngoogle.protobuf.FieldMask read_mask = 2;\n}\n"
                "message Unused {\nint64 id = 1;\n}\nservice Users {\n%s\n}\n%s\n",
                pieces[RESOURCE], pieces[NAME], pieces[POSTS], pieces[MOOD], pieces[REQUEST], pieces[METHOD],
                pieces[MORE]);
  struct schema *schema = schema_from_text(strbuf_text(&all));
  strbuf_done(&all);
  return schema;
}

struct change {
  enum piece piece;
  const char *before; /* NULL: as usual */
  const char *after;
  const char *breaks; /* what is said, after the place; NULL: nothing breaks */
};

static const struct change changes[] = {
    /* fields */
    {NAME, NULL, "", "test.v1.User.name: is gone"},
    {NAME, NULL, "string name = 7;", "test.v1.User.name: its number was 2 and is 7"},
    {NAME, NULL, "bytes name = 2;", "test.v1.User.name: was string and is bytes"},
    {NAME, NULL, "repeated string name = 2;", "test.v1.User.name: was string and is repeated string"},
    {NAME, NULL, "string title = 2;", "test.v1.User.name: is called title"},
    {NAME, NULL, "string name = 2 [json_name = \"n\"];", "its JSON name was \"name\" and is \"n\""},
    {NAME, NULL, "oneof o { string name = 2; }", "oneof was \"\" and is \"o\""},
    {NAME, NULL, "string name = 2 [(rowan.v1.field).ignore = true];", "is ignored now"},
    {NAME, NULL, "string name = 2 [(rowan.v1.field).source = \"boss.name\"];",
     "source was \"\" and is \"boss.name\""},
    {NAME, NULL, "string name = 2 [(rowan.v1.field).required_scopes = \"s\"];",
     "required_scopes was \"\" and is \"s\""},
    {NAME, "int64 name = 2 [(rowan.v1.field).aggregate = {count: \"posts\"}];",
     "int64 name = 2 [(rowan.v1.field).aggregate = {count: \"posts\" filter: \"id > 1\"}];",
     "aggregate is another"},
    {NAME, NULL, "string name = 2 [(rowan.v1.field).column = \"full_name\"];", NULL},
    {NAME, NULL, "optional string name = 2;", NULL},
    {NAME, NULL, "string name = 2; string nick = 8;", NULL},
    {REQUEST, NULL, "int64 id = 1;", "test.v1.GetUserRequest.id: was optional and is not"},
    /* relations */
    {POSTS, NULL, "repeated User posts = 3;",
     "test.v1.User.posts: was repeated test.v1.Post and is repeated test.v1.User"},
    {POSTS, NULL, "repeated Post posts = 3 [(rowan.v1.field).relation = {filter: \"id > 1\"}];",
     "relation.filter was \"\" and is \"id > 1\""},
    {POSTS, NULL, "repeated Post posts = 3 [(rowan.v1.field).relation = {order_by: \"id desc\"}];",
     "relation.order_by was \"\" and is \"id desc\""},
    {POSTS, "repeated Post posts = 3 [(rowan.v1.field).relation = {page_size: 5}];",
     "repeated Post posts = 3 [(rowan.v1.field).relation = {page_size: 6}];",
     "relation.page_size was 5 and is 6"},
    {POSTS, NULL, "repeated Post posts = 3 [(rowan.v1.field).relation = {foreign_key: \"posts_user_id\"}];",
     NULL},
    /* resources */
    {RESOURCE, NULL, "", "test.v1.User: was a resource and is none"},
    {RESOURCE, NULL, "option (rowan.v1.resource) = {table: \"all_users\"};", NULL},
    {RESOURCE, NULL, "option (rowan.v1.resource) = {table: \"users\" key: [\"a\", \"b\"]};",
     "key was \"\" and is \"a,b\""},
    {RESOURCE, NULL, "option (rowan.v1.resource) = {table: \"users\" default_mask: \"id\"};",
     "default_mask was \"\" and is \"id\""},
    {RESOURCE, NULL, "option (rowan.v1.resource) = {table: \"users\" order_by: \"name\"};",
     "order_by was \"\" and is \"name\""},
    {RESOURCE, NULL, "option (rowan.v1.resource) = {table: \"users\" filter: \"id > 1\"};",
     "filter was \"\" and is \"id > 1\""},
    {RESOURCE, NULL, "option (rowan.v1.resource) = {table: \"users\" deleted: \"name:*\"};",
     "deleted was \"\" and is \"name:*\""},
    {RESOURCE, NULL, "option (rowan.v1.resource) = {table: \"users\" max_page_size: 9};",
     "max_page_size was 0 and is 9 (0: the setting's)"},
    /* enums */
    {MOOD, NULL, "enum Mood { MOOD_UNSPECIFIED = 0; }", "test.v1.User.mood: its value MOOD_SAD = 1 is gone"},
    {MOOD, NULL, "enum Mood { MOOD_UNSPECIFIED = 0; MOOD_LOW = 1; }",
     "its value MOOD_SAD is called MOOD_LOW"},
    {MOOD, NULL, "enum Mood { MOOD_UNSPECIFIED = 0; MOOD_SAD = 1; MOOD_OK = 2; }", NULL},
    /* methods */
    {METHOD, NULL, "rpc FindUser(GetUserRequest) returns (User);", "/test.v1.Users/GetUser: is gone"},
    {METHOD, NULL, "rpc GetUser(GetUserRequest) returns (stream User);", "streams otherwise"},
    {METHOD, NULL, "rpc GetUser(GetUserRequest) returns (Post);",
     "answered test.v1.User and now test.v1.Post"},
    {METHOD, NULL, "rpc GetUser(Unused) returns (User);",
     "took test.v1.GetUserRequest and now test.v1.Unused"},
    {METHOD, NULL,
     "rpc GetUser(GetUserRequest) returns (User) { option (rowan.v1.method).default_mask = \"id\"; }",
     "default_mask was \"\" and is \"id\""},
    {METHOD, NULL, "rpc GetUser(GetUserRequest) returns (User) { option (rowan.v1.method).ignore = true; }",
     "is ignored now"},
    {METHOD, "rpc GetUser(GetUserRequest) returns (User) { option (rowan.v1.method).ignore = true; }", "",
     NULL},
    {METHOD, NULL, "rpc GetUser(GetUserRequest) returns (User); rpc FindUser(GetUserRequest) returns (User);",
     NULL},
    /* what no method reaches */
    {MORE, "message Far { int64 id = 1; }", "message Far { string id = 2; }", NULL},
};

static void test_each_change_is_judged(void **state)
{
  for (size_t i = 0; i < LENGTH_OF(changes); i++) {
    const struct change *change = &changes[i];
    struct schema *before =
        declare(change->piece, change->before == NULL ? usual[change->piece] : change->before);
    struct schema *after = declare(change->piece, change->after);
    struct problems problems = {.arena = arena_new(0)};
    compatibility_check(before, after, &problems);
    if (problems.n != (change->breaks != NULL))
      fail_msg("\"%s\": %zu breakages, first: %s", change->after, problems.n,
               problems.n == 0 ? "-" : problems.items[0].message);
    if (change->breaks != NULL && strstr(problems.items[0].message, change->breaks) == NULL)
      fail_msg("\"%s\": \"%s\" where \"%s\" was expected", change->after, problems.items[0].message,
               change->breaks);
    arena_free(problems.arena);
    schema_unref(before);
    schema_unref(after);
  }
}

static void test_a_set_breaks_nothing_of_its_own(void **state)
{
  struct schema *schema = events_schema();
  struct problems problems = {.arena = arena_new(0)};
  compatibility_check(schema, schema, &problems);
  assert_int_equal(problems.n, 0);
  arena_free(problems.arena);
  schema_unref(schema);
}

static void test_places_are_those_of_the_newer_set(void **state)
{
  struct schema *before = declare(NAME, "string name = 2;"), *after = declare(NAME, "\n\nstring name = 9;");
  struct problems problems = {.arena = arena_new(0)};
  compatibility_check(before, after, &problems);
  assert_int_equal(problems.n, 1);
  assert_string_equal(problems.items[0].place, "test.proto:6");
  arena_free(problems.arena);
  schema_unref(before);
  schema_unref(after);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_each_change_is_judged),
      cmocka_unit_test(test_a_set_breaks_nothing_of_its_own),
      cmocka_unit_test(test_places_are_those_of_the_newer_set),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

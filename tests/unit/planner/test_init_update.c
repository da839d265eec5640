/*
 * test_init_update.c - named edits: a database changes, or a file was edited by hand, and --update changes
 * just so many lines.
 *
 * Each case writes the files of a catalog, edits test/v1/test.proto by hand (a text for another), updates it
 * to a second catalog and compares the difference, line by line, with what was expected.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/planner/differences.h"
#include "unit/planner/init_fixture.h"

#define AUTHORS                                                                                              \
  "table authors\n"                                                                                          \
  "  id int8 primary key\n"                                                                                  \
  "  name text not null\n"
#define BOOKS_HEAD                                                                                           \
  "table books\n"                                                                                            \
  "  id int8 primary key\n"                                                                                  \
  "  title text not null\n"
#define BOOKS                                                                                                \
  BOOKS_HEAD "  subtitle text\n"                                                                             \
             "  author_id int8 not null -> authors(id)\n"
#define MOODS "enum mood: sad, ok\n"
#define BOOKS_WITH_MOOD BOOKS "  mood mood\n"

#define MAIN "test/v1/test.proto"

struct by_hand {
  const char *find, *replace;
};

struct edit_case {
  const char *name;
  const char *before, *after; /* catalogs */
  struct by_hand edits[3];
  const char *expected; /* "-line\n+line\n", then new files and notes */
};

/* What Book looks like before anything happens:
 *   id 1, title 2, subtitle 3, author_id 4, author 5; Author: id 1, name 2, books 3 */
static const struct edit_case cases[] = {
    {"nothing new changes nothing", AUTHORS BOOKS, AUTHORS BOOKS, {{0}}, ""},
    {"a new column is one line",
     AUTHORS BOOKS,
     AUTHORS BOOKS "  pages int4\n",
     {{0}},
     "+  optional int32 pages = 6;\n"},
    {"a new column in the middle of the table takes no number away",
     AUTHORS BOOKS,
     AUTHORS BOOKS_HEAD "  pages int4 not null\n  subtitle text\n  author_id int8 not null -> authors(id)\n",
     {{0}},
     "+  int32 pages = 6;\n"},
    {"a dropped column leaves its number and name reserved",
     AUTHORS BOOKS,
     AUTHORS BOOKS_HEAD "  author_id int8 not null -> authors(id)\n",
     {{0}},
     "-  optional string subtitle = 3;\n+  reserved 3;\n+  reserved \"subtitle\";\n"},
    {"comments around a dropped column stay",
     AUTHORS BOOKS,
     AUTHORS BOOKS_HEAD "  author_id int8 not null -> authors(id)\n",
     {{"  optional string subtitle = 3;",
       "  // Below the title.\n  optional string subtitle = 3; // seldom"}},
     "-  optional string subtitle = 3; // seldom\n+  reserved 3;\n+  reserved \"subtitle\"; // seldom\n"},
    {"a renamed field is known by its column",
     AUTHORS BOOKS,
     AUTHORS BOOKS,
     {{"optional string subtitle = 3;",
       "optional string second_title = 3 [(rowan.v1.field).column = \"subtitle\"];"}},
     ""},
    {"a renamed field goes with its column",
     AUTHORS BOOKS,
     AUTHORS BOOKS_HEAD "  author_id int8 not null -> authors(id)\n",
     {{"optional string subtitle = 3;",
       "optional string second = 3 [(rowan.v1.field) = {column: 'subtitle'}];"}},
     "-  optional string second = 3 [(rowan.v1.field) = {column: 'subtitle'}];\n"
     "+  reserved 3;\n+  reserved \"second\";\n"},
    {"the order of fields is the editor's",
     AUTHORS BOOKS,
     AUTHORS BOOKS "  pages int4\n",
     {{"  string title = 2;\n  optional string subtitle = 3;\n",
       "  optional string subtitle = 3;\n\n  string title = 2;\n"}},
     "+  optional int32 pages = 6;\n"},
    {"a number never used follows the highest",
     AUTHORS BOOKS,
     AUTHORS BOOKS "  pages int4\n",
     {{"string title = 2;", "string title = 40;"}},
     "+  optional int32 pages = 41;\n"},
    {"reserved numbers count as used",
     AUTHORS BOOKS,
     AUTHORS BOOKS "  pages int4\n",
     {{"  string title = 2;", "  reserved 7, 9 to 12;\n  string title = 2;"}},
     "+  optional int32 pages = 13;\n"},
    {"where all above is reserved the lowest number that is free will do",
     AUTHORS BOOKS,
     AUTHORS BOOKS "  pages int4\n  weight int4\n",
     {{"  string title = 2;", "  reserved 6 to 8, 11 to max;\n  string title = 2;"}},
     "+  optional int32 pages = 9;\n+  optional int32 weight = 10;\n"},
    {"an enum may use the highest number there is",
     MOODS AUTHORS BOOKS_WITH_MOOD,
     "enum mood: sad, ok, fine\n" AUTHORS BOOKS_WITH_MOOD,
     {{"MOOD_OK = 2;", "MOOD_OK = 0x7fffffff;"}},
     "+  MOOD_FINE = 2;\n"},
    {"protobuf's own numbers are passed over",
     AUTHORS BOOKS,
     AUTHORS BOOKS "  pages int4\n",
     {{"string title = 2;", "string title = 18999;"}},
     "+  optional int32 pages = 20000;\n"},
    {"a field taken out on purpose does not come back",
     AUTHORS BOOKS,
     AUTHORS BOOKS,
     {{"  optional string subtitle = 3;\n", "  reserved 3;\n  reserved \"subtitle\";\n"}},
     ""},
    {"derived fields are the editor's",
     AUTHORS BOOKS,
     AUTHORS BOOKS "  pages int4\n",
     {{"  string title = 2;\n",
       "  string title = 2;\n  string author_name = 8 [(rowan.v1.field).source = \"author.name\"];\n"
       "  int64 n = 9 [(rowan.v1.field).aggregate = {count: \"chapters\"}];\n"
       "  bool ours = 10 [(rowan.v1.field).ignore = true];\n"}},
     "+  optional int32 pages = 11;\n"},
    {"unknown options and comments stay",
     AUTHORS BOOKS,
     AUTHORS BOOKS "  pages int4\n",
     {{"  string title = 2;", "  /* The title; } { */ string title = 2 [deprecated = true, (acme.rule) = "
                              "{max_len: 5 in: [1, 2] x <y: -1>},"
                              " json_name = \"t\\\"}\"]; // }"},
      {"message Book {", "message Book { // books"}},
     "+  optional int32 pages = 6;\n"},
    {"nested messages, enums, oneofs, maps and extensions are passed over",
     AUTHORS BOOKS,
     AUTHORS BOOKS "  pages int4\n",
     {{"  string title = 2;\n",
       "  string title = 2;\n  message Part { string pages = 1; }\n  enum Kind { KIND_A = 0; }\n"
       "  oneof choice {\n    option (x) = 1;\n    string a = 20 [(rowan.v1.field).ignore = true];\n"
       "  }\n  map<string, string> m = 21 [(rowan.v1.field).ignore = true];\n  option deprecated = true;\n"}},
     "+  optional int32 pages = 22;\n"},
    {"a type that is declared elsewhere is the editor's",
     AUTHORS BOOKS,
     AUTHORS BOOKS,
     {{"  string title = 2;\n", "  string title = 2;\n  repeated shop.v1.Shelf shelves = 7;\n"}},
     ""},
    {"a name that is taken gives way",
     AUTHORS BOOKS,
     AUTHORS BOOKS "  pages int4\n",
     {{"  string title = 2;\n",
       "  string title = 2;\n  string pages = 7 [(rowan.v1.field).source = \"author.name\"];\n"}},
     "+  optional int32 pages_2 = 8 [(rowan.v1.field).column = \"pages\"];\n"},
    {"a renamed message keeps its table, and new relations its name",
     AUTHORS BOOKS,
     AUTHORS BOOKS "  editor_id int8 -> authors(id)\n",
     {{"message Author {", "message Writer {"}, {"  Author author = 5", "  Writer author = 5"}},
     "+  repeated Book editor_books = 4 [\n"
     "+    (rowan.v1.field).relation = {foreign_key: \"books_editor_id_fkey\"},\n"
     "+    (google.api.field_behavior) = OUTPUT_ONLY\n+  ];\n"
     "+  optional int64 editor_id = 6;\n"
     "+  Writer editor = 7 [\n"
     "+    (rowan.v1.field).relation = {foreign_key: \"books_editor_id_fkey\"},\n"
     "+    (google.api.field_behavior) = OUTPUT_ONLY\n+  ];\n"},
    {"a dropped foreign key is reserved on both sides",
     AUTHORS BOOKS,
     AUTHORS BOOKS_HEAD "  subtitle text\n  author_id int8 not null\n",
     {{0}},
     "-  repeated Book books = 3 [\n"
     "-    (rowan.v1.field).relation = {foreign_key: \"books_author_id_fkey\"},\n"
     "-    (google.api.field_behavior) = OUTPUT_ONLY\n-  ];\n"
     "+  reserved 3;\n+  reserved \"books\";\n"
     "-  Author author = 5 [\n"
     "-    (rowan.v1.field).relation = {foreign_key: \"books_author_id_fkey\"},\n"
     "-    (google.api.field_behavior) = OUTPUT_ONLY\n-  ];\n"
     "+  reserved 5;\n+  reserved \"author\";\n"},
    {"a relation narrowed by hand stays as it is",
     AUTHORS BOOKS,
     AUTHORS BOOKS,
     {{"{foreign_key: \"books_author_id_fkey\"},\n    (google.api.field_behavior) = OUTPUT_ONLY\n  ];\n}",
       "{\n      foreign_key: \"books_author_id_fkey\"\n      filter: \"title:*\"\n    }];\n}"}},
     ""},
    {"a relation by columns is known by them",
     AUTHORS BOOKS,
     AUTHORS BOOKS,
     {{"  Author author = 5 [\n    (rowan.v1.field).relation = {foreign_key: \"books_author_id_fkey\"},",
       "  Author written_by = 5 [\n    (rowan.v1.field).relation = {columns: \"author_id\"},"}},
     ""},
    {"a relation without annotation is known by its target",
     AUTHORS BOOKS,
     AUTHORS BOOKS,
     {{"  Author author = 5 [\n    (rowan.v1.field).relation = {foreign_key: \"books_author_id_fkey\"},\n    "
       "(google.api.field_behavior) = OUTPUT_ONLY\n  ];",
       "  Author writer = 5;"}},
     ""},
    {"new labels get numbers of their own, lost ones are reserved",
     MOODS AUTHORS BOOKS_WITH_MOOD,
     "enum mood: sad, so_so, fine\n" AUTHORS BOOKS_WITH_MOOD,
     {{0}},
     "-  MOOD_OK = 2;\n+  reserved 2;\n+  reserved \"MOOD_OK\";\n+  MOOD_SO_SO = 3;\n+  MOOD_FINE = 4;\n"},
    {"a renamed enum is known by the field that has it",
     MOODS AUTHORS BOOKS_WITH_MOOD,
     "enum mood: sad, ok, fine\n" AUTHORS BOOKS_WITH_MOOD,
     {{"enum Mood {\n  MOOD_UNSPECIFIED = 0;\n  MOOD_SAD = 1;\n  MOOD_OK = 2;",
       "enum Feeling {\n  FEELING_UNSPECIFIED = 0;\n  FEELING_BLUE = 7 [(rowan.v1.enum_value).label = "
       "\"sad\"];\n"
       "  FEELING_OK = 2;"},
      {"optional Mood mood", "optional Feeling mood"}},
     "+  FEELING_FINE = 8;\n"},
    {"an enum that was made a string stays one",
     MOODS AUTHORS BOOKS_WITH_MOOD,
     "enum mood: sad, ok, fine\n" AUTHORS BOOKS_WITH_MOOD,
     {{"optional Mood mood", "optional string mood"},
      {"\n// The type mood.\nenum Mood {\n  MOOD_UNSPECIFIED = 0;\n  MOOD_SAD = 1;\n  MOOD_OK = 2;\n}\n",
       ""}},
     ""},
    {"an import stands where it sorts",
     AUTHORS BOOKS,
     AUTHORS BOOKS "  made timestamptz\n",
     {{0}},
     "+import \"google/protobuf/timestamp.proto\";\n+  google.protobuf.Timestamp made = 6;\n"},
    {"an import that is there is not repeated",
     AUTHORS BOOKS,
     AUTHORS BOOKS "  made timestamptz\n",
     {{"import \"rowan/v1/annotations.proto\";",
       "import \"rowan/v1/annotations.proto\";\nimport public 'google/protobuf/timestamp.proto'; // times"}},
     "+  google.protobuf.Timestamp made = 6;\n"},
    {"lines end as the file's do",
     AUTHORS BOOKS,
     AUTHORS BOOKS "  pages int4\n",
     {{"\n", "\r\n"}},
     "+  optional int32 pages = 6;\r\n"},
    {"indentation is the file's",
     AUTHORS BOOKS,
     AUTHORS BOOKS_HEAD "  author_id int8 not null -> authors(id)\n  pages int4\n",
     {{"\n  ", "\n\t"}},
     "-\toptional string subtitle = 3;\n+\treserved 3;\n+\treserved \"subtitle\";\n+\toptional int32 pages = "
     "6;\n"},
    {"a message on one line is opened",
     AUTHORS BOOKS "table notes\n  id int8 primary key\n  book_id int8 -> books(id)\n",
     AUTHORS BOOKS "table notes\n  id int8 primary key\n  book_id int8 -> books(id)\n  body text\n",
     {{"// A row of notes.\nmessage Note {\n  option (rowan.v1.resource) = {table: \"notes\"};\n\n  int64 id "
       "= 1 "
       "[(google.api.field_behavior) = IDENTIFIER];\n  optional int64 book_id = 2;\n",
       "message Note { option (rowan.v1.resource) = {table: \"notes\"}; int64 id = 1; optional int64 book_id "
       "= 2; Book "
       "book = 3; }\nmessage Other {\n  string x = 1;\n"}},
     "-message Note { option (rowan.v1.resource) = {table: \"notes\"}; int64 id = 1; optional int64 book_id "
     "= 2; Book "
     "book = 3; }\n"
     "+message Note { option (rowan.v1.resource) = {table: \"notes\"}; int64 id = 1; optional int64 book_id "
     "= 2; Book "
     "book = 3; \n"
     "+  optional string body = 4;\n+}\n"},
    {"a new table joins the file of those it is connected with, with a service of its own",
     AUTHORS BOOKS,
     AUTHORS BOOKS "table notes\n  id int8 primary key\n  book_id int8 not null -> books(id)\n",
     {{0}},
     "+  repeated Note notes = 6 [\n"
     "+    (rowan.v1.field).relation = {foreign_key: \"notes_book_id_fkey\"},\n"
     "+    (google.api.field_behavior) = OUTPUT_ONLY\n+  ];\n"
     "+\n+// A row of notes.\n+message Note {\n+  option (rowan.v1.resource) = {table: \"notes\"};\n+\n"
     "+  int64 id = 1 [(google.api.field_behavior) = IDENTIFIER];\n+  int64 book_id = 2;\n+\n"
     "+  Book book = 3 [\n"
     "+    (rowan.v1.field).relation = {foreign_key: \"notes_book_id_fkey\"},\n"
     "+    (google.api.field_behavior) = OUTPUT_ONLY\n+  ];\n+}\n"
     "file: test/v1/note_service.proto\n"},
    {"a table left out by a comment stays out",
     AUTHORS BOOKS,
     AUTHORS BOOKS "table notes\n  id int8 primary key\n",
     {{"// A row of books.", "// rowan init: leave out public.notes, others\n// A row of books."}},
     ""},
    {"a dropped table is told of, not taken out",
     AUTHORS BOOKS,
     AUTHORS,
     {{0}},
     "-  repeated Book books = 3 [\n"
     "-    (rowan.v1.field).relation = {foreign_key: \"books_author_id_fkey\"},\n"
     "-    (google.api.field_behavior) = OUTPUT_ONLY\n-  ];\n"
     "+  reserved 3;\n+  reserved \"books\";\n"
     "note: Book: the database no longer has the table books; take the message out by hand\n"},
    {"a column that the role may no longer read stays",
     AUTHORS BOOKS,
     AUTHORS BOOKS_HEAD "  subtitle text hidden\n  author_id int8 not null -> authors(id)\n",
     {{0}},
     ""},
    {"a lost member of a oneof is told of",
     AUTHORS BOOKS,
     AUTHORS BOOKS_HEAD "  author_id int8 not null -> authors(id)\n",
     {{"  optional string subtitle = 3;", "  oneof below {\n    string subtitle = 3;\n  }"}},
     "note: Book.subtitle: the database no longer has it; a oneof reserves nothing, take it out by hand\n"},
    {"a message that says only its table is completed, with its service",
     AUTHORS BOOKS "table totals view\n  year int4\n  sold int8\n",
     AUTHORS BOOKS "table totals view\n  year int4\n  sold int8\n",
     {{"// A row of books.", "message Total {\n  option (rowan.v1.resource) = {table: \"totals\" key: "
                             "[\"year\"]};\n}\n\n// A row of books."}},
     "+  int32 year = 1 [(google.api.field_behavior) = IDENTIFIER];\n+  optional int64 sold = 2;\n"
     "file: test/v1/total_service.proto\n"},
};

/* ---- by hand ---- */

static const char *replace_all(struct arena *arena, const char *text, const struct by_hand *edit,
                               const char *name)
{
  struct strbuf result = {0};
  size_t len = strlen(edit->find), n = 0;
  bool all = len <= 3; /* line ends and indents, wherever they are */
  for (const char *p = text; *p != '\0';) {
    if (strncmp(p, edit->find, len) == 0 && (all || n == 0)) {
      strbuf_puts(&result, edit->replace);
      p += len;
      n++;
    } else {
      strbuf_putc(&result, *p++);
    }
  }
  if (n == 0)
    fail_msg("%s: no \"%s\" to edit in\n%s", name, edit->find, text);
  const char *copy = arena_strdup(arena, strbuf_text(&result));
  strbuf_done(&result);
  return copy;
}

static void edit_by_hand(struct init_world *world, const struct edit_case *edit)
{
  for (size_t i = 0; i < world->result.files.n; i++) {
    struct init_file *file = &world->result.files.items[i];
    for (size_t j = 0; strcmp(file->path, MAIN) == 0 && j < LENGTH_OF(edit->edits) && edit->edits[j].find;
         j++)
      file->text = replace_all(world->arena, file->text, &edit->edits[j], edit->name);
  }
}

/* ---- what has changed ---- */

static const char *text_of(const struct init_files *files, const char *path)
{
  for (size_t i = 0; i < files->n; i++)
    if (strcmp(files->items[i].path, path) == 0)
      return files->items[i].text;
  return NULL;
}

static void describe(struct init_world *before, struct init_world *after, struct strbuf *ret)
{
  for (size_t i = 0; i < after->result.files.n; i++) {
    const struct init_file *file = &after->result.files.items[i];
    const char *old = text_of(&before->result.files, file->path);
    if (old != NULL)
      differences_add(after->arena, old, file->text, ret);
  }
  for (size_t i = 0; i < after->result.files.n; i++)
    if (text_of(&before->result.files, after->result.files.items[i].path) == NULL)
      strbuf_printf(ret, "file: %s\n", after->result.files.items[i].path);
  for (size_t i = 0; i < after->result.notes.n; i++)
    strbuf_printf(ret, "note: %s\n", after->result.notes.items[i]);
}

/* ---- the cases ---- */

static void test_edits(void **state)
{
  for (size_t i = 0; i < LENGTH_OF(cases); i++) {
    struct init_world before = init_world_new(cases[i].before, NULL);
    edit_by_hand(&before, &cases[i]);
    struct init_world after =
        init_world_update(catalog_from_text(cases[i].after), NULL, &before.result.files);
    struct strbuf found = {0};
    describe(&before, &after, &found);
    if (strcmp(strbuf_text(&found), cases[i].expected) != 0)
      fail_msg("%s:\n%s\nexpected:\n%s", cases[i].name, strbuf_text(&found), cases[i].expected);
    strbuf_done(&found);
    init_world_done(&after);
    init_world_done(&before);
  }
}

/* A second update finds nothing to do. */
static void test_updates_settle(void **state)
{
  for (size_t i = 0; i < LENGTH_OF(cases); i++) {
    struct init_world before = init_world_new(cases[i].before, NULL);
    edit_by_hand(&before, &cases[i]);
    struct init_world after =
        init_world_update(catalog_from_text(cases[i].after), NULL, &before.result.files);
    struct init_files files = {0};
    for (size_t j = 0; j < before.result.files.n; j++)
      if (text_of(&after.result.files, before.result.files.items[j].path) == NULL)
        VEC_PUSH(before.arena, &files, before.result.files.items[j]);
    for (size_t j = 0; j < after.result.files.n; j++)
      VEC_PUSH(before.arena, &files, after.result.files.items[j]);
    struct init_world again = init_world_update(catalog_from_text(cases[i].after), NULL, &files);
    if (again.result.files.n > 0)
      fail_msg("%s: %s changed again:\n%s", cases[i].name, again.result.files.items[0].path,
               again.result.files.items[0].text);
    init_world_done(&again);
    init_world_done(&after);
    init_world_done(&before);
  }
}

/* Messages that were moved to files of their own may not end up importing each other. */
static void test_a_cycle_of_imports_is_left_out(void **state)
{
  static const char head[] =
      "syntax = \"proto3\";\npackage test.v1;\nimport \"rowan/v1/annotations.proto\";\n";
  struct arena *arena = arena_new(0);
  struct init_file items[] = {
      {"test/v1/author.proto",
       arena_printf(
           arena,
           "%smessage Author {\n  option (rowan.v1.resource) = {table: \"authors\"};\n  int64 id = 1;\n"
           "  string name = 2;\n}\n",
           head)},
      {"test/v1/book.proto",
       arena_printf(
           arena,
           "%simport \"test/v1/author.proto\";\nmessage Book {\n  option (rowan.v1.resource) = {table: "
           "\"books\"};\n  int64 id = 1;\n  string title = 2;\n  optional string subtitle = 3;\n"
           "  int64 author_id = 4;\n  Author author = 5;\n}\n",
           head)}};
  struct init_files files = {items, 2, 2};
  struct init_world world = init_world_update(catalog_from_text(AUTHORS BOOKS), NULL, &files);
  assert_int_equal(world.result.files.n, 0);
  assert_int_equal(world.result.notes.n, 1);
  assert_string_equal(
      world.result.notes.items[0],
      "Author.books: left out, since test/v1/author.proto and test/v1/book.proto would import "
      "each other; move their messages into one file");
  init_world_done(&world);
  arena_free(arena);
}

/* Files that cannot be followed are refused by line, and never half read. */
static void test_refuses_broken_files(void **state)
{
  static const struct {
    const char *text, *message;
  } broken[] = {
      {"package test.v1;\nmessage A {\n  int64 id = ;\n}\n", "test/v1/x.proto:3: expected a number"},
      {"package test.v1;\nmessage A {\n  int64 id = 1;\n", "test/v1/x.proto:4: expected \"}\""},
      {"package test.v1;\n/* open", "test/v1/x.proto:2: expected the end of the comment"},
      {"package test.v1;\nmessage A { string a = 1 [x = \"open];\n}",
       "test/v1/x.proto:2: expected the end of the string"},
      {"package test.v1;\nservice S {\n", "test/v1/x.proto:3: expected the end of the statement"},
      {"package test.v1;\n}", "test/v1/x.proto:2: expected a declaration"},
      {"package test.v1;\nenum E { A = 0; B }\n", "test/v1/x.proto:2: expected an enum value"},
      {"package test.v1;\nmessage A { option (x) = {a: [1, }; }\n", "test/v1/x.proto:2: expected a value"},
  };
  struct init_options options = init_world_options();
  for (size_t i = 0; i < LENGTH_OF(broken); i++) {
    struct catalog *catalog = catalog_from_text(AUTHORS);
    struct init_file file = {"test/v1/x.proto", broken[i].text};
    struct init_files files = {&file, 1, 1};
    struct arena *arena = arena_new(0);
    struct init_result result;
    struct error error;
    assert_false(init_generate(catalog, &options, &files, arena, &result, &error));
    assert_string_equal(error.message, broken[i].message);
    arena_free(arena);
    catalog_free(catalog);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_edits),
      cmocka_unit_test(test_updates_settle),
      cmocka_unit_test(test_a_cycle_of_imports_is_left_out),
      cmocka_unit_test(test_refuses_broken_files),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

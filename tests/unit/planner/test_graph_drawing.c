#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "planner/graph_drawing.h"
#include "support/graph_world.h"

static const char catalog[] = "table users\n  id int8 primary key\n"
                              "table posts\n  id int8 primary key\n  author_id int8 not null -> users(id)\n"
                              "table readings\n  user_id int8 not null -> users(id)\n  post_id int8 not null "
                              "-> posts(id)\n  primary key (user_id, post_id)\n";

static const char declarations[] =
    "message User {\noption (rowan.v1.resource) = {};\nint64 id = 1;\n"
    "repeated Post posts = 2;\nrepeated Post read = 3 [(rowan.v1.field).relation = {through: {table: "
    "\"readings\"}}];\n}\n"
    "message Post {\noption (rowan.v1.resource) = {};\nint64 id = 1;\nUser author = 2;\n}\n"
    "message Thing {\noption (rowan.v1.resource) = {};\nint64 id = 1;\n}\n";

static void expect_drawing(enum drawing_format format, const char *expected)
{
  struct graph_world world = world_from_text(catalog, declarations);
  struct strbuf text = {0};
  graph_draw(world.graph, format, &text);
  assert_string_equal(strbuf_text(&text), expected);
  strbuf_done(&text);
  world_done(&world);
}

static void test_mermaid(void **state)
{
  expect_drawing(DRAWING_MERMAID, "flowchart LR\n"
                                  "  r0[\"test.v1.User<br/>public.users\"]\n"
                                  "  r1[\"test.v1.Post<br/>public.posts\"]\n"
                                  "  r2[\"test.v1.Thing\"]:::broken\n"
                                  "  r0 ==>|\"posts\"| r1\n"
                                  "  r0 ==>|\"read via readings\"| r1\n"
                                  "  r1 -->|\"author\"| r0\n"
                                  "  classDef broken stroke-dasharray: 4\n");
}

static void test_dot(void **state)
{
  expect_drawing(DRAWING_DOT, "digraph rowan {\n  rankdir=LR;\n  node [shape=box];\n"
                              "  r0 [label=\"test.v1.User\\npublic.users\"];\n"
                              "  r1 [label=\"test.v1.Post\\npublic.posts\"];\n"
                              "  r2 [label=\"test.v1.Thing\", style=dashed];\n"
                              "  r0 -> r1 [label=\"posts\", arrowhead=crow];\n"
                              "  r0 -> r1 [label=\"read via readings\", arrowhead=crow];\n"
                              "  r1 -> r0 [label=\"author\"];\n"
                              "}\n");
}

static void test_formats_by_name(void **state)
{
  enum drawing_format format = DRAWING_MERMAID;
  assert_true(drawing_format_parse("dot", &format));
  assert_int_equal(format, DRAWING_DOT);
  assert_true(drawing_format_parse("mermaid", &format));
  assert_int_equal(format, DRAWING_MERMAID);
  assert_false(drawing_format_parse("svg", &format));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_mermaid),
      cmocka_unit_test(test_dot),
      cmocka_unit_test(test_formats_by_name),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

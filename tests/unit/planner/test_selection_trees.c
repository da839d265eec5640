/*
 * How masks select relations of a resource to itself, and messages embedded in its row.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "planner/selection.h"
#include "support/graph_world.h"

static const char catalog[] =
    "table nodes\n  id int8 primary key\n  name text\n  parent_id int8 -> nodes(id)\n"
    "  home_city text\n  home_zip int4\n";

static const char declarations[] =
    "message Place { string city = 1; int32 zip = 2; }\n"
    "message Node { option (rowan.v1.resource) = {default_mask: \"*,children\"}; int64 id = 1; string name = "
    "2;\n"
    "  Node parent = 3; repeated Node children = 4 [(rowan.v1.field).relation = {max_depth: 4}];\n"
    "  bool more = 5 [(rowan.v1.field).has_more = \"children\"];\n"
    "  Place home = 6 [(rowan.v1.field).embed = {prefix: \"home_\"}]; }\n";

/* The mask's paths are separated by spaces. */
static void expect(const struct graph_world *world, const char *mask, const char *expected)
{
  static const struct planner_limits limits = PLANNER_LIMITS_DEFAULT;
  struct arena *arena = arena_new(0);
  struct str paths[8];
  size_t n = 0;
  for (const char *at = mask; *at != '\0' && n < LENGTH_OF(paths);) {
    paths[n++] = (struct str){at, strcspn(at, " ")};
    at += paths[n - 1].len + (at[paths[n - 1].len] == ' ');
  }
  struct mask asked = {.paths = paths, .n_paths = n};
  struct selection *selection;
  struct error error;
  struct strbuf text = {0};
  if (!selection_build_for(world->graph, world_resource(world, "Node"), &asked, &limits, arena, &selection,
                           &error))
    fail_msg("%s: %s", mask, error.message);
  selection_fingerprint(selection, &text);
  assert_string_equal(strbuf_text(&text), expected);
  strbuf_done(&text);
  arena_free(arena);
}

static void a_tree_is_one_level_that_leads_to_itself(void **state)
{
  struct graph_world world = world_from_text(catalog, declarations);
  world_must_be_sound(&world);
  expect(&world, "children.name", "children^4{name,children,more},more^4");
  expect(&world, "children", "children^4{id,name,children,more,home{city,zip}},more^4");
  expect(&world, "more", "children^4{children,more},more^4");
  expect(&world, "parent.children.id", "parent{children^4{id,children,more},more^4}");
  expect(&world, "children.parent.children.id",
         "children^4{parent{children^4{id,children,more},more^4},children,more},more^4");
  expect(&world, "", "id,name,children^4{id,name,children,more,home{city,zip}},more^4,home{city,zip}");
  world_done(&world);
}

static void levels_that_are_spelled_out_are_no_tree(void **state)
{
  struct graph_world world = world_from_text(catalog, declarations);
  expect(&world, "children.children.name", "children{children{name},more},more");
  expect(&world, "children.id children.children.name", "children{id,children{name},more},more");
  expect(&world, "children.children.children.name", "children{children{children{name},more},more},more");
  expect(&world, "children.*.children.name", "children{children{name},more},more");
  world_done(&world);
}

static void an_embedded_message_is_selected_like_a_part_of_the_row(void **state)
{
  struct graph_world world = world_from_text(catalog, declarations);
  expect(&world, "home.zip", "home{zip}");
  expect(&world, "home", "home{city,zip}");
  expect(&world, "home.*", "home{city,zip}");
  expect(&world, "home.zip *", "id,name,home{city,zip}");
  world_done(&world);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_tree_is_one_level_that_leads_to_itself),
      cmocka_unit_test(levels_that_are_spelled_out_are_no_tree),
      cmocka_unit_test(an_embedded_message_is_selected_like_a_part_of_the_row),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

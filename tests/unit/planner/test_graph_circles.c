/*
 * test_graph_circles.c - filters that ask for what they decide, and those that only look like it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "support/graph_world.h"

static const char catalog[] = "table teams\n"
                              "  id int8 primary key\n"
                              "table members\n"
                              "  id int8 primary key\n"
                              "  team_id int8 -> teams(id)\n"
                              "  boss_id int8 -> members(id)\n";

struct filters {
  const char *team, *member, *members, *count;
};

static struct graph_world world_of(const struct filters *filters)
{
  char text[2000];
  snprintf(text, sizeof text,
           "message Team {\n"
           "  option (rowan.v1.resource) = {table: \"teams\" filter: \"%s\"};\n"
           "  int64 id = 1;\n"
           "  repeated Member members = 2 [(rowan.v1.field).relation = {filter: \"%s\"}];\n"
           "  int64 member_count = 3 [(rowan.v1.field).aggregate = {count: \"members\" filter: \"%s\"}];\n"
           "}\n"
           "message Member {\n"
           "  option (rowan.v1.resource) = {table: \"members\" filter: \"%s\"};\n"
           "  int64 id = 1;\n"
           "  Team team = 2;\n"
           "  Member boss = 3;\n"
           "}\n",
           filters->team, filters->members, filters->count, filters->member);
  return world_from_text(catalog, text);
}

static void circles_are_told_once_with_the_way_round(void **state)
{
  static const struct {
    struct filters filters;
    const char *says;
  } cases[] = {
      {{"members:*", "team:*", "", ""}, "filter: leads back to itself, by way of Team.members, Member.team"},
      {{"", "boss:*", "", ""}, "filter: leads back to itself, by way of Member.boss:"},
      {{"", "NOT boss.team.id = 1 AND boss.id = 2", "", ""}, "by way of Member.boss"},
      {{"member_count > 1", "team.id = 1", "", ""}, "by way of Team.members, Member.team"},
      {{"", "", "exists(team, (members:*))", ""},
       "relation.filter: leads back to itself, by way of Team.members, Team.members"},
      {{"", "", "", "team.member_count > 1"}, "aggregate.filter: leads back to itself"},
  };
  for (size_t i = 0; i < LENGTH_OF(cases); i++) {
    struct graph_world world = world_of(&cases[i].filters);
    size_t n = 0;
    for (size_t j = 0; j < world.problems.n; j++)
      n += !world.problems.items[j].warning && strstr(world.problems.items[j].message, "leads back") != NULL;
    if (n != 1)
      fail_msg("case %zu: %zu circles", i, n);
    bool said = false;
    for (size_t j = 0; j < world.problems.n; j++)
      said = said || strstr(world.problems.items[j].message, cases[i].says) != NULL;
    if (!said)
      fail_msg("case %zu: %s", i, world.problems.items[0].message);
    world_done(&world);
  }
}

static void a_way_that_ends_is_none(void **state)
{
  static const struct filters cases[] = {
      {"", "", "", ""},
      {"members:*", "", "", ""},
      {"", "team:*", "", ""},
      {"", "team.id = 1 OR NOT team:*", "", ""},
      {"members:*", "id > 0", "boss.boss:*", "team.members.boss:*"},
      {"member_count > 0", "", "boss:*", ""},
  };
  for (size_t i = 0; i < LENGTH_OF(cases); i++) {
    struct graph_world world = world_of(&cases[i]);
    for (size_t j = 0; j < world.problems.n; j++)
      if (strstr(world.problems.items[j].message, "leads back") != NULL)
        fail_msg("case %zu: %s", i, world.problems.items[j].message);
    world_done(&world);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(circles_are_told_once_with_the_way_round),
      cmocka_unit_test(a_way_that_ends_is_none),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_graph_claims.c - which claims may decide what is answered of a resource.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "support/graph_world.h"

static const char catalog[] = "table tenants\n"
                              "  id int8 primary key\n"
                              "table projects\n"
                              "  id int8 primary key\n"
                              "  tenant_id int8 -> tenants(id)\n"
                              "table tasks\n"
                              "  id int8 primary key\n"
                              "  project_id int8 -> projects(id)\n"
                              "  parent_id int8 -> tasks(id)\n"
                              "  level int4\n"
                              "table notes\n"
                              "  id int8 primary key\n"
                              "  text text\n";

static const char declarations[] =
    "message Tenant { option (rowan.v1.resource) = {table: \"tenants\"}; int64 id = 1; }\n"
    "message Project {\n"
    "  option (rowan.v1.resource) = {table: \"projects\" filter: \"column('tenant_id') = "
    "claim('tenant_id')\"};\n"
    "  int64 id = 1;\n"
    "  int64 easy_tasks = 2 [(rowan.v1.field).aggregate = {count: \"tasks\" filter: \"level <= "
    "claim('level')\"}];\n"
    "  repeated Task tasks = 3;\n"
    "}\n"
    "message Task {\n"
    "  option (rowan.v1.resource) = {table: \"tasks\"};\n"
    "  int64 id = 1;\n"
    "  int32 level = 2;\n"
    "  Project project = 3;\n"
    "  repeated Task children = 4 [(rowan.v1.field).relation = {filter: \"level = claim('own')\"}];\n"
    "}\n"
    "message Note { option (rowan.v1.resource) = {table: \"notes\"}; int64 id = 1; string text = 2; }\n";

/* The names of a set, in the order of their numbers. */
static const char *names_of(const struct graph_world *world, uint64_t claims, char ret[static 100])
{
  ret[0] = '\0';
  for (size_t i = 0; i < world->graph->claims.n; i++)
    if ((claims >> i & 1) != 0)
      strcat(strcat(ret, ret[0] == '\0' ? "" : " "), world->graph->claims.items[i]->name);
  return ret;
}

static void a_resource_has_the_claims_of_what_it_leads_to(void **state)
{
  static const struct {
    const char *resource, *claims;
  } cases[] = {
      {"Tenant", ""},
      {"Project", "tenant_id own level"},
      {"Task", "tenant_id own level"},
      {"Note", ""},
  };
  struct graph_world world = world_from_text(catalog, declarations);
  world_must_be_sound(&world);
  for (size_t i = 0; i < LENGTH_OF(cases); i++) {
    char names[100];
    assert_string_equal(names_of(&world, world_resource(&world, cases[i].resource)->claims, names),
                        cases[i].claims);
  }
  world_done(&world);
}

static void a_claim_of_no_type_is_a_problem(void **state)
{
  struct graph_world world = world_from_text(
      "table notes\n  id int8 primary key\n  at timestamptz\n",
      "message Note {\n"
      "  option (rowan.v1.resource) = {table: \"notes\" filter: \"column('at') = claim('at')\"};\n"
      "  int64 id = 1;\n"
      "}\n");
  assert_int_equal(world.problems.n_errors, 1);
  assert_non_null(strstr(world.problems.items[0].message, "cannot be compared with a claim"));
  assert_true(world_resource(&world, "Note")->broken);
  world_done(&world);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_resource_has_the_claims_of_what_it_leads_to),
      cmocka_unit_test(a_claim_of_no_type_is_a_problem),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

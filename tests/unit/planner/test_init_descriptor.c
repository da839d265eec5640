/*
 * test_init_descriptor.c - the descriptors of what rowan init would write.  That they are those which protoc
 * makes of the text is shown where protoc and a server stand side by side
 * (tests/integration/test_introspect.py).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/graph_world.h"
#include "unit/planner/init_fixture.h"

static struct schema *describe(const struct catalog *catalog)
{
  struct init_options options = init_world_options();
  struct init_notes notes;
  struct str set;
  struct error error;
  struct arena *arena = arena_new(0);
  if (!init_describe(catalog, &options, arena, &set, &notes, &error))
    fail_msg("init_describe: %s", error.message);
  struct schema *schema = schema_load(set.data, set.len, &error);
  if (schema == NULL)
    fail_msg("schema_load: %s", error.message);
  arena_free(arena);
  return schema;
}

static const struct schema_field *field_of(const struct schema *schema, const char *message, const char *name)
{
  const struct schema_message *of = schema_find_message(schema, message);
  assert_non_null(of);
  const struct schema_field *field = schema_message_field(of, str_from(name));
  assert_non_null(field);
  return field;
}

static const char thing_catalog[] = "enum mood: sad, 2-sad\n"
                                    "table owners\n  id int8 primary key\n"
                                    "table things\n"
                                    "  id int8 primary key\n"
                                    "  first_name text\n"
                                    "  mood mood\n"
                                    "  labels hstore\n"
                                    "  Size int4 not null\n"
                                    "  owner_id int8 -> owners(id)\n";

static void test_fields(void **state)
{
  struct catalog *catalog = catalog_from_text(thing_catalog);
  struct schema *schema = describe(catalog);
  const struct schema_field *name = field_of(schema, "test.v1.Thing", "first_name");
  assert_true(name->optional && name->oneof == NULL);
  assert_string_equal(name->json_name, "firstName");
  assert_false(field_of(schema, "test.v1.Thing", "id")->optional);
  assert_string_equal(field_of(schema, "test.v1.Thing", "size")->options->column, "Size");
  const struct schema_field *labels = field_of(schema, "test.v1.Thing", "labels");
  assert_true(labels->repeated && labels->message->map_entry);
  assert_string_equal(labels->message->full_name, "test.v1.Thing.LabelsEntry");
  const struct schema_field *owner = field_of(schema, "test.v1.Thing", "owner");
  assert_string_equal(owner->message->full_name, "test.v1.Owner");
  assert_string_equal(owner->options->relation->foreign_key, "things_owner_id_fkey");
  assert_true(field_of(schema, "test.v1.Owner", "things")->repeated);
  schema_unref(schema);
  catalog_free(catalog);
}

static void test_enums(void **state)
{
  struct catalog *catalog = catalog_from_text(thing_catalog);
  struct schema *schema = describe(catalog);
  const struct schema_enum *mood = field_of(schema, "test.v1.Thing", "mood")->enumeration;
  static const char *const names[] = {"MOOD_UNSPECIFIED", "MOOD_SAD", "MOOD_2_SAD"};
  assert_int_equal(mood->n_values, LENGTH_OF(names));
  for (size_t i = 0; i < LENGTH_OF(names); i++) {
    assert_string_equal(mood->values[i].name, names[i]);
    assert_int_equal(mood->values[i].number, i);
  }
  schema_unref(schema);
  catalog_free(catalog);
}

/* No error and no warning, as with the files. */
static void test_what_is_described_can_be_served(void **state)
{
  struct catalog *catalog = catalog_from_text(thing_catalog);
  struct schema *schema = describe(catalog);
  struct graph_world world = {.problems = {.arena = arena_new(0)}};
  world.graph = graph_build(schema, catalog, &world.problems);
  assert_int_equal(world.problems.n, 0);
  assert_int_equal(world.graph->n_methods, 8);
  assert_int_equal(world_method(&world, "StreamThings")->kind, METHOD_STREAM);
  world_done(&world);
}

static void test_a_database_without_tables(void **state)
{
  struct catalog *catalog = catalog_from_text("enum mood: sad\n");
  struct schema *schema = describe(catalog);
  assert_int_equal(schema->n_services, 0);
  assert_non_null(schema_find_file(schema, "rowan/v1/annotations.proto"));
  schema_unref(schema);
  catalog_free(catalog);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_fields),
      cmocka_unit_test(test_enums),
      cmocka_unit_test(test_what_is_described_can_be_served),
      cmocka_unit_test(test_a_database_without_tables),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

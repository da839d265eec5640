/*
 * test_expr.c - fingerprints: equal for conditions that differ in their arguments' values only.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "support/filter_world.h"

struct fixture {
  struct filter_world *world;
  struct arena *arena;
  struct strbuf text;
};

static int set_up(void **state)
{
  static struct fixture fixture;
  fixture = (struct fixture){.world = filter_world_new(), .arena = arena_new(0)};
  *state = &fixture;
  return 0;
}

static int tear_down(void **state)
{
  struct fixture *fixture = *state;
  strbuf_done(&fixture->text);
  arena_free(fixture->arena);
  filter_world_free(fixture->world);
  return 0;
}

static const char *fingerprint(struct fixture *fixture, enum filter_origin origin, const char *filter)
{
  struct arguments arguments = {0};
  struct filter_context context = {
      .resource = filter_world_resource(fixture->world, "Event"),
      .origin = origin,
      .field = "filter",
      .through = catalog_find_table(filter_world_catalog(fixture->world), STR("event_attendees")),
      .arena = fixture->arena,
      .arguments = &arguments};
  struct expr *expr;
  struct error error;
  if (!filter_parse(str_from(filter), &context, &expr, &error))
    fail_msg("%s: %s", filter, error.message);
  strbuf_clear(&fixture->text);
  expr_fingerprint(expr, &fixture->text);
  return arena_strdup(fixture->arena, strbuf_text(&fixture->text));
}

static void values_of_arguments_do_not_count(void **state)
{
  static const char *const same[][2] = {
      {"id = 1", "id=2"},
      {"id = 1", "id:1"},
      {"id = 1 AND name = 'x'", "(id = 7 name = y)"},
      {"id = (1 OR 2)", "id = (3 OR 4 OR 5)"},
      {"name = 'a*'", "name = '*b'"},
      {"attendees.name:Ann", "exists(attendees, (name = Bob))"},
      {"creator_name = Ann", "creator.name = Bob"},
      {"mood = MOOD_SAD", "mood = ok"},
      {"NOT creator:*", "-creator:*"},
  };
  for (size_t i = 0; i < LENGTH_OF(same); i++) {
    const char *first = fingerprint(*state, FILTER_OF_REQUEST, same[i][0]);
    assert_string_equal(first, fingerprint(*state, FILTER_OF_REQUEST, same[i][1]));
  }
}

/* No two of them agree. */
static void check_different(struct fixture *fixture, enum filter_origin origin, const char *const *filters,
                            size_t n)
{
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < i; j++) {
      const char *a = fingerprint(fixture, origin, filters[i]), *b = fingerprint(fixture, origin, filters[j]);
      if (strcmp(a, b) == 0)
        fail_msg("%s and %s: %s", filters[i], filters[j], a);
    }
}

static void everything_else_counts(void **state)
{
  static const char *const filters[] = {
      "id = 1",
      "id != 1",
      "id < 1",
      "id <= 1",
      "id > 1",
      "id >= 1",
      "id:*",
      "id = (1 OR 2)",
      "seats = 1",
      "name = a",
      "name = 'a*'",
      "tags:a",
      "tags:*",
      "creator:*",
      "creator.id = 1",
      "creator.id:*",
      "attendees:*",
      "attendees.id:1",
      "attendees.id:*",
      "attendees.organization:*",
      "exists(creator, (id = 1))",
      "attendee_count = 1",
      "id = 1 seats = 2",
      "id = 1 OR seats = 2",
      "seats = 1 id = 2",
      "id = 1 seats = 2 small = 3",
      "id = 1 (seats = 2 OR small = 3)",
      "(id = 1 seats = 2) OR small = 3",
      "NOT (id = 1 OR seats = 2)",
      "NOT id = 1 OR seats = 2",
      "id = 1 OR NOT seats = 2",
  };
  check_different(*state, FILTER_OF_REQUEST, filters, LENGTH_OF(filters));
}

static void inline_values_count(void **state)
{
  static const char *const filters[] = {
      "id = 1",
      "id = 11",
      "id = (1 OR 2)",
      "id = (1 OR 2 OR 3)",
      "id = (11 OR 2)",
      "name = \"1\"",
      "name = \"1'1\"",
      "column('name') = 2",
      "through('event_id') = 1",
      "name = '1*'",
      "seats = 1",
      "name = 'a) '",
      "name = 'a'",
      "column('deleted_at'):*",
      "through('rank') = 1",
  };
  check_different(*state, FILTER_OF_ANNOTATION, filters, LENGTH_OF(filters));
}

static void argument_numbers_and_types_count(void **state)
{
  struct fixture *fixture = *state;
  const struct catalog *catalog = filter_world_catalog(fixture->world);
  struct expr_value value = {.argument = 1, .type = catalog_find_type(catalog, 20)};
  struct expr expr = {.kind = EXPR_COMPARE, .values = &value, .n_values = 1};
  const char *texts[3];
  for (size_t i = 0; i < 3; i++) {
    value.argument = i == 1 ? 2 : 1;
    value.type = catalog_find_type(catalog, i == 2 ? 23 : 20);
    strbuf_clear(&fixture->text);
    expr_fingerprint(&expr, &fixture->text);
    texts[i] = arena_strdup(fixture->arena, strbuf_text(&fixture->text));
  }
  assert_string_not_equal(texts[0], texts[1]);
  assert_string_not_equal(texts[0], texts[2]);
}

/* Another process, or the same after a reload, must say the same. */
static void a_fingerprint_is_stable(void **state)
{
  static const char filter[] = "attendees.name:Ann creator.id = 5 attendee_count > 1 NOT creator:*";
  struct fixture *fixture = *state;
  const char *first = fingerprint(fixture, FILTER_OF_REQUEST, filter);
  struct filter_world *first_world = fixture->world;
  fixture->world = filter_world_new();
  assert_string_equal(first, fingerprint(fixture, FILTER_OF_REQUEST, filter));
  filter_world_free(first_world);
}

static void a_fingerprint_is_appended(void **state)
{
  struct fixture *fixture = *state;
  struct expr expr = {.kind = EXPR_AND};
  strbuf_clear(&fixture->text);
  strbuf_puts(&fixture->text, "before");
  expr_fingerprint(&expr, &fixture->text);
  assert_memory_equal(strbuf_text(&fixture->text), "before", 6);
  assert_true(fixture->text.len > 6);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(values_of_arguments_do_not_count),
      cmocka_unit_test(everything_else_counts),
      cmocka_unit_test(inline_values_count),
      cmocka_unit_test(argument_numbers_and_types_count),
      cmocka_unit_test(a_fingerprint_is_stable),
      cmocka_unit_test(a_fingerprint_is_appended),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}

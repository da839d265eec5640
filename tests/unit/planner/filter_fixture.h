/*
 * filter_fixture.h - filters and what becomes of them: the condition that an accepted one means, the words
 * that a refused one is refused with.
 */
#pragma once

#include "support/filter_world.h"

struct fixture {
  struct filter_world *world;
  struct arena *arena;
  struct arguments arguments;
  struct graph_claims claims;
  struct filter_context context;
  struct error error;
};

static inline void set_up(struct fixture *fixture, enum filter_origin origin)
{
  static const struct planner_limits limits = {.filter_bytes = 1000, .filter_terms = 20, .filter_depth = 8};
  *fixture = (struct fixture){.world = filter_world_new(), .arena = arena_new(0)};
  fixture->context = (struct filter_context){
      .graph = filter_world_graph(fixture->world),
      .resource = filter_world_resource(fixture->world, "Event"),
      .origin = origin,
      .limits = &limits,
      .field = "filter",
      .arena = fixture->arena,
      .arguments = origin == FILTER_OF_REQUEST ? &fixture->arguments : NULL,
      .claims = origin == FILTER_OF_ANNOTATION ? &fixture->claims : NULL,
  };
  if (origin == FILTER_OF_ANNOTATION)
    fixture->context.through =
        catalog_find_table(filter_world_catalog(fixture->world), STR("event_attendees"));
}

static inline void tear_down(struct fixture *fixture)
{
  arena_free(fixture->arena);
  filter_world_free(fixture->world);
}

struct accepted {
  const char *filter, *condition;
};

static inline void check_accepted(enum filter_origin origin, const struct accepted *cases, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    struct fixture fixture;
    struct expr *expr;
    struct strbuf text = {0};
    set_up(&fixture, origin);
    if (!filter_parse(str_from(cases[i].filter), &fixture.context, &expr, &fixture.error))
      fail_msg("%s: refused: %s", cases[i].filter, fixture.error.message);
    filter_world_print(expr, &fixture.arguments, &text);
    if (strcmp(strbuf_text(&text), cases[i].condition) != 0)
      fail_msg("%s\n     got: %s\nexpected: %s", cases[i].filter, strbuf_text(&text), cases[i].condition);
    strbuf_done(&text);
    tear_down(&fixture);
  }
}

struct refused {
  const char *filter, *message;
};

static inline void check_refused(enum filter_origin origin, const struct refused *cases, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    struct fixture fixture;
    struct expr *expr;
    set_up(&fixture, origin);
    if (filter_parse(str_from(cases[i].filter), &fixture.context, &expr, &fixture.error))
      fail_msg("%s: accepted", cases[i].filter);
    if (!strstr(fixture.error.message, cases[i].message))
      fail_msg("%s\n     got: %s\nexpected: %s", cases[i].filter, fixture.error.message, cases[i].message);
    assert_int_equal(fixture.error.code, ERROR_INVALID_ARGUMENT);
    assert_string_equal(fixture.error.reason, "INVALID_FILTER");
    assert_string_equal(fixture.error.field, "filter");
    tear_down(&fixture);
  }
}

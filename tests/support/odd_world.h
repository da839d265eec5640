/*
 * odd_world.h - a database and its declarations that hold what tends to break statements, and questions about
 * it.
 *
 * A hidden row between others, keys that are equal but not the same bytes (citext, numeric), composite keys
 * of different widths, a junction that holds pairs twice, a table under itself, names that need quotes.
 */
#pragma once

#include "support/plan_runner.h"
#include "support/scratch_database.h"

struct odd_world {
  struct scratch_database *database; /* NULL: no database to test with */
  struct graph *graph;
  struct arena *arena;
};

/* What is asked for.  Keys are texts, values separated by '/', keys by a blank. */
struct question {
  const char *resource; /* "Person" */
  const char *mask;
  const char *filter, *order; /* "" for none */
  const char *keys;           /* NULL for a page */
  const char *lookup[2];      /* the key's columns; unset for the primary key's */
  bool one;
  uint32_t limit; /* of a page; 0: 50 */
  const char *expected;
};

struct asked {
  struct plan_request request;
  struct arguments arguments;
  uint32_t limit;
};

/* Never NULL; aborts when the declarations do not fit. */
struct odd_world *odd_world_new(void);
/* The same of tables and declarations of the test's own. */
struct odd_world *odd_world_from(const char *sql, const char *declarations);
void odd_world_free(struct odd_world *world);

/* The question as the planner takes it; it fails the test when it makes no sense. */
struct asked odd_world_ask(struct odd_world *world, const struct question *question);

/* Adds an argument behind those that are there. */
void odd_world_push(struct odd_world *world, struct asked *asked, struct argument argument);

/* The plan with its statements; `limiting` overrides the planner's choice unless it is PLAN_LIMIT_NONE. */
struct plan *odd_world_plan(const struct asked *asked, enum plan_limiting limiting);

/* Runs the plan; the caller shows it by plan_print. */
struct plan_runner odd_world_run(struct odd_world *world, const struct asked *asked, const struct plan *plan);

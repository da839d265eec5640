/*
 * expect_answers.h - a question to a world of odd_world.h, and the answer that must come whichever strategy
 * fetched it: joined or by keys, embedded, by array or by ordinal, limited by LATERAL or by rank.
 */
#pragma once

#include "support/odd_world.h"

/* One strategy: that of the request's pins.  Prints the statements where the answer differs. */
void expect_answer(struct odd_world *world, const struct asked *asked, enum plan_limiting limiting,
                   const char *expected);

/* The same answer from every strategy.  Skips the test without a database. */
void expect_everywhere(struct odd_world *world, const struct question *question);
void expect_all(struct odd_world *world, const struct question *questions, size_t n);

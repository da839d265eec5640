#include "support/expect_answers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

void expect_answer(struct odd_world *world, const struct asked *asked, enum plan_limiting limiting,
                   const char *expected)
{
  struct plan *plan = odd_world_plan(asked, limiting);
  struct plan_runner runner = odd_world_run(world, asked, plan);
  struct strbuf text = {0};
  plan_print(&runner, plan, &text);
  if (strcmp(strbuf_text(&text), expected) != 0) {
    for (unsigned i = 0; i < plan->n_fetches; i++)
      print_message("%s\n\n", plan->statements[i].text);
    assert_string_equal(strbuf_text(&text), expected);
  }
  strbuf_done(&text);
  plan_unref(plan);
}

void expect_everywhere(struct odd_world *world, const struct question *question)
{
  static const enum plan_pin_to_one to_one[] = {PIN_TO_ONE_JOIN, PIN_TO_ONE_KEYS};
  static const enum plan_pin_to_many to_many[] = {PIN_TO_MANY_AUTO, PIN_TO_MANY_EMBED, PIN_TO_MANY_KEYS,
                                                  PIN_TO_MANY_ORDINAL};
  static const enum plan_limiting limitings[] = {PLAN_LIMIT_LATERAL, PLAN_LIMIT_ROW_NUMBER};
  if (!world->database)
    skip();
  struct asked asked = odd_world_ask(world, question);
  for (size_t i = 0; i < 16; i++) {
    asked.request.options.to_one = to_one[i % 2];
    asked.request.options.to_many = to_many[i / 2 % 4];
    expect_answer(world, &asked, limitings[i / 8], question->expected);
  }
}

void expect_all(struct odd_world *world, const struct question *questions, size_t n)
{
  for (size_t i = 0; i < n; i++)
    expect_everywhere(world, &questions[i]);
}

/*
 * test_statement.c - the SQL of plans, run against a real Postgres.  Skipped without ROWAN_TEST_DATABASE.
 *
 * Every tree must come out the same whichever strategy fetched it: joined or by keys, embedded, by array or
 * by ordinal, limited by LATERAL or by rank.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/expect_answers.h"

static int set_up(void **state)
{
  *state = odd_world_new();
  return 0;
}

static int tear_down(void **state)
{
  odd_world_free(*state);
  return 0;
}

static void test_trees(void **state)
{
  static const struct question questions[] = {
      {"Person", "id,email,rank,tags,boss.id,reports.email",
       .expected =
           "{id=1 email=Ann@x rank=1.50 tags=000000010000000000000413000000020000000100000001610000000162 "
           "reports[{email=bob@x} {email=Cid@x}]}\n"
           "{id=2 email=bob@x rank=1.5 tags=000000000000000000000413 boss{id=1} reports[{email=dan@x}]}\n"
           "{id=3 email=Cid@x rank=2 tags=00000001000000010000041300000002000000010000000162ffffffff "
           "boss{id=1} reports[]}\n"
           "{id=4 email=dan@x boss{id=2} reports[]}\n"
           "{id=6 email=fay@x rank=1.00 tags=00000001000000000000041300000001000000010000000361225c "
           "reports[]}\n"},
      {"Person", "id,boss.boss.boss.email,boss_email",
       .expected = "{id=1}\n"
                   "{id=2 boss{} boss_email=Ann@x}\n"
                   "{id=3 boss{} boss_email=Ann@x}\n"
                   "{id=4 boss{boss{}} boss_email=bob@x}\n"
                   "{id=6}\n"},
      {"Person", "id,reports.reports.reports.id,reports.boss.email",
       .expected = "{id=1 reports[{boss{email=Ann@x} reports[{reports[]}]} {boss{email=Ann@x} reports[]}]}\n"
                   "{id=2 reports[{boss{email=bob@x} reports[]}]}\n"
                   "{id=3 reports[]}\n"
                   "{id=4 reports[]}\n"
                   "{id=6 reports[]}\n"},
      {"Person", "id,logins.id,logins.person.email",
       .expected = "{id=1 logins[{id=1 person{email=Ann@x}} {id=2 person{email=Ann@x}}]}\n"
                   "{id=2 logins[{id=3 person{email=bob@x}}]}\n"
                   "{id=3 logins[]}\n"
                   "{id=4 logins[]}\n"
                   "{id=6 logins[]}\n"},
      {"Login", "id,mail,person.email,person.logins.id",
       .expected = "{id=1 mail=ann@X person{email=Ann@x logins[{id=1} {id=2}]}}\n"
                   "{id=2 mail=ANN@x person{email=Ann@x logins[{id=1} {id=2}]}}\n"
                   "{id=3 mail=bob@x person{email=bob@x logins[{id=3}]}}\n"},
      {"Person", "id,groups.name,top_groups.name",
       .expected = "{id=1 groups[{name=ten} {name=twenty}] top_groups[{name=ten}]}\n"
                   "{id=2 groups[{name=twenty}] top_groups[{name=twenty}]}\n"
                   "{id=3 groups[{name=ten}] top_groups[]}\n"
                   "{id=4 groups[] top_groups[]}\n"
                   "{id=6 groups[{name=twenty} {name=thirty}] top_groups[{name=thirty}]}\n"},
      {"Person", "id,top_groups.name",
       .expected = "{id=1 top_groups[{name=ten}]}\n"
                   "{id=2 top_groups[{name=twenty}]}\n"
                   "{id=3 top_groups[]}\n"
                   "{id=4 top_groups[]}\n"
                   "{id=6 top_groups[{name=thirty}]}\n"},
      {"Group", "group,quote,members.email,members.groups.group",
       .expected = "{group=10 quote=1.0 members[{email=Ann@x groups[{group=10} {group=20}]} {email=Cid@x "
                   "groups[{group=10}]}]}\n"
                   "{group=20 quote=1.00 members[{email=Ann@x groups[{group=10} {group=20}]} {email=bob@x "
                   "groups[{group=20}]} {email=fay@x groups[{group=20} {group=30}]}]}\n"
                   "{group=30 members[{email=fay@x groups[{group=20} {group=30}]}]}\n"},
      {"Person", "id,first_groups.name,first_groups_has_more,groups.members.id",
       .expected = "{id=1 groups[{members[{id=1} {id=3}]} {members[{id=1} {id=2} {id=6}]}] "
                   "first_groups[{name=twenty}] first_groups_has_more=true}\n"
                   "{id=2 groups[{members[{id=1} {id=2} {id=6}]}] first_groups[{name=twenty}]}\n"
                   "{id=3 groups[{members[{id=1} {id=3}]}] first_groups[{name=ten}]}\n"
                   "{id=4 groups[] first_groups[]}\n"
                   "{id=6 groups[{members[{id=1} {id=2} {id=6}]} {members[{id=6}]}] "
                   "first_groups[{name=twenty}] first_groups_has_more=true}\n"},
      {"Person", "id,followers.email,followers.followers.id",
       .expected = "{id=1 followers[{email=bob@x followers[{id=1}]} {email=Cid@x followers[]}]}\n"
                   "{id=2 followers[{email=Ann@x followers[{id=2} {id=3}]}]}\n"
                   "{id=3 followers[]}\n"
                   "{id=4 followers[]}\n"
                   "{id=6 followers[{email=fay@x followers[{id=6}]}]}\n"},
      {"Person", "id,first_reports.email",
       .expected = "{id=1 first_reports[{email=Cid@x}]}\n"
                   "{id=2 first_reports[{email=dan@x}]}\n"
                   "{id=3 first_reports[]}\n"
                   "{id=4 first_reports[]}\n"
                   "{id=6 first_reports[]}\n"},
      {"Room", "*,bookings.id,bookings.person.email",
       .expected =
           "{building=A number=1 title=a1 bookings[{id=1 person{email=Ann@x}} {id=2 person{email=bob@x}}]}\n"
           "{building=A number=2 title=a2 bookings[{id=5}]}\n"
           "{building=B number=1 title=b1 bookings[{id=3 person{email=Ann@x}}]}\n"},
      {"Booking", "id,room.title,room.bookings.id,person.id",
       .expected = "{id=1 room{title=a1 bookings[{id=1} {id=2}]} person{id=1}}\n"
                   "{id=2 room{title=a1 bookings[{id=1} {id=2}]} person{id=2}}\n"
                   "{id=3 room{title=b1 bookings[{id=3}]} person{id=1}}\n"
                   "{id=4 person{id=1}}\n"
                   "{id=5 room{title=a2 bookings[{id=5}]}}\n"},
  };
  expect_all(*state, questions, LENGTH_OF(questions));
}

static void test_keys_whose_equality_is_the_database_s(void **state)
{
  static const struct question questions[] = {
      {"Price", "amount,offers.id,offers.price.amount",
       .expected = "{amount=1.0 offers[{id=1 price{amount=1.0}} {id=2 price{amount=1.0}}]}\n"
                   "{amount=20 offers[{id=3 price{amount=20}}]}\n"},
      {"Price", "nick,by_nick.id,by_badge.id",
       .expected = "{nick=Low by_nick[{id=1} {id=2}] by_badge[{id=1}]}\n"
                   "{nick=High by_nick[] by_badge[{id=2}]}\n"},
      {"Offer", "id,amount,price.amount,named.nick,badged.badge",
       .expected = "{id=1 amount=1.000 price{amount=1.0} named{nick=Low} badged{badge=7}}\n"
                   "{id=2 amount=1.000 price{amount=1.0} named{nick=Low} badged{badge=8}}\n"
                   "{id=3 amount=20.000 price{amount=20}}\n"},
      {"Price", "nick", .keys = "1.00 20.0",
       .expected = "{nick=Low}\n"
                   "{nick=High}\n"},
      {"Price", "amount", .filter = "nick = \"LOW\"", .expected = "{amount=1.0}\n"},
      {"Price", "amount", .filter = "nick = \"L*\"", .expected = "{amount=1.0}\n"},
      {"Cheap", "*",
       .expected = "{id=1 amount=1.000 nick=LOW}\n"
                   "{id=2 amount=1.000 nick=low}\n"},
  };
  expect_all(*state, questions, LENGTH_OF(questions));
}

static void test_aggregates(void **state)
{
  static const struct question questions[] = {
      {"Person", "id,n_groups,n_reports,leads,least_rank,last_report,sum_quote,mean_group",
       .expected =
           "{id=1 n_groups=2 n_reports=1 leads=true least_rank=1.5 last_report=3 sum_quote=2.00 "
           "mean_group=15.0000000000000000}\n"
           "{id=2 n_groups=1 n_reports=0 leads=true last_report=4 sum_quote=1.00 "
           "mean_group=20.0000000000000000}\n"
           "{id=3 n_groups=1 n_reports=0 leads=false sum_quote=1.0 mean_group=10.0000000000000000}\n"
           "{id=4 n_groups=0 n_reports=0 leads=false}\n"
           "{id=6 n_groups=2 n_reports=0 leads=false sum_quote=1.00 mean_group=25.0000000000000000}\n"},
      {"Group", "group,members.n_groups,members.boss.n_reports",
       .expected = "{group=10 members[{n_groups=2} {boss{n_reports=1} n_groups=1}]}\n"
                   "{group=20 members[{n_groups=2} {boss{n_reports=1} n_groups=1} {n_groups=2}]}\n"
                   "{group=30 members[{n_groups=2}]}\n"},
  };
  expect_all(*state, questions, LENGTH_OF(questions));
}

static void test_roots_by_key(void **state)
{
  static const struct question questions[] = {
      {"Person", "id,reports.id", .keys = "1", .one = true, .expected = "{id=1 reports[{id=2} {id=3}]}\n"},
      {"Person", "id,reports.id", .keys = "5", .one = true, .expected = ""},
      {"Person", "id,email,groups.name", .keys = "ANN@X", .lookup = {"email"}, .one = true,
       .expected = "{id=1 email=Ann@x groups[{name=ten} {name=twenty}]}\n"},
      {"Person", "id,reports.id,first_groups.name", .keys = "3 1 99 1",
       .expected = "{id=3 reports[] first_groups[{name=ten}]}\n"
                   "{id=1 reports[{id=2} {id=3}] first_groups[{name=twenty}] first_groups_has_more=true}\n"
                   "{id=1 reports[{id=2} {id=3}] first_groups[{name=twenty}] first_groups_has_more=true}\n"},
      {"Person", "id,email", .keys = "BOB@x nobody ann@x", .lookup = {"email"},
       .expected = "{id=2 email=bob@x}\n"
                   "{id=1 email=Ann@x}\n"},
      {"Room", "title,bookings.id", .keys = "A/2 B/1 A/1 B/2",
       .expected = "{title=a2 bookings[{id=5}]}\n"
                   "{title=b1 bookings[{id=3}]}\n"
                   "{title=a1 bookings[{id=1} {id=2}]}\n"},
      {"Room", "title,bookings.id", .keys = "B/1", .one = true, .expected = "{title=b1 bookings[{id=3}]}\n"},
      {"Group", "name,members.id", .keys = "20 10",
       .expected = "{name=twenty members[{id=1} {id=2} {id=6}]}\n"
                   "{name=ten members[{id=1} {id=3}]}\n"},
  };
  expect_all(*state, questions, LENGTH_OF(questions));
}

static void test_filters(void **state)
{
  static const char *const cases[][2] = {
      {"order = \"b\"", "1"},
      {"order != \"b\"", "2 3 4 6"},
      {"NOT order = \"b\"", "2 3 4 6"},
      {"order:*", "1 3 6"},
      {"NOT order:*", "2 4"},
      {"email = \"ANN@X\"", "1"},
      {"email = \"A*\"", "1"},
      {"order = \"a\\*\"", ""},
      {"order = \"*%\"", "6"},
      {"rank = \"1.5\"", "1 2"},
      {"rank > \"1.2\" AND rank <= \"2.0\"", "1 2 3"},
      {"id = (1 OR 3 OR 99)", "1 3"},
      {"mood = happy", "1 4 6"},
      {"mood = (sad OR happy)", "1 2 4 6"},
      {"tags:\"b\"", "1 3"},
      {"NOT tags:\"b\"", "2 4 6"},
      {"code = \"x\"", "2 6"},
      {"code = \"x*\"", "1 2 6"},
      {"boss:*", "2 3 4"},
      {"NOT boss:*", "1 6"},
      {"boss.email = \"ann@x\"", "2 3"},
      {"boss.email != \"ann@x\"", "1 4 6"},
      {"boss.boss:*", "4"},
      {"boss.rank:*", "2 3 4"},
      {"reports:*", "1 2"},
      {"reports.order:\"a\"", "1"},
      {"groups:*", "1 2 3 6"},
      {"top_groups:*", "1 2 6"},
      {"exists(groups, (name = \"ten\" AND group = 10))", "1 3"},
      {"exists(groups, (name = \"t*\" AND exists(members, (id = 2))))", "1 2 6"},
      {"n_groups = 2", "1 6"},
      {"n_groups > 0 AND NOT n_reports > 0", "2 3 6"},
      {"leads = true", "1 2"},
      {"sum_quote > \"1\"", "1"},
      {"boss.n_groups = 1", "4"},
  };
  for (size_t i = 0; i < LENGTH_OF(cases); i++) {
    char expected[128] = "";
    for (const char *id = cases[i][1]; *id; id++)
      if (*id != ' ')
        snprintf(expected + strlen(expected), sizeof expected - strlen(expected), "{id=%c}\n", *id);
    struct question question = {"Person", "id", .filter = cases[i][0], .expected = expected};
    expect_everywhere(*state, &question);
  }
}

/* The cursor behind the last row that was shown, as a page token would bring it back. */
static void go_on_after(struct odd_world *world, const struct plan *plan, const struct plan_runner *runner,
                        struct asked *asked)
{
  const struct cell *row = rows_at(&runner->fetches[0].rows, asked->limit - 1);
  asked->arguments.n = asked->request.n_filter_arguments;
  asked->request.after_cursor = true;
  asked->request.cursor_nulls = 0;
  for (size_t i = 0; i < plan->order.n_terms; i++) {
    const struct cell *cell = &row[plan->cursor_outputs[i]];
    union value *value = ARENA_NEW(world->arena, union value);
    if (cell->len < 0) {
      asked->request.cursor_nulls |= UINT64_C(1) << i;
      continue;
    }
    value->bytes = (struct str){(const char *)cell->data, (size_t)cell->len};
    struct argument argument = {catalog_base_type(plan->order.terms[i].column->type), ARGUMENT_BINARY, false,
                                1, value};
    odd_world_push(world, asked, argument);
  }
}

/* Appends the page; false when it was the last. */
static bool show_page(struct odd_world *world, struct asked *asked, struct strbuf *text)
{
  struct plan *plan = odd_world_plan(asked, PLAN_LIMIT_NONE);
  struct plan_runner runner = odd_world_run(world, asked, plan);
  plan_print(&runner, plan, text);
  bool more = runner.fetches[0].rows.n > asked->limit;
  if (more)
    go_on_after(world, plan, &runner, asked);
  plan_unref(plan);
  return more;
}

static void expect_pages(struct odd_world *world, const struct question *question, uint32_t limit,
                         enum plan_pin_to_many to_many)
{
  struct question page = *question;
  page.limit = limit;
  struct asked asked = odd_world_ask(world, &page);
  asked.request.options.to_many = to_many;
  struct strbuf text = {0};
  unsigned pages = 1;
  for (; show_page(world, &asked, &text); pages++)
    assert_true(pages < 10);
  assert_string_equal(strbuf_text(&text), question->expected);
  assert_int_equal(pages, limit >= 5 ? 1 : (5 + limit - 1) / limit);
  strbuf_done(&text);
}

static void test_pages_put_together_are_the_whole(void **state)
{
  struct odd_world *world = *state;
  static const struct question questions[] = {
      {"Person", "id,boss.id,reports.id", .filter = "id > 0 AND email != \"nobody\"", .order = "",
       .expected = "{id=1 reports[{id=2} {id=3}]}\n"
                   "{id=2 boss{id=1} reports[{id=4}]}\n"
                   "{id=3 boss{id=1} reports[]}\n"
                   "{id=4 boss{id=2} reports[]}\n"
                   "{id=6 reports[]}\n"},
      {"Person", "id,reports.id", .order = "id desc",
       .expected = "{id=6 reports[]}\n"
                   "{id=4 reports[]}\n"
                   "{id=3 reports[]}\n"
                   "{id=2 reports[{id=4}]}\n"
                   "{id=1 reports[{id=2} {id=3}]}\n"},
      {"Person", "id,boss.id,reports.id", .order = "email",
       .expected = "{id=1 reports[{id=2} {id=3}]}\n"
                   "{id=2 boss{id=1} reports[{id=4}]}\n"
                   "{id=3 boss{id=1} reports[]}\n"
                   "{id=4 boss{id=2} reports[]}\n"
                   "{id=6 reports[]}\n"},
      {"Person", "id,reports.id", .order = "email desc",
       .expected = "{id=6 reports[]}\n"
                   "{id=4 reports[]}\n"
                   "{id=3 reports[]}\n"
                   "{id=2 reports[{id=4}]}\n"
                   "{id=1 reports[{id=2} {id=3}]}\n"},
      {"Person", "id,order,reports.id", .order = "order",
       .expected = "{id=3 order=a reports[]}\n"
                   "{id=6 order=a% reports[]}\n"
                   "{id=1 order=b reports[{id=2} {id=3}]}\n"
                   "{id=2 reports[{id=4}]}\n"
                   "{id=4 reports[]}\n"},
      {"Person", "id,order", .order = "order desc",
       .expected = "{id=4}\n"
                   "{id=2}\n"
                   "{id=1 order=b}\n"
                   "{id=6 order=a%}\n"
                   "{id=3 order=a}\n"},
      {"Person", "id,rank,order", .order = "rank, order desc",
       .expected = "{id=6 order=a% rank=1.00}\n"
                   "{id=2 rank=1.5}\n"
                   "{id=1 order=b rank=1.50}\n"
                   "{id=3 order=a rank=2}\n"
                   "{id=4}\n"},
      {"Person", "id,order,rank", .order = "order desc, rank",
       .expected = "{id=2 rank=1.5}\n"
                   "{id=4}\n"
                   "{id=1 order=b rank=1.50}\n"
                   "{id=6 order=a% rank=1.00}\n"
                   "{id=3 order=a rank=2}\n"},
      {"Person", "id,mood", .order = "mood desc, id",
       .expected = "{id=3}\n"
                   "{id=1 mood=happy}\n"
                   "{id=4 mood=happy}\n"
                   "{id=6 mood=happy}\n"
                   "{id=2 mood=sad}\n"},
      {"Person", "id,boss_email,reports.id", .order = "boss.email",
       .expected = "{id=2 reports[{id=4}] boss_email=Ann@x}\n"
                   "{id=3 reports[] boss_email=Ann@x}\n"
                   "{id=4 reports[] boss_email=bob@x}\n"
                   "{id=1 reports[{id=2} {id=3}]}\n"
                   "{id=6 reports[]}\n"},
      {"Person", "id,boss.boss.id", .order = "boss.boss.email desc, boss.email, order desc",
       .expected = "{id=2 boss{}}\n"
                   "{id=3 boss{}}\n"
                   "{id=1}\n"
                   "{id=6}\n"
                   "{id=4 boss{boss{id=1}}}\n"},
  };
  if (!world->database)
    skip();
  for (size_t i = 0; i < LENGTH_OF(questions); i++) {
    for (uint32_t limit = 1; limit <= 6; limit++) {
      expect_pages(world, &questions[i], limit, PIN_TO_MANY_EMBED);
      expect_pages(world, &questions[i], limit, PIN_TO_MANY_KEYS);
    }
  }
}

/* citext's operators are found wherever the type stands. */
static void test_the_search_path_does_not_matter(void **state)
{
  struct odd_world *world = *state;
  if (!world->database)
    skip();
  PQclear(PQexec(world->database->connection, "SET search_path = ''"));
  test_trees(state);
  test_filters(state);
  test_pages_put_together_are_the_whole(state);
  PQclear(PQexec(world->database->connection, "RESET search_path"));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_trees),
      cmocka_unit_test(test_keys_whose_equality_is_the_database_s),
      cmocka_unit_test(test_aggregates),
      cmocka_unit_test(test_roots_by_key),
      cmocka_unit_test(test_filters),
      cmocka_unit_test(test_pages_put_together_are_the_whole),
      cmocka_unit_test(test_the_search_path_does_not_matter),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}

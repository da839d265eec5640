/*
 * test_filter_functions.c - functions of the filter language, as conditions and as refusals.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>

#include "unit/planner/filter_fixture.h"

static void functions(void **state)
{
  static const struct accepted cases[] = {
      {"lower(name) = ann", "lower(name) = \"ann\":text"},
      {"lower(name) : 'Ann'", "lower(name) = \"Ann\":text"},
      {"lower( \"name\" )!=ann", "NOT lower(name) = \"ann\":text"},
      {"lower(name) > \"m\"", "lower(name) > \"m\":text"},
      {"lower(name) = \"a*\"", "lower(name) ~ \"a%\":text"},
      {"lower(name) = (a OR b OR \"c*\")",
       "(lower(name) ~ \"c%\":text OR lower(name) in [\"a\",\"b\"]:text)"},
      {"lower(name):*", "lower(name):*"},
      {"lower(code) = ab", "lower(code) = \"ab\":text"},
      {"lower(creator.mail) = x", "lower(creator.mail) = \"x\":text"},
      {"lower(creator_name) = x", "lower(creator.name) = \"x\":text"},
      {"lower(attendees.name):ann", "attendees{lower(name) = \"ann\":text}"},
      {"lower(attendees.events.creator.name):ann", "attendees{events{lower(creator.name) = \"ann\":text}}"},
      {"exists(attendees, (lower(name) = ann))", "attendees{lower(name) = \"ann\":text}"},
      {"name = lower(\"ANN\")", "name = lower(\"ANN\":text)"},
      {"name != lower(ANN)", "NOT name = lower(\"ANN\":text)"},
      {"name < lower(ANN)", "name < lower(\"ANN\":text)"},
      {"name = lower(\"A*\")", "name ~ lower(\"A%\":text)"},
      {"lower(name) = lower(\"A\\*n_*\")", "lower(name) ~ lower(\"A*n\\_%\":text)"},
      {"name = (lower(A) OR b OR c)", "(name = lower(\"A\":text) OR name in [\"b\",\"c\"]:text)"},
      {"creator.mail = lower(\"A@B\")", "creator.mail = lower(\"A@B\":text)"},
      {"tags:lower(A)", "tags @> lower(\"A\":text)"},
      {"search(name, \"fat cats\")",
       "to_tsvector('pg_catalog.english'::regconfig, name) @@ "
       "websearch_to_tsquery('pg_catalog.english'::regconfig, \"fat cats\":text)"},
      {"search(words, cats, simple)",
       "words @@ websearch_to_tsquery('pg_catalog.simple'::regconfig, \"cats\":text)"},
      {"search(words, cats, 'pg_catalog.simple')",
       "words @@ websearch_to_tsquery('pg_catalog.simple'::regconfig, \"cats\":text)"},
      {"search(settings, \"dark -mode\", simple)",
       "to_tsvector('pg_catalog.simple'::regconfig, settings) @@ "
       "websearch_to_tsquery('pg_catalog.simple'::regconfig, \"dark -mode\":text)"},
      {"NOT search(attendees.name, 'a*', simple)",
       "NOT attendees{to_tsvector('pg_catalog.simple'::regconfig, name) @@ "
       "websearch_to_tsquery('pg_catalog.simple'::regconfig, \"a*\":text)}"},
  };
  check_accepted(FILTER_OF_REQUEST, cases, LENGTH_OF(cases));
}

static void functions_refused(void **state)
{
  static const struct refused cases[] = {
      {"lower(name)", "lower(field) alone is no condition; compare it"},
      {"lower() = x", "expected lower(field)"},
      {"lower(name, name) = x", "expected lower(field)"},
      {"lower(seats) = 5", "character 7: lower() takes a field of type text; seats is int4"},
      {"lower(tags):x", "lower() takes a field of type text; tags is text[]"},
      {"lower(settings) = x", "lower() takes a field of type text; settings is jsonb"},
      {"lower(creator) = x", "creator is no value; name one of its fields"},
      {"lower(attendees):*", "attendees is no value"},
      {"lower(attendees.name) = x", "attendees is a list; reach its fields with ':'"},
      {"lower(nam) = x", "character 7: Event has no field nam; did you mean name?"},
      {"lower((name = x)) = x", "expected a field"},
      {"lower(lower(name)) = x", "expected a field, and lower(field) is none"},
      {"lower(column('name')) = x", "there is no function column"},
      {"id = lower(A)", "a text cannot be compared with id, which is int8"},
      {"mood_text = lower(SAD)", "a text cannot be compared with mood_text, which is mood"},
      {"name = lower((a OR b))", "expected a literal"},
      {"name = lower(lower(A))", "expected a literal"},
      {"name = lower()", "expected lower(field)"},
      {"name = search(name, x)", "search(field, \"words\") cannot stand for a value"},
      {"name < lower(\"A*\")", "a wildcard goes with = or :"},
      {"tags:lower(\"A*\")", "compared whole, without wildcards"},
      {"search(name)", "expected search(field, \"words\")"},
      {"search(name, a, b, c)", "expected search(field, \"words\")"},
      {"search(name, a) = true", "is a condition already"},
      {"search(seats, a)", "search() takes a field of type tsvector or text or json; seats is int4"},
      {"search(tags, a)", "tags is text[]"},
      {"search(creator, a)", "creator is no value; name one of its fields"},
      {"search(name, (a OR b))", "expected one text"},
      {"search(name, lower(a))", "expected one text"},
      {"search(name, (name = a))", "expected values joined by OR"},
      {"search(name, null)", "there is no null"},
      {"search(name, a, englsh)", "no text search configuration englsh; did you mean english?"},
      {"search(name, a, \"english'; --\")", "no text search configuration"},
      {"words = x", "values of words (tsvector) cannot be compared"},
  };
  check_refused(FILTER_OF_REQUEST, cases, LENGTH_OF(cases));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(functions),
      cmocka_unit_test(functions_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

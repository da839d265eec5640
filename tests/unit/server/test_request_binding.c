/*
 * test_request_binding.c - requests of the events example as bytes, and what they are understood to ask for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "planner/selection.h"
#include "server/request_plan.h"
#include "support/graph_world.h"

static const struct planner_limits limits = PLANNER_LIMITS_DEFAULT;

static struct graph_world world;
static struct settings settings;
static struct page_token_keys *keys;
static struct arena *arena;

static int set_up(void **state)
{
  char *arguments[] = {"test", NULL}, **positional;
  int n_positional;
  struct error error;
  world = events_world();
  world_must_be_sound(&world);
  if (!settings_parse(&settings, 1, arguments, NULL, 0, &positional, &n_positional, &error))
    return -1;
  keys = page_token_keys_new("", 3600, &error);
  return keys == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
  page_token_keys_free(keys);
  world_done(&world);
  return 0;
}

static int begin(void **state)
{
  arena = arena_new(0);
  return 0;
}

static int end(void **state)
{
  arena_free(arena);
  return 0;
}

/* ---- requests, written by hand ---- */

struct asked {
  const char *method;
  struct strbuf bytes;
  struct mask_headers headers;
};

static struct asked ask(const char *method)
{
  return (struct asked){.method = method};
}

static void put_varint(struct strbuf *bytes, uint64_t value)
{
  for (; value >= 0x80; value >>= 7)
    strbuf_putc(bytes, (char)(value | 0x80));
  strbuf_putc(bytes, (char)value);
}

static const struct schema_field *field_of(const struct asked *asked, const char *name)
{
  const struct schema_message *input = world_method(&world, asked->method)->method->input;
  const struct schema_field *field = schema_message_field(input, str_from(name));
  assert_non_null(field);
  return field;
}

static void with_number(struct asked *asked, const char *name, int64_t value)
{
  put_varint(&asked->bytes, field_of(asked, name)->number << 3);
  put_varint(&asked->bytes, (uint64_t)value);
}

static void with_bytes(struct asked *asked, uint32_t number, const char *data, size_t len)
{
  put_varint(&asked->bytes, number << 3 | 2);
  put_varint(&asked->bytes, len);
  strbuf_add(&asked->bytes, data, len);
}

static void with_text(struct asked *asked, const char *name, const char *text)
{
  with_bytes(asked, field_of(asked, name)->number, text, strlen(text));
}

static void with_path(struct asked *asked, const char *path)
{
  struct asked mask = {0};
  with_bytes(&mask, 1, path, strlen(path));
  with_bytes(asked, field_of(asked, "read_mask")->number, mask.bytes.data, mask.bytes.len);
  strbuf_done(&mask.bytes);
}

/* ---- understood ---- */

struct understood {
  struct binding_context context;
  struct binding binding;
};

static bool understand(struct asked *asked, struct understood *ret, struct error *error)
{
  struct message_value *message;
  const struct graph_method *method = world_method(&world, asked->method);
  ret->context = (struct binding_context){.graph = world.graph,
                                          .method = method,
                                          .settings = &settings,
                                          .limits = &limits,
                                          .token_keys = keys,
                                          .headers = asked->headers};
  struct str bytes = {arena_memdup(arena, strbuf_text(&asked->bytes), asked->bytes.len), asked->bytes.len};
  strbuf_done(&asked->bytes);
  *error = (struct error){0};
  assert_true(request_read(method->method->input, bytes.data, bytes.len, &REQUEST_LIMITS_DEFAULT, arena,
                           &message, error));
  return binding_make(&ret->context, message, arena, &ret->binding, error);
}

static void must_understand(struct asked *asked, struct understood *ret)
{
  struct error error;
  if (!understand(asked, ret, &error))
    fail_msg("%s", error.message);
}

static void expect_refused(struct asked *asked, const char *reason, const char *field)
{
  struct understood understood;
  struct error error;
  assert_false(understand(asked, &understood, &error));
  assert_int_equal(error.code, ERROR_INVALID_ARGUMENT);
  assert_string_equal(error.reason, reason);
  assert_string_equal(error.field, field);
}

/* A reference is the caller's. */
static struct plan *plan_of(const struct binding *binding, struct plan_cache *plans, struct cursor cursor,
                            const struct argument **ret_arguments)
{
  struct plan *plan = NULL;
  struct error error;
  if (!request_plan(binding, plans, cursor, binding->page_size, arena, &plan, ret_arguments, &error))
    fail_msg("%s", error.message);
  return plan;
}

/* ---- keys ---- */

static void test_a_single_key_is_used_as_sent(void **state)
{
  struct asked zero = ask("GetEvent"), seven = ask("GetEvent");
  struct understood understood;
  with_number(&seven, "id", 7);
  must_understand(&zero, &understood);
  assert_int_equal(understood.binding.root, PLAN_ROOT_ONE);
  assert_string_equal(requested_key_text(&understood.binding.keys, 0, arena), "id = 0");
  must_understand(&seven, &understood);
  assert_string_equal(requested_key_text(&understood.binding.keys, 0, arena), "id = 7");
}

static void test_of_several_keys_exactly_one_is_set(void **state)
{
  struct asked none = ask("GetUser"), both = ask("GetUser"), name = ask("GetUser"), zero = ask("GetUser");
  struct understood understood;
  with_number(&both, "id", 1);
  with_text(&both, "username", "ann");
  with_text(&name, "username", "ann");
  with_number(&zero, "id", 0);
  expect_refused(&none, "INVALID_KEY", "");
  expect_refused(&both, "INVALID_KEY", "");
  must_understand(&name, &understood);
  assert_string_equal(requested_key_text(&understood.binding.keys, 0, arena), "username = \"ann\"");
  must_understand(&zero, &understood);
  assert_string_equal(requested_key_text(&understood.binding.keys, 0, arena), "id = 0");
}

static void test_a_key_asked_for_twice_is_fetched_once(void **state)
{
  static const int64_t ids[] = {5, 3, 5, -1, 3};
  static const uint32_t expected[] = {0, 1, 0, 2, 1};
  struct asked asked = ask("BatchGetEvents");
  struct understood understood;
  const struct argument *arguments;
  struct plan_cache *plans = plan_cache_new(10);
  for (size_t i = 0; i < LENGTH_OF(ids); i++)
    with_number(&asked, "ids", ids[i]);
  must_understand(&asked, &understood);
  const struct requested_keys *found = &understood.binding.keys;
  assert_int_equal(found->n, LENGTH_OF(ids));
  assert_int_equal(found->n_unique, 3);
  assert_memory_equal(found->unique_of, expected, sizeof expected);
  struct plan *plan = plan_of(&understood.binding, plans, (struct cursor){0}, &arguments);
  assert_true(arguments[0].list);
  assert_int_equal(arguments[0].n, 3);
  assert_int_equal(arguments[0].values[1].i64, 3);
  plan_unref(plan);
  plan_cache_free(plans);
}

static void test_a_batch_is_neither_empty_nor_too_large(void **state)
{
  struct asked empty = ask("BatchGetEvents"), large = ask("BatchGetEvents");
  for (int64_t i = 0; i <= settings.max_batch; i++)
    with_number(&large, "ids", i);
  expect_refused(&empty, "INVALID_KEY", "ids");
  expect_refused(&large, "INVALID_KEY", "ids");
}

/* ---- pages ---- */

static void test_page_sizes(void **state)
{
  static const struct {
    int64_t asked;
    uint32_t expected;
  } cases[] = {{0, 50}, {1, 1}, {1000, 1000}, {1001, 1000}, {INT32_MAX, 1000}};
  for (size_t i = 0; i < LENGTH_OF(cases); i++) {
    struct asked asked = ask("ListEvents");
    struct understood understood;
    with_number(&asked, "page_size", cases[i].asked);
    must_understand(&asked, &understood);
    assert_int_equal(understood.binding.page_size, cases[i].expected);
  }
  struct asked negative = ask("ListEvents");
  with_number(&negative, "page_size", -1);
  expect_refused(&negative, "INVALID_PAGE_SIZE", "page_size");
}

static void test_a_zero_without_presence_is_no_condition(void **state)
{
  struct asked nothing = ask("ListEvents"), zero = ask("ListEvents"), empty = ask("ListEvents");
  struct understood understood;
  must_understand(&nothing, &understood);
  assert_null(understood.binding.filter);
  with_number(&zero, "creator_id", 0);
  must_understand(&zero, &understood);
  assert_null(understood.binding.filter);
  with_text(&empty, "name", ""); /* optional: an empty name is a name */
  must_understand(&empty, &understood);
  assert_non_null(understood.binding.filter);
  assert_int_equal(understood.binding.filter->kind, EXPR_COMPARE);
}

static void test_conditions_and_filter_hold_together(void **state)
{
  struct asked asked = ask("ListEvents");
  struct understood understood;
  with_number(&asked, "creator_id", 7);
  with_text(&asked, "filter", "name = \"x\"");
  must_understand(&asked, &understood);
  const struct expr *filter = understood.binding.filter;
  assert_int_equal(filter->kind, EXPR_AND);
  assert_int_equal(filter->n_children, 2);
  assert_int_equal(understood.binding.filter_arguments.n, 2);
  assert_int_equal(filter->children[0]->values[0].argument, 0);
  assert_int_equal(understood.binding.filter_arguments.items[0].values[0].i64, 7);
}

static void test_a_condition_behind_a_list_asks_whether_there_is_one(void **state)
{
  struct asked asked = ask("ListAttendees");
  struct understood understood;
  with_number(&asked, "event_id", 7);
  must_understand(&asked, &understood);
  const struct expr *filter = understood.binding.filter;
  assert_int_equal(filter->kind, EXPR_EXISTS);
  assert_int_equal(filter->operand.n_steps, 1);
  assert_int_equal(filter->body->kind, EXPR_COMPARE);
  assert_int_equal(filter->body->operand.n_steps, 0);
  assert_string_equal(filter->body->operand.column->name, "id");
}

static void test_what_is_wrong_names_its_field(void **state)
{
  static const struct {
    const char *field, *text, *reason;
  } cases[] = {{"filter", "name = ", "INVALID_FILTER"},
               {"filter", "nosuch = 1", "INVALID_FILTER"},
               {"order_by", "nosuch", "INVALID_ORDER"},
               {"order_by", "name sideways", "INVALID_ORDER"},
               {"page_token", "made up", "INVALID_PAGE_TOKEN"}};
  for (size_t i = 0; i < LENGTH_OF(cases); i++) {
    struct asked asked = ask("ListEvents");
    with_text(&asked, cases[i].field, cases[i].text);
    expect_refused(&asked, cases[i].reason, cases[i].field);
  }
}

/* ---- tokens ---- */

static const struct cell position[] = {{(const uint8_t *)"abc", 3}, {(const uint8_t *)"\0\0\0\0\0\0\0\7", 8}};

static struct asked walk(const char *filter, const char *order)
{
  struct asked asked = ask("ListEvents");
  with_text(&asked, "filter", filter);
  with_text(&asked, "order_by", order);
  return asked;
}

static const char *token_for(struct asked *asked)
{
  struct understood understood;
  must_understand(asked, &understood);
  return binding_token(&understood.binding, (struct cursor){position, 2}, arena);
}

static void test_a_token_goes_on_with_its_own_walk_only(void **state)
{
  struct asked first = walk("id > 3", "name desc"), same = walk("id > 3", "name desc");
  const char *token = token_for(&first);
  struct understood understood;
  with_text(&same, "page_token", token);
  with_number(&same, "page_size", 3);
  with_path(&same, "name");
  must_understand(&same, &understood);
  assert_int_equal(understood.binding.cursor.n_values, 2);
  assert_memory_equal(understood.binding.cursor.values[0].data, "abc", 3);

  struct asked others[] = {walk("id > 4", "name desc"), walk("id > 3", "name"), walk("", "name desc"),
                           walk("id > 3", "name desc")};
  with_number(&others[3], "creator_id", 1);
  for (size_t i = 0; i < LENGTH_OF(others); i++) {
    with_text(&others[i], "page_token", token);
    expect_refused(&others[i], "INVALID_PAGE_TOKEN", "page_token");
  }
}

static void test_a_cursor_brings_its_values_without_the_nulls(void **state)
{
  struct asked asked = walk("id > 3", "event_date");
  struct understood understood;
  const struct cell after_null[] = {{NULL, -1}, {(const uint8_t *)"\0\0\0\0\0\0\0\7", 8}};
  const struct argument *arguments;
  struct plan_cache *plans = plan_cache_new(10);
  must_understand(&asked, &understood);
  struct plan *plan = plan_of(&understood.binding, plans, (struct cursor){after_null, 2}, &arguments);
  assert_true(plan->after_cursor);
  assert_int_equal(plan->cursor_nulls, 1);
  assert_int_equal(plan->n_arguments, 2);
  assert_int_equal(arguments[plan->first_key_argument].form, ARGUMENT_BINARY);
  assert_int_equal(arguments[plan->first_key_argument].values[0].bytes.len, 8);
  plan_unref(plan);
  plan_cache_free(plans);
}

/* ---- masks ---- */

static const char *selection_of(struct asked *asked)
{
  struct understood understood;
  struct selection *selection;
  struct error error;
  struct strbuf text = {0};
  must_understand(asked, &understood);
  if (!selection_build(world.graph, understood.context.method, &understood.binding.mask, &limits, arena,
                       &selection, &error))
    fail_msg("%s", error.message);
  selection_fingerprint(selection, &text);
  const char *copy = arena_strdup(arena, strbuf_text(&text));
  strbuf_done(&text);
  return copy;
}

static void test_a_mask_stands_in_the_field_or_in_a_header(void **state)
{
  struct asked field = ask("ListEvents"), header = ask("ListEvents"), google = ask("ListEvents");
  with_path(&field, "id");
  with_path(&field, "creator.username");
  header.headers.read_mask = STR(" id , creator.username ");
  google.headers.google_field_mask = STR("events.id,events.creator.username,nextPageToken");
  const char *expected = selection_of(&field);
  assert_string_equal(selection_of(&header), expected);
  assert_string_equal(selection_of(&google), expected);
}

static void test_an_empty_mask_is_none(void **state)
{
  struct asked nothing = ask("ListEvents"), blank = ask("ListEvents"), whole = ask("ListEvents");
  blank.headers.read_mask = STR("  ");
  whole.headers.google_field_mask = STR("events");
  const char *expected = selection_of(&nothing);
  assert_string_equal(selection_of(&blank), expected);
  assert_string_equal(selection_of(&whole), expected);
}

static void test_two_masks_must_select_the_same(void **state)
{
  struct asked same = ask("GetEvent"), differ = ask("GetEvent");
  struct understood understood;
  with_path(&same, "event_date");
  same.headers.read_mask = STR("eventDate");
  must_understand(&same, &understood);
  with_path(&differ, "id");
  differ.headers.read_mask = STR("id,name");
  expect_refused(&differ, "INVALID_MASK", "rowan-read-mask");
}

static void test_a_response_mask_must_select_something_of_the_resource(void **state)
{
  struct asked token = ask("ListEvents"), unknown = ask("ListEvents");
  token.headers.google_field_mask = STR("next_page_token");
  unknown.headers.google_field_mask = STR("id");
  expect_refused(&token, "INVALID_MASK", "x-goog-fieldmask");
  expect_refused(&unknown, "INVALID_MASK", "x-goog-fieldmask");
}

/* ---- plans ---- */

static struct plan *planned(struct plan_cache *plans, const char *filter, const char *path, int64_t page_size)
{
  struct asked asked = walk(filter, "");
  struct understood understood;
  const struct argument *arguments;
  with_path(&asked, path);
  with_number(&asked, "page_size", page_size);
  must_understand(&asked, &understood);
  return plan_of(&understood.binding, plans, (struct cursor){0}, &arguments);
}

static void test_requests_of_one_shape_share_a_plan(void **state)
{
  struct plan_cache *plans = plan_cache_new(10);
  struct plan *first = planned(plans, "name = \"a\"", "event_date", 20);
  struct {
    const char *filter, *path;
    int64_t page_size;
    bool shared;
  } cases[] = {
      {"name = \"b\"", "event_date", 20, true},
      {"name = \"a\"", "eventDate", 20, true},
      {"name = \"a\"", "event_date", 49, true},
      {"name = \"a\"", "event_date", 50, false},
      {"name = \"a\"", "event_date", 51, false},
      {"name != \"a\"", "event_date", 20, false},
      {"", "event_date", 20, false},
      {"name = \"a\"", "name", 20, false},
  };
  for (size_t i = 0; i < LENGTH_OF(cases); i++) {
    struct plan *plan = planned(plans, cases[i].filter, cases[i].path, cases[i].page_size);
    assert_int_equal(plan == first, cases[i].shared);
    assert_non_null(plan->statements);
    plan_unref(plan);
  }
  plan_unref(first);
  plan_cache_free(plans);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_a_single_key_is_used_as_sent),
      TEST(test_of_several_keys_exactly_one_is_set),
      TEST(test_a_key_asked_for_twice_is_fetched_once),
      TEST(test_a_batch_is_neither_empty_nor_too_large),
      TEST(test_page_sizes),
      TEST(test_a_zero_without_presence_is_no_condition),
      TEST(test_conditions_and_filter_hold_together),
      TEST(test_a_condition_behind_a_list_asks_whether_there_is_one),
      TEST(test_what_is_wrong_names_its_field),
      TEST(test_a_token_goes_on_with_its_own_walk_only),
      TEST(test_a_cursor_brings_its_values_without_the_nulls),
      TEST(test_a_mask_stands_in_the_field_or_in_a_header),
      TEST(test_an_empty_mask_is_none),
      TEST(test_two_masks_must_select_the_same),
      TEST(test_a_response_mask_must_select_something_of_the_resource),
      TEST(test_requests_of_one_shape_share_a_plan),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}

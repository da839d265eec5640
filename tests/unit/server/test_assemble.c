/*
 * A plan of three fetches, written by hand, over rows written by hand: the messages it makes, read back as
 * text.
 *
 *     Event { id = 1, creator = 2 (joined User), attendees = 3, local = 4 (a subset of attendees), has_more =
 * 5 } Attendee { id = 1, organization = 2 (Organization, of a fetch of its own) } User { name = 1 },
 * Organization { name = 1 }
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "server/assemble.h"

/* ---- the world ---- */

static struct schema_message message = {.name = "M"};
static struct schema_field schema_fields[] = {
    {.name = "one", .number = 1, .parent = &message, .type = FIELD_INT64},
    {.name = "two", .number = 2, .parent = &message, .type = FIELD_MESSAGE},
    {.name = "three", .number = 3, .parent = &message, .type = FIELD_MESSAGE},
    {.name = "four", .number = 4, .parent = &message, .type = FIELD_MESSAGE},
    {.name = "five", .number = 5, .parent = &message, .type = FIELD_BOOL},
    {.name = "name", .number = 1, .parent = &message, .type = FIELD_STRING},
};
static const struct graph_field graph_fields[] = {
    {.field = &schema_fields[0], .codec = {.kind = CODEC_INT8}},
    {.field = &schema_fields[1]},
    {.field = &schema_fields[2]},
    {.field = &schema_fields[3]},
    {.field = &schema_fields[4]},
    {.field = &schema_fields[5], .codec = {.kind = CODEC_TEXT}},
};

static struct plan_fetch fetches[] = {{.index = 0}, {.index = 1}, {.index = 2}};

static struct plan_slot user_slots[] = {
    {.kind = SLOT_VALUE, .field = &graph_fields[5], .output = 2, .subset = -1},
};
static const struct plan_shape user = {.fetch = &fetches[0], .slots = user_slots, .n_slots = 1};

static struct plan_slot organization_slots[] = {
    {.kind = SLOT_VALUE, .field = &graph_fields[5], .output = 0, .subset = -1},
};
static const struct plan_shape organization = {
    .fetch = &fetches[2], .slots = organization_slots, .n_slots = 1};

static struct plan_slot attendee_slots[] = {
    {.kind = SLOT_VALUE, .field = &graph_fields[0], .output = 0, .subset = -1},
    {.kind = SLOT_ONE, .field = &graph_fields[1], .shape = &organization, .subset = -1},
};
static const struct plan_shape attendee = {.fetch = &fetches[1], .slots = attendee_slots, .n_slots = 2};

static struct plan_slot event_slots[] = {
    {.kind = SLOT_VALUE, .field = &graph_fields[0], .output = 0, .subset = -1},
    {.kind = SLOT_JOINED, .field = &graph_fields[1], .output = 1, .shape = &user, .subset = -1},
    {.kind = SLOT_MANY, .field = &graph_fields[2], .shape = &attendee, .subset = -1},
    {.kind = SLOT_MANY, .field = &graph_fields[3], .shape = &attendee, .subset = 1},
    {.kind = SLOT_HAS_MORE, .field = &graph_fields[4], .shape = &attendee, .subset = -1},
};
static const struct plan_shape event = {.fetch = &fetches[0], .slots = event_slots, .n_slots = 5};
static const struct plan plan = {.shape = &event, .n_fetches = 3};

#define BIG(n)                                                                                               \
  {                                                                                                          \
    (const uint8_t *)"\0\0\0\0\0\0\0" n, 8                                                                   \
  }
#define TEXT(text)                                                                                           \
  {                                                                                                          \
    (const uint8_t *)text, sizeof(text) - 1                                                                  \
  }
#define NULL_CELL                                                                                            \
  {                                                                                                          \
    NULL, -1                                                                                                 \
  }
#define YES                                                                                                  \
  {                                                                                                          \
    (const uint8_t *)"\1", 1                                                                                 \
  }
#define NO                                                                                                   \
  {                                                                                                          \
    (const uint8_t *)"\0", 1                                                                                 \
  }

/* id, the joined user's key, the user's name */
static struct cell events[] = {
    BIG("\1"), BIG("\7"), TEXT("Ann"), /* attendees 10, 11, 12 */
    BIG("\2"), NULL_CELL, NULL_CELL,   /* none */
    BIG("\3"), BIG("\6"), NULL_CELL,   /* attendee 13; a user without a name */
};
/* id, whether local */
static struct cell attendees[] = {
    BIG("\x0a"), YES, BIG("\x0b"), NO, BIG("\x0c"), YES, BIG("\x0d"), NO,
};
static struct cell organizations[] = {TEXT("Acme")};

static int32_t attendee_groups[] = {0, ROW_NONE, 1}, attendee_last[] = {2, 3}, attendee_count[] = {3, 1},
               attendee_previous[] = {ROW_NONE, 0, 1, ROW_NONE};
/* organization of attendees: Acme, missing, none, Acme */
static int32_t organization_groups[] = {0, 1, ROW_NONE, 0}, organization_last[] = {0, ROW_NONE},
               organization_count[] = {1, 0}, organization_previous[] = {ROW_NONE};

static const struct fetch_rows all_rows[] = {
    {.rows = {.cells = events, .n = 3, .n_columns = 3}},
    {.rows = {.cells = attendees, .n = 4, .n_columns = 2},
     .group_of_parent = attendee_groups,
     .last_of_group = attendee_last,
     .count_of_group = attendee_count,
     .previous = attendee_previous,
     .n_groups = 2},
    {.rows = {.cells = organizations, .n = 1, .n_columns = 1},
     .group_of_parent = organization_groups,
     .last_of_group = organization_last,
     .count_of_group = organization_count,
     .previous = organization_previous,
     .n_groups = 2},
};

/* ---- reading it back ---- */

/* Messages are {…}: in this world every length-delimited field but the names is one. */
static void show_message(struct str bytes, struct strbuf *out)
{
  struct wire_reader reader = {(const uint8_t *)bytes.data, (const uint8_t *)bytes.data + bytes.len};
  for (bool first = true; !wire_at_end(&reader); first = false) {
    uint32_t number;
    enum wire_type type;
    uint64_t value;
    struct str inner;
    assert_true(wire_read_tag(&reader, &number, &type));
    strbuf_printf(out, "%s%u:", first ? "" : " ", number);
    if (type == WIRE_VARINT) {
      assert_true(wire_read_varint(&reader, &value));
      strbuf_printf(out, "%d", (int)value);
    } else {
      assert_true(wire_read_bytes(&reader, &inner));
      if (number == 1) {
        strbuf_add(out, inner.data, inner.len);
      } else {
        strbuf_putc(out, '{');
        show_message(inner, out);
        strbuf_putc(out, '}');
      }
    }
  }
}

static bool assemble(size_t row, size_t max_bytes, struct strbuf *out, struct error *error)
{
  struct writer writer;
  writer_init(&writer, 1);
  struct assembly assembly = {.plan = &plan, .fetches = all_rows, .writer = &writer, .max_bytes = max_bytes};
  bool ok = assemble_message(&assembly, &event, row, error);
  if (ok)
    show_message(writer_bytes(&writer), out);
  writer_done(&writer);
  return ok;
}

static void expect(size_t row, const char *expected)
{
  struct error error;
  struct strbuf out = {0};
  assert_true(assemble(row, 1000, &out, &error));
  assert_string_equal(strbuf_text(&out), expected);
  strbuf_done(&out);
}

static void limit_to(uint32_t all, uint32_t local)
{
  event_slots[2].limit = event_slots[4].limit = all;
  event_slots[3].limit = local;
}

static int reset(void **state)
{
  limit_to(0, 0);
  return 0;
}

static void test_a_whole_graph_in_field_and_row_order(void **state)
{
  expect(0, "1:1 2:{1:Ann} 3:{1:10 2:{1:Acme}} 3:{1:11} 3:{1:12} 4:{1:10 2:{1:Acme}} 4:{1:12}");
}

static void test_unset_and_empty(void **state)
{
  expect(1, "1:2");
  expect(2, "1:3 2:{} 3:{1:13 2:{1:Acme}}");
}

static void test_a_limit_keeps_the_first_rows(void **state)
{
  limit_to(2, 0);
  expect(0, "1:1 2:{1:Ann} 3:{1:10 2:{1:Acme}} 3:{1:11} 4:{1:10 2:{1:Acme}} 4:{1:12} 5:1");
  limit_to(3, 0);
  expect(0, "1:1 2:{1:Ann} 3:{1:10 2:{1:Acme}} 3:{1:11} 3:{1:12} 4:{1:10 2:{1:Acme}} 4:{1:12}");
}

static void test_a_subset_is_limited_among_its_own_rows(void **state)
{
  limit_to(0, 1);
  expect(0, "1:1 2:{1:Ann} 3:{1:10 2:{1:Acme}} 3:{1:11} 3:{1:12} 4:{1:10 2:{1:Acme}}");
  limit_to(0, 2);
  expect(0, "1:1 2:{1:Ann} 3:{1:10 2:{1:Acme}} 3:{1:11} 3:{1:12} 4:{1:10 2:{1:Acme}} 4:{1:12}");
}

static void test_an_answer_over_its_size_is_refused(void **state)
{
  struct error error = {0};
  struct strbuf out = {0};
  assert_false(assemble(0, 20, &out, &error));
  assert_int_equal(error.code, ERROR_RESOURCE_EXHAUSTED);
  assert_string_equal(error.reason, "RESULT_TOO_LARGE");
  assert_non_null(strstr(error.message, "page_size"));
  strbuf_done(&out);
}

static void test_a_value_that_does_not_fit_ends_the_answer(void **state)
{
  struct error error = {0};
  struct strbuf out = {0};
  struct cell kept = organizations[0];
  organizations[0] = (struct cell){(const uint8_t *)"\xff", 1};
  assert_false(assemble(2, 1000, &out, &error));
  assert_string_equal(error.reason, "VALUE_OUT_OF_RANGE");
  organizations[0] = kept;
  strbuf_done(&out);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(test_a_whole_graph_in_field_and_row_order, reset),
      cmocka_unit_test_setup(test_unset_and_empty, reset),
      cmocka_unit_test_setup(test_a_limit_keeps_the_first_rows, reset),
      cmocka_unit_test_setup(test_a_subset_is_limited_among_its_own_rows, reset),
      cmocka_unit_test_setup(test_an_answer_over_its_size_is_refused, reset),
      cmocka_unit_test_setup(test_a_value_that_does_not_fit_ends_the_answer, reset),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

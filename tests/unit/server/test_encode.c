/* Scalars and strings: edge values of the Postgres format in, wire bytes out. */
#include "unit/server/encode_fixture.h"

/* ---- scalars ---- */

static void test_integers_take_every_integer_field(void **state)
{
  static const struct {
    enum field_type type;
    int64_t value;
    const char *expected; /* NULL: refused */
  } cases[] = {
      {FIELD_INT64, INT64_MIN, "7:-9223372036854775808"},
      {FIELD_INT64, 0, ""},
      {FIELD_INT32, INT32_MAX, "7:2147483647"},
      {FIELD_INT32, -1, "7:-1"},
      {FIELD_INT32, INT64_C(1) << 31, NULL},
      {FIELD_INT32, -(INT64_C(1) << 31) - 1, NULL},
      {FIELD_SINT32, -1, "7:1"},
      {FIELD_SINT32, INT64_C(1) << 31, NULL},
      {FIELD_SINT64, INT64_MIN, "7:-1"},
      {FIELD_UINT32, UINT32_MAX, "7:4294967295"},
      {FIELD_UINT32, -1, NULL},
      {FIELD_UINT32, INT64_C(1) << 32, NULL},
      {FIELD_UINT64, INT64_MAX, "7:9223372036854775807"},
      {FIELD_UINT64, -1, NULL},
      {FIELD_FIXED32, 258, "7:f00000102"},
      {FIELD_FIXED32, -1, NULL},
      {FIELD_SFIXED32, -1, "7:fffffffff"},
      {FIELD_FIXED64, 258, "7:g0000000000000102"},
      {FIELD_FIXED64, -1, NULL},
      {FIELD_SFIXED64, -1, "7:gffffffffffffffff"},
  };
  for (size_t i = 0; i < LENGTH_OF(cases); i++) {
    use(*state, CODEC_INT8, cases[i].type);
    if (cases[i].expected != NULL)
      expect(*state, be64(cases[i].value), 8, cases[i].expected);
    else
      expect_refused(*state, be64(cases[i].value), 8);
  }
}

static void test_narrow_integers_keep_their_sign(void **state)
{
  use(*state, CODEC_INT2, FIELD_INT64);
  expect(*state, "\x80\x00", 2, "7:-32768");
  use(*state, CODEC_INT4, FIELD_INT64);
  expect(*state, be32(INT32_MIN), 4, "7:-2147483648");
}

static void test_a_column_of_another_size_is_drift(void **state)
{
  static const enum codec_kind kinds[] = {CODEC_BOOL,   CODEC_INT2,   CODEC_INT4,     CODEC_INT8,
                                          CODEC_FLOAT4, CODEC_FLOAT8, CODEC_UUID,     CODEC_TIMESTAMP,
                                          CODEC_DATE,   CODEC_TIME,   CODEC_INTERVAL, CODEC_HSTORE};
  for (size_t i = 0; i < LENGTH_OF(kinds); i++) {
    use(*state, kinds[i], FIELD_INT64);
    expect_drift(*state, "abc", 3);
  }
}

static void test_floats_travel_bit_by_bit(void **state)
{
  struct fixture *f = *state;
  use(f, CODEC_FLOAT4, FIELD_FLOAT);
  expect(f, "\x3f\x80\x00\x00", 4, "7:f3f800000");
  expect(f, "\x7f\xc0\x00\x01", 4, "7:f7fc00001");
  expect(f, "\x80\x00\x00\x00", 4, "7:f80000000"); /* -0 is no zero */
  expect(f, "\0\0\0\0", 4, "");
  use(f, CODEC_FLOAT4, FIELD_DOUBLE);
  expect(f, "\x3f\x80\x00\x00", 4, "7:g3ff0000000000000");
  use(f, CODEC_FLOAT8, FIELD_DOUBLE);
  expect(f, "\x7f\xf0\0\0\0\0\0\0", 8, "7:g7ff0000000000000");
}

static struct schema_oneof oneof = {.name = "choice"};

static void test_zeros_follow_presence(void **state)
{
  struct fixture *f = *state;
  use(f, CODEC_BOOL, FIELD_BOOL);
  expect(f, "\0", 1, "");
  f->field.optional = true;
  expect(f, "\0", 1, "7:0");
  f->field.optional = false;
  f->field.oneof = &oneof;
  expect(f, "\0", 1, "7:0");
  use(f, CODEC_TEXT, FIELD_STRING);
  expect(f, "", 0, "7:\"\"");
  f->field.oneof = NULL;
  expect(f, "", 0, "");
}

static void test_null_leaves_every_field_unset(void **state)
{
  struct fixture *f = *state;
  struct cell null = {NULL, -1};
  for (int kind = CODEC_BOOL; kind <= CODEC_ENUM; kind++) {
    use(f, (enum codec_kind)kind, FIELD_INT64);
    f->graph.codec.array = kind % 2 != 0;
    start_over(f);
    assert_true(encode_field(&f->writer, &f->graph, &null, &f->error));
    assert_int_equal(writer_size(&f->writer), 0);
  }
}

static void test_wrappers_are_present_for_every_value(void **state)
{
  struct fixture *f = *state;
  use_message(f, CODEC_INT8, WELL_KNOWN_WRAPPER);
  f->graph.codec.wrapper = true;
  expect_inside(f, be64(0), 8, "");
  expect_inside(f, be64(5), 8, "1:5");
  value_field.type = FIELD_INT32;
  expect_refused(f, be64(INT64_C(1) << 40), 8);
}

static void test_enums_go_by_label(void **state)
{
  static const struct codec_label labels[] = {{"busy", 3}, {"off", -1}, {"ok", 0}, {"okay", 4}};
  struct fixture *f = *state;
  use(f, CODEC_ENUM, FIELD_ENUM);
  f->graph.codec.labels = labels;
  f->graph.codec.n_labels = LENGTH_OF(labels);
  expect(f, "busy", 4, "7:3");
  expect(f, "off", 3, "7:-1");
  expect(f, "okay", 4, "7:4");
  expect(f, "ok", 2, "");
  expect_refused(f, "oka", 3);
  expect_refused(f, "okayish", 7);
  expect_refused(f, "", 0);
}

/* ---- strings ---- */

static void test_strings(void **state)
{
  struct fixture *f = *state;
  use(f, CODEC_TEXT, FIELD_STRING);
  expect(f, "a b ", 4, "7:\"a b \"");
  expect(f, "sixteen letters\xc3\xa9", 17, "7:\"sixteen letters\\xc3\\xa9\"");
  expect_refused(f, "\xff", 1);
  expect_refused(f, "eight letters and \xc3", 19);
  use(f, CODEC_PADDED_TEXT, FIELD_STRING);
  expect(f, " a b  ", 6, "7:\" a b\"");
  expect(f, "   ", 3, "");
  use(f, CODEC_BYTES, FIELD_BYTES);
  expect(f, "\xff\x00", 2, "7:\"\\xff\\x00\"");
  use(f, CODEC_UUID, FIELD_STRING);
  expect(f, "\x12\x3e\x45\x67\xe8\x9b\x12\xd3\xa4\x56\x42\x66\x14\x17\x40\x00", 16,
         "7:\"123e4567-e89b-12d3-a456-426614174000\"");
}

static void test_decimals_have_digits(void **state)
{
  use_message(*state, CODEC_DECIMAL, WELL_KNOWN_DECIMAL);
  expect_inside(*state, "-12.50", 6, "1:\"-12.50\"");
  expect_inside(*state, "0", 1, "1:\"0\"");
  expect_refused(*state, "NaN", 3);
  expect_refused(*state, "-Infinity", 9);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      TEST(test_integers_take_every_integer_field),
      TEST(test_narrow_integers_keep_their_sign),
      TEST(test_a_column_of_another_size_is_drift),
      TEST(test_floats_travel_bit_by_bit),
      TEST(test_zeros_follow_presence),
      TEST(test_null_leaves_every_field_unset),
      TEST(test_wrappers_are_present_for_every_value),
      TEST(test_enums_go_by_label),
      TEST(test_strings),
      TEST(test_decimals_have_digits),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

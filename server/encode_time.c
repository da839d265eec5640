/*
 * encode_time.c - dates and times: Postgres' counts since 2000-01-01 → google.protobuf and google.type
 * messages.
 *
 * Postgres reaches from 4713 BC to 294276 AD and to both infinities; the messages reach from year 1 to 9999.
 * What lies beyond is refused, with the advice of a string field, which takes everything.  A timestamp
 * without time zone is read as UTC.  Formats: timestamp_send, date_send, time_send and interval_send of
 * PostgreSQL.
 */
#include "server/encode_value.h"

#define POSTGRES_EPOCH_SECONDS INT64_C(946684800) /* 2000-01-01 since 1970-01-01 */
#define POSTGRES_EPOCH_DAYS 10957
#define TIMESTAMP_LEAST INT64_C(-62135596800) /* 0001-01-01T00:00:00Z */
#define TIMESTAMP_MOST INT64_C(253402300799)  /* 9999-12-31T23:59:59Z */
#define DURATION_MOST INT64_C(315576000000)   /* seconds, either sign */
#define SECOND_US INT64_C(1000000)

static void put_number(struct writer *writer, uint32_t number, int64_t value)
{
  if (value != 0)
    writer_put_varint_field(writer, number, (uint64_t)value);
}

/* Timestamp and Duration are alike: seconds = 1, nanos = 2. */
static void put_seconds(struct writer *writer, uint32_t number, int64_t seconds, int64_t nanos)
{
  size_t mark = writer_size(writer);
  put_number(writer, 2, nanos);
  put_number(writer, 1, seconds);
  writer_close_message(writer, number, mark);
}

bool encode_timestamp(struct writer *writer, const struct graph_field *field, uint32_t number,
                      const struct cell *cell, struct error *error)
{
  if (cell->len != 8)
    return encode_drifted(field, error);
  int64_t us = (int64_t)read_be64(cell->data);
  int64_t seconds = us / SECOND_US, rest = us % SECOND_US;
  if (rest < 0) {
    seconds--;
    rest += SECOND_US;
  }
  seconds += POSTGRES_EPOCH_SECONDS;
  if (seconds < TIMESTAMP_LEAST || seconds > TIMESTAMP_MOST)
    return encode_refuse(
        field, error, "a timestamp is infinite or outside the years 1 to 9999; a string field would hold it");
  put_seconds(writer, number, seconds, rest * 1000);
  return true;
}

/* Days since 1970-01-01 → the proleptic Gregorian calendar, which Postgres uses too.  Years are counted from
 * March, so that the leap day ends them; 400 years are a period of 146097 days. */
static void civil_from_days(int64_t days, int64_t *ret_year, int64_t *ret_month, int64_t *ret_day)
{
  days += 719468; /* since 0000-03-01 */
  int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  int64_t day_of_era = days - era * 146097;
  int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int64_t shifted_month = (5 * day_of_year + 2) / 153;
  *ret_day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
  *ret_month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  *ret_year = year_of_era + era * 400 + (*ret_month <= 2 ? 1 : 0);
}

bool encode_date(struct writer *writer, const struct graph_field *field, uint32_t number,
                 const struct cell *cell, struct error *error)
{
  if (cell->len != 4)
    return encode_drifted(field, error);
  int64_t year, month, day;
  civil_from_days((int64_t)(int32_t)read_be32(cell->data) + POSTGRES_EPOCH_DAYS, &year, &month, &day);
  if (year < 1 || year > 9999)
    return encode_refuse(field, error,
                         "a date is infinite or outside the years 1 to 9999; a string field would hold it");
  size_t mark = writer_size(writer);
  put_number(writer, 3, day);
  put_number(writer, 2, month);
  put_number(writer, 1, year);
  writer_close_message(writer, number, mark);
  return true;
}

/* 24:00:00, which Postgres knows as the end of a day, is hours = 24, which TimeOfDay allows for the same. */
bool encode_time_of_day(struct writer *writer, const struct graph_field *field, uint32_t number,
                        const struct cell *cell, struct error *error)
{
  if (cell->len != 8)
    return encode_drifted(field, error);
  int64_t us = (int64_t)read_be64(cell->data);
  size_t mark = writer_size(writer);
  put_number(writer, 4, us % SECOND_US * 1000);
  put_number(writer, 3, us / SECOND_US % 60);
  put_number(writer, 2, us / (60 * SECOND_US) % 60);
  put_number(writer, 1, us / (3600 * SECOND_US));
  writer_close_message(writer, number, mark);
  return true;
}

/* Days and months have no fixed length, so an interval that has them is no duration. */
bool encode_duration(struct writer *writer, const struct graph_field *field, uint32_t number,
                     const struct cell *cell, struct error *error)
{
  if (cell->len != 16)
    return encode_drifted(field, error);
  int64_t us = (int64_t)read_be64(cell->data);
  if (read_be32(cell->data + 8) != 0 || read_be32(cell->data + 12) != 0)
    return encode_refuse(
        field, error,
        "an interval has days or months, which Duration cannot hold; a string field would hold it");
  int64_t seconds = us / SECOND_US;
  if (seconds < -DURATION_MOST || seconds > DURATION_MOST)
    return encode_refuse(field, error,
                         "an interval exceeds the 10,000 years of Duration; a string field would hold it");
  put_seconds(writer, number, seconds, us % SECOND_US * 1000);
  return true;
}

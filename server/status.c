/*
 * status.c - google.rpc.Status, written backwards.  Numbers: google/rpc/status.proto and error_details.proto.
 *
 * Size: a struct error holds at most some 2 KiB of text and BadRequest repeats the message once, so the whole
 * stays below the 4 KiB that clients' header limits leave.
 */
#include "server/status.h"

#include "proto/wire.h"

#define TYPE_PREFIX "type.googleapis.com/google.rpc."

enum { STATUS_CODE = 1, STATUS_MESSAGE = 2, STATUS_DETAILS = 3 };
enum { ANY_TYPE_URL = 1, ANY_VALUE = 2 };
enum { ERROR_INFO_REASON = 1, ERROR_INFO_DOMAIN = 2, ERROR_INFO_METADATA = 3 };
enum { BAD_REQUEST_VIOLATIONS = 1, VIOLATION_FIELD = 1, VIOLATION_DESCRIPTION = 2 };
enum { RETRY_INFO_DELAY = 1, DURATION_SECONDS = 1, DURATION_NANOS = 2 };

/* A message may quote what a client sent in a header, whose bytes nobody has checked. */
static void put_text(struct writer *writer, uint32_t number, const char *text)
{
  char clean[512];
  size_t len = strlen(text);
  if (!str_is_utf8(text, len)) {
    len = len < sizeof(clean) ? len : sizeof(clean);
    for (size_t i = 0; i < len; i++)
      clean[i] = (unsigned char)text[i] < 0x80 ? text[i] : '?';
    text = clean;
  }
  if (len > 0)
    writer_put_bytes_field(writer, number, text, len);
}

static void put_any(struct writer *writer, const char *type_url, size_t mark)
{
  writer_close_message(writer, ANY_VALUE, mark);
  put_text(writer, ANY_TYPE_URL, type_url);
  writer_close_message(writer, STATUS_DETAILS, mark);
}

static void put_error_info(struct writer *writer, const struct error *error)
{
  size_t mark = writer_size(writer);
  for (size_t i = error->n_metadata; i-- > 0;) {
    size_t entry = writer_size(writer);
    put_text(writer, 2, error->metadata[i].value);
    put_text(writer, 1, error->metadata[i].key);
    writer_close_message(writer, ERROR_INFO_METADATA, entry);
  }
  put_text(writer, ERROR_INFO_DOMAIN, STATUS_DOMAIN);
  put_text(writer, ERROR_INFO_REASON, error->reason);
  put_any(writer, TYPE_PREFIX "ErrorInfo", mark);
}

static void put_bad_request(struct writer *writer, const struct error *error)
{
  size_t mark = writer_size(writer);
  put_text(writer, VIOLATION_DESCRIPTION, error->message);
  put_text(writer, VIOLATION_FIELD, error->field);
  writer_close_message(writer, BAD_REQUEST_VIOLATIONS, mark);
  put_any(writer, TYPE_PREFIX "BadRequest", mark);
}

static void put_retry_info(struct writer *writer, const struct error *error)
{
  size_t mark = writer_size(writer);
  int64_t seconds = error->retry_ms / 1000, nanos = error->retry_ms % 1000 * 1000000;
  if (nanos != 0)
    writer_put_varint_field(writer, DURATION_NANOS, (uint64_t)nanos);
  if (seconds != 0)
    writer_put_varint_field(writer, DURATION_SECONDS, (uint64_t)seconds);
  writer_close_message(writer, RETRY_INFO_DELAY, mark);
  put_any(writer, TYPE_PREFIX "RetryInfo", mark);
}

void status_serialize(const struct error *error, struct strbuf *ret)
{
  struct writer writer;
  writer_init(&writer, 1024);
  if (error->retry_ms >= 0)
    put_retry_info(&writer, error);
  if (error->field[0] != '\0')
    put_bad_request(&writer, error);
  put_error_info(&writer, error);
  put_text(&writer, STATUS_MESSAGE, error->message);
  if (error->code != ERROR_NONE)
    writer_put_varint_field(&writer, STATUS_CODE, (uint64_t)error->code);
  struct str bytes = writer_bytes(&writer);
  strbuf_add(ret, bytes.data, bytes.len);
  writer_done(&writer);
}

#include "server/explain_message.h"

#include "planner/explain_nodes.h"
#include "storage/statement.h"

enum {
  REQUEST_METHOD = 1,
  REQUEST_READ_MASK = 2,
  REQUEST_FILTER = 3,
  REQUEST_ORDER_BY = 4,
  REQUEST_PAGE_SIZE = 5,
  REQUEST_KEYS = 6,
  REQUEST_RELATION_ARGUMENTS = 7,
  REQUEST_ANALYZE = 8,
  REQUEST_REQUEST = 9,
};
enum { ANY_TYPE_URL = 1, ANY_VALUE = 2 };
enum {
  RESPONSE_TEXT = 1,
  RESPONSE_NODES = 2,
  RESPONSE_STATEMENTS = 3,
  RESPONSE_WAVES = 4,
  RESPONSE_ROWS = 5,
  RESPONSE_CLAIMS = 6
};
enum { NODE_PATH = 1, NODE_STATEMENT = 2, NODE_HOW = 3, NODE_REASON = 4 };
enum {
  STATEMENT_NUMBER = 1,
  STATEMENT_WAVE = 2,
  STATEMENT_STRATEGY = 3,
  STATEMENT_SQL = 4,
  STATEMENT_ROWS = 5,
  STATEMENT_RUN = 6,
};
enum { RUN_ROWS = 1, RUN_MILLISECONDS = 2, RUN_PLAN = 3 };

/* ---- reading ---- */

static const struct field_value *field_of(const struct message_value *message, uint32_t number)
{
  return message_field(message, schema_message_field_by_number(message->type, number));
}

static struct str text_of(const struct message_value *message, uint32_t number)
{
  const struct field_value *value = field_of(message, number);
  return value->n == 0 ? (struct str){0} : value->items[0].bytes;
}

static struct str *texts_of(const struct field_value *value, struct arena *arena)
{
  struct str *texts = ARENA_ARRAY(arena, struct str, value->n);
  for (size_t i = 0; i < value->n; i++)
    texts[i] = value->items[i].bytes;
  return texts;
}

struct explain_request explain_message_read(const struct message_value *message, struct arena *arena)
{
  const struct field_value *mask = field_of(message, REQUEST_READ_MASK);
  const struct field_value *page_size = field_of(message, REQUEST_PAGE_SIZE);
  const struct field_value *analyze = field_of(message, REQUEST_ANALYZE);
  const struct field_value *keys = field_of(message, REQUEST_KEYS);
  const struct field_value *packed = field_of(message, REQUEST_REQUEST);
  struct explain_request request = {
      .method = text_of(message, REQUEST_METHOD),
      .filter = text_of(message, REQUEST_FILTER),
      .order_by = text_of(message, REQUEST_ORDER_BY),
      .page_size = page_size->n == 0 ? 0 : page_size->items[0].i64,
      .keys = texts_of(keys, arena),
      .n_keys = keys->n,
      .relation_arguments = field_of(message, REQUEST_RELATION_ARGUMENTS),
      .analyze = analyze->n > 0 && analyze->items[0].boolean,
  };
  if (mask->n > 0) {
    const struct field_value *paths = field_of(mask->items[0].message, 1);
    request.mask = texts_of(paths, arena);
    request.n_mask = paths->n;
  }
  if (packed->n > 0) {
    request.packed_type = text_of(packed->items[0].message, ANY_TYPE_URL);
    request.packed = text_of(packed->items[0].message, ANY_VALUE);
  }
  return request;
}

/* ---- writing, the last field first ---- */

static void put_text(struct writer *writer, uint32_t number, const char *text)
{
  if (text != NULL && text[0] != '\0')
    writer_put_bytes_field(writer, number, text, strlen(text));
}

static void put_number(struct writer *writer, uint32_t number, uint64_t value)
{
  if (value != 0)
    writer_put_varint_field(writer, number, value);
}

static void put_double(struct writer *writer, uint32_t number, double value)
{
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  writer_put_fixed64(writer, bits);
  writer_put_tag(writer, number, WIRE_FIXED64);
}

static void put_run(struct writer *writer, const struct analyzed_fetch *fetch)
{
  size_t mark = writer_size(writer);
  put_text(writer, RUN_PLAN, fetch->plan);
  put_double(writer, RUN_MILLISECONDS, (double)fetch->us / 1000);
  put_number(writer, RUN_ROWS, fetch->rows);
  writer_close_message(writer, STATEMENT_RUN, mark);
}

static void put_statement(struct writer *writer, const struct explained *explained, unsigned i)
{
  const struct plan_fetch *fetch = explained->plan->fetches[i];
  size_t mark = writer_size(writer);
  if (explained->analyzed != NULL && explained->analyzed[i].ran)
    put_run(writer, &explained->analyzed[i]);
  put_double(writer, STATEMENT_ROWS, fetch->estimated_rows);
  put_text(writer, STATEMENT_SQL, explained->plan->statements[i].text);
  put_text(writer, STATEMENT_STRATEGY, explain_strategy_name(fetch->strategy));
  put_number(writer, STATEMENT_WAVE, fetch->wave);
  put_number(writer, STATEMENT_NUMBER, i);
  writer_close_message(writer, RESPONSE_STATEMENTS, mark);
}

static void put_node(struct writer *writer, const struct explain_node *node)
{
  size_t mark = writer_size(writer);
  put_text(writer, NODE_REASON, node->reason);
  put_text(writer, NODE_HOW, node->how);
  put_number(writer, NODE_STATEMENT, node->fetch);
  put_text(writer, NODE_PATH, node->path);
  writer_close_message(writer, RESPONSE_NODES, mark);
}

void explain_message_write(const struct explained *explained, struct arena *arena, struct writer *writer)
{
  const struct plan *plan = explained->plan;
  struct explain_nodes nodes = {0};
  struct strbuf text = {0};
  explain_nodes(plan, arena, &nodes);
  explain_text(explained, arena, &text);
  struct explain_claims claims = explain_claims(plan);
  for (size_t i = claims.n; i-- > 0;)
    put_text(writer, RESPONSE_CLAIMS, claims.names[i]);
  put_double(writer, RESPONSE_ROWS, plan->charged_rows);
  put_number(writer, RESPONSE_WAVES, plan->n_waves);
  for (unsigned i = plan->n_fetches; i-- > 0;)
    put_statement(writer, explained, i);
  for (size_t i = nodes.n; i-- > 0;)
    put_node(writer, &nodes.items[i]);
  put_text(writer, RESPONSE_TEXT, strbuf_text(&text));
  strbuf_done(&text);
}

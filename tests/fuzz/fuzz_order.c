/*
 * fuzz_order.c - any bytes as an order_by: no crash, no leak, no undefined behaviour, and these hold:
 *
 *   a refused order is the client's fault, in words that are UTF-8;
 *   an accepted one is total (each column of the key is in it) and names no value twice, through to-one
 * relations only; it reads the same when it is read again, and when it is written with its directions spelled
 * out.
 */
#include "fuzz/fuzz.h"
#include "planner/order.h"

static void check_order(const struct order *order, const struct graph_resource *resource)
{
  for (size_t i = 0; i < order->n_terms; i++) {
    for (size_t k = 0; k < order->terms[i].n_steps; k++)
      check(!order->terms[i].steps[k]->to_many);
    for (size_t k = 0; k < i; k++)
      check(!order_same_value(&order->terms[i], &order->terms[k]));
  }
  for (size_t i = 0; i < resource->key->n_columns; i++) {
    struct order_term key = {.column = resource->key->columns[i]};
    bool found = false;
    for (size_t k = 0; k < order->n_terms; k++)
      found = found || (order_same_value(&order->terms[k], &key) && !order->terms[k].nullable);
    check(found);
  }
}

static bool parse(struct str text, const struct graph_resource *resource, struct strbuf *ret)
{
  struct arena *arena = arena_new(0);
  struct order order = {0};
  struct error error = {0};
  bool accepted = order_parse(text, resource, "order_by", arena, &order, &error);
  if (accepted) {
    check_order(&order, resource);
    order_fingerprint(&order, ret);
  } else {
    check_refusal(&error);
    check(strcmp(error.field, "order_by") == 0);
  }
  arena_free(arena);
  return accepted;
}

/* The first term's direction is only ever `asc` by default, whatever stands around it. */
static void spell_out(struct str text, struct strbuf *ret)
{
  for (bool first = true; text.len > 0; first = false) {
    struct str term = fuzz_take(&text, ',');
    strbuf_puts(ret, first ? " " : "\t,\n");
    strbuf_add(ret, term.data, term.len);
    if (term.len > 0 && memchr(term.data, ' ', term.len) == NULL)
      strbuf_puts(ret, " ASC ");
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct str text = {(const char *)data, size};
  for (size_t i = 0; i < fuzz_graph()->n_resources; i++) {
    struct strbuf first = {0}, second = {0}, spelled = {0};
    if (parse(text, fuzz_graph()->resources[i], &first)) {
      check(parse(text, fuzz_graph()->resources[i], &second));
      check_same(&first, &second);
      spell_out(text, &spelled);
      strbuf_clear(&second);
      if (parse((struct str){strbuf_text(&spelled), spelled.len}, fuzz_graph()->resources[i], &second))
        check_same(&first, &second);
    }
    strbuf_done(&first);
    strbuf_done(&second);
    strbuf_done(&spelled);
  }
  return 0;
}

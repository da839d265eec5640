/*
 * request_keys.c - Get's and BatchGet's keys, by the lookups that the graph found in the request's fields.
 */
#include "server/request_keys.h"

#include "server/request_value.h"

#define NO_KEY UINT32_MAX
#define KEY_TEXT_MOST 64

/* ---- which lookup ---- */

static bool is_whole(const struct graph_lookup *lookup, const struct message_value *request)
{
  for (size_t i = 0; i < lookup->n_columns; i++)
    if (!value_is_sent(lookup->fields[i], message_field(request, lookup->fields[i])))
      return false;
  return true;
}

static const char *lookup_names(const struct graph_method *method, struct arena *arena)
{
  struct strbuf names = {0};
  for (size_t i = 0; i < method->n_lookups; i++)
    for (size_t j = 0; j < method->lookups[i].n_columns; j++)
      strbuf_printf(&names, "%s%s", j > 0 ? " with " : i > 0 ? ", " : "", method->lookups[i].fields[j]->name);
  char *text = arena_strndup(arena, strbuf_text(&names), names.len);
  strbuf_done(&names);
  return text;
}

static bool refuse_lookup(const struct graph_method *method, struct arena *arena, struct error *error)
{
  return error_set(error, ERROR_INVALID_ARGUMENT, "INVALID_KEY", "exactly one of %s must be set",
                   lookup_names(method, arena));
}

static bool choose_lookup(const struct graph_method *method, const struct message_value *request,
                          struct arena *arena, const struct graph_lookup **ret, struct error *error)
{
  const struct graph_lookup *chosen = NULL;
  if (method->n_lookups == 1) {
    *ret = &method->lookups[0];
    return true;
  }
  for (size_t i = 0; i < method->n_lookups; i++) {
    if (!is_whole(&method->lookups[i], request))
      continue;
    if (chosen != NULL)
      return refuse_lookup(method, arena, error);
    chosen = &method->lookups[i];
  }
  *ret = chosen;
  return chosen != NULL || refuse_lookup(method, arena, error);
}

/* ---- the keys as they were sent ---- */

/* Without presence a zero is not on the wire, but it is a value. */
static bool take_value(const struct schema_field *field, const struct field_value *value, union value *ret,
                       struct error *error)
{
  if (value->n > 0) {
    *ret = value->items[value->n - 1];
    return true;
  }
  if (field->type == FIELD_MESSAGE || field->optional || field->oneof != NULL) {
    error_set(error, ERROR_INVALID_ARGUMENT, "INVALID_KEY", "%s must be set", field->name);
    error_set_field(error, "%s", field->name);
    return false;
  }
  *ret = (union value){.bytes = {"", 0}};
  if (field->type != FIELD_STRING && field->type != FIELD_BYTES)
    *ret = (union value){.u64 = 0};
  return true;
}

static struct requested_keys keys_new(const struct graph_lookup *lookup, size_t n, struct arena *arena)
{
  struct requested_keys keys = {.lookup = lookup, .n = n};
  keys.columns = ARENA_ARRAY(arena, struct field_value, lookup->n_columns);
  for (size_t i = 0; i < lookup->n_columns; i++)
    keys.columns[i].items = ARENA_ARRAY(arena, union value, n);
  return keys;
}

static bool add_key(struct requested_keys *keys, const struct message_value *request, struct error *error)
{
  for (size_t i = 0; i < keys->lookup->n_columns; i++) {
    const struct schema_field *field = keys->lookup->fields[i];
    struct field_value *column = &keys->columns[i];
    if (!take_value(field, message_field(request, field), &column->items[column->n], error))
      return false;
    column->n++;
  }
  return true;
}

/* ---- each key once ---- */

static bool same_key(const struct requested_keys *keys, size_t a, size_t b)
{
  for (size_t i = 0; i < keys->lookup->n_columns; i++)
    if (!value_equal(keys->lookup->fields[i], &keys->columns[i].items[a], &keys->columns[i].items[b]))
      return false;
  return true;
}

static uint64_t hash_key(const struct requested_keys *keys, size_t key)
{
  uint64_t hash = 0;
  for (size_t i = 0; i < keys->lookup->n_columns; i++)
    hash = value_hash(keys->lookup->fields[i], &keys->columns[i].items[key], hash);
  return hash;
}

static void move_key(const struct requested_keys *keys, size_t from, size_t to)
{
  for (size_t i = 0; i < keys->lookup->n_columns; i++)
    keys->columns[i].items[to] = keys->columns[i].items[from];
}

/* Moves the distinct keys to the front, in the order of their first appearance. */
static void deduplicate(struct requested_keys *keys, struct arena *arena)
{
  size_t n_places = 16;
  while (n_places < 2 * keys->n)
    n_places *= 2;
  uint32_t *unique_of = ARENA_ARRAY(arena, uint32_t, keys->n);
  uint32_t *places = ARENA_ARRAY(arena, uint32_t, n_places);
  memset(places, 0xff, n_places * sizeof *places);
  for (size_t key = 0; key < keys->n; key++) {
    size_t place = hash_key(keys, key) & (n_places - 1);
    while (places[place] != NO_KEY && !same_key(keys, places[place], key))
      place = (place + 1) & (n_places - 1);
    if (places[place] == NO_KEY) {
      places[place] = (uint32_t)keys->n_unique;
      move_key(keys, key, keys->n_unique++);
    }
    unique_of[key] = places[place];
  }
  for (size_t i = 0; i < keys->lookup->n_columns; i++)
    keys->columns[i].n = keys->n_unique;
  keys->unique_of = unique_of;
}

bool requested_key(const struct graph_method *method, const struct message_value *request,
                   struct arena *arena, struct requested_keys *ret, struct error *error)
{
  const struct graph_lookup *lookup;
  if (!choose_lookup(method, request, arena, &lookup, error))
    return false;
  struct requested_keys keys = keys_new(lookup, 1, arena);
  if (!add_key(&keys, request, error))
    return false;
  deduplicate(&keys, arena);
  *ret = keys;
  return true;
}

static bool check_size(const char *field, size_t n, size_t most, struct error *error)
{
  if (n > 0 && n <= most)
    return true;
  if (n == 0)
    error_set(error, ERROR_INVALID_ARGUMENT, "INVALID_KEY", "%s is empty", field);
  else
    error_set(error, ERROR_INVALID_ARGUMENT, "INVALID_KEY", "%s has %zu keys; at most %zu are allowed", field,
              n, most);
  error_set_field(error, "%s", field);
  return false;
}

/* One element of `requests` may set any lookup, all of them the same. */
static bool batch_of_requests(const struct graph_method *method, const struct field_value *requests,
                              struct arena *arena, struct requested_keys *ret, struct error *error)
{
  const struct graph_lookup *lookup;
  if (!choose_lookup(method, requests->items[0].message, arena, &lookup, error))
    return false;
  *ret = keys_new(lookup, requests->n, arena);
  for (size_t i = 0; i < requests->n; i++) {
    const struct message_value *element = requests->items[i].message;
    const struct graph_lookup *own;
    bool fits = choose_lookup(method, element, arena, &own, error);
    if (fits && own != lookup)
      fits = error_set(error, ERROR_INVALID_ARGUMENT, "INVALID_KEY",
                       "all requests of a batch must set the same key");
    if (fits && add_key(ret, element, error))
      continue;
    error_set_field(error, "%s[%zu]", method->requests->name, i);
    return false;
  }
  return true;
}

/* The keys stand in the request's own repeated field. */
static bool batch_of_values(const struct graph_method *method, const struct message_value *request,
                            size_t most, struct arena *arena, struct requested_keys *ret, struct error *error)
{
  const struct graph_lookup *lookup;
  if (!choose_lookup(method, request, arena, &lookup, error))
    return false;
  size_t n = message_field(request, lookup->fields[0])->n;
  if (!check_size(lookup->fields[0]->name, n, most, error))
    return false;
  *ret = keys_new(lookup, n, arena);
  for (size_t i = 0; i < lookup->n_columns; i++) {
    const struct field_value *values = message_field(request, lookup->fields[i]);
    if (values->n != n)
      return error_set(error, ERROR_INVALID_ARGUMENT, "INVALID_KEY", "%s and %s have different lengths",
                       lookup->fields[0]->name, lookup->fields[i]->name);
    memcpy(ret->columns[i].items, values->items, n * sizeof *values->items);
  }
  return true;
}

bool requested_batch(const struct graph_method *method, const struct message_value *request, size_t most,
                     struct arena *arena, struct requested_keys *ret, struct error *error)
{
  struct requested_keys keys;
  if (method->requests == NULL) {
    if (!batch_of_values(method, request, most, arena, &keys, error))
      return false;
  } else {
    const struct field_value *requests = message_field(request, method->requests);
    if (!check_size(method->requests->name, requests->n, most, error) ||
        !batch_of_requests(method, requests, arena, &keys, error))
      return false;
  }
  deduplicate(&keys, arena);
  *ret = keys;
  return true;
}

bool requested_arguments(const struct requested_keys *keys, bool list, struct arena *arena,
                         struct arguments *arguments, struct error *error)
{
  for (size_t i = 0; i < keys->lookup->n_columns; i++) {
    struct argument argument;
    if (!argument_from_field(keys->lookup->fields[i], &keys->columns[i], list, keys->lookup->columns[i]->type,
                             arena, &argument, error))
      return false;
    VEC_PUSH(arena, arguments, argument);
  }
  return true;
}

const char *requested_key_text(const struct requested_keys *keys, size_t i, struct arena *arena)
{
  struct strbuf text = {0};
  for (size_t c = 0; c < keys->lookup->n_columns; c++) {
    const struct schema_field *field = keys->lookup->fields[c];
    strbuf_printf(&text, "%s%s = ", c > 0 ? ", " : "", keys->lookup->columns[c]->name);
    value_describe(field, &keys->columns[c].items[keys->unique_of[i]], KEY_TEXT_MOST, &text);
  }
  char *copy = arena_strndup(arena, strbuf_text(&text), text.len);
  strbuf_done(&text);
  return copy;
}

/*
 * claims.c - a verified JSON payload as values of the types that filters compare it with.
 *
 * Whoever hands the payload over has checked it, so nothing here asks whether it is true; but it is read as
 * if nobody had: bounded, strict JSON, no key twice.  A header that came twice is joined by a comma, which
 * base64url does not have, and is refused with the rest.
 *
 * It fails closed.  What a caller lacks, and what does not fit the type that it is compared as, is denied to
 * whoever needs it before any query; a number is no text and text that is no number is no number.  Strings
 * are taken for every type in the form that a filter's literals have, since many issuers write everything as
 * strings.
 *
 * A list of one value is that value: it then shares plans, groups and indexes with callers that have it
 * alone.
 */
#include "server/claims.h"

#include <assert.h>
#include <inttypes.h>
#include <jansson.h>

#include "base/base64url.h"
#include "planner/argument.h"
#include "server/request_value.h"

/* As text in the header.  All headers of a call are limited to 8 KiB by the core. */
#define HEADER_BYTES_MOST 6144

struct claims {
  json_t *object;
};

/* ---- reading ---- */

static bool refuse(struct error *error, const char *cause)
{
  error_set(error, ERROR_UNAUTHENTICATED, "INVALID_CLAIMS", "the caller's claims cannot be read");
  error_set_detail(error, "claims: %s", cause);
  return false;
}

static void release(void *object)
{
  json_decref(object);
}

bool claims_from_json(struct str json, struct arena *arena, const struct claims **ret, struct error *error)
{
  json_error_t fault;
  json_t *object = json_loadb(json.len > 0 ? json.data : "", json.len, JSON_REJECT_DUPLICATES, &fault);
  if (object == NULL)
    return refuse(error, "no JSON");
  arena_defer(arena, release, object);
  if (!json_is_object(object))
    return refuse(error, "no JSON object");
  struct claims *claims = ARENA_NEW(arena, struct claims);
  claims->object = object;
  *ret = claims;
  return true;
}

/* Proxies can be told to pad. */
static struct str without_padding(struct str text)
{
  for (int i = 0; i < 2 && text.len % 4 != 1 && text.len > 0 && text.data[text.len - 1] == '='; i++)
    text.len--;
  return text;
}

bool claims_from_header(struct str value, struct arena *arena, const struct claims **ret, struct error *error)
{
  uint8_t *json;
  size_t len;
  *ret = NULL;
  if (value.len == 0)
    return true;
  if (value.len > HEADER_BYTES_MOST)
    return refuse(error, "too long");
  if (!base64url_decode(without_padding(value), arena, &json, &len))
    return refuse(error, "no base64url, or given twice");
  return claims_from_json((struct str){(const char *)json, len}, arena, ret, error);
}

/* ---- values ---- */

static bool is_number(const struct catalog_type *type, bool fraction)
{
  switch (type->class) {
  case TYPE_FLOAT4:
  case TYPE_FLOAT8:
    return true;
  case TYPE_INT2:
  case TYPE_INT4:
  case TYPE_INT8:
  case TYPE_NUMERIC:
    return !fraction; /* it went through a double */
  default:
    return false;
  }
}

/* As the text that a filter would hold in its place. */
static bool text_of(const json_t *json, const struct catalog_type *type, struct arena *arena, struct str *ret)
{
  switch (json_typeof(json)) {
  case JSON_STRING:
    *ret = (struct str){arena_strndup(arena, json_string_value(json), json_string_length(json)),
                        json_string_length(json)};
    return true;
  case JSON_INTEGER:
    *ret = str_from(arena_printf(arena, "%" JSON_INTEGER_FORMAT, json_integer_value(json)));
    return is_number(type, false);
  case JSON_REAL:
    *ret = str_from(arena_printf(arena, "%.17g", json_real_value(json)));
    return is_number(type, true);
  case JSON_TRUE:
  case JSON_FALSE:
    *ret = json_is_true(json) ? STR("true") : STR("false");
    return type->class == TYPE_BOOL;
  default:
    return false;
  }
}

static bool read_value(const json_t *json, const struct catalog_type *type, struct arena *arena,
                       struct argument *ret)
{
  struct str text;
  struct error error;
  return text_of(json, type, arena, &text) && argument_from_text(text, type, arena, ret, &error);
}

static bool read_list(const json_t *json, const struct graph_claim *claim, struct arena *arena,
                      struct argument *ret)
{
  size_t n = json_array_size(json);
  union value *values = ARENA_ARRAY(arena, union value, n);
  struct argument list = {.type = claim->type, .form = ARGUMENT_TEXT, .list = true, .n = n, .values = values};
  for (size_t i = 0; i < n; i++) {
    struct argument value;
    if (!read_value(json_array_get(json, i), claim->type, arena, &value))
      return false;
    list.form = value.form;
    values[i] = value.values[0];
  }
  *ret = list;
  return !claim->single;
}

static bool read_claim(const json_t *json, const struct graph_claim *claim, struct arena *arena,
                       struct argument *ret)
{
  if (!json_is_array(json))
    return read_value(json, claim->type, arena, ret);
  if (json_array_size(json) == 1)
    return read_value(json_array_get(json, 0), claim->type, arena, ret);
  return read_list(json, claim, arena, ret);
}

void claims_bind(const struct claims *claims, const struct graph *graph, uint64_t wanted, struct arena *arena,
                 struct bound_claims *ret)
{
  *ret = (struct bound_claims){.graph = graph, .wanted = wanted};
  if (wanted == 0)
    return;
  struct argument *arguments = ARENA_ARRAY(arena, struct argument, graph->claims.n);
  ret->arguments = arguments;
  for (size_t i = 0; i < graph->claims.n; i++) {
    const struct graph_claim *claim = graph->claims.items[i];
    uint64_t bit = (uint64_t)1 << i;
    const json_t *json = claims == NULL ? NULL : json_object_get(claims->object, claim->name);
    if ((wanted & bit) == 0)
      continue;
    if (json == NULL || json_is_null(json))
      ret->missing |= bit;
    else if (!read_claim(json, claim, arena, &arguments[i]))
      ret->unfit |= bit;
    else if (arguments[i].list)
      ret->lists |= bit;
  }
}

bool claims_check(const struct bound_claims *claims, uint64_t needed, struct error *error)
{
  uint64_t absent = (claims->missing | claims->unfit) & needed;
  if (absent == 0)
    return true;
  unsigned i = (unsigned)__builtin_ctzll(absent);
  const char *name = claims->graph->claims.items[i]->name;
  if ((claims->missing >> i & 1) != 0)
    error_set(error, ERROR_PERMISSION_DENIED, "CLAIM_MISSING",
              "the caller needs the claim \"%.64s\" and does not have it", name);
  else
    error_set(error, ERROR_PERMISSION_DENIED, "CLAIM_UNFIT",
              "the caller's claim \"%.64s\" is not of the type that it is compared as", name);
  error_add_metadata(error, "claim", "%s", name);
  return false;
}

static void serialize_value(const struct argument *argument, size_t i, struct strbuf *ret)
{
  const union value *value = &argument->values[i];
  uint64_t bits = argument->form == ARGUMENT_BOOLEAN ? value->boolean : value->u64;
  if (argument->form == ARGUMENT_TEXT)
    value_serialize_text(value->bytes, ret);
  else
    strbuf_add(ret, &bits, sizeof bits);
}

void claims_serialize(const struct bound_claims *claims, uint64_t which, struct strbuf *ret)
{
  assert((which & ~claims->wanted) == 0);
  for (uint64_t left = which; left != 0; left &= left - 1) {
    unsigned i = (unsigned)__builtin_ctzll(left);
    const struct graph_claim *claim = claims->graph->claims.items[i];
    const struct argument *argument = &claims->arguments[i];
    bool there = ((claims->missing | claims->unfit) >> i & 1) == 0;
    value_serialize_text(str_from(claim->name), ret);
    value_serialize_text(str_from(claim->type->name), ret);
    strbuf_putc(ret, !there ? '-' : argument->list ? '*' : '=');
    strbuf_add(ret, &argument->n, sizeof argument->n);
    for (size_t value = 0; there && value < argument->n; value++)
      serialize_value(argument, value, ret);
  }
}

/* ---- the setting ---- */

bool claims_header_check(const char *name, struct error *error)
{
  size_t len = strlen(name);
  bool binary = len >= 4 && strcmp(name + len - 4, "-bin") == 0;
  bool reserved = strncmp(name, "grpc-", 5) == 0;
  if (strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") == len && !binary && !reserved)
    return true;
  return error_set(
      error, ERROR_INVALID_ARGUMENT, "INVALID_SETTING",
      "--claims-header is \"%.64s\"; expected the name of a text header in lower case, as HTTP/2 "
      "has it, like x-jwt-payload",
      name);
}

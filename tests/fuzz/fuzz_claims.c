/*
 * fuzz_claims.c - any bytes as a payload of claims, and as the header that holds one: no crash, no leak, no
 * undefined behaviour, and these hold:
 *
 *   what cannot be read is UNAUTHENTICATED in one text, the same for all;
 *   the payload in base64url is read as the payload itself;
 *   every claim is there, missing or unfit, and one that is there has values of its type;
 *   what is bound twice is the same bytes.
 */
#include "base/base64url.h"
#include "fuzz/fuzz.h"
#include "server/claims.h"

static const char catalog[] = "enum mood: sad, ok\n"
                              "table things\n"
                              "  id int8 primary key\n  price numeric\n  ratio float4\n  name text\n"
                              "  key uuid\n  yes bool\n  mood mood\n  level int2\n";

static const char declarations[] =
    "message Thing {\n"
    "  option (rowan.v1.resource) = {filter: \"id = claim('id') AND column('price') = claim('price') AND "
    "column('ratio') = claim('ratio') AND column('name') = claim('name') AND column('key') = claim('key') "
    "AND "
    "column('yes') = claim('yes') AND column('mood') = claim('mood') AND column('level') <= "
    "claim('level')\"};\n"
    "  int64 id = 1;\n"
    "}\n";

static const struct graph *graph(void)
{
  static struct graph_world world;
  if (world.graph == NULL) {
    world = world_from_text(catalog, declarations);
    world_must_be_sound(&world);
  }
  return world.graph;
}

static void check_bound(const struct claims *claims, struct arena *arena, struct strbuf *ret)
{
  struct bound_claims bound;
  struct error error = {0};
  uint64_t all = graph()->resources[0]->claims;
  claims_bind(claims, graph(), all, arena, &bound);
  check((bound.missing & bound.unfit) == 0 && (bound.lists & (bound.missing | bound.unfit)) == 0);
  for (size_t i = 0; i < graph()->claims.n; i++) {
    const struct argument *argument = &bound.arguments[i];
    uint64_t bit = (uint64_t)1 << i;
    bool there = ((bound.missing | bound.unfit) & bit) == 0;
    check(claims_check(&bound, bit, &error) == there);
    check(there || (error.code == ERROR_PERMISSION_DENIED && error.n_metadata == 1));
    check(!there || argument->list == ((bound.lists & bit) != 0));
    check(!there || (argument->list ? argument->n != 1 : argument->n == 1));
  }
  claims_serialize(&bound, all, ret);
}

static void check_unreadable(const struct error *error)
{
  check(error->code == ERROR_UNAUTHENTICATED);
  check(strcmp(error->message, "the caller's claims cannot be read") == 0);
}

static bool read_header(struct str text, struct arena *arena, const struct claims **ret)
{
  struct error error = {0};
  if (claims_from_header(text, arena, ret, &error))
    return true;
  check_unreadable(&error);
  return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct arena *arena = arena_new(0);
  struct str text = {(const char *)data, size};
  const struct claims *claims, *again;
  struct strbuf bound = {0}, bound_again = {0};
  struct error error = {0};
  if (read_header(text, arena, &claims))
    check_bound(claims, arena, &bound_again);
  strbuf_clear(&bound_again);
  bool readable = claims_from_json(text, arena, &claims, &error);
  if (!readable)
    check_unreadable(&error);
  else
    check_bound(claims, arena, &bound);
  if (size > 0 && size < 4000) {
    check(read_header(str_from(base64url_encode(data, size, arena)), arena, &again) == readable);
    if (readable)
      check_bound(again, arena, &bound_again);
    check_same(&bound, &bound_again);
  }
  strbuf_done(&bound);
  strbuf_done(&bound_again);
  arena_free(arena);
  return 0;
}

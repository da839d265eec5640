/*
 * fuzz_token.c - page tokens: no crash, no leak, no undefined behaviour, and these hold:
 *
 *   text that was not sealed never opens, and the refusal is one and the same text;
 *   values that were sealed open as they were, for their binding and their number alone;
 *   a token changed in any one character never opens;
 *   whatever a token holds that a key's owner sealed, it is read within its bounds.
 *
 * The last one needs tokens that no call of the module makes; hence its source rather than its header.
 */
#include "server/page_token.c"

#include "fuzz/fuzz.h"

static struct page_token_keys *keys;

static bool open_as(struct str binding, struct str token, unsigned n, struct arena *arena,
                    const struct cell **ret)
{
  struct error error = {0};
  if (page_token_open(keys, binding, token, n, arena, ret, &error))
    return true;
  check_refusal(&error);
  check(strcmp(error.message, "the page token is not valid for this request; begin again without one") == 0);
  check(strcmp(error.field, "page_token") == 0);
  return false;
}

/* `data` in pieces of the lengths that its first bytes say. */
static void try_values(const uint8_t *data, size_t size, struct arena *arena)
{
  struct cell values[8];
  unsigned n = data[0] % 8;
  size_t at = size < 9 ? size : 9;
  for (unsigned i = 0; i < n; i++) {
    size_t len = i + 1 < size ? data[i + 1] : 0;
    len = len < size - at ? len : size - at;
    values[i] = len == 255 ? (struct cell){NULL, -1} : (struct cell){data + at, (int32_t)len};
    at += values[i].len > 0 ? len : 0;
  }
  struct str binding = {(const char *)data, size / 2};
  struct str token = str_from(page_token_seal(keys, binding, values, n, arena));
  const struct cell *opened;
  check(open_as(binding, token, n, arena, &opened));
  for (unsigned i = 0; i < n; i++)
    check(opened[i].len == values[i].len &&
          (values[i].len <= 0 || memcmp(opened[i].data, values[i].data, (size_t)values[i].len) == 0));
  check(!open_as(binding, token, n + 1, arena, &opened) &&
        (n == 0 || !open_as(binding, token, n - 1, arena, &opened)));
  check(!open_as(STR("another"), token, n, arena, &opened) || size / 2 == 7);
  char *changed = arena_strndup(arena, token.data, token.len);
  changed[data[0] * size % token.len] ^= (char)(1 + data[size - 1] % 127);
  check(!open_as(binding, (struct str){changed, token.len}, n, arena, &opened));
}

/* A genuine token whose plaintext is `data`. */
static void try_plaintext(const uint8_t *data, size_t size, struct arena *arena)
{
  uint8_t *token = arena_alloc_bytes(arena, HEAD_SIZE + size + TAG_SIZE);
  memset(token, 0, HEAD_SIZE);
  memcpy(token, keys->keys[0].id, ID_SIZE);
  memcpy(token + HEAD_SIZE, data, size);
  encrypt(keys, &keys->keys[0], token, STR("List"), token + HEAD_SIZE, size, token + HEAD_SIZE + size);
  struct str text = str_from(base64url_encode(token, HEAD_SIZE + size + TAG_SIZE, arena));
  for (unsigned n = 0; n < 8; n++) {
    const struct cell *values;
    if (!open_as(STR("List"), text, n, arena, &values))
      continue;
    size_t total = EXPIRY_SIZE;
    for (unsigned i = 0; i < n; i++) {
      struct cell copy = values[i];
      check(copy.len <= 0 || arena_memdup(arena, copy.data, (size_t)copy.len) != NULL);
      total += 4 + (copy.len > 0 ? (size_t)copy.len : 0);
    }
    check(total == size);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct error error;
  if (keys == NULL)
    keys =
        page_token_keys_new("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", 60, &error);
  struct arena *arena = arena_new(0);
  const struct cell *values;
  for (unsigned n = 0; n < 3; n++)
    check(!open_as(STR("List"), (struct str){(const char *)data, size}, n, arena, &values));
  if (size > 0) {
    try_values(data, size, arena);
    try_plaintext(data, size, arena);
  }
  arena_free(arena);
  return 0;
}

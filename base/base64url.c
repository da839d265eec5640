#include "base/base64url.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

char *base64url_encode(const uint8_t *data, size_t len, struct arena *arena)
{
  char *text = arena_alloc_bytes(arena, len / 3 * 4 + 5), *out = text;
  for (size_t i = 0; i < len; i += 3) {
    size_t n = len - i < 3 ? len - i : 3;
    uint32_t group = (uint32_t)data[i] << 16;
    group |= n > 1 ? (uint32_t)data[i + 1] << 8 : 0;
    group |= n > 2 ? (uint32_t)data[i + 2] : 0;
    for (size_t k = 0; k <= n; k++)
      *out++ = alphabet[group >> (18 - 6 * k) & 63];
  }
  *out = '\0';
  return text;
}

bool base64url_decode(struct str text, struct arena *arena, uint8_t **ret, size_t *ret_len)
{
  uint8_t *bytes = arena_alloc_bytes(arena, text.len), *out = bytes;
  uint32_t bits = 0;
  unsigned n_bits = 0;
  for (size_t i = 0; i < text.len; i++) {
    const char *found = memchr(alphabet, text.data[i], 64);
    if (found == NULL)
      return false;
    bits = bits << 6 | (uint32_t)(found - alphabet);
    n_bits += 6;
    if (n_bits >= 8) {
      n_bits -= 8;
      *out++ = (uint8_t)(bits >> n_bits);
      bits &= (1u << n_bits) - 1;
    }
  }
  *ret = bytes;
  *ret_len = (size_t)(out - bytes);
  return n_bits < 6 && bits == 0;
}

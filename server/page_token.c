/*
 * page_token.c - cursors under authenticated encryption.
 *
 *     base64url( key id [4] | salt [16] | ciphertext | tag [16] )
 *     plaintext:  expiry, seconds since 1970 [8] | for each value: length, or -1 for NULL [4] | bytes
 *
 * Each token has a key of its own, HMAC-SHA256(key, salt), under ChaCha20-Poly1305 with a zero nonce: a
 * random nonce of 12 bytes would repeat itself too soon for a busy server, 16 bytes of salt do not.  The key
 * id is the beginning of the key's SHA-256; it lets several keys be accepted while one is replaced.
 *
 * The binding is associated data, together with the head: a token opens only where everything it was sealed
 * for is the same.  What is wrong with a token is nobody's business but the log's; the client reads one text.
 */
#include "server/page_token.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <stdlib.h>

#include "base/base64url.h"
#include "base/clock.h"

#define KEY_SIZE 32
#define ID_SIZE 4
#define SALT_SIZE 16
#define TAG_SIZE 16
#define HEAD_SIZE (ID_SIZE + SALT_SIZE)
#define EXPIRY_SIZE 8
#define KEYS_MAX 16

struct key {
  uint8_t id[ID_SIZE];
  uint8_t secret[KEY_SIZE];
  EVP_MAC_CTX *mac; /* knows the secret; to be copied, as several threads seal at once */
};

/* Algorithms are looked up by name once: for each token that costs more than the token. */
struct page_token_keys {
  struct key keys[KEYS_MAX];
  size_t n;
  int64_t lifetime_seconds;
  EVP_CIPHER *cipher;
};

/* Failure of the cryptographic library leaves nothing sensible to go on with. */
static void must(int result)
{
  if (result != 1)
    abort();
}

/* ---- keys ---- */

static int hex_digit(char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  if ((c | 32) >= 'a' && (c | 32) <= 'f')
    return (c | 32) - 'a' + 10;
  return -1;
}

static bool parse_key(struct str text, uint8_t ret[static KEY_SIZE])
{
  if (text.len != (size_t)KEY_SIZE * 2)
    return false;
  for (size_t i = 0; i < KEY_SIZE; i++) {
    int high = hex_digit(text.data[2 * i]), low = hex_digit(text.data[2 * i + 1]);
    if (high < 0 || low < 0)
      return false;
    ret[i] = (uint8_t)(high << 4 | low);
  }
  return true;
}

static void name_key(struct key *key)
{
  uint8_t digest[SHA256_DIGEST_LENGTH];
  SHA256(key->secret, KEY_SIZE, digest);
  memcpy(key->id, digest, ID_SIZE);
}

static void start_mac(struct key *key)
{
  char digest[] = "SHA256";
  OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                             OSSL_PARAM_construct_end()};
  EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
  key->mac = EVP_MAC_CTX_new(mac);
  must(key->mac != NULL);
  must(EVP_MAC_init(key->mac, key->secret, KEY_SIZE, parameters));
  EVP_MAC_free(mac);
}

static void use_algorithms(struct page_token_keys *keys)
{
  keys->cipher = EVP_CIPHER_fetch(NULL, "ChaCha20-Poly1305", NULL);
  must(keys->cipher != NULL);
  for (size_t i = 0; i < keys->n; i++)
    start_mac(&keys->keys[i]);
}

static bool parse_keys(struct page_token_keys *keys, const char *secret, struct error *error)
{
  for (const char *p = secret;; p++) {
    size_t len = strcspn(p, ",");
    if (keys->n == KEYS_MAX)
      return error_set(error, ERROR_INVALID_ARGUMENT, "INVALID_SETTING", "token-keys: more than %d keys",
                       KEYS_MAX);
    struct key *key = &keys->keys[keys->n];
    if (!parse_key((struct str){p, len}, key->secret))
      return error_set(error, ERROR_INVALID_ARGUMENT, "INVALID_SETTING",
                       "token-keys: key %zu is not %d hex digits", keys->n + 1, KEY_SIZE * 2);
    name_key(key);
    keys->n++;
    p += len;
    if (*p == '\0')
      return true;
  }
}

struct page_token_keys *page_token_keys_new(const char *secret, int64_t lifetime_seconds, struct error *error)
{
  struct page_token_keys *keys = calloc(1, sizeof(*keys));
  if (keys == NULL)
    abort();
  keys->lifetime_seconds = lifetime_seconds;
  if (secret[0] == '\0') {
    must(RAND_bytes(keys->keys[0].secret, KEY_SIZE));
    name_key(&keys->keys[0]);
    keys->n = 1;
  } else if (!parse_keys(keys, secret, error)) {
    page_token_keys_free(keys);
    return NULL;
  }
  use_algorithms(keys);
  return keys;
}

void page_token_keys_free(struct page_token_keys *keys)
{
  if (keys == NULL)
    return;
  for (size_t i = 0; i < keys->n; i++)
    EVP_MAC_CTX_free(keys->keys[i].mac);
  EVP_CIPHER_free(keys->cipher);
  OPENSSL_cleanse(keys, sizeof(*keys));
  free(keys);
}

static const struct key *find_key(const struct page_token_keys *keys, const uint8_t *id)
{
  for (size_t i = 0; i < keys->n; i++)
    if (memcmp(keys->keys[i].id, id, ID_SIZE) == 0)
      return &keys->keys[i];
  return NULL;
}

/* ---- the cipher ---- */

static const uint8_t zero_nonce[12];

static void derive_key(const struct key *key, const uint8_t *salt, uint8_t ret[static SHA256_DIGEST_LENGTH])
{
  size_t len;
  EVP_MAC_CTX *mac = EVP_MAC_CTX_dup(key->mac);
  must(mac != NULL);
  must(EVP_MAC_update(mac, salt, SALT_SIZE));
  must(EVP_MAC_final(mac, ret, &len, SHA256_DIGEST_LENGTH));
  EVP_MAC_CTX_free(mac);
}

/* A context that has the token's own key and has seen the associated data. */
static EVP_CIPHER_CTX *start_cipher(const struct page_token_keys *keys, const struct key *key,
                                    const uint8_t *head, struct str binding, bool seal)
{
  uint8_t own[SHA256_DIGEST_LENGTH];
  derive_key(key, head + ID_SIZE, own);
  EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
  if (cipher == NULL)
    abort();
  int unused;
  must(EVP_CipherInit_ex(cipher, keys->cipher, NULL, own, zero_nonce, seal));
  must(EVP_CipherUpdate(cipher, NULL, &unused, head, HEAD_SIZE));
  if (binding.len > 0)
    must(EVP_CipherUpdate(cipher, NULL, &unused, (const uint8_t *)binding.data, (int)binding.len));
  OPENSSL_cleanse(own, sizeof(own));
  return cipher;
}

static void encrypt(const struct page_token_keys *keys, const struct key *key, const uint8_t *head,
                    struct str binding, uint8_t *text, size_t len, uint8_t *ret_tag)
{
  int written;
  EVP_CIPHER_CTX *cipher = start_cipher(keys, key, head, binding, true);
  must(EVP_CipherUpdate(cipher, text, &written, text, (int)len));
  must(EVP_CipherFinal_ex(cipher, text + written, &written));
  must(EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, ret_tag));
  EVP_CIPHER_CTX_free(cipher);
}

static bool decrypt(const struct page_token_keys *keys, const struct key *key, const uint8_t *head,
                    struct str binding, uint8_t *text, size_t len, uint8_t *tag)
{
  int written;
  EVP_CIPHER_CTX *cipher = start_cipher(keys, key, head, binding, false);
  must(EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE, tag));
  must(EVP_CipherUpdate(cipher, text, &written, text, (int)len));
  bool genuine = EVP_CipherFinal_ex(cipher, text + written, &written) == 1;
  EVP_CIPHER_CTX_free(cipher);
  return genuine;
}

/* ---- tokens ---- */

static uint8_t *put_number(uint8_t *p, uint64_t value, size_t size)
{
  for (size_t i = size; i-- > 0; value >>= 8)
    p[i] = (uint8_t)value;
  return p + size;
}

static uint64_t take_number(const uint8_t **p, size_t size)
{
  uint64_t value = 0;
  for (size_t i = 0; i < size; i++)
    value = value << 8 | *(*p)++;
  return value;
}

static size_t plaintext_size(const struct cell *values, unsigned n_values)
{
  size_t size = EXPIRY_SIZE;
  for (unsigned i = 0; i < n_values; i++)
    size += 4 + (values[i].len > 0 ? (size_t)values[i].len : 0);
  return size;
}

const char *page_token_seal(const struct page_token_keys *keys, struct str binding, const struct cell *values,
                            unsigned n_values, struct arena *arena)
{
  const struct key *key = &keys->keys[0];
  size_t len = plaintext_size(values, n_values), size = HEAD_SIZE + len + TAG_SIZE;
  uint8_t *token = arena_alloc_bytes(arena, size), *text = token + HEAD_SIZE;
  memcpy(token, key->id, ID_SIZE);
  must(RAND_bytes(token + ID_SIZE, SALT_SIZE));

  int64_t expiry = clock_real_us() / 1000000 + keys->lifetime_seconds;
  uint8_t *p = put_number(text, (uint64_t)expiry, EXPIRY_SIZE);
  for (unsigned i = 0; i < n_values; i++) {
    p = put_number(p, (uint32_t)values[i].len, 4);
    if (values[i].len > 0) {
      memcpy(p, values[i].data, (size_t)values[i].len);
      p += values[i].len;
    }
  }
  encrypt(keys, key, token, binding, text, len, text + len);
  return base64url_encode(token, size, arena);
}

static bool read_values(const uint8_t *p, const uint8_t *end, unsigned n_values, struct cell *ret)
{
  for (unsigned i = 0; i < n_values; i++) {
    if (end - p < 4)
      return false;
    int32_t len = (int32_t)take_number(&p, 4);
    if (len < -1 || len > end - p)
      return false;
    ret[i] = (struct cell){p, len};
    p += len < 0 ? 0 : len;
  }
  return p == end;
}

/* NULL on success, else what is wrong, for the log. */
static const char *open_token(const struct page_token_keys *keys, struct str binding, struct str token,
                              unsigned n_values, struct arena *arena, const struct cell **ret_values)
{
  uint8_t *bytes;
  size_t size;
  if (!base64url_decode(token, arena, &bytes, &size) || size < HEAD_SIZE + EXPIRY_SIZE + TAG_SIZE)
    return "not a token";
  const struct key *key = find_key(keys, bytes);
  if (key == NULL)
    return "sealed with another key";
  size_t len = size - HEAD_SIZE - TAG_SIZE;
  uint8_t *text = bytes + HEAD_SIZE;
  if (!decrypt(keys, key, bytes, binding, text, len, text + len))
    return "changed, or of another request";
  const uint8_t *p = text;
  if ((int64_t)take_number(&p, EXPIRY_SIZE) < clock_real_us() / 1000000)
    return "expired";
  struct cell *values = ARENA_ARRAY(arena, struct cell, n_values);
  if (!read_values(p, text + len, n_values, values))
    return "holds other values";
  *ret_values = values;
  return NULL;
}

bool page_token_open(const struct page_token_keys *keys, struct str binding, struct str token,
                     unsigned n_values, struct arena *arena, const struct cell **ret_values,
                     struct error *error)
{
  const char *fault = open_token(keys, binding, token, n_values, arena, ret_values);
  if (fault == NULL)
    return true;
  error_set(error, ERROR_INVALID_ARGUMENT, "INVALID_PAGE_TOKEN",
            "the page token is not valid for this request; begin again without one");
  error_set_field(error, "page_token");
  error_set_detail(error, "page token: %s", fault);
  return false;
}

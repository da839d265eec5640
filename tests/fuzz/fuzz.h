/*
 * fuzz.h - what the fuzzers share: what must hold, input cut into pieces, and a graph with a bit of
 * everything.
 */
#pragma once

#include <stdlib.h>

#include "support/graph_world.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Unlike assert, in every build. */
static inline void check(bool holds)
{
  if (!holds)
    abort();
}

/* The client's fault, in words that a status can carry. */
static inline void check_refusal(const struct error *error)
{
  check(error->code == ERROR_INVALID_ARGUMENT && error->reason != NULL && error->message[0] != '\0');
  check(str_is_utf8(error->message, strlen(error->message)));
  check(str_is_utf8(error->field, strlen(error->field)));
}

static inline void check_same(const struct strbuf *a, const struct strbuf *b)
{
  check(a->len == b->len && memcmp(strbuf_text(a), strbuf_text(b), a->len) == 0);
}

/* Takes what stands before the first `separator`, or all. */
static inline struct str fuzz_take(struct str *rest, char separator)
{
  const char *end = rest->len == 0 ? NULL : memchr(rest->data, separator, rest->len);
  struct str piece = {rest->data, end == NULL ? rest->len : (size_t)(end - rest->data)};
  *rest = end == NULL ? (struct str){0} : (struct str){end + 1, rest->len - piece.len - 1};
  return piece;
}

/* Trees, embedded messages, lists with has_more, composite keys, columns of types that have no order. */
static inline const struct graph *fuzz_graph(void)
{
  static const char catalog[] = "enum mood: sad, ok\n"
                                "table users\n  id int8 primary key\n  username text not null unique\n"
                                "table nodes\n  id int8 primary key\n  name text\n  mood mood\n"
                                "  parent_id int8 -> nodes(id)\n  owner_id int8 not null -> users(id)\n"
                                "  price numeric\n  tags text[]\n  happened timestamptz\n"
                                "  home_city text\n  home_zip int4\n"
                                "table marks\n  node_id int8 not null -> nodes(id)\n  word text not null\n"
                                "  primary key (node_id, word)\n";
  static const char declarations[] =
      "enum Mood { MOOD_UNSPECIFIED = 0; SAD = 1; OK = 2; }\n"
      "message Place { string city = 1; int32 zip = 2; }\n"
      "message User { option (rowan.v1.resource) = {};\n"
      "  int64 id = 1; string username = 2; repeated Node nodes = 3; }\n"
      "message Mark { option (rowan.v1.resource) = {}; Node node = 1; string word = 2; }\n"
      "message Node { option (rowan.v1.resource) = {default_mask: \"*,children,owner,marks.word\"};\n"
      "  int64 id = 1; string name = 2; Node parent = 3;\n"
      "  repeated Node children = 4 [(rowan.v1.field).relation = {max_depth: 4 page_size: 2}];\n"
      "  bool children_has_more = 5 [(rowan.v1.field).has_more = \"children\"];\n"
      "  Place home = 6 [(rowan.v1.field).embed = {prefix: \"home_\"}];\n"
      "  User owner = 7; repeated Mark marks = 8; Mood mood = 9; string price = 10;\n"
      "  repeated string tags = 11; google.protobuf.Timestamp happened = 12;\n"
      "  string owner_name = 13 [(rowan.v1.field).source = \"owner.username\"];\n"
      "  int64 mark_count = 14 [(rowan.v1.field).aggregate = {count: \"marks\"}]; }\n";
  static struct graph_world world;
  if (world.graph == NULL) {
    world = world_from_text(catalog, declarations);
    world_must_be_sound(&world);
  }
  return world.graph;
}

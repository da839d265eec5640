/*
 * selection.c - field masks to selection trees.
 *
 * Each path is walked once into a tree of nodes whose slots are parallel to the resource's fields, so that
 * overlapping paths unite by themselves and their order is lost.  When all paths are in, the nodes are packed
 * into the selection: chosen fields by number, and has_more and token with their list.
 *
 * A recursive relation (max_depth) is selected level by level with the same sub-mask: the selection below it
 * holds the relation itself as an item that leads to the next level.  Where a path spells the levels out
 * (children.children.name), they are what it says and no more.
 *
 * A path that ends at a relation expands that relation's default mask, one level of indirection and no more:
 * inside a default mask a relation means its `*`, so expansion ends whatever the masks say.  A node remembers
 * that it was expanded; a hundred paths to one relation expand it once.
 */
#include "planner/selection.h"

#include <ctype.h>

#include "planner/drift.h"
#include "planner/graph_build.h"
#include "planner/list_arguments.h"

struct slot {
  bool chosen;
  bool named;         /* by itself rather than by `*` */
  bool spelled;       /* of a recursive relation: a path names the next level itself */
  bool whole;         /* of an embedded message: all its fields */
  struct node *child; /* of a relation or embedded message that is chosen */
};

struct node {
  const struct graph_resource *resource;
  struct slot *slots;
  bool all;      /* `*` is in */
  bool expanded; /* the default mask is in */
};

struct builder {
  struct arena *arena, *scratch;
  const struct planner_limits *limits;
  struct error *error;
  size_t n_nodes;
  bool in_default;   /* the path is of a default mask */
  struct str path;   /* the one being read */
  const char *field; /* where it stands, for errors */
  size_t index;      /* in the client's mask */
};

/* ---- errors ---- */

#define QUOTED_MAX 80

/* Client text for a message: control bytes replaced, long text cut. */
static const char *quoted(const struct builder *b, struct str text)
{
  size_t len = text.len < QUOTED_MAX ? text.len : QUOTED_MAX;
  char *copy = arena_strndup(b->scratch, text.data == NULL ? "" : text.data, len);
  for (size_t i = 0; i < len; i++)
    if (iscntrl((unsigned char)copy[i]) || (unsigned char)copy[i] >= 0x80 || copy[i] == '"')
      copy[i] = '?';
  return copy;
}

static bool place_error(struct builder *b)
{
  if (b->in_default)
    error_set_field(b->error, "%s", "default_mask");
  else
    error_set_field(b->error, "%s[%zu]", b->field, b->index);
  return false;
}

static bool too_complex(struct builder *b, const char *what, size_t value, uint32_t limit,
                        const char *setting)
{
  error_set(b->error, ERROR_INVALID_ARGUMENT, "REQUEST_TOO_COMPLEX", "the mask has more than %u %s", limit,
            what);
  limit_describe(b->error, limit, value, setting);
  return place_error(b);
}

/* Ignored, or broken: then it may be there again after a reload. */
static void not_served(struct builder *b, const struct schema_field *field, const char *path,
                       const char *message)
{
  if (field->options != NULL && field->options->ignore) {
    error_set(b->error, ERROR_INVALID_ARGUMENT, "INVALID_MASK", "path \"%s\": field %s of %s is not served",
              path, field->name, message);
    return;
  }
  error_set(b->error, ERROR_UNAVAILABLE, "SCHEMA_DRIFT",
            "path \"%s\": field %s of %s does not fit the database", path, field->name, message);
  error_set_retry(b->error, DRIFT_RETRY_MS);
}

static bool bad_segment(struct builder *b, const struct graph_resource *resource, struct str segment)
{
  const char *path = quoted(b, b->path), *message = resource->message->name;
  const struct schema_field *declared = schema_message_field(resource->message, segment);
  const char *nearest = nearest_field(b->scratch, resource, segment);
  if (segment.len == 0)
    error_set(b->error, ERROR_INVALID_ARGUMENT, "INVALID_MASK", "path \"%s\" has an empty segment", path);
  else if (isdigit((unsigned char)segment.data[0]))
    error_set(
        b->error, ERROR_INVALID_ARGUMENT, "INVALID_MASK",
        "path \"%s\": \"%s\" is no field of %s; a path goes through all items of a list, without an index",
        path, quoted(b, segment), message);
  else if (declared != NULL)
    not_served(b, declared, path, message);
  else if (nearest != NULL)
    error_set(b->error, ERROR_INVALID_ARGUMENT, "INVALID_MASK",
              "path \"%s\": %s has no field \"%s\"; did you mean \"%s\"?", path, message, quoted(b, segment),
              nearest);
  else
    error_set(b->error, ERROR_INVALID_ARGUMENT, "INVALID_MASK", "path \"%s\": %s has no field \"%s\"", path,
              message, quoted(b, segment));
  return place_error(b);
}

static bool below_scalar(struct builder *b, const struct graph_field *field, struct str segment)
{
  error_set(b->error, ERROR_INVALID_ARGUMENT, "INVALID_MASK",
            "path \"%s\": \"%s\" cannot follow %s, which has no fields", quoted(b, b->path),
            quoted(b, segment), field->field->name);
  return place_error(b);
}

/* ---- paths into the tree ---- */

static struct node *node_new(struct builder *b, const struct graph_resource *resource)
{
  struct node *node = ARENA_NEW(b->scratch, struct node);
  *node =
      (struct node){.resource = resource, .slots = ARENA_ARRAY(b->scratch, struct slot, resource->n_fields)};
  return node;
}

static void choose_all(struct node *node)
{
  if (node->all)
    return;
  node->all = true;
  for (size_t i = 0; i < node->resource->n_fields; i++) {
    enum graph_field_kind kind = node->resource->fields[i].kind;
    if (kind != GRAPH_FIELD_NONE && kind != GRAPH_FIELD_RELATION &&
        !graph_field_is_of_list(&node->resource->fields[i]))
      node->slots[i].chosen = node->slots[i].whole = true;
  }
}

static bool enter(struct builder *b, struct node *node, const struct graph_field *field,
                  struct node **ret_child)
{
  struct slot *slot = &node->slots[field->index];
  if (slot->child == NULL) {
    if (++b->n_nodes > b->limits->mask_nodes)
      return too_complex(b, "relations", b->n_nodes, b->limits->mask_nodes, "mask-nodes");
    slot->child = node_new(b, graph_field_target(field));
    slot->chosen = true;
  }
  *ret_child = slot->child;
  return true;
}

static bool add_default(struct builder *b, struct node *node, const char *text);

/* The path ends here. */
static bool choose(struct builder *b, struct node *node, const struct graph_field *field)
{
  node->slots[field->index].chosen = true;
  node->slots[field->index].named = true;
  node->slots[field->index].whole = true;
  if (field->kind != GRAPH_FIELD_RELATION)
    return true;
  struct node *child;
  if (!enter(b, node, field, &child))
    return false;
  const char *text = child->resource->default_mask;
  if (!b->in_default && text != NULL)
    return add_default(b, child, text);
  choose_all(child);
  return true;
}

static struct str next_segment(struct str *rest, bool *ret_last)
{
  const char *dot = rest->len > 0 ? memchr(rest->data, '.', rest->len) : NULL;
  struct str segment = {rest->data, dot == NULL ? rest->len : (size_t)(dot - rest->data)};
  *ret_last = dot == NULL;
  if (dot != NULL)
    *rest = (struct str){dot + 1, rest->len - segment.len - 1};
  return segment;
}

static size_t count_segments(struct str path)
{
  size_t n = 1;
  for (size_t i = 0; i < path.len; i++)
    n += path.data[i] == '.';
  return n;
}

static bool is_recursive(const struct graph_field *field)
{
  return field->kind == GRAPH_FIELD_RELATION && field->relation->max_depth > 1;
}

static bool add_path(struct builder *b, struct node *node, struct str path)
{
  const struct graph_field *field = NULL;
  struct slot *above = NULL; /* of the relation that leads to `node` */
  const struct graph_field *above_field = NULL;
  struct str rest = path;
  uint32_t depth = 0;
  b->path = path;
  for (bool last = false; !last;) {
    struct str segment = next_segment(&rest, &last);
    if (++depth > b->limits->mask_depth)
      return too_complex(b, "segments in a path", count_segments(path), b->limits->mask_depth, "mask-depth");
    if (field != NULL && graph_field_target(field) == NULL)
      return segment.len == 0 ? bad_segment(b, node->resource, segment) : below_scalar(b, field, segment);
    if (field != NULL) {
      above = &node->slots[field->index];
      above_field = field;
      if (!enter(b, node, field, &node))
        return false;
    }
    if (str_equal(segment, STR("*"))) {
      field = NULL; /* the level is entered already: a.*.b is a.b */
      if (last)
        choose_all(node);
      continue;
    }
    field = served_field(node->resource, segment);
    if (field == NULL)
      return bad_segment(b, node->resource, segment);
    if (field == above_field && is_recursive(field))
      above->spelled = true;
  }
  return field == NULL || choose(b, node, field);
}

static struct str trim(struct str text)
{
  while (text.len > 0 && isspace((unsigned char)text.data[0]))
    text = (struct str){text.data + 1, text.len - 1};
  while (text.len > 0 && isspace((unsigned char)text.data[text.len - 1]))
    text.len--;
  return text;
}

/* A default mask's paths, by commas. */
static bool add_default(struct builder *b, struct node *node, const char *text)
{
  if (node->expanded)
    return true;
  node->expanded = true;
  bool outer = b->in_default;
  struct str path = b->path;
  b->in_default = true;
  uint32_t n_paths = 0;
  for (const char *next = text; next != NULL;) {
    const char *comma = strchr(next, ',');
    struct str part = {next, comma == NULL ? strlen(next) : (size_t)(comma - next)};
    next = comma == NULL ? NULL : comma + 1;
    if (++n_paths > b->limits->mask_paths)
      return too_complex(b, "paths", n_paths, b->limits->mask_paths, "mask-paths");
    if (!add_path(b, node, trim(part)))
      return false;
  }
  b->in_default = outer;
  b->path = path;
  return true;
}

/* ---- the tree into a selection ---- */

/* What a node stands for below a recursive relation. */
struct level {
  const struct graph_field *of; /* it is each of this relation's levels; NULL: of none */
  const struct graph_field
      *spelled; /* a path spelled it out: this relation is followed no further than that */
};

static bool is_chosen(const struct node *node, size_t i, struct level level)
{
  const struct graph_field *field = &node->resource->fields[i];
  if (graph_field_is_of_list(field))
    return field->of->kind == GRAPH_FIELD_RELATION && is_chosen(node, field->of->index, level);
  return node->slots[i].chosen || field == level.of;
}

static struct selection *pack(struct builder *b, const struct node *node, struct level level);

/* How many levels the relation of slot i is followed; 0 where it does not recur. */
static uint32_t levels_of(const struct node *node, size_t i, struct level level)
{
  const struct graph_field *field = &node->resource->fields[i];
  if (graph_field_is_of_list(field))
    return levels_of(node, field->of->index, level);
  bool recurs = is_recursive(field) && !node->slots[i].spelled && field != level.spelled && field != level.of;
  return recurs ? field->relation->max_depth : 0;
}

/* What stands below the field of slot i; NULL below a scalar. */
static struct selection *pack_child(struct builder *b, const struct node *node, size_t i, struct level level)
{
  const struct graph_field *field = &node->resource->fields[i];
  const struct node *child = node->slots[i].child;
  if (field->kind == GRAPH_FIELD_EMBED && node->slots[i].whole) {
    struct node *whole = node_new(b, field->embedded);
    choose_all(whole);
    child = whole;
  }
  struct level below = {0};
  if (levels_of(node, i, level) > 0)
    below.of = field;
  else if (is_recursive(field))
    below.spelled = field;
  return child == NULL ? NULL : pack(b, child, below);
}

static void pack_item(struct builder *b, const struct node *node, size_t i, struct level level,
                      struct selection_item *item)
{
  item->field = &node->resource->fields[i];
  const struct graph_field *list = graph_field_is_of_list(item->field) ? item->field->of : item->field;
  item->again = list == level.of;
  if (item->again)
    return;
  item->depth = levels_of(node, i, level);
  item->child = pack_child(b, node, i, level);
}

static struct selection *pack(struct builder *b, const struct node *node, struct level level)
{
  struct selection *selection = ARENA_NEW(b->arena, struct selection);
  size_t n = 0;
  for (size_t i = 0; i < node->resource->n_fields; i++)
    n += is_chosen(node, i, level);
  *selection = (struct selection){.resource = node->resource,
                                  .items = ARENA_ARRAY(b->arena, struct selection_item, n)};
  for (size_t i = 0; i < node->resource->n_fields; i++)
    if (is_chosen(node, i, level))
      pack_item(b, node, i, level, &selection->items[selection->n_items++]);
  return selection;
}

/* A has_more or token that was named brings its list: without the list's rows it could not be told. */
static bool bring_lists(struct builder *b, struct node *node)
{
  for (size_t i = 0; i < node->resource->n_fields; i++) {
    const struct graph_field *field = &node->resource->fields[i];
    if (graph_field_is_of_list(field) && node->slots[i].named && field->of->kind == GRAPH_FIELD_RELATION &&
        !node->slots[field->of->index].chosen) {
      struct node *list;
      if (!enter(b, node, field->of, &list))
        return false;
    }
  }
  for (size_t i = 0; i < node->resource->n_fields; i++)
    if (node->slots[i].child != NULL && !bring_lists(b, node->slots[i].child))
      return false;
  return true;
}

/* ---- entry ---- */

static bool add_mask(struct builder *b, struct node *root, const struct mask *mask)
{
  if (mask->n_paths > b->limits->mask_paths)
    return too_complex(b, "paths", mask->n_paths, b->limits->mask_paths, "mask-paths");
  for (size_t i = 0; i < mask->n_paths; i++) {
    b->index = i;
    if (!add_path(b, root, mask->paths[i]))
      return false;
  }
  return true;
}

static bool build(const struct graph_resource *resource, const char *default_mask, const struct mask *mask,
                  const struct planner_limits *limits, struct arena *arena, struct selection **ret_selection,
                  struct error *error)
{
  struct builder b = {.arena = arena, .scratch = arena_new(0), .limits = limits, .error = error};
  b.field = mask != NULL && mask->field != NULL ? mask->field : "read_mask.paths";
  struct node *root = node_new(&b, resource);
  bool ok = true;
  if (mask != NULL && mask->n_paths > 0)
    ok = add_mask(&b, root, mask);
  else if (default_mask != NULL)
    ok = add_default(&b, root, default_mask);
  else
    choose_all(root);
  ok = ok && bring_lists(&b, root);
  if (ok)
    *ret_selection = pack(&b, root, (struct level){0});
  arena_free(b.scratch);
  return ok;
}

bool selection_build(const struct graph *graph, const struct graph_method *method, const struct mask *mask,
                     const struct planner_limits *limits, struct arena *arena,
                     struct selection **ret_selection, struct error *error)
{
  const char *default_mask =
      method->default_mask != NULL ? method->default_mask : method->resource->default_mask;
  return build(method->resource, default_mask, mask, limits, arena, ret_selection, error);
}

bool selection_build_for(const struct graph *graph, const struct graph_resource *resource,
                         const struct mask *mask, const struct planner_limits *limits, struct arena *arena,
                         struct selection **ret_selection, struct error *error)
{
  return build(resource, resource->default_mask, mask, limits, arena, ret_selection, error);
}

void selection_fingerprint(const struct selection *selection, struct strbuf *ret)
{
  for (size_t i = 0; i < selection->n_items; i++) {
    const struct selection_item *item = &selection->items[i];
    if (i > 0)
      strbuf_putc(ret, ',');
    strbuf_puts(ret, item->field->field->name);
    if (item->depth > 0)
      strbuf_printf(ret, "^%u", item->depth);
    if (item->arguments != NULL)
      list_arguments_fingerprint(item->arguments, ret);
    if (item->child == NULL)
      continue;
    strbuf_putc(ret, '{');
    selection_fingerprint(item->child, ret);
    strbuf_putc(ret, '}');
  }
}

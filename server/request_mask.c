#include "server/request_mask.h"

#define PATHS_FIELD 1 /* of google.protobuf.FieldMask */

struct paths {
  struct str *items;
  size_t n, cap;
};

static struct str trim(struct str text)
{
  while (text.len > 0 && (text.data[0] == ' ' || text.data[0] == '\t'))
    text = (struct str){text.data + 1, text.len - 1};
  while (text.len > 0 && (text.data[text.len - 1] == ' ' || text.data[text.len - 1] == '\t'))
    text.len--;
  return text;
}

static void split(struct str text, struct arena *arena, struct paths *ret)
{
  if (trim(text).len == 0)
    return;
  for (;;) {
    const char *comma = memchr(text.data, ',', text.len);
    size_t len = comma == NULL ? text.len : (size_t)(comma - text.data);
    VEC_PUSH(arena, ret, trim((struct str){text.data, len}));
    if (comma == NULL)
      return;
    text = (struct str){comma + 1, text.len - len - 1};
  }
}

static void read_field(const struct graph_method *method, const struct message_value *request,
                       struct arena *arena, struct paths *ret)
{
  if (method->read_mask == NULL)
    return;
  const struct field_value *mask = message_field(request, method->read_mask);
  if (mask->n == 0)
    return;
  const struct message_value *message = mask->items[0].message;
  const struct schema_field *field = schema_message_field_by_number(message->type, PATHS_FIELD);
  const struct field_value *paths = message_field(message, field);
  for (size_t i = 0; i < paths->n; i++)
    VEC_PUSH(arena, ret, paths->items[i].bytes);
}

/* The path below the response's items field; a path to the field itself leaves nothing, and a path elsewhere
 * in the response selects nothing of the resource. */
static bool strip_items(const struct schema_field *items, struct str path, struct str *ret)
{
  const char *dot = memchr(path.data, '.', path.len);
  struct str head = {path.data, dot == NULL ? path.len : (size_t)(dot - path.data)};
  if (!str_equal_text(head, items->name) && !str_equal_text(head, items->json_name))
    return false;
  *ret = dot == NULL ? (struct str){0} : (struct str){dot + 1, path.len - head.len - 1};
  return true;
}

static bool refuse_google(const char *message, struct error *error)
{
  error_set(error, ERROR_INVALID_ARGUMENT, "INVALID_MASK", "%s", message);
  error_set_field(error, "x-goog-fieldmask");
  return false;
}

/* `*` and the items field alone stand for the default.  Other fields of the response are always sent. */
static bool read_google(const struct graph_method *method, struct str text, struct arena *arena,
                        struct paths *ret, struct error *error)
{
  const struct schema_message *response = method->method->output;
  struct paths paths = {0};
  bool whole = false, nothing = true;
  split(text, arena, &paths);
  if (method->items == NULL) {
    *ret = paths;
    return true;
  }
  for (size_t i = 0; i < paths.n; i++) {
    struct str path;
    if (str_equal_text(paths.items[i], "*")) {
      whole = true;
    } else if (strip_items(method->items, paths.items[i], &path)) {
      whole |= path.len == 0;
      nothing = false;
      VEC_PUSH(arena, ret, path);
    } else if (schema_message_field(response, paths.items[i]) == NULL) {
      return refuse_google(arena_printf(arena, "the mask is relative to %s, which has no field \"%.*s\"",
                                        response->name, (int)paths.items[i].len, paths.items[i].data),
                           error);
    }
  }
  if (whole)
    *ret = (struct paths){0};
  if (paths.n == 0 || whole || !nothing)
    return true;
  return refuse_google(arena_printf(arena, "the mask selects nothing of %s", method->resource->message->name),
                       error);
}

static bool same_selection(const struct graph *graph, const struct graph_method *method, const struct mask *a,
                           const struct mask *b, const struct planner_limits *limits, struct arena *arena,
                           bool *ret_same, struct error *error)
{
  struct selection *left, *right;
  if (!selection_build(graph, method, a, limits, arena, &left, error) ||
      !selection_build(graph, method, b, limits, arena, &right, error))
    return false;
  struct strbuf left_text = {0}, right_text = {0};
  selection_fingerprint(left, &left_text);
  selection_fingerprint(right, &right_text);
  *ret_same = str_equal_text((struct str){strbuf_text(&left_text), left_text.len}, strbuf_text(&right_text));
  strbuf_done(&left_text);
  strbuf_done(&right_text);
  return true;
}

bool request_mask(const struct graph *graph, const struct graph_method *method,
                  const struct message_value *request, const struct mask_headers *headers,
                  const struct planner_limits *limits, struct arena *arena, struct mask *ret,
                  struct error *error)
{
  struct paths field = {0}, header = {0}, google = {0};
  read_field(method, request, arena, &field);
  split(headers->read_mask, arena, &header);
  if (!read_google(method, headers->google_field_mask, arena, &google, error))
    return false;
  struct mask masks[] = {{field.items, field.n, "read_mask.paths"},
                         {header.items, header.n, "rowan-read-mask"},
                         {google.items, google.n, "x-goog-fieldmask"}};
  struct mask chosen = {NULL, 0, "read_mask.paths"};
  for (size_t i = 0; i < LENGTH_OF(masks); i++) {
    bool same = true;
    if (masks[i].n_paths == 0)
      continue;
    if (chosen.n_paths > 0 && !same_selection(graph, method, &chosen, &masks[i], limits, arena, &same, error))
      return false;
    if (!same) {
      error_set(error, ERROR_INVALID_ARGUMENT, "INVALID_MASK", "%s and %s select different fields",
                chosen.field, masks[i].field);
      error_set_field(error, "%s", masks[i].field);
      return false;
    }
    if (chosen.n_paths == 0)
      chosen = masks[i];
  }
  *ret = chosen;
  return true;
}

#include "planner/filter.h"

#include "planner/filter_bind.h"
#include "planner/filter_parser.h"

static bool check_text(const struct filter_source *source)
{
  uint32_t limit = source->limits->filter_bytes;
  if (source->text.len > limit)
    return filter_too_complex(source, "filter-bytes", "bytes", source->text.len, limit);
  if (str_is_utf8(source->text.data, source->text.len))
    return true;
  return filter_refuse(source, 0, "the filter is no UTF-8");
}

bool filter_parse(struct str text, const struct filter_context *context, struct expr **ret_expr,
                  struct error *error)
{
  static const struct planner_limits defaults = PLANNER_LIMITS_DEFAULT;
  struct filter_source source = {.text = text,
                                 .field = context->field ? context->field : "",
                                 .limits = context->limits ? context->limits : &defaults,
                                 .arena = context->arena,
                                 .error = error};
  struct filter_scope scope = {
      .source = &source, .context = context, .resource = context->resource, .through = context->through};
  struct filter_node *node;
  struct expr *expr = NULL;
  if (!check_text(&source) || !filter_parse_text(&source, &node) ||
      (node && !filter_bind(&scope, node, &expr)))
    return false;
  *ret_expr = expr;
  return true;
}

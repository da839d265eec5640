#include "planner/filter_claim.h"

/* Types whose every value can be checked before a query, so that a claim that is none never reaches one. */
static bool is_comparable(const struct catalog_type *type)
{
  switch (type->class) {
  case TYPE_BOOL:
  case TYPE_INT2:
  case TYPE_INT4:
  case TYPE_INT8:
  case TYPE_FLOAT4:
  case TYPE_FLOAT8:
  case TYPE_NUMERIC:
  case TYPE_TEXT:
  case TYPE_BPCHAR:
  case TYPE_CITEXT:
  case TYPE_UUID:
  case TYPE_ENUM:
    return type->array != NULL;
  default:
    return false;
  }
}

bool filter_is_claim(const struct filter_scope *scope, const struct filter_term *term)
{
  return scope->context->origin == FILTER_OF_ANNOTATION && term->kind == FILTER_TERM_CALL &&
         term->n_names == 1 && str_equal(term->names[0].text, STR("claim"));
}

static bool has_name(const struct filter_term *call)
{
  return call->n_arguments == 1 && call->arguments[0].kind == FILTER_TERM_VALUE &&
         call->arguments[0].n_names == 1 && call->arguments[0].names[0].text.len > 0;
}

static const struct graph_claim *intern(const struct filter_context *context,
                                        const struct graph_claim *wanted)
{
  struct graph_claims *claims = context->claims;
  for (size_t i = 0; i < claims->n; i++) {
    const struct graph_claim *claim = claims->items[i];
    if (strcmp(claim->name, wanted->name) == 0 && claim->type == wanted->type &&
        claim->single == wanted->single)
      return claim;
  }
  if (claims->n == GRAPH_CLAIMS_MOST)
    return NULL;
  struct graph_claim *claim = arena_memdup(context->arena, wanted, sizeof *wanted);
  claim->index = (unsigned)claims->n;
  VEC_PUSH(context->arena, claims, claim);
  return claim;
}

bool filter_claim_value(const struct filter_scope *scope, const struct filter_target *target,
                        const struct filter_term *call, bool single, struct expr_value *ret)
{
  const struct filter_source *source = scope->source;
  const struct filter_context *context = scope->context;
  if (!has_name(call))
    return filter_refuse(source, call->start, "expected claim('name')");
  if (!is_comparable(target->type))
    return filter_refuse(source, target->at, "values of %.*s (%s) cannot be compared with a claim",
                         FILTER_EXCERPT(target->name), target->type->name);
  struct str name = call->arguments[0].names[0].text;
  struct graph_claim wanted = {
      .name = arena_strndup(context->arena, name.data, name.len), .type = target->type, .single = single};
  const struct graph_claim *claim = intern(context, &wanted);
  if (claim == NULL)
    return filter_refuse(source, call->start, "the annotations name more than %d claims", GRAPH_CLAIMS_MOST);
  *ret = (struct expr_value){.claim = claim, .type = claim->type};
  return true;
}

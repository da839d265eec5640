/*
 * filter_compare.c - `target comparator literals` as a condition.
 *
 * Equality takes one literal or a list of them.  Literals without wildcards become one comparison or one
 * any-of, those with wildcards a LIKE each, all joined by OR; != is the negation of all that, true where the
 * target is unset.
 *
 * What Postgres has no operator for is refused here by the type, since an error of the database could only be
 * INTERNAL.
 */
#include "planner/filter_compare.h"

#include "planner/codec_labels.h"
#include "planner/filter_claim.h"
#include "planner/filter_enum.h"
#include "planner/filter_json.h"
#include "planner/filter_range.h"

struct conditions {
  struct expr **items;
  size_t n, cap;
};

static struct expr *make(const struct filter_scope *scope, enum expr_kind kind,
                         const struct filter_target *target)
{
  struct expr *expr = ARENA_NEW(scope->context->arena, struct expr);
  expr->kind = kind;
  expr->operand = target->operand;
  return expr;
}

static struct expr *make_with(const struct filter_scope *scope, enum expr_kind kind, enum compare_op op,
                              const struct filter_target *target, struct expr_value value)
{
  struct expr *expr = make(scope, kind, target);
  expr->op = op;
  expr->values = arena_memdup(scope->context->arena, &value, sizeof value);
  expr->n_values = 1;
  return expr;
}

struct expr *filter_not(struct expr *expr, struct arena *arena)
{
  struct expr *negation = ARENA_NEW(arena, struct expr);
  negation->kind = EXPR_NOT;
  negation->children = arena_memdup(arena, &expr, sizeof expr);
  negation->n_children = 1;
  return negation;
}

bool filter_is_star(const struct filter_source *source, const struct filter_term *term)
{
  return term->kind == FILTER_TERM_VALUE && !term->quoted &&
         str_equal(filter_slice(source, term->start, term->end), STR("*"));
}

/* Types that Postgres ships without class of their own here, but with btree operators. */
static bool is_ordered_by_name(const char *name)
{
  static const char *const names[] = {"inet",   "cidr",   "macaddr", "macaddr8", "money", "bit",
                                      "varbit", "timetz", "pg_lsn",  "oid",      "ltree"};
  for (size_t i = 0; i < LENGTH_OF(names); i++)
    if (strcmp(names[i], name) == 0)
      return true;
  return false;
}

bool filter_has_operators(const struct catalog_type *type)
{
  switch (type->class) {
  case TYPE_JSON:
  case TYPE_JSONB:
  case TYPE_HSTORE:
  case TYPE_ARRAY:
  case TYPE_MULTIRANGE:
  case TYPE_COMPOSITE:
    return false;
  case TYPE_OTHER:
    return is_ordered_by_name(type->name);
  default:
    return true;
  }
}

/* x:* of a list: that it is not empty, as a repeated field cannot tell unset from empty.  An array is greater
 * than the empty one exactly when it has an element. */
static struct expr *is_set(const struct filter_scope *scope, const struct filter_target *target)
{
  if (!target->list)
    return make(scope, EXPR_IS_SET, target);
  struct expr_value empty = {.inline_literal = true, .text = STR("{}")};
  empty.type = catalog_base_type(expr_operand_type(&target->operand));
  return make_with(scope, EXPR_COMPARE, COMPARE_GT, target, empty);
}

static struct expr *any_of(const struct filter_scope *scope, const struct filter_target *target,
                           const struct argument *arguments, size_t n)
{
  struct arena *arena = scope->context->arena;
  struct expr *expr = make(scope, EXPR_ANY_OF, target);
  if (scope->context->origin == FILTER_OF_ANNOTATION) {
    expr->n_values = n;
    expr->values = ARENA_ARRAY(arena, struct expr_value, n);
    for (size_t i = 0; i < n; i++)
      expr->values[i] = filter_value_of(scope, &arguments[i]);
  } else {
    struct argument list = {.type = arguments[0].type, .form = arguments[0].form, .list = true, .n = n};
    union value *values = ARENA_ARRAY(arena, union value, n);
    for (size_t i = 0; i < n; i++)
      values[i] = arguments[i].values[0];
    list.values = values;
    struct expr_value value = filter_value_of(scope, &list);
    expr->values = arena_memdup(arena, &value, sizeof value);
    expr->n_values = 1;
  }
  return expr;
}

struct expr *filter_or(struct expr **items, size_t n, struct arena *arena)
{
  if (n == 1)
    return items[0];
  struct expr *expr = ARENA_NEW(arena, struct expr);
  expr->kind = EXPR_OR;
  expr->children = items;
  expr->n_children = n;
  return expr;
}

static struct expr *like(const struct filter_scope *scope, const struct filter_target *target,
                         const struct filter_literal *literal)
{
  union value value = {.bytes = literal->pattern};
  struct argument argument = {.type = target->type, .form = ARGUMENT_TEXT, .n = 1};
  if (literal->function)
    argument.type = &catalog_text;
  argument.values = arena_memdup(scope->context->arena, &value, sizeof value);
  return make_with(scope, EXPR_LIKE, COMPARE_EQ, target,
                   filter_literal_value(scope, target, literal, &argument));
}

/* What the target's texts fold to is the enum value's name. */
static struct expr *folds_to(const struct filter_scope *scope, const struct filter_target *target,
                             struct str name)
{
  union value value = {.bytes = name};
  struct argument argument = {.type = &catalog_text, .form = ARGUMENT_TEXT, .n = 1};
  struct filter_target folded = *target;
  argument.values = arena_memdup(scope->context->arena, &value, sizeof value);
  folded.operand.folded = true;
  return make_with(scope, target->list ? EXPR_CONTAINS : EXPR_COMPARE, COMPARE_EQ, &folded,
                   filter_value_of(scope, &argument));
}

/* What equality with several literals comes to. */
struct equality {
  struct argument *arguments; /* the plain ones, for one comparison or one any-of */
  size_t n;
  struct conditions conditions; /* one each for those with wildcards and functions */
};

/* An enum's value: a condition of its own where texts fold to it, else an argument like others. */
static bool add_enum_literal(const struct filter_scope *scope, const struct filter_target *target,
                             const struct filter_literal *literal, struct equality *equality)
{
  struct filter_literal label = *literal;
  bool folded;
  if (literal->function)
    return filter_check_literal(scope, target, literal, &equality->arguments[equality->n]);
  if (!filter_enum_label(scope, target, literal, &label.text, &folded))
    return false;
  label.quoted = false;
  if (!folded)
    return filter_check_literal(scope, target, &label, &equality->arguments[equality->n++]);
  VEC_PUSH(scope->source->arena, &equality->conditions, folds_to(scope, target, label.text));
  return true;
}

static bool add_literal(const struct filter_scope *scope, const struct filter_target *target,
                        const struct filter_literal *literal, struct equality *equality)
{
  struct arena *arena = scope->context->arena;
  bool wildcard = literal->wildcard && filter_is_text(target->type);
  struct argument argument;
  if (filter_target_is_enum(target))
    return add_enum_literal(scope, target, literal, equality);
  if (wildcard && target->list)
    return filter_refuse(scope->source, literal->at,
                         "the values of a list are compared whole, without wildcards; write \\* for a star");
  if (wildcard) {
    VEC_PUSH(arena, &equality->conditions, like(scope, target, literal));
    return true;
  }
  if (!filter_check_literal(scope, target, literal, &argument))
    return false;
  if (!literal->function) {
    equality->arguments[equality->n++] = argument;
    return true;
  }
  VEC_PUSH(arena, &equality->conditions,
           make_with(scope, target->list ? EXPR_CONTAINS : EXPR_COMPARE, COMPARE_EQ, target,
                     filter_literal_value(scope, target, literal, &argument)));
  return true;
}

static bool equals(const struct filter_scope *scope, const struct filter_target *target,
                   const struct filter_literals *literals, struct expr **ret)
{
  struct arena *arena = scope->context->arena;
  struct equality equality = {.arguments = ARENA_ARRAY(arena, struct argument, literals->n)};
  for (size_t i = 0; i < literals->n; i++)
    if (!add_literal(scope, target, &literals->items[i], &equality))
      return false;
  enum expr_kind kind = target->list ? EXPR_CONTAINS : EXPR_COMPARE;
  size_t n = equality.n;
  if (n > 1 && !target->list && target->type->array) {
    VEC_PUSH(arena, &equality.conditions, any_of(scope, target, equality.arguments, n));
    n = 0;
  }
  for (size_t i = 0; i < n; i++) {
    struct expr_value value = filter_value_of(scope, &equality.arguments[i]);
    VEC_PUSH(arena, &equality.conditions, make_with(scope, kind, COMPARE_EQ, target, value));
  }
  *ret = filter_or(equality.conditions.items, equality.conditions.n, arena);
  return true;
}

static bool is_ordering(struct filter_comparator comparator)
{
  return !comparator.has && comparator.op != COMPARE_EQ && comparator.op != COMPARE_NE;
}

static bool has_order(const struct filter_scope *scope, const struct filter_target *target)
{
  if (target->type->class != TYPE_BOOL && target->type->class != TYPE_ENUM && !filter_target_is_enum(target))
    return true;
  return filter_refuse(scope->source, target->at,
                       "%.*s has no order; use = or !=", FILTER_EXCERPT(target->name));
}

static bool ordered(const struct filter_scope *scope, const struct filter_target *target, enum compare_op op,
                    const struct filter_literals *literals, struct expr **ret)
{
  const struct filter_literal *literal = &literals->items[0];
  if (literals->n > 1)
    return filter_refuse(scope->source, literal->at, "expected one value; a list goes with = or !=");
  if (literal->wildcard && filter_is_text(target->type))
    return filter_refuse(scope->source, literal->at, "a wildcard goes with = or :; write \\* for a star");
  struct argument argument;
  if (!filter_check_literal(scope, target, literal, &argument))
    return false;
  *ret = make_with(scope, EXPR_COMPARE, op, target, filter_literal_value(scope, target, literal, &argument));
  return true;
}

static bool compare_literals(const struct filter_scope *scope, const struct filter_target *target,
                             struct filter_comparator comparator, const struct filter_term *right,
                             struct expr **ret)
{
  struct filter_literals literals;
  if (!filter_literals_of(scope, right, &literals))
    return false;
  if (is_ordering(comparator))
    return ordered(scope, target, comparator.op, &literals, ret);
  return equals(scope, target, &literals, ret);
}

static bool compare_claim(const struct filter_scope *scope, const struct filter_target *target,
                          struct filter_comparator comparator, const struct filter_term *call,
                          struct expr **ret)
{
  bool ordering = is_ordering(comparator);
  struct expr_value value;
  if (!filter_claim_value(scope, target, call, ordering, &value))
    return false;
  *ret = make_with(scope, target->list ? EXPR_CONTAINS : EXPR_COMPARE, ordering ? comparator.op : COMPARE_EQ,
                   target, value);
  return true;
}

static bool not_comparable(const struct filter_scope *scope, const struct filter_target *target)
{
  struct arena *arena = scope->source->arena;
  const char *otherwise = "";
  if (!target->list)
    otherwise = "; :* asks whether it is set";
  if (!target->list && filter_is_json(target->type))
    otherwise = arena_printf(arena, "; name what is inside, as %.*s.key, or :* asks whether it is set",
                             FILTER_EXCERPT(target->name));
  if (!target->list && target->type->oid == OID_TSVECTOR)
    otherwise = arena_printf(arena, "; search(%.*s, \"words\") searches it", FILTER_EXCERPT(target->name));
  return filter_refuse(scope->source, target->at, "values of %.*s (%s) cannot be compared%s",
                       FILTER_EXCERPT(target->name), target->type->name, otherwise);
}

bool filter_compare(const struct filter_scope *scope, const struct filter_target *target,
                    struct filter_comparator comparator, const struct filter_term *right, struct expr **ret)
{
  const struct filter_source *source = scope->source;
  bool star = comparator.has && filter_is_star(source, right);
  if (target->n_keys > 0)
    return filter_compare_json(scope, target, comparator, right, ret);
  if (filter_is_range(target->type) && !target->list && !star)
    return filter_compare_range(scope, target, comparator, right, ret);
  if (!filter_has_operators(target->type) && (!star || target->list))
    return not_comparable(scope, target);
  if (star) {
    *ret = is_set(scope, target);
    return true;
  }
  if (target->list && !comparator.has)
    return filter_refuse(source, target->at, "%.*s is a list; use %.*s:value for one that it contains",
                         FILTER_EXCERPT(target->name), FILTER_EXCERPT(target->name));
  if (is_ordering(comparator) && !has_order(scope, target))
    return false;
  bool claim = filter_is_claim(scope, right);
  if (!(claim ? compare_claim : compare_literals)(scope, target, comparator, right, ret))
    return false;
  if (!comparator.has && comparator.op == COMPARE_NE)
    *ret = filter_not(*ret, scope->context->arena);
  return true;
}

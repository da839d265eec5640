/*
 * filter_functions.c - the functions of the filter language, and what they accept.
 *
 * The table says it all: a row is picked by the name and the type of the first argument, its further
 * arguments become values of the condition, its SQL is filled in by storage.  Whatever the type does not
 * allow is refused here, since an error of the database could only be INTERNAL; no text that a client can
 * send may make the SQL fail, which is why words are searched by websearch_to_tsquery, for which every text
 * is a query.
 */
#include "planner/filter_functions.h"

#include <stdio.h>

#include "planner/filter_compare.h"
#include "planner/filter_enum.h"
#include "planner/filter_json.h"
#include "planner/filter_range.h"

#define SEARCH_USAGE "search(field, \"words\")"

static const struct filter_function functions[] = {
    {.name = "exists",
     .usage = "exists(relation, (condition))",
     .kind = FILTER_FUNCTION_EXISTS,
     .arguments = {FILTER_RELATION, FILTER_MAYBE_CONDITION}},
    {.name = "lower",
     .usage = "lower(field)",
     .kind = FILTER_FUNCTION_VALUE,
     .arguments = {FILTER_FIELD_TEXT},
     .function = {"pg_catalog.lower(%1)", &catalog_text},
     .json_like = {.sql = FILTER_JSON_LIKE("pg_catalog.lower(", ")")}},
    {.name = "search",
     .usage = SEARCH_USAGE,
     .kind = FILTER_FUNCTION_CONDITION,
     .arguments = {FILTER_FIELD_TSVECTOR, FILTER_WORDS, FILTER_MAYBE_CONFIGURATION},
     .function = {.sql = "%1 @@ pg_catalog.websearch_to_tsquery(%3, %2)"}},
    {.name = "search",
     .usage = SEARCH_USAGE,
     .kind = FILTER_FUNCTION_CONDITION,
     .arguments = {FILTER_FIELD_TEXT, FILTER_WORDS, FILTER_MAYBE_CONFIGURATION},
     .function = {.sql = "pg_catalog.to_tsvector(%3, %1) @@ pg_catalog.websearch_to_tsquery(%3, %2)"}},
    {.name = "search",
     .usage = SEARCH_USAGE,
     .kind = FILTER_FUNCTION_CONDITION,
     .arguments = {FILTER_FIELD_JSON, FILTER_WORDS, FILTER_MAYBE_CONFIGURATION},
     .function = {.sql = "pg_catalog.to_tsvector(%3, %1) @@ pg_catalog.websearch_to_tsquery(%3, %2)"}},
    {.name = "overlaps",
     .usage = "overlaps(field, \"[a,b)\")",
     .kind = FILTER_FUNCTION_CONDITION,
     .arguments = {FILTER_FIELD_RANGE, FILTER_RANGE},
     .function = {.sql = "%1 && %2"}},
    {.name = "overlaps",
     .usage = "overlaps(field, (a OR b))",
     .kind = FILTER_FUNCTION_CONDITION,
     .arguments = {FILTER_FIELD_LIST, FILTER_VALUES},
     .function = {.sql = "%1 && %2::%T"}},
    {.name = "column",
     .usage = "column('name')",
     .kind = FILTER_FUNCTION_COLUMN,
     .arguments = {FILTER_COLUMN_NAME}},
    {.name = "through",
     .usage = "through('name')",
     .kind = FILTER_FUNCTION_THROUGH,
     .arguments = {FILTER_COLUMN_NAME}},
    {.name = "claim",
     .usage = "claim('name')",
     .kind = FILTER_FUNCTION_CLAIM,
     .arguments = {FILTER_CLAIM_NAME}},
};

/* ---- which one ---- */

static bool is_available(const struct filter_scope *scope, const struct filter_function *function)
{
  bool of_requests = function->kind != FILTER_FUNCTION_COLUMN && function->kind != FILTER_FUNCTION_THROUGH &&
                     function->kind != FILTER_FUNCTION_CLAIM;
  return of_requests || scope->context->origin == FILTER_OF_ANNOTATION;
}

/* Whether the row before has the same name. */
static bool is_further(const struct filter_function *function)
{
  return function > functions && strcmp(function->name, function[-1].name) == 0;
}

static bool unknown_function(const struct filter_scope *scope, const struct filter_term *call,
                             struct str name)
{
  struct strbuf known = {0};
  for (size_t i = 0; i < LENGTH_OF(functions); i++)
    if (is_available(scope, &functions[i]) && !is_further(&functions[i]))
      strbuf_printf(&known, "%s%s", known.len > 0 ? ", " : "", functions[i].usage);
  (void)filter_refuse(scope->source, call->start, "there is no function %.*s; there is %s",
                      FILTER_EXCERPT(name), strbuf_text(&known));
  strbuf_done(&known);
  return false;
}

static bool may_be_left_out(enum filter_argument argument)
{
  return argument == FILTER_MAYBE_CONFIGURATION || argument == FILTER_MAYBE_CONDITION;
}

static bool has_fitting_arguments(const struct filter_function *function, size_t n)
{
  size_t most = 0, least = 0;
  while (most < FILTER_ARGUMENTS_MAX && function->arguments[most] != FILTER_ARGUMENT_NONE)
    least += !may_be_left_out(function->arguments[most++]);
  return n >= least && n <= most;
}

const struct filter_function *filter_function_find(const struct filter_scope *scope,
                                                   const struct filter_term *call)
{
  size_t name_end = call->names[call->n_names - 1].at + call->names[call->n_names - 1].text.len;
  struct str name = filter_slice(scope->source, call->start, name_end);
  for (size_t i = 0; i < LENGTH_OF(functions); i++) {
    const struct filter_function *function = &functions[i];
    if (!str_equal_text(name, function->name) || !is_available(scope, function))
      continue;
    if (has_fitting_arguments(function, call->n_arguments))
      return function;
    (void)filter_refuse(scope->source, call->start, "expected %s", function->usage);
    return NULL;
  }
  (void)unknown_function(scope, call, name);
  return NULL;
}

/* ---- what they are applied to ---- */

static const char *const type_names[] = {[FILTER_FIELD_TEXT] = "text",
                                         [FILTER_FIELD_TSVECTOR] = "tsvector",
                                         [FILTER_FIELD_JSON] = "json",
                                         [FILTER_FIELD_RANGE] = "range",
                                         [FILTER_FIELD_LIST] = "list"};

static bool accepts(enum filter_argument argument, const struct filter_target *target)
{
  if (target->n_keys > 0)
    return false;
  switch (argument) {
  case FILTER_FIELD_TEXT:
    return !target->list && filter_is_text(target->type) && !filter_target_is_enum(target);
  case FILTER_FIELD_TSVECTOR:
    return !target->list && target->type->oid == OID_TSVECTOR;
  case FILTER_FIELD_JSON:
    return !target->list && filter_is_json(target->type);
  case FILTER_FIELD_RANGE:
    return !target->list && filter_is_range(target->type);
  case FILTER_FIELD_LIST:
    return target->list && filter_has_operators(target->type);
  default:
    return false;
  }
}

static bool refuse_type(const struct filter_scope *scope, const struct filter_function *function,
                        const struct filter_target *target)
{
  char types[100];
  size_t len = 0;
  const struct filter_function *row = function;
  do
    len += (size_t)snprintf(types + len, sizeof types - len, "%s%s", len > 0 ? " or " : "",
                            type_names[row->arguments[0]]);
  while (++row < functions + LENGTH_OF(functions) && is_further(row));
  if (target->n_keys > 0)
    return filter_refuse(scope->source, target->at, "%s() takes a whole field, nothing inside %.*s",
                         function->name, FILTER_EXCERPT(target->name));
  return filter_refuse(scope->source, target->at, "%s() takes a field of type %s; %.*s is %s%s",
                       function->name, types, FILTER_EXCERPT(target->name), target->type->name,
                       target->list ? "[]" : "");
}

/* Of the rows with the function's name the one that takes the target; NULL with the error set. */
static const struct filter_function *row_for(const struct filter_scope *scope,
                                             const struct filter_function *function,
                                             const struct filter_target *target)
{
  const struct filter_function *row = function;
  do
    if (accepts(row->arguments[0], target))
      return row;
  while (++row < functions + LENGTH_OF(functions) && is_further(row));
  (void)refuse_type(scope, function, target);
  return NULL;
}

bool filter_function_column(const struct filter_scope *scope, const struct filter_function *function,
                            const struct filter_term *call, struct filter_target *ret)
{
  const struct filter_term *name = &call->arguments[0];
  bool through = function->kind == FILTER_FUNCTION_THROUGH;
  const struct catalog_table *table = through ? scope->through : scope->resource->table;
  if (!table)
    return filter_refuse(scope->source, call->start,
                         "there is no junction table that through() could name here");
  if (name->kind != FILTER_TERM_VALUE)
    return filter_refuse(scope->source, name->start, "expected the name of a column");
  struct str text = name->names[0].text;
  const struct catalog_column *column = catalog_find_column(table, text);
  if (!column)
    return filter_refuse(scope->source, name->start, "table %s has no column %.*s", table->name,
                         FILTER_EXCERPT(text));
  *ret = (struct filter_target){.name = text, .at = name->start};
  filter_target_column(column, through, ret);
  if (name->n_names == 1 || filter_take_keys(name->names + 1, name->n_names - 1, ret))
    return true;
  return filter_refuse(scope->source, name->names[1].at, "column %s has no fields", column->name);
}

bool filter_function_apply(const struct filter_scope *scope, const struct filter_function *function,
                           struct filter_target *target)
{
  if (target->n_keys > 0 && function->json_like.sql) {
    target->json_like = &function->json_like;
    return true;
  }
  const struct filter_function *row = row_for(scope, function, target);
  if (!row)
    return false;
  target->operand.applied = &row->function;
  target->type = row->function.result;
  return true;
}

/* ---- conditions ---- */

static bool only_literal(const struct filter_scope *scope, const struct filter_term *term,
                         struct filter_literal *ret)
{
  struct filter_literals literals;
  if (!filter_literals_of(scope, term, &literals))
    return false;
  *ret = literals.items[0];
  if (literals.n == 1 && !ret->function)
    return true;
  return filter_refuse(scope->source, term->start, "expected one text");
}

static bool read_words(const struct filter_scope *scope, const struct filter_term *term,
                       struct expr_value *ret)
{
  struct filter_literal literal;
  struct argument argument;
  struct error error;
  if (!only_literal(scope, term, &literal))
    return false;
  if (!argument_from_text(literal.text, &catalog_text, scope->source->arena, &argument, &error))
    return filter_refuse(scope->source, literal.at, "%s", error.message);
  *ret = filter_value_of(scope, &argument);
  return true;
}

static bool read_range(const struct filter_scope *scope, const struct filter_target *target,
                       const struct filter_term *term, struct expr_value *ret)
{
  const struct catalog_type *type =
      target->type->class == TYPE_MULTIRANGE ? target->type->element : target->type;
  struct filter_literal literal;
  struct argument argument;
  struct error error;
  if (!only_literal(scope, term, &literal))
    return false;
  if (!argument_from_text(literal.text, type, scope->source->arena, &argument, &error))
    return filter_refuse(scope->source, literal.at, "%s for %.*s", error.message,
                         FILTER_EXCERPT(target->name));
  *ret = filter_value_of(scope, &argument);
  return true;
}

static bool check_element(const struct filter_scope *scope, const struct filter_target *target,
                          struct filter_literal literal, struct argument *ret)
{
  bool folded = false;
  if (literal.function)
    return filter_refuse(scope->source, literal.at, "expected a literal");
  if (filter_target_is_enum(target)) {
    struct str label;
    if (!filter_enum_label(scope, target, &literal, &label, &folded))
      return false;
    literal.text = label;
    literal.quoted = false;
  }
  if (folded)
    return filter_refuse(scope->source, literal.at, "texts of several spellings stand for it; use %.*s:value",
                         FILTER_EXCERPT(target->name));
  return filter_check_literal(scope, target, &literal, ret);
}

/* Values of one type have one form, so the list has it too. */
static bool read_values(const struct filter_scope *scope, const struct filter_target *target,
                        const struct filter_term *term, struct expr_value *ret)
{
  struct arena *arena = scope->context->arena;
  struct filter_literals literals;
  if (!filter_literals_of(scope, term, &literals))
    return false;
  struct argument list = {.type = target->type, .list = true, .n = literals.n};
  union value *values = ARENA_ARRAY(arena, union value, literals.n);
  for (size_t i = 0; i < literals.n; i++) {
    struct argument argument;
    if (!check_element(scope, target, literals.items[i], &argument))
      return false;
    list.form = argument.form;
    values[i] = argument.values[0];
  }
  list.values = values;
  *ret = filter_value_of(scope, &list);
  ret->type = catalog_base_type(expr_operand_type(&target->operand));
  return true;
}

static bool unknown_configuration(const struct filter_scope *scope, const struct filter_literal *literal)
{
  const struct catalog *catalog = scope->context->graph->catalog;
  const char **names = ARENA_ARRAY(scope->source->arena, const char *, catalog->n_text_searches);
  for (size_t i = 0; i < catalog->n_text_searches; i++)
    names[i] = catalog->text_searches[i].name;
  const char *nearest = str_nearest(literal->text, names, catalog->n_text_searches);
  return filter_refuse(scope->source, literal->at, "the database has no text search configuration %.*s%s%s%s",
                       FILTER_EXCERPT(literal->text), nearest ? "; did you mean " : "",
                       nearest ? nearest : "", nearest ? "?" : "");
}

/* Always inline: the name is the catalog's, and an index on to_tsvector('…', column) is one for a constant.
 */
static bool read_configuration(const struct filter_scope *scope, const struct filter_term *term,
                               struct expr_value *ret)
{
  const struct catalog *catalog = scope->context->graph->catalog;
  const struct catalog_text_search *search = catalog->text_search;
  struct filter_literal literal;
  if (term && !only_literal(scope, term, &literal))
    return false;
  if (term)
    search = catalog_find_text_search(catalog, literal.text);
  if (term && !search)
    return unknown_configuration(scope, &literal);
  *ret = (struct expr_value){.inline_literal = true,
                             .text = str_from(search ? search->text : "pg_catalog.simple"),
                             .type = &catalog_regconfig};
  return true;
}

/* `term` is NULL where an argument was left out that may be. */
static bool read_argument(const struct filter_scope *scope, enum filter_argument argument,
                          const struct filter_target *target, const struct filter_term *term,
                          struct expr_value *ret)
{
  switch (argument) {
  case FILTER_MAYBE_CONFIGURATION:
    return read_configuration(scope, term, ret);
  case FILTER_RANGE:
    return read_range(scope, target, term, ret);
  case FILTER_VALUES:
    return read_values(scope, target, term, ret);
  default:
    return read_words(scope, term, ret);
  }
}

bool filter_function_condition(const struct filter_scope *scope, const struct filter_function *function,
                               const struct filter_term *call, const struct filter_target *target,
                               struct expr **ret)
{
  const struct filter_function *row = row_for(scope, function, target);
  if (!row)
    return false;
  struct arena *arena = scope->context->arena;
  struct expr *expr = ARENA_NEW(arena, struct expr);
  expr->kind = EXPR_CALL;
  expr->function = &row->function;
  expr->operand = target->operand;
  expr->values = ARENA_ARRAY(arena, struct expr_value, FILTER_ARGUMENTS_MAX);
  for (size_t i = 1; i < FILTER_ARGUMENTS_MAX && row->arguments[i] != FILTER_ARGUMENT_NONE; i++) {
    const struct filter_term *term = i < call->n_arguments ? &call->arguments[i] : NULL;
    if (!read_argument(scope, row->arguments[i], target, term, &expr->values[expr->n_values++]))
      return false;
  }
  *ret = expr;
  return true;
}

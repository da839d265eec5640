#include "storage/catalog_functions.h"

#include "storage/catalog_types.h"

static const char functions_query[] =
    "SELECT n.nspname, p.proname, c.oid, p.prorettype, pg_catalog.pg_function_is_visible(p.oid),"
    " pg_catalog.has_function_privilege(p.oid, 'EXECUTE')"
    "  AND pg_catalog.has_schema_privilege(p.pronamespace, 'USAGE'),"
    " p.provolatile = 'v', p.proretset"
    " FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace"
    " JOIN pg_catalog.pg_class c ON c.reltype = p.proargtypes[0]"
    " WHERE p.pronargs = 1 AND p.prokind = 'f' AND c.reltype <> 0"
    " AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
    " ORDER BY n.nspname COLLATE \"C\", p.proname COLLATE \"C\", c.oid";
enum {
  FUNCTION_SCHEMA,
  FUNCTION_NAME,
  FUNCTION_TABLE,
  FUNCTION_TYPE,
  FUNCTION_VISIBLE,
  FUNCTION_EXECUTABLE,
  FUNCTION_VOLATILE,
  FUNCTION_SET,
};

struct functions {
  struct catalog_function *items;
  size_t n, cap;
};

static void read_function(struct catalog_reading *reading, const PGresult *result, int row,
                          struct functions *functions)
{
  struct catalog_function function = {
      .schema = result_text(reading, result, row, FUNCTION_SCHEMA),
      .name = result_text(reading, result, row, FUNCTION_NAME),
      .table = catalog_table_by_oid(reading, result_oid(result, row, FUNCTION_TABLE)),
      .type = catalog_type_by_oid(reading, result_oid(result, row, FUNCTION_TYPE)),
      .in_search_path = result_bool(result, row, FUNCTION_VISIBLE),
      .executable = result_bool(result, row, FUNCTION_EXECUTABLE),
      .is_volatile = result_bool(result, row, FUNCTION_VOLATILE),
      .gives_set = result_bool(result, row, FUNCTION_SET),
  };
  if (function.table && function.type)
    VEC_PUSH(reading->arena, functions, function);
}

bool catalog_read_functions(struct catalog_reading *reading)
{
  PGresult *result = catalog_query(reading, functions_query);
  if (!result)
    return false;
  struct functions functions = {0};
  for (int row = 0; row < PQntuples(result); row++)
    read_function(reading, result, row, &functions);
  reading->catalog->functions = functions.items;
  reading->catalog->n_functions = functions.n;
  PQclear(result);
  return true;
}

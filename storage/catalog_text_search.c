#include "storage/catalog_text_search.h"

/* A setting from a file may be unqualified; what ALTER DATABASE or ALTER ROLE sets is not. */
static const char text_searches_query[] =
    "SELECT n.nspname, c.cfgname, v.qualified, pg_catalog.pg_ts_config_is_visible(c.oid),"
    " pg_catalog.current_setting('default_text_search_config') = v.qualified"
    "  OR pg_catalog.current_setting('default_text_search_config') = v.plain"
    "   AND pg_catalog.pg_ts_config_is_visible(c.oid)"
    " FROM pg_catalog.pg_ts_config c JOIN pg_catalog.pg_namespace n ON n.oid = c.cfgnamespace"
    " CROSS JOIN LATERAL (SELECT pg_catalog.quote_ident(c.cfgname),"
    "  pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.cfgname)) v(plain, qualified)"
    " ORDER BY n.nspname COLLATE \"C\", c.cfgname COLLATE \"C\"";
enum { SEARCH_SCHEMA, SEARCH_NAME, SEARCH_TEXT, SEARCH_VISIBLE, SEARCH_DEFAULT };

bool catalog_read_text_searches(struct catalog_reading *reading)
{
  PGresult *result = catalog_query(reading, text_searches_query);
  if (!result)
    return false;
  int n = PQntuples(result);
  struct catalog_text_search *searches = ARENA_ARRAY(reading->arena, struct catalog_text_search, n);
  for (int row = 0; row < n; row++) {
    searches[row] = (struct catalog_text_search){.schema = result_text(reading, result, row, SEARCH_SCHEMA),
                                                 .name = result_text(reading, result, row, SEARCH_NAME),
                                                 .text = result_text(reading, result, row, SEARCH_TEXT),
                                                 .in_search_path = result_bool(result, row, SEARCH_VISIBLE)};
    if (result_bool(result, row, SEARCH_DEFAULT))
      reading->catalog->text_search = &searches[row];
  }
  reading->catalog->text_searches = searches;
  reading->catalog->n_text_searches = (size_t)n;
  PQclear(result);
  return true;
}

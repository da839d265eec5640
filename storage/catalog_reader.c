#include "storage/catalog_reader.h"

#include "base/clock.h"
#include "storage/catalog_fingerprint.h"
#include "storage/catalog_functions.h"
#include "storage/catalog_keys.h"
#include "storage/catalog_tables.h"
#include "storage/catalog_text_search.h"
#include "storage/catalog_types.h"

#define ROUND_TRIPS 10

static PGconn *connect_to(const char *database, struct error *error)
{
  const char *const keywords[] = {"dbname", "client_encoding", "fallback_application_name", NULL};
  const char *const values[] = {database, "UTF8", "rowan", NULL};
  PGconn *connection = PQconnectdbParams(keywords, values, 1);
  if (PQstatus(connection) == CONNECTION_OK)
    return connection;
  error_set(error, ERROR_UNAVAILABLE, "DATABASE_UNAVAILABLE", "the database cannot be reached");
  error_set_detail(error, "%s", PQerrorMessage(connection));
  PQfinish(connection);
  return NULL;
}

/* The shortest is what the network and the two processes need; the others had to wait for something else. */
static double measure_round_trip(PGconn *connection)
{
  int64_t shortest_us = CLOCK_NEVER;
  for (int i = 0; i < ROUND_TRIPS; i++) {
    int64_t start_us = clock_monotonic_us();
    PQclear(PQexec(connection, ""));
    int64_t took_us = clock_monotonic_us() - start_us;
    if (took_us < shortest_us)
      shortest_us = took_us;
  }
  return (double)shortest_us;
}

static bool run(struct catalog_reading *reading, const char *sql)
{
  PGresult *result = catalog_query(reading, sql);
  PQclear(result);
  return result != NULL;
}

static bool read_fingerprint(struct catalog_reading *reading)
{
  PGresult *result = catalog_query(reading, catalog_fingerprint_query);
  if (result == NULL)
    return false;
  reading->catalog->fingerprint = result_text(reading, result, 0, 0);
  PQclear(result);
  return true;
}

static bool read_all(struct catalog_reading *reading)
{
  return run(reading, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") && catalog_read_types(reading) &&
         catalog_read_tables(reading) && catalog_read_columns(reading) && catalog_read_indexes(reading) &&
         catalog_read_foreign_keys(reading) && catalog_read_functions(reading) &&
         catalog_read_text_searches(reading) && read_fingerprint(reading) && run(reading, "COMMIT");
}

struct catalog *catalog_read(const char *database, struct error *error)
{
  PGconn *connection = connect_to(database, error);
  if (!connection)
    return NULL;
  struct arena *arena = arena_new(0);
  struct catalog *catalog = ARENA_NEW(arena, struct catalog);
  struct catalog_reading reading = {
      .connection = connection, .catalog = catalog, .arena = arena, .error = error};
  catalog->arena = arena;
  catalog->server_version = PQserverVersion(connection);
  catalog->database = arena_strdup(arena, PQdb(connection));
  bool read = read_all(&reading);
  catalog->round_trip_us = measure_round_trip(connection);
  PQfinish(connection);
  if (!read) {
    catalog_free(catalog);
    return NULL;
  }
  return catalog;
}

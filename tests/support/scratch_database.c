#include "support/scratch_database.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void must(PGconn *connection, const char *sql)
{
  PGresult *result = PQexec(connection, sql);
  ExecStatusType status = PQresultStatus(result);
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
    fprintf(stderr, "%s\n%s", sql, PQerrorMessage(connection));
    abort();
  }
  PQclear(result);
}

static void maintain(const char *format, const char *name)
{
  char sql[128];
  PGconn *connection = PQconnectdb(getenv("ROWAN_TEST_DATABASE"));
  snprintf(sql, sizeof sql, format, name);
  must(connection, sql);
  PQfinish(connection);
}

struct scratch_database *scratch_database_new(const char *sql)
{
  static unsigned number;
  const char *cluster = getenv("ROWAN_TEST_DATABASE");
  if (!cluster) {
    fprintf(stderr,
            "skipped: ROWAN_TEST_DATABASE is not set; run by tests/support/postgres.sh run COMMAND\n");
    return NULL;
  }
  struct scratch_database *database = calloc(1, sizeof *database);
  snprintf(database->name, sizeof database->name, "scratch_%ld_%u", (long)getpid(), number++);
  snprintf(database->conninfo, sizeof database->conninfo, "%s dbname=%s", cluster, database->name);
  maintain("CREATE DATABASE %s TEMPLATE template0", database->name);
  database->connection = PQconnectdb(database->conninfo);
  must(database->connection, sql);
  return database;
}

void scratch_database_free(struct scratch_database *database)
{
  if (!database)
    return;
  PQfinish(database->connection);
  maintain("DROP DATABASE %s WITH (FORCE)", database->name);
  free(database);
}

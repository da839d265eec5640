/*
 * bare.c - what Postgres and libpq can do without a server in between: the yardstick of the benchmark.
 *
 *   bare CONNINFO WORK IN_FLIGHT CONNECTIONS SECONDS SEED
 *   bare CONNINFO WORK dump PLACE
 *
 * The first prints one line: requests a second, p50 and p99 in ms.  The second writes the answer for one
 * place, serialized, to stdout.
 *
 * WORK is a page (50 events from a place on), event (one event), event-arrays (the same by one statement that
 * aggregates the children into arrays) or stream (20,000 events from a place on, in chunks of 5000).
 *
 * Written as someone would who knows the question in advance: statements by hand, prepared once and planned
 * generically, to-ones joined, children joined to the embedded root, several requests in flight on each
 * connection, children merged with their parents by order, the protobuf encoded backwards by code that knows
 * every field number.  One thread; no timeouts, no limits, no errors but a message and an exit.
 */
#include <endian.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/bare_encode.h"

#define EVENTS 100000 /* ids are 1 … EVENTS */
#define PAGE 50
#define STREAM_EVENTS 20000
#define STREAM_CHUNK 5000
#define MAX_CONNECTIONS 64
#define MAX_IN_FLIGHT 1024

enum work { WORK_PAGE, WORK_EVENT, WORK_EVENT_ARRAYS, WORK_STREAM, N_WORKS };

static const char *const work_names[] = {"page", "event", "event-arrays", "stream"};

#define ROOTS "SELECT id, name, event_date, creator_id FROM events WHERE "
#define EVENT_COLUMNS "SELECT e.id, e.name, e.event_date, u.id, u.username, u.email FROM ("
#define JOIN_CREATOR ") e JOIN users u ON u.id = e.creator_id ORDER BY e.id"
#define ATTENDEE_COLUMNS "SELECT ea.event_id, a.id, a.name, o.id, o.name FROM ("
#define JOIN_ATTENDEES                                                                                       \
  ") r JOIN event_attendees ea ON ea.event_id = r.id JOIN attendees a ON a.id = ea.attendee_id"              \
  " LEFT JOIN organizations o ON o.id = a.organization_id ORDER BY ea.event_id, a.id"
#define FROM_PLACE(limit) "id > $1 ORDER BY id LIMIT " limit

static const char *const statements[N_WORKS][2] = {
    [WORK_PAGE] = {EVENT_COLUMNS ROOTS FROM_PLACE("50") JOIN_CREATOR,
                   ATTENDEE_COLUMNS "SELECT id FROM events WHERE " FROM_PLACE("50") JOIN_ATTENDEES},
    [WORK_EVENT] = {EVENT_COLUMNS ROOTS "id = $1" JOIN_CREATOR,
                    ATTENDEE_COLUMNS "SELECT $1::bigint AS id" JOIN_ATTENDEES},
    [WORK_EVENT_ARRAYS] =
        {"SELECT e.id, e.name, e.event_date, u.id, u.username, u.email, t.* FROM events e"
         " JOIN users u ON u.id = e.creator_id LEFT JOIN LATERAL (SELECT array_agg(s.aid), "
         "array_agg(s.aname),"
         " array_agg(s.oid), array_agg(s.oname) FROM (SELECT a.id AS aid, a.name AS aname, o.id AS oid,"
         " o.name AS oname FROM event_attendees ea JOIN attendees a ON a.id = ea.attendee_id"
         " LEFT JOIN organizations o ON o.id = a.organization_id WHERE ea.event_id = e.id ORDER BY a.id) s) t"
         " ON true WHERE e.id = $1",
         NULL},
    [WORK_STREAM] = {EVENT_COLUMNS ROOTS FROM_PLACE("5000") JOIN_CREATOR,
                     ATTENDEE_COLUMNS "SELECT id FROM events WHERE " FROM_PLACE("5000") JOIN_ATTENDEES},
};

struct request {
  double started;
  int chunks_left;
  PGresult *roots; /* arrived, waiting for the children */
};

struct connection {
  PGconn *pg;
  struct request requests[MAX_IN_FLIGHT]; /* a ring: answers come in the order of the questions */
  unsigned head, n;
};

static enum work work;
static struct connection connections[MAX_CONNECTIONS];
static unsigned n_connections;
static uint64_t random_state;
static double *latencies;
static size_t n_latencies, cap_latencies;

static double now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int64_t random_place(void)
{
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  int64_t span = work == WORK_STREAM ? EVENTS - STREAM_EVENTS : work == WORK_PAGE ? EVENTS - PAGE : EVENTS;
  return (int64_t)(random_state % (uint64_t)span) + (work == WORK_EVENT || work == WORK_EVENT_ARRAYS);
}

static void encode(const PGresult *roots, const PGresult *children)
{
  encode_begin();
  if (work == WORK_EVENT_ARRAYS)
    encode_arrays(roots);
  else
    encode_page(roots, children, work != WORK_EVENT);
}

/* ---- asking ---- */

static void send_statements(struct connection *connection, int64_t place)
{
  uint64_t parameter = htobe64((uint64_t)place);
  const char *values[] = {(const char *)&parameter};
  int lengths[] = {sizeof parameter}, formats[] = {1};
  for (int i = 0; i < 2 && statements[work][i]; i++)
    if (!PQsendQueryPrepared(connection->pg, i ? "s1" : "s0", 1, values, lengths, formats, 1))
      die("send", PQerrorMessage(connection->pg));
  if (!PQpipelineSync(connection->pg))
    die("sync", PQerrorMessage(connection->pg));
}

static void start_request(struct connection *connection)
{
  struct request *request = &connection->requests[(connection->head + connection->n++) % MAX_IN_FLIGHT];
  request->started = now();
  request->roots = NULL;
  request->chunks_left = work == WORK_STREAM ? STREAM_EVENTS / STREAM_CHUNK : 1;
  send_statements(connection, random_place());
}

static void connect_one(struct connection *connection, const char *conninfo)
{
  connection->pg = PQconnectdb(conninfo);
  if (PQstatus(connection->pg) != CONNECTION_OK)
    die("connect", PQerrorMessage(connection->pg));
  PQclear(PQexec(connection->pg, "SET plan_cache_mode = force_generic_plan"));
  PQclear(PQexec(connection->pg, "SET jit = off"));
  PQclear(PQexec(connection->pg, "SET default_transaction_isolation = 'repeatable read'"));
  for (int i = 0; i < 2 && statements[work][i]; i++) {
    const Oid int8 = 20;
    PGresult *result = PQprepare(connection->pg, i ? "s1" : "s0", statements[work][i], 1, &int8);
    if (PQresultStatus(result) != PGRES_COMMAND_OK)
      die("prepare", PQerrorMessage(connection->pg));
    PQclear(result);
  }
  if (!PQenterPipelineMode(connection->pg) || PQsetnonblocking(connection->pg, 1) != 0)
    die("pipeline mode", PQerrorMessage(connection->pg));
}

static void record(double seconds)
{
  if (n_latencies == cap_latencies) {
    cap_latencies = cap_latencies ? cap_latencies * 2 : 65536;
    latencies = realloc(latencies, cap_latencies * sizeof *latencies);
    if (!latencies)
      die("latencies", "out of memory");
  }
  latencies[n_latencies++] = seconds;
}

/* All statements of the oldest question have been answered.  Whether its request is complete; else its next
 * chunk is asked for behind the questions of others, while this one is encoded. */
static bool take_answer(struct connection *connection, PGresult *last)
{
  struct request request = connection->requests[connection->head];
  PGresult *roots = request.roots ? request.roots : last;
  connection->head = (connection->head + 1) % MAX_IN_FLIGHT;
  connection->n--;
  bool complete = --request.chunks_left == 0;
  if (!complete) {
    request.roots = NULL;
    connection->requests[(connection->head + connection->n++) % MAX_IN_FLIGHT] = request;
    send_statements(connection, integer_of(roots, PQntuples(roots) - 1, 0));
  }
  encode(roots, last);
  if (roots != last)
    PQclear(roots);
  PQclear(last);
  if (complete)
    record(now() - request.started);
  return complete;
}

/* Reads what has arrived.  Returns requests completed. */
static unsigned read_answers(struct connection *connection)
{
  unsigned completed = 0;
  if (!PQconsumeInput(connection->pg))
    die("read", PQerrorMessage(connection->pg));
  while (connection->n > 0 && !PQisBusy(connection->pg)) {
    PGresult *result = PQgetResult(connection->pg);
    if (!result)
      continue;
    struct request *request = &connection->requests[connection->head];
    switch (PQresultStatus(result)) {
    case PGRES_TUPLES_OK:
      if (!request->roots && statements[work][1])
        request->roots = result;
      else
        completed += take_answer(connection, result);
      break;
    case PGRES_PIPELINE_SYNC:
      PQclear(result);
      break;
    default:
      die("query", PQresultErrorMessage(result));
    }
  }
  return completed;
}

static void flush_and_wait(void)
{
  struct pollfd fds[MAX_CONNECTIONS];
  for (unsigned i = 0; i < n_connections; i++) {
    int left = PQflush(connections[i].pg);
    if (left < 0)
      die("flush", PQerrorMessage(connections[i].pg));
    fds[i] = (struct pollfd){PQsocket(connections[i].pg), (short)(POLLIN | (left ? POLLOUT : 0)), 0};
  }
  poll(fds, n_connections, 1000);
}

static int compare_doubles(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Requests begun in time are waited for, however long they take: a rate made of whole requests alone would
 * hide them. */
static void run(unsigned in_flight, double seconds)
{
  for (unsigned i = 0; i < in_flight; i++)
    start_request(&connections[i % n_connections]);
  double start = now(), end = start + seconds;
  for (unsigned left = in_flight; left > 0;) {
    flush_and_wait();
    for (unsigned i = 0; i < n_connections; i++)
      for (unsigned n = read_answers(&connections[i]); n > 0; n--) {
        if (now() < end)
          start_request(&connections[i]);
        else
          left--;
      }
  }
  if (n_latencies == 0)
    die("run", "no request completed");
  double elapsed = now() - start;
  qsort(latencies, n_latencies, sizeof *latencies, compare_doubles);
  printf("%.1f %.3f %.3f\n", (double)n_latencies / elapsed, latencies[n_latencies / 2] * 1e3,
         latencies[n_latencies * 99 / 100] * 1e3);
}

static void dump(int64_t place)
{
  struct connection *connection = &connections[0];
  connection->n = 1;
  connection->requests[0].chunks_left = 1;
  send_statements(connection, place);
  while (connection->n > 0) {
    flush_and_wait();
    read_answers(connection);
  }
  size_t len;
  const uint8_t *bytes = encode_result(&len);
  fwrite(bytes, 1, len, stdout);
}

static enum work parse_work(const char *name)
{
  for (int i = 0; i < N_WORKS; i++)
    if (strcmp(name, work_names[i]) == 0)
      return (enum work)i;
  die("unknown work", name);
}

int main(int argc, char **argv)
{
  bool dumping = argc == 5 && strcmp(argv[3], "dump") == 0;
  if (!dumping && argc != 7)
    die("usage", "bare CONNINFO WORK IN_FLIGHT CONNECTIONS SECONDS SEED | bare CONNINFO WORK dump PLACE");
  work = parse_work(argv[2]);
  encode_allocate(64u << 20);
  unsigned in_flight = dumping ? 1 : (unsigned)strtoul(argv[3], NULL, 10);
  n_connections = dumping ? 1 : (unsigned)strtoul(argv[4], NULL, 10);
  if (in_flight < 1 || in_flight > MAX_IN_FLIGHT || n_connections < 1 || n_connections > MAX_CONNECTIONS)
    die("arguments", "out of range");
  for (unsigned i = 0; i < n_connections; i++)
    connect_one(&connections[i], argv[1]);
  if (dumping) {
    dump(strtoll(argv[4], NULL, 10));
  } else {
    random_state = strtoull(argv[6], NULL, 10) * 0x9e3779b97f4a7c15u + 1;
    run(in_flight, strtod(argv[5], NULL));
  }
  for (unsigned i = 0; i < n_connections; i++)
    PQfinish(connections[i].pg);
  encode_free();
  free(latencies);
  return 0;
}

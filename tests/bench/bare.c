/*
 * bare.c - what Postgres and libpq can do without a server in between: the yardstick of the benchmark.
 *
 *   bare CONNINFO WORK IN_FLIGHT CONNECTIONS SECONDS FIRST_SEED      one line: requests a second, p50 and p99
 * in ms bare CONNINFO WORK dump PLACE                                    the answer for one place,
 * serialized, on stdout
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
#include <libpq-fe.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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

/* Encoded backwards: `at` moves from the end of `memory` to its start. */
static struct {
  uint8_t *memory, *at;
  size_t size;
} out;

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

static void die(const char *what, const char *why)
{
  fprintf(stderr, "bare: %s: %s\n", what, why);
  exit(1);
}

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

/* --- encoding
 * ------------------------------------------------------------------------------------------------- */

static void put_bytes(const void *data, size_t n)
{
  if ((size_t)(out.at - out.memory) < n)
    die("encode", "answer larger than its buffer");
  out.at -= n;
  memcpy(out.at, data, n);
}

static void put_varint(uint64_t value)
{
  uint8_t bytes[10];
  size_t n = 0;
  do {
    bytes[n++] = (uint8_t)(value | 0x80);
    value >>= 7;
  } while (value);
  bytes[n - 1] &= 0x7f;
  put_bytes(bytes, n);
}

static void put_integer(unsigned field, int64_t value)
{
  if (value == 0)
    return;
  put_varint((uint64_t)value);
  put_varint(field << 3);
}

static void put_text(unsigned field, const char *data, size_t n)
{
  if (n == 0)
    return;
  put_bytes(data, n);
  put_varint(n);
  put_varint(field << 3 | 2);
}

static void close_message(unsigned field, const uint8_t *end)
{
  put_varint((uint64_t)(end - out.at));
  put_varint(field << 3 | 2);
}

static int64_t int8_at(const void *data)
{
  uint64_t value;
  memcpy(&value, data, sizeof value);
  return (int64_t)be64toh(value);
}

static int64_t integer_of(const PGresult *result, int row, int column)
{
  return int8_at(PQgetvalue(result, row, column));
}

static void put_text_cell(unsigned field, const PGresult *result, int row, int column)
{
  put_text(field, PQgetvalue(result, row, column), (size_t)PQgetlength(result, row, column));
}

static void put_timestamp(unsigned field, int64_t microseconds_since_2000)
{
  const uint8_t *end = out.at;
  int64_t seconds = microseconds_since_2000 / 1000000, rest = microseconds_since_2000 % 1000000;
  if (rest < 0) {
    rest += 1000000;
    seconds--;
  }
  put_integer(2, rest * 1000);
  put_integer(1, seconds + 946684800);
  close_message(field, end);
}

struct attendee {
  int64_t id, organization_id;
  const char *name, *organization;
  size_t name_length, organization_length;
  bool affiliated;
};

static void put_attendee(unsigned field, const struct attendee *a)
{
  const uint8_t *end = out.at;
  if (a->affiliated) {
    const uint8_t *organization_end = out.at;
    put_text(2, a->organization, a->organization_length);
    put_integer(1, a->organization_id);
    close_message(3, organization_end);
  }
  put_text(2, a->name, a->name_length);
  put_integer(1, a->id);
  close_message(field, end);
}

static struct attendee attendee_of(const PGresult *children, int row)
{
  struct attendee a = {
      .id = integer_of(children, row, 1),
      .name = PQgetvalue(children, row, 2),
      .name_length = (size_t)PQgetlength(children, row, 2),
      .affiliated = !PQgetisnull(children, row, 3),
  };
  if (a.affiliated) {
    a.organization_id = integer_of(children, row, 3);
    a.organization = PQgetvalue(children, row, 4);
    a.organization_length = (size_t)PQgetlength(children, row, 4);
  }
  return a;
}

static void put_event_columns(const PGresult *roots, int row)
{
  const uint8_t *creator_end = out.at;
  put_text_cell(3, roots, row, 5);
  put_text_cell(2, roots, row, 4);
  put_integer(1, integer_of(roots, row, 3));
  close_message(4, creator_end);
  put_timestamp(3, integer_of(roots, row, 2));
  put_text_cell(2, roots, row, 1);
  put_integer(1, integer_of(roots, row, 0));
}

/* The children of one event are rows first … last - 1. */
static void put_attendees(const PGresult *children, int first, int last)
{
  for (int i = last - 1; i >= first; i--) {
    struct attendee a = attendee_of(children, i);
    if (!a.affiliated)
      put_attendee(6, &a);
  }
  for (int i = last - 1; i >= first; i--) {
    struct attendee a = attendee_of(children, i);
    put_attendee(5, &a);
  }
}

static void encode_page(const PGresult *roots, const PGresult *children, bool wrapped)
{
  int child = PQntuples(children);
  for (int row = PQntuples(roots) - 1; row >= 0; row--) {
    int64_t id = integer_of(roots, row, 0);
    int last = child;
    while (child > 0 && integer_of(children, child - 1, 0) == id)
      child--;
    const uint8_t *end = out.at;
    put_attendees(children, child, last);
    put_event_columns(roots, row);
    if (wrapped)
      close_message(1, end);
  }
}

#define MAX_CHILDREN 4096

/* A one-dimensional array in binary: dimensions, flags, element type, length, lower bound, then length and
 * bytes of each. */
struct array {
  const uint8_t *at;
  int n;
};

static int32_t int4_at(const uint8_t *data)
{
  uint32_t value;
  memcpy(&value, data, sizeof value);
  return (int32_t)be32toh(value);
}

static struct array array_of(const PGresult *result, int column)
{
  if (PQgetisnull(result, 0, column))
    return (struct array){0};
  const uint8_t *data = (const uint8_t *)PQgetvalue(result, 0, column);
  return (struct array){data + 20, int4_at(data) == 0 ? 0 : int4_at(data + 12)};
}

static const char *next_element(struct array *array, int32_t *ret_length)
{
  *ret_length = int4_at(array->at);
  const char *data = (const char *)array->at + 4;
  array->at += 4 + (*ret_length > 0 ? *ret_length : 0);
  return data;
}

static void encode_arrays(const PGresult *result)
{
  static struct attendee attendees[MAX_CHILDREN];
  struct array ids = array_of(result, 6), names = array_of(result, 7);
  struct array organization_ids = array_of(result, 8), organizations = array_of(result, 9);
  if (ids.n > MAX_CHILDREN)
    die("encode", "more children than expected");
  for (int i = 0; i < ids.n; i++) {
    struct attendee *a = &attendees[i];
    int32_t length;
    a->id = int8_at(next_element(&ids, &length));
    a->name = next_element(&names, &length);
    a->name_length = (size_t)length;
    const char *organization_id = next_element(&organization_ids, &length);
    a->affiliated = length >= 0;
    if (a->affiliated)
      a->organization_id = int8_at(organization_id);
    a->organization = next_element(&organizations, &length);
    a->organization_length = length > 0 ? (size_t)length : 0;
  }
  for (int i = ids.n - 1; i >= 0; i--)
    if (!attendees[i].affiliated)
      put_attendee(6, &attendees[i]);
  for (int i = ids.n - 1; i >= 0; i--)
    put_attendee(5, &attendees[i]);
  put_event_columns(result, 0);
}

static void encode(const PGresult *roots, const PGresult *children)
{
  out.at = out.memory + out.size;
  if (work == WORK_EVENT_ARRAYS)
    encode_arrays(roots);
  else
    encode_page(roots, children, work != WORK_EVENT);
}

/* --- asking
 * --------------------------------------------------------------------------------------------------- */

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
  fwrite(out.at, 1, (size_t)(out.memory + out.size - out.at), stdout);
}

static enum work parse_work(const char *name)
{
  for (int i = 0; i < N_WORKS; i++)
    if (strcmp(name, work_names[i]) == 0)
      return (enum work)i;
  die("unknown work", name);
  return N_WORKS;
}

int main(int argc, char **argv)
{
  bool dumping = argc == 5 && strcmp(argv[3], "dump") == 0;
  if (!dumping && argc != 7)
    die("usage", "bare CONNINFO WORK IN_FLIGHT CONNECTIONS SECONDS SEED | bare CONNINFO WORK dump PLACE");
  work = parse_work(argv[2]);
  out.size = 64u << 20;
  out.memory = malloc(out.size);
  if (!out.memory)
    die("buffer", "out of memory");
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
  free(out.memory);
  free(latencies);
  return 0;
}

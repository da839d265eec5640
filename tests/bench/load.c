/*
 * load.c - gRPC load that varies: every request takes its body from a file of many.
 *
 *   load ADDRESS METHOD BODIES CONNECTIONS IN_FLIGHT steady|burst SECONDS SEED
 *
 * BODIES holds length-prefixed messages one behind the other.  Each connection keeps IN_FLIGHT requests under
 * way: steadily, a new one for each that ends, or in bursts, all at once and the next burst when the last of
 * them has ended, as a client does that resolves a list one by one.  No request begins after SECONDS; those
 * under way are waited for.  One line comes out:
 *
 *   RATE P50 P99 FIRST_P50 FIRST_P99 REQUESTS MESSAGES
 *
 * requests a second; their durations and the time until their first message was whole, in ms; how many.
 *
 * One thread, cleartext HTTP/2, windows so large that they never bind.  An answer without grpc-status 0 ends
 * it all: a benchmark of errors is none.
 */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MOST_CONNECTIONS 1024
#define STREAM_WINDOW (1 << 24)
#define CONNECTION_WINDOW (1 << 26)
#define FRAME_HEAD 5 /* of a length-prefixed message: a flag and four bytes of length */

struct body {
  const uint8_t *data;
  size_t len;
};

/* A request under way. */
struct request {
  const struct body *body;
  size_t body_sent;
  double started, first_message; /* 0: not yet whole */
  uint8_t head[FRAME_HEAD];
  unsigned head_bytes;
  uint32_t message_left;
  bool succeeded;
};

struct connection {
  int fd;
  nghttp2_session *session;
  unsigned under_way;
};

struct samples {
  double *items;
  size_t n, cap;
};

static struct {
  const char *authority, *path;
  struct body *bodies;
  size_t n_bodies;
  struct connection connections[MOST_CONNECTIONS];
  unsigned n_connections, in_flight;
  bool burst;
  double end;
  uint64_t random;
  struct samples durations, firsts;
  size_t n_messages;
} load;

static _Noreturn void die(const char *what, const char *why)
{
  fprintf(stderr, "load: %s: %s\n", what, why);
  exit(1);
}

static void *allocate(size_t size)
{
  void *memory = calloc(1, size);
  if (memory == NULL)
    die("memory", "none left");
  return memory;
}

static double now(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static const struct body *random_body(void)
{
  load.random ^= load.random << 13;
  load.random ^= load.random >> 7;
  load.random ^= load.random << 17;
  return &load.bodies[load.random % load.n_bodies];
}

static void add_sample(struct samples *samples, double value)
{
  if (samples->n == samples->cap) {
    samples->cap = samples->cap == 0 ? 65536 : samples->cap * 2;
    samples->items = realloc(samples->items, samples->cap * sizeof *samples->items);
    if (samples->items == NULL)
      die("memory", "none left");
  }
  samples->items[samples->n++] = value;
}

/* ---- one request ---- */

static ssize_t give_body(nghttp2_session *session, int32_t stream, uint8_t *buffer, size_t room,
                         uint32_t *flags, nghttp2_data_source *source, void *user)
{
  struct request *request = source->ptr;
  size_t left = request->body->len - request->body_sent, n = left < room ? left : room;
  memcpy(buffer, request->body->data + request->body_sent, n);
  request->body_sent += n;
  if (n == left)
    *flags |= NGHTTP2_DATA_FLAG_EOF;
  return (ssize_t)n;
}

static nghttp2_nv header(const char *name, const char *value)
{
  return (nghttp2_nv){(uint8_t *)(uintptr_t)name, (uint8_t *)(uintptr_t)value, strlen(name), strlen(value),
                      NGHTTP2_NV_FLAG_NONE};
}

static void start_request(struct connection *connection)
{
  struct request *request = allocate(sizeof *request);
  nghttp2_nv headers[] = {header(":method", "POST"),
                          header(":scheme", "http"),
                          header(":path", load.path),
                          header(":authority", load.authority),
                          header("content-type", "application/grpc"),
                          header("te", "trailers")};
  nghttp2_data_provider data = {.source.ptr = request, .read_callback = give_body};
  request->body = random_body();
  request->started = now();
  int32_t stream = nghttp2_submit_request(connection->session, NULL, headers,
                                          sizeof headers / sizeof *headers, &data, request);
  if (stream < 0)
    die("request", nghttp2_strerror(stream));
  connection->under_way++;
}

/* Looks for the ends of messages in the answer's bytes. */
static void read_messages(struct request *request, const uint8_t *data, size_t len)
{
  while (len > 0) {
    if (request->head_bytes < FRAME_HEAD) {
      request->head[request->head_bytes++] = *data++;
      len--;
      const uint8_t *head = request->head;
      if (request->head_bytes == FRAME_HEAD)
        request->message_left =
            (uint32_t)head[1] << 24 | (uint32_t)head[2] << 16 | (uint32_t)head[3] << 8 | (uint32_t)head[4];
    } else {
      uint32_t n = len < request->message_left ? (uint32_t)len : request->message_left;
      request->message_left -= n;
      data += n;
      len -= n;
    }
    if (request->head_bytes < FRAME_HEAD || request->message_left > 0)
      continue;
    request->head_bytes = 0;
    load.n_messages++;
    if (request->first_message == 0)
      request->first_message = now();
  }
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *data, size_t len,
                   void *user)
{
  struct request *request = nghttp2_session_get_stream_user_data(session, stream);
  if (request != NULL)
    read_messages(request, data, len);
  return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags, void *user)
{
  struct request *request = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
  if (request != NULL && name_len == 11 && memcmp(name, "grpc-status", 11) == 0)
    request->succeeded = value_len == 1 && value[0] == '0';
  if (name_len == 12 && memcmp(name, "grpc-message", 12) == 0 && value_len > 0)
    fprintf(stderr, "load: %.*s\n", (int)value_len, value);
  return 0;
}

static void go_on(struct connection *connection)
{
  if (now() >= load.end || (load.burst && connection->under_way > 0))
    return;
  while (connection->under_way < load.in_flight)
    start_request(connection);
}

static int on_stream_close(nghttp2_session *session, int32_t stream, uint32_t error, void *user)
{
  struct connection *connection = user;
  struct request *request = nghttp2_session_get_stream_user_data(session, stream);
  if (request == NULL)
    return 0;
  if (!request->succeeded || request->first_message == 0)
    die("a request failed", nghttp2_http2_strerror(error));
  add_sample(&load.durations, now() - request->started);
  add_sample(&load.firsts, request->first_message - request->started);
  free(request);
  connection->under_way--;
  go_on(connection);
  return 0;
}

/* ---- connections ---- */

static int connect_to(const char *address)
{
  char host[256];
  const char *colon = strrchr(address, ':');
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
  if (colon == NULL ||
      snprintf(host, sizeof host, "%.*s", (int)(colon - address), address) >= (int)sizeof host)
    die(address, "not host:port");
  int failure = getaddrinfo(host, colon + 1, &hints, &found);
  if (failure != 0)
    die(address, gai_strerror(failure));
  int fd = socket(found->ai_family, found->ai_socktype, found->ai_protocol), yes = 1;
  if (fd < 0 || connect(fd, found->ai_addr, found->ai_addrlen) != 0)
    die(address, strerror(errno));
  freeaddrinfo(found);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  fcntl(fd, F_SETFL, O_NONBLOCK);
  return fd;
}

static void open_connection(struct connection *connection, const char *address)
{
  nghttp2_session_callbacks *callbacks;
  nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
                                       {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, STREAM_WINDOW}};
  connection->fd = connect_to(address);
  if (nghttp2_session_callbacks_new(&callbacks) != 0)
    die("session", "no memory");
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
  if (nghttp2_session_client_new(&connection->session, callbacks, connection) != 0 ||
      nghttp2_submit_settings(connection->session, NGHTTP2_FLAG_NONE, settings, 2) != 0 ||
      nghttp2_session_set_local_window_size(connection->session, NGHTTP2_FLAG_NONE, 0, CONNECTION_WINDOW) !=
          0)
    die("session", "was refused");
  nghttp2_session_callbacks_del(callbacks);
}

/* What nghttp2 gives must be taken whole before the next is asked for, so a full socket is waited for;
 * windows and requests are small, and it is never full for long. */
static void send_all(const struct connection *connection)
{
  const uint8_t *data;
  ssize_t len;
  while ((len = nghttp2_session_mem_send(connection->session, &data)) > 0)
    while (len > 0) {
      ssize_t n = write(connection->fd, data, (size_t)len);
      if (n < 0 && errno != EAGAIN)
        die("write", strerror(errno));
      if (n < 0)
        poll(&(struct pollfd){connection->fd, POLLOUT, 0}, 1, 1000);
      data += n > 0 ? n : 0;
      len -= n > 0 ? n : 0;
    }
  if (len < 0)
    die("send", nghttp2_strerror((int)len));
}

static void receive(const struct connection *connection)
{
  static uint8_t buffer[1 << 18];
  ssize_t n = read(connection->fd, buffer, sizeof buffer);
  if (n < 0 && errno == EAGAIN)
    return;
  if (n <= 0)
    die("read", n == 0 ? "the server closed the connection" : strerror(errno));
  ssize_t taken = nghttp2_session_mem_recv(connection->session, buffer, (size_t)n);
  if (taken < 0)
    die("answer", nghttp2_strerror((int)taken));
}

static bool anything_under_way(void)
{
  for (unsigned i = 0; i < load.n_connections; i++)
    if (load.connections[i].under_way > 0)
      return true;
  return false;
}

static double run(double seconds)
{
  struct pollfd fds[MOST_CONNECTIONS];
  double start = now();
  load.end = start + seconds;
  for (unsigned i = 0; i < load.n_connections; i++) {
    fds[i] = (struct pollfd){load.connections[i].fd, POLLIN, 0};
    go_on(&load.connections[i]);
    send_all(&load.connections[i]);
  }
  while (anything_under_way()) {
    poll(fds, load.n_connections, 1000);
    for (unsigned i = 0; i < load.n_connections; i++)
      if (fds[i].revents != 0) {
        receive(&load.connections[i]);
        send_all(&load.connections[i]);
      }
  }
  return now() - start;
}

/* ---- the command ---- */

static void read_bodies(const char *path)
{
  FILE *file = fopen(path, "rb");
  if (file == NULL || fseek(file, 0, SEEK_END) != 0)
    die(path, strerror(errno));
  size_t size = (size_t)ftell(file);
  uint8_t *data = allocate(size + 1);
  rewind(file);
  if (fread(data, 1, size, file) != size)
    die(path, "cannot be read");
  fclose(file);
  load.bodies = allocate((size / FRAME_HEAD + 1) * sizeof *load.bodies);
  for (size_t at = 0, len; at + FRAME_HEAD <= size; at += len) {
    const uint8_t *head = data + at;
    len = FRAME_HEAD + ((size_t)head[1] << 24 | (size_t)head[2] << 16 | (size_t)head[3] << 8 | head[4]);
    if (at + len > size)
      die(path, "ends within a message");
    load.bodies[load.n_bodies++] = (struct body){head, len};
  }
  if (load.n_bodies == 0)
    die(path, "has no messages");
}

static int compare(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double quantile_ms(struct samples *samples, size_t percent)
{
  qsort(samples->items, samples->n, sizeof *samples->items, compare);
  return samples->items[samples->n * percent / 100] * 1e3;
}

int main(int argc, char **argv)
{
  if (argc != 9 || (strcmp(argv[6], "steady") != 0 && strcmp(argv[6], "burst") != 0))
    die("usage", "load ADDRESS METHOD BODIES CONNECTIONS IN_FLIGHT steady|burst SECONDS SEED");
  char path[512];
  snprintf(path, sizeof path, "/%s", argv[2]);
  load.authority = argv[1];
  load.path = path;
  read_bodies(argv[3]);
  load.n_connections = (unsigned)strtoul(argv[4], NULL, 10);
  load.in_flight = (unsigned)strtoul(argv[5], NULL, 10);
  load.burst = strcmp(argv[6], "burst") == 0;
  load.random = strtoull(argv[8], NULL, 10) * 0x9e3779b97f4a7c15u + 1;
  if (load.n_connections < 1 || load.n_connections > MOST_CONNECTIONS || load.in_flight < 1)
    die("arguments", "out of range");
  for (unsigned i = 0; i < load.n_connections; i++)
    open_connection(&load.connections[i], argv[1]);
  double elapsed = run(strtod(argv[7], NULL));
  if (load.durations.n == 0)
    die("run", "no request was begun");
  printf("%.3f %.3f %.3f %.3f %.3f %zu %zu\n", (double)load.durations.n / elapsed,
         quantile_ms(&load.durations, 50), quantile_ms(&load.durations, 99), quantile_ms(&load.firsts, 50),
         quantile_ms(&load.firsts, 99), load.durations.n, load.n_messages);
  return 0;
}

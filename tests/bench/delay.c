/*
 * delay.c - a distance to Postgres: whatever passes takes a fixed time each way, and nothing is slowed beyond
 * that.
 *
 *   delay LISTEN UPSTREAM MICROSECONDS       both are paths of Unix sockets; "ready" is said when it listens
 *
 * Bytes that come are stamped with when they are due and wait in a queue for each way of each connection; any
 * number of them may be on their way, as on a long line.  One thread; it sleeps until something comes or is
 * due.  It ends when its standard input does.
 */
#define _GNU_SOURCE /* ppoll */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define MOST_PAIRS 256
#define CHUNK (1 << 16)
#define MOST_QUEUED (64u << 20) /* bytes on their way, beyond which reading waits: memory has an end */

struct chunk {
  int64_t due_ns;
  struct chunk *next;
  size_t len, at;
  uint8_t data[];
};

/* One way of a connection. */
struct way {
  int from, to;
  struct chunk *first, *last;
  size_t queued;
  bool ended;  /* `from` will say no more */
  bool closed; /* and `to` was told */
  bool full;   /* `to` takes nothing now */
};

struct pair {
  struct way ways[2];
};

static struct pair *pairs[MOST_PAIRS];
static unsigned n_pairs;
static int64_t delay_ns;

static _Noreturn void die(const char *what)
{
  fprintf(stderr, "delay: %s: %s\n", what, strerror(errno));
  exit(1);
}

static int64_t now_ns(void)
{
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static struct sockaddr_un address_of(const char *path)
{
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (snprintf(address.sun_path, sizeof address.sun_path, "%s", path) >= (int)sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    die(path);
  }
  return address;
}

static int open_socket(void)
{
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  if (fd < 0)
    die("socket");
  return fd;
}

static int listen_at(const char *path)
{
  struct sockaddr_un address = address_of(path);
  int fd = open_socket();
  if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 128) != 0)
    die(path);
  return fd;
}

static void accept_one(int listener, const char *upstream)
{
  struct sockaddr_un address = address_of(upstream);
  int client = accept(listener, NULL, NULL), server = open_socket();
  if (client < 0 || n_pairs == MOST_PAIRS ||
      connect(server, (struct sockaddr *)&address, sizeof address) != 0) {
    close(client);
    close(server);
    return;
  }
  fcntl(client, F_SETFL, O_NONBLOCK);
  fcntl(server, F_SETFL, O_NONBLOCK);
  struct pair *pair = calloc(1, sizeof *pair);
  if (pair == NULL)
    die("memory");
  pair->ways[0] = (struct way){.from = client, .to = server};
  pair->ways[1] = (struct way){.from = server, .to = client};
  pairs[n_pairs++] = pair;
}

/* ---- one way ---- */

static void take(struct way *way)
{
  struct chunk *chunk = malloc(sizeof *chunk + CHUNK);
  if (chunk == NULL)
    die("memory");
  ssize_t n = read(way->from, chunk->data, CHUNK);
  if (n <= 0) {
    way->ended = n == 0 || errno != EAGAIN;
    free(chunk);
    return;
  }
  chunk = realloc(chunk, sizeof *chunk + (size_t)n);
  *chunk = (struct chunk){.due_ns = now_ns() + delay_ns, .len = (size_t)n};
  if (way->last == NULL)
    way->first = chunk;
  else
    way->last->next = chunk;
  way->last = chunk;
  way->queued += chunk->len;
}

static void drop_first(struct way *way)
{
  struct chunk *chunk = way->first;
  way->queued -= chunk->len;
  way->first = chunk->next;
  if (way->first == NULL)
    way->last = NULL;
  free(chunk);
}

/* Hands over what is due; an end of the stream waits behind it. */
static void give(struct way *way, int64_t now)
{
  way->full = false;
  while (way->first != NULL && way->first->due_ns <= now && !way->full) {
    struct chunk *chunk = way->first;
    ssize_t n = write(way->to, chunk->data + chunk->at, chunk->len - chunk->at);
    if (n > 0)
      chunk->at += (size_t)n;
    if (chunk->at == chunk->len || (n < 0 && errno != EAGAIN))
      drop_first(way); /* what the other end will not take is lost with it */
    else
      way->full = true;
  }
  if (way->ended && way->first == NULL && !way->closed) {
    way->closed = true;
    shutdown(way->to, SHUT_WR);
  }
}

static bool is_over(const struct pair *pair)
{
  return pair->ways[0].closed && pair->ways[1].closed;
}

static void remove_pair(unsigned i)
{
  close(pairs[i]->ways[0].from);
  close(pairs[i]->ways[1].from);
  free(pairs[i]);
  pairs[i] = pairs[--n_pairs];
}

/* ---- the loop ---- */

static int64_t earlier(int64_t a, int64_t b)
{
  return a < b ? a : b;
}

/* A socket is both the end of one way and the start of the other; one entry for each of its roles is simpler
 * and costs nothing. */
static void watch(const struct way *way, struct pollfd *ret_from, struct pollfd *ret_to, int64_t *due_ns)
{
  bool reads = !way->ended && way->queued < MOST_QUEUED;
  *ret_from = (struct pollfd){reads ? way->from : -1, POLLIN, 0};
  *ret_to = (struct pollfd){way->full ? way->to : -1, POLLOUT, 0};
  if (way->first != NULL && !way->full)
    *due_ns = earlier(*due_ns, way->first->due_ns);
}

static void sleep_until(struct pollfd *fds, unsigned n, int64_t due_ns)
{
  int64_t wait_ns = due_ns == INT64_MAX ? 1000000000 : due_ns - now_ns();
  if (wait_ns < 0)
    wait_ns = 0;
  struct timespec wait = {wait_ns / 1000000000, wait_ns % 1000000000};
  if (ppoll(fds, n, &wait, NULL) < 0 && errno != EINTR)
    die("poll");
}

static void serve(int listener, const char *upstream)
{
  static struct pollfd fds[2 + MOST_PAIRS * 4];
  for (;;) {
    int64_t due_ns = INT64_MAX;
    unsigned n = 2, present = n_pairs;
    fds[0] = (struct pollfd){STDIN_FILENO, POLLIN, 0};
    fds[1] = (struct pollfd){listener, POLLIN, 0};
    for (unsigned i = 0; i < present; i++)
      for (int k = 0; k < 2; k++, n += 2)
        watch(&pairs[i]->ways[k], &fds[n], &fds[n + 1], &due_ns);
    sleep_until(fds, n, due_ns);
    if (fds[0].revents != 0)
      return;
    int64_t now = now_ns();
    for (unsigned i = 0; i < present * 2; i++) {
      struct way *way = &pairs[i / 2]->ways[i % 2];
      if (fds[2 + i * 2].revents != 0)
        take(way);
      give(way, now);
    }
    for (unsigned i = n_pairs; i-- > 0;)
      if (is_over(pairs[i]))
        remove_pair(i);
    if (fds[1].revents != 0)
      accept_one(listener, upstream);
  }
}

int main(int argc, char **argv)
{
  if (argc != 4) {
    fprintf(stderr, "usage: delay LISTEN UPSTREAM MICROSECONDS\n");
    return 2;
  }
  delay_ns = strtoll(argv[3], NULL, 10) * 1000;
  prctl(PR_SET_TIMERSLACK, 1UL); /* else the kernel adds 50 microseconds to every sleep */
  signal(SIGPIPE, SIG_IGN);
  int listener = listen_at(argv[1]);
  puts("ready");
  fflush(stdout);
  serve(listener, argv[2]);
  unlink(argv[1]);
  return 0;
}

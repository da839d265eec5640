/*
 * shard.c - the thread: inbox, sockets, runs, connections, answers, and round again.
 *
 * A turn reads what has arrived on the sockets, takes what others left in the inbox, ends what is due, starts
 * what can be started, and then looks after each connection: writes, cancels, ends sessions, replaces what is
 * lost.  Writing comes last, so that all that a turn sends on a connection leaves together.  A turn that
 * leaves something to do sets `again`.  Those whose rows are complete are answered last, when the database
 * has its next work; what is brought meanwhile gathers.
 *
 * Who brings an execution takes a short turn, if nobody else is at it: it starts what can be started, without
 * waking the thread.  It leaves everything else to the thread, which it wakes where there is something: an
 * answer to give, a connection to replace, an earlier time to look again.
 *
 * There is no timer but the wait itself: it ends when the next run or connection is due.  next_us may be too
 * early, since runs end without anybody looking for the next one; then the look finds nothing and sets it
 * right.
 */
#include "storage/shard.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utlist.h>

#include "base/clock.h"
#include "storage/dispatch.h"

#define EVENTS_A_TURN 64

enum note_kind { NOTE_ARRIVED, NOTE_CANCELLED, NOTE_CLOSE_SESSION, NOTE_STOP };

struct note {
  enum note_kind kind;
  struct connection *connection;
  PGconn *conn;        /* ARRIVED; NULL: an attempt failed */
  uint64_t generation; /* CANCELLED */
  struct session *session;
  struct note *prev, *next;
};

/* ---- the inbox: from any thread ---- */

/* With the lock held. */
static void signal_thread(struct shard *shard)
{
  if (!shard->signalled && eventfd_write(shard->wake, 1) == 0)
    shard->signalled = true;
}

static void put_note(struct shard *shard, struct note content)
{
  struct note *note = malloc(sizeof *note);
  if (note == NULL)
    abort();
  *note = content;
  pthread_mutex_lock(&shard->lock);
  DL_APPEND(shard->notes, note);
  signal_thread(shard);
  pthread_mutex_unlock(&shard->lock);
}

static void wake_thread(struct shard *shard)
{
  pthread_mutex_lock(&shard->lock);
  signal_thread(shard);
  pthread_mutex_unlock(&shard->lock);
}

void shard_look_for_cancels(struct shard *shard)
{
  atomic_store(&shard->cancels, true);
  wake_thread(shard);
}

void shard_close_session(struct shard *shard, struct session *session)
{
  put_note(shard, (struct note){.kind = NOTE_CLOSE_SESSION, .session = session});
}

void shard_note_cancelled(struct shard *shard, struct connection *connection, uint64_t generation)
{
  put_note(shard, (struct note){.kind = NOTE_CANCELLED, .connection = connection, .generation = generation});
}

static void when_arrived(struct connect_request *request, PGconn *conn)
{
  struct connection *connection = (struct connection *)request;
  put_note(connection->shard, (struct note){.kind = NOTE_ARRIVED, .connection = connection, .conn = conn});
}

/* ---- connections come and go ---- */

static void gone(struct shard *shard, struct connection *connection)
{
  connection_close(connection, shard->canceller);
  atomic_fetch_sub(&shard->standing, 1);
  database_disconnected(shard->database, !shard->for_sessions);
}

/* A connection that is lost, or has lived long enough, is replaced. */
static void replace(struct shard *shard, struct connection *connection)
{
  gone(shard, connection);
  connector_request(shard->connector, &connection->request);
  shard->again = true;
}

static void arrive(struct shard *shard, struct connection *connection, PGconn *conn)
{
  const struct storage_options *options = shard->database->options;
  if (conn == NULL) {
    if (atomic_load(&shard->standing) == 0)
      dispatch_refuse(shard);
    return;
  }
  atomic_fetch_add(&shard->standing, 1);
  database_connected(shard->database, !shard->for_sessions);
  if (!connection_open(connection, conn, shard->epoll, options->statement_cache, clock_monotonic_us()))
    pipeline_lose(&connection->pipeline, SQLSTATE_CONNECTION_LOST, "epoll refused the socket");
}

static void close_session(struct shard *shard, struct session *session)
{
  session->closing = true;
  dispatch_cancel_session(shard, session);
  if (session->connection == NULL)
    session_unbind(session);
}

static void look_after(struct shard *shard, struct connection *connection, int64_t now_us)
{
  int64_t wave_timeout_ms = shard->database->options->wave_timeout_ms;
  bool was_quarantined = connection->quarantined;
  connection_cancel_unwanted(connection, shard->canceller);
  if (!connection_check(connection, wave_timeout_ms, now_us) || !connection_write(connection)) {
    dispatch_lost(shard, connection);
    replace(shard, connection);
    return;
  }
  if (connection->quarantined || !pipeline_idle(&connection->pipeline))
    return;
  shard->again |= was_quarantined;
  if (connection->session != NULL && connection->session->closing) {
    session_end(connection->session);
    shard->again = true;
  } else if (connection->session == NULL && now_us >= connection->expires_us) {
    replace(shard, connection);
  }
}

/* ---- the thread ---- */

static void take_notes(struct shard *shard, struct note *notes)
{
  struct note *note, *next;
  DL_FOREACH_SAFE(notes, note, next)
  {
    switch (note->kind) {
    case NOTE_ARRIVED:
      arrive(shard, note->connection, note->conn);
      break;
    case NOTE_CANCELLED:
      connection_cancelled(note->connection, note->generation);
      break;
    case NOTE_CLOSE_SESSION:
      close_session(shard, note->session);
      break;
    case NOTE_STOP:
      shard->stopping = true;
      break;
    }
    free(note);
  }
}

static void enqueue(struct shard *shard, struct execution *incoming)
{
  struct execution *execution, *next;
  DL_FOREACH_SAFE(incoming, execution, next)
  dispatch_enqueue(shard, execution);
}

static struct execution *take_incoming(struct shard *shard)
{
  pthread_mutex_lock(&shard->lock);
  struct execution *incoming = shard->incoming;
  shard->incoming = NULL;
  atomic_store(&shard->n_incoming, 0);
  pthread_mutex_unlock(&shard->lock);
  return incoming;
}

static void empty_inbox(struct shard *shard)
{
  pthread_mutex_lock(&shard->lock);
  struct note *notes = shard->notes;
  eventfd_t count;
  if (shard->signalled)
    eventfd_read(shard->wake, &count);
  shard->notes = NULL;
  shard->signalled = false;
  pthread_mutex_unlock(&shard->lock);
  enqueue(shard, take_incoming(shard));
  take_notes(shard, notes);
}

static int64_t due_us(const struct shard *shard)
{
  int64_t due_us = shard->again ? 0 : shard->next_us;
  for (unsigned i = 0; i < shard->n_connections; i++) {
    int64_t us = connection_due_us(&shard->connections[i], shard->database->options->wave_timeout_ms);
    due_us = us < due_us ? us : due_us;
  }
  return due_us;
}

static void read_sockets(struct shard *shard, const struct epoll_event *events, int n)
{
  int64_t now_us = clock_monotonic_us();
  for (int i = 0; i < n; i++) {
    struct connection *connection = events[i].data.ptr;
    if (connection != NULL)
      connection_read(connection, now_us);
  }
}

static void expire_and_start(struct shard *shard, int64_t now_us)
{
  if (atomic_exchange(&shard->cancels, false) || now_us >= shard->next_us)
    dispatch_expire(shard, now_us);
  dispatch_start(shard, now_us);
}

static struct run *take_answers(struct shard *shard)
{
  struct run *answers = shard->answers;
  shard->answers = NULL;
  shard->answers_end = &shard->answers;
  return answers;
}

static void answer(struct run *answers)
{
  while (answers != NULL) {
    struct run *run = answers;
    answers = run->next;
    run->done(run);
  }
}

static void take_turn(struct shard *shard, const struct epoll_event *events, int n)
{
  pthread_mutex_lock(&shard->turn);
  read_sockets(shard, events, n);
  shard->again = false;
  empty_inbox(shard);
  int64_t now_us = clock_monotonic_us();
  expire_and_start(shard, now_us);
  for (unsigned i = 0; i < shard->n_connections; i++)
    if (shard->connections[i].conn != NULL)
      look_after(shard, &shard->connections[i], now_us);
  shard->wakes_us = due_us(shard);
  answer(take_answers(shard));
  pthread_mutex_unlock(&shard->turn);
}

/* What was brought while the thread had its turn, it finds here. */
static int wait_ms(const struct shard *shard)
{
  int64_t wait_us = shard->wakes_us - clock_monotonic_us();
  if (wait_us <= 0 || atomic_load(&shard->n_incoming) > 0)
    return 0;
  return wait_us > INT64_C(3600000000) ? 3600000 : (int)((wait_us + 999) / 1000);
}

static void end_all(struct shard *shard)
{
  pthread_mutex_lock(&shard->turn);
  dispatch_stop(shard);
  for (unsigned i = 0; i < shard->n_connections; i++) {
    struct connection *connection = &shard->connections[i];
    if (connection->conn == NULL)
      continue;
    if (connection->session != NULL)
      session_unbind(connection->session);
    gone(shard, connection);
  }
  answer(take_answers(shard));
  pthread_mutex_unlock(&shard->turn);
}

static void *shard_main(void *user)
{
  struct shard *shard = user;
  struct epoll_event events[EVENTS_A_TURN];
  while (!shard->stopping) {
    int n = epoll_wait(shard->epoll, events, EVENTS_A_TURN, wait_ms(shard));
    take_turn(shard, events, n);
  }
  end_all(shard);
  return NULL;
}

/* ---- turns of others ---- */

static void start_incoming(struct shard *shard)
{
  enqueue(shard, take_incoming(shard));
  expire_and_start(shard, clock_monotonic_us());
  for (unsigned i = 0; i < shard->n_connections; i++)
    if (shard->connections[i].conn != NULL && !connection_write(&shard->connections[i]))
      shard->again = true;
}

bool shard_submit(struct shard *shard, struct execution *execution)
{
  pthread_mutex_lock(&shard->lock);
  if (shard->ended) {
    pthread_mutex_unlock(&shard->lock);
    return false;
  }
  DL_APPEND(shard->incoming, execution);
  atomic_fetch_add(&shard->n_incoming, 1);
  bool only = atomic_fetch_add(&shard->load, 1) == 0;
  pthread_mutex_unlock(&shard->lock);
  if (only)
    shard_start(shard);
  return true;
}

void shard_start(struct shard *shard)
{
  while (atomic_load(&shard->n_incoming) > 0 && pthread_mutex_trylock(&shard->turn) == 0) {
    start_incoming(shard);
    bool wake = shard->answers != NULL || due_us(shard) < shard->wakes_us;
    pthread_mutex_unlock(&shard->turn);
    if (wake)
      wake_thread(shard);
  }
}

int64_t shard_random(struct shard *shard, int64_t limit)
{
  return rand_r(&shard->seed) % limit;
}

static bool open_epoll(struct shard *shard, struct error *error)
{
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
  shard->epoll = epoll_create1(EPOLL_CLOEXEC);
  shard->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (shard->epoll >= 0 && shard->wake >= 0 &&
      epoll_ctl(shard->epoll, EPOLL_CTL_ADD, shard->wake, &event) == 0)
    return true;
  return error_set(error, ERROR_RESOURCE_EXHAUSTED, "NO_DESCRIPTORS",
                   "no file descriptors are left for a shard");
}

static void release(struct shard *shard)
{
  if (shard->epoll >= 0)
    close(shard->epoll);
  if (shard->wake >= 0)
    close(shard->wake);
  pthread_mutex_destroy(&shard->turn);
  pthread_mutex_destroy(&shard->lock);
  free(shard->connections);
  free(shard);
}

struct shard *shard_new(struct database *database, struct connector *connector, struct canceller *canceller,
                        unsigned n_connections, bool for_sessions, struct error *error)
{
  struct shard *shard = calloc(1, sizeof *shard);
  struct connection *connections = calloc(n_connections, sizeof *connections);
  if (shard == NULL || connections == NULL)
    abort();
  shard->database = database;
  shard->connector = connector;
  shard->canceller = canceller;
  shard->for_sessions = for_sessions;
  shard->connections = connections;
  shard->n_connections = n_connections;
  shard->next_us = CLOCK_NEVER;
  shard->answers_end = &shard->answers;
  shard->seed = (unsigned)clock_real_us();
  pthread_mutex_init(&shard->lock, NULL);
  pthread_mutex_init(&shard->turn, NULL);
  if (!open_epoll(shard, error)) {
    release(shard);
    return NULL;
  }
  for (unsigned i = 0; i < n_connections; i++) {
    connections[i].shard = shard;
    connections[i].request.arrived = when_arrived;
    connector_request(connector, &connections[i].request);
  }
  if (pthread_create(&shard->thread, NULL, shard_main, shard) != 0)
    abort();
  return shard;
}

/* The last to come find nobody there. */
void shard_stop(struct shard *shard)
{
  put_note(shard, (struct note){.kind = NOTE_STOP});
  pthread_join(shard->thread, NULL);
  pthread_mutex_lock(&shard->lock);
  shard->ended = true;
  pthread_mutex_unlock(&shard->lock);
  pthread_mutex_lock(&shard->turn);
  enqueue(shard, take_incoming(shard));
  dispatch_stop(shard);
  answer(take_answers(shard));
  pthread_mutex_unlock(&shard->turn);
}

/* What came too late: connections that nobody took, sessions that nobody closed. */
static void drop_notes(struct note *notes)
{
  struct note *note, *next;
  DL_FOREACH_SAFE(notes, note, next)
  {
    if (note->kind == NOTE_ARRIVED && note->conn != NULL)
      PQfinish(note->conn);
    if (note->kind == NOTE_CLOSE_SESSION)
      free(note->session);
    free(note);
  }
}

void shard_free(struct shard *shard)
{
  drop_notes(shard->notes);
  release(shard);
}

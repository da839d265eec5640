#include "storage/canceller.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <utlist.h>

struct cancel_request {
  PGcancel *cancel;
  void (*done)(void *user, uint64_t generation);
  void *user;
  uint64_t generation;
  struct cancel_request *prev, *next;
};

struct canceller {
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t changed;
  struct cancel_request *requests;
  bool stopping;
};

/* A failure to cancel needs no handling: deadlines were answered already, and statement_timeout ends the
 * statement. */
static void serve(struct cancel_request *request)
{
  char message[256];
  (void)PQcancel(request->cancel, message, sizeof message);
  PQfreeCancel(request->cancel);
  if (request->done != NULL)
    request->done(request->user, request->generation);
  free(request);
}

static void *canceller_main(void *user)
{
  struct canceller *canceller = user;
  pthread_mutex_lock(&canceller->lock);
  for (;;) {
    struct cancel_request *request = canceller->requests;
    if (request != NULL) {
      DL_DELETE(canceller->requests, request);
      pthread_mutex_unlock(&canceller->lock);
      serve(request);
      pthread_mutex_lock(&canceller->lock);
    } else if (canceller->stopping) {
      break;
    } else {
      pthread_cond_wait(&canceller->changed, &canceller->lock);
    }
  }
  pthread_mutex_unlock(&canceller->lock);
  return NULL;
}

struct canceller *canceller_new(void)
{
  struct canceller *canceller = calloc(1, sizeof *canceller);
  if (canceller == NULL)
    abort();
  pthread_mutex_init(&canceller->lock, NULL);
  pthread_cond_init(&canceller->changed, NULL);
  if (pthread_create(&canceller->thread, NULL, canceller_main, canceller) != 0)
    abort();
  return canceller;
}

void canceller_request(struct canceller *canceller, PGcancel *cancel,
                       void (*done)(void *user, uint64_t generation), void *user, uint64_t generation)
{
  struct cancel_request *request = calloc(1, sizeof *request);
  if (request == NULL)
    abort();
  *request = (struct cancel_request){.cancel = cancel, .done = done, .user = user, .generation = generation};
  pthread_mutex_lock(&canceller->lock);
  DL_APPEND(canceller->requests, request);
  pthread_cond_signal(&canceller->changed);
  pthread_mutex_unlock(&canceller->lock);
}

void canceller_free(struct canceller *canceller)
{
  if (canceller == NULL)
    return;
  pthread_mutex_lock(&canceller->lock);
  canceller->stopping = true;
  pthread_cond_signal(&canceller->changed);
  pthread_mutex_unlock(&canceller->lock);
  pthread_join(canceller->thread, NULL);
  pthread_cond_destroy(&canceller->changed);
  pthread_mutex_destroy(&canceller->lock);
  free(canceller);
}

#include "server/analyzer.h"

#include <pthread.h>
#include <stdlib.h>
#include <utlist.h>

#define WAITING_MOST 8

struct analyzer {
  pthread_t thread;
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  struct analyzer_job *waiting;
  unsigned n_waiting;
  bool stopping;
};

/* With the mutex held; NULL when it is time to end. */
static struct analyzer_job *take_job(struct analyzer *analyzer)
{
  while (analyzer->waiting == NULL && !analyzer->stopping)
    pthread_cond_wait(&analyzer->changed, &analyzer->mutex);
  struct analyzer_job *job = analyzer->waiting;
  if (job == NULL)
    return NULL;
  DL_DELETE(analyzer->waiting, job);
  analyzer->n_waiting--;
  return job;
}

static void *run_jobs(void *object)
{
  struct analyzer *analyzer = object;
  struct analyzer_job *job;
  pthread_mutex_lock(&analyzer->mutex);
  while ((job = take_job(analyzer)) != NULL) {
    bool stopping = analyzer->stopping;
    pthread_mutex_unlock(&analyzer->mutex);
    job->run(job, stopping);
    pthread_mutex_lock(&analyzer->mutex);
  }
  pthread_mutex_unlock(&analyzer->mutex);
  return NULL;
}

struct analyzer *analyzer_new(void)
{
  struct analyzer *analyzer = calloc(1, sizeof *analyzer);
  if (analyzer == NULL)
    abort();
  pthread_mutex_init(&analyzer->mutex, NULL);
  pthread_cond_init(&analyzer->changed, NULL);
  if (pthread_create(&analyzer->thread, NULL, run_jobs, analyzer) != 0)
    abort();
  return analyzer;
}

void analyzer_free(struct analyzer *analyzer)
{
  if (analyzer == NULL)
    return;
  pthread_mutex_lock(&analyzer->mutex);
  analyzer->stopping = true;
  pthread_cond_signal(&analyzer->changed);
  pthread_mutex_unlock(&analyzer->mutex);
  pthread_join(analyzer->thread, NULL);
  pthread_cond_destroy(&analyzer->changed);
  pthread_mutex_destroy(&analyzer->mutex);
  free(analyzer);
}

bool analyzer_submit(struct analyzer *analyzer, struct analyzer_job *job)
{
  pthread_mutex_lock(&analyzer->mutex);
  bool room = analyzer->n_waiting < WAITING_MOST && !analyzer->stopping;
  if (room) {
    DL_APPEND(analyzer->waiting, job);
    analyzer->n_waiting++;
    pthread_cond_signal(&analyzer->changed);
  }
  pthread_mutex_unlock(&analyzer->mutex);
  return room;
}

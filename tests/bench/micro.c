/*
 * micro.c - what parts of a request cost, one by one: no network, no Postgres, one thread.
 *
 *   micro                   nanoseconds an operation, the median of the rounds, for each case
 *   micro --list            the cases' names
 *   micro --once CASE       the case a few times to warm up, then once inside `measured`, for callgrind
 *
 * Cases over a page are of 50 events with 10 attendees each, as the benchmark's W1; cases over an event are
 * one of them, as its W2.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "bench/request_path.h"
#include "planner/filter.h"

#define PAGE 50
#define GROUP 64
#define ROUNDS 15
#define ROUND_US 20000
#define WARM_UP 3

struct micro {
  struct request_path *path;
  struct path_request event, page;
  struct path_request events[GROUP];
  struct path_call event_call, page_call; /* bound, planned, run */
  unsigned n_measured;
};

/* ---- the cases ---- */

static void parse_filter(struct micro *micro)
{
  static const char text[] = "name = \"Event*\" AND (creator.username = \"ann\" OR NOT event_date < "
                             "\"2024-01-01T00:00:00Z\") AND attendees.organization.id:7";
  struct arguments arguments = {0};
  struct expr *expr;
  struct error error;
  struct filter_context context = {.graph = micro->path->world.graph,
                                   .resource = world_resource(&micro->path->world, "Event"),
                                   .origin = FILTER_OF_REQUEST,
                                   .field = "filter",
                                   .arena = arena_new(0),
                                   .arguments = &arguments};
  if (!filter_parse((struct str){text, sizeof text - 1}, &context, &expr, &error)) {
    fprintf(stderr, "micro: %s\n", error.message);
    abort();
  }
  arena_free(context.arena);
}

static void bind(struct micro *micro, const struct path_request *request)
{
  struct path_call call;
  path_bind(&call, micro->path, request);
  path_end(&call);
}

static void bind_event(struct micro *micro)
{
  bind(micro, &micro->event);
}

static void bind_page(struct micro *micro)
{
  bind(micro, &micro->page);
}

/* Planning a bound call once more; what it allocates is its own. */
static void plan(const struct path_call *bound)
{
  struct path_call call = *bound;
  call.arena = arena_new(0);
  path_plan(&call);
  path_end(&call);
}

/* In an empty cache. */
static void plan_anew(struct micro *micro, const struct path_call *bound)
{
  struct plan_cache *kept = micro->path->plans;
  micro->path->plans = plan_cache_new(1);
  plan(bound);
  plan_cache_free(micro->path->plans);
  micro->path->plans = kept;
}

static void plan_event(struct micro *micro)
{
  plan_anew(micro, &micro->event_call);
}

static void plan_page(struct micro *micro)
{
  plan_anew(micro, &micro->page_call);
}

static void find_event(struct micro *micro)
{
  plan(&micro->event_call);
}

static void find_page(struct micro *micro)
{
  plan(&micro->page_call);
}

static void write_event(struct micro *micro)
{
  path_write(&micro->event_call);
}

static void write_page(struct micro *micro)
{
  path_write(&micro->page_call);
}

static void request(struct micro *micro, const struct path_request *requests, size_t n)
{
  struct path_call calls[GROUP];
  for (size_t i = 0; i < n; i++) {
    path_bind(&calls[i], micro->path, &requests[i]);
    path_plan(&calls[i]);
  }
  path_run(calls, n);
  for (size_t i = 0; i < n; i++) {
    if (calls[i].answer_bytes == 0)
      abort();
    path_end(&calls[i]);
  }
}

static void request_event(struct micro *micro)
{
  request(micro, &micro->event, 1);
}

static void request_page(struct micro *micro)
{
  request(micro, &micro->page, 1);
}

static void request_group(struct micro *micro)
{
  request(micro, micro->events, GROUP);
}

static const struct micro_case {
  const char *name, *what;
  void (*run)(struct micro *micro);
} cases[] = {
    {"filter", "a filter of four terms read and resolved", parse_filter},
    {"bind-event", "a Get's bytes read and understood", bind_event},
    {"bind-page", "a List's, its page token opened", bind_page},
    {"plan-event", "planned anew, for one and for a group, with SQL", plan_event},
    {"plan-page", "planned anew, with SQL", plan_page},
    {"find-event", "its plan found in the cache", find_event},
    {"find-page", "its plan found in the cache", find_page},
    {"write-event", "an event's rows written as a message", write_event},
    {"write-page", "a page's, its page token sealed", write_page},
    {"request-event", "a Get from its bytes to the answer's", request_event},
    {"request-page", "a List from its bytes to the answer's", request_page},
    {"request-group", "64 Gets that run together", request_group},
};

#define N_CASES (sizeof cases / sizeof *cases)

/* ---- setting up ---- */

static void run_once(struct path_call *call, struct micro *micro, const struct path_request *request,
                     size_t group)
{
  path_bind(call, micro->path, request);
  path_plan(call);
  path_learn(call, group);
  path_run(call, 1);
}

static void set_up(struct micro *micro)
{
  micro->path = request_path_new();
  micro->event = path_request_event(micro->path, 1);
  micro->page = path_request_page(micro->path, PAGE, 1);
  for (size_t i = 0; i < GROUP; i++)
    micro->events[i] = path_request_event(micro->path, (int64_t)i + 1);
  run_once(&micro->event_call, micro, &micro->event, GROUP);
  run_once(&micro->page_call, micro, &micro->page, 1);
}

static void tear_down(struct micro *micro)
{
  path_end(&micro->event_call);
  path_end(&micro->page_call);
  path_request_done(&micro->event);
  path_request_done(&micro->page);
  for (size_t i = 0; i < GROUP; i++)
    path_request_done(&micro->events[i]);
  request_path_free(micro->path);
}

/* ---- measuring ---- */

/* callgrind collects while it is in here (instructions.py), and must find it by this name; so it is not
 * static, and its last act is its own and no jump into the case. */
__attribute__((noinline)) void measured(const struct micro_case *of, struct micro *micro);

void measured(const struct micro_case *of, struct micro *micro)
{
  of->run(micro);
  micro->n_measured++;
}

static int64_t time_us(const struct micro_case *of, struct micro *micro, int64_t n)
{
  int64_t start_us = clock_monotonic_us();
  for (int64_t i = 0; i < n; i++)
    of->run(micro);
  return clock_monotonic_us() - start_us;
}

static int compare(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void show(const struct micro_case *of, struct micro *micro)
{
  double rounds[ROUNDS];
  int64_t n = 1;
  while (time_us(of, micro, n) < ROUND_US)
    n *= 2;
  for (int i = 0; i < ROUNDS; i++)
    rounds[i] = (double)time_us(of, micro, n) * 1e3 / (double)n;
  qsort(rounds, ROUNDS, sizeof *rounds, compare);
  printf("%-14s %12.0f   %s\n", of->name, rounds[ROUNDS / 2], of->what);
  fflush(stdout);
}

static const struct micro_case *find_case(const char *name)
{
  for (size_t i = 0; i < N_CASES; i++)
    if (strcmp(cases[i].name, name) == 0)
      return &cases[i];
  return NULL;
}

static void once(const struct micro_case *of, struct micro *micro)
{
  for (int i = 0; i < WARM_UP; i++)
    of->run(micro);
  measured(of, micro);
}

static void show_all(struct micro *micro)
{
  printf("%-14s %12s\n", "case", "ns");
  for (size_t i = 0; i < N_CASES; i++)
    show(&cases[i], micro);
  printf("an event's answer is %zu bytes, a page's %zu\n", micro->event_call.answer_bytes,
         micro->page_call.answer_bytes);
}

int main(int argc, char **argv)
{
  const struct micro_case *of = argc == 3 && strcmp(argv[1], "--once") == 0 ? find_case(argv[2]) : NULL;
  struct micro micro = {0};
  if (argc == 2 && strcmp(argv[1], "--list") == 0) {
    for (size_t i = 0; i < N_CASES; i++)
      puts(cases[i].name);
    return 0;
  }
  if (argc > 1 && of == NULL) {
    fprintf(stderr, "usage: micro | micro --list | micro --once CASE\n");
    return 2;
  }
  set_up(&micro);
  if (of != NULL)
    once(of, &micro);
  else
    show_all(&micro);
  tear_down(&micro);
  return 0;
}

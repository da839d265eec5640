/*
 * health.c - states by service name, and who wants to hear of them.
 *
 * One lock guards states and watches.  Callbacks run with it held: that is what lets health_unwatch promise
 * that none is under way when it returns, and keeps the changes a watcher sees in their order.  So a callback
 * must not call back into health; it hands the state over and returns.
 *
 * A service that was never declared can be watched: its state is SERVICE_UNKNOWN until it is.
 */
#include "server/health.h"

#include <pthread.h>
#include <stdlib.h>

#include "proto/wire.h"

enum { REQUEST_SERVICE = 1, RESPONSE_STATUS = 1 };

struct health_watch {
  struct service *service;
  void (*on_change)(void *user, enum health_state state);
  void *user;
  struct health_watch *next;
};

struct service {
  char *name;
  enum health_state state;
  struct health_watch *watches;
  struct service *next;
};

struct health {
  pthread_mutex_t lock;
  struct service *services;
  bool shut_down;
};

static struct service *find_service(struct health *health, struct str name)
{
  struct service *service = health->services;
  while (service != NULL && !str_equal_text(name, service->name))
    service = service->next;
  return service;
}

static struct service *add_service(struct health *health, struct str name)
{
  struct service *service = calloc(1, sizeof(*service));
  if (service == NULL || (service->name = strndup(name.len > 0 ? name.data : "", name.len)) == NULL)
    abort();
  service->state = HEALTH_SERVICE_UNKNOWN;
  service->next = health->services;
  health->services = service;
  return service;
}

struct health *health_new(void)
{
  struct health *health = calloc(1, sizeof(*health));
  if (health == NULL)
    abort();
  pthread_mutex_init(&health->lock, NULL);
  return health;
}

static void free_service(struct service *service)
{
  for (struct health_watch *watch = service->watches; watch != NULL;) {
    struct health_watch *next = watch->next;
    free(watch);
    watch = next;
  }
  free(service->name);
  free(service);
}

void health_free(struct health *health)
{
  if (health == NULL)
    return;
  for (struct service *service = health->services; service != NULL;) {
    struct service *next = service->next;
    free_service(service);
    service = next;
  }
  pthread_mutex_destroy(&health->lock);
  free(health);
}

static void change_state(struct service *service, enum health_state state)
{
  if (service->state == state)
    return;
  service->state = state;
  for (struct health_watch *watch = service->watches; watch != NULL; watch = watch->next)
    watch->on_change(watch->user, state);
}

void health_set(struct health *health, const char *name, enum health_state state)
{
  pthread_mutex_lock(&health->lock);
  struct service *service = find_service(health, str_from(name));
  if (service == NULL)
    service = add_service(health, str_from(name));
  bool known = state != HEALTH_SERVICE_UNKNOWN;
  change_state(service, health->shut_down && known ? HEALTH_NOT_SERVING : state);
  pthread_mutex_unlock(&health->lock);
}

void health_shut_down(struct health *health)
{
  pthread_mutex_lock(&health->lock);
  health->shut_down = true;
  for (struct service *service = health->services; service != NULL; service = service->next)
    if (service->state != HEALTH_SERVICE_UNKNOWN)
      change_state(service, HEALTH_NOT_SERVING);
  pthread_mutex_unlock(&health->lock);
}

enum health_state health_check(struct health *health, struct str name)
{
  pthread_mutex_lock(&health->lock);
  const struct service *service = find_service(health, name);
  enum health_state state = service == NULL ? HEALTH_SERVICE_UNKNOWN : service->state;
  pthread_mutex_unlock(&health->lock);
  return state;
}

struct health_watch *health_watch(struct health *health, struct str name,
                                  void (*on_change)(void *user, enum health_state state), void *user,
                                  enum health_state *ret_state)
{
  struct health_watch *watch = calloc(1, sizeof(*watch));
  if (watch == NULL)
    abort();
  watch->on_change = on_change;
  watch->user = user;
  pthread_mutex_lock(&health->lock);
  struct service *service = find_service(health, name);
  if (service == NULL)
    service = add_service(health, name);
  watch->service = service;
  watch->next = service->watches;
  service->watches = watch;
  *ret_state = service->state;
  pthread_mutex_unlock(&health->lock);
  return watch;
}

/* Names that only watchers brought in go with their last watcher: clients choose them, and could choose many.
 */
static void drop_if_unused(struct health *health, struct service *service)
{
  if (service->watches != NULL || service->state != HEALTH_SERVICE_UNKNOWN)
    return;
  struct service **link = &health->services;
  while (*link != service)
    link = &(*link)->next;
  *link = service->next;
  free_service(service);
}

void health_unwatch(struct health *health, struct health_watch *watch)
{
  pthread_mutex_lock(&health->lock);
  struct health_watch **link = &watch->service->watches;
  while (*link != watch)
    link = &(*link)->next;
  *link = watch->next;
  drop_if_unused(health, watch->service);
  pthread_mutex_unlock(&health->lock);
  free(watch);
}

bool health_read_request(struct str bytes, struct str *ret_service)
{
  struct wire_reader reader = {(const uint8_t *)bytes.data, (const uint8_t *)bytes.data + bytes.len};
  struct str service = {NULL, 0};
  while (!wire_at_end(&reader)) {
    uint32_t number;
    enum wire_type type;
    if (!wire_read_tag(&reader, &number, &type))
      return false;
    bool ours = number == REQUEST_SERVICE && type == WIRE_BYTES;
    if (!(ours ? wire_read_bytes(&reader, &service) : wire_skip(&reader, type)))
      return false;
  }
  if (!str_is_utf8(service.data, service.len))
    return false;
  *ret_service = service;
  return true;
}

void health_write_response(enum health_state state, struct strbuf *ret)
{
  struct writer writer;
  writer_init(&writer, 16);
  if (state != HEALTH_UNKNOWN)
    writer_put_varint_field(&writer, RESPONSE_STATUS, (uint64_t)state);
  struct str bytes = writer_bytes(&writer);
  strbuf_add(ret, bytes.data, bytes.len);
  writer_done(&writer);
}

#include "server/methods.h"

#include "server/explain_service.h"
#include "server/health_calls.h"
#include "server/reflection_calls.h"
#include "server/stream.h"
#include "server/unary.h"

#define STARTING_RETRY_MS 1000

struct builtin_method {
  const char *path;
  const struct call_handler *handler;
};

static const struct builtin_method builtin_methods[] = {
    {"/grpc.health.v1.Health/Check", &health_check_handler},
    {"/grpc.health.v1.Health/Watch", &health_watch_handler},
    {"/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", &reflection_handler},
    {"/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", &reflection_handler},
    {"/" EXPLAIN_SERVICE "/Explain", &explain_handler},
};

static const struct call_handler *find_builtin(struct str path)
{
  for (size_t i = 0; i < LENGTH_OF(builtin_methods); i++)
    if (str_equal_text(path, builtin_methods[i].path))
      return builtin_methods[i].handler;
  return NULL;
}

/* While there is no graph, the descriptor set tells which methods there will be. */
static bool is_declared(const struct schema *schema, struct str path)
{
  for (size_t i = 0; i < schema->n_services; i++)
    for (size_t j = 0; j < schema->services[i]->n_methods; j++)
      if (str_equal_text(path, schema->services[i]->methods[j].path))
        return true;
  return false;
}

static void refuse(struct call *call, enum error_code code, const char *reason, const char *text,
                   int64_t retry_ms)
{
  struct error error;
  error_set(&error, code, reason, "%s", text);
  error_set_retry(&error, retry_ms);
  call_fail(call, &error);
}

static void refuse_unknown(struct call *call)
{
  refuse(call, ERROR_UNIMPLEMENTED, "UNKNOWN_METHOD", "this method is not served here", -1);
}

static void begin_resource_method(struct call *call, const struct graph_method *method)
{
  call->method = method;
  if (method == NULL || method->ignored)
    refuse_unknown(call);
  else if (method->broken)
    refuse(call, ERROR_UNAVAILABLE, "SCHEMA_DRIFT", "this method's resource does not fit the database",
           STARTING_RETRY_MS);
  else
    call_begin(call, method->kind == METHOD_STREAM ? &stream_handler : &unary_handler);
}

void methods_dispatch(struct call *call, const struct graph *graph)
{
  struct str path = {(const char *)GRPC_SLICE_START_PTR(call->details.method),
                     GRPC_SLICE_LENGTH(call->details.method)};
  const struct call_handler *builtin = find_builtin(path);
  call->graph = graph;
  if (builtin != NULL)
    call_begin(call, builtin);
  else if (graph != NULL)
    begin_resource_method(call, graph_find_method(graph, path));
  else if (call->server->settings->introspect || is_declared(call->server->schema, path))
    refuse(call, ERROR_UNAVAILABLE, "DATABASE_UNAVAILABLE", "the database has not been reached yet",
           STARTING_RETRY_MS);
  else
    refuse_unknown(call);
}

#include "server/resource_call.h"

#include <stdio.h>

bool resource_call_bind(struct call *call, struct str message, struct resource_call *ret, struct error *error)
{
  struct message_value *request;
  ret->context = (struct binding_context){
      .graph = call->graph,
      .method = call->method,
      .settings = call->server->settings,
      .limits = &call->server->limits,
      .token_keys = call->server->token_keys,
      .headers = {call_header(call, "rowan-read-mask"), call_header(call, "x-goog-fieldmask")},
  };
  return call_claims(call, &ret->context.claims, error) &&
         request_read(call->method->method->input, message.data, message.len, &REQUEST_LIMITS_DEFAULT,
                      call->arena, &request, error) &&
         binding_make(&ret->context, request, call->arena, &ret->binding, error);
}

bool resource_call_wants_stats(struct call *call)
{
  return str_equal_text(call_header(call, "rowan-stats"), "true");
}

void resource_call_add_stats(struct call *call, const struct run_stats *stats, int64_t encode_us)
{
  char text[192];
  int len = snprintf(text, sizeof text,
                     "statements=%u waves=%u group=%u rows=%zu queue_us=%lld database_us=%lld encode_us=%lld",
                     stats->statements, stats->waves, stats->group, stats->rows, (long long)stats->queue_us,
                     (long long)stats->database_us, (long long)encode_us);
  call_add_trailer(call, "rowan-stats", (struct str){text, (size_t)len});
}

void resource_call_end(struct call *call)
{
  struct error error;
  error_set(&error, ERROR_INVALID_ARGUMENT, "MALFORMED_REQUEST", "the call carried no request");
  call_fail(call, &error);
}

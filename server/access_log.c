#include "server/access_log.h"

#include "base/clock.h"
#include "server/log.h"

#define PATH_MAX_SHOWN 200

void access_begin(struct access *access)
{
  access->begun_us = clock_monotonic_us();
}

void access_end(struct access *access, enum error_code code, const char *reason)
{
  if (access->ended_us != 0)
    return;
  access->ended_us = clock_monotonic_us();
  access->code = code;
  access->reason = reason;
}

void access_add_run(struct access *access, const struct run_stats *stats)
{
  access->statements += stats->statements;
  access->rows += stats->rows;
}

static bool is_wanted(struct str path, int64_t one_in, atomic_uint *n_calls)
{
  static const struct str ours = {"/grpc.", 6};
  if (one_in == 0 || (path.len >= ours.len && memcmp(path.data, ours.data, ours.len) == 0))
    return false;
  return atomic_fetch_add_explicit(n_calls, 1, memory_order_relaxed) % (uint64_t)one_in == 0;
}

void access_write(struct access *access, struct str path, int64_t one_in, atomic_uint *n_calls)
{
  if (!is_wanted(path, one_in, n_calls))
    return;
  /* A call that nobody ended is one whose client was gone before it could be answered. */
  access_end(access, ERROR_CANCELLED, NULL);
  if (path.len > 0 && path.data[0] == '/')
    path = (struct str){path.data + 1, path.len - 1};
  log_event(LOG_INFO, "call", "method=%.*s code=%s reason=%s ms=%.3f rows=%zu statements=%u",
            (int)(path.len < PATH_MAX_SHOWN ? path.len : PATH_MAX_SHOWN), path.data,
            error_code_name(access->code), access->reason,
            (double)(access->ended_us - access->begun_us) / 1000, access->rows, access->statements);
}

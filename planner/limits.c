#include "planner/limits.h"

#include <inttypes.h>

void limit_describe(struct error *error, uint64_t limit, uint64_t value, const char *setting)
{
  error_add_metadata(error, "limit", "%" PRIu64, limit);
  error_add_metadata(error, "value", "%" PRIu64, value);
  error_add_metadata(error, "setting", "%s", setting);
}

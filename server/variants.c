#include "server/variants.h"

#include "server/log.h"

static bool is_unknown(const struct graph_oneof *oneof, const struct cell *cell)
{
  if (cell->len < 0)
    return false;
  struct str value = {(const char *)cell->data, (size_t)cell->len};
  for (size_t i = 0; i < oneof->n_values; i++)
    if (str_equal_text(value, oneof->values[i]))
      return false;
  return true;
}

void variants_warn(const struct run *run)
{
  if (run->repeats)
    return;
  for (size_t i = 0; i < run->rows_plan->n_oneofs; i++) {
    const struct plan_oneof *selected = &run->rows_plan->oneofs[i];
    const struct rows *rows = &run->fetches[selected->fetch->index].rows;
    size_t n = 0;
    for (size_t row = 0; row < rows->n; row++)
      n += is_unknown(selected->oneof, &rows_at(rows, row)[selected->output]);
    if (n > 0)
      log_event(LOG_WARNING, "unknown discriminator", "resource=%s oneof=%s rows=%zu",
                selected->oneof->resource->message->full_name, selected->oneof->oneof->name, n);
  }
}

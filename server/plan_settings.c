#include "server/plan_settings.h"

/* By the values of enum plan_pin_to_one and enum plan_pin_to_many. */
static const char *const to_one_names[] = {"auto", "join", "keys"};
static const char *const to_many_names[] = {"auto", "embed", "keys", "ordinal"};

static unsigned find_name(const char *const *names, unsigned n, const char *name)
{
  unsigned i = 0;
  while (i < n && strcmp(names[i], name) != 0)
    i++;
  return i;
}

static bool check(const char *flag, const char *const *names, unsigned n, const char *name,
                  const char *expected, struct error *error)
{
  return find_name(names, n, name) < n || error_set(error, ERROR_INVALID_ARGUMENT, "INVALID_SETTING",
                                                    "--%s is \"%.64s\"; expected %s", flag, name, expected);
}

bool plan_settings_check(const struct settings *settings, struct error *error)
{
  return check("pin-to-one", to_one_names, LENGTH_OF(to_one_names), settings->pin_to_one,
               "auto, join or keys", error) &&
         check("pin-to-many", to_many_names, LENGTH_OF(to_many_names), settings->pin_to_many,
               "auto, embed, keys or ordinal", error);
}

double plan_settings_round_trip(const struct settings *settings, const struct graph *graph)
{
  return settings->round_trip > 0 ? (double)settings->round_trip : graph->catalog->round_trip_us;
}

struct plan_options plan_settings_options(const struct settings *settings, const struct graph *graph)
{
  unsigned to_one = find_name(to_one_names, LENGTH_OF(to_one_names), settings->pin_to_one);
  unsigned to_many = find_name(to_many_names, LENGTH_OF(to_many_names), settings->pin_to_many);
  return (struct plan_options){
      .round_trip_us = plan_settings_round_trip(settings, graph),
      .to_one = (enum plan_pin_to_one)to_one,
      .to_many = (enum plan_pin_to_many)to_many,
  };
}

struct planner_limits plan_settings_limits(const struct settings *settings)
{
  return (struct planner_limits){
      .mask_paths = (uint32_t)settings->mask_paths,
      .mask_depth = (uint32_t)settings->mask_depth,
      .mask_nodes = (uint32_t)settings->mask_nodes,
      .filter_bytes = (uint32_t)settings->filter_bytes,
      .filter_terms = (uint32_t)settings->filter_terms,
      .filter_depth = (uint32_t)settings->filter_depth,
  };
}

/*
 * plan_settings.h - the settings that a plan depends on, as the planner takes them.
 */
#pragma once

#include "planner/limits.h"
#include "planner/plan.h"
#include "server/settings.h"

/* INVALID_ARGUMENT, reason INVALID_SETTING, for a pin that names no strategy. */
NODISCARD bool plan_settings_check(const struct settings *settings, struct error *error);

/* Microseconds: as set, or as measured when the graph's catalog was read. */
double plan_settings_round_trip(const struct settings *settings, const struct graph *graph);

/* Of settings that were checked. */
struct plan_options plan_settings_options(const struct settings *settings, const struct graph *graph);
struct planner_limits plan_settings_limits(const struct settings *settings);

/*
 * filter_world.h - a small graph made by hand, so that filters can be tested and fuzzed without graph_build.
 *
 *     Event     scalars of every kind (named below), creator → User, attendees → Attendee (many, by
 * event_attendees), attendee_count (an aggregate), creator_name (creator.name), attendees_has_more, secret
 * (ignored) User      id, name, mail (domain over citext), organization → Organization Attendee  id, name,
 * age, organization → Organization, events → Event (many) Organization  id, name
 */
#pragma once

#include "planner/filter.h"

struct filter_world;

struct filter_world *filter_world_new(void);
void filter_world_free(struct filter_world *world);

const struct graph_resource *filter_world_resource(struct filter_world *world, const char *name);
const struct graph *filter_world_graph(const struct filter_world *world); /* its catalog alone */
const struct catalog *filter_world_catalog(const struct filter_world *world);

/* A condition as text, arguments with their values:  (creator.id = 5:int8 AND attendees{name ~ "A%":text})
 * inline literals as '5'::int8, claims as @tenant:int8, and "one @tenant:int8" where several are none. */
void filter_world_print(const struct expr *expr, const struct arguments *arguments, struct strbuf *ret);

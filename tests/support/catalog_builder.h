/*
 * catalog_builder.h - small catalogs for tests, written much as one would write tables on a whiteboard.
 *
 *     struct catalog *catalog = catalog_from_text("enum mood: sad, ok\n"
 *                                                 "domain email: text\n"
 *                                                 "table users rows=1000\n"
 *                                                 "  id int8 primary key\n"
 *                                                 "  name text not null unique\n"
 *                                                 "  mood mood\n"
 *                                                 "table events\n"
 *                                                 "  id int8 primary key\n"
 *                                                 "  tags text[]\n"
 *                                                 "  creator_id int8 not null -> users(id) distinct=500\n"
 *                                                 "  unique (id, creator_id)\n"
 *                                                 "  index (creator_id, id)\n"
 *                                                 "  foreign key the_name (a, b) -> other(c, d)\n");
 *
 * A table line may say `rows=N` (then it counts as analyzed), `view`, `policies` (row-level security),
 * `hidden` (not selectable); its name may carry a schema, which then is not in the search path unless it is
 * public. A column line is a name and a type, then any of `not null`, `primary key`, `unique`, `->
 * table(column)`, `hidden` (not selectable), `nondeterministic`, `distinct=N`, `nulls=FRACTION`,
 * `width=BYTES`. A foreign key without a name is called TABLE_COLUMN_fkey, as Postgres would; `unvalidated`
 * behind it makes it so.
 *
 * Inside a table, `function NAME TYPE` is a function of its row; `volatile`, `set` and `hidden` behind it say
 * what they say.
 *
 * What cannot be read aborts the test with the line.
 */
#pragma once

#include "planner/catalog.h"

/* Never NULL; release with catalog_free, or hand it to graph_build. */
struct catalog *catalog_from_text(const char *text);

/* users, organizations, events, attendees and event_attendees, as in unit/planner/data/events.proto. */
struct catalog *events_catalog(void);

#include "support/catalog_builder.h"

struct catalog *events_catalog(void)
{
  return catalog_from_text("table users rows=1000\n"
                           "  id int8 primary key\n"
                           "  username text not null unique\n"
                           "  email text not null\n"
                           "table organizations rows=100\n"
                           "  id int8 primary key\n"
                           "  name text not null\n"
                           "table events rows=10000\n"
                           "  id int8 primary key\n"
                           "  name text not null\n"
                           "  event_date timestamptz\n"
                           "  creator_id int8 not null -> users(id) distinct=1000\n"
                           "  index (creator_id, id)\n"
                           "table attendees rows=20000\n"
                           "  id int8 primary key\n"
                           "  name text not null\n"
                           "  organization_id int8 -> organizations(id) distinct=100 nulls=0.2\n"
                           "  index (organization_id)\n"
                           "table event_attendees rows=100000\n"
                           "  event_id int8 not null -> events(id) distinct=10000\n"
                           "  attendee_id int8 not null -> attendees(id) distinct=20000\n"
                           "  primary key (event_id, attendee_id)\n"
                           "  index (attendee_id)\n");
}

#!/usr/bin/env bash
# demo.sh PORT: serves the events example from the Postgres that ROWAN_TEST_DATABASE names, until Ctrl-C.
# Called by `./dev demo`, which starts that Postgres and takes it away again.
set -euo pipefail
cd "$(dirname "$0")/.."
port=$1
database=${ROWAN_TEST_DATABASE/dbname=postgres/dbname=events}

psql -X -q "$ROWAN_TEST_DATABASE" -c 'CREATE DATABASE events' -c 'CREATE ROLE rowan LOGIN IN ROLE pg_read_all_data'
psql -X -q -v ON_ERROR_STOP=1 "$database" -f examples/events/schema.sql -f examples/events/seed.sql

cat <<TEXT

200 events with their creators, attendees and organizations are loaded; Rowan serves them on 127.0.0.1:$port.
Paste into another terminal (Ctrl-C here ends everything):

  # what is served
  grpcurl -plaintext 127.0.0.1:$port list
  grpcurl -plaintext 127.0.0.1:$port describe events.v1.Event

  # one event with its creator's name and its attendees; grpcurl takes a mask as a list of paths
  grpcurl -plaintext -d '{"id": 2, "read_mask": {"paths": ["name", "creator.username", "attendees.name", "attendees.organization"]}}' \\
    127.0.0.1:$port events.v1.EventService/GetEvent

  # a page of events, filtered and ordered
  grpcurl -plaintext -d '{"page_size": 3, "filter": "attendee_count > 15", "order_by": "event_date desc", "read_mask": {"paths": ["name", "event_date", "attendee_count"]}}' \\
    127.0.0.1:$port events.v1.EventService/ListEvents

  # the other way: an organization, its attendees, their events
  grpcurl -plaintext -d '{"id": 1, "read_mask": {"paths": ["name", "attendees.name", "attendees.events.name"]}}' \\
    127.0.0.1:$port events.v1.OrganizationService/GetOrganization

  # buf curl takes a mask as one string, in lowerCamelCase
  buf curl --protocol grpc --http2-prior-knowledge -d '{"id": 2, "readMask": "name,creator.username,attendees.name,attendees.organization"}' \\
    http://127.0.0.1:$port/events.v1.EventService/GetEvent

  # everything, as a stream
  grpcurl -plaintext -d '{"read_mask": {"paths": ["name", "creator_name"]}}' 127.0.0.1:$port events.v1.EventService/StreamEvents

TEXT
exec build/release/rowan serve --descriptor-set build/release/examples/events.binpb \
  --database "${database/user=postgres/user=rowan}" --listen "127.0.0.1:$port"

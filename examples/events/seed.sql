-- Data for schema.sql: the same rows for the same sizes, always, so that tests and measurements can be repeated.
--
--   psql -f seed.sql …                                          200 events, for a first look
--   psql -v events=100000 -v attendees=200000 -v users=50000 -v organizations=2000 -f seed.sql …
--
-- An event has 0 to 19 attendees, 9.5 on average; one attendee in five belongs to no organization.  What looks random
-- comes from scatter(), which spreads consecutive numbers over 2^31 values (Knuth's multiplicative hash).

\if :{?events} \else \set events 200 \endif
\if :{?attendees} \else \set attendees 400 \endif
\if :{?users} \else \set users 40 \endif
\if :{?organizations} \else \set organizations 20 \endif

BEGIN;

CREATE FUNCTION pg_temp.scatter(n bigint, salt bigint) RETURNS bigint LANGUAGE sql IMMUTABLE
  RETURN ((n * 2654435761 + salt * 40503) % 4294967296 * 69069 + 1) % 4294967296 / 2;

CREATE FUNCTION pg_temp.pick(words text[], n bigint) RETURNS text LANGUAGE sql IMMUTABLE
  RETURN words[1 + n % array_length(words, 1)];

INSERT INTO users (id, username, email)
SELECT i, 'user' || i, 'user' || i || '@example.com'
FROM generate_series(1, :users::bigint) i;

INSERT INTO organizations (id, name)
SELECT i,
       pg_temp.pick('{Amber,Birch,Cedar,Delta,Ember,Fjord,Grove,Harbor,Indigo,Juniper}', i)
       || ' ' || pg_temp.pick('{Works,Labs,Institute,Collective,Studio,Foundation,Press}', i / 10)
       || ' ' || i
FROM generate_series(1, :organizations::bigint) i;

INSERT INTO events (id, name, event_date, creator_id)
SELECT i,
       pg_temp.pick('{Spring,Summer,Autumn,Winter}', pg_temp.scatter(i, 1))
       || ' ' || pg_temp.pick('{Data,Garden,Jazz,Cooking,Chess,Robotics,Poetry,Climbing}', pg_temp.scatter(i, 2))
       || ' ' || pg_temp.pick('{Meetup,Workshop,Festival,Talk,Fair}', pg_temp.scatter(i, 3))
       || ' ' || i,
       timestamptz '2026-01-01 00:00:00+00' + pg_temp.scatter(i, 4) % 35040 * interval '15 minutes',
       1 + pg_temp.scatter(i, 5) % :users
FROM generate_series(1, :events::bigint) i;

INSERT INTO attendees (id, name, organization_id)
SELECT i,
       pg_temp.pick('{Ada,Bela,Chidi,Dana,Emre,Fatou,Goran,Hana,Ines,Jun,Kofi,Lena,Mina,Noor,Olga,Pia}',
                    pg_temp.scatter(i, 6))
       || ' ' || pg_temp.pick('{Abe,Berg,Costa,Diaz,Eco,Faye,Gray,Horn,Ito,Jung,Kaya,Lund,Moss,Novak,Osei,Park}',
                              pg_temp.scatter(i, 7)),
       CASE WHEN pg_temp.scatter(i, 8) % 5 > 0 THEN 1 + pg_temp.scatter(i, 9) % :organizations END
FROM generate_series(1, :attendees::bigint) i;

-- An event's attendees are a run of numbers that starts anywhere and goes round; with fewer attendees than places, each
-- comes once.
INSERT INTO event_attendees (event_id, attendee_id)
SELECT event, 1 + (pg_temp.scatter(event, 11) + place * 7) % :attendees
FROM generate_series(1, :events::bigint) event,
     generate_series(0, least(pg_temp.scatter(event, 10) % 20, :attendees) - 1) place
ON CONFLICT DO NOTHING;

SELECT count(setval(pg_get_serial_sequence(name, 'id'), rows)) AS sequences_set
FROM (VALUES ('users', :users::bigint), ('organizations', :organizations), ('events', :events),
             ('attendees', :attendees)) AS seeded (name, rows) \gset

COMMIT;

ANALYZE users, organizations, events, attendees, event_attendees;

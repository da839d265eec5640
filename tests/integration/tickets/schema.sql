-- Tickets whose states are texts and numbers, and people with what is computed of them.

CREATE EXTENSION citext;

CREATE TABLE people (
  id bigint PRIMARY KEY,
  first text NOT NULL,
  last text,
  boss_id bigint REFERENCES people
);

CREATE FUNCTION full_name(people) RETURNS text LANGUAGE sql STABLE AS $$ SELECT $1.first || ' ' || $1.last $$;
CREATE FUNCTION letters(people) RETURNS text[] LANGUAGE sql IMMUTABLE AS $$ SELECT string_to_array($1.first, NULL) $$;

-- Something even of a row that is not there.
CREATE FUNCTION length_of_last(people) RETURNS int LANGUAGE sql IMMUTABLE CALLED ON NULL INPUT
  AS $$ SELECT coalesce(length(($1).last), 0) $$;

INSERT INTO people VALUES
  (1, 'Ada', 'Ash', NULL), (2, 'Bo', 'Birch', 1), (3, 'Cy', NULL, 1), (4, 'Dee', 'Doe', 2), (5, 'Bo', 'Birch', 4);

CREATE TABLE tickets (
  id bigint PRIMARY KEY,
  state text,
  urgency smallint NOT NULL,
  channel citext,
  level char(8),
  flags text[] NOT NULL,
  owner_id bigint REFERENCES people
);
CREATE INDEX ON tickets (state);

INSERT INTO tickets VALUES
  (1, 'open',    0, 'mail',  'low',  '{open}',         1),
  (2, 'OPEN',    5, 'MAIL',  'low',  '{"on hold"}',    2),
  (3, 'on hold', 5, 'Phone', 'high', '{ON-HOLD,open}', 2),
  (4, 'On-Hold', 9, NULL,    NULL,   '{}',             NULL),
  (5, 'Done!',   0, 'phone', 'high', '{Done!}',        4),
  (6, '',        0, NULL,    NULL,   '{}',             3),
  (7, NULL,      0, NULL,    NULL,   '{}',             5),
  (8, 'lost',    0, 'pager', 'très', '{öpen}',         5);

CREATE TABLE comments (
  id bigint PRIMARY KEY,
  ticket_id bigint NOT NULL REFERENCES tickets,
  author_id bigint REFERENCES people,
  points int,
  amount numeric,
  weight float8
);
INSERT INTO comments VALUES
  (1, 1, 1, 10, 1.0, 1), (2, 1, 2, NULL, 1.00, 2), (3, 2, 2, 10, 2.5, 1), (4, 3, 2, 3, 2.50, 1), (5, 3, 3, 4, NULL, 1),
  (6, 3, 4, NULL, NULL, NULL), (7, 5, 1, NULL, NULL, NULL);

CREATE TABLE channels (code text PRIMARY KEY, name text NOT NULL);
INSERT INTO channels VALUES ('mail', 'Mail'), ('phone', 'Phone');

VACUUM ANALYZE;

-- Rooms that were closed, and some that nobody may hear of.
CREATE TABLE rooms (
  id bigint PRIMARY KEY,
  name text NOT NULL UNIQUE,
  parent_id bigint NOT NULL REFERENCES rooms,
  closed_at timestamptz,
  secret bool NOT NULL
);
CREATE INDEX ON rooms (name) WHERE closed_at IS NULL;

INSERT INTO rooms VALUES
  (1, 'house', 1, NULL, false), (2, 'hall', 1, NULL, false), (3, 'cellar', 1, '2025-01-01', false), (4, 'attic', 1, NULL, true),
  (5, 'pantry', 3, NULL, false), (6, 'shed', 2, '2024-01-01', false), (7, 'vault', 3, '2024-01-01', true);

CREATE TABLE chairs (id bigint PRIMARY KEY, room_id bigint NOT NULL REFERENCES rooms);
INSERT INTO chairs VALUES (1, 2), (2, 3), (3, 4), (4, 6);

VACUUM ANALYZE;

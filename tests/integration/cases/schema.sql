-- One small database for all the cases: every kind of relation, key, name and type that Rowan must not stumble over.

CREATE EXTENSION citext;
CREATE EXTENSION hstore;

-- library.proto: many-to-many both ways, foreign keys both ways, one-to-one both ways, chains of them

CREATE TABLE publishers (id bigint PRIMARY KEY, name text NOT NULL);
CREATE TABLE books (
  id bigint PRIMARY KEY,
  title text NOT NULL,
  pages int NOT NULL,
  publisher_id bigint REFERENCES publishers
);
CREATE INDEX ON books (publisher_id, id);
CREATE TABLE authors (
  id bigint PRIMARY KEY,
  name text NOT NULL,
  first_book_id bigint NOT NULL REFERENCES books
);
CREATE INDEX ON authors (first_book_id);
CREATE TABLE book_authors (
  book_id bigint NOT NULL REFERENCES books,
  author_id bigint NOT NULL REFERENCES authors,
  PRIMARY KEY (book_id, author_id)
);
CREATE TABLE biographies (author_id bigint PRIMARY KEY REFERENCES authors, text text NOT NULL);
CREATE TABLE readers (id bigint PRIMARY KEY, name text NOT NULL);
CREATE TABLE reader_books (
  reader_id bigint NOT NULL REFERENCES readers,
  book_id bigint NOT NULL REFERENCES books,
  PRIMARY KEY (reader_id, book_id)
);

INSERT INTO publishers VALUES (1, 'North'), (2, 'South'), (3, 'Idle');
INSERT INTO books VALUES (1, 'Poems', 80, 1), (2, 'Essays', 300, 1), (3, 'Letters', 210, 2), (4, 'Maps', 48, NULL),
  (5, 'Plays', 150, 1);
INSERT INTO authors VALUES (1, 'Ada', 1), (2, 'Bo', 1), (3, 'Cy', 3), (4, 'Di', 4);
INSERT INTO book_authors VALUES (1, 1), (1, 2), (1, 3), (2, 1), (3, 3), (4, 4), (5, 2);
INSERT INTO biographies VALUES (1, 'Ada wrote first.'), (3, 'Cy wrote letters.');
INSERT INTO readers VALUES (1, 'Rita'), (2, 'Sam'), (3, 'Tom');
INSERT INTO reader_books VALUES (1, 1), (1, 4), (2, 2), (2, 1);

-- houses.proto: the same relation met twice on a path, two filters of one relation, a self-reference, two foreign keys
-- between the same tables

CREATE TABLE people (id bigint PRIMARY KEY, name text NOT NULL);
CREATE TABLE houses (
  id bigint PRIMARY KEY,
  address text NOT NULL,
  owner_id bigint REFERENCES people,
  main_room_id bigint
);
CREATE TABLE rooms (
  id bigint PRIMARY KEY,
  name text NOT NULL,
  area int NOT NULL,
  house_id bigint NOT NULL REFERENCES houses
);
ALTER TABLE houses ADD FOREIGN KEY (main_room_id) REFERENCES rooms;
CREATE TABLE house_people (
  house_id bigint NOT NULL REFERENCES houses,
  person_id bigint NOT NULL REFERENCES people,
  since date NOT NULL,
  PRIMARY KEY (house_id, person_id)
);
INSERT INTO people VALUES (1, 'Uma'), (2, 'Vic'), (3, 'Wim');
INSERT INTO houses VALUES (1, 'First Street', 1, NULL), (2, 'Second Street', 1, NULL), (3, 'Third Street', NULL, NULL);
INSERT INTO rooms VALUES (1, 'hall', 30, 1), (2, 'bath', 6, 1), (3, 'attic', 12, 2), (4, 'kitchen', 14, 2);
UPDATE houses SET main_room_id = 1 WHERE id = 1;
UPDATE houses SET main_room_id = 4 WHERE id = 2;
INSERT INTO house_people VALUES (1, 1, '2001-01-01'), (1, 2, '2011-01-01'), (2, 2, '2012-01-01'), (2, 3, '2003-01-01');

CREATE TABLE employees (id bigint PRIMARY KEY, name text NOT NULL, boss_id bigint REFERENCES employees);
INSERT INTO employees VALUES (1, 'Top', NULL), (2, 'Mid', 1), (3, 'Low', 2), (4, 'Lone', NULL), (5, 'Also', 2);

CREATE TABLE teams (id bigint PRIMARY KEY, name text NOT NULL);
CREATE TABLE matches (
  id bigint PRIMARY KEY,
  home_team_id bigint NOT NULL REFERENCES teams,
  away_team_id bigint NOT NULL REFERENCES teams
);
INSERT INTO teams VALUES (1, 'Reds'), (2, 'Blues'), (3, 'Greens');
INSERT INTO matches VALUES (1, 1, 2), (2, 2, 1), (3, 1, 1);

-- keys.proto: keys whose equality is not the equality of their bytes, and keys that are no primary keys

CREATE TABLE countries (id bigint PRIMARY KEY, code text NOT NULL UNIQUE, name text NOT NULL);
CREATE TABLE cities (id bigint PRIMARY KEY, name text NOT NULL, country_code text REFERENCES countries (code));
INSERT INTO countries VALUES (10, 'no', 'Norway'), (20, 'cl', 'Chile');
INSERT INTO cities VALUES (1, 'Oslo', 'no'), (2, 'Arica', 'cl'), (3, 'Atlantis', NULL), (4, 'Bergen', 'no');

CREATE TABLE tags (name text PRIMARY KEY, colour text NOT NULL);
CREATE TABLE articles (id bigint PRIMARY KEY, title text NOT NULL);
CREATE TABLE article_tags (
  article_id bigint NOT NULL REFERENCES articles,
  tag_name text NOT NULL REFERENCES tags,
  PRIMARY KEY (article_id, tag_name)
);
INSERT INTO tags VALUES ('', 'white'), ('C', 'grey'), ('c', 'silver'), ('naïve, "quoted" {braced}', 'green');
INSERT INTO articles VALUES (1, 'one'), (2, 'two'), (3, 'three');
INSERT INTO article_tags VALUES (1, 'C'), (1, 'c'), (2, 'naïve, "quoted" {braced}'), (2, '');

CREATE TABLE accounts (email citext PRIMARY KEY, name text NOT NULL);
CREATE TABLE purchases (id bigint PRIMARY KEY, item text NOT NULL, account_email citext REFERENCES accounts);
CREATE INDEX ON purchases (account_email);
INSERT INTO accounts VALUES ('Ann@Example.com', 'Ann'), ('bob@example.com', 'Bob');
INSERT INTO purchases VALUES (1, 'pen', 'ann@example.COM'), (2, 'ink', 'ANN@example.com'), (3, 'cup', 'bob@example.com'),
  (4, 'hat', NULL);

CREATE TABLE rates (rate numeric PRIMARY KEY, label text NOT NULL);
CREATE TABLE products (id bigint PRIMARY KEY, name text NOT NULL, rate numeric REFERENCES rates);
INSERT INTO rates VALUES (7.0, 'reduced'), (19, 'full'), (0.00, 'none');
INSERT INTO products VALUES (1, 'book', 7.00), (2, 'chair', 19.000), (3, 'stamp', 0), (4, 'bread', 7), (5, 'gift', NULL);

CREATE TABLE warehouses (code char(6) PRIMARY KEY, city text NOT NULL);
CREATE TABLE stocks (id bigint PRIMARY KEY, item text NOT NULL, warehouse_code char(4) REFERENCES warehouses);
INSERT INTO warehouses VALUES ('AB', 'Aberdeen'), ('XYZ', 'Xanten');
INSERT INTO stocks VALUES (1, 'rope', 'AB'), (2, 'sail', 'XYZ'), (3, 'mast', 'AB');

CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE words (word text COLLATE loose PRIMARY KEY, meaning text NOT NULL);
CREATE TABLE usages (id bigint PRIMARY KEY, sentence text NOT NULL, word text COLLATE loose REFERENCES words);
INSERT INTO words VALUES ('Rowan', 'a tree'), ('Elm', 'another tree');
INSERT INTO usages VALUES (1, 'a rowan stands', 'rowan'), (2, 'ROWAN!', 'ROWAN'), (3, 'an elm', 'elm');

CREATE TABLE wide_keys (id bigint PRIMARY KEY, name text NOT NULL);
CREATE TABLE narrow_refs (id int PRIMARY KEY, name text NOT NULL, wide_id int REFERENCES wide_keys);
INSERT INTO wide_keys VALUES (1, 'one'), (2, 'two'), (9000000000, 'nine billion');
INSERT INTO narrow_refs VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', 1), (4, 'd', NULL);

CREATE TABLE seats (hall text, number int, colour text NOT NULL, PRIMARY KEY (hall, number));
CREATE TABLE bookings (
  id bigint PRIMARY KEY,
  guest text NOT NULL,
  hall text,
  seat_number int,
  FOREIGN KEY (hall, seat_number) REFERENCES seats
);
INSERT INTO seats VALUES ('east', 1, 'red'), ('east', 2, 'blue'), ('west', 1, 'green');
INSERT INTO bookings VALUES (1, 'Xia', 'east', 2), (2, 'Yan', 'west', 1), (3, 'Zoe', NULL, NULL), (4, 'Abe', 'west', 1),
  (5, 'Bea', 'east', NULL);

CREATE TABLE devices (id uuid PRIMARY KEY, name text NOT NULL);
CREATE TABLE readings (id bigint PRIMARY KEY, device_id uuid NOT NULL REFERENCES devices, degrees float8 NOT NULL);
INSERT INTO devices VALUES ('00000000-0000-4000-8000-000000000001', 'roof'), ('ffffffff-ffff-4fff-bfff-ffffffffffff', 'cellar');
INSERT INTO readings VALUES (1, '00000000-0000-4000-8000-000000000001', 21.5), (2, 'ffffffff-ffff-4fff-bfff-ffffffffffff', -3),
  (3, '00000000-0000-4000-8000-000000000001', 22);

-- names.proto: reserved words, quotes, another schema, a key column named like its relation

CREATE SCHEMA "Odd Schema";
CREATE TABLE "Odd Schema"."table" ("end" bigint PRIMARY KEY, "User" text NOT NULL);
CREATE TABLE "Odd Schema"."order" (
  "select" bigint PRIMARY KEY,
  "group" text NOT NULL,
  "a ""quoted"" name" text NOT NULL,
  "from" bigint REFERENCES "Odd Schema"."table"
);
INSERT INTO "Odd Schema"."table" VALUES (1, 'dining'), (2, 'side');
INSERT INTO "Odd Schema"."order" VALUES (1, 'soup', 'x''y', 1), (2, 'salad', '$1; --', NULL), (3, 'cake', 'é', 1);

CREATE TABLE parcels (id bigint PRIMARY KEY, owner bigint REFERENCES people, carrier text NOT NULL, carrier_id bigint REFERENCES people);
INSERT INTO parcels VALUES (1, 2, 'by hand', 3), (2, NULL, 'by post', NULL);

-- types.proto

CREATE TYPE mood AS ENUM ('so-so', 'happy', 'VERY sad');
CREATE DOMAIN short_text AS text CHECK (length(value) < 20);
CREATE DOMAIN score AS int4;
CREATE TYPE point2 AS (x int, y int);
CREATE TABLE everything (
  id bigint PRIMARY KEY,
  a_bool bool, an_int2 int2, an_int4 int4, an_int8 int8,
  a_float4 float4, a_float8 float8, a_numeric numeric,
  a_text text, a_varchar varchar(40), a_char char(5), a_citext citext, a_name name,
  a_bytea bytea, a_uuid uuid,
  a_timestamptz timestamptz, a_timestamp timestamp, a_date date, a_time time, an_interval interval,
  a_json json, a_jsonb jsonb, a_mood mood, an_hstore hstore,
  a_domain short_text, a_score score,
  an_inet inet, a_cidr cidr, a_macaddr macaddr, a_money money, an_int4range int4range, a_tsvector tsvector,
  an_xml xml, a_bit varbit, a_point point2,
  bools bool[], ints int4[], bigints int8[], floats float8[], texts text[], numerics numeric[], moods mood[],
  dates date[], stamps timestamptz[], uuids uuid[], blobs bytea[]
);
INSERT INTO everything VALUES (
  1, true, -32768, -2147483648, 9223372036854775807,
  1.5, 2.5e300, 12345678901234567890.1200,
  'text é', 'varchar', 'ab', 'CiText', 'name',
  '\x00ff10', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
  '2026-02-28 12:34:56.789012+00', '1969-12-31 23:59:59.5', '2026-02-28', '23:59:58.000001', '3 hours -0.5 seconds',
  '{"a": [1, null, true]}', '{"b": {"c": "d"}, "n": 1.5}', 'VERY sad', 'k=>v, empty=>""',
  'short', 42,
  '10.1.2.3/8', '10.0.0.0/8', '08:00:2b:01:02:03', '12.34', '[1,5)', 'fat & cat'::tsquery::text::tsvector,
  '<a>b</a>', B'101', '(1,2)',
  '{t,f}', '{1,-2,3}', '{9223372036854775807,0}', '{0.5,-1}', '{a,"b,c","",null-ish}', '{1.0,2.50}', '{happy,so-so}',
  '{2026-01-01,1999-12-31}', '{2026-01-01 00:00:00+00}', '{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}', '{"\\x01","\\x"}'
);
INSERT INTO everything (id) VALUES (2);
INSERT INTO everything (id, a_bool, an_int4, a_text, a_bytea, bools, ints, texts, an_hstore)
  VALUES (3, false, 0, '', '', '{}', '{}', '{}', '');

-- A table for each value that cannot be shown: such a value is an error where it is asked for, and only there.
CREATE TABLE unfit (id bigint PRIMARY KEY, big bigint, stamp timestamptz, long_ago interval, holes int[], matrix int[]);
INSERT INTO unfit VALUES
  (1, 3000000000, '2026-01-01+00', '1 hour', '{1}', '{1}'),
  (2, 5, 'infinity', '1 hour', '{1}', '{1}'),
  (3, 5, '2026-01-01+00', '1 month', '{1}', '{1}'),
  (4, 5, '2026-01-01+00', '1 hour', '{1,NULL}', '{1}'),
  (5, 5, '2026-01-01+00', '1 hour', '{1}', '{{1,2},{3,4}}');

-- pages.proto: orders with ties and NULLs

CREATE TABLE entries (id bigint PRIMARY KEY, rank int, label text NOT NULL, stamp timestamptz, hidden bool NOT NULL);
CREATE INDEX ON entries (rank, id);
INSERT INTO entries
SELECT i, CASE WHEN i % 4 > 0 THEN i % 3 END, 'label ' || i % 5,
       CASE WHEN i % 6 > 0 THEN timestamptz '2026-01-01 00:00:00+00' + i % 7 * interval '1 microsecond' END, i % 10 = 0
FROM generate_series(1, 53) i;

-- lists.proto: lists of every length, with ties and NULLs; pairs that stand in a junction twice

CREATE TABLE shelves (id bigint PRIMARY KEY, code text NOT NULL UNIQUE);
CREATE TABLE items (id bigint PRIMARY KEY, shelf_id bigint NOT NULL REFERENCES shelves, name text NOT NULL, rank int,
                    sold bool NOT NULL);
CREATE INDEX ON items (shelf_id, id);
CREATE TABLE labels (id bigint PRIMARY KEY, text text NOT NULL);
CREATE TABLE item_labels (item_id bigint NOT NULL REFERENCES items, label_id bigint NOT NULL REFERENCES labels);
CREATE INDEX ON item_labels (item_id);
INSERT INTO shelves SELECT i, 'S' || i FROM generate_series(1, 30) i;
INSERT INTO items
SELECT 100 * s + i, s, 'item ' || i % 4, CASE WHEN i % 3 > 0 THEN i % 5 END, i % 6 = 5
FROM generate_series(1, 30) s, generate_series(1, s * 7 % 12) i;
INSERT INTO labels SELECT i, 'label ' || i FROM generate_series(1, 6) i;
INSERT INTO item_labels SELECT i.id, l.id FROM items i, labels l, generate_series(1, 2) WHERE i.id % 7 >= l.id;

-- naps.proto: as slow as the row says, when `slept` is asked for

CREATE TABLE naps (id bigint PRIMARY KEY, seconds float8 NOT NULL);
INSERT INTO naps VALUES (1, 0), (2, 30), (3, 0.3);
-- Declared stable, so that Postgres may leave it out where nobody asks for it.
CREATE FUNCTION nap(seconds float8) RETURNS text STABLE LANGUAGE plpgsql AS $$ BEGIN RETURN pg_sleep(seconds)::text; END $$;
CREATE VIEW slow_naps AS SELECT id, seconds, nap(seconds) AS slept FROM naps;

-- elsewhere.proto: resources in another package, nested in another message

CREATE TABLE garages (id bigint PRIMARY KEY, name text NOT NULL, house_id bigint REFERENCES houses);
CREATE TABLE cars (id bigint PRIMARY KEY, plate text NOT NULL, garage_id bigint NOT NULL REFERENCES garages);
INSERT INTO garages VALUES (1, 'left', 1), (2, 'right', NULL);
INSERT INTO cars VALUES (1, 'ABC 1', 1), (2, 'DEF 2', 1);

ANALYZE;

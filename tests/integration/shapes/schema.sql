-- Tables of every shape that a schema may have: trees, members of oneofs, rows with more in them, tables without keys.

-- trees.proto: two trees, a ring, a row that hides what lies below it; a graph of followers

CREATE TABLE categories (id bigint PRIMARY KEY, name text NOT NULL, parent_id bigint REFERENCES categories, hidden bool NOT NULL);
INSERT INTO categories VALUES
  (1, 'root', NULL, false), (2, 'left', 1, false), (3, 'right', 1, false), (4, 'leaf', 2, false), (5, 'twig', 2, false),
  (6, 'deep', 4, false), (7, 'deeper', 6, false), (8, 'hidden', 3, true), (9, 'below hidden', 8, false), (10, 'other', NULL, false);
INSERT INTO categories VALUES (20, 'ring 1', NULL, false), (21, 'ring 2', 20, false), (22, 'ring 3', 21, false),
  (23, 'beside the ring', 21, false), (24, 'its own', 24, false), (25, 'below its own', 24, false);
UPDATE categories SET parent_id = 22 WHERE id = 20;
CREATE TABLE goods (id bigint PRIMARY KEY, name text NOT NULL, category_id bigint NOT NULL REFERENCES categories);
INSERT INTO goods VALUES (1, 'g1', 4), (2, 'g2', 4), (3, 'g3', 2), (4, 'g4', 22), (5, 'ring good', 23);
CREATE TABLE members (id bigint PRIMARY KEY, name text NOT NULL);
CREATE TABLE follows (follower_id bigint REFERENCES members, followee_id bigint REFERENCES members,
                      PRIMARY KEY (follower_id, followee_id));
INSERT INTO members VALUES (1, 'Ann'), (2, 'Bob'), (3, 'Cid'), (4, 'Dan');
INSERT INTO follows VALUES (1, 2), (2, 3), (3, 1), (4, 1), (4, 4);

-- polymorphic.proto: a kind beside its key, a kind in another table, a key for each kind

CREATE TYPE subject_kind AS ENUM ('photo', 'note', 'sound');
CREATE TABLE photos (id bigint PRIMARY KEY, url text NOT NULL);
CREATE TABLE notes (id bigint PRIMARY KEY, body text NOT NULL);
INSERT INTO photos VALUES (1, 'a.png'), (2, 'b.png');
INSERT INTO notes VALUES (1, 'one'), (2, 'two');
CREATE TABLE content_types (id int PRIMARY KEY, model text NOT NULL);
INSERT INTO content_types VALUES (1, 'photos'), (2, 'notes'), (3, 'videos');
CREATE TABLE taggings (
  id bigint PRIMARY KEY, subject_kind subject_kind, subject_id bigint, content_type_id int REFERENCES content_types, object_id int,
  photo_id bigint REFERENCES photos, note_id bigint REFERENCES notes);
INSERT INTO taggings VALUES
  (1, 'photo', 1, 1, 2, 1, NULL), (2, 'note', 1, 2, 2, NULL, 2), (3, 'sound', 1, 3, 1, NULL, NULL),
  (4, NULL, NULL, NULL, NULL, NULL, NULL), (5, 'photo', 99, 1, 99, NULL, NULL);

-- polymorphic.proto too: messages in a row, functions of a row

CREATE TABLE customers (
  id bigint PRIMARY KEY, first_name text NOT NULL, last_name text NOT NULL, home_street text, home_zip int, bill_street text,
  bill_zip int);
INSERT INTO customers VALUES
  (1, 'Ann', 'Ash', 'Elm 1', 100, NULL, NULL), (2, 'Bob', 'Birch', NULL, 0, 'Oak 2', NULL), (3, 'Cid', 'Cedar', NULL, NULL, NULL, NULL);
CREATE FUNCTION full_name(customers) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT $1.first_name || ' ' || $1.last_name $$;
CREATE FUNCTION initials(customers) RETURNS text[] STABLE LANGUAGE sql AS $$ SELECT ARRAY[left($1.first_name, 1), left($1.last_name, 1)] $$;
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint REFERENCES customers);
INSERT INTO orders VALUES (1, 1), (2, 1), (3, 2), (4, NULL);

-- tables.proto: views, partitions, inheritance, two schemas with the same names, keys that overlap

CREATE VIEW customer_totals AS
  SELECT c.id AS customer_id, count(o.id) AS n_orders FROM customers c LEFT JOIN orders o ON o.customer_id = c.id GROUP BY c.id;

CREATE TABLE payments (id bigint, day date NOT NULL, order_id bigint NOT NULL REFERENCES orders, cents int NOT NULL,
                       PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE payments_2025 PARTITION OF payments FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE payments_2026 PARTITION OF payments FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
INSERT INTO payments VALUES (1, '2025-05-05', 1, 100), (2, '2026-06-06', 1, 200), (3, '2026-01-01', 3, 300);

-- Each partition has declared the key for itself, as older schemas do.
CREATE TABLE refunds (id bigint, day date NOT NULL, order_id bigint NOT NULL, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE refunds_2025 PARTITION OF refunds FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE refunds_2026 PARTITION OF refunds FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
ALTER TABLE refunds_2025 ADD FOREIGN KEY (order_id) REFERENCES orders;
ALTER TABLE refunds_2026 ADD FOREIGN KEY (order_id) REFERENCES orders;
INSERT INTO refunds VALUES (1, '2025-05-06', 1), (2, '2026-06-07', 3);

-- A row of the child is a row of the parent; its key is kept unique by nobody but the schema's author.
CREATE TABLE vehicles (id bigint PRIMARY KEY, name text NOT NULL, owner_id bigint REFERENCES customers);
CREATE TABLE trucks (tons int NOT NULL, PRIMARY KEY (id)) INHERITS (vehicles);
INSERT INTO vehicles VALUES (1, 'bike', 1);
INSERT INTO trucks VALUES (2, 'lorry', 1, 7);

CREATE SCHEMA archive;
CREATE TABLE archive.orders (id bigint PRIMARY KEY, customer_id bigint REFERENCES customers, live_id bigint REFERENCES public.orders);
INSERT INTO archive.orders VALUES (1, 2, 3), (2, 2, NULL);

-- Both keys of a lesson share its school.
CREATE TABLE teachers (school text, code int, name text NOT NULL, PRIMARY KEY (school, code));
CREATE TABLE classrooms (school text, number int, name text NOT NULL, PRIMARY KEY (school, number));
CREATE TABLE lessons (
  id bigint PRIMARY KEY, school text, teacher_code int, classroom_number int,
  FOREIGN KEY (school, teacher_code) REFERENCES teachers, FOREIGN KEY (school, classroom_number) REFERENCES classrooms);
INSERT INTO teachers VALUES ('N', 1, 'Mr N'), ('S', 1, 'Ms S');
INSERT INTO classrooms VALUES ('N', 1, 'north 1'), ('S', 1, 'south 1'), ('S', 2, 'south 2');
INSERT INTO lessons VALUES (1, 'N', 1, 1), (2, 'S', 1, 2), (3, 'S', NULL, 1), (4, NULL, 1, 1), (5, 'S', 1, NULL);

-- edges.proto: the ends of every type

CREATE TYPE label AS ENUM ('plain', ' a b ', '1st', 'UPPER-case', 'été', 'a"b\c', '');
CREATE DOMAIN even AS int CHECK (VALUE % 2 = 0);
CREATE DOMAIN evens AS int[];
CREATE TYPE pair AS (a int, b text);
CREATE TABLE edges (
  id bigint PRIMARY KEY, f4 float4, f8 float8, n numeric, i8 int8, ts timestamptz, tsn timestamp, d date, t time, tz timetz,
  iv interval, r int4range, mr int4multirange, j json, jb jsonb, e label, c char(4), ch "char", nm name, b bytea, bt bit(3), o oid,
  tq tsquery, p pair, ev even, evs evens, es label[], js jsonb[], ts_list timestamptz[], grid int[], cs char(3)[], rs int4range[]);
INSERT INTO edges (id, f4, f8, n, i8, ts, tsn, d, t) VALUES
  (1, 'NaN', '-Infinity', 'NaN', -9223372036854775808, '0001-01-01 00:00:00+00', '9999-12-31 23:59:59.999999', '0001-01-01', '24:00:00'),
  (2, '3.4028235e38', '5e-324', '-0.000', 9223372036854775807, '10000-01-01 00:00:00+00', '0001-12-31 23:59:59 BC', 'infinity', '00:00:00'),
  (3, '-0', '1.7976931348623157e308', 'Infinity', 0, '-infinity', 'infinity', '4713-01-01 BC', '23:59:59.999999');
INSERT INTO edges (id, tz, iv, r, mr, j, jb, e, c, ch, nm, b, bt, o, tq, p, ev, evs) VALUES
  (11, '24:00:00+15:59', '-1 second -1 microsecond', 'empty', '{}', 'null', '{}', ' a b ', '', '', '', '', B'000', 4294967295,
   '', '(,)', 0, '{}'),
  (12, '00:00:00-15:59', '1 day', '(,)', '{[1,2),[5,)}', ' {"a":1,  "a":2} ', '[1, {"deep": [[]]}]', '1st', ' a ', 'x', 'n', '\x00', B'101', 0,
   'fat & !rat', '(1,"a,b")', -2, '{{1,2},{3,4}}'),
  (13, NULL, '178000000 years', '[-2147483648,2147483647)', NULL, '1e400', '12345678901234567890', 'UPPER-case', 'abcd', NULL, NULL, NULL, NULL,
   NULL, NULL, NULL, NULL, '{1,NULL}'),
  (14, NULL, '0', NULL, NULL, '"\u0000"', '9007199254740993', 'été', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '[5:6]={7,8}'),
  (15, NULL, NULL, NULL, NULL, '"\ud83d\ude00"', '1.10', 'a"b\c', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (16, NULL, NULL, NULL, NULL, NULL, NULL, '', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
INSERT INTO edges (id, es, js, ts_list, grid, cs, rs) VALUES
  (21, '{plain,"","a\"b\\c"}', ARRAY['null', '{"a":[]}']::jsonb[], '{infinity}', '{{1},{2}}', '{a,"  "}', '{empty,"[1,2)"}'),
  (22, ARRAY[NULL]::label[], '{}', '{"2026-01-01 00:00:00+00"}', '{}', '{}', '{NULL}');

ANALYZE;

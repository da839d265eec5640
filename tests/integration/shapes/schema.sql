-- Tables of every shape that a schema may have: trees, members of oneofs, rows with more in them, tables without keys.

-- trees.proto: two trees, a ring, a row that hides what lies below it; a graph of followers

CREATE TABLE categories (id bigint PRIMARY KEY, name text NOT NULL, parent_id bigint REFERENCES categories, hidden bool NOT NULL);
INSERT INTO categories VALUES
  (1, 'root', NULL, false), (2, 'left', 1, false), (3, 'right', 1, false), (4, 'leaf', 2, false), (5, 'twig', 2, false),
  (6, 'deep', 4, false), (7, 'deeper', 6, false), (8, 'hidden', 3, true), (9, 'below hidden', 8, false), (10, 'other', NULL, false);
INSERT INTO categories VALUES (20, 'ring 1', NULL, false), (21, 'ring 2', 20, false), (22, 'ring 3', 21, false);
UPDATE categories SET parent_id = 22 WHERE id = 20;
CREATE TABLE goods (id bigint PRIMARY KEY, name text NOT NULL, category_id bigint NOT NULL REFERENCES categories);
INSERT INTO goods VALUES (1, 'g1', 4), (2, 'g2', 4), (3, 'g3', 2), (4, 'g4', 22);
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

ANALYZE;

-- A database that nobody made with protobuf in mind.
CREATE SCHEMA sales;
CREATE EXTENSION citext;
CREATE EXTENSION hstore;

CREATE TYPE "Mood Type" AS ENUM ('happy', 'un-happy', 'un happy', 'unspecified', 'ünï', 'CamelCase', '2nd');
CREATE TYPE nameless AS ENUM ('', 'z');
CREATE TYPE mood AS ENUM ('a');
CREATE TYPE mood_x AS ENUM ('y');
CREATE TYPE mood_x2 AS ENUM ('x_y');
CREATE DOMAIN email AS citext;
CREATE DOMAIN tags AS text[];

CREATE TABLE "Weird Table" (
  "ID" bigint PRIMARY KEY, "zip code" text, zip_code text, "FirstName" text, foo_1 int, foo1 int, "bıgınt" int8,
  "2fa" bool, a__b int, ab mood, _lead int, message text, "option" text, reserved text, string text, "map" int,
  oneof int, read_mask text, "a""b\c" int,
  m "Mood Type", ms "Mood Type"[], x mood_x, x2 mood_x2, n nameless,
  j json, jb jsonb[], h hstore, hs hstore[], e email, t tags, iv interval, d date, tm time, ts timestamp, r tsrange,
  nu numeric, u uuid, b bytea, c char(3), ds date[], i inet, price money, f real, g float8
);
COMMENT ON TABLE "Weird Table" IS E'Everything odd.  \n\nIn one "place".';
COMMENT ON COLUMN "Weird Table"."zip code" IS 'Where the letters go.';
INSERT INTO "Weird Table" ("ID", "zip code", "FirstName", "bıgınt", m, ms, n, jb, h, t, price)
VALUES (1, '12345', 'Ann', 7, 'un happy', '{happy,2nd}', '', '{"1"}', 'a=>b', '{x,y}', 5);

CREATE TABLE moods (id int PRIMARY KEY, name text);
CREATE TABLE status (id int PRIMARY KEY, address text);
CREATE TABLE addresses (
  id int PRIMARY KEY, parent_id int REFERENCES addresses, status_id int REFERENCES status,
  twin_id int UNIQUE REFERENCES addresses
);
CREATE TABLE countries (country text PRIMARY KEY);
CREATE TABLE users (
  id uuid PRIMARY KEY, creator uuid REFERENCES users, manager_id uuid REFERENCES users,
  country text REFERENCES countries
);
CREATE TABLE user_profiles (id uuid PRIMARY KEY REFERENCES users, bio text);
CREATE TABLE follows (
  follower_id uuid REFERENCES users, followed_id uuid REFERENCES users, PRIMARY KEY (follower_id, followed_id)
);
CREATE TABLE blocks (
  blocker_id uuid REFERENCES users, blocked_id uuid REFERENCES users, PRIMARY KEY (blocker_id, blocked_id)
);
CREATE TABLE user_status (
  id serial PRIMARY KEY, user_id uuid NOT NULL REFERENCES users, status_id int NOT NULL REFERENCES status,
  UNIQUE (user_id, status_id)
);
CREATE TABLE ranks (
  user_id uuid NOT NULL REFERENCES users, status_id int NOT NULL REFERENCES status, rank int,
  PRIMARY KEY (user_id, status_id)
);
CREATE TABLE composite (a int, b int, payload text, PRIMARY KEY (a, b));
CREATE TABLE composite_child (
  id int PRIMARY KEY, a int, b int, c int, d int,
  FOREIGN KEY (a, b) REFERENCES composite (a, b), FOREIGN KEY (c, d) REFERENCES composite (a, b)
);
CREATE TABLE no_key (x int);
CREATE TABLE nullable_key (x int UNIQUE);
CREATE TABLE unique_key (x int NOT NULL UNIQUE, y text);
CREATE TABLE dated (d date PRIMARY KEY, v int);
CREATE TABLE stamped (t timestamptz PRIMARY KEY);
CREATE TABLE moody (m "Mood Type" PRIMARY KEY);
CREATE TABLE jkey (j jsonb PRIMARY KEY);
CREATE TABLE no_columns ();
CREATE TABLE "dotted.name" (id int PRIMARY KEY);
CREATE TABLE people (id int PRIMARY KEY);
CREATE TABLE series (id int PRIMARY KEY, children int);
CREATE TABLE messages (id int PRIMARY KEY, body text);
CREATE TABLE list_messages_request (id int PRIMARY KEY);
CREATE TABLE film_service (id int PRIMARY KEY);
CREATE TABLE film (id int PRIMARY KEY, service_id int REFERENCES film_service);
CREATE VIEW films_seen AS SELECT * FROM film;
CREATE MATERIALIZED VIEW films_counted AS SELECT id, 1 AS n FROM film;
CREATE UNIQUE INDEX ON films_counted (id);
CREATE TABLE sales.users (id int PRIMARY KEY, owner_id uuid REFERENCES public.users);
CREATE TABLE sales.orders (id int PRIMARY KEY, user_id int REFERENCES sales.users);

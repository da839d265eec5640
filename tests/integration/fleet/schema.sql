-- Every shape that libraries for eager loading are tried on, `n` rows of each kind.  Of each relation some rows have
-- nothing at its end.  The references that lead away from the question are NOT NULL: those are followed by mistake.

CREATE TABLE countries (id bigint PRIMARY KEY, name text NOT NULL);
INSERT INTO countries SELECT i, 'country ' || i FROM generate_series(1, 3) i;

CREATE TABLE builders (id bigint PRIMARY KEY, name text NOT NULL, country_id bigint NOT NULL REFERENCES countries);
INSERT INTO builders SELECT i, 'builder ' || i, 1 + i % 2 FROM generate_series(1, 4) i;

CREATE TABLE harbours (id bigint PRIMARY KEY, name text NOT NULL, country_id bigint NOT NULL REFERENCES countries);
INSERT INTO harbours SELECT i, 'harbour ' || i, 1 + i % 3 FROM generate_series(1, :n) i;
CREATE FUNCTION boats_link(harbours) RETURNS text IMMUTABLE LANGUAGE sql AS $$ SELECT 'harbours/' || $1.id || '/boats' $$;

CREATE TABLE boats (id bigint PRIMARY KEY, name text NOT NULL, harbour_id bigint REFERENCES harbours,
                    builder_id bigint NOT NULL REFERENCES builders);
INSERT INTO boats SELECT i, 'boat ' || i, CASE WHEN i % 5 > 0 THEN 1 + i % (:n - 1) END, 1 + i % 3
                  FROM generate_series(1, 3 * :n) i;
CREATE INDEX ON boats (harbour_id);

CREATE TABLE captains (id bigint PRIMARY KEY, name text NOT NULL, rank int NOT NULL);
INSERT INTO captains SELECT i, 'captain ' || i, 1 + i % 2 FROM generate_series(1, :n) i;
CREATE TABLE licences (id bigint PRIMARY KEY, text text NOT NULL, captain_id bigint NOT NULL UNIQUE REFERENCES captains);
INSERT INTO licences SELECT id + 1000000, 'licence of ' || name, id FROM captains WHERE id % 3 > 0;

CREATE TABLE routes (id bigint PRIMARY KEY, name text NOT NULL);
INSERT INTO routes SELECT i, 'route ' || i FROM generate_series(1, :n) i;
CREATE TABLE ports (id bigint PRIMARY KEY, name text NOT NULL);
INSERT INTO ports SELECT i, 'port ' || i FROM generate_series(1, :n) i;
CREATE TABLE route_ports (route_id bigint REFERENCES routes, port_id bigint REFERENCES ports,
                          PRIMARY KEY (route_id, port_id));
INSERT INTO route_ports SELECT DISTINCT i, 1 + i * j % (:n - 1) FROM generate_series(1, :n) i, generate_series(1, 3) j
                        WHERE i % 7 > 0;
CREATE INDEX ON route_ports (port_id);

CREATE TABLE engines (id bigint PRIMARY KEY, name text NOT NULL);
INSERT INTO engines SELECT i, 'engine ' || i FROM generate_series(1, 1 + :n / 4) i;
CREATE TABLE ships (id bigint PRIMARY KEY, engine_id bigint REFERENCES engines);
INSERT INTO ships SELECT i, CASE WHEN i % 4 > 0 THEN 1 + i / 4 END FROM generate_series(1, :n) i;
CREATE TABLE bridges (id bigint PRIMARY KEY, code text NOT NULL, ship_id bigint NOT NULL UNIQUE REFERENCES ships);
INSERT INTO bridges SELECT id + 1000000, 'B' || id, id FROM ships WHERE id % 5 > 0;
CREATE TABLE instruments (id bigint PRIMARY KEY, bridge_id bigint NOT NULL REFERENCES bridges);
INSERT INTO instruments SELECT b.ship_id * 2 + j, b.id FROM bridges b, generate_series(1, 2) j WHERE b.ship_id % 3 > 0;
CREATE INDEX ON instruments (bridge_id);
CREATE TABLE decks (id bigint PRIMARY KEY, area int NOT NULL, ship_id bigint NOT NULL REFERENCES ships);
INSERT INTO decks SELECT s.id * 3 + j, 10 + s.id * j % 7, s.id FROM ships s, generate_series(1, 3) j WHERE s.id % 6 > 0;
CREATE INDEX ON decks (ship_id);
CREATE TABLE cabins (id bigint PRIMARY KEY, number text NOT NULL, deck_id bigint NOT NULL REFERENCES decks);
INSERT INTO cabins SELECT d.id * 2 + j, 'cabin ' || j, d.id FROM decks d, generate_series(1, 2) j WHERE d.id % 4 > 0;
CREATE INDEX ON cabins (deck_id);

-- :rows notes with ties and NULLs in every column that orders them, 10^6 between two ids so that others fit in.
-- `seed` keeps them as they were.  A tenth is mortal: it may go while somebody walks.

CREATE TABLE writers (id bigint PRIMARY KEY, name text NOT NULL, rank int);
INSERT INTO writers SELECT i, 'writer ' || i % 37, CASE WHEN i % 4 > 0 THEN i % 6 END FROM generate_series(1, 100) i;

CREATE FUNCTION note(i bigint, OUT id bigint, OUT kind text, OUT score int, OUT written timestamptz, OUT writer_id bigint,
                     OUT mortal bool) LANGUAGE sql AS $$
  SELECT i, 'kind ' || (hashint8(i) & 7), CASE WHEN hashint8(i + 1) & 7 > 0 THEN (hashint8(i + 2) & 1023) / 3 END,
         CASE WHEN hashint8(i + 3) & 3 > 0 THEN timestamptz '2026-01-01 00:00:00+00'
                                                + (hashint8(i + 4) & 4095) * interval '1 microsecond' END,
         CASE WHEN hashint8(i + 5) & 7 > 0 THEN 1 + (hashint8(i + 6) & 1023) % 100 END, i / 1000000 % 10 = 0 $$;

CREATE TABLE seed AS SELECT n.* FROM generate_series(1, :rows) i, note(i * 1000000::bigint) n;

CREATE TABLE notes (id bigint PRIMARY KEY, kind text NOT NULL, score int, written timestamptz,
                    writer_id bigint REFERENCES writers, mortal bool NOT NULL);
INSERT INTO notes SELECT * FROM seed ORDER BY hashint8(id); -- so that every order finds its notes all over the table
CREATE INDEX ON notes (kind, score DESC, id DESC);
CREATE INDEX ON notes (score, written, id);
CREATE INDEX ON notes (written DESC, id DESC);
CREATE INDEX ON notes (score DESC, kind, id DESC);

-- What others do while somebody walks: a few notes come anywhere, a few that came before and a few mortal ones go.
CREATE PROCEDURE churn(round int) LANGUAGE sql AS $$
  DELETE FROM notes WHERE id % 1000000 = round - 2 AND round > 2;
  DELETE FROM notes WHERE id IN (SELECT id FROM notes WHERE mortal ORDER BY hashint8(id + round) LIMIT 3);
  INSERT INTO notes SELECT n.* FROM (SELECT id FROM seed ORDER BY hashint8(id + round) LIMIT 20) s, note(s.id + round) n;
$$;

CREATE PROCEDURE restore() LANGUAGE sql AS $$
  DELETE FROM notes WHERE id % 1000000 > 0;
  INSERT INTO notes SELECT * FROM seed ON CONFLICT DO NOTHING;
$$;

VACUUM ANALYZE;

-- Rows that must agree: every ledger, line and note carries the revision of the transaction that wrote all of them, and a
-- ledger of revision r has 3 + r % 3 lines, each with two notes.

CREATE TABLE ledgers (id bigint PRIMARY KEY, revision bigint NOT NULL);
CREATE TABLE lines (id bigint PRIMARY KEY, ledger_id bigint NOT NULL REFERENCES ledgers, revision bigint NOT NULL);
CREATE INDEX ON lines (ledger_id);
CREATE TABLE notes (id bigint PRIMARY KEY, line_id bigint NOT NULL REFERENCES lines, revision bigint NOT NULL);
CREATE INDEX ON notes (line_id);

CREATE PROCEDURE write_revision(r bigint) LANGUAGE sql AS $$
  DELETE FROM notes;
  DELETE FROM lines;
  UPDATE ledgers SET revision = r;
  INSERT INTO lines SELECT l.id * 100 + i, l.id, r FROM ledgers l, generate_series(1, 3 + r % 3) i;
  INSERT INTO notes SELECT l.id * 10 + i, l.id, r FROM lines l, generate_series(1, 2) i;
$$;

-- Commits one revision after another until it is told to stop by its session's end.
CREATE PROCEDURE keep_writing() LANGUAGE plpgsql AS $$
  DECLARE r bigint := 1;
BEGIN
  LOOP
    CALL write_revision(r);
    COMMIT;
    r := r + 1;
  END LOOP;
END $$;

INSERT INTO ledgers SELECT i, 0 FROM generate_series(1, 8) i;
CALL write_revision(0);
ANALYZE;

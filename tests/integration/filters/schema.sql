-- A table with an index for each way to filter, large enough for each to be worth its while.
CREATE TABLE notes (
  id int PRIMARY KEY,
  name text NOT NULL,
  plain text COLLATE "C" NOT NULL,
  title text NOT NULL,
  body text NOT NULL,
  words tsvector GENERATED ALWAYS AS (to_tsvector('simple', body)) STORED,
  payload jsonb NOT NULL,
  during int4range NOT NULL,
  tags text[] NOT NULL
);
INSERT INTO notes (id, name, plain, title, body, payload, during, tags)
SELECT i, md5(i::text), md5(i::text), upper(md5(i::text)), 'word' || i % 5000 || ' and cats',
       jsonb_build_object('customer', jsonb_build_object('name', 'n' || i % 5000), 'count', i % 5000,
                          'tags', jsonb_build_array('t' || i % 5000, 'all')),
       int4range(i, i + 3), ARRAY['t' || i % 5000, 'all']
FROM generate_series(1, 20000) i;
CREATE INDEX name_by_pattern ON notes (name text_pattern_ops);
CREATE INDEX plain_in_c ON notes (plain);
CREATE INDEX title_in_small_letters ON notes (lower(title));
CREATE INDEX title_in_small_letters_by_pattern ON notes (lower(title) text_pattern_ops);
CREATE INDEX body_in_english ON notes USING gin (to_tsvector('english', body));
CREATE INDEX words_in_gin ON notes USING gin (words);
CREATE INDEX payload_in_gin ON notes USING gin (payload jsonb_path_ops);
CREATE INDEX during_in_gist ON notes USING gist (during);
CREATE INDEX tags_in_gin ON notes USING gin (tags);
VACUUM ANALYZE notes;

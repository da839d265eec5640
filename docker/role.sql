-- Rowan only reads.
CREATE ROLE rowan LOGIN PASSWORD 'rowan' IN ROLE pg_read_all_data;

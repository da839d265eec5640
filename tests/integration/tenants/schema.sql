-- Three tenants in the same tables, and a user's own rows among them.

CREATE TABLE tenants (id bigint PRIMARY KEY, name text NOT NULL);
CREATE TABLE projects (
  id bigint PRIMARY KEY,
  tenant_id bigint NOT NULL REFERENCES tenants,
  parent_id bigint REFERENCES projects,
  name text NOT NULL,
  level int NOT NULL,
  groups text[] NOT NULL
);
CREATE INDEX ON projects (tenant_id, id);
CREATE INDEX ON projects (parent_id);
CREATE TABLE tasks (
  id bigint PRIMARY KEY,
  project_id bigint REFERENCES projects,
  title text NOT NULL,
  subject_id bigint
);
CREATE INDEX ON tasks (project_id);
CREATE TABLE labels (id bigint PRIMARY KEY, name text NOT NULL);
CREATE TABLE task_labels (
  task_id bigint NOT NULL REFERENCES tasks,
  label_id bigint NOT NULL REFERENCES labels,
  owner uuid NOT NULL,
  PRIMARY KEY (task_id, label_id)
);
CREATE TABLE countries (id bigint PRIMARY KEY, name text NOT NULL);

INSERT INTO tenants SELECT i, 'tenant ' || i FROM generate_series(1, 3) i;
-- Project i is tenant 1 + i % 3's; its parent may be anybody's.
INSERT INTO projects
SELECT i, 1 + i % 3, CASE WHEN i > 10 THEN i / 2 END, 'project ' || lpad(i::text, 3, '0'), i % 5,
       CASE WHEN i % 2 = 0 THEN '{red,blue}' ELSE '{green}' END::text[]
FROM generate_series(1, 120) i;
-- Task i is of a project that goes round all tenants, or of none.
INSERT INTO tasks SELECT i, CASE WHEN i % 10 > 0 THEN 1 + i * 7 % 120 END, 'task ' || i, 1 + i * 7 % 120
FROM generate_series(1, 600) i;
INSERT INTO labels SELECT i, 'label ' || i FROM generate_series(1, 6) i;
INSERT INTO task_labels
SELECT t, 1 + (t + i) % 6, ('00000000-0000-0000-0000-00000000000' || 1 + (t + i) % 2)::uuid
FROM generate_series(1, 600) t, generate_series(0, 3) i;
INSERT INTO countries VALUES (1, 'Austria'), (2, 'Brazil');
ANALYZE;

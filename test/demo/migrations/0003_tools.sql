CREATE TABLE tools (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	server_id bigint NOT NULL REFERENCES servers ON DELETE CASCADE,
	name text NOT NULL,
	input_schema jsonb NOT NULL DEFAULT '{}'
);
INSERT INTO users (email) SELECT 'user' || n || '@example.org' FROM generate_series(1, 20000) n;
INSERT INTO servers (name, url, owner)
SELECT 'server' || n, 'https://server' || n || '.example.org', 'user' || n || '@example.org'
  FROM generate_series(1, 20000) n;
INSERT INTO tools (server_id, name)
SELECT id, 'tool' || n FROM servers, generate_series(1, 10) n;

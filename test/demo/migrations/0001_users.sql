CREATE TABLE users (
	email text PRIMARY KEY,
	full_name text,
	is_admin boolean NOT NULL DEFAULT false,
	created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE roles (
	name text PRIMARY KEY,
	permissions text[] NOT NULL
);

-- What every replica does at its start: idempotent, and safe when 24 do it at once.
INSERT INTO users (email, is_admin) VALUES ('admin@example.org', true) ON CONFLICT DO NOTHING;
INSERT INTO roles VALUES ('platform_admin', '{*}'), ('viewer', '{tools.read}') ON CONFLICT DO NOTHING;

-- Waits for every older snapshot: a waiter that held one would block it.
-- no transaction
CREATE INDEX CONCURRENTLY tools_server_id_name ON tools (server_id, name);

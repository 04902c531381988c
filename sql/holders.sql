-- Holders that one session can play: its own session-level lock.  Those that
-- take two sessions are isolation specs; idle ones, TAP tests.
CREATE TABLE alembic_version (version_num text);
INSERT INTO alembic_version VALUES ('a');

-- re-entry is not ownership, however deep and in either mode
SELECT pg_advisory_lock(42424242424242), pg_advisory_lock(42424242424242);
BEGIN;
SELECT pg_try_advisory_xact_lock(42424242424242) AS plain_postgres_says;
ROLLBACK;
BEGIN;
SELECT outcome, current_heads, holder_pid = pg_backend_pid() AS own, holder_state FROM gw_bootstrap_try('{b}');
ROLLBACK;
-- the count was given back, the orphan stays
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid();
SELECT outcome, holder_pid FROM gw_bootstrap_try('{a}');
SELECT holder_pid = pg_backend_pid() AS own, holder_state FROM gw_bootstrap_status();
-- released in place
SELECT gw_bootstrap_break_orphan() = pg_backend_pid() AS own;
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid();
SELECT gw_bootstrap_break_orphan();
SELECT pg_advisory_lock_shared(42424242424242);
BEGIN;
SELECT outcome, holder_pid = pg_backend_pid() AS own, holder_state FROM gw_bootstrap_try('{b}');
ROLLBACK;
SELECT gw_bootstrap_break_orphan() = pg_backend_pid() AS own;

-- a session lock taken after the guard doesn't make the guard a stranger
BEGIN;
SELECT outcome FROM gw_bootstrap_try('{b}');
SELECT pg_advisory_lock(42424242424242);
SELECT outcome FROM gw_bootstrap_try('{b}');
SELECT holder_state FROM gw_bootstrap_status();
COMMIT;
BEGIN;
SELECT outcome, holder_state FROM gw_bootstrap_try('{b}');
ROLLBACK;
SELECT pg_advisory_unlock_all();

-- and can be released beside the guard, which stays
BEGIN;
SELECT outcome FROM gw_bootstrap_try('{b}');
SELECT pg_advisory_lock(42424242424242), pg_advisory_lock_shared(42424242424242);
SELECT gw_bootstrap_break_orphan() = pg_backend_pid() AS own;
SELECT mode FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid();
SELECT gw_bootstrap_break_orphan();
SELECT outcome FROM gw_bootstrap_try('{b}');
COMMIT;
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid();

-- so can it beside PostgreSQL's own lock of a transaction, which is none of its business
BEGIN;
SELECT pg_advisory_xact_lock(42424242424242);
SELECT gw_bootstrap_break_orphan();
SELECT pg_advisory_lock(42424242424242);
SELECT gw_bootstrap_break_orphan() = pg_backend_pid() AS own;
SELECT mode FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid();
COMMIT;
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid();

-- nor does a guard given up by ROLLBACK TO make a later session lock a guard
BEGIN;
SAVEPOINT s;
SELECT outcome FROM gw_bootstrap_try('{b}');
ROLLBACK TO s;
SELECT pg_advisory_lock(42424242424242);
SELECT outcome, holder_state FROM gw_bootstrap_try('{b}');
ROLLBACK;
SELECT pg_advisory_unlock_all();

-- the two-key space and other keys are other locks
SELECT pg_advisory_lock(9877, 1), pg_advisory_lock(1);
SELECT holder_pid, holder_state FROM gw_bootstrap_status();
SELECT gw_bootstrap_break_orphan();
SELECT pg_advisory_unlock_all();

-- status in full
SELECT current_heads, lock_key, holder_pid, holder_state, holder_since, holder_application_name,
       holder_client_addr, in_recovery
  FROM gw_bootstrap_status();
BEGIN;
SELECT outcome FROM gw_bootstrap_try('{b}');
SELECT holder_state, holder_since = now() AS since_begin,
       holder_application_name = current_setting('application_name') AS mine
  FROM gw_bootstrap_status();
COMMIT;

DROP TABLE alembic_version;

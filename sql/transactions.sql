-- When gw_bootstrap_try() may be called, and what it leaves.
CREATE TABLE alembic_version (version_num text);
INSERT INTO alembic_version VALUES ('a');
CREATE VIEW held AS
  SELECT mode, granted, objsubid FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid();
CREATE VIEW relation_locks AS
  SELECT relation::regclass FROM pg_locks
   WHERE locktype = 'relation' AND pid = pg_backend_pid() AND relation = 'alembic_version'::regclass;

-- at head, autocommit is fine and no lock is taken
SELECT * FROM gw_bootstrap_try('{a}');
-- not at head: 25P01
SELECT * FROM gw_bootstrap_try('{b}');
DO $$ BEGIN PERFORM gw_bootstrap_try('{b}'); END $$;
-- 25001
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT outcome FROM gw_bootstrap_try('{a}');
SELECT outcome FROM gw_bootstrap_try('{b}');
ROLLBACK;
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT outcome FROM gw_bootstrap_try('{b}');
ROLLBACK;
-- a READ ONLY transaction may wait for its turn as any other
BEGIN READ ONLY;
SELECT outcome FROM gw_bootstrap_try('{b}');
ROLLBACK;

-- leaves nothing but the lock
BEGIN;
SELECT outcome FROM gw_bootstrap_try('{b}');
SELECT * FROM held;
SELECT backend_xid IS NULL AS no_xid FROM pg_stat_activity WHERE pid = pg_backend_pid();
SELECT count(*) FROM relation_locks;
-- called again
SELECT outcome FROM gw_bootstrap_try('{b}');
SELECT count(*) FROM held;
-- own uncommitted changes; the lock stays, since others cannot see them yet
UPDATE alembic_version SET version_num = 'b';
SELECT outcome FROM gw_bootstrap_try('{b}');
SELECT count(*) FROM held;
SELECT outcome FROM gw_bootstrap_try('{c}');
COMMIT;
SELECT count(*) FROM held;

-- savepoints: what was given up cannot be had again in this transaction
BEGIN;
SAVEPOINT s;
SELECT outcome FROM gw_bootstrap_try('{c}');
SELECT count(*) FROM held;
ROLLBACK TO s;
SELECT count(*) FROM held;
SELECT outcome FROM gw_bootstrap_try('{c}');
RELEASE s;
SELECT count(*) FROM held;
COMMIT;
BEGIN;
SAVEPOINT s;
SELECT outcome FROM gw_bootstrap_try('{c}');
RELEASE s;
SELECT count(*) FROM held;
SAVEPOINT t;
SELECT outcome FROM gw_bootstrap_try('{c}');
ROLLBACK TO t;
SELECT count(*) FROM held;
SELECT outcome FROM gw_bootstrap_try('{c}');
COMMIT;
SELECT count(*) FROM held;

-- an error in a subtransaction gives the lock back
BEGIN;
DO $$ BEGIN
  PERFORM gw_bootstrap_try('{c}');
  RAISE division_by_zero;
EXCEPTION WHEN division_by_zero THEN NULL;
END $$;
SELECT count(*) FROM held;
ROLLBACK;

-- at any other key: independent
BEGIN;
SELECT outcome FROM gw_bootstrap_try('{c}', lock_key => -1);
SELECT outcome FROM gw_bootstrap_try('{c}', lock_key => 9223372036854775807);
SELECT classid, objid, objsubid FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() ORDER BY 1;
COMMIT;

-- the key is that of pg_advisory_lock(bigint)
BEGIN;
SELECT outcome FROM gw_bootstrap_try('{c}');
SELECT ((classid::bigint << 32) | objid::bigint) AS key, objsubid
  FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid();
COMMIT;

-- in the target list, too
BEGIN;
SELECT gw_bootstrap_try('{c}');
SELECT (gw_bootstrap_try('{c}')).outcome;
COMMIT;

-- with the head table dropped by the caller itself
BEGIN;
SELECT outcome FROM gw_bootstrap_try('{c}');
ALTER TABLE alembic_version RENAME TO moved;
SELECT outcome, current_heads IS NULL AS no_table FROM gw_bootstrap_try('{c}');
ROLLBACK;

DROP VIEW held, relation_locks;
DROP TABLE alembic_version;

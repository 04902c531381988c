-- The fence, as far as one session shows it: what is a write, who may, and how
-- it is switched on and off.  Guards of other sessions are TAP tests.
CREATE TABLE alembic_version (version_num text);
CREATE TABLE work (id integer);
INSERT INTO work VALUES (1);
CREATE FUNCTION write() RETURNS bigint LANGUAGE sql AS $$ INSERT INTO work VALUES (7); SELECT count(*) FROM work $$;
CREATE FUNCTION set_database(setting text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER DATABASE %I ', current_database()) || setting;
END $$;
CREATE SEQUENCE numbers;

-- who has no key is not fenced, and cannot fence itself
LOAD 'gw_bootstrap';
SHOW gw_bootstrap.fenced;
SET gw_bootstrap.fenced = '1';
SET gw_bootstrap.fence_key = '1';
SHOW gw_bootstrap.fence_key;
-- a bad value is refused where that can be seen
\set VERBOSITY terse
SELECT set_database($$SET gw_bootstrap.fence_key = 'one'$$);
SELECT set_database($$SET gw_bootstrap.fence_key = ''$$);
SELECT set_database($$SET gw_bootstrap.fence_key = '9223372036854775808'$$);

SELECT set_database($$SET session_preload_libraries = 'gw_bootstrap'$$);
SELECT set_database($$SET gw_bootstrap.fence_key = '42424242424242'$$);
\c -
SHOW gw_bootstrap.fenced;
SELECT name, setting, context FROM pg_settings WHERE name LIKE 'gw\_bootstrap.%' AND name NOT LIKE '%version' ORDER BY 1;
-- the key stays
SET gw_bootstrap.fence_key = '1';
SET SESSION gw_bootstrap.fence_key TO DEFAULT;
RESET ALL;
SHOW gw_bootstrap.fence_key;

-- the error in full, then only its code
DO $$
DECLARE m text; d text; h text;
BEGIN
  INSERT INTO work VALUES (2);
EXCEPTION WHEN object_not_in_prerequisite_state THEN
  GET STACKED DIAGNOSTICS m = MESSAGE_TEXT, d = PG_EXCEPTION_DETAIL, h = PG_EXCEPTION_HINT;
  RAISE NOTICE '%', replace(m, quote_ident(session_user), 'ROLE');
  RAISE NOTICE '%', d;
  RAISE NOTICE '%', h;
END $$;
\set VERBOSITY sqlstate
-- queries that write
INSERT INTO work VALUES (2);
UPDATE work SET id = 2;
DELETE FROM work;
SELECT * FROM work FOR UPDATE;
SELECT * FROM work FOR KEY SHARE;
WITH w AS (INSERT INTO work VALUES (2) RETURNING id) SELECT * FROM w;
SELECT id INTO copied FROM work;
EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off) INSERT INTO work VALUES (2);
EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off) CREATE TABLE copied AS SELECT 1;
-- utility statements that write, in any way
CREATE TABLE x ();
CREATE TEMP TABLE x ();
CREATE TABLE copied AS SELECT * FROM work;
ALTER TABLE work ADD note text;
DROP TABLE work;
TRUNCATE work;
COMMENT ON TABLE work IS 'x';
GRANT SELECT ON work TO PUBLIC;
CREATE INDEX CONCURRENTLY ON work (id);
REINDEX TABLE work;
VACUUM work;
ANALYZE work;
CLUSTER;
CHECKPOINT;
COPY work FROM PROGRAM 'false';
LOCK TABLE work;
BEGIN;
LOCK TABLE work IN ROW SHARE MODE;
ROLLBACK;
ALTER SYSTEM SET work_mem = '1MB';
CREATE ROLE regress_nobody;
LOAD 'gw_bootstrap';
COMMIT PREPARED 'x';
-- a transaction that has begun does not commit
BEGIN;
PREPARE TRANSACTION 'x';
BEGIN;
INSERT INTO work VALUES (2);
COMMIT;
-- whatever runs them
SELECT write();
DO $$ BEGIN INSERT INTO work VALUES (2); END $$;
DO $$ BEGIN EXECUTE 'CREATE TABLE x ()'; END $$;
PREPARE p AS INSERT INTO work VALUES (2);
EXECUTE p;
DEALLOCATE p;
BEGIN;
DECLARE c CURSOR FOR SELECT * FROM work FOR UPDATE;
FETCH c;
ROLLBACK;
BEGIN;
DECLARE c CURSOR FOR SELECT write();
FETCH c;
ROLLBACK;
-- a block that catches the error is refused again, and writes nothing
DO $$
BEGIN
  FOR i IN 1 .. 2 LOOP
    BEGIN
      INSERT INTO work VALUES (2);
    EXCEPTION WHEN object_not_in_prerequisite_state THEN RAISE NOTICE 'refused';
    END;
  END LOOP;
END $$;
-- what no statement shows is found when it commits: large objects, for one
SELECT lo_create(424242) AS large_object;
BEGIN;
SELECT lo_create(424242) AS large_object;
COMMIT;
SELECT count(*) FROM pg_largeobject_metadata WHERE oid = 424242;
SELECT pg_current_xact_id() IS NOT NULL AS xid;

-- free
SELECT count(*) FROM work;
BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY;
LOCK TABLE work IN ACCESS SHARE MODE;
SAVEPOINT s;
ROLLBACK TO s;
RELEASE s;
SET LOCAL work_mem = '1MB';
SET CONSTRAINTS ALL DEFERRED;
DECLARE c CURSOR FOR SELECT id FROM work;
FETCH c;
CLOSE c;
COMMIT;
BEGIN;
ROLLBACK;
SET search_path = public;
SHOW search_path;
RESET search_path;
EXPLAIN (COSTS off) INSERT INTO work VALUES (2);
DO $$ BEGIN EXECUTE 'EXPLAIN ANALYZE SELECT 1'; END $$;
PREPARE p AS SELECT 1 AS one;
EXECUTE p;
DEALLOCATE p;
COPY work TO STDOUT;
COPY (SELECT 2) TO STDOUT;
LISTEN c;
UNLISTEN c;
NOTIFY c;
DO $$ BEGIN PERFORM count(*) FROM work; END $$;
DISCARD ALL;
BEGIN;
SELECT outcome FROM gw_bootstrap_try('{x}', lock_key => 7);
COMMIT;
-- what a rollback does not undo is not kept from happening
BEGIN;
SELECT nextval('numbers');
ROLLBACK;
SELECT last_value, is_called FROM numbers;

-- a transaction that holds the key itself may write
BEGIN;
SELECT pg_try_advisory_xact_lock(42424242424242);
INSERT INTO work VALUES (10);
CREATE TABLE made (id integer);
DROP TABLE made;
SELECT lo_unlink(lo_create(424242));
SELECT write();
COMMIT;
BEGIN;
SELECT outcome FROM gw_bootstrap_try('{x}');
INSERT INTO work VALUES (11);
SAVEPOINT s;
INSERT INTO work VALUES (12);
ROLLBACK TO s;
COMMIT;
SELECT * FROM work ORDER BY 1;
-- another key is not this one
BEGIN;
SELECT outcome FROM gw_bootstrap_try('{x}', lock_key => 7);
INSERT INTO work VALUES (2);
ROLLBACK;
-- nor is it one in share mode, or at session level
BEGIN;
SELECT pg_try_advisory_xact_lock_shared(42424242424242);
INSERT INTO work VALUES (2);
ROLLBACK;
SELECT pg_advisory_lock(42424242424242);
BEGIN;
INSERT INTO work VALUES (2);
ROLLBACK;
INSERT INTO work VALUES (2);
SELECT pg_advisory_unlock(42424242424242);
-- with both, it is the transaction's that counts, and neither is lost
SELECT pg_advisory_lock(42424242424242);
BEGIN;
SELECT pg_try_advisory_xact_lock(42424242424242);
INSERT INTO work VALUES (13);
COMMIT;
SELECT pg_advisory_unlock(42424242424242);
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory';
-- given up with a savepoint
BEGIN;
SAVEPOINT s;
SELECT outcome FROM gw_bootstrap_try('{x}');
INSERT INTO work VALUES (2);
ROLLBACK TO s;
INSERT INTO work VALUES (2);
ROLLBACK;
BEGIN;
SAVEPOINT s;
SELECT outcome FROM gw_bootstrap_try('{x}');
INSERT INTO work VALUES (2);
ROLLBACK TO s;
COMMIT;
-- a procedure that commits gives the key up, and cannot go on
BEGIN;
SELECT pg_try_advisory_xact_lock(42424242424242);
CREATE PROCEDURE batches() LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_try_advisory_xact_lock(42424242424242);
  INSERT INTO work VALUES (14);
  COMMIT;
  INSERT INTO work VALUES (2);
END $$;
COMMIT;
CALL batches();
-- PREPARE TRANSACTION is refused there, too
BEGIN;
SELECT pg_try_advisory_xact_lock(42424242424242);
INSERT INTO work VALUES (2);
PREPARE TRANSACTION 'x';
SELECT * FROM work ORDER BY 1;

-- the token, by the function and by what everybody can compute
PREPARE token AS
SELECT substr(encode(sha256(convert_to(format('%s %s %s',
         l.virtualtransaction, a.pid,
         (extract(epoch FROM a.backend_start) * 1000000)::bigint),
         'UTF8')), 'hex'), 1, 32) = gw_bootstrap_token() AS equal
  FROM pg_locks l JOIN pg_stat_activity a USING (pid)
 WHERE a.pid = pg_backend_pid() AND l.virtualxid = l.virtualtransaction;
SELECT gw_bootstrap_token() IS NULL AS none;
BEGIN;
SELECT gw_bootstrap_token() IS NULL AS none;
SELECT outcome FROM gw_bootstrap_try('{x}');
SELECT gw_bootstrap_token() ~ '^[0-9a-f]{32}$' AS token, gw_bootstrap_token(7) IS NULL AS none;
EXECUTE token;
SAVEPOINT s;
EXECUTE token;
ROLLBACK;
BEGIN;
SAVEPOINT s;
SELECT outcome FROM gw_bootstrap_try('{x}');
ROLLBACK TO s;
SELECT gw_bootstrap_token() IS NULL AS none;
ROLLBACK;
-- not for a key that was not taken through try
BEGIN;
SELECT pg_try_advisory_xact_lock(42424242424242);
SELECT gw_bootstrap_token() IS NULL AS none;
ROLLBACK;
SELECT gw_bootstrap_token(NULL);

-- a token of nobody, by name and by setting
SET application_name = 'gw_bootstrap migration 0123456789abcdef0123456789abcdef';
INSERT INTO work VALUES (2);
SET gw_bootstrap.token = 'x';
INSERT INTO work VALUES (2);
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory';
RESET gw_bootstrap.token;
RESET application_name;

-- to begin with: a warning for each statement, or if no statement shows it, for
-- the transaction
BEGIN;
SELECT pg_try_advisory_xact_lock(42424242424242);
SELECT set_database($$SET gw_bootstrap.fence_mode = 'warn'$$);
SELECT set_database($$SET gw_bootstrap.fence_mode = 'wrong'$$);
ROLLBACK;
BEGIN;
SELECT pg_try_advisory_xact_lock(42424242424242);
SELECT set_database($$SET gw_bootstrap.fence_mode = 'warn'$$);
COMMIT;
\c -
SHOW gw_bootstrap.fence_mode;
INSERT INTO work VALUES (20);
SELECT write();
BEGIN;
INSERT INTO work VALUES (21);
INSERT INTO work VALUES (22);
COMMIT;
SELECT lo_unlink(lo_create(424242));
DO $$ BEGIN FOR i IN 23 .. 24 LOOP INSERT INTO work VALUES (i); END LOOP; END $$;
VACUUM work;
SELECT * FROM work ORDER BY 1;

-- off again
SET client_min_messages = error;
SELECT set_database('RESET gw_bootstrap.fence_mode');
SELECT set_database('RESET gw_bootstrap.fence_key');
SELECT set_database('RESET session_preload_libraries');
\c -
SELECT count(*) FROM pg_settings WHERE name LIKE 'gw\_bootstrap.%';
INSERT INTO work VALUES (30);

DROP PROCEDURE batches;
DROP SEQUENCE numbers;
DROP FUNCTION set_database, write;
DROP TABLE alembic_version, work;

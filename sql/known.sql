-- With the heads that a migration set knows, a database that is ahead is told
-- from one that is behind.
CREATE TABLE alembic_version (version_num text);
CREATE VIEW held AS SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid();
-- the set: a, then b, then two branches y and z, of which one has x before
CREATE FUNCTION judge(has text[], expected text[], known text[] DEFAULT '{a,b,x,y,z}', head_order text DEFAULT 'known',
    OUT at_head boolean, OUT try text, OUT lock_kept boolean, OUT status text)
LANGUAGE plpgsql AS $$
BEGIN
    TRUNCATE alembic_version;
    INSERT INTO alembic_version SELECT unnest(has);
    at_head := gw_bootstrap_at_head(expected, known, head_order => judge.head_order);
    try := outcome FROM gw_bootstrap_try(expected, known, head_order => judge.head_order);
    lock_kept := EXISTS (SELECT FROM held);
    status := outcome FROM gw_bootstrap_status(expected_heads => expected, known_heads => known, head_order => judge.head_order);
END $$;

\set VERBOSITY sqlstate
BEGIN; SELECT * FROM judge('{}', '{z}'); ROLLBACK;
BEGIN; SELECT * FROM judge('{b}', '{z}'); ROLLBACK;
BEGIN; SELECT * FROM judge('{z}', '{z}'); ROLLBACK;
BEGIN; SELECT * FROM judge('{new}', '{z}'); ROLLBACK;
BEGIN; SELECT * FROM judge('{z,new}', '{z}'); ROLLBACK;
BEGIN; SELECT * FROM judge('{y,new}', '{y,z}'); ROLLBACK;
BEGIN; SELECT * FROM judge('{x,new}', '{y,z}'); ROLLBACK;
BEGIN; SELECT * FROM judge('{x,z}', '{y,z}'); ROLLBACK;
-- expected heads are known ones; without a known set, nothing is ahead
BEGIN; SELECT * FROM judge('{z}', '{z}', '{}'); ROLLBACK;
BEGIN; SELECT * FROM judge('{a}', '{z}', '{}'); ROLLBACK;
BEGIN; SELECT * FROM judge('{new}', '{z}', NULL); ROLLBACK;
-- known sets are used by that order only
BEGIN; SELECT * FROM judge('{new}', '{z}', '{z}', 'none'); ROLLBACK;
BEGIN; SELECT * FROM judge('{new}', '{z}', '{new,z}', 'bytes'); ROLLBACK;
BEGIN; SELECT * FROM judge('{zz}', '{z}', '{zz,z}', 'bytes'); ROLLBACK;
-- a head too long to be known
BEGIN; SELECT * FROM judge(ARRAY[repeat('x', 2000)], '{z}'); ROLLBACK;
-- many rows: those that tell nothing new are read as well
BEGIN; SELECT * FROM judge(array_fill('a'::text, ARRAY[1000]) || 'new'::text, '{z}'); ROLLBACK;
BEGIN; SELECT * FROM judge(array_fill('a'::text, ARRAY[100001]), '{z}'); ROLLBACK;
BEGIN; SELECT * FROM judge('new'::text || array_fill('a'::text, ARRAY[100001]), '{z}'); ROLLBACK;
BEGIN; SELECT * FROM judge(array_fill('new'::text, ARRAY[150]) || 'a'::text, '{z}'); ROLLBACK;

-- ahead needs no transaction block, as at_head needs none
TRUNCATE alembic_version;
INSERT INTO alembic_version VALUES ('new');
SELECT * FROM gw_bootstrap_try('{z}'::text[], '{z}'::text[]);
SELECT * FROM gw_bootstrap_try(ARRAY['z'], known_heads => NULL);
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT outcome FROM gw_bootstrap_try(ARRAY['z'], known_heads => '{z}');
ROLLBACK;

-- in its own transaction: the lock stays, as it does at head
BEGIN;
UPDATE alembic_version SET version_num = 'a';
SELECT outcome FROM gw_bootstrap_try(ARRAY['z'], ARRAY['a', 'z']);
UPDATE alembic_version SET version_num = 'new';
SELECT outcome FROM gw_bootstrap_try(ARRAY['z'], ARRAY['a', 'z']);
SELECT count(*) FROM held;
ROLLBACK;

-- which function a call means: two literals are heads and a table
CREATE TABLE other_heads (version_num text);
INSERT INTO other_heads VALUES ('z');
SELECT gw_bootstrap_at_head('{z}', 'other_heads');
SELECT gw_bootstrap_at_head('{z}', 'other_heads', 'version_num');
SELECT gw_bootstrap_at_head(ARRAY['z'], ARRAY['z'], 'other_heads');
PREPARE untyped AS SELECT gw_bootstrap_at_head($1, $2, $3);
EXECUTE untyped('{z}', 'other_heads', 'version_num');
DEALLOCATE untyped;
PREPARE untyped AS SELECT outcome FROM gw_bootstrap_try($1, $2, $3, $4);
EXECUTE untyped('{z}', 'other_heads', 'version_num', 7);
DEALLOCATE untyped;
SELECT outcome FROM gw_bootstrap_try('{z}', 'other_heads', 'version_num', '7');
SELECT outcome FROM gw_bootstrap_try('{z}', 'other_heads', 'version_num');
SELECT gw_bootstrap_at_head('{z}', NULL);
SELECT outcome FROM gw_bootstrap_try('{z}', 'other_heads', 'version_num', NULL);

-- 22023
SELECT gw_bootstrap_at_head(NULL, ARRAY['z']);
SELECT gw_bootstrap_at_head('{}', ARRAY['z']);
SELECT gw_bootstrap_at_head(ARRAY['z'], ARRAY[NULL, 'z']);
SELECT gw_bootstrap_at_head(ARRAY['z'], ARRAY['', 'z']);
SELECT gw_bootstrap_at_head(ARRAY['z'], '{{a},{b}}'::text[]);
SELECT gw_bootstrap_at_head(ARRAY['z'], ARRAY[repeat('x', 1025)]);
SELECT gw_bootstrap_at_head(ARRAY['z'], NULL::text[], NULL);
SELECT gw_bootstrap_at_head(ARRAY['z'], NULL::text[], head_column => NULL);
SELECT gw_bootstrap_at_head(ARRAY['z'], NULL::text[], head_rule => NULL);
SELECT gw_bootstrap_at_head(ARRAY['z'], NULL::text[], head_rule => 'Equal');
SELECT gw_bootstrap_at_head(ARRAY['z'], NULL::text[], head_order => NULL);
SELECT gw_bootstrap_at_head(ARRAY['z'], NULL::text[], head_order => '');
SELECT gw_bootstrap_status(expected_heads => '{}');
SELECT gw_bootstrap_status(expected_heads => '{NULL}');
SELECT gw_bootstrap_status(known_heads => '{NULL}');
SELECT gw_bootstrap_status(head_rule => 'nonesuch');
BEGIN; SELECT gw_bootstrap_try('{}', ARRAY['z']); ROLLBACK;
BEGIN; SELECT gw_bootstrap_try(ARRAY['z'], '{""}'::text[]); ROLLBACK;
BEGIN; SELECT gw_bootstrap_try(ARRAY['z'], ARRAY['z'], lock_key => NULL); ROLLBACK;
\set VERBOSITY default
SELECT gw_bootstrap_at_head(ARRAY['z'], ARRAY[NULL, 'z']);
SELECT gw_bootstrap_at_head(ARRAY['z'], NULL::text[], head_rule => 'superset');

-- status
SELECT outcome, failed_heads FROM gw_bootstrap_status();
SELECT outcome, current_heads, failed_heads FROM gw_bootstrap_status(expected_heads => '{z}', known_heads => '{z}');
SELECT outcome, current_heads, failed_heads FROM gw_bootstrap_status('nonesuch', expected_heads => '{z}');

DROP FUNCTION judge(text[], text[], text[], text);
DROP VIEW held;
DROP TABLE alembic_version, other_heads;

-- In a SERIALIZABLE transaction, too, the table is read without a trace:
-- pg_locks would show a predicate lock as SIReadLock.
CREATE TABLE alembic_version (version_num text);
INSERT INTO alembic_version SELECT 'a' FROM generate_series(1, 1000);
CREATE VIEW relation_locks AS
  SELECT mode FROM pg_locks WHERE pid = pg_backend_pid() AND relation = 'alembic_version'::regclass;

BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT gw_bootstrap_at_head('{a}') AS yes, gw_bootstrap_at_head('{b}') AS no;
SELECT outcome FROM gw_bootstrap_try('{a}');
SELECT current_heads FROM gw_bootstrap_status();
SELECT * FROM relation_locks;
-- what a query leaves
SELECT count(*) FROM alembic_version;
SELECT mode FROM relation_locks ORDER BY mode;
COMMIT;

-- the transaction's own changes are seen, and rows that are gone are not
BEGIN ISOLATION LEVEL SERIALIZABLE;
UPDATE alembic_version SET version_num = 'b';
SELECT gw_bootstrap_at_head('{a}') AS no, gw_bootstrap_at_head('{b}') AS yes;
DELETE FROM alembic_version;
SELECT gw_bootstrap_at_head('{b}') AS no;
ROLLBACK;
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT gw_bootstrap_at_head('{a}') AS yes;
COMMIT;

DROP VIEW relation_locks;
DROP TABLE alembic_version;

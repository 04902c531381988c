-- A head table with a million rows costs no more than its first page; since
-- 17 a scan may ask for the next few ahead of time.
CREATE TABLE big (version_num text) WITH (autovacuum_enabled = off);
INSERT INTO big SELECT i::text FROM generate_series(1, 1000000) i;
CREATE FUNCTION blocks_read(statement text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE 'EXPLAIN (ANALYZE, BUFFERS, FORMAT json) ' || statement INTO plan;
    RETURN (plan->0->'Plan'->>'Shared Hit Blocks')::bigint + (plan->0->'Plan'->>'Shared Read Blocks')::bigint;
END $$;
-- warm the catalog caches first
SELECT blocks_read($$SELECT gw_bootstrap_at_head('{x}', 'big')$$) > 0 AS warm;
SELECT blocks_read($$SELECT * FROM gw_bootstrap_status('big')$$) > 0 AS warm;
SELECT blocks_read($$SELECT gw_bootstrap_at_head('{x}', 'big')$$) < 10 AS few_blocks;
SELECT blocks_read($$SELECT gw_bootstrap_at_head('{1}', 'big')$$) < 10 AS few_blocks;
SELECT blocks_read($$SELECT * FROM gw_bootstrap_status('big')$$) < 10 AS few_blocks;
BEGIN;
SELECT blocks_read($$SELECT outcome FROM gw_bootstrap_try('{x}', 'big')$$) > 0 AS warm;
SELECT outcome, cardinality(current_heads) FROM gw_bootstrap_try('{x}', 'big');
SELECT blocks_read($$SELECT outcome FROM gw_bootstrap_try('{x}', 'big')$$) < 10 AS few_blocks;
ROLLBACK;
SELECT cardinality(current_heads) FROM gw_bootstrap_status('big');

-- the same unexpected head a million times
UPDATE big SET version_num = 'y';
VACUUM FULL big;
BEGIN;
SELECT outcome, current_heads FROM gw_bootstrap_try('{x}', 'big');
SELECT blocks_read($$SELECT outcome FROM gw_bootstrap_try('{x}', 'big')$$) < 10 AS few_blocks;
ROLLBACK;

-- more expected heads than are returned
TRUNCATE big;
INSERT INTO big SELECT i::text FROM generate_series(1, 250) i;
SELECT outcome, cardinality(current_heads)
  FROM gw_bootstrap_try((SELECT array_agg(i::text) FROM generate_series(1, 250) i), 'big');
SELECT gw_bootstrap_at_head((SELECT array_agg(i::text) FROM generate_series(1, 251) i), 'big');

-- what is left out is marked, and only that
TRUNCATE big;
INSERT INTO big SELECT i::text FROM generate_series(1, 100) i;
SELECT cardinality(current_heads), '...' = ANY (current_heads) AS marked FROM gw_bootstrap_status('big');
INSERT INTO big VALUES (101);
SELECT cardinality(current_heads), current_heads[101] FROM gw_bootstrap_status('big');

-- no more memory for many rows than for one, whatever the type: in kB, of the
-- whole process
TRUNCATE big;
CREATE TYPE pair AS (a integer, b text);
ALTER TABLE big ALTER version_num TYPE pair USING NULL;
INSERT INTO big SELECT (1, 'x')::pair FROM generate_series(1, 300000);
SELECT gw_bootstrap_at_head('{"(1,x)"}', 'big');
\c -
CREATE FUNCTION memory() RETURNS bigint LANGUAGE sql AS $$
    SELECT (regexp_match(pg_read_file('/proc/self/status'), 'VmPeak:\s+(\d+)'))[1]::bigint
$$;
SELECT gw_bootstrap_at_head('{"(1,y)"}', 'big');
SELECT memory() AS before \gset
SELECT gw_bootstrap_at_head('{"(1,x)"}', 'big');
SELECT memory() - :before < 4096 AS little;
DROP FUNCTION memory();

DROP FUNCTION blocks_read(text);
DROP TABLE big;
DROP TYPE pair;

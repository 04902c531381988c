-- Anything that is not a plain table is refused with 42809.
CREATE TABLE plain (version_num text);
INSERT INTO plain VALUES ('a');
CREATE VIEW a_view AS SELECT * FROM plain;
CREATE MATERIALIZED VIEW a_matview AS SELECT * FROM plain;
CREATE TABLE a_partitioned (version_num text) PARTITION BY LIST (version_num);
CREATE SEQUENCE a_sequence;
CREATE INDEX an_index ON plain (version_num);
CREATE TYPE a_composite AS (version_num text);
CREATE FOREIGN DATA WRAPPER gw_dummy;
CREATE SERVER gw_dummy FOREIGN DATA WRAPPER gw_dummy;
CREATE FOREIGN TABLE a_foreign (version_num text) SERVER gw_dummy;
CREATE TABLE a_parent (version_num text);
CREATE TABLE a_child () INHERITS (a_parent);

SELECT gw_bootstrap_at_head('{a}', 'a_view');
\set VERBOSITY sqlstate
SELECT gw_bootstrap_at_head('{a}', 'a_matview');
SELECT gw_bootstrap_at_head('{a}', 'a_partitioned');
SELECT gw_bootstrap_at_head('{a}', 'a_sequence');
SELECT gw_bootstrap_at_head('{a}', 'an_index');
SELECT gw_bootstrap_at_head('{a}', 'a_composite');
SELECT gw_bootstrap_at_head('{a}', 'a_foreign');
SELECT gw_bootstrap_at_head('{a}', 'a_parent');
BEGIN; SELECT gw_bootstrap_try('{a}', 'a_view'); ROLLBACK;
BEGIN; SELECT gw_bootstrap_try('{a}', 'a_partitioned'); ROLLBACK;
BEGIN; SELECT gw_bootstrap_try('{a}', 'a_foreign'); ROLLBACK;
\set VERBOSITY default

-- no more a parent
DROP TABLE a_child;
SELECT gw_bootstrap_at_head('{a}', 'a_parent');

-- a temporary table, that other sessions do not see
CREATE TEMP TABLE a_temp (version_num text);
INSERT INTO a_temp VALUES ('a');
SELECT gw_bootstrap_at_head('{a}', 'a_temp');

-- an unlogged table, a partition
CREATE UNLOGGED TABLE an_unlogged (version_num text);
INSERT INTO an_unlogged VALUES ('a');
CREATE TABLE a_partition PARTITION OF a_partitioned FOR VALUES IN ('a');
INSERT INTO a_partitioned VALUES ('a');
SELECT gw_bootstrap_at_head('{a}', 'an_unlogged'),
       gw_bootstrap_at_head('{a}', 'a_partition');

DROP FOREIGN DATA WRAPPER gw_dummy CASCADE;
DROP TABLE plain CASCADE;
DROP TABLE a_parent, a_temp, an_unlogged, a_partitioned;
DROP SEQUENCE a_sequence;
DROP TYPE a_composite;

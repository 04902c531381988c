-- Every row of the contract's table "Input and what it gets".
\set SHOW_CONTEXT never
-- programs branch on SQLSTATE
\set VERBOSITY sqlstate

-- head table missing
SELECT gw_bootstrap_at_head('{a}');
BEGIN;
SELECT outcome, current_heads IS NULL AS no_table FROM gw_bootstrap_try('{a}');
ROLLBACK;

CREATE TABLE alembic_version (version_num varchar(32));

-- empty
SELECT gw_bootstrap_at_head('{a}');
BEGIN;
SELECT * FROM gw_bootstrap_try('{a}');
ROLLBACK;

-- other heads, fewer, more
INSERT INTO alembic_version VALUES ('b');
SELECT gw_bootstrap_at_head('{a}') AS other, gw_bootstrap_at_head('{a,b}') AS fewer;
BEGIN;
SELECT * FROM gw_bootstrap_try('{a}');
SELECT * FROM gw_bootstrap_try('{a,b}');
ROLLBACK;
INSERT INTO alembic_version VALUES ('a'), ('c');
SELECT gw_bootstrap_at_head('{a,b}') AS more;
BEGIN;
SELECT * FROM gw_bootstrap_try('{a,b}');
ROLLBACK;

-- equal sets: order and duplicates don't matter, on either side
SELECT gw_bootstrap_at_head('{c,a,b,a}');
INSERT INTO alembic_version VALUES ('c');
SELECT gw_bootstrap_at_head('{a,b,c}');
SELECT * FROM gw_bootstrap_try('{b,c,a}');

-- NULLs in the column are not heads
INSERT INTO alembic_version VALUES (NULL);
SELECT gw_bootstrap_at_head('{a,b,c}');
SELECT * FROM gw_bootstrap_try('{b,c,a}');
TRUNCATE alembic_version;
INSERT INTO alembic_version VALUES (NULL);
BEGIN;
SELECT * FROM gw_bootstrap_try('{a}');
ROLLBACK;

-- prefixes and case are other heads
TRUNCATE alembic_version;
INSERT INTO alembic_version VALUES ('abc');
SELECT gw_bootstrap_at_head('{ab}'), gw_bootstrap_at_head('{abcd}'),
       gw_bootstrap_at_head('{ABC}'), gw_bootstrap_at_head('{abc}');

-- 22023
SELECT gw_bootstrap_at_head(NULL);
SELECT gw_bootstrap_at_head('{}');
SELECT gw_bootstrap_at_head('{a,NULL}');
SELECT gw_bootstrap_at_head('{a,""}');
SELECT gw_bootstrap_at_head('{{a},{b}}');
SELECT gw_bootstrap_at_head(ARRAY[repeat('x', 1025)]);
SELECT gw_bootstrap_at_head('{a}', NULL);
SELECT gw_bootstrap_at_head('{a}', 'alembic_version', NULL);
BEGIN; SELECT gw_bootstrap_try(NULL); ROLLBACK;
BEGIN; SELECT gw_bootstrap_try('{}'); ROLLBACK;
BEGIN; SELECT gw_bootstrap_try('{a,NULL}'); ROLLBACK;
BEGIN; SELECT gw_bootstrap_try('{a,""}'); ROLLBACK;
BEGIN; SELECT gw_bootstrap_try('{{a},{b}}'); ROLLBACK;
BEGIN; SELECT gw_bootstrap_try('{a}', NULL); ROLLBACK;
BEGIN; SELECT gw_bootstrap_try('{a}', lock_key => NULL); ROLLBACK;
SELECT gw_bootstrap_status(NULL);
SELECT gw_bootstrap_status(lock_key => NULL);
SELECT gw_bootstrap_break_orphan(NULL);
SELECT gw_bootstrap_break_orphan(min_idle => NULL);
SELECT gw_bootstrap_break_orphan(min_idle => '-1 second');
SELECT gw_bootstrap_ask(NULL, '{a}');
SELECT gw_bootstrap_ask('{gw_bootstrap_at_head}', '{a}');
SELECT gw_bootstrap_ask('{NULL,alembic_version,version_num,equal,known,NULL,1}', '{a}');
SELECT gw_bootstrap_ask('{gw_bootstrap_at_head,alembic_version,version_num,equal,known,NULL,1}', NULL);
SELECT gw_bootstrap_ask('{gw_bootstrap_at_head,alembic_version,version_num,equal,known,NULL,1,NULL}', '{a}');
SELECT gw_bootstrap_ask('{gw_bootstrap_try,alembic_version,version_num,equal,known,NULL,NULL}', '{a}');
SELECT gw_bootstrap_ask('{gw_bootstrap_status,NULL,version_num,equal,known,NULL,1}', '{a}');
SELECT gw_bootstrap_ask('{gw_bootstrap_break_orphan,NULL,NULL,NULL,NULL,NULL,NULL}', NULL);

-- 42703: column missing; system columns are no head columns
SELECT gw_bootstrap_at_head('{a}', 'alembic_version', 'nonesuch');
SELECT gw_bootstrap_at_head('{a}', 'alembic_version', 'ctid');
BEGIN; SELECT gw_bootstrap_try('{a}', 'alembic_version', 'nonesuch'); ROLLBACK;

-- 42602, 42601, 0A000: malformed name, too many parts, another database
SELECT gw_bootstrap_at_head('{a}', '');
SELECT gw_bootstrap_at_head('{a}', '"open');
SELECT gw_bootstrap_at_head('{a}', 'a.b.c.d');
SELECT gw_bootstrap_at_head('{a}', 'nonesuch_db.public.alembic_version');
BEGIN; SELECT gw_bootstrap_try('{a}', '"open'); ROLLBACK;
BEGIN; SELECT gw_bootstrap_try('{a}', 'a.b.c.d'); ROLLBACK;
BEGIN; SELECT gw_bootstrap_try('{a}', 'nonesuch_db.public.alembic_version'); ROLLBACK;

-- what a person sees
\set VERBOSITY default
SELECT gw_bootstrap_at_head('{}');
SELECT gw_bootstrap_at_head('{a}', 'alembic_version', 'nonesuch');
SELECT gw_bootstrap_break_orphan(min_idle => '-1 second');
SELECT gw_bootstrap_ask('{current_heads,alembic_version,version_num,equal,known,NULL,1}', '{a}');
SELECT gw_bootstrap_ask('{gw_bootstrap_at_head}', '{a}');

DROP TABLE alembic_version;

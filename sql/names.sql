-- Names of head tables are resolved as regclass would.
CREATE SCHEMA "My Schema" CREATE TABLE "Head.Table" ("Version" text);
INSERT INTO "My Schema"."Head.Table" VALUES ('a');
CREATE SCHEMA lower CREATE TABLE alembic_version (version_num text);
INSERT INTO lower.alembic_version VALUES ('l');
CREATE TABLE alembic_version (version_num text);
INSERT INTO alembic_version VALUES ('p');

SELECT gw_bootstrap_at_head('{a}', '"My Schema"."Head.Table"', 'Version');
SELECT gw_bootstrap_at_head('{a}', 'My Schema."Head.Table"', 'Version');
SELECT gw_bootstrap_at_head('{l}', 'LOWER . Alembic_Version');
-- the column name is taken literally
SELECT gw_bootstrap_at_head('{a}', '"My Schema"."Head.Table"', 'version');
-- with the database's own name
SELECT gw_bootstrap_at_head('{l}', quote_ident(current_database()) || '.lower.alembic_version');

-- the caller's search_path decides
SELECT gw_bootstrap_at_head('{p}');
SET search_path = lower, public;
SELECT gw_bootstrap_at_head('{l}');
SET search_path = '';
SELECT public.gw_bootstrap_at_head('{l}');
RESET search_path;

-- a missing schema is a missing table
SELECT gw_bootstrap_at_head('{a}', 'nonesuch.alembic_version');

-- planted operators and functions are never consulted
CREATE SCHEMA evil;
CREATE FUNCTION evil.bomb(text, text) RETURNS boolean LANGUAGE plpgsql AS
  $$ BEGIN RAISE 'planted'; END $$;
CREATE OPERATOR evil.= (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.bomb);
CREATE FUNCTION evil.textin(cstring) RETURNS text LANGUAGE internal IMMUTABLE STRICT AS 'textin';
SET search_path = evil, public, pg_catalog;
SELECT gw_bootstrap_at_head('{p}');
BEGIN;
SELECT outcome FROM gw_bootstrap_try('{q}');
ROLLBACK;
RESET search_path;

DROP SCHEMA evil CASCADE;
DROP TABLE alembic_version;
DROP SCHEMA "My Schema" CASCADE;
DROP SCHEMA lower CASCADE;

-- Nobody sees more than they may.
CREATE ROLE regress_gw_none;
CREATE ROLE regress_gw_table;
CREATE ROLE regress_gw_column;
CREATE ROLE regress_gw_member IN ROLE regress_gw_table;
CREATE TABLE alembic_version (version_num text, secret text);
INSERT INTO alembic_version VALUES ('a', 's');
REVOKE ALL ON alembic_version FROM PUBLIC;
GRANT SELECT ON alembic_version TO regress_gw_table;
GRANT SELECT (version_num) ON alembic_version TO regress_gw_column;

SET ROLE regress_gw_none;
SELECT gw_bootstrap_at_head('{a}');
SELECT gw_bootstrap_status();
BEGIN;
SELECT gw_bootstrap_try('{a}');
ROLLBACK;
-- whether a column exists is not told either
SELECT gw_bootstrap_at_head('{a}', 'alembic_version', 'nonesuch');
SET ROLE regress_gw_table;
SELECT gw_bootstrap_at_head('{a}');
SET ROLE regress_gw_member;
SELECT gw_bootstrap_at_head('{a}'), gw_bootstrap_at_head('{s}', 'alembic_version', 'secret');
SET ROLE regress_gw_column;
SELECT gw_bootstrap_at_head('{a}');
SELECT gw_bootstrap_at_head('{s}', 'alembic_version', 'secret');
RESET ROLE;

-- a schema without USAGE
CREATE SCHEMA closed CREATE TABLE alembic_version (version_num text);
GRANT SELECT ON closed.alembic_version TO PUBLIC;
SET ROLE regress_gw_none;
SELECT gw_bootstrap_at_head('{a}', 'closed.alembic_version');
RESET ROLE;

-- row security that applies to the caller
CREATE ROLE regress_gw_owner;
CREATE ROLE regress_gw_bypass BYPASSRLS IN ROLE regress_gw_table;
DO $$ BEGIN EXECUTE format('GRANT CREATE, USAGE ON SCHEMA public TO regress_gw_owner'); END $$;
ALTER TABLE alembic_version OWNER TO regress_gw_owner;
ALTER TABLE alembic_version ENABLE ROW LEVEL SECURITY;
SET ROLE regress_gw_table;
SELECT gw_bootstrap_at_head('{a}');
SET row_security = off;
SELECT gw_bootstrap_at_head('{a}');
RESET row_security;
BEGIN;
SELECT gw_bootstrap_try('{b}');
ROLLBACK;
SET ROLE regress_gw_bypass;
SELECT gw_bootstrap_at_head('{a}');
SET ROLE regress_gw_owner;
SELECT gw_bootstrap_at_head('{a}');
RESET ROLE;
ALTER TABLE alembic_version FORCE ROW LEVEL SECURITY;
SET ROLE regress_gw_owner;
SELECT gw_bootstrap_at_head('{a}');
RESET ROLE;

-- in a SECURITY DEFINER function the definer's rights count
CREATE FUNCTION definer() RETURNS boolean LANGUAGE sql SECURITY DEFINER
  SET search_path = public, pg_temp AS $$ SELECT gw_bootstrap_at_head('{a}') $$;
SET ROLE regress_gw_none;
SELECT definer();
RESET ROLE;

DROP FUNCTION definer();
DROP TABLE alembic_version;
DROP SCHEMA closed CASCADE;
REVOKE ALL ON SCHEMA public FROM regress_gw_owner;
DROP ROLE regress_gw_none, regress_gw_member, regress_gw_table, regress_gw_column, regress_gw_owner, regress_gw_bypass;

-- CREATE, move and drop the extension; what it installs is tested in test/pgtap.
SELECT extversion = current_setting('gw_bootstrap.version', true) AS same_version
  FROM pg_extension WHERE extname = 'gw_bootstrap' AND NOT gw_bootstrap_at_head('{x}');

-- relocatable
CREATE SCHEMA "Odd schema";
ALTER EXTENSION gw_bootstrap SET SCHEMA "Odd schema";
SELECT "Odd schema".gw_bootstrap_at_head('{x}');
\set VERBOSITY sqlstate
SELECT gw_bootstrap_at_head('{x}');
\set VERBOSITY default
ALTER EXTENSION gw_bootstrap SET SCHEMA public;

-- trusted: a plain role with CREATE on the database may install it
CREATE ROLE regress_gw_installer;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO regress_gw_installer', current_database()); END $$;
DROP EXTENSION gw_bootstrap;
SET ROLE regress_gw_installer;
CREATE EXTENSION gw_bootstrap SCHEMA public;
SELECT gw_bootstrap_at_head('{x}');
DROP EXTENSION gw_bootstrap;
RESET ROLE;
DO $$ BEGIN EXECUTE format('REVOKE CREATE ON DATABASE %I FROM regress_gw_installer', current_database()); END $$;
DROP ROLE regress_gw_installer;
CREATE EXTENSION gw_bootstrap;
DROP SCHEMA "Odd schema";

-- in a schema of its own from the start
DROP EXTENSION gw_bootstrap;
CREATE SCHEMA boot CREATE TABLE alembic_version (version_num text);
INSERT INTO boot.alembic_version VALUES ('a');
CREATE EXTENSION gw_bootstrap SCHEMA boot;
SELECT boot.gw_bootstrap_at_head('{a}', 'boot.alembic_version');
DROP SCHEMA boot CASCADE;
CREATE EXTENSION gw_bootstrap;

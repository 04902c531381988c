-- What CREATE EXTENSION leaves in the catalogs: the functions of
-- docs/sql.md and nothing else.  pgTAP, since these are single facts about one database,
-- each with a name; pg_regress would show them as one diff.
\set ON_ERROR_STOP on
\set QUIET on
BEGIN;
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE SCHEMA gw_tap;
DROP EXTENSION IF EXISTS gw_bootstrap;
CREATE EXTENSION gw_bootstrap SCHEMA gw_tap;
SET search_path = gw_tap, public;
\pset format unaligned
\pset tuples_only on
\pset fieldsep '\n'

SELECT plan(101);

-- the extension
SELECT has_extension('gw_tap', 'gw_bootstrap', 'the extension is where it was asked for');
SELECT ok(relocatable AND trusted AND NOT superuser AND requires IS NULL AND comment <> '',
          'trusted and relocatable, needs no superuser and no other extension, has a comment')
  FROM (SELECT v.relocatable, v.trusted, v.superuser AND NOT v.trusted AS superuser, v.requires, v.comment
          FROM pg_available_extension_versions v
          JOIN pg_extension e ON e.extname = v.name AND e.extversion = v.version
         WHERE v.name = 'gw_bootstrap') v;
SELECT is(array_agg(p.proname::text ORDER BY p.proname::text),
          ARRAY['gw_bootstrap_ask', 'gw_bootstrap_at_head', 'gw_bootstrap_at_head', 'gw_bootstrap_break_orphan', 'gw_bootstrap_status',
                'gw_bootstrap_token', 'gw_bootstrap_try', 'gw_bootstrap_try'],
          'eight functions of six names')
  FROM pg_depend d
  JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
  LEFT JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
 WHERE e.extname = 'gw_bootstrap' AND d.classid <> 'pg_operator'::regclass;
SELECT is(array_agg(o.oid::regoperator::text), ARRAY['<?>(text[],text[])'], 'one operator, and nothing else')
  FROM pg_depend d
  JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
  JOIN pg_operator o ON d.classid = 'pg_operator'::regclass AND o.oid = d.objid
 WHERE e.extname = 'gw_bootstrap';
LOAD 'gw_bootstrap';
SELECT is(extversion, current_setting('gw_bootstrap.version'), 'script and library tell the same version')
  FROM pg_extension
 WHERE extname = 'gw_bootstrap';

-- names, types and defaults of the arguments
SELECT is(pg_get_function_arguments(oid), w.arguments, proname || ': arguments'),
       is(pg_get_function_result(oid), w.result, proname || ': result')
  FROM (VALUES
    ('gw_bootstrap_ask', 2, 'question text[], expected_heads text[]', 'cstring'),
    ('gw_bootstrap_at_head', 3,
     $$expected_heads text[], head_table text DEFAULT 'alembic_version'::text, head_column text DEFAULT 'version_num'::text$$,
     'boolean'),
    ('gw_bootstrap_at_head', 7,
     $$expected_heads text[], known_heads text[], head_table text DEFAULT 'alembic_version'::text, head_column text DEFAULT 'version_num'::text, head_rule text DEFAULT 'equal'::text, head_order text DEFAULT 'known'::text, head_condition text DEFAULT NULL::text$$,
     'boolean'),
    ('gw_bootstrap_try', 4,
     $$expected_heads text[], head_table text DEFAULT 'alembic_version'::text, head_column text DEFAULT 'version_num'::text, lock_key bigint DEFAULT '42424242424242'::bigint, OUT outcome text, OUT current_heads text[], OUT holder_pid integer, OUT holder_state text$$,
     'record'),
    ('gw_bootstrap_try', 8,
     $$expected_heads text[], known_heads text[], head_table text DEFAULT 'alembic_version'::text, lock_key bigint DEFAULT '42424242424242'::bigint, head_column text DEFAULT 'version_num'::text, head_rule text DEFAULT 'equal'::text, head_order text DEFAULT 'known'::text, head_condition text DEFAULT NULL::text, OUT outcome text, OUT current_heads text[], OUT holder_pid integer, OUT holder_state text, OUT failed_heads text[]$$,
     'record'),
    ('gw_bootstrap_status', 8,
     $$head_table text DEFAULT 'alembic_version'::text, head_column text DEFAULT 'version_num'::text, lock_key bigint DEFAULT '42424242424242'::bigint, expected_heads text[] DEFAULT NULL::text[], known_heads text[] DEFAULT NULL::text[], head_rule text DEFAULT 'equal'::text, head_order text DEFAULT 'known'::text, head_condition text DEFAULT NULL::text, OUT current_heads text[], OUT lock_key bigint, OUT holder_pid integer, OUT holder_state text, OUT holder_since timestamp with time zone, OUT holder_application_name text, OUT holder_client_addr inet, OUT in_recovery boolean, OUT outcome text, OUT failed_heads text[]$$,
     'record'),
    ('gw_bootstrap_token', 1, $$lock_key bigint DEFAULT '42424242424242'::bigint$$, 'text'),
    ('gw_bootstrap_break_orphan', 2,
     $$lock_key bigint DEFAULT '42424242424242'::bigint, min_idle interval DEFAULT '00:00:10'::interval$$,
     'integer')) AS w(name, narguments, arguments, result)
  JOIN pg_proc ON proname = w.name AND pronargs = w.narguments AND pronamespace = 'gw_tap'::regnamespace;

-- attributes
SELECT is(provolatile::text, 'v', proname || ' is volatile'),
       is(proparallel::text, 'u', proname || ' is parallel unsafe'),
       is(proisstrict, false, proname || ' sees nulls'),
       is(prosecdef, false, proname || ' runs with the rights of its caller'),
       is(proretset, false, proname || ' returns one value or row'),
       is(proleakproof, false, proname || ' is not leakproof'),
       is(has_function_privilege('public', p.oid, 'EXECUTE'), true, proname || ' may be executed by PUBLIC'),
       is(l.lanname::text, 'c', proname || ' is in C'),
       isnt(obj_description(p.oid, 'pg_proc'), NULL, proname || ' has a comment'),
       is(pg_get_userbyid(proowner)::text, current_user::text, proname || ' is owned by who installed it')
  FROM pg_proc p
  JOIN pg_language l ON l.oid = p.prolang
 WHERE pronamespace = 'gw_tap'::regnamespace
 ORDER BY proname, pronargs;

SELECT * FROM finish();
ROLLBACK;

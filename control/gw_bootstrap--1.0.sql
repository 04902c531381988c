/* control/gw_bootstrap--1.0.sql */

-- complain if script is sourced in psql, rather than via CREATE EXTENSION
\echo Use "CREATE EXTENSION gw_bootstrap" to load this file. \quit

-- All functions are VOLATILE, since they see what others commit while the
-- caller's statement runs, and PARALLEL UNSAFE, since a newer snapshot cannot
-- be had in parallel mode (GetLatestSnapshot() in snapmgr.c).
--
-- EXECUTE stays with PUBLIC: all but the last show nothing that pg_locks,
-- pg_stat_activity and the caller's own SELECT privilege would not; the last
-- does nothing that pg_advisory_unlock() and pg_terminate_backend() would not,
-- and the latter checks the caller's role itself.

CREATE FUNCTION gw_bootstrap_at_head(
    expected_heads text[],
    head_table text DEFAULT 'alembic_version',
    head_column text DEFAULT 'version_num')
RETURNS boolean
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION gw_bootstrap_at_head(text[], text, text) IS
'true if the head table has exactly the expected heads; takes no advisory lock and never waits';

-- The functions that take known_heads are others than those that do not, since
-- a call pays for the default of every argument, and most need none of these.
-- No call whose arguments have no type may fit both: where both have a fourth
-- one it is lock_key.

CREATE FUNCTION gw_bootstrap_at_head(
    expected_heads text[],
    known_heads text[],
    head_table text DEFAULT 'alembic_version',
    head_column text DEFAULT 'version_num',
    head_rule text DEFAULT 'equal',
    head_order text DEFAULT 'known',
    head_condition text DEFAULT NULL)
RETURNS boolean
AS 'MODULE_PATHNAME', 'gw_bootstrap_at_head_known'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION gw_bootstrap_at_head(text[], text[], text, text, text, text, text) IS
'true if the head table is at the expected heads by this rule, order and condition; takes no advisory lock and never waits';

CREATE FUNCTION gw_bootstrap_try(
    expected_heads text[],
    head_table text DEFAULT 'alembic_version',
    head_column text DEFAULT 'version_num',
    lock_key bigint DEFAULT 42424242424242,
    OUT outcome text,
    OUT current_heads text[],
    OUT holder_pid integer,
    OUT holder_state text)
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION gw_bootstrap_try(text[], text, text, bigint) IS
'check the heads and, only if there is work to do, take the transaction-level lock without waiting: at_head, acquired or busy';

CREATE FUNCTION gw_bootstrap_try(
    expected_heads text[],
    known_heads text[],
    head_table text DEFAULT 'alembic_version',
    lock_key bigint DEFAULT 42424242424242,
    head_column text DEFAULT 'version_num',
    head_rule text DEFAULT 'equal',
    head_order text DEFAULT 'known',
    head_condition text DEFAULT NULL,
    OUT outcome text,
    OUT current_heads text[],
    OUT holder_pid integer,
    OUT holder_state text,
    OUT failed_heads text[])
AS 'MODULE_PATHNAME', 'gw_bootstrap_try_known'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION gw_bootstrap_try(text[], text[], text, bigint, text, text, text, text) IS
'check the heads by this rule, order and condition and, only if there is work to do, take the transaction-level lock without waiting: at_head, ahead, failed, acquired or busy';

CREATE FUNCTION gw_bootstrap_status(
    head_table text DEFAULT 'alembic_version',
    head_column text DEFAULT 'version_num',
    lock_key bigint DEFAULT 42424242424242,
    expected_heads text[] DEFAULT NULL,
    known_heads text[] DEFAULT NULL,
    head_rule text DEFAULT 'equal',
    head_order text DEFAULT 'known',
    head_condition text DEFAULT NULL,
    OUT current_heads text[],
    OUT lock_key bigint,
    OUT holder_pid integer,
    OUT holder_state text,
    OUT holder_since timestamptz,
    OUT holder_application_name text,
    OUT holder_client_addr inet,
    OUT in_recovery boolean,
    OUT outcome text,
    OUT failed_heads text[])
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION gw_bootstrap_status(text, text, bigint, text[], text[], text, text, text) IS
'the heads found and who holds the lock; given expected heads, what they mean: at_head, ahead, diverged, failed, running or behind';

CREATE FUNCTION gw_bootstrap_token(
    lock_key bigint DEFAULT 42424242424242)
RETURNS text
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION gw_bootstrap_token(bigint) IS
'in a transaction that gw_bootstrap_try() gave the key: the token that its migration shows to a fence; otherwise NULL';

CREATE FUNCTION gw_bootstrap_break_orphan(
    lock_key bigint DEFAULT 42424242424242,
    min_idle interval DEFAULT '10 seconds')
RETURNS integer
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION gw_bootstrap_break_orphan(bigint, interval) IS
'end an orphaned session-level lock and return the pid that held it, or NULL; the caller vouches that nobody is still migrating under it';

-- What the client calls, by the operator.  It returns cstring, since who may
-- create functions in a language that is trusted cannot create one that does;
-- and as an operator, whose function has the two arguments that are written and no
-- others with defaults.  So the client runs nobody else's, whatever stands in this
-- one's place meanwhile.

CREATE FUNCTION gw_bootstrap_ask(
    question text[],
    expected_heads text[])
RETURNS cstring
AS 'MODULE_PATHNAME'
LANGUAGE C VOLATILE PARALLEL UNSAFE;

COMMENT ON FUNCTION gw_bootstrap_ask(text[], text[]) IS
'for the client of the same version: what the function that it names has to say, in JSON';

CREATE OPERATOR <?> (
    LEFTARG = text[],
    RIGHTARG = text[],
    FUNCTION = gw_bootstrap_ask);

COMMENT ON OPERATOR <?> (text[], text[]) IS
'gw_bootstrap_ask()';

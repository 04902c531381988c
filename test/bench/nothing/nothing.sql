-- Functions of the same signatures that do nothing: no function could be
-- faster, since PostgreSQL has to parse, plan and call it.
CREATE FUNCTION nothing(
    expected_heads text[],
    head_table text DEFAULT 'alembic_version',
    head_column text DEFAULT 'version_num')
RETURNS boolean LANGUAGE C VOLATILE AS '$libdir/nothing';
CREATE FUNCTION no_row(
    expected_heads text[],
    head_table text DEFAULT 'alembic_version',
    head_column text DEFAULT 'version_num',
    lock_key bigint DEFAULT 42424242424242,
    OUT outcome text, OUT current_heads text[], OUT holder_pid integer, OUT holder_state text)
LANGUAGE C VOLATILE AS '$libdir/nothing';
